import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BatchQueue } from './batch-queue.ts';

function queueOf(work: (batch: readonly string[]) => Promise<void>): BatchQueue<string> {
  return new BatchQueue({ batchSize: 2, inFlightMax: 2, keyOf: (item) => item[0] ?? '', work });
}

describe('batches', () => {
  test('no more than allowed are under way, and adding waits', async () => {
    const started: string[] = [];
    const open: (() => void)[] = [];
    const queue = queueOf(async (batch) => {
      started.push(batch.join(''));
      await new Promise<void>((resolve) => open.push(resolve));
    });
    for (const item of ['a', 'b', 'c']) await queue.add(item);
    let isTaken = false;
    const adding = queue.add('d').then(() => {
      isTaken = true;
    });
    await turn();
    assert.deepEqual(started, ['ab', 'cd']);
    assert.equal(isTaken, false);
    open.shift()?.();
    await adding;
    const finishing = queue.finish();
    open.shift()?.();
    await finishing;
  });

  test('items of one key keep their order', async () => {
    const done: string[] = [];
    const queue = queueOf(async (batch) => {
      if (batch.includes('a1')) for (let n = 0; n < 5; n += 1) await turn();
      done.push(batch.join(' '));
    });
    for (const item of ['a1', 'b1', 'a2', 'c1', 'c2']) await queue.add(item);
    await queue.finish();
    assert.deepEqual(done, ['a1 b1', 'a2 c1', 'c2']);
  });

  test('heavy items make small batches', async () => {
    const done: string[] = [];
    const queue = new BatchQueue<string>({
      ...{ batchSize: 3, inFlightMax: 2, keyOf: (item) => item },
      ...{ weightOf: (item) => item.length, weightMax: 4 },
      work: async (batch) => void done.push(batch.join(' ')),
    });
    for (const item of ['a', 'b', 'c', 'dddd', 'e', 'fff', 'g']) await queue.add(item);
    await queue.finish();
    assert.deepEqual(done, ['a b c', 'dddd', 'e fff', 'g']);
  });

  test('a failure is thrown where items are added, and what waits is not begun', async () => {
    const begun: string[] = [];
    const queue = queueOf(async (batch) => {
      begun.push(batch.join(''));
      throw new Error('broken');
    });
    await queue.add('a');
    await assert.rejects(async () => {
      for (const item of ['b', 'c', 'd', 'e']) await queue.add(item);
    }, /broken/);
    await assert.rejects(queue.finish(), /broken/);
    await queue.abandon();
    assert.deepEqual(begun, ['ab']);
  });
});
