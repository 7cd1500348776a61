// Codebooks in a database: who trains one, who uses another's, and that answers do not depend on it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { multi, noContext, openDatabase, passages, uuidOf } from '../../test/simulation/world.ts';
import type { VectorValue } from '../engine/document.ts';
import { randomFrom } from '../engine/multivector/vectors-for-tests.ts';
import type { Query } from '../engine/query/query.ts';
import { DirectoryStore } from '../storage/directory-store.ts';
import { MemoryDirectory } from '../storage/memory-directory.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Collection } from './collection.ts';
import { inlineBuilder, type SegmentBuilder } from './segment-builder.ts';

const dims = 16;
const tokens = 32;

/** Token vectors near 64 middles of a topic. */
function vectorOf(n: number, topic: number): VectorValue {
  const random = randomFrom(n + 1);
  const row = (): number[] => {
    const middle = randomFrom(topic * 64 + Math.floor(random() * 64) + 1000);
    return Array.from({ length: dims }, () => middle() - 0.5 + 0.25 * (random() - 0.5));
  };
  return multi(Array.from({ length: tokens }, row));
}

async function insert(collection: Collection, from: number, to: number, topic = 1): Promise<void> {
  const objects = Array.from({ length: to - from }, (_, i) => ({
    uuid: uuidOf(from + i),
    properties: { number: from + i },
    vectors: new Map([['mv', vectorOf(from + i, topic)]]),
  }));
  for (const { kind } of await collection.insertMany(objects, noContext)) {
    assert.equal(kind, 'stored');
  }
}

/** The codebook of each sealed segment. */
function codebooks(collection: Collection): (string | undefined)[] {
  return collection.segments.sealed.map(({ segment }) => segment.codes('mv')?.codebook.id);
}

/** The object that is nearest to the vectors of one. */
async function nearestTo(collection: Collection, n: number): Promise<string | undefined> {
  const query: Query = {
    ...{ kind: 'vector', offset: 0, limit: 3, autocut: 0 },
    search: {
      input: { kind: 'vectors', vectors: [vectorOf(n, 1)] },
      targets: { names: [], combination: 'minimum', weights: [] },
    },
  };
  const { hits } = await collection.search(query, { explain: false }, noContext);
  return hits[0]?.document.uuid;
}

describe('codebooks', () => {
  test('what is sealed later has codes of the first codebook at once, and a merge keeps them', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    let id: string | undefined;
    {
      await using database = await openDatabase({ directory });
      await database.createCollection(passages());
      const collection = database.collection('Passages');
      await insert(collection, 0, 660);
      await database.flush();
      assert.deepEqual(codebooks(collection), [undefined], 'the first is sealed before training');
      await database.settled();
      [id] = codebooks(collection);
      assert.ok(id !== undefined);
      await insert(collection, 660, 760);
      await database.flush();
      assert.deepEqual(codebooks(collection), [id, id]);
      await insert(collection, 760, 860);
      await database.flush();
      for (const n of [5, 700, 800]) await collection.delete(uuidOf(n));
      await insert(collection, 860, 960);
      await database.flush();
      await database.settled();
      assert.deepEqual(codebooks(collection), [id], 'four have become one');
      assert.equal(collection.count(), 957);
      for (const n of [3, 659, 701, 790, 959]) {
        assert.equal(await nearestTo(collection, n), uuidOf(n));
      }
      assert.notEqual(await nearestTo(collection, 700), uuidOf(700), 'it is deleted');
    }
    await using again = await openDatabase({ directory });
    assert.deepEqual(codebooks(again.collection('Passages')), [id]);
  });

  test('vectors of another topic wait for centroids of their own', async () => {
    await using database = await openDatabase();
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    await insert(collection, 0, 660);
    await database.flush();
    await database.settled();
    await insert(collection, 1000, 1660, 2);
    await database.flush();
    const [first, fresh] = codebooks(collection);
    assert.ok(first !== undefined && fresh === undefined);
    await database.settled();
    const [, second] = codebooks(collection);
    assert.ok(second !== undefined && second !== first);
    await insert(collection, 2000, 2100, 2);
    await database.flush();
    assert.deepEqual(codebooks(collection), [first, second, second]);
  });

  test('a segment that does not get into the manifest is closed again', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const inner = await DirectoryStore.open(directory);
    let openFiles = 0;
    let isFull = false;
    const store: ObjectStore = {
      put: async (key, parts, condition) => {
        if (isFull && key === 'manifest') throw new Error('the disk is full');
        return await inner.put(key, parts, condition);
      },
      open: async (key) => {
        const access = await inner.open(key);
        if (access === undefined) return undefined;
        openFiles += 1;
        let isOpen = true;
        const close = (): void => {
          if (isOpen) openFiles -= 1;
          isOpen = false;
          access.close();
        };
        return { length: access.length, read: (at, into) => access.read(at, into), close };
      },
      get: (key, range) => inner.get(key, range),
      list: (prefix) => inner.list(prefix),
      delete: (key) => inner.delete(key),
    };
    await using database = await openDatabase({ directory, store, onFault: () => undefined });
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    await insert(collection, 0, 660);
    await database.flush();
    await database.settled();
    assert.equal(openFiles, 1);
    await insert(collection, 660, 760);
    isFull = true;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await assert.rejects(database.flush(), /the disk is full/);
      assert.equal(openFiles, 1);
    }
    isFull = false;
    await insert(collection, 760, 860);
    await database.flush();
    await database.settled();
    assert.equal(openFiles, collection.segments.sealed.length);
    assert.equal(await nearestTo(collection, 700), uuidOf(700));
  });

  test('a segment whose codes can not be found is sealed without them, and that is reported', async () => {
    const store = await DirectoryStore.open(new MemoryDirectory({ seed: 1 }));
    const faults: unknown[] = [];
    const failure = new Error('no memory');
    const builder: SegmentBuilder = {
      ...inlineBuilder(store),
      code: () => Promise.reject(failure),
    };
    await using database = await openDatabase({
      ...{ store, builder, onFault: (fault) => faults.push(fault) },
    });
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    await insert(collection, 0, 660);
    await database.flush();
    await database.settled();
    await insert(collection, 660, 760);
    await database.flush();
    assert.deepEqual(faults, [failure]);
    assert.equal(codebooks(collection)[1], undefined);
    assert.equal(await nearestTo(collection, 700), uuidOf(700));
  });
});
