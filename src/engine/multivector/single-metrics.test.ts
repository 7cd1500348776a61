import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKernels } from '../kernels/kernels.ts';
import { type Metric, metrics } from '../schema.ts';
import { MaxSimScorer } from './maxsim.ts';
import { scanSingle, scoreSingle, topSingle } from './single-metrics.ts';
import { randomFrom, randomMulti, vectorsOf } from './vectors-for-tests.ts';

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

test('the top k of every metric equals sorting all scores', () => {
  const random = randomFrom(2);
  const documents = Array.from({ length: 150 }, (_, doc) =>
    doc % 11 === 4 ? undefined : randomMulti(random, 1, 30),
  );
  // Whole numbers, so that components agree and hamming has ties.
  for (const document of documents) document?.values.set(document.values.map((v) => Math.round(v)));
  const query = randomMulti(random, 1, 30);
  query.values.set(query.values.map((v) => Math.round(v)));
  const scorer = MaxSimScorer.open(openKernels({ forcePlain: false }));
  const some = Uint32Array.from({ length: 75 }, (_, i) => i * 2);
  for (const metric of metrics) {
    const vectors = vectorsOf(documents, metric === 'cosine');
    for (const docs of ['all', some] as const) {
      const ids = docs === 'all' ? [...documents.keys()] : [...docs];
      const expected = ids
        .filter((doc) => documents[doc] !== undefined)
        .map((doc) => ({ doc, score: scoreSingle(metric, query.values, documents[doc]!.values) }))
        .sort((a, b) => b.score - a.score || a.doc - b.doc)
        .slice(0, 20);
      const hits = topSingle(metric, query.values, vectors, docs, 20);
      assert.deepEqual(
        [...hits.docs],
        expected.map(({ doc }) => doc),
        metric,
      );
      assert.deepEqual(
        [...hits.scores],
        expected.map(({ score }) => score),
        metric,
      );
      if (metric === 'cosine' || metric === 'dot') {
        assert.deepEqual(scanSingle(scorer, metric, query, vectors, docs, 20), hits);
      }
    }
  }
});
