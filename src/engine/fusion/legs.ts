// What both fusions share: the legs of a hybrid search, the fused hits, and their order.

import type { LegExplanation } from '../query/query.ts';

/** One hit of one leg. */
export interface LegHit<Key extends string | number> {
  /** The same for the same object in both legs. */
  readonly key: Key;
  /** BM25 score, or score of the vector search. */
  readonly score: number;
  /** The uuid: orders hits that are equal in everything else. */
  readonly tie: string;
}

/** The hits of one leg, best first, each key once. */
export interface FusionLeg<Key extends string | number> {
  readonly leg: LegExplanation['leg'];
  readonly weight: number;
  readonly hits: readonly LegHit<Key>[];
}

export interface FusedHit<Key extends string | number> {
  readonly key: Key;
  /** Sum of the legs' contributions, rounded to float32. */
  readonly score: number;
  readonly tie: string;
  /** The legs that found it, in the order in which they were given. */
  readonly legs: readonly LegExplanation[];
}

/** Gives what each hit of a leg adds to the fused score, beside `hits`. */
export type Contributions = (
  hits: readonly { readonly score: number }[],
  weight: number,
) => Float32Array;

/**
 * Joins the legs: score is the sum of the contributions, a leg that misses a hit adds nothing. Order:
 * score, then the largest score that any leg gave (both descending), then uuid ascending.
 */
export function joinLegs<Key extends string | number>(
  legs: readonly FusionLeg<Key>[],
  contributions: Contributions,
): FusedHit<Key>[] {
  const joined = new Map<Key, { tie: string; score: number; legs: LegExplanation[] }>();
  for (const { leg, weight, hits } of legs) {
    const shares = contributions(hits, weight);
    for (let i = 0; i < hits.length; i++) {
      const { key, score, tie } = hits[i]!;
      const entry = joined.get(key) ?? { tie, score: 0, legs: [] };
      joined.set(key, entry);
      entry.score = Math.fround(entry.score + shares[i]!);
      entry.legs.push({ leg, score, contribution: shares[i]! });
    }
  }
  return Array.from(joined, ([key, entry]) => ({ key, ...entry })).sort(compareFused);
}

function compareFused(a: FusedHit<string | number>, b: FusedHit<string | number>): number {
  if (a.score !== b.score) return b.score - a.score;
  const difference = bestScore(b.legs) - bestScore(a.legs);
  if (difference !== 0) return difference;
  return a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0;
}

function bestScore(legs: readonly LegExplanation[]): number {
  let best = Number.NEGATIVE_INFINITY;
  for (const { score } of legs) if (score > best) best = score;
  return best;
}
