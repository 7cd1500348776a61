// Finds the centroid of each of many vectors: first the coarse cells nearest to the vector, then the
// best centroid among theirs. Vectors that look into the same cell are multiplied together.

import { assert } from '../assert.ts';
import { type ApproximateKernel, packVectors } from '../kernels/approximate-kernel.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';

/** Vectors of one block: their cells are looked at together. */
const blockVectorsMax = 32_768;
const blockBytesMax = 8 * 1024 * 1024;
/** Rows multiplied in one call: they stay in the first- or second-level cache. */
const batchRows = 256;
const chunkVectors = 16;
/** Signed bytes of a packed vector. */
const packedMax = 127;

/** Float rows, packed for the kernels. */
interface Packed {
  readonly count: number;
  readonly packed: number;
  readonly starts: number;
  /** Of each vector: scale, and half its squared length where lengths differ. */
  readonly factors: number;
  readonly biases: number;
}

/** The room of a block, by address. */
interface Room {
  readonly cells: number;
  readonly cellScores: number;
  readonly order: number;
  readonly list: number;
  readonly best: number;
  readonly rows: number;
  readonly scales: number;
  readonly scores: number;
}

export interface AssignerOptions {
  readonly dims: number;
  readonly stride: number;
  /** True: the nearest is the one of the largest dot product; otherwise of the smallest distance. */
  readonly normalized: boolean;
  readonly cellCountMax: number;
  /** Most cells that a vector looks into. */
  readonly probesMax: number;
}

/** Works in pieces of a memory that it has to itself, until that is given back. */
export class Assigner {
  readonly #kernel: ApproximateKernel;
  readonly #memory: KernelMemory;
  readonly #options: AssignerOptions;
  readonly #room: Room;
  /** Vectors that `assign` takes at once. */
  readonly blockVectors: number;
  #cells: Packed | undefined;
  #centroids: Packed[] = [];
  #cellStarts = new Uint32Array(1);

  constructor(kernel: ApproximateKernel, memory: KernelMemory, options: AssignerOptions) {
    this.#kernel = kernel;
    this.#memory = memory;
    this.#options = options;
    const { stride, probesMax, cellCountMax } = options;
    this.blockVectors = Math.min(
      blockVectorsMax,
      Math.max(batchRows, Math.floor(blockBytesMax / stride)),
    );
    const probed = this.blockVectors * probesMax;
    this.#room = {
      cells: memory.allocate(probed * 4),
      cellScores: memory.allocate(batchRows * padded(cellCountMax) * 4),
      order: memory.allocate((probesMax + 4) * 4),
      list: memory.allocate(probed * 4),
      best: memory.allocate(this.blockVectors * 4),
      rows: memory.allocate(batchRows * stride),
      scales: memory.allocate(batchRows * 4),
      scores: memory.allocate(batchRows * chunkVectors * 4),
    };
  }

  /** Takes the middles of the cells: rows of `dims` floats. */
  setCells(values: Float32Array): void {
    if (this.#cells !== undefined) this.#freePacked(this.#cells);
    this.#cells = this.#pack(values, 0, values.length / this.#options.dims);
  }

  /** Takes the centroids, those of cell c from row `cellStarts[c]` to `cellStarts[c + 1]` - 1. */
  setCentroids(values: Float32Array, cellStarts: Uint32Array): void {
    for (const packed of this.#centroids) this.#freePacked(packed);
    this.#centroids = [];
    this.#cellStarts = cellStarts.slice();
    for (let cell = 0; cell + 1 < cellStarts.length; cell++) {
      const [from, to] = [cellStarts[cell]!, cellStarts[cell + 1]!];
      this.#centroids.push(this.#pack(values, from, to - from));
    }
  }

  /**
   * For each of up to blockVectors rows at these addresses the cells of the best score, best first:
   * u32 at `out[row * probes + i]`.
   */
  nearestCells(rows: number, scales: number, count: number, probes: number, out: number): void {
    const cells = this.#cells;
    assert(cells !== undefined && probes <= cells.count, 'there are as many cells as probes');
    const { stride } = this.#options;
    const { cellScores, order } = this.#room;
    const width = padded(cells.count);
    for (let from = 0; from < count; from += batchRows) {
      const part = Math.min(batchRows, count - from);
      const partRows = rows + from * stride;
      const { packed, starts, factors, biases } = cells;
      const partScales = scales + from * 4;
      this.#score(packed, starts, width >> 2, partRows, partScales, part, cellScores);
      const to = out + from * probes * 4;
      this.#kernel.bestCells(cellScores, width, factors, biases, part, probes, order, to);
    }
  }

  /** For each of up to blockVectors rows its centroid, as u32 at `winners`. */
  assign(rows: number, scales: number, count: number, probes: number, winners: number): void {
    assert(count <= this.blockVectors, 'a block is not longer than its room');
    assert(probes <= this.#options.probesMax, 'probes have room');
    const room = this.#room;
    const looked = Math.min(probes, this.#centroids.length);
    this.nearestCells(rows, scales, count, looked, room.cells);
    this.#memory.f32(room.best, count).fill(-Infinity);
    const ends = this.#listByCell(count, looked);
    let from = 0;
    for (const [cell, end] of ends.entries()) {
      for (; from < end; from += batchRows) {
        const part = Math.min(batchRows, end - from);
        this.#assignBatch(cell, rows, scales, room.list + from * 4, part, winners);
      }
      from = end;
    }
  }

  /** Sorts (vector, cell) pairs by cell into the list; returns where each cell's vectors end. */
  #listByCell(count: number, probes: number): Uint32Array {
    const cellCount = this.#centroids.length;
    const cells = this.#memory.u32(this.#room.cells, count * probes);
    const list = this.#memory.u32(this.#room.list, count * probes);
    const ends = new Uint32Array(cellCount + 1);
    for (let i = 0; i < cells.length; i++) ends[cells[i]! + 1]! += 1;
    for (let cell = 0; cell < cellCount; cell++) ends[cell + 1]! += ends[cell]!;
    for (let vector = 0, i = 0; vector < count; vector++) {
      for (let probe = 0; probe < probes; probe++, i++) {
        const cell = cells[i]!;
        list[ends[cell]!] = vector;
        ends[cell]! += 1;
      }
    }
    return ends.subarray(0, cellCount);
  }

  #assignBatch(
    cell: number,
    rows: number,
    scales: number,
    list: number,
    count: number,
    winners: number,
  ): void {
    const centroids = this.#centroids[cell]!;
    const kernel = this.#kernel;
    const { stride } = this.#options;
    const room = this.#room;
    if (centroids.count === 0) return;
    kernel.gatherRows(rows, scales, stride, list, count, room.rows, room.scales);
    const first = this.#cellStarts[cell]!;
    for (let at = 0; at < centroids.count; at += chunkVectors) {
      const width = Math.min(chunkVectors, padded(centroids.count - at));
      const { packed, starts, factors, biases } = centroids;
      this.#score(
        packed + at * stride,
        starts + at * 4,
        width >> 2,
        room.rows,
        room.scales,
        count,
        room.scores,
      );
      kernel.keepBest(
        room.scores,
        width,
        factors + at * 4,
        biases + at * 4,
        first + at,
        list,
        count,
        room.best,
        winners,
      );
    }
  }

  #score(
    packed: number,
    starts: number,
    quads: number,
    rows: number,
    scales: number,
    count: number,
    out: number,
  ): void {
    const steps = this.#options.stride >> 2;
    this.#kernel.scoreRows(packed, starts, quads, steps, rows, scales, count, out);
  }

  /** Packs rows as signed bytes; padding never wins, because its bias is Infinity. */
  #pack(values: Float32Array, from: number, count: number): Packed {
    const { dims, stride, normalized } = this.#options;
    const width = padded(count);
    const memory = this.#memory;
    const packed = memory.allocate(width * stride);
    const starts = memory.allocate(width * 4);
    const factors = memory.allocate(width * 4);
    const biases = memory.allocate(width * 4);
    const rows = new Int8Array(count * stride);
    const scales = memory.f32(factors, width).fill(1);
    const halves = memory.f32(biases, width).fill(Infinity);
    for (let row = 0; row < count; row++) {
      const at = (from + row) * dims;
      scales[row] = packRow(values, at, dims, rows, row * stride);
      halves[row] = normalized ? 0 : halfSquare(values, at, dims);
    }
    packVectors(rows, count, stride, memory.i8(packed, width * stride), memory.i32(starts, width));
    return { count, packed, starts, factors, biases };
  }

  #freePacked({ packed, starts, factors, biases }: Packed): void {
    for (const piece of [packed, starts, factors, biases]) this.#memory.free(piece);
  }
}

function padded(count: number): number {
  return (count + 3) & ~3;
}

function packRow(
  values: Float32Array,
  at: number,
  dims: number,
  rows: Int8Array,
  rowAt: number,
): number {
  let largest = 0;
  for (let i = at; i < at + dims; i++) largest = Math.max(largest, Math.abs(values[i]!));
  const scale = Math.fround(largest / packedMax);
  if (scale === 0) return 0;
  for (let i = 0; i < dims; i++) {
    const steps = Math.floor(values[at + i]! / scale + 0.5);
    rows[rowAt + i] = Math.max(-packedMax, Math.min(packedMax, steps));
  }
  return scale;
}

function halfSquare(values: Float32Array, at: number, dims: number): number {
  let sum = 0;
  for (let i = at; i < at + dims; i++) sum += values[i]! * values[i]!;
  return sum / 2;
}
