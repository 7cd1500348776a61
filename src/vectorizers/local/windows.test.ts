import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchByLength, cutWindows } from './windows.ts';

test('a text that fits is one window, an empty one too', () => {
  assert.deepEqual(cutWindows(254, 254), [{ from: 0, to: 254 }]);
  assert.deepEqual(cutWindows(0, 254), [{ from: 0, to: 0 }]);
});

test('a long text is cut into windows that follow each other', () => {
  assert.deepEqual(cutWindows(7, 3), [
    { from: 0, to: 3 },
    { from: 3, to: 6 },
    { from: 6, to: 7 },
  ]);
});

test('a batch holds sequences of one length only and no more tokens than allowed', () => {
  assert.deepEqual(batchByLength([4, 5, 4, 4, 4, 11], 12), [[0, 2, 3], [4], [1], [5]]);
});

test('a sequence longer than a batch goes alone', () => {
  assert.deepEqual(batchByLength([11, 11], 5), [[0], [1]]);
});
