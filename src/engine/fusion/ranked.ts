// Ranked fusion (reciprocal rank): only the places in each leg's list count, not the scores.

import { type Contributions, type FusedHit, type FusionLeg, joinLegs } from './legs.ts';

/** Damps the first places: with 60, the best of a leg counts 1.6 % more than the second. */
const rankOffset = 60;

/**
 * Fuses by weight / (60 + place), the place counting from 0 in each leg's list; `depth` is that of
 * joinLegs.
 */
export function fuseRanked<Key extends string | number>(
  legs: readonly FusionLeg<Key>[],
  depth?: number,
): FusedHit<Key>[] {
  const contributions: Contributions = (hits, weight) =>
    Float32Array.from(hits, (_, place) => weight / (rankOffset + place));
  return joinLegs(legs, contributions, depth);
}
