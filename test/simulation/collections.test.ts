// Collections and aliases that come and go on a simulated disk that loses power at random moments: every
// restart finds what was acknowledged, and no alias without its collection.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Database } from '../../src/database/database.ts';
import { DatabaseError } from '../../src/engine/errors.ts';
import { MemoryDirectory } from '../../src/storage/memory-directory.ts';
import { type RandomBelow, randomFrom } from '../../src/storage/random.ts';
import { noContext, openDatabase, passages, uuidOf } from './world.ts';

const names = ['Amber', 'Birch', 'Cedar'] as const;
/** One of them is the name of a collection as well. */
const aliases = ['Other', 'Third', 'Amber'] as const;
const objectCount = 5;

/** One random change; what the database refuses is no change. */
async function change(database: Database, random: RandomBelow): Promise<void> {
  const name = names[random(names.length)]!;
  const alias = aliases[random(aliases.length)]!;
  const object = {
    uuid: uuidOf(random(objectCount)),
    properties: { number: random(1000) },
    vectors: new Map(),
  };
  const changes: readonly (() => Promise<unknown>)[] = [
    () => database.createCollection(passages(name)),
    () => database.deleteCollection(name),
    () => database.aliases.create(alias, name),
    () => database.aliases.update(alias, name),
    () => database.aliases.delete(alias),
    () => database.insertMany([{ collection: name, object }], noContext),
    () => database.insertMany([{ collection: alias, object }], noContext),
    () => database.flush(),
  ];
  try {
    await changes[random(changes.length)]!();
  } catch (error) {
    const isRefusal = error instanceof DatabaseError && error.code !== 'storage-failed';
    if (!isRefusal) throw error;
  }
}

/** Everything that callers see. */
function stateOf(database: Database): unknown {
  return {
    aliases: database.aliases.list(),
    collections: database.collections().map((collection) => ({
      name: collection.name,
      objects: Array.from({ length: objectCount }, (_, n) => collection.get(uuidOf(n))?.properties),
    })),
  };
}

/** Several changes at a time until the disk dies. */
async function changeUntilFailure(database: Database, random: RandomBelow): Promise<void> {
  for (;;) {
    const many = Array.from({ length: 1 + random(3) }, () => change(database, random));
    const ends = await Promise.allSettled(many);
    const failed = ends.find((end) => end.status === 'rejected');
    if (!failed) continue;
    assert.equal((failed.reason as DatabaseError).code, 'storage-failed', String(failed.reason));
    return;
  }
}

async function simulate(seed: number): Promise<void> {
  const random = randomFrom(seed);
  let directory = new MemoryDirectory({ seed });
  let database = await openDatabase({ directory });
  for (let life = 0; life < 12; life += 1) {
    for (let step = random(12); step > 0; step -= 1) await change(database, random);
    const acknowledged = stateOf(database);
    if (random(3) === 0) await database.close();
    else directory = directory.crash(random(2) === 0 ? 'lose' : 'tear');
    database = await openDatabase({ directory });
    assert.deepEqual(stateOf(database), acknowledged, `seed ${seed}, life ${life}`);
    if (random(3) > 0) continue;
    directory.failOperation(1 + random(20), 'forever');
    await changeUntilFailure(database, random);
    directory = directory.crash(random(2) === 0 ? 'lose' : 'tear');
    database = await openDatabase({ directory });
    const known = database.collections().map(({ name }) => name);
    for (const { alias, collection } of database.aliases.list()) {
      assert.ok(known.includes(collection), `${alias} leads to ${collection}`);
      assert.ok(!known.includes(alias), `${alias} is an alias and a collection`);
    }
  }
  await database.close();
}

describe('collections that come and go', () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    test(`no crash loses what was acknowledged (seed ${seed})`, () => simulate(seed));
  }
});
