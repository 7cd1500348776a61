// The size of messages that clients are asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchSize } from './batch-size.ts';

test('cheap objects are asked for a thousand at a time, dear ones ten', () => {
  assert.equal(new BatchSize().note(100, 1), 1000);
  assert.equal(new BatchSize().note(100, 1_000), 50);
  assert.equal(new BatchSize().note(100, 400_000), 10);
});

test('a client that has little to send, or sends about the right number, is not told', () => {
  assert.equal(new BatchSize().note(3, 1), undefined);
  assert.equal(new BatchSize().note(100, 480), undefined);
  assert.equal(new BatchSize().note(1000, 480), undefined);
});

test('a client is told again only when the size has changed by much', () => {
  const size = new BatchSize();
  assert.equal(size.note(100, 200), 250);
  assert.equal(size.note(250, 550), undefined);
  assert.equal(size.note(250, 50_000), 10);
  assert.equal(size.note(10, 2_000), undefined);
  let last: number | undefined;
  for (let n = 0; n < 40; n += 1) last = size.note(last ?? 10, (last ?? 10) * 2) ?? last;
  assert.ok(last !== undefined && last >= 180 && last <= 250, `back to ${last}`);
});
