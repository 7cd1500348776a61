// The kernels over float32 rows in plain TypeScript: the reference for assembly/rows.ts, and what runs
// where relaxed SIMD is missing. The same operations in the same order, so that both give the same bits.

import { dotProduct, toFloat32 } from '../multivector/exact.ts';
import { factorOf, quantizeRow, strideOf } from '../multivector/quantize.ts';
import {
  type ExactDocument,
  type ExactKernel,
  type ExactQuery,
  type LargestNorms,
  normMax,
  type PlaneRows,
  type RowKernel,
  type ScoredRows,
} from './row-kernels.ts';

/** Quantises with plain TypeScript; without state. */
export const plainRowKernel: RowKernel = {
  quantize(
    values: Float32Array,
    at: number,
    rowCount: number,
    shape: { readonly dims: number; readonly normalized: boolean },
    into: PlaneRows,
    norms: LargestNorms,
  ): void {
    const { dims, normalized } = shape;
    const stride = strideOf(dims);
    const facts = { scale: 0, norm: 0, errorNorm: 0 };
    for (let i = 0; i < rowCount; i++) {
      const row = into.at + i;
      quantizeRow(values, at + i * dims, dims, normalized, into.rows, row * stride, facts);
      into.scales[row] = facts.scale;
      norms.norm = Math.max(norms.norm, facts.norm);
      norms.errorNorm = Math.max(norms.errorNorm, facts.errorNorm);
    }
  },
};

const notYet = -1;
/** Tokens that are finished together before the score is compared with the floor. */
const groupTokens = 4;

const noQuery: ExactQuery = {
  tokens: 0,
  dims: 0,
  normalized: false,
  values: new Float32Array(0),
  factors: new Float64Array(0),
  scales: new Float32Array(0),
  errorShares: new Float64Array(0),
  normShares: new Float64Array(0),
};

/** Finishes scores with plain TypeScript. */
export class PlainExactKernel implements ExactKernel {
  #query = noQuery;
  #best = new Float64Array(0);
  #winners = new Uint32Array(0);
  /** Of each query token: how far a quantised score of this document may be off. */
  #bounds = new Float64Array(0);
  #originals = new Float32Array(0);
  /** Of each row of the document: 1 / length, 1 or 0; `notYet` before it is needed. */
  #factors = new Float64Array(0);

  get best(): Float64Array {
    return this.#best.subarray(0, this.#query.tokens);
  }

  get winners(): Uint32Array {
    return this.#winners.subarray(0, this.#query.tokens);
  }

  get bytes(): number {
    const ofTokens = this.#best.byteLength + this.#winners.byteLength + this.#bounds.byteLength;
    return ofTokens + this.#originals.byteLength + this.#factors.byteLength;
  }

  setQuery(query: ExactQuery): void {
    this.#query = query;
    if (this.#best.length >= query.tokens) return;
    this.#best = new Float64Array(query.tokens);
    this.#winners = new Uint32Array(query.tokens);
    this.#bounds = new Float64Array(query.tokens);
  }

  begin(document: ExactDocument): Float32Array<ArrayBuffer> {
    const { rowCount, norm, errorNorm } = document;
    const { tokens, dims, errorShares, normShares } = this.#query;
    if (this.#factors.length < rowCount) this.#factors = new Float64Array(rowCount);
    if (this.#originals.length < rowCount * dims) {
      this.#originals = new Float32Array(rowCount * dims);
    }
    this.#factors.fill(notYet, 0, rowCount);
    for (let t = 0; t < tokens; t++) {
      const bound = errorShares[t]! * errorNorm + normShares[t]! * norm;
      this.#bounds[t] = norm < normMax ? bound : Infinity;
    }
    this.#best.fill(-Infinity, 0, tokens);
    return this.#originals;
  }

  finish(rows: ScoredRows, left: number, floor: number): number {
    const { tokens } = this.#query;
    let rest = left;
    for (let t = 0; t < tokens; t++) {
      rest -= this.#token(rows, t);
      if ((t % groupTokens === groupTokens - 1 || t === tokens - 1) && rest < floor) break;
    }
    return rest;
  }

  /** Returns by how much the best exact score stays below what the quantised scores allowed. */
  #token(rows: ScoredRows, t: number): number {
    const { matrix, from, count } = rows;
    const padded = (this.#query.tokens + 3) & ~3;
    let first = 0;
    let largest = -Infinity;
    for (let row = 0; row < count; row++) {
      const score = matrix[row * padded + t]!;
      if (score > largest) {
        largest = score;
        first = row;
      }
    }
    const scale = this.#query.scales[t]!;
    const bound = this.#bounds[t]!;
    this.#consider(t, from + first);
    for (let row = 0; row < count; row++) {
      // Written so that NaN, from scores that overflowed, counts as possible.
      const possible = !(matrix[row * padded + t]! * scale + bound < this.#best[t]!);
      if (possible && row !== first) this.#consider(t, from + row);
    }
    return largest * scale + bound - this.#best[t]!;
  }

  /** Takes the exact score of one pair, if it is larger, or as large and of an earlier row. */
  #consider(t: number, row: number): void {
    const { dims, normalized, values, factors } = this.#query;
    let factor = this.#factors[row]!;
    if (factor === notYet) {
      factor = factorOf(this.#originals, row * dims, dims, normalized);
      this.#factors[row] = factor;
    }
    const dot = dotProduct(values, t * dims, this.#originals, row * dims, dims);
    // Rounded, so that equal tokens are equal whatever the last bits of a length were.
    const score = toFloat32(dot * factors[t]! * factor);
    const best = this.#best[t]!;
    if (score > best || (score === best && row < this.#winners[t]!)) {
      this.#best[t] = score;
      this.#winners[t] = row;
    }
  }
}
