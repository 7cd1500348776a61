import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchWindows, cutWindows, vectorCount } from './windows.ts';

test('a text that fits is one window, an empty one too', () => {
  assert.deepEqual(cutWindows([254, 0], 254), [
    { text: 0, from: 0, to: 254, row: 0 },
    { text: 1, from: 0, to: 0, row: 0 },
  ]);
});

test('a long text is cut into windows whose vectors follow each other with their markers', () => {
  assert.deepEqual(cutWindows([7], 3), [
    { text: 0, from: 0, to: 3, row: 0 },
    { text: 0, from: 3, to: 6, row: 5 },
    { text: 0, from: 6, to: 7, row: 10 },
  ]);
  assert.deepEqual(
    [0, 1, 3, 4, 7].map((count) => vectorCount(count, 3)),
    [2, 3, 5, 8, 13],
  );
});

test('a batch holds windows of one length only and no more tokens than allowed', () => {
  const windows = cutWindows([2, 3, 2, 2, 2, 9], 10);
  const batches = batchWindows(windows, 12);
  const texts = batches.map((batch) => batch.map((window) => window.text));
  assert.deepEqual(texts, [[0, 2, 3], [4], [1], [5]]);
});

test('a window longer than a batch goes alone', () => {
  const batches = batchWindows(cutWindows([9, 9], 10), 5);
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [1, 1],
  );
});
