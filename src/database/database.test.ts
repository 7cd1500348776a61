import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  cosineMaxSim,
  ManualTimer,
  multi,
  noContext,
  openDatabase,
  passages,
  single,
  uuidOf,
} from '../../test/simulation/world.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Query } from '../engine/query/query.ts';
import { DirectoryStore } from '../storage/directory-store.ts';
import { MemoryDirectory } from '../storage/memory-directory.ts';
import { MemoryLog } from '../storage/memory-log.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Collection } from './collection.ts';
import type { CollectionConfig } from './collection-config.ts';
import type { Database } from './database.ts';
import { resolveCollection } from './schema/collection-schema.ts';

const page = { offset: 0, limit: 10, autocut: 0 };

function nearest(rows: readonly (readonly number[])[], others: Partial<Query> = {}): Query {
  return {
    kind: 'vector',
    ...page,
    search: {
      input: { kind: 'vectors', vectors: [multi(rows)] },
      targets: { names: [], combination: 'minimum', weights: [] },
    },
    ...others,
  } as Query;
}

function keyword(text: string): Query {
  return { kind: 'keyword', ...page, search: { text, operator: { kind: 'or', matchesMin: 1 } } };
}

async function uuids(collection: Collection, query: Query): Promise<string[]> {
  const { hits } = await collection.search(query, { explain: false }, noContext);
  return hits.map(({ document }) => document.uuid);
}

function passage(n: number, text: string, rows: readonly (readonly number[])[]) {
  return {
    uuid: uuidOf(n),
    properties: { text, number: n },
    vectors: new Map([['mv', multi(rows)]]),
  };
}

async function withThree(database: Database): Promise<Collection> {
  await database.createCollection(passages());
  const collection = database.collection('Passages');
  const results = await collection.insertMany(
    [
      passage(1, 'red fox', [[1, 0]]),
      passage(2, 'blue whale', [
        [0, 1],
        [0.28, 0.96],
      ]),
      passage(3, 'red whale', [[3, 4]]),
    ],
    noContext,
  );
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['stored', 'stored', 'stored'],
  );
  return collection;
}

const laterObject = { uuid: uuidOf(1), properties: { number: 1 }, vectors: new Map() };

describe('database', () => {
  test('what is written is found at once, by vector, keyword, filter and uuid', async () => {
    await using database = await openDatabase();
    const collection = await withThree(database);
    assert.deepEqual(await uuids(collection, nearest([[0, 1]])), [uuidOf(2), uuidOf(3), uuidOf(1)]);
    assert.deepEqual(await uuids(collection, keyword('fox')), [uuidOf(1)]);
    assert.equal(collection.get(uuidOf(3))?.properties['text'], 'red whale');
    const filter = {
      kind: 'compare',
      operator: 'greaterThan',
      target: { kind: 'property', name: 'number' },
      value: 1,
    } as const;
    assert.equal(collection.count(filter), 2);
    assert.deepEqual(await uuids(collection, nearest([[1, 0]], { filter })), [
      uuidOf(3),
      uuidOf(2),
    ]);
  });

  test('scores and order are the same before a flush, after it, and after opening again', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const query = nearest([
      [2, 1],
      [0, 5],
    ]);
    const scores: unknown[] = [];
    const note = async (database: Database): Promise<void> => {
      const { hits } = await database
        .collection('Passages')
        .search(query, { explain: false }, noContext);
      scores.push(hits.map(({ document, score }) => [document.uuid, score]));
      for (const { document, score } of hits) {
        const exact = cosineMaxSim(
          multi([
            [2, 1],
            [0, 5],
          ]),
          document.vectors.get('mv')!,
        );
        assert.ok(Math.abs(score! - exact) < 1e-5);
      }
    };
    {
      await using database = await openDatabase({ directory });
      await withThree(database);
      await note(database);
    }
    {
      await using database = await openDatabase({ directory });
      await note(database);
      await database.flush();
      await note(database);
    }
    await using database = await openDatabase({ directory });
    await note(database);
    for (const seen of scores) assert.deepEqual(seen, scores[0]);
  });

  test('an update moves an object out of a sealed segment, a deletion takes it out', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    {
      await using database = await openDatabase({ directory });
      const collection = await withThree(database);
      await database.flush();
      await collection.insertMany([passage(1, 'green fox', [[0, -1]])], noContext);
      assert.equal(await collection.delete(uuidOf(2)), true);
      assert.equal(await collection.delete(uuidOf(2)), false);
      assert.deepEqual(await uuids(collection, nearest([[0, 1]])), [uuidOf(3), uuidOf(1)]);
      assert.deepEqual(await uuids(collection, keyword('red')), [uuidOf(3)]);
    }
    for (let round = 0; round < 2; round += 1) {
      await using database = await openDatabase({ directory });
      const collection = database.collection('Passages');
      assert.equal(collection.count(), 2);
      assert.deepEqual(await uuids(collection, nearest([[0, 1]])), [uuidOf(3), uuidOf(1)]);
      assert.deepEqual(await uuids(collection, keyword('green')), [uuidOf(1)]);
      await database.flush();
    }
  });

  test('createdAt survives updates, updatedAt moves on', async () => {
    await using database = await openDatabase();
    const collection = await withThree(database);
    const before = collection.get(uuidOf(1))!;
    await collection.merge(uuidOf(1), { properties: { number: 9 }, vectors: new Map() }, noContext);
    const after = collection.get(uuidOf(1))!;
    assert.equal(after.createdAt, before.createdAt);
    assert.ok(after.updatedAt > before.updatedAt);
    assert.deepEqual(after.properties, { text: 'red fox', number: 9 });
    assert.deepEqual(after.vectors, before.vectors);
    await collection.replace(
      uuidOf(1),
      { properties: { number: 1 }, vectors: new Map() },
      noContext,
    );
    assert.deepEqual(collection.get(uuidOf(1))!.properties, { number: 1 });
    assert.equal(collection.get(uuidOf(1))!.vectors.size, 0);
    assert.deepEqual(await uuids(collection, nearest([[1, 0]])), [uuidOf(3), uuidOf(2)]);
  });

  test('of several inserts of one new uuid at the same time, one wins', async () => {
    await using database = await openDatabase();
    const collection = await withThree(database);
    const tries = Array.from({ length: 8 }, () =>
      collection.insert(passage(7, 'new', [[1, 1]]), noContext),
    );
    const outcomes = await Promise.allSettled(tries);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    assert.match(String(failed?.reason), /already exists/);
  });

  test('merges of one object at the same time all take effect', async () => {
    await using database = await openDatabase();
    const collection = await withThree(database);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        collection.merge(
          uuidOf(1),
          { properties: { [`p${n}`]: n }, vectors: new Map() },
          noContext,
        ),
      ),
    );
    assert.equal(Object.keys(collection.get(uuidOf(1))!.properties).length, 22);
  });

  test('a bad object of a batch stays out, with the reason, and the rest goes on', async () => {
    await using database = await openDatabase();
    const collection = await withThree(database);
    const bad = [
      { ...passage(10, 'a', [[1, 2, 3]]) },
      { ...passage(11, 'a', [[1, Number.NaN]]) },
      { ...passage(12, 'a', []) },
      { ...passage(13, 'a', [[1, 0]]), vectors: new Map([['nope', multi([[1, 0]])]]) },
      { ...passage(14, 'a', [[1, 0]]), vectors: new Map([['mv', single([1, 0])]]) },
      { ...passage(15, 'a', [[1, 0]]), properties: { text: 5 } },
      { ...passage(16, 'a', [[1, 0]]), uuid: 'nope' },
    ];
    const results = await collection.insertMany([...bad, passage(17, 'good', [[1, 0]])], noContext);
    const texts = results.map((result) => (result.kind === 'failed' ? result.error.message : 'ok'));
    const expected = [
      /3 dimensions, the collection holds vectors of 2/,
      /\[0\]\[1\] is NaN/,
      /cannot be empty/,
      /does not have configuration for vector nope; its vectors are \[mv\]/,
      /expected an array of token vectors, got a single vector/,
      /invalid text property 'text'/,
      /invalid UUID "nope"/,
      /^ok$/,
    ];
    for (const [index, pattern] of expected.entries()) assert.match(texts[index]!, pattern);
    assert.equal(collection.count(), 4);
  });

  test('several single vectors under the name of a multi-vector are its rows', async () => {
    await using database = await openDatabase();
    const collection = await withThree(database);
    const rows = [single([1, 0]), single([0, 1])];
    const object = { uuid: uuidOf(5), properties: {}, vectors: new Map([['mv', rows]]) };
    await collection.insertMany([object], noContext);
    assert.deepEqual(
      collection.get(uuidOf(5))?.vectors.get('mv'),
      multi([
        [1, 0],
        [0, 1],
      ]),
    );
  });

  test('equal scores come in order of uuid, whatever the order of writing and the limit', async () => {
    await using database = await openDatabase();
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    const numbers = [5, 3, 9, 1, 7, 2, 8];
    await collection.insertMany(
      numbers.map((n) => passage(n, 'same', [[1, 0]])),
      noContext,
    );
    for (let limit = 1; limit <= 7; limit += 1) {
      const expected = numbers
        .toSorted((a, b) => a - b)
        .slice(0, limit)
        .map(uuidOf);
      assert.deepEqual(await uuids(collection, nearest([[1, 0]], { limit })), expected);
      assert.deepEqual(await uuids(collection, { ...keyword('same'), limit }), expected);
      assert.deepEqual(
        await uuids(collection, { kind: 'fetch', sort: [], ...page, limit }),
        expected,
      );
    }
  });

  test('pages of a cursor give every object once, across segments', async () => {
    await using database = await openDatabase();
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    for (let batch = 0; batch < 3; batch += 1) {
      const numbers = [0, 1, 2, 3, 4].map((n) => n * 3 + batch);
      await collection.insertMany(
        numbers.map((n) => passage(n, 'x', [[1, n]])),
        noContext,
      );
      if (batch < 2) await database.flush();
    }
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const found = await uuids(collection, { kind: 'fetch', sort: [], ...page, limit: 4, after });
      if (found.length === 0) break;
      seen.push(...found);
      after = found.at(-1)!;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 15 }, (_, n) => uuidOf(n)),
    );
  });

  test('a dropped collection is gone for good, one made again under its name is empty', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    {
      await using database = await openDatabase({ directory });
      await withThree(database);
      await database.flush();
      assert.equal(await database.deleteCollection('Passages'), true);
      assert.equal(await database.deleteCollection('Passages'), false);
      await database.createCollection(passages());
    }
    await using database = await openDatabase({ directory });
    assert.equal(database.collection('Passages').count(), 0);
    await withThree(database).catch(() => undefined);
  });

  test('auto-schema adds collections and properties, and they survive', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const object = { properties: { title: 'x', year: 1999 }, vectors: new Map() };
    {
      await using database = await openDatabase({ directory });
      const results = await database.insertMany([{ collection: 'films', object }], noContext);
      assert.equal(results[0]?.kind, 'stored');
    }
    await using database = await openDatabase({ directory });
    const { properties, vectors } = database.collection('Films').config;
    assert.deepEqual(
      properties.map(({ name, type }) => [name, type]),
      [
        ['title', 'text'],
        ['year', 'number'],
      ],
    );
    assert.deepEqual(
      vectors.map(({ name }) => name),
      ['default'],
    );
  });

  test('small flushes seal many segments and lose nothing', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    {
      await using database = await openDatabase({ directory, flushBytes: 20_000 });
      await database.createCollection(passages());
      const collection = database.collection('Passages');
      for (let batch = 0; batch < 40; batch += 1) {
        const numbers = Array.from({ length: 25 }, (_, n) => (batch * 17 + n) % 500);
        await collection.insertMany(
          numbers.map((n) => passage(n, `word${n}`, [[1, n]])),
          noContext,
        );
      }
      await database.settled();
      const { sealed } = collection.segments;
      assert.ok(sealed.length > 1 && sealed.length < 12, `${sealed.length} segments`);
    }
    await using database = await openDatabase({ directory, flushBytes: 20_000 });
    const collection = database.collection('Passages');
    const written = new Set(
      Array.from({ length: 40 }, (_, batch) =>
        Array.from({ length: 25 }, (_, n) => (batch * 17 + n) % 500),
      ).flat(),
    );
    assert.equal(collection.count(), written.size);
    for (const n of written) {
      assert.deepEqual(await uuids(collection, keyword(`word${n}`)), [uuidOf(n)]);
    }
  });

  test('what is quiet ends as one segment, what is written to does not', async () => {
    const time = new ManualTimer();
    await using database = await openDatabase({ flushBytes: 1 << 20, timer: time.timer });
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    for (const name of ['Quiet', 'Busy']) {
      await database.createCollection(passages(name));
      for (const part of [numbers.slice(0, 20), numbers.slice(20, 50), numbers.slice(50)]) {
        const objects = part.map((n) => passage(n, `word${n}`, [[1, n]]));
        await database.collection(name).insertMany(objects, noContext);
        await database.flush();
      }
    }
    const [quiet, busy] = ['Quiet', 'Busy'].map((name) => database.collection(name));
    assert.ok(quiet && busy);
    await quiet.delete(uuidOf(7));
    const counts = (): number[] => [quiet, busy].map(({ segments }) => segments.sealed.length);
    time.pass();
    await busy.insertMany([passage(99, 'another', [[1, 1]])], noContext);
    await database.settled();
    assert.deepEqual(counts(), [3, 3]);
    time.pass();
    await database.settled();
    assert.deepEqual(counts(), [1, 3]);
    assert.equal(quiet.count(), 59);
    assert.equal(quiet.segments.sealed[0]?.segment.documentCount, 59);
    for (const n of [0, 19, 20, 59]) {
      assert.deepEqual(await uuids(quiet, keyword(`word${n}`)), [uuidOf(n)]);
    }
    assert.deepEqual(await uuids(quiet, keyword('word7')), []);
    time.pass();
    time.pass();
    await database.settled();
    assert.deepEqual(counts(), [1, 1]);
  });

  test('a memory segment that is searched again and again is sealed and trained', async () => {
    await using database = await openDatabase();
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    const rows = (n: number) =>
      Array.from({ length: 1000 }, (_, i) => [Math.cos(n + i / 999), Math.sin(n + i / 999)]);
    const objects = Array.from({ length: 21 }, (_, n) => passage(n + 1, `passage ${n}`, rows(n)));
    await collection.insertMany(objects, noContext);
    const query = nearest([[0.6, 0.8]], { limit: 3 });
    const before = await uuids(collection, query);
    for (let search = 2; search < 128; search += 1) await uuids(collection, query);
    await database.settled();
    assert.equal(collection.segments.sealed.length, 0);
    await uuids(collection, query);
    await database.settled();
    assert.equal(collection.segments.active.documentCount, 0);
    assert.ok(collection.segments.sealed[0]?.segment.codes('mv'));
    assert.deepEqual(await uuids(collection, query), before);
  });

  test('a segment that is mostly deleted is written again, smaller', async () => {
    await using database = await openDatabase({ flushBytes: 1_000 });
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    await collection.insertMany(
      numbers.map((n) => passage(n, `word${n}`, [[1, n]])),
      noContext,
    );
    await database.flush();
    for (const n of numbers.slice(0, 90)) await collection.delete(uuidOf(n));
    await collection.insertMany([passage(500, 'another', [[1, 1]])], noContext);
    await database.flush();
    await database.settled();
    const { sealed } = collection.segments;
    assert.ok(
      sealed.every(({ segment }) => segment.documentCount <= 10),
      'the deleted ones are gone',
    );
    assert.deepEqual(await uuids(collection, keyword('word95')), [uuidOf(95)]);
    assert.equal(collection.count(), 11);
  });

  test('what is deleted while a new segment is being published stays deleted', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const inner = await DirectoryStore.open(directory);
    let next = 0;
    /** Deletes an object just before every manifest is replaced: after it was planned. */
    const store: ObjectStore = {
      put: async (key, parts, condition) => {
        if (key === 'manifest' && deleting) await collection.delete(uuidOf(next++));
        return inner.put(key, parts, condition);
      },
      get: (key, range) => inner.get(key, range),
      open: (key) => inner.open(key),
      list: (prefix) => inner.list(prefix),
      delete: (key) => inner.delete(key),
    };
    let deleting = false;
    const database = await openDatabase({ directory, store, flushBytes: 5_000 });
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    deleting = true;
    for (let first = 0; first < 400; first += 20) {
      const numbers = Array.from({ length: 20 }, (_, n) => first + n);
      await collection.insertMany(
        numbers.map((n) => passage(n, 'same', [[1, n]])),
        noContext,
      );
    }
    await database.settled();
    deleting = false;
    assert.ok(next > 5, `${next} were deleted`);
    assert.equal(collection.count(), 400 - next);
    assert.equal((await uuids(collection, { ...keyword('same'), limit: 1000 })).length, 400 - next);
    await database.close();
    await using again = await openDatabase({ directory });
    assert.equal(again.collection('Passages').count(), 400 - next);
  });

  test('a collection whose model is gone is opened, and says so when it has to embed', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const mv = multi([[1, 0]]);
    const gone = /can't be embedded here: unknown local model "gone"/;
    const made = (name: string): CollectionConfig => {
      const vectorizer = { module: 'text2multivec-jinaai', settings: { baseURL: 'local:gone' } };
      const properties = [{ name: 'text', type: 'text' }] as const;
      return resolveCollection({ name, properties, vectors: [{ name: 'mv', vectorizer }] });
    };
    {
      await using database = await openDatabase({ directory });
      await database.createCollection(made('Passages'));
      await database.flush();
      await database.createCollection(made('Others'));
      for (const name of ['Passages', 'Others']) {
        const vectors = new Map([['mv', mv]]);
        await database.collection(name).insert({ properties: {}, vectors }, noContext);
      }
    }
    const vectorizers = (): never => {
      throw new DatabaseError('invalid-argument', { message: 'unknown local model "gone"' });
    };
    await using database = await openDatabase({ directory, vectorizers });
    for (const name of ['Passages', 'Others']) {
      const collection = database.collection(name);
      const [found] = await uuids(collection, nearest([[1, 0]]));
      assert.ok(found);
      const object = { properties: { text: 'x' }, vectors: new Map() };
      const [result] = await collection.insertMany([object], noContext);
      assert.match(result?.kind === 'failed' ? result.error.message : '', gone);
      const own = { properties: {}, vectors: new Map([['mv', mv]]) };
      assert.equal((await collection.insertMany([own], noContext))[0]?.kind, 'stored');
      const input = { kind: 'text', concepts: ['x'] } as const;
      const targets = { names: [], combination: 'minimum', weights: [] } as const;
      const asked = collection.search(
        { kind: 'vector', ...page, search: { input, targets } } as unknown as Query,
        { explain: false },
        noContext,
      );
      await assert.rejects(asked, gone);
    }
    await assert.rejects(database.createCollection(made('New')), /unknown local model/);
  });

  test('a collection that is made after the log was cut is found again', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    {
      await using database = await openDatabase({ directory });
      await withThree(database);
      await database.flush();
      await database.createCollection(passages('Later'));
      await database.collection('Later').insert(laterObject, noContext);
      // Writes the manifest, in which the new one has nothing but what the log holds.
      await database.deleteCollection('Passages');
    }
    {
      await using database = await openDatabase({ directory });
      assert.equal(database.collection('Later').count(), 1);
      await database.deleteCollection('Later');
    }
    {
      // Now the log begins anywhere, and no collection says where.
      await using database = await openDatabase({ directory });
      await database.createCollection(passages('Last'));
      await database.collection('Last').insert(laterObject, noContext);
      await database.createCollection(passages('Other'));
      await database.deleteCollection('Other');
    }
    await using database = await openDatabase({ directory });
    assert.equal(database.collection('Last').count(), 1);
  });

  test('a log that was lost is noticed instead of starting again at 1', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    {
      await using database = await openDatabase({ directory });
      await withThree(database);
      await database.flush();
    }
    const opened = openDatabase({ directory, log: new MemoryLog() });
    await assert.rejects(opened, /corrupt file log.*record 2, found 0/);
  });
});
