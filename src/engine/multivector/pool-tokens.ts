// Token pooling: fewer vectors for a document by putting the mean of similar ones in their place.
// Agglomerative clustering with Ward's criterion, as Clavié, Chaffin and Adams do it in "Reducing the
// Footprint of Multi-Vector Retrieval with Minimal Performance Impact via Token Pooling" (2024).

import { assert } from '../assert.ts';
import type { PooledGroups, VectorValue } from '../document.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { MaxSimKernel } from '../kernels/maxsim-kernel.ts';
import type { RowKernel } from '../kernels/row-kernels.ts';
import { lengthOf, planeZero, strideOf } from './quantize.ts';
import { WardClustering } from './ward-clustering.ts';

/**
 * Documents with more vectors than this are pooled in windows of neighbours: time and memory grow with
 * the square of a window. A page image of 1,030 patches is two: half the time of one, 6 ms at once
 * instead of 25, and its vectors a tenth further from the rows that stand for them (decision 0013).
 */
export const poolWindowMax = 520;

/** How a document is pooled. */
export interface PoolingOptions {
  /** A whole number of at least 1: n vectors become ⌈n / factor⌉. */
  readonly factor: number;
  /** Vectors are compared and averaged by their directions: true for cosine. */
  readonly normalized: boolean;
}

/** A pooled multi-vector. */
export interface PooledVector {
  readonly vector: VectorValue;
  /** Of each vector that was given, the row of `vector` that it went into. */
  readonly groups: PooledGroups;
}

/** Pools documents one after another. Owns its memory: one per thread. */
export class TokenPooler {
  readonly #scores: MaxSimKernel;
  readonly #rows: RowKernel;
  readonly #clustering = new WardClustering();
  #planes = new Uint8Array(0);
  #query = new Int8Array(0);
  #scales = new Float32Array(0);

  private constructor(kernels: Kernels) {
    this.#scores = kernels.createMaxSim();
    this.#rows = kernels.createRows();
  }

  static open(kernels: Kernels): TokenPooler {
    return new TokenPooler(kernels);
  }

  /** Bytes of memory held; grows with the longest window met. */
  get bytes(): number {
    const own = this.#planes.byteLength + this.#query.byteLength + this.#scales.byteLength;
    return this.#scores.bytes + this.#clustering.bytes + own;
  }

  /** Pools a document of finite numbers at once; see `steps`. */
  pool(vector: VectorValue, options: PoolingOptions): PooledVector {
    const steps = this.steps(vector, options);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /**
   * The same in steps, so that a thread can do something else between the windows of a long document;
   * several documents may be under way. Each step gives the number of vectors that it compared. Rows of the result are in the order of the first vector that went
   * into each; a row that one vector went into is that vector as it was given.
   */
  *steps(
    { dims, values }: VectorValue,
    { factor, normalized }: PoolingOptions,
  ): Generator<number, PooledVector> {
    assert(Number.isInteger(factor) && factor >= 1, 'a pooling factor is a whole number from 1');
    const count = dims === 0 ? 0 : values.length / dims;
    const groups = new Uint32Array(count);
    const window = windowLength(count, factor);
    let rowCount = 0;
    for (let from = 0; from < count; from += window) {
      const length = Math.min(window, count - from);
      const wanted = Math.ceil(length / factor);
      const own = groups.subarray(from, from + length);
      if (wanted < length) {
        this.#measure(values, from, length, dims, normalized);
        this.#clustering.cut(wanted, own);
        for (let i = 0; i < length; i++) own[i]! += rowCount;
      } else {
        for (let i = 0; i < length; i++) own[i] = rowCount + i;
      }
      rowCount += wanted;
      yield length;
    }
    const shape = { dims, normalized, rowCount };
    return { vector: { kind: 'multi', dims, values: means(values, groups, shape) }, groups };
  }

  /** Hands the squared distances of some vectors, as their planes have them, to the clustering. */
  #measure(
    values: Float32Array,
    from: number,
    count: number,
    dims: number,
    normalized: boolean,
  ): void {
    const stride = strideOf(dims);
    this.#reserve(count, stride);
    const planes = this.#planes;
    const scales = this.#scales;
    const norms = { norm: 0, errorNorm: 0 };
    const into = { rows: planes, scales, at: 0 };
    this.#rows.quantize(values, from * dims, count, { dims, normalized }, into, norms);
    relativeScales(scales, count);
    const rows = this.#query.subarray(0, count * stride);
    for (let i = 0; i < rows.length; i++) rows[i] = planes[i]! - planeZero;
    const ownScales = scales.subarray(0, count);
    this.#scores.setQuery({ tokens: count, stride, rows, scales: ownScales });
    const block = this.#scores.block(count, 1);
    block.rows.set(planes.subarray(0, count * stride));
    // The products as whole numbers: those of i and j are the same as those of j and i then.
    block.scales.fill(1);
    const products = this.#scores.tokenScores(count);
    this.#clustering.take(products, this.#scores.tokensPadded, ownScales);
  }

  #reserve(count: number, stride: number): void {
    if (this.#planes.length < count * stride) {
      this.#planes = new Uint8Array(count * stride);
      this.#query = new Int8Array(count * stride);
    }
    if (this.#scales.length < count) this.#scales = new Float32Array(count);
  }
}

/** Windows of about one length, all but the last a multiple of the factor: then ⌈n / factor⌉ is kept. */
function windowLength(count: number, factor: number): number {
  const windows = Math.max(1, Math.ceil(count / poolWindowMax));
  return Math.ceil(count / windows / factor) * factor;
}

/** Scales as shares of the largest, so that squares of no length overflow; clusters stay the same. */
function relativeScales(scales: Float32Array, count: number): void {
  let largest = 0;
  for (let i = 0; i < count; i++) largest = Math.max(largest, scales[i]!);
  if (largest === 0) return;
  for (let i = 0; i < count; i++) scales[i] = scales[i]! / largest;
}

const float32Max = (2 - 2 ** -23) * 2 ** 127;

interface MeanShape {
  readonly dims: number;
  readonly normalized: boolean;
  readonly rowCount: number;
}

/**
 * Of each group the direction of the mean, as long as its vectors are on average: a mean itself is
 * shorter than what it stands for, the more so the larger the group, and would lose every comparison of
 * scalar products. Sums are doubles, added in the order of the vectors.
 */
function means(
  values: Float32Array,
  groups: Uint32Array,
  { dims, normalized, rowCount }: MeanShape,
): Float32Array {
  const sums = new Float64Array(rowCount * dims);
  const lengths = new Float64Array(rowCount);
  const sizes = new Uint32Array(rowCount);
  const last = new Uint32Array(rowCount);
  for (let i = 0; i < groups.length; i++) {
    const row = groups[i]!;
    const length = lengthOf(values, i * dims, dims);
    const share = !normalized ? 1 : length === 0 ? 0 : 1 / length;
    const to = row * dims;
    const from = i * dims;
    for (let c = 0; c < dims; c++) sums[to + c]! += values[from + c]! * share;
    lengths[row]! += length;
    sizes[row]! += 1;
    last[row] = i;
  }
  const out = new Float32Array(rowCount * dims);
  for (let row = 0; row < rowCount; row++) {
    const size = sizes[row]!;
    const at = row * dims;
    if (size === 1) {
      const only = last[row]! * dims;
      out.set(values.subarray(only, only + dims), at);
      continue;
    }
    let squares = 0;
    let largest = 0;
    for (let c = at; c < at + dims; c++) {
      squares += sums[c]! * sums[c]!;
      largest = Math.max(largest, Math.abs(sums[c]!));
    }
    if (largest === 0) continue;
    // The direction may point along an axis that no vector of this length does: stay finite.
    const share = Math.min(lengths[row]! / size / Math.sqrt(squares), float32Max / largest);
    for (let c = at; c < at + dims; c++) out[c] = sums[c]! * share;
  }
  return out;
}

/** Of each row of a pooled vector the positions of the vectors that went into it, ascending. */
export function sourcePositions(groups: PooledGroups): number[][] {
  const positions: number[][] = [];
  for (const [position, row] of groups.entries()) {
    const others = positions[row];
    if (others) others.push(position);
    else positions[row] = [position];
  }
  return positions;
}
