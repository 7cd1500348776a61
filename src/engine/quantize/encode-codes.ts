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

/** The centroids and the codes of all documents as sections whose names begin with `PREFIX.`. */
export function encodeCodes(
  kernels: Kernels,
  prefix: string,
  vectors: TokenVectors,
  centroids: Centroids,
  options: CodesOptions = {},
): Section[] {
  const { dims, normalized } = centroids;
  assert(dims === vectors.dims && normalized === vectors.normalized, 'centroids of such vectors');
  const winners = assignAll(kernels, vectors, centroids, options);
  const offsets = new Uint32Array(vectors.documentCount + 1);
  const codes = distinctCodes(vectors, centroids.count, winners, offsets);
  const head = Uint32Array.of(
    dims,
    normalized ? 1 : 0,
    centroids.count,
    centroids.cellCount,
    vectors.documentCount,
    codes.length,
  );
  const section = (name: string, ...arrays: ArrayBufferView[]): Section => ({
    name: `${prefix}.${name}`,
    parts: arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)),
  });
  return [
    section('head', head),
    section('centroids', centroids.centroids.rows),
    section('scales', centroids.centroids.scales),
    section('cells', centroids.cells.rows),
    section('cellFacts', centroids.cells.scales, centroids.cellShares, centroids.cellStarts),
    section('offsets', offsets),
    section('codes', codes),
  ];
}

/** The centroid of every vector. */
function assignAll(
  kernels: Kernels,
  vectors: TokenVectors,
  centroids: Centroids,
  options: CodesOptions,
): Uint16Array {
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
  const winners = new Uint16Array(vectors.vectorCount);
  for (let from = 0; from < vectors.vectorCount; from += blockVectors) {
    const count = Math.min(blockVectors, vectors.vectorCount - from);
    vectors.readPlane(from, count, memory.u8(rows, count * stride), memory.f32(scales, count), 0);
    assigner.assign(rows, scales, count, Math.min(finalProbes, cellCount), out);
    winners.set(memory.u32(out, count), from);
    options.onProgress?.((from + count) / vectors.vectorCount);
  }
  assigner.close();
  return winners;
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

/** Fills `offsets`, in steps of codes, and returns the codes of all documents. */
function distinctCodes(
  vectors: TokenVectors,
  centroidCount: number,
  winners: Uint16Array,
  offsets: Uint32Array,
): Uint16Array {
  const room = vectors.vectorCount + (codesStep - 1) * vectors.documentCount;
  const codes = new Uint16Array(room);
  /** The last document, counted from 1, that has the centroid. */
  const seen = new Uint32Array(centroidCount);
  let size = 0;
  for (let doc = 0; doc < vectors.documentCount; doc++) {
    const end = vectors.start(doc) + vectors.count(doc);
    for (let vector = vectors.start(doc); vector < end; vector++) {
      const code = winners[vector]!;
      if (seen[code] === doc + 1) continue;
      seen[code] = doc + 1;
      codes[size++] = code;
    }
    while (size % codesStep !== 0) {
      codes[size] = codes[size - 1]!;
      size++;
    }
    offsets[doc + 1] = size / codesStep;
  }
  return codes.slice(0, size);
}
