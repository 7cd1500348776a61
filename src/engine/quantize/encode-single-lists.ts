// Lists of a segment's single vectors: each vector joins the nearest of some thousand centroids, and the
// rows of a list lie one after another, so that a search reads it in one go. Layout:
// docs/format/single-lists.md.

import { assert } from '../assert.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import type { Metric } from '../schema.ts';
import type { Section } from '../segment/sections.ts';
import { quantizeRows } from './centroids.ts';
import { assignLists, middlesOf } from './list-assignment.ts';
import { ListFacts, ListRows } from './list-rows.ts';

/** Metrics whose scores lists can estimate; the head of the lists has the place of theirs. */
export const listMetrics = ['cosine', 'dot', 'l2-squared'] as const;
export type ListMetric = (typeof listMetrics)[number];

/** Whether single vectors of the metric get lists. */
export function isListMetric(metric: Metric): metric is ListMetric {
  return (listMetrics as readonly Metric[]).includes(metric);
}

export interface SingleListsOptions {
  /** By default a power of two near 6 × √vectors, or less for few long vectors; at most 16,384. */
  readonly listCount?: number;
}

const listsMin = 16;
const listsMax = 16_384;
/** Centroids may take so many bytes of memory a vector. */
const centroidBytesMax = 12;

function listCountFor(vectorCount: number, dims: number): number {
  const wanted = powerNear(6 * Math.sqrt(vectorCount));
  const affordable = powerNear((centroidBytesMax * vectorCount) / dims / Math.SQRT2);
  const count = Math.min(listsMax, Math.max(listsMin, Math.min(wanted, affordable)));
  return Math.min(count, vectorCount);
}

function powerNear(count: number): number {
  return 2 ** Math.round(Math.log2(Math.max(1, count)));
}

/**
 * The sections of a segment's lists, whose names begin with `PREFIX.`; taking the first one trains. A
 * document has one vector or none. The same vectors always give the same bytes. There are no lists of vectors
 * whose squares overflow a float32: the sections say so.
 */
export function* encodeSingleLists(
  kernels: Kernels,
  prefix: string,
  vectors: TokenVectors,
  metric: ListMetric,
  options: SingleListsOptions = {},
): Generator<Section> {
  const { dims, documentCount } = vectors;
  assert(vectors.normalized === (metric === 'cosine'), 'vectors are kept as the metric needs them');
  const listCountMax = options.listCount ?? listCountFor(vectors.vectorCount, dims);
  const assignment = assignLists(kernels, vectors, listCountMax);
  const { listOf, starts, docs } = assignment;
  const listCount = starts.length - 1;
  const centre = new Float32Array(dims);
  const centroids = quantizeRows(middlesOf(vectors, assignment, centre), dims, vectors.stride);
  const facts = new ListFacts(listCount);
  const rows = new ListRows(vectors, metric === 'l2-squared', centre, centroids, facts);
  const section = (name: string, ...arrays: ArrayBufferView[]): Section => ({
    name: `${prefix}.${name}`,
    parts: arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)),
  });
  const place = listMetrics.indexOf(metric);
  yield section('head', Uint32Array.of(dims, place, documentCount, docs.length, listCount));
  yield section('centre', centre);
  yield section('centroids', centroids.rows);
  yield section('listOf', listOf);
  yield { name: `${prefix}.rows`, parts: rows.parts(starts, docs) };
  const { spreads, squares, errors } = facts;
  yield section('facts', centroids.scales, spreads, squares, errors, starts);
}
