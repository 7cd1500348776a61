// Runs a query over a snapshot: legs, fusion, autocut, paging. Texts are vectors by now. The vector leg is
// found apart, perhaps by another thread, and handed in.

import { unreachable } from '../assert.ts';
import { autocut } from '../fusion/autocut.ts';
import type { FusionLeg } from '../fusion/legs.ts';
import { fuseRanked } from '../fusion/ranked.ts';
import { fuseRelativeScore } from '../fusion/relative-score.ts';
import type { CollectionSchema } from '../schema.ts';
import {
  explainKeywordHits,
  type KeywordHit,
  type KeywordRequest,
  searchKeywords,
} from '../text/bm25.ts';
import { type PropertyQuery, resolveKeywordQuery } from '../text/keyword-query.ts';
import { resolveStopwords } from '../text/stopwords.ts';
import { applyBoost, type Boosted } from './boost.ts';
import { fetchPlaces } from './fetch.ts';
import type {
  Boost,
  Combination,
  Diversity,
  FetchQuery,
  Fusion,
  KeywordSearch,
  ScoreExplanation,
} from './query.ts';
import { allowedCount, type Hit, type Snapshot } from './snapshot.ts';
import {
  type FoundPlace,
  rankPlaces,
  type SearchTarget,
  type VectorRequest,
} from './vector-search.ts';

/** Of each leg of a hybrid search at least so many hits are fused. */
export const hybridLegMin = 100;

interface Page {
  readonly offset: number;
  readonly limit: number;
  readonly autocut: number;
  readonly boost?: Boost | undefined;
}

/** By which vectors the hits of a search are compared with each other. */
export interface Likeness {
  readonly targets: readonly (Omit<SearchTarget, 'vector'> & {
    /** So many token vectors of an object are compared: as many as the query has, for one scale. */
    readonly tokens: number;
  })[];
  readonly combination: Combination;
  /**
   * `score`: hits have a score of the same kind of search, and likenesses count as they are. `place`: they
   * have another one, and both count by their place between the least and the most.
   */
  readonly scale: 'score' | 'place';
}

/** How hits that are unlike each other are taken of those on the page. */
export interface Diverse extends Pick<Diversity, 'count' | 'balance'> {
  readonly likeness: Likeness;
}

/** A query whose inputs are resolved. */
export type Executable =
  | { readonly kind: 'fetch'; readonly page: Page; readonly query: FetchQuery }
  | {
      readonly kind: 'vector';
      readonly page: Page;
      readonly vector: Unlimited;
      readonly diverse?: Diverse | undefined;
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
      readonly diverse?: Diverse | undefined;
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
  /** What a boost made of the score. */
  readonly boosted?: number;
  readonly explanation?: ScoreExplanation;
}

/** What the vector leg must find for the page; undefined when there is none. */
export function vectorRequestOf(executable: Executable): VectorRequest | undefined {
  if (executable.kind === 'vector') {
    const { page, vector } = executable;
    return { ...vector, limit: listLength(page), limitFirst: rankedDepth(page) };
  }
  if (executable.kind !== 'hybrid' || !executable.vector) return undefined;
  const { page, vector } = executable;
  return { ...vector.request, limit: legLimit(page), limitFirst: fusedDepth(page) };
}

/** Hits of a leg that are fused: the same on all pages of one size, so that they agree. */
function fusedDepth(page: Page): number {
  return Math.max(hybridLegMin, rankedDepth(page));
}

function legLimit(page: Page): number {
  return Math.max(fusedDepth(page), page.offset + page.limit);
}

/** Hits whose order is the same on all pages of one size. */
function rankedDepth({ limit, boost }: Page): number {
  return Math.max(limit, boost?.depth ?? 0);
}

/** Hits that the page is taken from. */
function listLength(page: Page): number {
  return Math.max(rankedDepth(page), page.offset + page.limit);
}

/** The terms that the keyword leg looks for in each property; undefined when there is none. */
export function keywordTermsOf(
  { schema }: Snapshot,
  executable: Executable,
): readonly PropertyQuery[] | undefined {
  const search = keywordSearchOf(executable);
  return search && resolveKeywordQuery(keywordRequest(schema, search));
}

function keywordSearchOf(executable: Executable): KeywordSearch | undefined {
  if (executable.kind === 'keyword') return executable.keyword;
  return executable.kind === 'hybrid' ? executable.keyword?.search : undefined;
}

/** What the keyword leg finds; nothing when there is none. `terms`: of `keywordTermsOf`. */
export function keywordLegOf(
  snapshot: Snapshot,
  executable: Executable,
  terms: readonly PropertyQuery[] | undefined = keywordTermsOf(snapshot, executable),
): Hit[] {
  const { kind, page } = executable;
  const search = keywordSearchOf(executable);
  if (!search || !terms) return [];
  const request = { ...keywordRequest(snapshot.schema, search), queries: terms };
  return keywordHits(snapshot, request, kind === 'hybrid' ? legLimit(page) : listLength(page));
}

/** Every document that the keyword leg matches, however many: in no order that pages could rely on. */
export function keywordMatches(snapshot: Snapshot, executable: Executable): KeywordHit[] {
  const search = keywordSearchOf(executable);
  if (!search) return [];
  return searchKeywords(keywordSegments(snapshot), keywordRequest(snapshot.schema, search), {
    limit: allowedCount(snapshot),
    compareTies: (a, b) => a.segment - b.segment || a.doc - b.doc,
  });
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
      return explained(cut(snapshot, ranked, executable.page), explain, executable.notes);
    case 'keyword': {
      const { page, keyword } = executable;
      const hits = cut(snapshot, legs.keyword, page);
      return explain ? withTerms(snapshot, keyword, hits) : hits;
    }
    case 'hybrid':
      return hybrid(snapshot, executable, { ...legs, vector: ranked }, explain);
    default:
      return unreachable(executable);
  }
}

/** The list is ranked anew, autocut sees it from its start, then the page is taken. */
function cut<T extends Hit>(
  snapshot: Snapshot,
  hits: readonly T[],
  page: Page,
): (T & Partial<Boosted>)[] {
  const ranked: readonly (T & Partial<Boosted>)[] =
    page.boost === undefined ? hits : applyBoost(snapshot, hits, page.boost);
  const scores = ranked.map(({ score, boosted }) => boosted ?? score);
  const kept = page.autocut > 0 ? autocut(scores, page.autocut) : ranked.length;
  return ranked.slice(page.offset, Math.min(kept, page.offset + page.limit));
}

function keywordRequest(
  { properties, bm25, stopwords }: CollectionSchema,
  search: KeywordSearch,
): KeywordRequest {
  return { search, properties, bm25, stopwords: resolveStopwords(stopwords) };
}

function keywordSegments(snapshot: Snapshot): Parameters<typeof searchKeywords>[0] {
  return snapshot.segments.map(({ segment, allowed }) => ({
    index: segment.text,
    live: segment.live,
    ...(allowed ? { allowed } : {}),
  }));
}

function keywordHits(snapshot: Snapshot, request: KeywordRequest, limit: number): Hit[] {
  const uuid = ({ segment, doc }: KeywordHit): string =>
    snapshot.segments[segment]!.segment.uuid(doc);
  const hits = searchKeywords(keywordSegments(snapshot), request, {
    limit,
    compareTies: (a, b) => (uuid(a) < uuid(b) ? -1 : 1),
  });
  return hits.map((hit) => ({ ...hit, uuid: uuid(hit) }));
}

function withTerms(
  snapshot: Snapshot,
  search: KeywordSearch,
  hits: readonly (Hit & Partial<Boosted>)[],
): ExecutedHit[] {
  const terms = explainKeywordHits(
    keywordSegments(snapshot),
    keywordRequest(snapshot.schema, search),
    hits,
  );
  return hits.map((hit, index) => ({
    ...hit,
    explanation: explanationOf(hit, { terms: terms[index] ?? [] }),
  }));
}

/** Vector hits are explained where there is something to say beyond their distance. */
function explained(
  hits: readonly (ExecutedHit & Partial<Boosted>)[],
  explain: boolean,
  notes: readonly string[] = [],
): ExecutedHit[] {
  return hits.map((hit) => {
    if (!explain || (notes.length === 0 && hit.boost === undefined)) return hit;
    return { ...hit, explanation: explanationOf(hit, { notes }) };
  });
}

function explanationOf(
  { boost }: Partial<Boosted>,
  known: Partial<ScoreExplanation>,
): ScoreExplanation {
  return { terms: [], legs: [], notes: [], ...known, ...(boost && { boost }) };
}

function hybrid(
  snapshot: Snapshot,
  { page, fusion, keyword, vector, notes }: Extract<Executable, { kind: 'hybrid' }>,
  found: { readonly keyword: readonly Hit[]; readonly vector: readonly Hit[] },
  explain: boolean,
): ExecutedHit[] {
  const legs: FusionLeg<number>[] = [];
  const hits = new Map<number, Hit>();
  const add = (leg: 'keyword' | 'vector', weight: number, some: readonly Hit[]): void => {
    for (const hit of some) hits.set(keyOf(hit), hit);
    const legHits = some.map((hit) => ({ key: keyOf(hit), score: hit.score, tie: hit.uuid }));
    legs.push({ leg, weight, hits: legHits });
  };
  if (keyword) add('keyword', keyword.weight, found.keyword);
  if (vector) add('vector', vector.weight, found.vector);
  const depth = fusedDepth(page);
  const fused = fusion === 'ranked' ? fuseRanked(legs, depth) : fuseRelativeScore(legs, depth);
  const placed = fused.map(({ key, score, legs: contributions }) => ({
    ...hits.get(key)!,
    score,
    contributions,
  }));
  return cut(snapshot, placed, page).map(({ contributions, ...hit }) => {
    if (!explain) return hit;
    return { ...hit, explanation: explanationOf(hit, { legs: contributions, notes }) };
  });
}

/** One number per document of the snapshot: exact up to 2^21 segments of 2^32 documents. */
function keyOf({ segment, doc }: Hit): number {
  return segment * 2 ** 32 + doc;
}
