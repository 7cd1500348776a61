// A search over several named vectors gives every object a score per target; this makes one of them.

import { assert, unreachable } from '../assert.ts';
import type { Combination } from '../query/query.ts';

/** How the scores of the targets become one. */
export interface TargetCombination {
  readonly combination: Combination;
  /** Beside the targets; read by `manual` and `relativeScore` only. */
  readonly weights: readonly number[];
}

/**
 * `scores[t][i]` is the score (-distance) of object i under target t, NaN where the object has no such
 * vector. Returns the combined score of every object, NaN where it is no result: `minimum` (the least
 * distance, so the largest score) wants a score under any target, the others one under every target.
 * `relativeScore` stretches each target's scores over the objects that have all of them: the best
 * possible is 0, the worst -1 times the sum of the weights.
 */
export function combineTargets(
  scores: readonly Float32Array[],
  how: TargetCombination,
): Float32Array {
  assert(scores.length > 0, 'there is at least one target');
  switch (how.combination) {
    case 'minimum':
      return largest(scores);
    case 'sum':
      return weightedSum(scores, () => 1);
    case 'average':
      return weightedSum(scores, () => 1 / scores.length);
    case 'manual':
      return weightedSum(scores, weightOf(how.weights));
    case 'relativeScore':
      return weightedSum(stretched(scores), weightOf(how.weights));
    default:
      return unreachable(how.combination);
  }
}

function weightOf(weights: readonly number[]): (target: number) => number {
  return (target) => {
    const weight = weights[target];
    assert(weight !== undefined, `target ${target} has a weight`);
    return weight;
  };
}

function largest(scores: readonly Float32Array[]): Float32Array {
  return scores[0]!.map((_, i) => {
    let best = Number.NaN;
    for (const target of scores) {
      if (Number.isNaN(best) || target[i]! > best) best = target[i]!;
    }
    return best;
  });
}

/** NaN when any target's score is. */
function weightedSum(
  scores: readonly Float32Array[],
  weight: (target: number) => number,
): Float32Array {
  const sums = new Float64Array(scores[0]!.length);
  for (let t = 0; t < scores.length; t++) {
    const target = scores[t]!;
    const factor = weight(t);
    for (let i = 0; i < sums.length; i++) sums[i]! += factor * target[i]!;
  }
  return Float32Array.from(sums);
}

/** Each target's scores scaled to -1 (worst) … 0 (best) over the objects that have every score. */
function stretched(scores: readonly Float32Array[]): Float32Array[] {
  const complete = weightedSum(scores, () => 1);
  return scores.map((target) => {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < target.length; i++) {
      if (Number.isNaN(complete[i]!)) continue;
      least = Math.min(least, target[i]!);
      most = Math.max(most, target[i]!);
    }
    const spread = most - least;
    return target.map((score) => (Number.isNaN(score) || spread > 0 ? (score - most) / spread : 0));
  });
}
