import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Combination } from '../query/query.ts';
import { combinerOf, combineScores, type TargetScale } from './combine-targets.ts';

const nan = Number.NaN;

function combined(
  scores: readonly (readonly number[])[],
  combination: Combination,
  weights: readonly number[] = [],
  scales?: readonly TargetScale[],
): number[] {
  const combiner = combinerOf({ combination, weights }, scores.length, scales);
  return scores[0]!.map((_, i) => combineScores(combiner, scores, i));
}

function assertNear(seen: readonly number[], wanted: readonly number[]): void {
  assert.equal(seen.length, wanted.length);
  for (let i = 0; i < seen.length; i++) {
    const same = Number.isNaN(wanted[i]!)
      ? Number.isNaN(seen[i]!)
      : Math.abs(seen[i]! - wanted[i]!) < 1e-6;
    assert.ok(same, `${seen} is ${wanted}`);
  }
}

/** The objects a, b, c of the wire recordings; c has no second vector. Scores are -distance. */
const recorded = [
  [1, 0.6, 0],
  [1.64, 0.8, nan],
];

test('the combinations are those of the reference', () => {
  assertNear(combined(recorded, 'minimum'), [1.64, 0.79999995, 0]);
  assertNear(combined(recorded, 'sum'), [2.6399999, 1.4, nan]);
  assertNear(combined(recorded, 'average'), [1.3199999, 0.7, nan]);
  assertNear(combined(recorded, 'manual', [0.25, 2]), [3.53, 1.7499999, nan]);
  const scales = [
    { least: 0.6, most: 1 },
    { least: 0.8, most: 1.64 },
  ];
  assertNear(combined(recorded, 'relativeScore', [0.5, 0.5], scales), [0, -1, nan]);
});

test('single vectors add their score to that of multi-vectors', () => {
  const scores = [
    [1, 0.6, 0],
    [0, -0.4, -1],
  ];
  assertNear(combined(scores, 'sum'), [1, 0.20000005, -1]);
});

test('minimum takes any target, whichever is missing', () => {
  const scores = [
    [nan, 1, nan],
    [-3, nan, nan],
  ];
  assertNear(combined(scores, 'minimum'), [-3, 1, nan]);
});

test('relative scores are stretched by the scale of each target', () => {
  const scores = [
    [4, 2, 3, 100],
    [0, 1, 1, nan],
  ];
  const scales = [
    { least: 2, most: 4 },
    { least: 0, most: 1 },
  ];
  assertNear(combined(scores, 'relativeScore', [1, 2], scales), [-2, -1, -0.5, nan]);
});

test('equal scores of a target are all the best', () => {
  const scores = [
    [4, 4],
    [1, 3],
  ];
  const scales = [
    { least: 4, most: 4 },
    { least: 1, most: 3 },
  ];
  assertNear(combined(scores, 'relativeScore', [0.5, 0.5], scales), [-0.5, 0]);
});

test('a missing weight or scale is a fault of the caller', () => {
  assert.throws(() => combined(recorded, 'manual', [1]), /target 1 has a weight/);
  assert.throws(() => combined(recorded, 'relativeScore', [1, 1]), /a scale for each target/);
});
