// Vectors of the last searches, by collection and vector name: what a recall check asks besides
// stored vectors. In memory only, and never more than a number of bytes.

import type { VectorValue } from '../../engine/document.ts';

/** Query vectors of one name, oldest first. */
interface Kept {
  readonly vectors: VectorValue[];
  bytes: number;
  /** Queries seen. */
  seen: number;
}

/** Bytes of query vectors that a database keeps, all collections together. */
export const recentBytesMax: number = 8 * 1024 * 1024;

/** So many queries of a name are kept as they come, then one of `keptOneOf`: copies cost time. */
const keptAllOf = 100;
const keptOneOf = 8;

/** Shared by the collections of a database. */
export class RecentQueries {
  readonly #bytesMax: number;
  readonly #kept = new Map<number, Map<string, Kept>>();
  #bytes = 0;

  constructor(bytesMax: number = recentBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that the vectors kept occupy. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many collections it has something of. */
  get collections(): number {
    return this.#kept.size;
  }

  /** Keeps some queries' vectors; the oldest of whoever has most of them make room. */
  note(collection: number, name: string, vector: VectorValue): void {
    const bytes = vector.values.byteLength;
    if (bytes > this.#bytesMax) return;
    const names = this.#kept.get(collection) ?? new Map<string, Kept>();
    const kept = names.get(name) ?? { vectors: [], bytes: 0, seen: 0 };
    this.#kept.set(collection, names.set(name, kept));
    kept.seen += 1;
    if (kept.seen > keptAllOf && kept.seen % keptOneOf !== 0) return;
    // A copy: a view would keep the message that it came in.
    kept.vectors.push({ ...vector, values: vector.values.slice() });
    kept.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#bytesMax) this.#dropOne();
  }

  /** The last `count` queries of a vector name at most, newest first. */
  last(collection: number, name: string, count: number): readonly VectorValue[] {
    const kept = this.#kept.get(collection)?.get(name);
    return kept === undefined ? [] : kept.vectors.slice(-count).reverse();
  }

  /** The collection is gone. */
  forget(collection: number): void {
    for (const { bytes } of this.#kept.get(collection)?.values() ?? []) this.#bytes -= bytes;
    this.#kept.delete(collection);
  }

  #dropOne(): void {
    let largest: Kept | undefined;
    let owner = 0;
    for (const [collection, names] of this.#kept) {
      for (const kept of names.values()) {
        if (largest !== undefined && kept.bytes <= largest.bytes) continue;
        largest = kept;
        owner = collection;
      }
    }
    const bytes = largest?.vectors.shift()?.values.byteLength ?? 0;
    if (largest) largest.bytes -= bytes;
    this.#bytes -= bytes;
    // Of tenants that are searched once in a while nothing is left behind.
    const names = this.#kept.get(owner);
    if (names && [...names.values()].every((kept) => kept.bytes === 0)) this.#kept.delete(owner);
  }
}
