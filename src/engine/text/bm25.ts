// Keyword search: BM25 over several segments with statistics of the whole collection, so that the
// split into segments never shows in a score.

import type { Bitset } from '../bitset.ts';
import type { KeywordSearch, TermExplanation } from '../query/query.ts';
import type { Bm25Config, PropertySchema } from '../schema.ts';
import type { TextIndex } from './text-index.ts';

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
 * The best `limit` hits, best score first. Throws DatabaseError 'invalid-argument' when the search
 * names a property that does not exist or is not searchable.
 */
export function searchKeywords(
  _segments: readonly KeywordSegment[],
  _request: KeywordRequest,
  _limits: KeywordLimits,
): KeywordHit[] {
  throw new Error('not yet');
}

/**
 * Which query terms matched, beside each hit: only those that count for the score, in order of the
 * searched properties and of the query. Costs about as much as the search.
 */
export function explainKeywordHits(
  _segments: readonly KeywordSegment[],
  _request: KeywordRequest,
  _hits: readonly KeywordHit[],
): TermExplanation[][] {
  throw new Error('not yet');
}
