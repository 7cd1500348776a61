// Vector search over a snapshot: the exact best of every segment, joined. One target goes straight to
// the top-k of each segment; several targets are scored one by one and combined per document.

import { assert } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import { combineTargets } from '../fusion/combine-targets.ts';
import { type MaxSimQuery, type MaxSimScorer, prepareQuery } from '../multivector/maxsim.ts';
import { scanSingle, scoreSingle, topSingle } from '../multivector/single-metrics.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { type TopHits, TopK } from '../multivector/top-k.ts';
import type { VectorSchema } from '../schema.ts';
import type { Combination } from './query.ts';
import { compareHits, type Hit, type SearchedSegment, type Snapshot } from './snapshot.ts';

/** One vector name with the query vector for it. */
export interface SearchTarget {
  readonly schema: VectorSchema;
  readonly vector: VectorValue;
  readonly weight: number;
}

export interface VectorRequest {
  readonly targets: readonly SearchTarget[];
  readonly combination: Combination;
  /** Hits below it are left out. */
  readonly scoreMin?: number;
  /** At most so many hits. */
  readonly limit: number;
}

/** Several targets: so many documents at least are scored exactly before they are combined. */
const combinedCandidatesMin = 100;

/** The best hits, best first, exact; objects without the vectors asked for never appear. */
export function searchVectors(
  scorer: MaxSimScorer,
  snapshot: Snapshot,
  request: VectorRequest,
): Hit[] {
  if (request.limit === 0) return [];
  const first = request.targets[0];
  assert(first !== undefined, 'a vector search has a target');
  const hits =
    request.targets.length === 1
      ? searchOne(scorer, snapshot, first, request.limit)
      : searchSeveral(scorer, snapshot, request);
  const { scoreMin } = request;
  return scoreMin === undefined ? hits : hits.filter(({ score }) => score >= scoreMin);
}

function searchOne(
  scorer: MaxSimScorer,
  snapshot: Snapshot,
  target: SearchTarget,
  limit: number,
): Hit[] {
  const compare = prepareTarget(scorer, target);
  const hits: Hit[] = [];
  for (const [index, searched] of snapshot.segments.entries()) {
    const vectors = searched.segment.vectors(target.schema.name);
    if (!vectors || vectors.vectorCount === 0) continue;
    const docs = allowedDocs(searched, vectors);
    const top = topWithTies((count) => compare.top(vectors, docs, count), limit);
    hits.push(...toHits(top, index, searched));
  }
  return hits.sort(compareHits).slice(0, limit);
}

/**
 * The top of a segment orders equal scores by document number, which is the order of uuids only in a
 * sealed segment: asks for more until no tie crosses the end, so that sorting by uuid can decide.
 */
function topWithTies(top: (count: number) => TopHits, limit: number): TopHits {
  for (let count = limit + 1; ; count *= 2) {
    const hits = top(count);
    if (hits.docs.length < count || hits.scores[limit - 1] !== hits.scores[count - 1]) return hits;
  }
}

function toHits(top: TopHits, index: number, { segment }: SearchedSegment): Hit[] {
  const hits: Hit[] = [];
  for (let place = 0; place < top.docs.length; place += 1) {
    const doc = top.docs[place]!;
    hits.push({ segment: index, doc, uuid: segment.uuid(doc), score: top.scores[place]! });
  }
  return hits;
}

/**
 * Several targets. Every allowed document gets a quantised score per target; the best by their
 * combination are scored exactly under every target and combined again.
 */
function searchSeveral(scorer: MaxSimScorer, snapshot: Snapshot, request: VectorRequest): Hit[] {
  const comparers = request.targets.map((target) => prepareTarget(scorer, target));
  const how = {
    combination: request.combination,
    weights: request.targets.map(({ weight }) => weight),
  };
  const candidates = Math.max(combinedCandidatesMin, request.limit * 2 + 50);
  const best = new TopK(candidates);
  const places: { readonly segment: number; readonly doc: number }[] = [];
  const roughly = comparers.map((): number[] => []);
  for (const [index, searched] of snapshot.segments.entries()) {
    const docs = docsOf(searched);
    for (const doc of docs) places.push({ segment: index, doc });
    for (const [t, comparer] of comparers.entries()) {
      const vectors = searched.segment.vectors(comparer.name);
      const scores = vectors
        ? comparer.rough(vectors, docs)
        : new Float32Array(docs.length).fill(NaN);
      for (const score of scores) roughly[t]!.push(score);
    }
  }
  if (places.length === 0) return [];
  const combined = combineTargets(
    roughly.map((scores) => Float32Array.from(scores)),
    how,
  );
  for (let place = 0; place < combined.length; place += 1) {
    const score = combined[place]!;
    if (!Number.isNaN(score)) best.push(place, score);
  }
  const chosen = best.take().docs;
  const exact = comparers.map((comparer) =>
    Float32Array.from(chosen, (place) => {
      const { segment, doc } = places[place]!;
      const vectors = snapshot.segments[segment]!.segment.vectors(comparer.name);
      return vectors ? comparer.exact(vectors, doc) : NaN;
    }),
  );
  if (chosen.length === 0) return [];
  const scores = combineTargets(exact, how);
  const hits: Hit[] = [];
  for (const [place, at] of chosen.entries()) {
    const { segment, doc } = places[at]!;
    const uuid = snapshot.segments[segment]!.segment.uuid(doc);
    const score = scores[place]!;
    if (!Number.isNaN(score)) hits.push({ segment, doc, uuid, score });
  }
  return hits.sort(compareHits).slice(0, request.limit);
}

/** How one target is compared, whatever its kind and metric. NaN: the document has no such vector. */
interface Comparer {
  readonly name: string;
  top(vectors: TokenVectors, docs: Uint32Array | 'all', count: number): TopHits;
  rough(vectors: TokenVectors, docs: Uint32Array): Float32Array;
  exact(vectors: TokenVectors, doc: number): number;
}

function prepareTarget(scorer: MaxSimScorer, { schema, vector }: SearchTarget): Comparer {
  if (schema.kind === 'single') return singleComparer(scorer, schema, vector);
  return multiComparer(scorer, schema.name, prepareQuery(vector, schema.metric === 'cosine'));
}

function multiComparer(scorer: MaxSimScorer, name: string, query: MaxSimQuery): Comparer {
  return {
    name,
    top: (vectors, docs, count) => scorer.topExact(query, vectors, docs, count),
    rough: (vectors, docs) => {
      const within = docs.filter((doc) => doc < vectors.documentCount);
      const scores = new Float32Array(docs.length).fill(NaN);
      scorer.scoreDocuments(query, vectors, within, within.length, scores);
      return scores.map((score) => (score === -Infinity ? NaN : score));
    },
    exact: (vectors, doc) => {
      if (!hasVector(vectors, doc)) return NaN;
      return scorer.scoreExact(query, vectors, doc);
    },
  };
}

function singleComparer(scorer: MaxSimScorer, schema: VectorSchema, vector: VectorValue): Comparer {
  const { metric } = schema;
  const query = vector.values;
  const exact = (vectors: TokenVectors, doc: number, buffer: Float32Array): number => {
    if (!hasVector(vectors, doc)) return NaN;
    vectors.readOriginals(doc, buffer);
    return scoreSingle(metric, query, buffer);
  };
  return {
    name: schema.name,
    top: (vectors, docs, count) =>
      metric === 'cosine' || metric === 'dot'
        ? scanSingle(scorer, metric, vector, vectors, docs, count)
        : topSingle(metric, query, vectors, docs, count),
    rough: (vectors, docs) => {
      const buffer = new Float32Array(vectors.dims);
      return Float32Array.from(docs, (doc) => exact(vectors, doc, buffer));
    },
    exact: (vectors, doc) => exact(vectors, doc, new Float32Array(vectors.dims)),
  };
}

function hasVector(vectors: TokenVectors, doc: number): boolean {
  return doc < vectors.documentCount && vectors.count(doc) > 0;
}

function docsOf({ segment, allowed }: SearchedSegment): Uint32Array {
  if (allowed) return allowed.toArray();
  return Uint32Array.from({ length: segment.documentCount }, (_, doc) => doc);
}

/** Allowed documents among those that the vectors know of. */
function allowedDocs({ allowed }: SearchedSegment, vectors: TokenVectors): Uint32Array | 'all' {
  if (!allowed) return 'all';
  const docs = allowed.toArray();
  const last = docs[docs.length - 1];
  if (last === undefined || last < vectors.documentCount) return docs;
  return docs.filter((doc) => doc < vectors.documentCount);
}
