// Codes of a segment: for each document the distinct centroids of its token vectors, as sections beside
// the vectors' own. Layout: docs/format/centroids.md.

import { assert } from '../assert.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import type { Section } from '../segment/sections.ts';
import { Assigner } from './assigner.ts';
import type { Centroids } from './centroids.ts';

/** Cells that a vector looks into for its final centroid. */
const finalProbes = 8;
/** Codes of a document fill up to a multiple of this by repeating the last. */
export const codesStep = 4;

export interface CodesOptions {
  /** Called now and then with the part done, 0 … 1; what it throws ends the work. */
  readonly onProgress?: (done: number) => void;
}

/**
 * The centroids and the codes of all documents as sections whose names begin with `PREFIX.`. Codes are
 * made while their parts are taken; nothing of them is kept but where each document's begin.
 */
export function encodeCodes(
  kernels: Kernels,
  prefix: string,
  vectors: TokenVectors,
  centroids: Centroids,
  options: CodesOptions = {},
): Section[] {
  const { dims, normalized } = centroids;
  assert(dims === vectors.dims && normalized === vectors.normalized, 'centroids of such vectors');
  const codes = new DistinctCodes(vectors, centroids.count);
  const section = (name: string, parts: Iterable<Uint8Array>): Section => ({
    ...{ name: `${prefix}.${name}`, parts },
  });
  const { cells, cellShares, cellStarts } = centroids;
  return [
    section('centroids', [centroids.centroids.rows]),
    section('scales', [bytesOf(centroids.centroids.scales)]),
    section('cells', [cells.rows]),
    section('cellFacts', [bytesOf(cells.scales), bytesOf(cellShares), bytesOf(cellStarts)]),
    section('codes', codeParts(kernels, vectors, centroids, codes, options)),
    section('offsets', [bytesOf(codes.offsets)]),
    section('head', headParts(vectors, centroids, codes)),
  ];
}

function* headParts(
  vectors: TokenVectors,
  { dims, normalized, count, cellCount }: Centroids,
  codes: DistinctCodes,
): Generator<Uint8Array> {
  assert(codes.isWhole, 'codes are taken before the head that counts them');
  const flag = normalized ? 1 : 0;
  yield bytesOf(Uint32Array.of(dims, flag, count, cellCount, vectors.documentCount, codes.count));
}

/** Finds the centroid of every vector, block by block, and gives the codes of the block. */
function* codeParts(
  kernels: Kernels,
  vectors: TokenVectors,
  centroids: Centroids,
  codes: DistinctCodes,
  options: CodesOptions,
): Generator<Uint8Array> {
  const memory = KernelMemory.open();
  const { dims, stride, normalized, cellCount } = centroids;
  const assigner = new Assigner(kernels.createApproximate(memory), memory, {
    ...{ dims, stride, normalized, cellCountMax: cellCount, probesMax: finalProbes },
  });
  assigner.setCells(floatsOf(centroids.cells, dims, stride));
  assigner.setCentroids(floatsOf(centroids.centroids, dims, stride), centroids.cellStarts);
  const { blockVectors } = assigner;
  const rows = memory.allocate(blockVectors * stride);
  const scales = memory.allocate(blockVectors * 4);
  const out = memory.allocate(blockVectors * 4);
  for (let from = 0; from < vectors.vectorCount; from += blockVectors) {
    const count = Math.min(blockVectors, vectors.vectorCount - from);
    vectors.readPlane(from, count, memory.u8(rows, count * stride), memory.f32(scales, count), 0);
    assigner.assign(rows, scales, count, Math.min(finalProbes, cellCount), out);
    yield bytesOf(codes.add(memory.u32(out, count)));
    options.onProgress?.((from + count) / vectors.vectorCount);
  }
  codes.end();
  assigner.close();
}

function floatsOf(
  { rows, scales }: Centroids['cells'],
  dims: number,
  stride: number,
): Float32Array {
  const values = new Float32Array(scales.length * dims);
  for (let row = 0; row < scales.length; row++) {
    for (let i = 0; i < dims; i++) {
      values[row * dims + i] = (rows[row * stride + i]! - 64) * scales[row]!;
    }
  }
  return values;
}

/** The distinct centroids of each document, in the order of its vectors. */
class DistinctCodes {
  /** In steps of codes, of each document and one more. */
  readonly offsets: Uint32Array;
  readonly #vectors: TokenVectors;
  /** The last document, counted from 1, that has the centroid. */
  readonly #seen: Uint32Array;
  #room = new Uint16Array(0);
  #count = 0;
  /** Vectors taken so far, and the document that the next one is of. */
  #taken = 0;
  #doc = 0;
  #lastCode = 0;

  constructor(vectors: TokenVectors, centroidCount: number) {
    this.#vectors = vectors;
    this.offsets = new Uint32Array(vectors.documentCount + 1);
    this.#seen = new Uint32Array(centroidCount);
  }

  /** Codes of all documents so far. */
  get count(): number {
    return this.#count;
  }

  get isWhole(): boolean {
    return this.#doc === this.#vectors.documentCount;
  }

  /** Takes the centroids of the next vectors; returns the codes that they add, until the next call. */
  add(winners: Uint32Array): Uint16Array {
    // Every vector may end a document that fills up.
    if (this.#room.length < winners.length * codesStep) {
      this.#room = new Uint16Array(winners.length * codesStep);
    }
    const room = this.#room;
    let size = 0;
    for (let i = 0; i < winners.length; i++) {
      while (this.#taken + i >= this.#endOf(this.#doc)) this.#next(this.#count + size);
      const code = winners[i]!;
      if (this.#seen[code] !== this.#doc + 1) {
        this.#seen[code] = this.#doc + 1;
        room[size++] = code;
        this.#lastCode = code;
      }
      if (this.#taken + i + 1 < this.#endOf(this.#doc)) continue;
      while ((this.#count + size) % codesStep !== 0) room[size++] = this.#lastCode;
    }
    this.#taken += winners.length;
    this.#count += size;
    return room.subarray(0, size);
  }

  /** There are no more vectors. */
  end(): void {
    while (this.#doc < this.#vectors.documentCount) this.#next(this.#count);
  }

  #endOf(doc: number): number {
    return this.#vectors.start(doc + 1);
  }

  #next(count: number): void {
    this.#doc += 1;
    this.offsets[this.#doc] = count / codesStep;
  }
}

function bytesOf(array: Uint16Array | Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
