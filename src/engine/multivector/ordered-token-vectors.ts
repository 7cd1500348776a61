// Token vectors in another order of documents, some left out: what a segment under construction holds,
// seen before it is written.

import { assert } from '../assert.ts';
import type { TokenVectors } from './token-vectors.ts';

/** Document i is document `order[i]` of `vectors`. A view: reads go to `vectors`. */
export function orderTokenVectors(vectors: TokenVectors, order: Uint32Array): TokenVectors {
  return new OrderedTokenVectors(vectors, order);
}

class OrderedTokenVectors implements TokenVectors {
  readonly #vectors: TokenVectors;
  readonly #order: Uint32Array;
  readonly #starts: Uint32Array;

  constructor(vectors: TokenVectors, order: Uint32Array) {
    this.#vectors = vectors;
    this.#order = order;
    this.#starts = new Uint32Array(order.length + 1);
    for (let doc = 0; doc < order.length; doc += 1) {
      this.#starts[doc + 1] = this.#starts[doc]! + vectors.count(order[doc]!);
    }
  }

  get dims(): number {
    return this.#vectors.dims;
  }

  get normalized(): boolean {
    return this.#vectors.normalized;
  }

  get documentCount(): number {
    return this.#order.length;
  }

  get vectorCount(): number {
    return this.#starts[this.#order.length]!;
  }

  get stride(): number {
    return this.#vectors.stride;
  }

  get bytes(): number {
    return this.#order.byteLength + this.#starts.byteLength;
  }

  start(doc: number): number {
    return this.#starts[doc]!;
  }

  count(doc: number): number {
    return this.#starts[doc + 1]! - this.#starts[doc]!;
  }

  norm(doc: number): number {
    return this.#vectors.norm(this.#order[doc]!);
  }

  errorNorm(doc: number): number {
    return this.#vectors.errorNorm(this.#order[doc]!);
  }

  readPlane(
    vectorStart: number,
    vectorCount: number,
    rows: Uint8Array,
    scales: Float32Array,
    at: number,
  ): void {
    const end = vectorStart + vectorCount;
    assert(end <= this.vectorCount, 'the vectors are there');
    let place = at;
    let next = vectorStart;
    for (let doc = this.#documentOf(vectorStart); next < end; doc += 1) {
      const within = next - this.#starts[doc]!;
      const count = Math.min(this.#starts[doc + 1]!, end) - next;
      if (count === 0) continue;
      const from = this.#vectors.start(this.#order[doc]!) + within;
      this.#vectors.readPlane(from, count, rows, scales, place);
      place += count;
      next += count;
    }
  }

  readOriginals(doc: number, into: Float32Array): void {
    this.#vectors.readOriginals(this.#order[doc]!, into);
  }

  /** The last document that starts at or before the vector. */
  #documentOf(vector: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle + 1]! <= vector) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
