// (skeleton: signatures first, bodies follow)
import type { Section, SectionReader, SectionSource } from '../engine/segment/sections.ts';
import type { ObjectStore } from './object-store.ts';

/** Writes the sections as one file, atomically and durably; resolves with its length in bytes. An older file of that key is replaced. */
export function writeSegment(
  _store: ObjectStore,
  _key: string,
  _sections: readonly Section[],
): Promise<number> {
  throw new Error('not yet');
}

/** Opens a file of writeSegment and checks header, footer and table; 'corrupt' and 'format-unknown' name the key. */
export function openSegment(_store: ObjectStore, _key: string): Promise<SegmentFile> {
  throw new Error('not yet');
}

/** An open segment file. Its readers are synchronous; a section read as a whole is checked the first time. */
export class SegmentFile implements SectionSource {
  get key(): string {
    throw new Error('not yet');
  }
  /** Length of the file. */
  get bytes(): number {
    throw new Error('not yet');
  }
  get names(): readonly string[] {
    throw new Error('not yet');
  }
  section(_name: string): SectionReader | undefined {
    throw new Error('not yet');
  }
  /** Reads everything and compares every checksum; throws 'corrupt' at the first difference. */
  verify(): Promise<void> {
    throw new Error('not yet');
  }
  /** Further reads throw; closing twice is allowed. */
  close(): void {
    throw new Error('not yet');
  }
}
