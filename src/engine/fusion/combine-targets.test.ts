import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Combination } from '../query/query.ts';
import { combineTargets } from './combine-targets.ts';

/** The objects a, b, c of the wire recordings; c has no second vector. Scores are -distance. */
const first = Float32Array.of(1, 0.6, 0);
const second = Float32Array.of(1.64, 0.8, Number.NaN);

function combined(combination: Combination, weights: readonly number[] = []): number[] {
  return [...combineTargets([first, second], { combination, weights })];
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

test('the combinations are those of the reference', () => {
  assertNear(combined('minimum'), [1.64, 0.79999995, 0]);
  assertNear(combined('sum'), [2.6399999, 1.4, Number.NaN]);
  assertNear(combined('average'), [1.3199999, 0.7, Number.NaN]);
  assertNear(combined('manual', [0.25, 2]), [3.53, 1.7499999, Number.NaN]);
  assertNear(combined('relativeScore', [0.5, 0.5]), [0, -1, Number.NaN]);
});

test('single vectors add their score to that of multi-vectors', () => {
  const single = Float32Array.of(0, -0.4, -1);
  const how = { combination: 'sum', weights: [] } as const;
  assertNear([...combineTargets([first, single], how)], [1, 0.20000005, -1]);
});

test('minimum takes any target, whichever is missing', () => {
  const how = { combination: 'minimum', weights: [] } as const;
  const nan = Number.NaN;
  const scores = [Float32Array.of(nan, 1, nan), Float32Array.of(-3, nan, nan)];
  assertNear([...combineTargets(scores, how)], [-3, 1, nan]);
});

test('relative scores stretch over the objects that have every vector', () => {
  const scores = [Float32Array.of(4, 2, 3, 100), Float32Array.of(0, 1, 1, Number.NaN)];
  const how = { combination: 'relativeScore', weights: [1, 2] } as const;
  assertNear([...combineTargets(scores, how)], [-2, -1, -0.5, Number.NaN]);
});

test('equal scores of a target are all the best', () => {
  const scores = [Float32Array.of(4, 4), Float32Array.of(1, 3)];
  const how = { combination: 'relativeScore', weights: [0.5, 0.5] } as const;
  assertNear([...combineTargets(scores, how)], [-0.5, 0]);
});

test('a missing weight is a fault of the caller', () => {
  assert.throws(() => combined('manual', [1]), /target 1 has a weight/);
});
