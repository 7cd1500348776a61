// What clients read to choose the size of their batches.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchStatistics } from './batch-statistics.ts';

test('objects are queued until their batch is done, and then count for the rate', async () => {
  let now = 10_000;
  const statistics = new BatchStatistics(() => now);
  assert.deepEqual(statistics.state, { queueLength: 0, ratePerSecond: 0 });
  const writing = Promise.withResolvers<string>();
  const first = statistics.track(30, () => writing.promise);
  const second = statistics.track(10, async () => 'written');
  assert.equal(await second, 'written');
  assert.deepEqual(statistics.state, { queueLength: 30, ratePerSecond: 10 });
  now += 1000;
  writing.resolve('late');
  assert.equal(await first, 'late');
  assert.deepEqual(statistics.state, { queueLength: 0, ratePerSecond: 20 });
  now += 4500;
  assert.deepEqual(statistics.state, { queueLength: 0, ratePerSecond: 6 });
  now += 1000;
  assert.deepEqual(statistics.state, { queueLength: 0, ratePerSecond: 0 });
});

test('a batch that fails leaves the queue', async () => {
  const statistics = new BatchStatistics(() => 0);
  const failed = statistics.track(3, () => Promise.reject(new Error('the disk is full')));
  await assert.rejects(failed, /the disk is full/);
  assert.equal(statistics.state.queueLength, 0);
});
