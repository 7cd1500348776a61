// The text index of the memory segment: documents are added in order and are searchable at once.

import { assert } from '../assert.ts';
import {
  compareTerms,
  type Postings,
  type PropertyTextIndex,
  sortTerms,
  type TextIndex,
} from './text-index.ts';

/** What a term costs beside its characters: map entry, string and array headers. Estimated. */
const termOverheadBytes = 120;
/** A document number and a frequency, each one element of a plain array. */
const postingBytes = 16;

/** Grows with every document; see `TextIndex` for reading. */
export class MemoryTextIndex implements TextIndex {
  readonly #properties = new Map<string, MemoryProperty>();
  #documentCount = 0;
  #lastDoc = -1;

  get documentCount(): number {
    return this.#documentCount;
  }

  get propertyNames(): readonly string[] {
    return Array.from(this.#properties.keys()).sort(compareTerms);
  }

  /** About how much memory it takes. */
  get bytes(): number {
    let sum = 0;
    for (const property of this.#properties.values()) sum += property.bytes;
    return sum;
  }

  /**
   * Adds tokens of one property of one document; several calls for the same one (as for the values
   * of a text[]) add up. Documents come in ascending order; those without text may be left out, and
   * `grow` tells of them.
   */
  add(doc: number, property: string, tokens: readonly string[]): void {
    assert(doc >= this.#lastDoc, 'documents are added in ascending order');
    this.#lastDoc = doc;
    this.#documentCount = Math.max(this.#documentCount, doc + 1);
    if (tokens.length === 0) return;
    let entry = this.#properties.get(property);
    if (entry === undefined) {
      entry = new MemoryProperty(property);
      this.#properties.set(property, entry);
    }
    entry.add(doc, tokens);
  }

  /** There are `documentCount` documents now; the new ones have no text unless they are added. */
  grow(documentCount: number): void {
    assert(documentCount >= this.#documentCount, 'an index only grows');
    this.#documentCount = documentCount;
  }

  property(name: string): PropertyTextIndex | undefined {
    return this.#properties.get(name);
  }

  remove(doc: number): void {
    for (const property of this.#properties.values()) property.remove(doc);
  }
}

class MemoryProperty implements PropertyTextIndex {
  readonly name: string;
  lengths: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  lengthSum = 0;
  lengthCount = 0;
  /** For each term: document, frequency, document, frequency … */
  readonly #postings = new Map<string, number[]>();
  #sorted: readonly string[] | undefined;
  #listBytes = 0;

  constructor(name: string) {
    this.name = name;
  }

  get bytes(): number {
    return this.#listBytes + this.lengths.byteLength;
  }

  add(doc: number, tokens: readonly string[]): void {
    for (const term of tokens) {
      const list = this.#postings.get(term);
      if (list === undefined) {
        this.#postings.set(term, [doc, 1]);
        this.#sorted = undefined;
        this.#listBytes += termOverheadBytes + 2 * term.length + postingBytes;
      } else if (list[list.length - 2] === doc) {
        list[list.length - 1]! += 1;
      } else {
        list.push(doc, 1);
        this.#listBytes += postingBytes;
      }
    }
    this.#lengthen(doc, tokens.length);
  }

  remove(doc: number): void {
    const length = this.lengthOf(doc);
    if (length === 0) return;
    this.lengthSum -= length;
    this.lengthCount -= 1;
    this.lengths[doc] = 0;
  }

  postings(term: string): Postings | undefined {
    const list = this.#postings.get(term);
    if (list === undefined) return undefined;
    const docs = new Uint32Array(list.length / 2);
    const frequencies = new Uint32Array(list.length / 2);
    for (let i = 0; i < docs.length; i++) {
      docs[i] = list[2 * i]!;
      frequencies[i] = list[2 * i + 1]!;
    }
    return { docs, frequencies };
  }

  lengthOf(doc: number): number {
    return this.lengths[doc] ?? 0;
  }

  *terms(from = ''): Generator<string> {
    this.#sorted ??= sortTerms(Array.from(this.#postings.keys()));
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareTerms(sorted[middle]!, from) < 0) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < sorted.length; i++) yield sorted[i]!;
  }

  #lengthen(doc: number, tokens: number): void {
    if (doc >= this.lengths.length) {
      const grown = new Uint32Array(Math.max(doc + 1, this.lengths.length * 2));
      grown.set(this.lengths);
      this.lengths = grown;
    }
    if (this.lengths[doc] === 0) this.lengthCount += 1;
    this.lengths[doc]! += tokens;
    this.lengthSum += tokens;
  }
}
