// Posting lists as bytes: gaps between document numbers and frequencies as varints, where a frequency
// of 1, by far the most common, costs one bit. Layout: encode-text-index.ts.

import { DatabaseError } from '../errors.ts';
import type { Postings } from './text-index.ts';

/** A count and two varints of at most five bytes for one posting. */
const postingBytesMax = 10;

/** Collects posting lists one after another. */
export class PostingListWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Bytes written so far: where the next list starts. */
  get length(): number {
    return this.#length;
  }

  /** Appends the list of `docs` (ascending, below 2^30), whose frequencies stand at `frequencies[doc]`. */
  append(docs: Uint32Array, frequencies: Uint32Array): void {
    this.#reserve((docs.length + 1) * postingBytesMax);
    this.#varint(docs.length);
    let next = 0;
    for (let i = 0; i < docs.length; i++) {
      const doc = docs[i]!;
      const frequency = frequencies[doc]!;
      this.#varint((doc - next) * 2 + (frequency === 1 ? 1 : 0));
      if (frequency !== 1) this.#varint(frequency);
      next = doc + 1;
    }
  }

  /** A view of what was written. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/**
 * Reads the one list that `bytes` hold. Throws DatabaseError 'corrupt' for `file` and `offset` unless
 * it is whole and all its documents lie below `documentCount`.
 */
export function decodePostingList(
  bytes: Uint8Array,
  documentCount: number,
  where: { readonly file: string; readonly offset: number },
): Postings {
  const reader = new VarintReader(bytes);
  const count = reader.next();
  if (count > documentCount || count > bytes.length) throw corrupt(where);
  const docs = new Uint32Array(count);
  const frequencies = new Uint32Array(count);
  let doc = -1;
  for (let i = 0; i < count; i++) {
    const gap = reader.next();
    doc += 1 + (gap >>> 1);
    docs[i] = doc;
    frequencies[i] = (gap & 1) === 1 ? 1 : reader.next();
  }
  if (doc >= documentCount || reader.offset !== bytes.length) throw corrupt(where);
  return { docs, frequencies };
}

class VarintReader {
  offset = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Past the end it reads zeros; the caller finds out by `offset`. */
  next(): number {
    let byte = this.#bytes[this.offset++] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 35; shift += 7) {
      byte = this.#bytes[this.offset++] ?? 0;
      value |= (byte & 0x7f) << shift;
    }
    return value >>> 0;
  }
}

function corrupt(where: { readonly file: string; readonly offset: number }): DatabaseError {
  return new DatabaseError('corrupt', { ...where, expected: 'a whole posting list' });
}
