// Token vectors of a segment as bytes: the sections that sealed-token-vectors.ts reads.

import type { Section } from '../segment/sections.ts';
import type { TokenVectors } from './token-vectors.ts';

/** Parts of a section are about this long, or one document if that is longer. */
const partBytesMax = 256 * 1024;

/**
 * Makes five sections, little-endian, for documents d and vectors v in their new order:
 *
 *     PREFIX.head       u32 dims, normalized (0 or 1), documentCount, vectorCount
 *     PREFIX.starts     u32 of d = 0 … documentCount: number of the first vector
 *     PREFIX.norms      f32 norm, f32 errorNorm of each d (TokenVectors)
 *     PREFIX.plane      of each d: its rows, of each dims bytes (value / scale + 64) and bytes 64 up to
 *                       a multiple of 16; then the f32 scale of each row
 *     PREFIX.originals  of each v: dims f32 as given
 *
 * New document i is the old document `order[i]`; documents that are not in `order` are left out. Planes
 * and originals are read while their parts are taken: the vectors must not change until then.
 */
export function encodeTokenVectors(
  prefix: string,
  vectors: TokenVectors,
  order: Uint32Array,
): Section[] {
  const starts = new Uint32Array(order.length + 1);
  const norms = new Float32Array(order.length * 2);
  for (let i = 0; i < order.length; i++) {
    const doc = order[i]!;
    starts[i + 1] = starts[i]! + vectors.count(doc);
    norms[i * 2] = vectors.norm(doc);
    norms[i * 2 + 1] = vectors.errorNorm(doc);
  }
  const vectorCount = starts[order.length]!;
  const dims = vectorCount === 0 ? 0 : vectors.dims;
  const head = Uint32Array.of(dims, vectors.normalized ? 1 : 0, order.length, vectorCount);
  return [
    { name: `${prefix}.head`, parts: [bytesOf(head)] },
    { name: `${prefix}.starts`, parts: [bytesOf(starts)] },
    { name: `${prefix}.norms`, parts: [bytesOf(norms)] },
    { name: `${prefix}.plane`, parts: copyPlane(vectors, order, starts) },
    { name: `${prefix}.originals`, parts: copyOriginals(vectors, order, starts) },
  ];
}

function* copyPlane(
  vectors: TokenVectors,
  order: Uint32Array,
  starts: Uint32Array,
): Generator<Uint8Array> {
  const { stride } = vectors;
  const room = roomFor(starts, stride + 4);
  const scales = new Float32Array(longest(starts));
  const scaleBytes = bytesOf(scales);
  for (const { from, to } of partsOf(starts, stride + 4)) {
    let at = 0;
    for (let i = from; i < to; i++) {
      const count = starts[i + 1]! - starts[i]!;
      if (count === 0) continue;
      const rows = room.subarray(at, at + count * stride);
      vectors.readPlane(vectors.start(order[i]!), count, rows, scales, 0);
      room.set(scaleBytes.subarray(0, count * 4), at + count * stride);
      at += count * (stride + 4);
    }
    yield room.subarray(0, at);
  }
}

function* copyOriginals(
  vectors: TokenVectors,
  order: Uint32Array,
  starts: Uint32Array,
): Generator<Uint8Array> {
  const { dims } = vectors;
  const room = roomFor(starts, dims * 4);
  const values = new Float32Array(room.buffer);
  for (const { from, to } of partsOf(starts, dims * 4)) {
    for (let i = from; i < to; i++) {
      const at = (starts[i]! - starts[from]!) * dims;
      if (starts[i + 1]! > starts[i]!) vectors.readOriginals(order[i]!, values.subarray(at));
    }
    yield room.subarray(0, (starts[to]! - starts[from]!) * dims * 4);
  }
}

/** Runs of new documents that have up to partBytesMax together. */
function* partsOf(
  starts: Uint32Array,
  vectorBytes: number,
): Generator<{ readonly from: number; readonly to: number }> {
  const vectorsMax = Math.floor(partBytesMax / vectorBytes);
  const end = starts.length - 1;
  let from = 0;
  while (from < end) {
    let to = from + 1;
    while (to < end && starts[to + 1]! - starts[from]! <= vectorsMax) to++;
    yield { from, to };
    from = to;
  }
}

/** Room for the longest part. */
function roomFor(starts: Uint32Array, vectorBytes: number): Uint8Array<ArrayBuffer> {
  const vectorsMax = Math.max(longest(starts), Math.floor(partBytesMax / vectorBytes));
  return new Uint8Array(Math.min(vectorsMax, starts[starts.length - 1]!) * vectorBytes);
}

/** The most vectors of a document. */
function longest(starts: Uint32Array): number {
  let most = 0;
  for (let i = 1; i < starts.length; i++) most = Math.max(most, starts[i]! - starts[i - 1]!);
  return most;
}

function bytesOf(array: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
