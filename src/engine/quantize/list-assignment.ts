// Which list each single vector of a segment belongs to, and the middles of the lists.

import { assert } from '../assert.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { Assigner } from './assigner.ts';
import { type Centroids, finalProbes, floatsOf } from './centroids.ts';
import { readCompared } from './list-rows.ts';
import { trainCentroids } from './train-centroids.ts';

/** The list of a document without a vector. */
export const noList = 0xffff;
const trainingSeed = 1;
/** Squares of longer vectors could overflow: there are no lists of them. */
const lengthMax = 1e15;

/** Which documents each list has. */
export interface ListAssignment {
  /** Of each document the number of its list, or noList. */
  readonly listOf: Uint16Array;
  /** Documents by list, ascending in each: list l has docs[starts[l]] … docs[starts[l + 1] - 1]. */
  readonly starts: Uint32Array;
  readonly docs: Uint32Array;
}

/**
 * Lists of the vectors near each of some centroids, none of them empty; no lists at all of vectors of
 * which the squares overflow. The same vectors are always in the same lists.
 */
export function assignLists(
  kernels: Kernels,
  vectors: TokenVectors,
  listCount: number,
): ListAssignment {
  const listOf = listable(vectors)
    ? nearestLists(kernels, vectors, listCount)
    : new Uint16Array(vectors.documentCount).fill(noList);
  return { listOf, ...sortByList(listOf) };
}

/** Whether arithmetic on the vectors stays within float32. */
function listable(vectors: TokenVectors): boolean {
  if (vectors.vectorCount === 0) return false;
  for (let doc = 0; doc < vectors.documentCount; doc++) {
    if (!(vectors.norm(doc) < lengthMax)) return false;
  }
  return true;
}

/** The list of each document, numbered without gaps. */
function nearestLists(kernels: Kernels, vectors: TokenVectors, listCount: number): Uint16Array {
  const centroids = trainCentroids(kernels, vectors, {
    seed: trainingSeed,
    centroidCount: listCount,
  });
  const winners = nearest(kernels, vectors, centroids);
  const listOf = new Uint16Array(vectors.documentCount).fill(noList);
  for (let doc = 0; doc < listOf.length; doc++) {
    if (vectors.count(doc) === 0) continue;
    assert(vectors.count(doc) === 1, 'a document has one vector at most');
    // A vector without a direction is near to nothing: such vectors have a list of their own.
    const isZero = vectors.normalized && vectors.norm(doc) === 0;
    listOf[doc] = isZero ? listCount : winners[vectors.start(doc)]!;
  }
  return withoutGaps(listOf, listCount + 1);
}

/** The centroid of every vector. */
function nearest(kernels: Kernels, vectors: TokenVectors, centroids: Centroids): Uint16Array {
  const memory = kernels.spare.take();
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
  }
  kernels.spare.giveBack(memory);
  return winners;
}

/** Leaves out lists that nobody joined. */
function withoutGaps(listOf: Uint16Array, listCount: number): Uint16Array {
  const isUsed = new Uint8Array(listCount);
  for (const list of listOf) if (list !== noList) isUsed[list] = 1;
  const numbers = new Uint16Array(listCount);
  for (let list = 0, next = 0; list < listCount; list++) {
    numbers[list] = next;
    next += isUsed[list]!;
  }
  return listOf.map((list) => (list === noList ? noList : numbers[list]!));
}

/** Documents by list, ascending within each; list l is from starts[l] to starts[l + 1] - 1. */
function sortByList(listOf: Uint16Array): Omit<ListAssignment, 'listOf'> {
  let listCount = 0;
  for (const list of listOf) if (list !== noList && list >= listCount) listCount = list + 1;
  const starts = new Uint32Array(listCount + 1);
  for (const list of listOf) if (list !== noList) starts[list + 1]! += 1;
  for (let list = 0; list < listCount; list++) starts[list + 1]! += starts[list]!;
  const docs = new Uint32Array(starts[listCount]!);
  const next = starts.slice();
  for (const [doc, list] of listOf.entries()) {
    if (list === noList) continue;
    docs[next[list]!] = doc;
    next[list]! += 1;
  }
  return { starts, docs };
}

/** Fills `centre` with the mean of all vectors; returns the mean of each list, less the centre. */
export function middlesOf(
  vectors: TokenVectors,
  { listOf, starts }: ListAssignment,
  centre: Float32Array,
): Float32Array {
  const { dims } = vectors;
  const listCount = starts.length - 1;
  const sums = new Float64Array(listCount * dims);
  const total = new Float64Array(dims);
  const vector = new Float32Array(dims);
  for (const [doc, list] of listOf.entries()) {
    if (list === noList) continue;
    readCompared(vectors, doc, vector);
    const at = list * dims;
    for (let j = 0; j < dims; j++) sums[at + j]! += vector[j]!;
  }
  for (let at = 0; at < sums.length; at += dims) {
    for (let j = 0; j < dims; j++) total[j]! += sums[at + j]!;
  }
  const vectorCount = Math.max(1, starts[listCount]!);
  for (let j = 0; j < dims; j++) centre[j] = total[j]! / vectorCount;
  const middles = new Float32Array(listCount * dims);
  for (let list = 0; list < listCount; list++) {
    const count = starts[list + 1]! - starts[list]!;
    const at = list * dims;
    for (let j = 0; j < dims; j++) middles[at + j] = sums[at + j]! / count - centre[j]!;
  }
  return middles;
}
