// Token pooling through a database: what is stored, what stays, and that it survives everything.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startEmbeddingMock } from '../../../test/embedding-mock.ts';
import { multi, noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import { type Document, tokenCount, type VectorValue } from '../../engine/document.ts';
import { openKernels } from '../../engine/kernels/kernels.ts';
import { sourcePositions, TokenPooler } from '../../engine/multivector/pool-tokens.ts';
import { randomFrom, randomMulti } from '../../engine/multivector/vectors-for-tests.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import { createVectorizers } from '../../vectorizers/create-vectorizers.ts';
import type { Collection } from '../collection.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { ObjectInput } from '../object-input.ts';
import { resolveCollection } from '../schema/collection-schema.ts';

const pooler = TokenPooler.open(openKernels({ forcePlain: true }));

function pages(factor: number): CollectionConfig {
  return resolveCollection({
    name: 'Pages',
    properties: [{ name: 'text', type: 'text' }],
    vectors: [
      { name: 'pooled', kind: 'multi', pooling: { factor } },
      { name: 'whole', kind: 'multi' },
    ],
  });
}

function page(n: number, vectors: Readonly<Record<string, VectorValue>>): ObjectInput {
  return {
    uuid: uuidOf(n),
    properties: { text: `page ${n}` },
    vectors: new Map(Object.entries(vectors)),
  };
}

async function store(collection: Collection, objects: readonly ObjectInput[]): Promise<void> {
  const results = await collection.insertMany(objects, noContext);
  for (const result of results) assert.equal(result.kind, 'stored');
}

/** The parts that pooling decides. */
function pooledParts(document: Document | undefined): unknown {
  assert.ok(document);
  return [document.vectors.get('pooled'), document.pooled];
}

describe('token pooling', () => {
  test('the vector of a name that says so is pooled, and where its tokens went is kept', async () => {
    await using database = await openDatabase();
    await database.createCollection(pages(2));
    const collection = database.collection('Pages');
    const given = multi([
      [1, 0],
      [0, 1],
      [0.99, 0.1],
      [0.1, 0.99],
      [-1, 0],
    ]);
    await store(collection, [page(1, { pooled: given, whole: given })]);
    const stored = collection.get(uuidOf(1));
    assert.deepEqual(stored?.vectors.get('whole'), given);
    const pooled = stored?.vectors.get('pooled');
    assert.ok(pooled);
    assert.equal(tokenCount(pooled), 3);
    assert.deepEqual(pooled.values.subarray(4), Float32Array.of(-1, 0));
    assert.deepEqual([...(stored?.pooled?.keys() ?? [])], ['pooled']);
    const groups = stored?.pooled?.get('pooled');
    assert.ok(groups);
    assert.deepEqual(sourcePositions(groups), [[0, 2], [1, 3], [4]]);
  });

  test('log, segments and merges give back what was stored', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const random = randomFrom(11);
    const seen = new Map<number, unknown>();
    const check = (collection: Collection): void => {
      assert.equal(collection.count(), seen.size);
      for (const [n, parts] of seen) {
        assert.deepEqual(pooledParts(collection.get(uuidOf(n))), parts, `page ${n}`);
      }
    };
    for (let round = 0; round < 5; round++) {
      await using database = await openDatabase({ directory });
      if (round === 0) await database.createCollection(pages(3));
      const collection = database.collection('Pages');
      check(collection);
      const numbers = [4 * round, 4 * round + 1, 4 * round + 2];
      const objects = numbers.map((n) =>
        page(n, { pooled: randomMulti(random, 1 + ((n * 7) % 30), 8) }),
      );
      await store(collection, objects);
      for (const n of numbers) seen.set(n, pooledParts(collection.get(uuidOf(n))));
      if (round > 0) await database.flush();
      await database.settled();
      check(collection);
    }
  });

  test('vectors are compared as the metric of the name has it', async () => {
    const given = multi([
      [1, 0],
      [10, 0],
      [0, 1],
      [0.5, 0.5],
    ]);
    for (const metric of ['cosine', 'dot'] as const) {
      await using database = await openDatabase();
      const vectors = [{ name: 'pooled', kind: 'multi', metric, pooling: { factor: 2 } }] as const;
      await database.createCollection(resolveCollection({ name: 'Pages', vectors }));
      const collection = database.collection('Pages');
      await store(collection, [page(1, { pooled: given })]);
      const { vector, groups } = pooler.pool(given, { factor: 2, normalized: metric === 'cosine' });
      const stored = [vector, new Map([['pooled', groups]])];
      assert.deepEqual(pooledParts(collection.get(uuidOf(1))), stored);
    }
  });

  test('what is stored already is never pooled again', async () => {
    await using database = await openDatabase();
    await database.createCollection(pages(2));
    const collection = database.collection('Pages');
    const given = randomMulti(randomFrom(3), 16, 4);
    await store(collection, [page(1, { pooled: given })]);
    const first = pooledParts(collection.get(uuidOf(1)));
    const stored = collection.get(uuidOf(1))?.vectors.get('pooled');
    assert.ok(stored);
    const vectors = new Map([['pooled', stored]]);
    // A property changes, the vector stays.
    await collection.merge(
      uuidOf(1),
      { properties: { text: 'new' }, vectors: new Map() },
      noContext,
    );
    assert.deepEqual(pooledParts(collection.get(uuidOf(1))), first);
    // A client sends back what it read.
    await collection.merge(uuidOf(1), { properties: {}, vectors }, noContext);
    assert.deepEqual(pooledParts(collection.get(uuidOf(1))), first);
    await collection.replace(uuidOf(1), { properties: { text: 'newer' }, vectors }, noContext);
    assert.deepEqual(pooledParts(collection.get(uuidOf(1))), first);
    // Another vector is pooled, and replacing without one takes both away.
    const other = randomMulti(randomFrom(4), 8, 4);
    await store(collection, [page(1, { pooled: other })]);
    assert.equal(collection.get(uuidOf(1))?.pooled?.get('pooled')?.length, 8);
    await collection.replace(uuidOf(1), { properties: {}, vectors: new Map() }, noContext);
    const bare = collection.get(uuidOf(1));
    assert.equal(bare?.vectors.size, 0);
    assert.equal(bare?.pooled, undefined);
  });

  test('limits count the vectors that come, and what is refused leaves nothing', async () => {
    await using database = await openDatabase({ objectVectorsMax: 10 });
    await database.createCollection(pages(4));
    const collection = database.collection('Pages');
    const random = randomFrom(8);
    const objects = [10, 11].map((count, n) => page(n, { pooled: randomMulti(random, count, 4) }));
    const results = await collection.insertMany(objects, noContext);
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['stored', 'failed'],
    );
    assert.equal(collection.count(), 1);
  });

  test('pages and passages of one batch are pooled alike, whoever gets a turn between', async () => {
    await using database = await openDatabase();
    await database.createCollection(pages(4));
    const collection = database.collection('Pages');
    const random = randomFrom(6);
    const given = [600, 3, 1500, 70].map((count) => randomMulti(random, count, 16));
    let isDone = false;
    const other = (async () => {
      for (let n = 100; !isDone; n++) await store(collection, [page(n, { pooled: given[3]! })]);
    })();
    await store(
      collection,
      given.map((pooled, n) => page(n, { pooled })),
    );
    isDone = true;
    await other;
    for (const [n, vector] of given.entries()) {
      const expected = pooler.pool(vector, { factor: 4, normalized: true });
      const stored = [expected.vector, new Map([['pooled', expected.groups]])];
      assert.deepEqual(pooledParts(collection.get(uuidOf(n))), stored);
    }
  });

  test('what a provider makes is pooled, and kept while its text is the same', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = createVectorizers({ jinaBaseUrl: mock.url, modelsDirectory: '.' });
    await using database = await openDatabase({ vectorizers });
    const vectorizer = {
      module: 'text2colbert-jinaai',
      settings: { vectorizeClassName: false, properties: ['text'] },
    };
    await database.createCollection(
      resolveCollection({
        name: 'Pages',
        properties: [
          { name: 'text', type: 'text' },
          { name: 'number', type: 'int' },
        ],
        vectors: [{ name: 'pooled', pooling: { factor: 2 }, vectorizer }],
      }),
    );
    const collection = database.collection('Pages');
    const context = { headers: { 'x-jinaai-api-key': 'key' } };
    // Two markers, two words three times, a marker: as many rows are wanted as there are tokens.
    const properties = { text: 'red fox red fox red fox', number: 1 };
    const [result] = await collection.insertMany(
      [{ uuid: uuidOf(1), properties, vectors: new Map() }],
      context,
    );
    assert.equal(result?.kind, 'stored');
    const stored = collection.get(uuidOf(1));
    const groups = stored?.pooled?.get('pooled');
    assert.ok(groups);
    assert.deepEqual(sourcePositions(groups), [[0], [1], [2, 4, 6], [3, 5, 7], [8]]);
    assert.equal(stored?.vectors.get('pooled')?.values.length, 5 * 128);
    const calls = mock.requests.length;
    const patch = { properties: { number: 2 }, vectors: new Map() };
    await collection.merge(uuidOf(1), patch, context);
    assert.equal(mock.requests.length, calls);
    assert.deepEqual(pooledParts(collection.get(uuidOf(1))), pooledParts(stored));
    await collection.merge(uuidOf(1), { ...patch, properties: { text: 'red' } }, context);
    const changed = collection.get(uuidOf(1))?.pooled?.get('pooled');
    assert.equal(changed?.length, 4);
  });
});
