// Several segments' token vectors seen as one, so that a merge encodes them like one segment's.

import { assert } from '../assert.ts';
import type { TokenVectors } from './token-vectors.ts';

/**
 * The documents of the first source first, then those of the second, and so on. Sources that have
 * vectors must agree in dims; all must agree in `normalized`.
 */
export function joinTokenVectors(sources: readonly TokenVectors[]): TokenVectors {
  return new JoinedTokenVectors(sources);
}

class JoinedTokenVectors implements TokenVectors {
  readonly dims: number;
  readonly stride: number;
  readonly normalized: boolean;
  readonly documentCount: number;
  readonly vectorCount: number;
  readonly #sources: readonly TokenVectors[];
  /** First document of each source. */
  readonly #firstDocs: readonly number[];
  /** First vector of each source. */
  readonly #firstVectors: readonly number[];

  constructor(sources: readonly TokenVectors[]) {
    const firstDocs: number[] = [];
    const firstVectors: number[] = [];
    let documentCount = 0;
    let vectorCount = 0;
    for (const source of sources) {
      firstDocs.push(documentCount);
      firstVectors.push(vectorCount);
      documentCount += source.documentCount;
      vectorCount += source.vectorCount;
    }
    const filled = sources.find((source) => source.dims > 0);
    this.dims = filled?.dims ?? 0;
    this.stride = filled?.stride ?? 0;
    this.normalized = sources[0]?.normalized ?? false;
    this.documentCount = documentCount;
    this.vectorCount = vectorCount;
    this.#sources = sources;
    this.#firstDocs = firstDocs;
    this.#firstVectors = firstVectors;
    for (const { dims, normalized } of sources) {
      assert(dims === 0 || dims === this.dims, 'joined vectors have the same dims');
      assert(normalized === this.normalized, 'joined vectors are scored alike');
    }
  }

  get bytes(): number {
    return this.#sources.reduce((sum, source) => sum + source.bytes, 0);
  }

  start(doc: number): number {
    if (doc >= this.documentCount) return this.vectorCount;
    const i = lastNotAbove(this.#firstDocs, doc);
    return this.#firstVectors[i]! + this.#sources[i]!.start(doc - this.#firstDocs[i]!);
  }
  count(doc: number): number {
    const i = lastNotAbove(this.#firstDocs, doc);
    return this.#sources[i]!.count(doc - this.#firstDocs[i]!);
  }
  norm(doc: number): number {
    const i = lastNotAbove(this.#firstDocs, doc);
    return this.#sources[i]!.norm(doc - this.#firstDocs[i]!);
  }
  errorNorm(doc: number): number {
    const i = lastNotAbove(this.#firstDocs, doc);
    return this.#sources[i]!.errorNorm(doc - this.#firstDocs[i]!);
  }

  readPlane(
    vectorStart: number,
    vectorCount: number,
    rows: Uint8Array,
    scales: Float32Array,
    at: number,
  ): void {
    let done = 0;
    while (done < vectorCount) {
      const i = lastNotAbove(this.#firstVectors, vectorStart + done);
      const source = this.#sources[i]!;
      const first = vectorStart + done - this.#firstVectors[i]!;
      const count = Math.min(vectorCount - done, source.vectorCount - first);
      source.readPlane(first, count, rows, scales, at + done);
      done += count;
    }
  }

  readOriginals(doc: number, into: Float32Array): void {
    const i = lastNotAbove(this.#firstDocs, doc);
    this.#sources[i]!.readOriginals(doc - this.#firstDocs[i]!, into);
  }
}

/** Index of the last number that is at most `value`; the numbers ascend from 0. */
function lastNotAbove(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}
