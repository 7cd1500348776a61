// How much memory the segments take that writes go to, all together. One collection's is sealed when it is
// large; of many small ones, those that have waited longest are sealed when their sum is.

import type { Collection } from './collection.ts';

/** What a memory segment takes besides what it counts itself: maps, lists, a page of each buffer. */
const segmentBytes = 16 * 1024;

/** Owned by Flusher. */
export class ActiveSizes {
  /** Least recently written first. */
  readonly #sizes = new Map<Collection, number>();
  #total = 0;

  /** Bytes of all of them. */
  get total(): number {
    return this.#total;
  }

  /** The collection was written to, or its segment was set aside. */
  note(collection: Collection): void {
    this.forget(collection);
    const { active } = collection.segments;
    if (active.documentCount === 0) return;
    const bytes = active.bytes + segmentBytes;
    this.#sizes.set(collection, bytes);
    this.#total += bytes;
  }

  forget(collection: Collection): void {
    this.#total -= this.#sizes.get(collection) ?? 0;
    this.#sizes.delete(collection);
  }

  /** The collections to seal for the others to take so many bytes at most, least recently written first. */
  above(bytesMax: number): Collection[] {
    const chosen: Collection[] = [];
    let left = this.#total;
    for (const [collection, bytes] of this.#sizes) {
      if (left <= bytesMax) break;
      chosen.push(collection);
      left -= bytes;
    }
    return chosen;
  }
}
