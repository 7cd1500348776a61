// Runs a query over a snapshot: legs, fusion, autocut, paging. Texts are vectors by now; nothing waits.

import { unreachable } from '../assert.ts';
import { autocut } from '../fusion/autocut.ts';
import type { FusionLeg } from '../fusion/legs.ts';
import { fuseRanked } from '../fusion/ranked.ts';
import { fuseRelativeScore } from '../fusion/relative-score.ts';
import {
  explainKeywordHits,
  type KeywordHit,
  type KeywordRequest,
  searchKeywords,
} from '../text/bm25.ts';
import { resolveStopwords } from '../text/stopwords.ts';
import { fetchPlaces } from './fetch.ts';
import type { FetchQuery, Fusion, KeywordSearch, ScoreExplanation } from './query.ts';
import type { SearchEngine } from './search-engine.ts';
import type { Hit, Snapshot } from './snapshot.ts';
import { searchVectors, type VectorRequest } from './vector-search.ts';

/** Each leg of a hybrid search fetches at least so many, so that pages agree about the scales. */
export const hybridLegMin = 100;

interface Page {
  readonly offset: number;
  readonly limit: number;
  readonly autocut: number;
}

/** A query whose inputs are resolved. */
export type Executable =
  | { readonly kind: 'fetch'; readonly query: FetchQuery }
  | { readonly kind: 'vector'; readonly page: Page; readonly vector: Unlimited }
  | { readonly kind: 'keyword'; readonly page: Page; readonly keyword: KeywordSearch }
  | {
      readonly kind: 'hybrid';
      readonly page: Page;
      readonly fusion: Fusion;
      /** A leg with its weight; undefined when it doesn't run. */
      readonly keyword: { readonly search: KeywordSearch; readonly weight: number } | undefined;
      readonly vector: { readonly request: Unlimited; readonly weight: number } | undefined;
      /** For the explanation: why a leg did not run. */
      readonly notes: readonly string[];
    };

/** A vector search before the page decides how many it needs. */
export type Unlimited = Omit<VectorRequest, 'limit'>;

/** One result; `score` is undefined for a fetch. */
export interface ExecutedHit {
  readonly segment: number;
  readonly doc: number;
  readonly uuid: string;
  readonly score?: number;
  readonly explanation?: ScoreExplanation;
}

/** The hits of one page, best first. Explanations only when `explain`. */
export function execute(
  engine: SearchEngine,
  snapshot: Snapshot,
  executable: Executable,
  explain: boolean,
): ExecutedHit[] {
  switch (executable.kind) {
    case 'fetch':
      return fetchPlaces(snapshot, executable.query);
    case 'vector': {
      const limit = executable.page.offset + executable.page.limit;
      return cut(searchVectors(engine, snapshot, { ...executable.vector, limit }), executable.page);
    }
    case 'keyword': {
      const { page, keyword } = executable;
      const page1 = cut(keywordLeg(snapshot, keyword, page.offset + page.limit), page);
      return explain ? withTerms(snapshot, keyword, page1) : page1;
    }
    case 'hybrid':
      return hybrid(engine, snapshot, executable, explain);
    default:
      return unreachable(executable);
  }
}

/** Autocut sees the whole list from its start, then the page is taken. */
function cut<T extends { readonly score?: number }>(hits: readonly T[], page: Page): T[] {
  const scores = hits.map(({ score }) => score ?? 0);
  const kept = page.autocut > 0 ? autocut(scores, page.autocut) : hits.length;
  return hits.slice(page.offset, Math.min(kept, page.offset + page.limit));
}

function keywordRequest(snapshot: Snapshot, search: KeywordSearch): KeywordRequest {
  const { properties, bm25, stopwords } = snapshot.schema;
  return { search, properties, bm25, stopwords: resolveStopwords(stopwords) };
}

function keywordSegments(snapshot: Snapshot): Parameters<typeof searchKeywords>[0] {
  return snapshot.segments.map(({ segment, allowed }) => ({
    index: segment.text,
    live: segment.live,
    ...(allowed ? { allowed } : {}),
  }));
}

function keywordLeg(snapshot: Snapshot, search: KeywordSearch, limit: number): Hit[] {
  const uuid = ({ segment, doc }: KeywordHit): string =>
    snapshot.segments[segment]!.segment.uuid(doc);
  const hits = searchKeywords(keywordSegments(snapshot), keywordRequest(snapshot, search), {
    limit,
    compareTies: (a, b) => (uuid(a) < uuid(b) ? -1 : 1),
  });
  return hits.map((hit) => ({ ...hit, uuid: uuid(hit) }));
}

function withTerms(snapshot: Snapshot, search: KeywordSearch, hits: readonly Hit[]): ExecutedHit[] {
  const terms = explainKeywordHits(
    keywordSegments(snapshot),
    keywordRequest(snapshot, search),
    hits,
  );
  return hits.map((hit, index) => ({
    ...hit,
    explanation: { terms: terms[index] ?? [], legs: [], notes: [] },
  }));
}

function hybrid(
  engine: SearchEngine,
  snapshot: Snapshot,
  { page, fusion, keyword, vector, notes }: Extract<Executable, { kind: 'hybrid' }>,
  explain: boolean,
): ExecutedHit[] {
  const limit = Math.max(hybridLegMin, page.offset + page.limit);
  const legs: FusionLeg<number>[] = [];
  const hits = new Map<number, Hit>();
  const add = (leg: 'keyword' | 'vector', weight: number, found: readonly Hit[]): void => {
    for (const hit of found) hits.set(keyOf(hit), hit);
    const legHits = found.map((hit) => ({ key: keyOf(hit), score: hit.score, tie: hit.uuid }));
    legs.push({ leg, weight, hits: legHits });
  };
  if (keyword) add('keyword', keyword.weight, keywordLeg(snapshot, keyword.search, limit));
  if (vector) {
    const request = { ...vector.request, limit };
    add('vector', vector.weight, searchVectors(engine, snapshot, request));
  }
  const fused = fusion === 'ranked' ? fuseRanked(legs) : fuseRelativeScore(legs);
  return cut(fused, page).map(({ key, score, legs: contributions }) => {
    const { segment, doc, uuid } = hits.get(key)!;
    const hit = { segment, doc, uuid, score };
    return explain ? { ...hit, explanation: { terms: [], legs: contributions, notes } } : hit;
  });
}

/** One number per document of the snapshot: exact up to 2^21 segments of 2^32 documents. */
function keyOf({ segment, doc }: Hit): number {
  return segment * 2 ** 32 + doc;
}
