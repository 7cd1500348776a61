// How many of the true answers a collection's searches find: asks sampled queries twice, as every search
// asks and exactly, over the same documents, and compares the answers by score.

import { setImmediate as turn } from 'node:timers/promises';
import { assert } from '../../engine/assert.ts';
import { Bitset } from '../../engine/bitset.ts';
import type { VectorValue } from '../../engine/document.ts';
import { type Executable, vectorRequestOf } from '../../engine/query/execute.ts';
import { type Hit, type Snapshot, takeSnapshot } from '../../engine/query/snapshot.ts';
import {
  rankPlaces,
  type VectorRequest,
  type VectorsFound,
} from '../../engine/query/vector-search.ts';
import type { SearchScope } from '../search.ts';
import type { CheckSettings } from './check-settings.ts';
import { estimateRecall, type RecallEstimate } from './recall-interval.ts';

/** Where the queries of a check come from. */
export const querySources = ['stored', 'recent'] as const;
export type QuerySource = (typeof querySources)[number];

/** One query of a check. */
export interface CheckQuery {
  readonly vector: VectorValue;
  /** A document that is not searched: the one that the query is made of. */
  readonly uuid?: string;
}

/** Recall among the first k. */
export interface RecallAt extends RecallEstimate {
  readonly k: number;
  /** Of the query that missed most. */
  readonly worst: number;
  /** Queries that were answered by candidates somewhere; the others were scored exactly anyway. */
  readonly approximated: number;
  /** Median milliseconds of the vector search for so many hits. */
  readonly ms: number;
}

/** What the queries of one source found. */
export interface CheckedQueries {
  readonly source: QuerySource;
  /** Queries that had an answer. */
  readonly queries: number;
  readonly recall: readonly RecallAt[];
  /** Median milliseconds of the exact search. */
  readonly exactMs: number;
}

/** What a check needs. */
export interface CheckParts {
  readonly scope: SearchScope;
  /** The executable for a query vector; throws DatabaseError where it makes no sense any more. */
  readonly resolve: (vector: VectorValue, limit: number) => Promise<Executable>;
  readonly settings: CheckSettings;
  /** Stops the check between two queries: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called after each query. */
  readonly advance: () => void;
}

/** How one query was answered. */
interface Outcome {
  /** Beside the ks. */
  readonly searches: readonly {
    /** Of the true answers, those found. */
    readonly share: number;
    readonly isApproximated: boolean;
    readonly ms: number;
  }[];
  readonly exactMs: number;
}

/** Asks the queries of one source; undefined when none had an answer. */
export async function checkQueries(
  parts: CheckParts,
  source: QuerySource,
  queries: readonly CheckQuery[],
): Promise<CheckedQueries | undefined> {
  const outcomes: Outcome[] = [];
  for (const query of queries) {
    // Other work comes in between, also where this thread searches.
    await turn();
    parts.signal.throwIfAborted();
    const outcome = await ask(parts, query);
    if (outcome) outcomes.push(outcome);
    parts.advance();
  }
  if (outcomes.length === 0) return undefined;
  const recall = parts.settings.ks.map((k, place): RecallAt => {
    const searches = outcomes.flatMap((outcome) => outcome.searches[place] ?? []);
    const shares = searches.map(({ share }) => share);
    return {
      k,
      ...estimateRecall(shares, k),
      worst: Math.min(...shares),
      approximated: searches.filter(({ isApproximated }) => isApproximated).length,
      ms: median(searches.map(({ ms }) => ms)),
    };
  });
  const exactMs = median(outcomes.map((outcome) => outcome.exactMs));
  return { source, queries: outcomes.length, recall, exactMs };
}

/**
 * A search for each k, because the work of a search follows the number of hits wanted, and an exact one.
 * Undefined when there is no answer at all.
 */
async function ask(parts: CheckParts, query: CheckQuery): Promise<Outcome | undefined> {
  const { scope, settings } = parts;
  using held = scope.segments.hold();
  const filter = settings.filter && scope.resolved(settings.filter);
  const snapshot = takeSnapshot(held.segments, scope.schema, filter);
  const now = freeze(snapshot, scope, query.uuid);
  const find = async (k: number, exact: boolean) => {
    const request = vectorRequestOf(await parts.resolve(query.vector, k));
    assert(request !== undefined, 'a query vector makes a vector search');
    const { found, ms } = await timed(scope, now(), exact ? { ...request, exact } : request);
    const hits = rankPlaces(snapshot, found.places, request);
    await turn();
    return { hits, ms, isApproximated: !found.steady };
  };
  const found = [];
  for (const k of settings.ks) found.push({ k, ...(await find(k, false)) });
  // Last: what is deleted in between is then no answer any more, and finding it was no mistake.
  const exact = await find(Math.max(...settings.ks), true);
  if (exact.hits.length === 0) return undefined;
  const searches = found.map(({ k, hits, ms, isApproximated }) => {
    return { share: shareFound(hits, exact.hits.slice(0, k)), isApproximated, ms };
  });
  return { searches, exactMs: exact.ms };
}

/**
 * The share of the best answers that a list of hits has. Equal scores are equally good: a hit counts when
 * it scores no less than the last of the best, but for the rounding of float32 sums.
 */
function shareFound(hits: readonly Hit[], best: readonly Hit[]): number {
  const last = best.at(-1)?.score ?? 0;
  const enough = last - Math.abs(last) * 2 ** -20;
  const good = hits.filter(({ score }) => score >= enough).length;
  return Math.min(good, best.length) / best.length;
}

async function timed(
  { searcher }: SearchScope,
  snapshot: Snapshot,
  request: VectorRequest,
): Promise<{ readonly found: VectorsFound; readonly ms: number }> {
  const start = performance.now();
  const found = await searcher.find(snapshot, request);
  const times = found.profile?.times;
  // Without waiting for a thread, where the search tells.
  const ms = times
    ? times.exact + times.estimate + times.race + times.finish
    : performance.now() - start;
  return { found, ms };
}

/**
 * The snapshot at any later time without what was written since: all searches must see the same
 * documents. Only memory segments get new ones. And without the document of that uuid.
 */
function freeze(
  snapshot: Snapshot,
  { segments }: SearchScope,
  without: string | undefined,
): () => Snapshot {
  const sealed = new Set<unknown>(segments.sealed.map(({ segment }) => segment));
  const searched = snapshot.segments.map(({ segment, allowed }) => {
    const left = without === undefined ? -1 : segment.find(without);
    const isSealed = sealed.has(segment);
    if (isSealed && left < 0) return () => ({ segment, allowed });
    const then = allowed?.clone() ?? Bitset.full(segment.documentCount);
    if (left >= 0) then.clear(left);
    if (isSealed) return () => ({ segment, allowed: then });
    return () => ({ segment, allowed: widened(then, segment.documentCount) });
  });
  return () => ({ ...snapshot, segments: searched.map((look) => look()) });
}

/** The same set, as part of more documents. */
function widened({ words }: Bitset, length: number): Bitset {
  const wide = Bitset.of(length);
  wide.words.set(words);
  return wide;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
