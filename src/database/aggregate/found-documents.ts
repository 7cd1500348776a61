// The documents that a search finds, as sets: what an aggregation over hits is made of. No object is read.

import { assert, unreachable } from '../../engine/assert.ts';
import { Bitset } from '../../engine/bitset.ts';
import { DatabaseError } from '../../engine/errors.ts';
import {
  type Executable,
  execute,
  hybridLegMin,
  keywordLegOf,
  keywordMatches,
  type Unlimited,
} from '../../engine/query/execute.ts';
import {
  allowedCount,
  compareHits,
  type SearchedSegment,
  type Snapshot,
} from '../../engine/query/snapshot.ts';
import { type FoundPlace, rankPlaces } from '../../engine/query/vector-search.ts';
import type { AggregateScope, AggregateSearch } from './aggregate.ts';

/** How a search for documents is run. */
export interface FindOptions extends Pick<AggregateScope, 'searcher' | 'noteScan'> {
  readonly search: AggregateSearch;
  readonly signal: AbortSignal | undefined;
}

/** Where a document is. */
type Place = Pick<FoundPlace, 'segment' | 'doc'>;

/** Hits that a search by closeness begins with; as long as all are close enough it asks for more. */
const firstHits = 1_000;
const moreHits = 8;

/** The segments of the snapshot, each with the documents that were found. Throws DatabaseError. */
export async function foundDocuments(
  snapshot: Snapshot,
  executable: Executable,
  options: FindOptions,
): Promise<SearchedSegment[]> {
  return setsOf(snapshot, await findPlaces(snapshot, executable, options));
}

async function findPlaces(
  snapshot: Snapshot,
  executable: Executable,
  options: FindOptions,
): Promise<readonly Place[]> {
  const { objectsMax } = options.search;
  switch (executable.kind) {
    case 'keyword': {
      if (objectsMax === undefined) return keywordMatches(snapshot, executable);
      return keywordLegOf(snapshot, { ...executable, page: pageOf(objectsMax) });
    }
    case 'vector': {
      const { vector } = executable;
      if (objectsMax === undefined && vector.scoreMin === undefined) {
        const message =
          'aggregate: a vector search has no end of its own: give object_limit, distance or certainty';
        throw new DatabaseError('invalid-argument', { message });
      }
      const found = await vectorPlaces(snapshot, vector, objectsMax, options);
      return objectsMax === undefined
        ? found
        : rankPlaces(snapshot, found, { ...vector, limit: objectsMax });
    }
    case 'hybrid':
      return hybridPlaces(snapshot, executable, options);
    case 'fetch':
      throw new Error('a fetch is no search');
    default:
      return unreachable(executable);
  }
}

function pageOf(limit: number): Executable['page'] {
  return { offset: 0, limit, autocut: 0 };
}

/** The closest `max`; without a number all that are close enough, found in searches for more and more. */
async function vectorPlaces(
  snapshot: Snapshot,
  vector: Unlimited,
  max: number | undefined,
  { searcher, noteScan, search, signal }: FindOptions,
): Promise<readonly FoundPlace[]> {
  noteScan(snapshot);
  const all = allowedCount(snapshot);
  const exact = search.exact ? { exact: true } : {};
  const { scoreMin = Number.NEGATIVE_INFINITY } = vector;
  for (let limit = max ?? firstHits; ; limit *= moreHits) {
    const { places } = await searcher.find(snapshot, { ...vector, ...exact, limit }, signal);
    const close = places.filter(({ score }) => score >= scoreMin);
    if (max !== undefined || close.length < limit || limit >= all) return close;
  }
}

/**
 * With a number of objects, the best by fused score. Without one, everything that the keywords match and
 * the closest hundred. A greatest distance holds for all: what is farther away is left out, also where its
 * words match.
 */
async function hybridPlaces(
  snapshot: Snapshot,
  executable: Extract<Executable, { kind: 'hybrid' }>,
  options: FindOptions,
): Promise<readonly Place[]> {
  const { objectsMax } = options.search;
  const request = executable.vector?.request;
  const isBounded = request?.scoreMin !== undefined;
  const legMax = isBounded ? undefined : Math.max(hybridLegMin, objectsMax ?? 0);
  const vector = request ? await vectorPlaces(snapshot, request, legMax, options) : [];
  const page = pageOf(objectsMax ?? 0);
  if (objectsMax !== undefined && !isBounded) {
    const keyword = keywordLegOf(snapshot, { ...executable, page });
    return execute(snapshot, { ...executable, page }, { keyword, vector }, false);
  }
  const all = keywordMatches(snapshot, executable);
  const close = isBounded ? setsOf(snapshot, vector) : undefined;
  const matched = all.filter(({ segment, doc }) => close?.[segment]?.allowed?.has(doc) ?? true);
  if (objectsMax === undefined) return [...matched, ...vector];
  const keyword = matched.map((hit) => ({ ...hit, uuid: uuidOf(snapshot, hit) })).sort(compareHits);
  return execute(snapshot, { ...executable, page }, { keyword, vector }, false);
}

function uuidOf({ segments }: Snapshot, { segment, doc }: Place): string {
  const searched = segments[segment];
  assert(searched !== undefined, 'a place names a segment of its snapshot');
  return searched.segment.uuid(doc);
}

function setsOf(snapshot: Snapshot, places: readonly Place[]): SearchedSegment[] {
  const sets = snapshot.segments.map(({ segment }) => Bitset.of(segment.documentCount));
  for (const { segment, doc } of places) sets[segment]?.set(doc);
  return snapshot.segments.map(({ segment }, index) => ({ segment, allowed: sets[index] }));
}
