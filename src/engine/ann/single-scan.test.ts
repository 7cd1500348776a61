// The exact scan of single vectors gives what scoring every original gives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { openKernels } from '../kernels/kernels.ts';
import { prepareSingle } from '../multivector/single-metrics.ts';
import {
  bestSingles,
  randomFrom,
  randomMulti,
  vectorsOf,
} from '../multivector/vectors-for-tests.ts';
import { type Metric, metrics } from '../schema.ts';
import { SingleScan } from './single-scan.ts';

const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';
const scan = new SingleScan(openKernels({ forcePlain }), KernelMemory.open());

type Document = VectorValue | undefined;

function compare(metric: Metric, documents: readonly Document[], query: VectorValue): void {
  const vectors = vectorsOf(documents, metric === 'cosine');
  const everyNth = (n: number): Uint32Array =>
    Uint32Array.from({ length: Math.ceil(documents.length / n) }, (_, i) => i * n);
  for (const docs of ['all', everyNth(3), everyNth(40), new Uint32Array(0)] as const) {
    for (const k of [0, 1, 20, documents.length + 5]) {
      const found = scan.top(prepareSingle(metric, query), vectors, docs, k);
      assert.deepEqual(found, bestSingles(metric, query.values, vectors, docs, k), metric);
    }
  }
}

/** Whole numbers, so that components agree and scores have ties. */
function rounded(value: VectorValue): VectorValue {
  return { ...value, values: value.values.map((number) => Math.round(number)) };
}

test('the top k of every metric equals sorting all scores', () => {
  const random = randomFrom(2);
  for (const [dims, size] of [
    [1, 1],
    [30, 1.4],
    [100, 40],
  ] as const) {
    const documents = Array.from({ length: 150 }, (_, doc) =>
      doc % 11 === 4 ? undefined : rounded(randomMulti(random, 1, dims, size)),
    );
    const query = rounded(randomMulti(random, 1, dims, size));
    for (const metric of metrics) compare(metric, documents, query);
  }
});

test('planes that say little are not trusted', () => {
  const random = randomFrom(3);
  // Far from zero: the distances are smaller than what the planes lose.
  const far = Array.from({ length: 400 }, () => {
    const value = randomMulti(random, 1, 24);
    return { ...value, values: value.values.map((number) => number + 300) };
  });
  // Of very different lengths, down to nothing and up to overflow.
  const uneven = Array.from({ length: 400 }, (_, i) =>
    randomMulti(random, 1, 24, i % 8 === 0 ? 0 : 10 ** ((i % 45) - 6)),
  );
  for (const documents of [far, uneven]) {
    for (const metric of ['cosine', 'dot', 'l2-squared'] as const) {
      for (const query of [documents[7]!, randomMulti(random, 1, 24, 2)]) {
        compare(metric, documents, query);
      }
    }
  }
});

test('a query without a direction, and one equal to a vector', () => {
  const random = randomFrom(4);
  const documents = Array.from({ length: 90 }, () => randomMulti(random, 1, 40));
  for (const metric of metrics) {
    compare(metric, documents, randomMulti(random, 1, 40, 0));
    compare(metric, documents, documents[17]!);
  }
});

test('more rows than fit in a block', () => {
  const random = randomFrom(5);
  const documents = Array.from({ length: 700 }, () => randomMulti(random, 1, 1000));
  for (const metric of ['cosine', 'l2-squared'] as const) {
    compare(metric, documents, randomMulti(random, 1, 1000));
  }
});
