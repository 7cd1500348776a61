// How many of the true answers a collection's searches find: asks sampled queries twice, as every search
// asks and exactly, over the same documents, and compares the answers by score.

import { setImmediate as turn } from 'node:timers/promises';
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
  /** A document that does not count as an answer. */
  readonly uuid?: string;
}

/** Recall among the first k. */
export interface RecallAt extends RecallEstimate {
  readonly k: number;
  /** Of the query that missed most. */
  readonly worst: number;
}

/** What the queries of one source found. */
export interface CheckedQueries {
  readonly source: QuerySource;
  /** Queries that had an answer. */
  readonly queries: number;
  /** Those of them that were answered by candidates somewhere; the others were scored exactly anyway. */
  readonly approximated: number;
  readonly recall: readonly RecallAt[];
  /** Median milliseconds of the vector search, both ways. */
  readonly ms: { readonly approximate: number; readonly exact: number };
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

/** One query's share of true answers found at each k, and what it cost. */
interface Outcome {
  readonly shares: readonly number[];
  readonly isApproximated: boolean;
  readonly approximateMs: number;
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
    const shares = outcomes.map(({ shares }) => shares[place] ?? 0);
    return { k, ...estimateRecall(shares, k), worst: Math.min(...shares) };
  });
  return {
    source,
    queries: outcomes.length,
    approximated: outcomes.filter(({ isApproximated }) => isApproximated).length,
    recall,
    ms: {
      approximate: median(outcomes.map(({ approximateMs }) => approximateMs)),
      exact: median(outcomes.map(({ exactMs }) => exactMs)),
    },
  };
}

/** Undefined when there is no answer at all. */
async function ask(parts: CheckParts, query: CheckQuery): Promise<Outcome | undefined> {
  const { scope, settings } = parts;
  const limit = Math.max(...settings.ks) + (query.uuid === undefined ? 0 : 1);
  const request = vectorRequestOf(await parts.resolve(query.vector, limit));
  if (!request) return undefined;
  using held = scope.segments.hold();
  const snapshot = takeSnapshot(held.segments, scope.schema, settings.filter);
  const now = freeze(snapshot, scope);
  const others = (found: VectorsFound): Hit[] =>
    rankPlaces(snapshot, found.places, request).filter(({ uuid }) => uuid !== query.uuid);
  const approximate = await timed(scope, now(), request);
  await turn();
  const exact = await timed(scope, now(), { ...request, exact: true });
  const [found, best] = [others(approximate.found), others(exact.found)];
  if (best.length === 0) return undefined;
  return {
    shares: settings.ks.map((k) => shareFound(found.slice(0, k), best.slice(0, k))),
    isApproximated: approximate.found.profile?.plan !== undefined,
    approximateMs: approximate.ms,
    exactMs: exact.ms,
  };
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
 * The snapshot at any later time without what was written since: both searches must see the same
 * documents. Only memory segments get new ones. What is deleted in between misleads nobody: its score
 * still counts as good, and it is no answer of the exact search.
 */
function freeze(snapshot: Snapshot, { segments }: SearchScope): () => Snapshot {
  const sealed = new Set<unknown>(segments.sealed.map(({ segment }) => segment));
  const searched = snapshot.segments.map(({ segment, allowed }) => {
    if (sealed.has(segment)) return () => ({ segment, allowed });
    const then = allowed?.clone() ?? Bitset.full(segment.documentCount);
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
