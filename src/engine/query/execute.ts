// Runs a query over a snapshot: legs, fusion, autocut, paging. Texts are vectors by now. The vector leg is
// found apart, perhaps by another thread, and handed in.

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
import type { Hit, Snapshot } from './snapshot.ts';
import { type FoundPlace, rankPlaces, type VectorRequest } from './vector-search.ts';

/** Of each leg of a hybrid search at least so many hits are fused. */
export const hybridLegMin = 100;

interface Page {
  readonly offset: number;
  readonly limit: number;
  readonly autocut: number;
}

/** A query whose inputs are resolved. */
export type Executable =
  | { readonly kind: 'fetch'; readonly page: Page; readonly query: FetchQuery }
  | {
      readonly kind: 'vector';
      readonly page: Page;
      readonly vector: Unlimited;
      /** For the explanation: what the vectors leave out. */
      readonly notes?: readonly string[];
    }
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

/** What the vector leg must find for the page; undefined when there is none. */
export function vectorRequestOf(executable: Executable): VectorRequest | undefined {
  if (executable.kind === 'vector') {
    const { page, vector } = executable;
    return { ...vector, limit: page.offset + page.limit, limitFirst: page.limit };
  }
  if (executable.kind !== 'hybrid' || !executable.vector) return undefined;
  const { page, vector } = executable;
  return { ...vector.request, limit: legLimit(page), limitFirst: fusedDepth(page) };
}

/** Hits of a leg that are fused: the same on all pages of one size, so that they agree. */
function fusedDepth({ limit }: Page): number {
  return Math.max(hybridLegMin, limit);
}

function legLimit(page: Page): number {
  return Math.max(fusedDepth(page), page.offset + page.limit);
}

/** What the keyword leg finds; nothing when there is none. */
export function keywordLegOf(snapshot: Snapshot, executable: Executable): Hit[] {
  const { kind, page } = executable;
  if (kind === 'keyword') {
    return keywordHits(snapshot, executable.keyword, page.offset + page.limit);
  }
  if (kind !== 'hybrid' || !executable.keyword) return [];
  return keywordHits(snapshot, executable.keyword.search, legLimit(page));
}

/** What the legs of a query found. */
export interface Legs {
  /** Of `keywordLegOf`. */
  readonly keyword: readonly Hit[];
  /** Of the vector search for `vectorRequestOf`. */
  readonly vector: readonly FoundPlace[];
}

/** The hits of one page, best first. Explanations only when `explain`. */
export function execute(
  snapshot: Snapshot,
  executable: Executable,
  legs: Legs,
  explain: boolean,
): ExecutedHit[] {
  const request = vectorRequestOf(executable);
  const ranked = request ? rankPlaces(snapshot, legs.vector, request) : [];
  switch (executable.kind) {
    case 'fetch':
      return fetchPlaces(snapshot, executable.query);
    case 'vector':
      return withNotes(cut(ranked, executable.page), explain ? executable.notes : []);
    case 'keyword': {
      const { page, keyword } = executable;
      const hits = cut(legs.keyword, page);
      return explain ? withTerms(snapshot, keyword, hits) : hits;
    }
    case 'hybrid':
      return hybrid(executable, legs.keyword, ranked, explain);
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

function keywordHits(snapshot: Snapshot, search: KeywordSearch, limit: number): Hit[] {
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

function withNotes(hits: readonly ExecutedHit[], notes: readonly string[] = []): ExecutedHit[] {
  if (notes.length === 0) return [...hits];
  return hits.map((hit) => ({ ...hit, explanation: { terms: [], legs: [], notes } }));
}

function hybrid(
  { page, fusion, keyword, vector, notes }: Extract<Executable, { kind: 'hybrid' }>,
  keywordHits: readonly Hit[],
  vectorHits: readonly Hit[],
  explain: boolean,
): ExecutedHit[] {
  const legs: FusionLeg<number>[] = [];
  const hits = new Map<number, Hit>();
  const add = (leg: 'keyword' | 'vector', weight: number, found: readonly Hit[]): void => {
    for (const hit of found) hits.set(keyOf(hit), hit);
    const legHits = found.map((hit) => ({ key: keyOf(hit), score: hit.score, tie: hit.uuid }));
    legs.push({ leg, weight, hits: legHits });
  };
  if (keyword) add('keyword', keyword.weight, keywordHits);
  if (vector) add('vector', vector.weight, vectorHits);
  const depth = fusedDepth(page);
  const fused = fusion === 'ranked' ? fuseRanked(legs, depth) : fuseRelativeScore(legs, depth);
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
