// Exact MaxSim of one document over its originals, at a fraction of the work: the kernel's quantised
// token scores say which pairs could be the largest of their query token, and only those few are
// computed from the originals (measured: about 3 % of them).

import type { Kernels } from '../kernels/kernels.ts';
import type { MaxSimKernel } from '../kernels/maxsim-kernel.ts';
import type { ExactKernel } from '../kernels/row-kernels.ts';
import { toFloat32 } from './exact.ts';
import type { QuantizedQuery } from './quantize.ts';
import type { TokenVectors } from './token-vectors.ts';

/** Which document token won for each query token. */
export interface Alignment {
  /** Number of the winning token inside the document, beside each query token; the first of equals. */
  readonly documentTokens: Uint32Array;
  /** Its dot product (cosine when normalised), beside each query token. */
  readonly scores: Float32Array;
}

/** Room for quantised token scores; longer documents are done in pieces. */
const matrixFloatsMax = 1024 * 1024;

/** Scores one document at a time. The MaxSim kernel must hold the query of every call. */
export class ExactMaxSim {
  readonly #kernel: MaxSimKernel;
  readonly #exact: ExactKernel;
  /** The query that the exact kernel holds. */
  #loaded: QuantizedQuery | undefined;

  /** `kernel` is the caller's, which sets its query. */
  constructor(kernels: Kernels, kernel: MaxSimKernel) {
    this.#kernel = kernel;
    this.#exact = kernels.createExact();
  }

  get bytes(): number {
    return this.#exact.bytes;
  }

  /** The exact score as a float32 number. The document must have vectors. */
  score(query: QuantizedQuery, vectors: TokenVectors, doc: number): number {
    return this.scoreAbove(query, vectors, doc, Infinity, -Infinity);
  }

  /**
   * The exact score as a float32 number, or -Infinity as soon as it is certain to be below `floor`.
   * `reach` is a number that the score can not exceed.
   */
  scoreAbove(
    query: QuantizedQuery,
    vectors: TokenVectors,
    doc: number,
    reach: number,
    floor: number,
  ): number {
    if (!this.#run(query, vectors, doc, reach, floor)) return -Infinity;
    const { best } = this.#exact;
    let sum = 0;
    for (let t = 0; t < query.tokens; t++) sum += best[t]!;
    return toFloat32(sum);
  }

  align(query: QuantizedQuery, vectors: TokenVectors, doc: number): Alignment {
    this.#run(query, vectors, doc, Infinity, -Infinity);
    const { best, winners } = this.#exact;
    return { documentTokens: winners.slice(), scores: Float32Array.from(best) };
  }

  /** Lets the kernel find best and winners; false when the score is certain to be below the floor. */
  #run(
    query: QuantizedQuery,
    vectors: TokenVectors,
    doc: number,
    reach: number,
    floor: number,
  ): boolean {
    if (this.#loaded !== query) this.#exact.setQuery(query);
    this.#loaded = query;
    const rowCount = vectors.count(doc);
    const norm = vectors.norm(doc);
    const errorNorm = vectors.errorNorm(doc);
    vectors.readOriginals(doc, this.#exact.begin({ rowCount, norm, errorNorm }));
    const padded = this.#kernel.tokensPadded;
    const rowsMax = Math.max(1, Math.floor(matrixFloatsMax / Math.max(1, padded)));
    // Rounding the sum to a float32 may lift it by less than this.
    const floorLow = floor - Math.abs(floor) * 2 ** -22;
    // Known only where one piece holds the whole document.
    let left = rowCount <= rowsMax ? reach : Infinity;
    for (let from = 0; from < rowCount; from += rowsMax) {
      const count = Math.min(rowsMax, rowCount - from);
      const block = this.#kernel.block(count, 0);
      vectors.readPlane(vectors.start(doc) + from, count, block.rows, block.scales, 0);
      const matrix = this.#kernel.tokenScores(count);
      left = this.#exact.finish({ matrix, from, count }, left, floorLow);
      if (left < floorLow) return false;
    }
    return true;
  }
}
