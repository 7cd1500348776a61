// A search over several named vectors gives every object a score per target; this makes one of them.

import { assert, unreachable } from '../assert.ts';
import type { Combination } from '../query/query.ts';

/** How the scores of the targets become one. */
export interface TargetCombination {
  readonly combination: Combination;
  /** Beside the targets; read by `manual` and `relativeScore` only. */
  readonly weights: readonly number[];
}

/** The scores of one target that `relativeScore` calls -1 and 0. */
export interface TargetScale {
  readonly least: number;
  readonly most: number;
}

/** The sum of (score - zero) × factor over the targets, for objects that have every score. */
export interface WeightedSum {
  readonly kind: 'weighted';
  readonly factors: readonly number[];
  readonly zeros: readonly number[];
}

/** `largest` is the largest of the scores that an object has. */
export type Combiner = { readonly kind: 'largest' } | WeightedSum;

/** Whether the scores of a target are stretched before they are added, so that scales are needed. */
export function needsScales({ combination }: TargetCombination): boolean {
  return combination === 'relativeScore';
}

/**
 * `scales` beside the targets, for a combination that needs them: the best of a target then counts 0,
 * the worst -1 times its weight; a target whose scores are all equal counts 0.
 */
export function combinerOf(
  { combination, weights }: TargetCombination,
  targetCount: number,
  scales?: readonly TargetScale[],
): Combiner {
  assert(targetCount > 0, 'there is at least one target');
  const targets = Array.from({ length: targetCount }, (_, target) => target);
  const zeros = targets.map(() => 0);
  switch (combination) {
    case 'minimum':
      return { kind: 'largest' };
    case 'sum':
      return { kind: 'weighted', factors: targets.map(() => 1), zeros };
    case 'average':
      return { kind: 'weighted', factors: targets.map(() => 1 / targetCount), zeros };
    case 'manual':
      return { kind: 'weighted', factors: targets.map(weightOf(weights)), zeros };
    case 'relativeScore': {
      assert(scales?.length === targetCount, 'relative scores have a scale for each target');
      const factors = targets.map((target) => {
        const { least, most } = scales[target]!;
        return most > least ? weightOf(weights)(target) / (most - least) : 0;
      });
      return { kind: 'weighted', factors, zeros: scales.map(({ most }) => most) };
    }
    default:
      return unreachable(combination);
  }
}

/**
 * The combined score of object `i`, sums rounded to float32; NaN where it is no result. `scores[t][i]` is
 * its score (-distance) under target t, NaN where it has no such vector. Never falls when a score rises
 * whose factor is not negative.
 */
export function combineScores(
  combiner: Combiner,
  scores: readonly ArrayLike<number>[],
  i: number,
): number {
  if (combiner.kind === 'largest') {
    let best = Number.NaN;
    for (let t = 0; t < scores.length; t++) {
      const score = scores[t]![i]!;
      if (Number.isNaN(best) || score > best) best = score;
    }
    return best;
  }
  const { factors, zeros } = combiner;
  let sum = 0;
  for (let t = 0; t < scores.length; t++) sum += (scores[t]![i]! - zeros[t]!) * factors[t]!;
  return Math.fround(sum);
}

function weightOf(weights: readonly number[]): (target: number) => number {
  return (target) => {
    const weight = weights[target];
    assert(weight !== undefined, `target ${target} has a weight`);
    return weight;
  };
}
