// Vector search over a snapshot. One target goes straight to the top k: by candidates in trained
// segments, exactly in the others; several targets are scored one by one and combined per document.

import type { SearchPart } from '../ann/candidate-search.ts';
import { assert } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import { combineTargets } from '../fusion/combine-targets.ts';
import { type MaxSimQuery, prepareQuery } from '../multivector/maxsim.ts';
import { scanSingle, scoreSingle, topSingle } from '../multivector/single-metrics.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { type TopHits, TopK } from '../multivector/top-k.ts';
import type { VectorSchema } from '../schema.ts';
import type { Combination } from './query.ts';
import type { SearchEngine } from './search-engine.ts';
import { compareHits, type Hit, type SearchedSegment, type Snapshot } from './snapshot.ts';

/** One vector name with the query vector for it. */
export interface SearchTarget {
  readonly schema: VectorSchema;
  readonly vector: VectorValue;
  readonly weight: number;
  /** The collection's `ef`: larger is more thorough. */
  readonly ef?: number;
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
  engine: SearchEngine,
  snapshot: Snapshot,
  request: VectorRequest,
): Hit[] {
  if (request.limit === 0) return [];
  const first = request.targets[0];
  assert(first !== undefined, 'a vector search has a target');
  const hits =
    request.targets.length === 1
      ? searchOne(engine, snapshot, first, request.limit)
      : searchSeveral(engine, snapshot, request);
  const { scoreMin } = request;
  return scoreMin === undefined ? hits : hits.filter(({ score }) => score >= scoreMin);
}

function searchOne(
  engine: SearchEngine,
  snapshot: Snapshot,
  target: SearchTarget,
  limit: number,
): Hit[] {
  const found =
    target.schema.kind === 'multi'
      ? topByMaxSim(engine, snapshot, target, limit)
      : topBySingle(engine, snapshot, target, limit);
  return found
    .map((hit) => ({ ...hit, uuid: snapshot.segments[hit.segment]!.segment.uuid(hit.doc) }))
    .sort(compareHits)
    .slice(0, limit);
}

/** A hit before its uuid is looked up. */
type Found = Omit<Hit, 'uuid'>;

/** Trained segments by candidates, the others exactly. */
function topByMaxSim(
  { candidates }: SearchEngine,
  snapshot: Snapshot,
  { schema, vector, ef }: SearchTarget,
  limit: number,
): Found[] {
  const segments: number[] = [];
  const parts: SearchPart[] = [];
  for (const [index, searched] of snapshot.segments.entries()) {
    const vectors = searched.segment.vectors(schema.name);
    if (!vectors || vectors.vectorCount === 0) continue;
    segments.push(index);
    const codes = searched.segment.codes(schema.name);
    parts.push({ vectors, codes, docs: allowedDocs(searched, vectors) });
  }
  const query = prepareQuery(vector, schema.metric === 'cosine');
  const options = ef === undefined ? {} : { ef };
  return withTies((count) => candidates.top(query, parts, count, options).hits, limit).map(
    ({ part, doc, score }) => ({ segment: segments[part]!, doc, score }),
  );
}

function topBySingle(
  engine: SearchEngine,
  snapshot: Snapshot,
  target: SearchTarget,
  limit: number,
): Found[] {
  const compare = singleComparer(engine, target.schema, target.vector);
  return snapshot.segments.flatMap((searched, segment) => {
    const vectors = searched.segment.vectors(target.schema.name);
    if (!vectors || vectors.vectorCount === 0) return [];
    const docs = allowedDocs(searched, vectors);
    return withTies((count) => listed(compare.top(vectors, docs, count)), limit).map(
      ({ doc, score }) => ({ segment, doc, score }),
    );
  });
}

function listed({ docs, scores }: TopHits): { readonly doc: number; readonly score: number }[] {
  return Array.from(docs, (doc, place) => ({ doc, score: scores[place]! }));
}

/**
 * A top k orders equal scores by document number, which is the order of uuids only inside one sealed
 * segment: asks for more until no tie crosses the end, so that sorting by uuid can decide.
 */
function withTies<T extends { readonly score: number }>(
  top: (count: number) => readonly T[],
  limit: number,
): readonly T[] {
  for (let count = limit + 1; ; count *= 2) {
    const hits = top(count);
    if (hits.length < count || hits[limit - 1]?.score !== hits[count - 1]?.score) return hits;
  }
}

/**
 * Several targets. Every allowed document gets a quantised score per target; the best by their
 * combination are scored exactly under every target and combined again.
 */
function searchSeveral(engine: SearchEngine, snapshot: Snapshot, request: VectorRequest): Hit[] {
  const comparers = request.targets.map((target) => prepareTarget(engine, target));
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

function prepareTarget(engine: SearchEngine, { schema, vector }: SearchTarget): Comparer {
  if (schema.kind === 'single') return singleComparer(engine, schema, vector);
  return multiComparer(engine, schema.name, prepareQuery(vector, schema.metric === 'cosine'));
}

function multiComparer(engine: SearchEngine, name: string, query: MaxSimQuery): Comparer {
  return {
    name,
    top: (vectors, docs, count) => engine.scorer.topExact(query, vectors, docs, count),
    rough: (vectors, docs) => {
      const within = docs.filter((doc) => doc < vectors.documentCount);
      const scores = new Float32Array(docs.length).fill(NaN);
      engine.scorer.scoreDocuments(query, vectors, within, within.length, scores);
      return scores.map((score) => (score === -Infinity ? NaN : score));
    },
    exact: (vectors, doc) => {
      if (!hasVector(vectors, doc)) return NaN;
      return engine.scorer.scoreExact(query, vectors, doc);
    },
  };
}

function singleComparer(engine: SearchEngine, schema: VectorSchema, vector: VectorValue): Comparer {
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
        ? scanSingle(engine.scorer, metric, vector, vectors, docs, count)
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
