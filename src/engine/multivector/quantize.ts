// From f32 rows to what the kernels multiply: documents become 7-bit rows with a scale each, queries
// signed 8-bit rows with a scale each. Next to the scale every document row gets the exact size of
// its rounding error, from which a search knows how far a quantised score can be off.

import { dotProduct } from './exact.ts';

/** Bytes of a plane row: `dims` rounded up to the 16 that the kernels read at once. */
export function strideOf(dims: number): number {
  return (dims + 15) & ~15;
}

/** The byte that stands for 0 in a plane. */
export const planeZero = 64;
/** Largest magnitude of a component in a plane: bytes 1 … 127. */
const planeMax = 63;
const queryMax = 127;
/** What float32 rounding in kernels and bounds may add to a score's error, relative to the lengths. */
const slack = 1e-6;
/** Makes a float32 rounding of a number an upper bound of it. */
const roundUp = 1 + 2 ** -22;
/**
 * Adding 1.5 × 2^52 to a small number and taking it away again rounds it to a whole one, halves to even:
 * what a kernel does in one instruction where Math.round would take several.
 */
const toWhole = 1.5 * 2 ** 52;

/** Facts of one quantised row, filled by quantizeRow. */
export interface RowFacts {
  scale: number;
  /** Euclidean length of the dequantised row, rounded up. */
  norm: number;
  /** Euclidean distance of the dequantised row from the row (of unit length if normalised). */
  errorNorm: number;
}

/** Euclidean length of the `dims` numbers from `at`, in double precision. */
export function lengthOf(values: Float32Array, at: number, dims: number): number {
  return Math.sqrt(dotProduct(values, at, values, at, dims));
}

/** 1 / length for rows that are to be of unit length, 1 for those left as given, 0 for zero rows. */
export function factorOf(
  values: Float32Array,
  at: number,
  dims: number,
  normalized: boolean,
): number {
  if (!normalized) return 1;
  const length = lengthOf(values, at, dims);
  return length === 0 ? 0 : 1 / length;
}

function largestOf(values: Float32Array, at: number, dims: number): number {
  let largest = 0;
  for (let i = at; i < at + dims; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/**
 * Quantises the row of `dims` finite numbers at `values[at]` to `strideOf(dims)` bytes at
 * `rows[rowAt]`, of unit length when `normalized`, and fills `facts`. A zero row has scale 0. The
 * reference for the row kernels (kernels/row-kernels.ts), which are what many rows go through.
 */
export function quantizeRow(
  values: Float32Array,
  at: number,
  dims: number,
  normalized: boolean,
  rows: Uint8Array,
  rowAt: number,
  facts: RowFacts,
): void {
  const largest = largestOf(values, at, dims);
  const factor = factorOf(values, at, dims, normalized);
  const scale = Math.fround((largest * factor) / planeMax);
  const toSteps = scale === 0 ? 0 : factor / scale;
  let squares = 0;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < dims; i++) {
    const wanted = values[at + i]! * toSteps;
    // The clamp matters only for scales that lost bits to underflow.
    const step = Math.max(-planeMax, Math.min(planeMax, wanted)) + toWhole - toWhole;
    rows[rowAt + i] = step + planeZero;
    squares += step * step;
    const lost = wanted - step;
    // In the order of exact.ts.
    const lane = i & 3;
    if (lane === 0) s0 += lost * lost;
    else if (lane === 1) s1 += lost * lost;
    else if (lane === 2) s2 += lost * lost;
    else s3 += lost * lost;
  }
  rows.fill(planeZero, rowAt + dims, rowAt + strideOf(dims));
  const errors = s0 + s1 + (s2 + s3);
  facts.scale = scale;
  facts.norm = upward(Math.sqrt(squares) * scale);
  // Without a scale there are no steps: the row itself is the error.
  const error = scale === 0 ? lengthOf(values, at, dims) * factor : Math.sqrt(errors) * scale;
  facts.errorNorm = upward(error);
}

/** A float32 that is at least the number, unless it overflows to Infinity, which is also at least it. */
function upward(value: number): number {
  return value === 0 ? 0 : Math.fround(value * roundUp + 2 ** -149);
}

/** A query as given, for exact scores, and quantised, for scans, with what its rounding can do. */
export interface QuantizedQuery {
  readonly tokens: number;
  readonly dims: number;
  /** True: scores are cosines. */
  readonly normalized: boolean;
  /** `[tokens × dims]` as given. */
  readonly values: Float32Array;
  /** What makes each row as scored of the row as given: 1 / length, 1, or 0 for a zero row. */
  readonly factors: Float64Array;
  /** Bytes of one quantised row. */
  readonly stride: number;
  readonly rows: Int8Array;
  readonly scales: Float32Array;
  /**
   * A quantised token score is at most `errorShare × errorNorm + normShare × norm` off, where the
   * norms are those of the document: q·d - q̂·d̂ = q·(d - d̂) + (q - q̂)·d̂, and neither product is
   * larger than the product of the lengths.
   */
  readonly errorShares: Float64Array;
  readonly normShares: Float64Array;
  /** Sums of the two: the same bound for the score of a whole document. */
  readonly errorShare: number;
  readonly normShare: number;
}

/** Quantises a query of `[tokens × dims]` finite numbers, which must not change afterwards. */
export function quantizeQuery(
  values: Float32Array,
  dims: number,
  normalized: boolean,
): QuantizedQuery {
  const tokens = dims === 0 ? 0 : values.length / dims;
  const stride = strideOf(dims);
  const rows = new Int8Array(tokens * stride);
  const factors = new Float64Array(tokens);
  const scales = new Float32Array(tokens);
  const errorShares = new Float64Array(tokens);
  const normShares = new Float64Array(tokens);
  let errorShare = 0;
  let normShare = 0;
  for (let t = 0; t < tokens; t++) {
    const at = t * dims;
    const length = lengthOf(values, at, dims);
    const factor = normalized ? (length === 0 ? 0 : 1 / length) : 1;
    const scale = Math.fround((largestOf(values, at, dims) * factor) / queryMax);
    const error = quantizeQueryRow(values, at, dims, factor, scale, rows, t * stride);
    const norm = length * factor;
    factors[t] = factor;
    scales[t] = scale;
    errorShares[t] = norm * (1 + slack);
    normShares[t] = error * (1 + slack) + (norm + error) * slack;
    errorShare += errorShares[t]!;
    normShare += normShares[t]!;
  }
  const quantized = { stride, rows, scales, errorShares, normShares, errorShare, normShare };
  return { tokens, dims, normalized, values, factors, ...quantized };
}

/** Fills one row and returns its Euclidean distance from what was quantised. */
function quantizeQueryRow(
  values: Float32Array,
  at: number,
  dims: number,
  factor: number,
  scale: number,
  rows: Int8Array,
  rowAt: number,
): number {
  const toSteps = scale === 0 ? 0 : factor / scale;
  // Two sums, so that an addition does not wait for the one before.
  let even = 0;
  let odd = 0;
  for (let i = 0; i < dims; i++) {
    const value = values[at + i]!;
    let step = value * toSteps + toWhole - toWhole;
    // Only for scales that lost bits to underflow.
    if (step > queryMax) step = queryMax;
    if (step < -queryMax) step = -queryMax;
    rows[rowAt + i] = step;
    const error = value * factor - step * scale;
    if ((i & 1) === 0) even += error * error;
    else odd += error * error;
  }
  return Math.sqrt(even + odd);
}
