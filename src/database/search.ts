// One search over the segments of a collection: what is stored at one moment answers it, however long
// the vector leg takes, and every stage tells what it cost.

import type { Document } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { HitMatches } from '../engine/explain/hit-matches.ts';
import type { Filter } from '../engine/filter/filter.ts';
import { checkBoost } from '../engine/query/boost.ts';
import {
  type Executable,
  type ExecutedHit,
  execute,
  keywordLegOf,
  keywordTermsOf,
  vectorRequestOf,
} from '../engine/query/execute.ts';
import type { Boost, Query, ScoreExplanation } from '../engine/query/query.ts';
import { allowedCount, type Snapshot, takeSnapshot } from '../engine/query/snapshot.ts';
import type { VectorProfile } from '../engine/query/vector-search.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import { groupHits, type HitGroup } from './group-hits.ts';
import { selectDiverse } from './search/diversity.ts';
import type { Generated, GenerateRequest } from './search/generate-hits.ts';
import type { RerankRequest } from './search/rerank-hits.ts';
import type { SegmentList } from './segment-list.ts';
import type { VectorSearcher } from './vector-searcher.ts';

/** What a search asks of each hit besides uuid and score. */
export interface SearchOptions {
  readonly explain: boolean;
  /** Reads the vectors of the hits; defaults to true. */
  readonly vectors?: boolean;
  /** Scores every allowed document in the vector leg, so that nothing can be missed. */
  readonly exact?: boolean;
  /** Says of each hit which words and places matched; some milliseconds a hit. Not of groups. */
  readonly matches?: boolean;
  /** Ranks the page anew by what the collection's reranker says of a text. */
  readonly rerank?: RerankRequest;
  /** Has a text written about each hit, or one about all of them. */
  readonly generate?: GenerateRequest;
}

export interface SearchHit {
  readonly document: Document;
  /** Absent for fetch. -distance for vector search, BM25 score, or fused score. */
  readonly score?: number;
  /** What a boost made of the score; absent without one. */
  readonly boosted?: number;
  readonly explanation?: ScoreExplanation;
  /** What the reranker said, larger is closer; only of hits of a reranked page that have the text. */
  readonly rerankScore?: number;
  /** One beside each generator that was to write about each hit; only when asked for. */
  readonly generated?: readonly Generated[];
  /** Only when asked for. */
  readonly matches?: HitMatches;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Only when the query has a groupBy; `hits` is then empty. */
  readonly groups?: readonly HitGroup[];
  /** What was written about all hits, one beside each generator; absent without hits, or unasked. */
  readonly generated?: readonly Generated[];
  /** Absent only where a reply is made of something else than a search. */
  readonly profile?: SearchProfile;
}

/** A stage of a search, in the order in which they run. */
export type StageName =
  | 'resolve'
  | 'filter'
  | 'tokenize'
  | 'keyword'
  | 'vector'
  | 'rank'
  | 'select'
  | 'read'
  | 'rerank'
  | 'generate';

/** What a search did and how long it took. */
export interface SearchProfile {
  readonly stages: readonly { readonly name: StageName; readonly ms: number }[];
  readonly segments: number;
  /** Documents that could be returned. */
  readonly allowed: number;
  /** Hits of the keyword leg; absent when there is none. */
  readonly keywordHits: number | undefined;
  /** Of the vector leg, when it searched one multi-vector. */
  readonly vector: VectorProfile | undefined;
  /** Whether the vector leg scored all allowed objects; absent when there is none. */
  readonly isExact: boolean | undefined;
}

/** What a search needs of its collection. */
export interface SearchScope {
  readonly segments: SegmentList;
  readonly schema: CollectionSchema;
  readonly searcher: VectorSearcher;
  /** Makes a filter one that segments can evaluate (`Collection.resolved`). */
  readonly resolved: (filter: Filter) => Filter;
  /** As `resolved`, without what searches leave out (`Collection.visible`). */
  readonly visible: (filter: Filter | undefined) => Filter | undefined;
}

/** Measures stages that follow each other. */
export class StageTimes {
  readonly stages: { name: StageName; ms: number }[] = [];
  #since = performance.now();

  /** Ends the stage that runs. */
  end(name: StageName): void {
    const now = performance.now();
    this.stages.push({ name, ms: now - this.#since });
    this.#since = now;
  }
}

/** What goes with one search. */
export interface SearchRun {
  /** Holds the stages before. */
  readonly times: StageTimes;
  /** Hears of the segments that the vector leg searches. */
  readonly noteScan: (snapshot: Snapshot) => void;
  /** A vector leg that waits gives up when it aborts. */
  readonly signal: AbortSignal | undefined;
}

/** Runs a resolved query over what is stored at this call. Throws DatabaseError. */
export async function runSearch(
  { segments, schema, searcher, resolved, visible }: SearchScope,
  query: Query,
  executable: Executable,
  options: SearchOptions,
  { times, noteScan, signal }: SearchRun,
): Promise<SearchResult> {
  const boost = boostOf(executable, resolved);
  if (boost) checkBoost(boost, schema);
  using held = segments.hold();
  const snapshot = takeSnapshot(held.segments, schema, visible(query.filter));
  times.end('filter');
  const ranking = boost ? { ...executable, page: { ...executable.page, boost } } : executable;
  const terms = keywordTermsOf(snapshot, ranking);
  if (terms) times.end('tokenize');
  const keyword = keywordLegOf(snapshot, ranking, terms);
  times.end('keyword');
  const allowed = allowedCount(snapshot);
  const request = vectorRequestOf(ranking);
  let found: Awaited<ReturnType<VectorSearcher['find']>> | undefined;
  if (request) {
    noteScan(snapshot);
    const exact = options.exact ? { exact: true } : {};
    found = await searcher.find(snapshot, { ...request, ...exact }, signal);
    times.end('vector');
  }
  const legs = { keyword, vector: found?.places ?? [] };
  let ranked = execute(snapshot, ranking, legs, options.explain);
  times.end('rank');
  if ('diverse' in executable && executable.diverse) {
    const scope = { snapshot, searcher, signal };
    const taken = await selectDiverse(ranked, executable.diverse, scope);
    ranked = taken.slice(query.offset, query.offset + query.limit);
    times.end('select');
  }
  const hits = readHits(snapshot, ranked, options.vectors ?? true);
  times.end('read');
  const profile = {
    stages: times.stages,
    segments: snapshot.segments.length,
    allowed,
    keywordHits: terms && keyword.length,
    vector: found?.profile,
    isExact: found?.steady,
  };
  if (!query.groupBy) return { hits, profile };
  const { property } = query.groupBy;
  const grouped = schema.properties.find(({ name }) => name === property);
  if (!grouped) {
    throw new DatabaseError('property-missing', { property, collection: schema.collection });
  }
  return { hits: [], groups: groupHits(hits, query.groupBy, grouped.type), profile };
}

/** With filters that segments can evaluate. */
function boostOf({ page }: Executable, resolved: SearchScope['resolved']): Boost | undefined {
  if (!page.boost) return undefined;
  const conditions = page.boost.conditions.map(({ signal, weight }) =>
    signal.kind === 'filter'
      ? { weight, signal: { ...signal, filter: resolved(signal.filter) } }
      : { weight, signal },
  );
  return { ...page.boost, conditions };
}

function readHits(
  snapshot: Snapshot,
  ranked: readonly ExecutedHit[],
  vectors: boolean,
): SearchHit[] {
  return ranked.map(({ segment, doc, score, boosted, explanation }): SearchHit => {
    const searched = snapshot.segments[segment];
    if (!searched) throw new Error('a hit names a segment of its snapshot');
    const document = searched.segment.document(doc, { vectors });
    return {
      document,
      ...(score === undefined ? {} : { score }),
      ...(boosted === undefined ? {} : { boosted }),
      ...(explanation ? { explanation } : {}),
    };
  });
}
