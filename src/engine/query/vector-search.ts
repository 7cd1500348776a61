// Vector search over segments. One target goes straight to the top k: by candidates in trained segments,
// exactly in the others; several targets are scored one by one and combined per document. What it takes
// and gives can cross threads: uuids, which order equal scores, are looked up afterwards.

import type {
  SearchCounts,
  SearchOptions,
  SearchPart,
  SearchTimes,
} from '../ann/candidate-search.ts';
import type { SearchPlan } from '../ann/search-plan.ts';
import { assert } from '../assert.ts';
import type { Bitset } from '../bitset.ts';
import type { VectorValue } from '../document.ts';
import { combineTargets } from '../fusion/combine-targets.ts';
import { type MaxSimQuery, prepareQuery } from '../multivector/maxsim.ts';
import { scanSingle, scoreSingle, topSingle } from '../multivector/single-metrics.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { type TopHits, TopK } from '../multivector/top-k.ts';
import type { SegmentCodes } from '../quantize/segment-codes.ts';
import type { VectorSchema } from '../schema.ts';
import type { Combination } from './query.ts';
import type { SearchEngine } from './search-engine.ts';
import { compareHits, type Hit, type Snapshot } from './snapshot.ts';

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
  /** Score every allowed document: nothing can be missed. */
  readonly exact?: boolean;
}

/** A segment as vector search sees it. */
export interface VectorSegment {
  readonly documentCount: number;
  /** Documents that may be returned, ascending. */
  readonly docs: Uint32Array | 'all';
  /** Undefined when no document has a vector under that name. */
  vectors(name: string): TokenVectors | undefined;
  /** Undefined while they are not trained. */
  codes(name: string): SegmentCodes | undefined;
}

/** A document found, with its exact score. */
export interface FoundPlace {
  /** Position among the segments searched. */
  readonly segment: number;
  readonly doc: number;
  readonly score: number;
}

/** How a vector search went. */
export interface VectorProfile {
  readonly counts: SearchCounts;
  readonly times: SearchTimes;
  /** Of the segments searched by candidates; undefined when every segment was scored exactly. */
  readonly plan: SearchPlan | undefined;
}

export interface VectorsFound {
  /** The best, in no order; more than asked for where scores are equal at the end. */
  readonly places: readonly FoundPlace[];
  /** Only for a search of one multi-vector. */
  readonly profile: VectorProfile | undefined;
}

/** Several targets: so many documents at least are scored exactly before they are combined. */
const combinedCandidatesMin = 100;

const nothing: VectorsFound = { places: [], profile: undefined };

/** The segments of a snapshot for `findVectors`. */
export function vectorSegments(snapshot: Snapshot): VectorSegment[] {
  return snapshot.segments.map(({ segment, allowed }) => ({
    documentCount: segment.documentCount,
    docs: docsOf(allowed),
    vectors: (name) => segment.vectors(name),
    codes: (name) => segment.codes(name),
  }));
}

function docsOf(allowed: Bitset | undefined): Uint32Array | 'all' {
  return allowed ? allowed.toArray() : 'all';
}

/** Finds the best documents; those without the vectors asked for never appear. */
export function findVectors(
  engine: SearchEngine,
  segments: readonly VectorSegment[],
  request: VectorRequest,
): VectorsFound {
  if (request.limit === 0) return nothing;
  const first = request.targets[0];
  assert(first !== undefined, 'a vector search has a target');
  if (request.targets.length > 1) return findSeveral(engine, segments, request);
  return first.schema.kind === 'multi'
    ? topByMaxSim(engine, segments, first, request)
    : topBySingle(engine, segments, first, request);
}

/** The hits of a request, best first, equal scores by uuid. */
export function rankPlaces(
  snapshot: Snapshot,
  places: readonly FoundPlace[],
  { limit, scoreMin = -Infinity }: VectorRequest,
): Hit[] {
  return places
    .filter(({ score }) => score >= scoreMin)
    .map((place) => ({ ...place, uuid: snapshot.segments[place.segment]!.segment.uuid(place.doc) }))
    .sort(compareHits)
    .slice(0, limit);
}

/** Trained segments by candidates, the others exactly. */
function topByMaxSim(
  { candidates }: SearchEngine,
  searched: readonly VectorSegment[],
  { schema, vector, ef }: SearchTarget,
  { limit, exact }: VectorRequest,
): VectorsFound {
  const segments: number[] = [];
  const parts: SearchPart[] = [];
  for (const [index, segment] of searched.entries()) {
    const vectors = segment.vectors(schema.name);
    if (!vectors || vectors.vectorCount === 0) continue;
    segments.push(index);
    const codes = segment.codes(schema.name);
    parts.push({ vectors, codes, docs: allowedDocs(segment, vectors) });
  }
  const query = prepareQuery(vector, schema.metric === 'cosine');
  const options: SearchOptions = {
    ...(ef === undefined ? {} : { ef }),
    ...(exact ? { exact } : {}),
  };
  let profile: VectorProfile | undefined;
  const hits = withTies((count) => {
    const { hits: found, ...how } = candidates.top(query, parts, count, options);
    profile = how;
    return found;
  }, limit);
  const places = hits.map(({ part, doc, score }) => ({ segment: segments[part]!, doc, score }));
  return { places, profile };
}

function topBySingle(
  engine: SearchEngine,
  segments: readonly VectorSegment[],
  target: SearchTarget,
  { limit }: VectorRequest,
): VectorsFound {
  const compare = singleComparer(engine, target.schema, target.vector);
  const places = segments.flatMap((searched, segment) => {
    const vectors = searched.vectors(target.schema.name);
    if (!vectors || vectors.vectorCount === 0) return [];
    const docs = allowedDocs(searched, vectors);
    return withTies((count) => listed(compare.top(vectors, docs, count)), limit).map(
      ({ doc, score }) => ({ segment, doc, score }),
    );
  });
  return { places, profile: undefined };
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
function findSeveral(
  engine: SearchEngine,
  segments: readonly VectorSegment[],
  request: VectorRequest,
): VectorsFound {
  const comparers = request.targets.map((target) => prepareTarget(engine, target));
  const how = {
    combination: request.combination,
    weights: request.targets.map(({ weight }) => weight),
  };
  const candidates = Math.max(combinedCandidatesMin, request.limit * 2 + 50);
  const best = new TopK(candidates);
  const places: { readonly segment: number; readonly doc: number }[] = [];
  const roughly = comparers.map((): number[] => []);
  for (const [index, searched] of segments.entries()) {
    const docs = everyDoc(searched);
    for (const doc of docs) places.push({ segment: index, doc });
    for (const [t, comparer] of comparers.entries()) {
      const vectors = searched.vectors(comparer.name);
      const scores = vectors
        ? comparer.rough(vectors, docs)
        : new Float32Array(docs.length).fill(NaN);
      for (const score of scores) roughly[t]!.push(score);
    }
  }
  if (places.length === 0) return nothing;
  const combined = combineTargets(
    roughly.map((scores) => Float32Array.from(scores)),
    how,
  );
  for (let place = 0; place < combined.length; place += 1) {
    const score = combined[place]!;
    if (!Number.isNaN(score)) best.push(place, score);
  }
  const chosen = best.take().docs;
  if (chosen.length === 0) return nothing;
  const exact = comparers.map((comparer) =>
    Float32Array.from(chosen, (place) => {
      const { segment, doc } = places[place]!;
      const vectors = segments[segment]!.vectors(comparer.name);
      return vectors ? comparer.exact(vectors, doc) : NaN;
    }),
  );
  const scores = combineTargets(exact, how);
  const found: FoundPlace[] = [];
  for (const [place, at] of chosen.entries()) {
    const score = scores[place]!;
    if (!Number.isNaN(score)) found.push({ ...places[at]!, score });
  }
  return { places: found, profile: undefined };
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

function everyDoc({ docs, documentCount }: VectorSegment): Uint32Array {
  if (docs !== 'all') return docs;
  return Uint32Array.from({ length: documentCount }, (_, doc) => doc);
}

/** Allowed documents among those that the vectors know of. */
function allowedDocs({ docs }: VectorSegment, vectors: TokenVectors): Uint32Array | 'all' {
  if (docs === 'all') return docs;
  const last = docs[docs.length - 1];
  if (last === undefined || last < vectors.documentCount) return docs;
  return docs.filter((doc) => doc < vectors.documentCount);
}
