// The text index of the memory segment: documents are added in order and are searchable at once.

import type { PropertyTextIndex, TextIndex } from './text-index.ts';

export class MemoryTextIndex implements TextIndex {
  get documentCount(): number {
    throw new Error('not yet');
  }
  get propertyNames(): readonly string[] {
    throw new Error('not yet');
  }
  /** About how much memory it takes. */
  get bytes(): number {
    throw new Error('not yet');
  }
  /**
   * Adds the tokens of one property of one document, those of all values of a text[] together. Every
   * property at most once a document; documents ascending; a document without text may be left out.
   */
  add(_doc: number, _property: string, _tokens: readonly string[]): void {
    throw new Error('not yet');
  }
  property(_name: string): PropertyTextIndex | undefined {
    throw new Error('not yet');
  }
  remove(_doc: number): void {
    throw new Error('not yet');
  }
}
