import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noContext, openDatabase, passages, uuidOf } from '../../test/simulation/world.ts';
import { MemoryBudget } from './memory-budget.ts';

const gibi = 2 ** 30;

test('memory segments are as large as wanted, and a twenty-fourth of the budget at most', () => {
  const budget = new MemoryBudget({ bytes: gibi });
  assert.equal(budget.flushBytes(gibi), Math.floor(gibi / 24));
  assert.equal(budget.flushBytes(1000), 1000);
});

test('writes are refused while the process takes a tenth more than the budget, reads are not', async () => {
  let bytes = gibi * 1.05;
  let now = 0;
  const memory = new MemoryBudget({ bytes: gibi, measure: () => bytes, now: () => now });
  await using database = await openDatabase({ memory });
  await database.createCollection(passages());
  const collection = database.collection('Passages');
  const put = (n: number) =>
    collection.insertMany(
      [{ uuid: uuidOf(n), properties: { number: n }, vectors: new Map() }],
      noContext,
    );
  await put(1);
  bytes = gibi * 1.2;
  now += 1000;
  await assert.rejects(put(2), {
    code: 'memory-full',
    message: /takes 1229 MiB of memory, its budget is 1024 MiB/,
  });
  assert.equal(collection.get(uuidOf(2)), undefined);
  assert.equal(collection.count(), 1);
  bytes = gibi;
  now += 1000;
  await put(3);
  assert.equal(collection.count(), 2);
});
