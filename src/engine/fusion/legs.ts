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
 *
 * Only the first `depth` hits of each leg are fused. What comes further down follows with score 0, in the
 * order of the better place: so longer lists of the same legs begin with the same joined hits.
 */
export function joinLegs<Key extends string | number>(
  legs: readonly FusionLeg<Key>[],
  contributions: Contributions,
  depth: number = Number.POSITIVE_INFINITY,
): FusedHit<Key>[] {
  const joined = new Map<Key, { tie: string; score: number; legs: LegExplanation[] }>();
  for (const { leg, weight, hits } of legs) {
    const fused = hits.slice(0, depth);
    const shares = contributions(fused, weight);
    for (let i = 0; i < fused.length; i++) {
      const { key, score, tie } = fused[i]!;
      const entry = joined.get(key) ?? { tie, score: 0, legs: [] };
      joined.set(key, entry);
      entry.score = Math.fround(entry.score + shares[i]!);
      entry.legs.push({ leg, score, contribution: shares[i]! });
    }
  }
  const best = Array.from(joined, ([key, entry]) => ({ key, ...entry })).sort(compareFused);
  return [...best, ...beyond(legs, depth, new Set(joined.keys()))];
}

/** The hits below `depth` that are not `known`, by their better place, of the same place by uuid. */
function beyond<Key extends string | number>(
  legs: readonly FusionLeg<Key>[],
  depth: number,
  known: Set<Key>,
): FusedHit<Key>[] {
  const found: FusedHit<Key>[] = [];
  const longest = Math.max(0, ...legs.map(({ hits }) => hits.length));
  for (let place = depth; place < longest; place++) {
    const same: FusedHit<Key>[] = [];
    for (const { leg, hits } of legs) {
      const hit = hits[place];
      if (hit === undefined || known.has(hit.key)) continue;
      known.add(hit.key);
      const { key, score, tie } = hit;
      same.push({ key, score: 0, tie, legs: [{ leg, score, contribution: 0 }] });
    }
    found.push(...same.sort((a, b) => (a.tie < b.tie ? -1 : 1)));
  }
  return found;
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
