// Vector search over segments. One target goes straight to the top k: by candidates in trained segments,
// exactly in the others; several are put together of searches for one (multi-target.ts). What it takes
// and gives can cross threads: uuids, which order equal scores, are looked up afterwards.

import type {
  SearchCounts,
  SearchOptions,
  SearchPart,
  SearchTimes,
} from '../ann/candidate-search.ts';
import type { SearchPlan } from '../ann/search-plan.ts';
import type { SingleOptions, SinglePart } from '../ann/single-search.ts';
import { assert } from '../assert.ts';
import type { Bitset } from '../bitset.ts';
import type { VectorValue } from '../document.ts';
import { prepareQuery } from '../multivector/maxsim.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import type { SegmentCodes } from '../quantize/segment-codes.ts';
import type { SingleLists } from '../quantize/single-lists.ts';
import type { VectorSchema } from '../schema.ts';
import { findSeveral } from './multi-target.ts';
import type { Combination } from './query.ts';
import type { SearchEngine } from './search-engine.ts';
import { compareHits, type Hit, type Snapshot } from './snapshot.ts';
import { findInStages } from './stages.ts';

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
  /** The limit of the search for the first page, where this is one for a later page. */
  readonly limitFirst?: number;
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
  /** Undefined while single vectors have none. */
  lists(name: string): SingleLists | undefined;
}

/** A document found, with its exact score. */
export interface FoundPlace {
  /** Position among the segments searched. */
  readonly segment: number;
  readonly doc: number;
  readonly score: number;
  /** Places of an earlier stage come before those of a later one, whatever their score; 0 when absent. */
  readonly stage?: number;
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
  /** A search for more hits would have these as its best, because nothing was left to chance. */
  readonly steady: boolean;
}

const nothing: VectorsFound = { places: [], profile: undefined, steady: true };

/** The segments of a snapshot for `findVectors`. */
export function vectorSegments(snapshot: Snapshot): VectorSegment[] {
  return snapshot.segments.map(({ segment, allowed }) => ({
    documentCount: segment.documentCount,
    docs: docsOf(allowed),
    vectors: (name) => segment.vectors(name),
    codes: (name) => segment.codes(name),
    lists: (name) => segment.lists(name),
  }));
}

function docsOf(allowed: Bitset | undefined): Uint32Array | 'all' {
  return allowed ? allowed.toArray() : 'all';
}

/**
 * Finds the best documents; those without the vectors asked for never appear. Searches that differ only
 * in `limit` and agree in `limitFirst` agree about the order of what they find.
 */
export function findVectors(
  engine: SearchEngine,
  segments: readonly VectorSegment[],
  request: VectorRequest,
): VectorsFound {
  const { limit, limitFirst = limit, targets } = request;
  if (limit === 0) return nothing;
  const findOne = (searched: readonly VectorSegment[], one: VectorRequest): VectorsFound =>
    findOneTarget(engine, searched, one);
  const find = (count: number): VectorsFound => {
    const counted = { ...request, limit: count };
    return targets.length > 1
      ? findSeveral(engine, segments, { ...counted, limitFirst }, findOne)
      : findOne(segments, counted);
  };
  return findInStages(find, { limit, limitFirst });
}

function findOneTarget(
  engine: SearchEngine,
  segments: readonly VectorSegment[],
  request: VectorRequest,
): VectorsFound {
  const target = request.targets[0];
  assert(target !== undefined, 'a vector search has a target');
  return target.schema.kind === 'multi'
    ? topByMaxSim(engine, segments, target, request)
    : topBySingle(engine, segments, target, request);
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
    .sort((a, b) => (a.stage ?? 0) - (b.stage ?? 0) || compareHits(a, b))
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
  if (parts.length === 0) return nothing;
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
  return { places, profile, steady: profile?.plan === undefined };
}

/** Segments with lists by those, the others exactly. */
function topBySingle(
  { singles }: SearchEngine,
  searched: readonly VectorSegment[],
  { schema, vector, ef }: SearchTarget,
  { limit, exact }: VectorRequest,
): VectorsFound {
  const segments: number[] = [];
  const parts: SinglePart[] = [];
  for (const [index, segment] of searched.entries()) {
    const vectors = segment.vectors(schema.name);
    if (!vectors || vectors.vectorCount === 0) continue;
    segments.push(index);
    const lists = segment.lists(schema.name);
    parts.push({ vectors, lists, docs: allowedDocs(segment, vectors) });
  }
  const options: SingleOptions = {
    ...(ef === undefined ? {} : { ef }),
    ...(exact ? { exact } : {}),
  };
  let steady = true;
  const hits = withTies((count) => {
    const { hits: found, counts } = singles.top(schema.metric, vector, parts, count, options);
    steady = counts.lists === 0;
    return found;
  }, limit);
  const places = hits.map(({ part, doc, score }) => ({ segment: segments[part]!, doc, score }));
  return { places, profile: undefined, steady };
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

/** Allowed documents among those that the vectors know of. */
function allowedDocs({ docs }: VectorSegment, vectors: TokenVectors): Uint32Array | 'all' {
  if (docs === 'all') return docs;
  const last = docs[docs.length - 1];
  if (last === undefined || last < vectors.documentCount) return docs;
  return docs.filter((doc) => doc < vectors.documentCount);
}
