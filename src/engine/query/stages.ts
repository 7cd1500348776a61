// Pages of a search that finds by candidates. A search for more looks at more candidates and may find
// what a search for less has missed: taken from it, page 2 could repeat a hit of page 1 or leave one
// out. So hits are ranked in stages, each a search of its own, and later stages only append.

import { searchResultsMax } from '../limits.ts';
import type { FoundPlace, VectorsFound } from './vector-search.ts';

/** A search for few hits costs as much as one for four times as many: up to here stages grow by that. */
const fewHits = 100;
const fewFactor = 4;
/** Later stages rank so many times the hits of the one before. */
const stageFactor = 2;

export interface StagedLimit {
  /** Hits wanted. */
  readonly limit: number;
  /** Hits of the first stage, the same for all pages that must agree. */
  readonly limitFirst: number;
}

/**
 * What `find` gives for growing limits, one after another: hits of an earlier stage come first. Finds
 * of the same limits must be the same. One that is steady needs no stages: its best hits are what a
 * smaller limit would give. What is told of the search is told of the largest.
 */
export function findInStages(
  find: (limit: number) => VectorsFound,
  wanted: StagedLimit,
): VectorsFound {
  const limits = stageLimits(wanted);
  const last = limits.length - 1;
  const most = find(limits[last]!);
  if (last === 0 || most.steady) return most;
  const places: FoundPlace[] = [];
  const seen = new Set<number>();
  for (const [stage, limit] of limits.entries()) {
    const found = stage === last ? most : find(limit);
    for (const place of bestOf(found.places, limit)) {
      const key = place.segment * 2 ** 32 + place.doc;
      if (seen.has(key)) continue;
      seen.add(key);
      places.push({ ...place, stage });
    }
  }
  return { ...most, places };
}

function stageLimits({ limit, limitFirst }: StagedLimit): number[] {
  const limits = [Math.max(1, limitFirst)];
  for (let last = limits[0]!; last < limit; limits.push(last)) {
    const grown = last * (last * fewFactor <= fewHits ? fewFactor : stageFactor);
    last = Math.min(grown, Math.max(searchResultsMax, limit));
  }
  return limits;
}

/** The `limit` best, and what scores the same as the last of them. */
export function bestOf(places: readonly FoundPlace[], limit: number): readonly FoundPlace[] {
  if (places.length <= limit) return places;
  const scores = Float64Array.from(places, ({ score }) => score).sort();
  const least = scores[scores.length - limit]!;
  return places.filter(({ score }) => score >= least);
}
