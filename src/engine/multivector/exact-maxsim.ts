// Exact MaxSim of one document over its originals, at a fraction of the work: the kernel's quantised
// token scores say which pairs could be the largest of their query token, and only those few are
// computed from the originals (measured: about 3 % of them).

import type { MaxSimKernel } from '../kernels/maxsim-kernel.ts';
import { dotProduct, toFloat32 } from './exact.ts';
import { factorOf, type QuantizedQuery } from './quantize.ts';
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
/** Above this length float32 products could overflow: then nothing is left out. */
const normMax = 1e30;
const notYet = -1;

/** Scores one document at a time with a kernel that holds the query already. */
export class ExactMaxSim {
  readonly #kernel: MaxSimKernel;
  #originals = new Float32Array(0);
  /** Of each row of the document: 1 / length, 1 or 0; `notYet` before it is needed. */
  #factors = new Float64Array(0);
  /** Of each query token: the largest exact score, as a float32 number, and where it was. */
  #best = new Float64Array(0);
  #winners = new Uint32Array(0);

  constructor(kernel: MaxSimKernel) {
    this.#kernel = kernel;
  }

  get bytes(): number {
    const document = this.#originals.byteLength + this.#factors.byteLength;
    return document + this.#best.byteLength + this.#winners.byteLength;
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
    let sum = 0;
    for (let t = 0; t < query.tokens; t++) sum += this.#best[t]!;
    return toFloat32(sum);
  }

  align(query: QuantizedQuery, vectors: TokenVectors, doc: number): Alignment {
    this.#run(query, vectors, doc, Infinity, -Infinity);
    const scores = new Float32Array(query.tokens);
    for (let t = 0; t < query.tokens; t++) scores[t] = this.#best[t]!;
    return { documentTokens: this.#winners.slice(0, query.tokens), scores };
  }

  /** Fills best and winners; false when the score is certain to be below the floor. */
  #run(
    query: QuantizedQuery,
    vectors: TokenVectors,
    doc: number,
    reach: number,
    floor: number,
  ): boolean {
    const rowCount = vectors.count(doc);
    const { tokens } = query;
    this.#reserve(tokens, rowCount, vectors.dims);
    vectors.readOriginals(doc, this.#originals);
    this.#factors.fill(notYet, 0, rowCount);
    this.#best.fill(-Infinity, 0, tokens);
    const padded = this.#kernel.tokensPadded;
    const rowsMax = Math.max(1, Math.floor(matrixFloatsMax / Math.max(1, padded)));
    // Rounding the sum to a float32 may lift it by less than this.
    const floorLow = floor - Math.abs(floor) * 2 ** -22;
    // Known only where one piece holds the whole document.
    let left = rowCount <= rowsMax ? reach : Infinity;
    const norm = vectors.norm(doc);
    const errorNorm = vectors.errorNorm(doc);
    for (let from = 0; from < rowCount; from += rowsMax) {
      const count = Math.min(rowsMax, rowCount - from);
      const block = this.#kernel.block(count, 0);
      vectors.readPlane(vectors.start(doc) + from, count, block.rows, block.scales, 0);
      const matrix = this.#kernel.tokenScores(count);
      for (let t = 0; t < tokens; t++) {
        const bound =
          norm < normMax
            ? query.errorShares[t]! * errorNorm + query.normShares[t]! * norm
            : Infinity;
        left -= this.#token(query, t, matrix, padded, from, count, bound);
        if (left < floorLow) return false;
      }
    }
    return true;
  }

  /**
   * Finds the largest exact score of one query token among `count` rows, whose quantised scores are
   * a column of the matrix. Returns by how much it stays below what the quantised scores allowed.
   */
  #token(
    query: QuantizedQuery,
    t: number,
    matrix: Float32Array,
    padded: number,
    from: number,
    count: number,
    bound: number,
  ): number {
    let first = 0;
    let largest = -Infinity;
    const end = count * padded;
    for (let at = t; at < end; at += padded) {
      if (matrix[at]! > largest) {
        largest = matrix[at]!;
        first = at;
      }
    }
    const scale = query.scales[t]!;
    const firstRow = from + (first - (first % padded)) / padded;
    this.#consider(query, t, firstRow);
    for (let at = t, row = from; at < end; at += padded, row++) {
      // Written so that NaN, from scores that overflowed, counts as possible.
      if (!(matrix[at]! * scale + bound < this.#best[t]!) && row !== firstRow) {
        this.#consider(query, t, row);
      }
    }
    return largest * scale + bound - this.#best[t]!;
  }

  /** Takes the exact score of one pair, if it is larger, or as large and of an earlier row. */
  #consider(query: QuantizedQuery, t: number, row: number): void {
    const { dims } = query;
    let factor = this.#factors[row]!;
    if (factor === notYet) {
      factor = factorOf(this.#originals, row * dims, dims, query.normalized);
      this.#factors[row] = factor;
    }
    const dot = dotProduct(query.values, t * dims, this.#originals, row * dims, dims);
    // Rounded, so that equal tokens are equal whatever the last bits of a length were.
    const score = toFloat32(dot * query.factors[t]! * factor);
    const best = this.#best[t]!;
    if (score > best || (score === best && row < this.#winners[t]!)) {
      this.#best[t] = score;
      this.#winners[t] = row;
    }
  }

  #reserve(tokens: number, rowCount: number, dims: number): void {
    if (this.#best.length < tokens) {
      this.#best = new Float64Array(tokens);
      this.#winners = new Uint32Array(tokens);
    }
    if (this.#factors.length < rowCount) this.#factors = new Float64Array(rowCount);
    if (this.#originals.length < rowCount * dims) {
      this.#originals = new Float32Array(rowCount * dims);
    }
  }
}
