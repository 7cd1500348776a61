// Keyword search: BM25 over several segments with statistics of the whole collection, so that the
// split into segments never shows in a score.

import { assert } from '../assert.ts';
import type { Bitset } from '../bitset.ts';
import type { KeywordSearch, TermExplanation } from '../query/query.ts';
import type { Bm25Config, PropertySchema } from '../schema.ts';
import { holdersAcross, queryWords } from './across.ts';
import { analysisKey } from './analysis.ts';
import { BestHits } from './best-hits.ts';
import { type PropertyQuery, resolveKeywordQuery } from './keyword-query.ts';
import {
  type Cursor,
  closeProperty,
  openWindow,
  type PropertyCursors,
  scoreWindow,
  windowDocs,
} from './score-window.ts';
import type { Postings, PropertyTextIndex, TextIndex } from './text-index.ts';

/** One segment of the snapshot that is searched. */
export interface KeywordSegment {
  readonly index: TextIndex;
  /** Documents that are not deleted: they alone count in the statistics. */
  readonly live: Bitset;
  /** Documents that pass the filter; undefined when there is none. Does not change the statistics. */
  readonly allowed?: Bitset;
}

/** What is searched for, beside the segments. */
export interface KeywordRequest {
  readonly search: KeywordSearch;
  /** Every property of the collection. */
  readonly properties: readonly PropertySchema[];
  readonly bm25: Bm25Config;
  /** From `resolveStopwords`. */
  readonly stopwords: ReadonlySet<string>;
  /** What `resolveKeywordQuery` makes of the above, where it was asked before. */
  readonly queries?: readonly PropertyQuery[];
}

export interface KeywordHit {
  /** Position in the list of segments. */
  readonly segment: number;
  readonly doc: number;
  /** Rounded to float32; 0 when every matching property has boost 0. */
  readonly score: number;
}

export interface KeywordLimits {
  /** Most hits that come back. */
  readonly limit: number;
  /** Order of two hits of equal score: negative when the first comes first. By uuid, as everywhere. */
  compareTies(a: KeywordHit, b: KeywordHit): number;
}

/**
 * The best `limit` hits, best score first. The score of a document is, over the searched properties
 * and the query's terms,
 *
 *     sum of boost × repeats × ln(1 + (N - n + 0.5) / (n + 0.5)) × tf / (tf + k1 × (1 - b + b × len / avglen))
 *
 * with N live documents of all segments, n of them with the term, and avglen the mean length of the
 * property over those that have it (BM25 of Robertson and Zaragoza 2009, section 3.3, without the
 * constant factor k1 + 1). A term is as rare in one property as in the other: n is the mean, rounded
 * down, over the searched properties of the same tokenization that hold it. A property counts only where it holds enough of the query's
 * terms: all for `and`, at least `matchesMin` different ones for `or`, one for `andAcross`, which leaves
 * out documents that hold some word of the query nowhere.
 *
 * Throws DatabaseError 'invalid-argument' when the search names a property that does not exist or is
 * not searchable.
 */
export function searchKeywords(
  segments: readonly KeywordSegment[],
  request: KeywordRequest,
  limits: KeywordLimits,
): KeywordHit[] {
  const best = new BestHits<KeywordHit>(limits.limit, (a, b) => limits.compareTies(a, b));
  const plan = planProperties(segments, request);
  const allowed = allowedIn(segments, request);
  for (let i = 0; i < segments.length; i++) {
    scoreSegment({ ...segments[i]!, ...allowed(i) }, i, plan, best);
  }
  return best.sorted();
}

/**
 * Which query terms matched, beside each hit: only those that count for the score, in order of the
 * searched properties and of the query. Costs about as much as the search.
 */
export function explainKeywordHits(
  segments: readonly KeywordSegment[],
  request: KeywordRequest,
  hits: readonly KeywordHit[],
): TermExplanation[][] {
  const plan = planProperties(segments, request);
  return hits.map(({ segment, doc }) => {
    const index = segments[segment]?.index;
    assert(index !== undefined, 'a hit lies in one of the segments');
    return plan.flatMap((planned) => {
      const found = explainProperty(planned, segment, doc);
      return found.length < planned.query.matchesMin ? [] : found;
    });
  });
}

/** A searched property with the statistics of the whole collection. */
interface PlannedProperty {
  readonly query: PropertyQuery;
  /** tf / (tf + normBase + normSlope × len) is a term's share before its weight. */
  readonly normBase: number;
  readonly normSlope: number;
  /** Beside the segments. */
  readonly indexes: readonly (PropertyTextIndex | undefined)[];
  readonly terms: readonly PlannedTerm[];
}

interface PlannedTerm {
  readonly term: string;
  /** boost × repeats × inverse document frequency. */
  readonly weight: number;
  /** Beside the segments. */
  readonly lists: readonly (Postings | undefined)[];
}

/** Leaves out terms that no live document holds, and properties in which too few are left. */
function planProperties(
  segments: readonly KeywordSegment[],
  request: KeywordRequest,
): PlannedProperty[] {
  const counts = segments.map(({ live }) => live.count());
  const queries = request.queries ?? resolveKeywordQuery(request);
  const found = queries.map((query) => findTerms(query, segments, counts));
  const documents = counts.reduce((sum, count) => sum + count, 0);
  const rarities = measureRarities(found, documents);
  const { b, k1 } = request.bm25;
  return found.flatMap(({ query, indexes, terms }): PlannedProperty[] => {
    if (terms.length < query.matchesMin) return [];
    const planned = terms.map(({ term, repeats, lists }) => {
      const rarity = rarities.get(rarityKey(query, term))!;
      return { term, lists, weight: query.boost * repeats * rarity };
    });
    const normSlope = (k1 * b) / meanLength(indexes);
    return [{ query, normBase: k1 * (1 - b), normSlope, indexes, terms: planned }];
  });
}

/** The terms of the query that live documents hold in one property. */
interface FoundProperty {
  readonly query: PropertyQuery;
  readonly indexes: readonly (PropertyTextIndex | undefined)[];
  readonly terms: readonly FoundTerm[];
}

interface FoundTerm {
  readonly term: string;
  readonly repeats: number;
  readonly lists: readonly (Postings | undefined)[];
  /** Live documents that hold it, at least 1. */
  readonly holders: number;
}

function findTerms(
  query: PropertyQuery,
  segments: readonly KeywordSegment[],
  liveCounts: readonly number[],
): FoundProperty {
  const indexes = segments.map(({ index }) => index.property(query.name));
  const terms = query.terms.flatMap(({ term, repeats }): FoundTerm[] => {
    const lists = indexes.map((index) => index?.postings(term));
    let holders = 0;
    for (let i = 0; i < segments.length; i++) {
      const { live } = segments[i]!;
      holders += countLive(lists[i], live, liveCounts[i] === live.length);
    }
    return holders === 0 ? [] : [{ term, repeats, lists, holders }];
  });
  return { query, indexes, terms };
}

/** The inverse document frequency of every found term, one for all properties of a tokenization. */
function measureRarities(
  found: readonly FoundProperty[],
  documents: number,
): ReadonlyMap<string, number> {
  const holders = new Map<string, number[]>();
  for (const { query, terms } of found) {
    for (const { term, holders: count } of terms) {
      const key = rarityKey(query, term);
      holders.set(key, [...(holders.get(key) ?? []), count]);
    }
  }
  const rarities = new Map<string, number>();
  for (const [key, counts] of holders) {
    const n = Math.floor(counts.reduce((sum, count) => sum + count, 0) / counts.length);
    rarities.set(key, Math.log(1 + (documents - n + 0.5) / (n + 0.5)));
  }
  return rarities;
}

function rarityKey(query: PropertyQuery, term: string): string {
  return `${analysisKey(query)} ${term}`;
}

function meanLength(indexes: readonly (PropertyTextIndex | undefined)[]): number {
  let sum = 0;
  let count = 0;
  for (const index of indexes) {
    sum += index?.lengthSum ?? 0;
    count += index?.lengthCount ?? 0;
  }
  assert(count > 0, 'a property with a matching live document has a length');
  return sum / count;
}

function countLive(list: Postings | undefined, live: Bitset, allLive: boolean): number {
  if (list === undefined) return 0;
  const { docs } = list;
  if (allLive) return docs.length;
  let count = 0;
  for (let i = 0; i < docs.length; i++) if (live.has(docs[i]!)) count += 1;
  return count;
}

/** What `andAcross` leaves of the documents that a filter allows, by the segment's position. */
function allowedIn(
  segments: readonly KeywordSegment[],
  request: KeywordRequest,
): (segment: number) => { readonly allowed?: Bitset } {
  const { search, stopwords } = request;
  if (search.operator.kind !== 'andAcross') return () => ({});
  const words = queryWords(search.text);
  const queries = request.queries ?? resolveKeywordQuery(request);
  return (at) => {
    const { index, live, allowed } = segments[at]!;
    const properties = queries.map((query) => ({ query, index: index.property(query.name) }));
    const held = holdersAcross(words, { length: live.length, stopwords, properties });
    return { allowed: allowed?.and(held) ?? held };
  };
}

/** Offers every matching document of one segment: term after term, window after window. */
function scoreSegment(
  { live, allowed }: KeywordSegment,
  segment: number,
  plan: readonly PlannedProperty[],
  best: BestHits<KeywordHit>,
): void {
  const properties = openCursors(plan, segment);
  const window = openWindow();
  for (let start = 0; start < live.length; start += windowDocs) {
    let touched = false;
    for (const property of properties) {
      if (!scoreWindow(property, start, window)) continue;
      closeProperty(property.matchesMin, window);
      touched = true;
    }
    if (!touched) continue;
    for (let i = 0; i < windowDocs; i++) {
      if (window.matched[i] === 0) continue;
      const doc = start + i;
      const score = Math.fround(window.totals[i]!);
      if (score < best.scoreMin || !live.has(doc)) continue;
      if (allowed === undefined || allowed.has(doc)) best.offer({ segment, doc, score });
    }
    window.totals.fill(0);
    window.matched.fill(0);
  }
}

function openCursors(plan: readonly PlannedProperty[], segment: number): PropertyCursors[] {
  return plan.flatMap(({ query, normBase, normSlope, indexes, terms }) => {
    const index = indexes[segment];
    const cursors = terms.flatMap(({ weight, lists }): Cursor[] => {
      const list = lists[segment];
      return list === undefined ? [] : [{ ...list, weight, next: 0 }];
    });
    if (index === undefined || cursors.length < query.matchesMin) return [];
    const { lengths } = index;
    return [{ matchesMin: query.matchesMin, normBase, normSlope, lengths, cursors }];
  });
}

function explainProperty(
  { query, indexes, terms }: PlannedProperty,
  segment: number,
  doc: number,
): TermExplanation[] {
  return terms.flatMap(({ term, lists }): TermExplanation[] => {
    const list = lists[segment];
    const at = list === undefined ? -1 : positionOf(list.docs, doc);
    if (list === undefined || at < 0) return [];
    const propertyLength = indexes[segment]?.lengthOf(doc) ?? 0;
    return [{ property: query.name, term, frequency: list.frequencies[at]!, propertyLength }];
  });
}

/** Where `doc` stands in an ascending list, -1 when it is not there. */
function positionOf(docs: Uint32Array, doc: number): number {
  let low = 0;
  let high = docs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (docs[middle]! < doc) low = middle + 1;
    else high = middle;
  }
  return docs[low] === doc ? low : -1;
}
