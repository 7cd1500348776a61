import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinVectors, readTokenBytes, readTokenVectors } from './token-vectors.ts';
import type { Embedding } from './vectorizer.ts';

function base64(...values: readonly number[]): string {
  return Buffer.from(Float32Array.from(values).buffer).toString('base64');
}

function outcome(embedding: Embedding): unknown {
  if (embedding.kind === 'failed') return embedding.error.message;
  if (embedding.kind === 'none') return 'none';
  return [embedding.vector.dims, ...embedding.vector.values];
}

const bad = (problem: string): string => `vectorizer returned a bad reply: ${problem}`;

test('bytes are read as rows of the width that is known', () => {
  assert.deepEqual(outcome(readTokenBytes(base64(1, -2, 0.5, 4), 2)), [2, 1, -2, 0.5, 4]);
  assert.deepEqual(outcome(readTokenBytes(base64(1, -2, 0.5, 4), 4, 1)), [4, 1, -2, 0.5, 4]);
  assert.equal(outcome(readTokenBytes('', 2)), 'none');
});

test('bytes that are no whole rows, no finite numbers or no base64 say so', () => {
  const cases: readonly [unknown, number, number | undefined, string][] = [
    [base64(1, 2, 3), 2, undefined, '12 bytes are not token vectors of 2 dimensions'],
    [base64(1, 2), 2, 2, '8 bytes are not 2 token vectors of 2 dimensions'],
    [base64(1, 2).slice(0, -1), 2, undefined, 'expected base64 of token vectors'],
    ['%%%%', 2, undefined, 'expected base64 of token vectors'],
    [[[1, 2]], 2, undefined, 'expected base64 of token vectors'],
    [
      base64(1, 2, 3, Number.NaN),
      2,
      undefined,
      'component 1 of token vector 1 is not a finite number',
    ],
    [base64(1, Infinity), 2, undefined, 'component 1 of token vector 0 is not a finite number'],
    [base64(1, 2), 0, undefined, '0 dimensions'],
    [base64(1, 2), 5000, undefined, '5000 dimensions, the maximum is 4096'],
  ];
  for (const [value, dims, count, problem] of cases) {
    assert.equal(outcome(readTokenBytes(value, dims, count)), bad(problem));
  }
});

test('a list of numbers where a list of token vectors is expected is named', () => {
  assert.equal(
    outcome(readTokenVectors([0.1, 0.2])),
    bad('token vector 0 is not a list of numbers'),
  );
});

test('vectors of different widths do not make one object', () => {
  const part = (dims: number) => ({ kind: 'multi' as const, dims, values: new Float32Array(dims) });
  assert.deepEqual(outcome(joinVectors([part(2), part(2)])), [2, 0, 0, 0, 0]);
  assert.equal(
    outcome(joinVectors([part(2), part(3)])),
    bad('vectors of 2 and of 3 dimensions for one object'),
  );
});
