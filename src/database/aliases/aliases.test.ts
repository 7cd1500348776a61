import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noContext, openDatabase, passages, uuidOf } from '../../../test/simulation/world.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';

async function openTwo(directory = new MemoryDirectory({ seed: 1 })): Promise<Database> {
  const database = await openDatabase({ directory });
  await database.createCollection(passages('First'));
  await database.createCollection(passages('Second'));
  return database;
}

function names(database: Database): string[] {
  return database.aliases.list().map(({ alias, collection }) => `${alias} ${collection}`);
}

describe('aliases', () => {
  test('what is asked of an alias is asked of its collection, also after it moved', async () => {
    await using database = await openTwo();
    assert.deepEqual(await database.aliases.create('newest', 'First'), {
      alias: 'Newest',
      collection: 'First',
    });
    await database.insert('Newest', { properties: { text: 'one' }, vectors: new Map() }, noContext);
    assert.equal(database.collection('First').count(), 1);
    await database.aliases.update('Newest', 'second');
    assert.equal(database.collection('newest').name, 'Second');
    const [result] = await database.insertMany(
      [{ collection: 'newest', object: { properties: {}, vectors: new Map() } }],
      noContext,
    );
    assert.equal(result?.kind, 'stored');
    assert.deepEqual(
      [1, 1, 2],
      [
        database.collection('First').count(),
        database.collection('Second').count(),
        database.collections().length,
      ],
    );
    assert.equal(await database.aliases.delete('newest'), true);
    assert.equal(await database.aliases.delete('Newest'), false);
    assert.equal(database.findCollection('Newest'), undefined);
  });

  test('of versions of an object by name and alias in one batch the last one counts', async () => {
    await using database = await openTwo();
    await database.aliases.create('Newest', 'First');
    const versions = ['Newest', 'First', 'Newest'].map((collection, number) => ({
      collection,
      object: { uuid: uuidOf(1), properties: { number }, vectors: new Map() },
    }));
    await database.insertMany(versions, noContext);
    assert.deepEqual(database.collection('First').get(uuidOf(1))?.properties, { number: 2 });
  });

  test('names of aliases and collections are one space, whatever the letter case', async () => {
    await using database = await openTwo();
    await database.aliases.create('Alias', 'First');
    const refused = (made: Promise<unknown>, message: RegExp): Promise<void> =>
      assert.rejects(made, { message });
    await refused(database.aliases.create('Alias', 'Second'), /alias name Alias already exists/);
    await refused(database.aliases.create('aLIAS', 'Second'), /alias name Alias already exists/);
    await refused(database.aliases.create('Second', 'First'), /class name Second already exists/);
    await refused(database.aliases.create('FIRST', 'First'), /found similar class "First"/);
    await refused(database.aliases.create('a b', 'First'), /is not a valid collection name/);
    await refused(database.aliases.create('Other', 'Nope'), /target class "Nope" does not exist/);
    await refused(database.aliases.create('Other', 'Alias'), /"Alias" is an alias of First/);
    await refused(database.aliases.update('Other', 'First'), /alias Other does not exist/);
    await refused(database.aliases.update('Alias', 'Nope'), /target class "Nope" does not exist/);
    const config = resolveCollection({ name: 'ALias' });
    await refused(database.createCollection(config), /alias name Alias already exists/);
    assert.deepEqual(names(database), ['Alias First']);
  });

  test('a collection is not deleted by an alias, and takes its aliases with it', async () => {
    await using database = await openTwo();
    await database.aliases.create('A', 'First');
    await database.aliases.create('B', 'First');
    await database.aliases.create('C', 'Second');
    await assert.rejects(database.deleteCollection('A'), {
      code: 'invalid-argument',
      message: /A is an alias of collection First/,
    });
    assert.equal(await database.deleteCollection('First'), true);
    assert.deepEqual(names(database), ['C Second']);
    assert.equal(await database.deleteCollection('A'), false);
    await database.createCollection(passages('First'));
    assert.equal(database.findCollection('A'), undefined);
  });

  for (const flushed of ['never', 'before', 'after']) {
    test(`aliases survive a restart when the manifest is written ${flushed}`, async () => {
      const directory = new MemoryDirectory({ seed: 1 });
      {
        await using database = await openTwo(directory);
        const { aliases } = database;
        await aliases.create('Moved', 'First');
        await aliases.create('Gone', 'First');
        if (flushed === 'before') await database.flush();
        await aliases.create('Kept', 'First');
        await aliases.update('Moved', 'Second');
        await aliases.delete('Gone');
        if (flushed === 'after') await database.flush();
      }
      await using database = await openDatabase({ directory });
      assert.deepEqual(names(database), ['Kept First', 'Moved Second']);
    });
  }

  test('an alias that led to two collections does not come back with the one that lives', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    {
      await using database = await openTwo(directory);
      const { aliases } = database;
      // The first collection holds the log, so that recovery reads all of it.
      const object = { properties: { text: 'one' }, vectors: new Map() };
      await database.insert('First', object, noContext);
      await aliases.create('Alias', 'First');
      await aliases.update('Alias', 'Second');
      await database.deleteCollection('Second');
      await database.createCollection(passages('Third'));
    }
    await using database = await openDatabase({ directory });
    assert.deepEqual(names(database), []);
    assert.equal(database.findCollection('Alias'), undefined);
  });
});
