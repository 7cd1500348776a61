// Centroids of token vectors: what training makes, codes name and queries are compared with. Grouped in
// coarse cells, so that a query looks only into the cells near its tokens.

import { planeZero } from '../multivector/quantize.ts';

/** Rows of bytes as in a plane: a component is `(byte - 64) * scale`. */
export interface QuantizedRows {
  readonly rows: Uint8Array;
  readonly scales: Float32Array;
}

export interface Centroids {
  readonly dims: number;
  /** Bytes of one row: `dims` rounded up to a multiple of 16. */
  readonly stride: number;
  /** True: every centroid has unit length; otherwise the mean length of its vectors. */
  readonly normalized: boolean;
  /** How many centroids there are; centroid numbers fit in 16 bits. */
  readonly count: number;
  readonly cellCount: number;
  /** The centroids, those of one cell one after another. */
  readonly centroids: QuantizedRows;
  /** Cell c has centroids `cellStarts[c] … cellStarts[c + 1] - 1`: one number more than cells. */
  readonly cellStarts: Uint32Array;
  /** A middle of each cell. */
  readonly cells: QuantizedRows;
  /** Of each cell: the mean score of its centroids with anything is this × that of its middle. */
  readonly cellShares: Float32Array;
}

/** Token vectors below which centroids can not be better than scanning everything. */
export const trainedVectorsMin = 1024;
const countMin = 512;
const countMax = 32_768;
/** Few vectors get a centroid for so many of them, because more vectors are still to come ... */
const growingVectorsMin = 8;
/** ... but at most so many, which serve eight times the vectors of one memory segment. */
const growingCountMax = 8192;
const cellCountMax = 256;
/** Centroids of an average cell: fewer and finding the cells costs more than they save. */
const cellSizeMin = 32;

/**
 * A power of two near 11 × √vectors, or up to 8,192 as long as each has 8 vectors; at most a quarter of
 * the vectors.
 */
export function centroidCountFor(vectorCount: number): number {
  const wanted = 2 ** Math.round(Math.log2(11 * Math.sqrt(Math.max(1, vectorCount))));
  const growing = Math.min(growingCountMax, powerBelow(vectorCount / growingVectorsMin));
  const count = Math.max(countMin, growing, Math.min(countMax, wanted));
  return Math.min(count, powerBelow(vectorCount / 4));
}

/** The largest power of two that is not above the number, at least 1. */
function powerBelow(count: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, count)));
}

/** Coarse cells for so many centroids, a power of two. */
export function cellCountFor(count: number): number {
  return Math.max(1, Math.min(cellCountMax, 2 ** Math.floor(Math.log2(count / cellSizeMin))));
}

/** Cells that a vector looks into for its final centroid. */
export const finalProbes = 8;

/** Rows as floats: `dims` of each. */
export function floatsOf(
  { rows, scales }: QuantizedRows,
  dims: number,
  stride: number,
): Float32Array {
  const values = new Float32Array(scales.length * dims);
  for (let row = 0; row < scales.length; row++) {
    for (let i = 0; i < dims; i++) {
      values[row * dims + i] = (rows[row * stride + i]! - planeZero) * scales[row]!;
    }
  }
  return values;
}

const stepsMax = 63;

/** Float rows of `dims` numbers as bytes of `stride` with a scale each. */
export function quantizeRows(values: Float32Array, dims: number, stride: number): QuantizedRows {
  const count = values.length / dims;
  const rows = new Uint8Array(count * stride).fill(planeZero);
  const scales = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    let largest = 0;
    for (let i = row * dims; i < (row + 1) * dims; i++) {
      largest = Math.max(largest, Math.abs(values[i]!));
    }
    const scale = Math.fround(largest / stepsMax);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = 0; i < dims; i++) {
      const steps = Math.floor(values[row * dims + i]! / scale + 0.5);
      rows[row * stride + i] = planeZero + Math.max(-stepsMax, Math.min(stepsMax, steps));
    }
  }
  return { rows, scales };
}
