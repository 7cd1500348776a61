// k-means over the plane rows of a segment: a sample gives first centroids, rounds over all vectors make
// them good. Vectors find their centroid in two levels (assigner.ts), so that a round costs as much as
// a few hundred comparisons a vector. Centroids end with unit length: a mean is shorter than what it
// stands for, and a query would underrate spread centroids (docs/decisions/0010-approximate-stage.md).

import { assert } from '../assert.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { planeZero } from '../multivector/quantize.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { Assigner } from './assigner.ts';
import { type Centroids, cellCountFor, centroidCountFor, quantizeRows } from './centroids.ts';
import { seededRandom } from './seeded-random.ts';

export interface TrainingOptions {
  readonly seed: number;
  /** By default `centroidCountFor` the vectors. At most 65,536 and not more than the vectors. */
  readonly centroidCount?: number;
  /** Called now and then with the part done, 0 … 1; what it throws ends the training. */
  readonly onProgress?: (done: number) => void;
}

/** Vectors of the sample for each centroid. */
const samplePerCentroid = 8;
const sampleBytesMax = 128 * 1024 * 1024;
const sampleRounds = 3;
const fullRounds = 2;
/** Cells that a vector looks into while centroids still move. */
const roundProbes = 4;

/**
 * Trains centroids on the vectors, which must be at least one. The same vectors, seed and options
 * give the same centroids with every kernel.
 */
export function trainCentroids(
  kernels: Kernels,
  vectors: TokenVectors,
  options: TrainingOptions,
): Centroids {
  assert(vectors.vectorCount > 0, 'training needs vectors');
  const count = options.centroidCount ?? centroidCountFor(vectors.vectorCount);
  assert(count <= 65_536 && count <= vectors.vectorCount, 'as many centroids as there may be');
  const training = new Training(kernels, vectors, count, options);
  try {
    return training.run();
  } finally {
    training.close();
  }
}

class Training {
  readonly #vectors: TokenVectors;
  readonly #count: number;
  readonly #cellCount: number;
  readonly #kernels: Kernels;
  readonly #memory: KernelMemory;
  readonly #kernel;
  readonly #assigner: Assigner;
  readonly #random: () => number;
  readonly #onProgress: (done: number) => void;
  readonly #workTotal: number;
  #workDone = 0;
  /** Addresses: rows and scales of the sample, winners of a block, sums by centroid. */
  readonly #sampleCount: number;
  readonly #sampleRows: number;
  readonly #sampleScales: number;
  readonly #winners: number;
  readonly #sums: number;
  /** Vectors that joined each centroid in this round, and their lengths. */
  readonly #members: Uint32Array;
  readonly #lengths: Float64Array;
  #cells: Float32Array;
  #centroids: Float32Array;
  #cellStarts = new Uint32Array(0);

  constructor(kernels: Kernels, vectors: TokenVectors, count: number, options: TrainingOptions) {
    const { dims, stride, normalized, vectorCount } = vectors;
    this.#kernels = kernels;
    this.#memory = kernels.spare.take();
    this.#vectors = vectors;
    this.#count = count;
    this.#cellCount = cellCountFor(count);
    this.#random = seededRandom(options.seed);
    this.#onProgress = options.onProgress ?? (() => undefined);
    this.#kernel = kernels.createApproximate(this.#memory);
    this.#assigner = new Assigner(this.#kernel, this.#memory, {
      ...{ dims, stride, normalized, cellCountMax: this.#cellCount, probesMax: roundProbes },
    });
    const sampleMax = Math.max(count, Math.floor(sampleBytesMax / stride));
    this.#sampleCount = Math.min(vectorCount, count * samplePerCentroid, sampleMax);
    this.#workTotal = this.#sampleCount * sampleRounds + vectorCount * fullRounds;
    this.#sampleRows = this.#memory.allocate(this.#sampleCount * stride);
    this.#sampleScales = this.#memory.allocate(this.#sampleCount * 4);
    const { blockVectors } = this.#assigner;
    this.#winners = this.#memory.allocate(blockVectors * 4);
    this.#sums = this.#memory.allocate(count * stride * 4);
    this.#members = new Uint32Array(count);
    this.#lengths = new Float64Array(count);
    this.#cells = new Float32Array(this.#cellCount * dims);
    this.#centroids = new Float32Array(count * dims);
  }

  run(): Centroids {
    this.#drawSample();
    this.#startCells();
    this.#startCentroids();
    for (let round = 0; round < sampleRounds; round++) {
      this.#group();
      this.#round(this.#sampleCount, () => undefined, this.#sampleRows, this.#sampleScales);
    }
    const { stride, vectorCount } = this.#vectors;
    const rows = this.#memory.allocate(this.#assigner.blockVectors * stride);
    const scales = this.#memory.allocate(this.#assigner.blockVectors * 4);
    const read = (from: number, count: number): void =>
      this.#vectors.readPlane(
        ...[from, count, this.#memory.u8(rows, count * stride), this.#memory.f32(scales, count), 0],
      );
    for (let round = 0; round < fullRounds; round++) {
      this.#group();
      this.#round(vectorCount, read, rows, scales);
    }
    this.#group();
    return this.#result();
  }

  close(): void {
    this.#kernels.spare.giveBack(this.#memory);
  }

  /** Evenly spread over the vectors, at random places within their share. */
  #drawSample(): void {
    const { stride, vectorCount } = this.#vectors;
    const rows = this.#memory.u8(this.#sampleRows, this.#sampleCount * stride);
    const scales = this.#memory.f32(this.#sampleScales, this.#sampleCount);
    const share = vectorCount / this.#sampleCount;
    for (let i = 0; i < this.#sampleCount; i++) {
      const vector = Math.min(vectorCount - 1, Math.floor((i + this.#random()) * share));
      this.#vectors.readPlane(vector, 1, rows, scales, i);
    }
  }

  /** Middles of cells from rows of the sample, moved by one round over a part of it. */
  #startCells(): void {
    const { dims } = this.#vectors;
    for (let cell = 0; cell < this.#cellCount; cell++) {
      this.#copySample(this.#pick(cell, this.#cellCount), this.#cells, cell * dims);
    }
    const count = Math.min(this.#sampleCount, this.#cellCount * 64, this.#assigner.blockVectors);
    for (let round = 0; round < 2; round++) {
      this.#assigner.setCells(this.#cells);
      this.#clearSums(this.#cellCount);
      this.#assigner.nearestCells(this.#sampleRows, this.#sampleScales, count, 1, this.#winners);
      this.#add(this.#sampleRows, this.#sampleScales, count);
      this.#move(this.#cells, this.#cellCount);
    }
  }

  #startCentroids(): void {
    const { dims } = this.#vectors;
    for (let c = 0; c < this.#count; c++) {
      this.#copySample(this.#pick(c, this.#count), this.#centroids, c * dims);
    }
  }

  /** Puts each centroid into its nearest cell and orders them by cell; then moves the cells. */
  #group(): void {
    const { dims } = this.#vectors;
    this.#assigner.setCells(this.#cells);
    const cellOf = this.#cellsOfCentroids();
    const starts = new Uint32Array(this.#cellCount + 1);
    for (const cell of cellOf) starts[cell + 1]! += 1;
    for (let cell = 0; cell < this.#cellCount; cell++) starts[cell + 1]! += starts[cell]!;
    const ordered = new Float32Array(this.#count * dims);
    const cells = new Float64Array(this.#cellCount * dims);
    const next = starts.slice();
    for (let c = 0; c < this.#count; c++) {
      const cell = cellOf[c]!;
      const to = next[cell]!;
      next[cell] = to + 1;
      ordered.set(this.#centroids.subarray(c * dims, (c + 1) * dims), to * dims);
      for (let i = 0; i < dims; i++) cells[cell * dims + i]! += this.#centroids[c * dims + i]!;
    }
    this.#centroids = ordered;
    this.#cellStarts = starts;
    for (let cell = 0; cell < this.#cellCount; cell++) {
      const size = starts[cell + 1]! - starts[cell]!;
      // A cell that lost all its centroids keeps its place.
      if (size > 0) this.#setCell(cell, cells, size);
    }
    this.#assigner.setCells(this.#cells);
    this.#assigner.setCentroids(this.#centroids, this.#cellStarts);
  }

  /** The direction of the sum with the mean length of the cell's centroids. */
  #setCell(cell: number, sums: Float64Array, size: number): void {
    const { dims } = this.#vectors;
    let lengths = 0;
    for (let c = this.#cellStarts[cell]!; c < this.#cellStarts[cell + 1]!; c++) {
      lengths += lengthAt(this.#centroids, c * dims, dims);
    }
    const length = lengthAt(sums, cell * dims, dims);
    const factor = length === 0 ? 0 : lengths / size / length;
    for (let i = cell * dims; i < (cell + 1) * dims; i++)
      this.#cells[i] = inRange(sums[i]! * factor);
  }

  #cellsOfCentroids(): Uint32Array {
    const { dims, stride } = this.#vectors;
    const { rows, scales } = quantizeRows(this.#centroids, dims, stride);
    const at = this.#memory.allocate(rows.length);
    const scalesAt = this.#memory.allocate(scales.byteLength);
    const out = this.#memory.allocate(scales.byteLength);
    this.#memory.u8(at, rows.length).set(rows);
    this.#memory.f32(scalesAt, scales.length).set(scales);
    this.#assigner.nearestCells(at, scalesAt, this.#count, 1, out);
    const cells = this.#memory.u32(out, this.#count).slice();
    for (const piece of [at, scalesAt, out]) this.#memory.free(piece);
    return cells;
  }

  /** Assigns `count` vectors, read block by block, and moves the centroids to their middles. */
  #round(
    count: number,
    read: (from: number, count: number) => void,
    rows: number,
    scales: number,
  ): void {
    const { stride } = this.#vectors;
    const isSample = rows === this.#sampleRows;
    this.#clearSums(this.#count);
    const { blockVectors } = this.#assigner;
    for (let from = 0; from < count; from += blockVectors) {
      const part = Math.min(blockVectors, count - from);
      read(from, part);
      const partRows = isSample ? rows + from * stride : rows;
      const partScales = isSample ? scales + from * 4 : scales;
      this.#assigner.assign(partRows, partScales, part, roundProbes, this.#winners);
      this.#add(partRows, partScales, part);
      this.#advance(part);
    }
    this.#move(this.#centroids, this.#count);
  }

  #clearSums(count: number): void {
    this.#memory.f32(this.#sums, count * this.#vectors.stride).fill(0);
    this.#members.fill(0, 0, count);
    this.#lengths.fill(0, 0, count);
  }

  #add(rows: number, scales: number, count: number): void {
    const { stride, normalized } = this.#vectors;
    this.#kernel.accumulate(rows, scales, stride, count, this.#winners, this.#sums);
    const winners = this.#memory.u32(this.#winners, count);
    for (let i = 0; i < count; i++) this.#members[winners[i]!]! += 1;
    if (normalized) return;
    const bytes = this.#memory.u8(rows, count * stride);
    const factors = this.#memory.f32(scales, count);
    for (let i = 0; i < count; i++) {
      let squares = 0;
      for (let at = i * stride; at < (i + 1) * stride; at++) {
        const step = bytes[at]! - planeZero;
        squares += step * step;
      }
      this.#lengths[winners[i]!]! += Math.sqrt(squares) * factors[i]!;
    }
  }

  /** Moves `count` rows to the sums; one that nobody chose starts again at a row of the sample. */
  #move(values: Float32Array, count: number): void {
    const { dims, stride, normalized } = this.#vectors;
    const sums = this.#memory.f32(this.#sums, count * stride);
    for (let c = 0; c < count; c++) {
      const members = this.#members[c]!;
      const length = members === 0 ? 0 : lengthAt(sums, c * stride, dims);
      // Vectors near the largest float may have a sum that is none.
      if (!(length > 0 && length < Infinity)) {
        this.#copySample(Math.floor(this.#random() * this.#sampleCount), values, c * dims);
        continue;
      }
      const factor = (normalized ? 1 : this.#lengths[c]! / members) / length;
      for (let i = 0; i < dims; i++) values[c * dims + i] = inRange(sums[c * stride + i]! * factor);
    }
  }

  /** A place in the i-th of n equal shares of the sample. */
  #pick(i: number, n: number): number {
    const share = this.#sampleCount / n;
    return Math.min(this.#sampleCount - 1, Math.floor((i + this.#random()) * share));
  }

  /** Dequantises a row of the sample, to unit length where vectors have that. */
  #copySample(row: number, values: Float32Array, at: number): void {
    const { dims, stride, normalized } = this.#vectors;
    const bytes = this.#memory.u8(this.#sampleRows + row * stride, dims);
    const scale = this.#memory.f32(this.#sampleScales + row * 4, 1)[0]!;
    for (let i = 0; i < dims; i++) values[at + i] = inRange((bytes[i]! - planeZero) * scale);
    if (!normalized) return;
    const length = lengthAt(values, at, dims);
    for (let i = at; i < at + dims && length > 0; i++) values[i]! /= length;
  }

  #advance(work: number): void {
    this.#workDone += work;
    this.#onProgress(Math.min(1, this.#workDone / this.#workTotal));
  }

  #result(): Centroids {
    const { dims, stride, normalized } = this.#vectors;
    const shares = new Float32Array(this.#cellCount);
    for (let cell = 0; cell < this.#cellCount; cell++) shares[cell] = this.#shareOf(cell);
    return {
      ...{ dims, stride, normalized, count: this.#count, cellCount: this.#cellCount },
      centroids: quantizeRows(this.#centroids, dims, stride),
      cellStarts: this.#cellStarts,
      cells: quantizeRows(this.#cells, dims, stride),
      cellShares: shares,
    };
  }

  /** Mean component of the cell's centroids along its middle, as a part of the middle's length. */
  #shareOf(cell: number): number {
    const { dims } = this.#vectors;
    const [from, to] = [this.#cellStarts[cell]!, this.#cellStarts[cell + 1]!];
    let dots = 0;
    let squares = 0;
    for (let i = 0; i < dims; i++) {
      const middle = this.#cells[cell * dims + i]!;
      squares += middle * middle;
      for (let c = from; c < to; c++) dots += this.#centroids[c * dims + i]! * middle;
    }
    return squares === 0 || from === to ? 1 : dots / (to - from) / squares;
  }
}

const largestFloat = 2 ** 128 - 2 ** 104;

/** The nearest number that a 32-bit float can be. */
function inRange(value: number): number {
  return Math.min(largestFloat, Math.max(-largestFloat, value));
}

function lengthAt(values: Float32Array | Float64Array, at: number, dims: number): number {
  let squares = 0;
  for (let i = at; i < at + dims; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
}
