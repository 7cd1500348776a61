// Ranked fusion (reciprocal rank): only the places in each leg's list count, not the scores.

import { type FusedHit, type FusionLeg, joinLegs } from './legs.ts';

/** Damps the first places: with 60, the best of a leg counts 1.6 % more than the second. */
const rankOffset = 60;

/** Fuses by weight / (60 + place), the place counting from 0 in each leg's list. */
export function fuseRanked<Key extends string | number>(
  legs: readonly FusionLeg<Key>[],
): FusedHit<Key>[] {
  return joinLegs(legs, (hits, weight) =>
    Float32Array.from(hits, (_, place) => weight / (rankOffset + place)),
  );
}
