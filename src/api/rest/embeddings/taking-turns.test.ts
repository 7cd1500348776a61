import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TakingTurns } from './taking-turns.ts';

test('some work, some wait in order, the others are refused', async () => {
  const turns = new TakingTurns({ atOnce: 1, waiting: 2 });
  const first = await turns.take();
  const order: string[] = [];
  const waiting = ['a', 'b'].map(async (name) => {
    const turn = await turns.take();
    order.push(name);
    turn?.end();
  });
  assert.equal(await turns.take(), undefined);
  assert.deepEqual(order, []);
  first?.end();
  await Promise.all(waiting);
  assert.deepEqual(order, ['a', 'b']);
  assert.notEqual(await turns.take(), undefined, 'every place was given back');
});

test('who goes away leaves the queue', async () => {
  const turns = new TakingTurns({ atOnce: 1, waiting: 1 });
  const first = await turns.take();
  const gone = new AbortController();
  const leaving = turns.take(gone.signal);
  gone.abort();
  await assert.rejects(leaving, { code: 'cancelled' });
  await assert.rejects(turns.take(AbortSignal.abort()), { code: 'cancelled' });
  const next = turns.take();
  first?.end();
  assert.notEqual(await next, undefined);
});
