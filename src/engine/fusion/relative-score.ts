// Relative score fusion: each leg's scores are stretched over 0…1 and weighted, so that the distances
// inside a leg count and the two scales do not.

import { type Contributions, type FusedHit, type FusionLeg, joinLegs } from './legs.ts';

/**
 * Fuses by (score - least) / (most - least) of each leg's own list, times the leg's weight. A list of
 * equal scores, as of a single hit, counts as 1 throughout. Only differences of scores matter, so a
 * constant added to a leg changes nothing. `depth` is that of joinLegs.
 */
export function fuseRelativeScore<Key extends string | number>(
  legs: readonly FusionLeg<Key>[],
  depth?: number,
): FusedHit<Key>[] {
  return joinLegs(legs, stretched, depth);
}

const stretched: Contributions = (hits, weight) => {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const { score } of hits) {
    least = Math.min(least, score);
    most = Math.max(most, score);
  }
  const spread = most - least;
  return Float32Array.from(hits, ({ score }) =>
    spread > 0 ? ((score - least) / spread) * weight : weight,
  );
};
