import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Metric, metrics } from '../schema.ts';
import { prepareSingle, scoreSingle } from './single-metrics.ts';
import { randomFrom, randomMulti } from './vectors-for-tests.ts';

test('each metric scores minus its distance', () => {
  const a = Float32Array.of(3, 4, 0, 1);
  const b = Float32Array.of(3, 0, 2, -1);
  const expected: Record<Metric, number> = {
    cosine: 8 / Math.sqrt(26 * 14) - 1,
    dot: 8,
    'l2-squared': -(16 + 4 + 4),
    hamming: -3,
    manhattan: -(4 + 2 + 2),
  };
  for (const metric of metrics) {
    assert.ok(Math.abs(scoreSingle(metric, a, b) - expected[metric]) < 1e-7, metric);
  }
});

test('a vector has distance 0 from itself, and a zero vector cosine distance 1', () => {
  const { values } = randomMulti(randomFrom(1), 1, 37);
  for (const metric of ['cosine', 'l2-squared', 'hamming', 'manhattan'] as const) {
    assert.equal(scoreSingle(metric, values, values) + 0, 0, metric);
  }
  assert.equal(scoreSingle('cosine', values, new Float32Array(37)), -1);
});

test('scores stay finite where the arithmetic would overflow', () => {
  const large = new Float32Array(8).fill(3e38);
  const opposite = new Float32Array(8).fill(-3e38);
  for (const metric of metrics) assert.ok(Number.isFinite(scoreSingle(metric, large, opposite)));
});

test('a query prepared once scores the same', () => {
  const random = randomFrom(3);
  const query = { ...randomMulti(random, 1, 29, 3), kind: 'single' as const };
  for (const metric of metrics) {
    const prepared = prepareSingle(metric, query);
    for (let i = 0; i < 20; i++) {
      const { values } = randomMulti(random, 1, 29, i);
      assert.equal(prepared.score(values), scoreSingle(metric, query.values, values));
    }
  }
});
