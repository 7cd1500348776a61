// How many objects are asked for at once: as many as make a batch, few where they are large.

import { batchBytesMax } from './object-writer.ts';
import { objectBytes, type StoredObject } from './stored-object.ts';

/** Of a page whose objects nobody knows yet. */
const firstCount = 16;

/** Grows twofold at most, from page to page, and halves at once when a page is too large. */
export class PageSize {
  readonly #countMax: number;
  #count: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
    this.#count = Math.min(countMax, firstCount);
  }

  get count(): number {
    return this.#count;
  }

  /** What has come fits the next page to batchBytesMax. */
  learn(page: readonly StoredObject[]): void {
    if (page.length === 0) return;
    const bytes = page.reduce((sum, object) => sum + objectBytes(object), 0);
    const fitting = Math.floor((batchBytesMax * page.length) / Math.max(1, bytes));
    this.#count = Math.max(1, Math.min(this.#countMax, this.#count * 2, fitting));
  }

  /** False when a page can't be smaller. */
  halve(): boolean {
    if (this.#count === 1) return false;
    this.#count = Math.ceil(this.#count / 2);
    return true;
  }
}
