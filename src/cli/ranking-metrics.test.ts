import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { binaryLabels, ndcg, recall, reciprocalRank, relevantCount } from './ranking-metrics.ts';

const labels = new Map([
  ['a', 3],
  ['b', 1],
  ['c', 0],
  ['d', -1],
]);

function near(seen: number, expected: number): void {
  assert.ok(Math.abs(seen - expected) < 1e-12, `${seen} is not ${expected}`);
}

describe('ndcg', () => {
  test('the gain is the label, the discount log2(rank + 1), the ideal over all relevant ones', () => {
    const ideal = 3 + 1 / Math.log2(3);
    near(ndcg(['a', 'b'], labels, 10), 1);
    near(ndcg(['b', 'a'], labels, 10), (1 + 3 / Math.log2(3)) / ideal);
    near(ndcg(['c', 'x', 'a'], labels, 10), 3 / Math.log2(4) / ideal);
  });

  test('documents behind the depth count neither in the ranking nor in the ideal', () => {
    near(ndcg(['b', 'a'], labels, 1), 1 / 3);
    near(ndcg(['a', 'b'], labels, 1), 1);
  });

  test('documents judged as not relevant, below 0 too, add nothing', () => {
    near(ndcg(['d', 'c', 'a', 'b'], labels, 2), 0);
    assert.equal(ndcg(['a'], new Map([['a', 0]]), 10), 0);
  });
});

describe('recall, reciprocal rank', () => {
  test('recall is the share of all relevant documents among the first ones', () => {
    assert.equal(recall(['c', 'b', 'x'], labels, 100), 0.5);
    assert.equal(recall(['c', 'x', 'b'], labels, 2), 0);
    assert.equal(recall(['a'], new Map(), 100), 0);
  });

  test('the reciprocal rank is that of the first relevant document', () => {
    assert.equal(reciprocalRank(['c', 'd', 'x', 'b', 'a'], labels), 0.25);
    assert.equal(reciprocalRank(['c', 'x'], labels), 0);
  });

  test('binary labels are 1 for every relevant document', () => {
    assert.deepEqual([...binaryLabels(labels).values()], [1, 1, 0, 0]);
    assert.equal(relevantCount(labels), 2);
  });
});
