// The shape in which structures of a segment become bytes and come back: named sections. An encoder
// returns sections, storage frames them with checksums (FORMAT.md), a reader opens them again.

/**
 * Bytes that an encoder makes, to be written one part after another. The parts are made while they are
 * taken, once; a part stays as it is only until the next one is taken. The sections of an encoder are
 * taken in its order, each to its end: a later one may hold what an earlier one has counted. Every
 * section starts 64-aligned.
 */
export interface Section {
  readonly name: string;
  readonly parts: Iterable<Uint8Array>;
}

/** Reads of one section. */
export interface SectionReader {
  readonly length: number;
  /** A fresh copy of the bytes, aligned to 8; `offset + length` must lie inside the section. */
  bytes(offset: number, length: number): Uint8Array<ArrayBuffer>;
  /** Fills `into` from `offset`: no allocation. */
  read(offset: number, into: Uint8Array): void;
}

/** The sections of one segment file. */
export interface SectionSource {
  /** Undefined when there is no section of that name. */
  section(name: string): SectionReader | undefined;
  readonly names: readonly string[];
}
