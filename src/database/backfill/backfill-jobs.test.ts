// Vectors that are added to filled collections: stored objects get them without anybody asking again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { insertPage, keyHeaders, made, own, vectorizersOf } from '../../../test/backfill-world.ts';
import { startEmbeddingMock } from '../../../test/embedding-mock.ts';
import { ManualTimer, multi, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { Embedding } from '../../vectorizers/vectorizer.ts';
import type { Collection } from '../collection.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import type { DocumentEmbedder } from './backfill.ts';
import type { BackfillJob, BackfillStatus } from './backfill-jobs.ts';

const keyed = { headers: keyHeaders };

function configOf(...vectors: readonly (typeof own | typeof made)[]): CollectionConfig {
  return resolveCollection({
    name: 'Pages',
    properties: [{ name: 'text', type: 'text' }],
    vectors,
  });
}

/** Pages 0 … count - 1 with a vector of their own. */
async function filled(database: Database, count: number): Promise<Collection> {
  await database.createCollection(configOf(own));
  const collection = database.collection('Pages');
  for (let n = 0; n < count; n += 1) await insertPage(collection, n);
  return collection;
}

/** The job when it has one of the statuses; looks again and again. */
async function reaching(
  database: Database,
  ...statuses: readonly BackfillStatus[]
): Promise<BackfillJob> {
  for (;;) {
    const job = database.backfills.job(database.collection('Pages'), 'made');
    if (statuses.includes(job.status)) return job;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function withVector(collection: Collection, count: number): number {
  let found = 0;
  for (let n = 0; n < count; n += 1) {
    if (collection.get(uuidOf(n))?.vectors.has('made')) found += 1;
  }
  return found;
}

const rows = multi([new Array<number>(128).fill(1)]);

/** Embeds when it is let, or gives up with the job. */
class Gate {
  readonly #waiting: (() => void)[] = [];

  readonly embed: DocumentEmbedder = async (documents, { signal }) => {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => resolve());
      if (signal?.aborted) resolve();
    });
    if (!signal?.aborted) return documents.map(() => ({ kind: 'vector', vector: rows }));
    const error = new Error('called off');
    return documents.map(() => ({ kind: 'failed', error }));
  };

  async letOne(): Promise<void> {
    while (this.#waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    this.#waiting.shift()?.();
  }
}

describe('backfill jobs', () => {
  test('start by themselves with the keys of the request, and tell how far they are', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 40);
    database.backfills.open();
    await database.updateCollection(configOf(own, made), keyed);
    const job = await reaching(database, 'done');
    assert.equal(job.remaining, 0);
    assert.deepEqual(job.progress, {
      ...{ total: 40, done: 40, stored: 40, empty: 0, failed: 0, gone: 0 },
    });
    assert.equal(withVector(collection, 40), 40);
    assert.ok((job.finishedAt ?? 0) > (job.startedAt ?? 0));
    assert.equal('backfill' in (collection.config.vectors[1] ?? {}), false);
    assert.deepEqual(database.backfills.jobs(), [job]);
  });

  test('nothing is queued for vectors that are given, nor in an empty collection', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 0);
    database.backfills.open();
    await database.updateCollection(configOf(own, made), keyed);
    assert.deepEqual(database.backfills.jobs(), []);
    assert.equal(database.backfills.job(collection, 'own').status, 'none');
    await assert.rejects(database.backfills.start(collection, 'own', keyed), {
      message: /vector own of collection Pages has no vectorizer/,
    });
    assert.throws(() => database.backfills.job(collection, 'other'), { code: 'vector-unknown' });
  });

  test('a restart goes on with what is left, once there is a key again', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    const directory = new MemoryDirectory({ seed: 1 });
    const gate = new Gate();
    {
      await using database = await openDatabase({ vectorizers, directory });
      const collection = await filled(database, 10);
      database.backfills.open(() => ({ embed: gate.embed, batch: 3 }));
      await database.updateCollection(configOf(own, made), keyed);
      await gate.letOne();
      await gate.letOne();
      while (withVector(collection, 10) < 6) await new Promise((done) => setImmediate(done));
      assert.equal(database.backfills.remaining(collection), 4);
      await database.flush();
    }
    await using database = await openDatabase({ vectorizers, directory });
    const collection = database.collection('Pages');
    assert.equal(withVector(collection, 10), 6);
    assert.deepEqual(database.backfills.jobs(), [], 'nothing runs before it is opened');
    database.backfills.open();
    const waiting = await reaching(database, 'waiting');
    assert.match(waiting.message ?? '', /no api key found/);
    assert.equal(waiting.remaining, 4);
    await database.backfills.start(collection, 'made', keyed);
    const done = await reaching(database, 'done');
    assert.equal(done.progress?.stored, 4);
    assert.equal(withVector(collection, 10), 10);
  });

  test('a provider that is away is asked again later', async () => {
    const timer = new ManualTimer();
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers, timer: timer.timer });
    const collection = await filled(database, 8);
    let isAway = true;
    const embed = async (documents: readonly unknown[]): Promise<Embedding[]> =>
      documents.map(() =>
        isAway ? { kind: 'failed', error: new Error('away') } : { kind: 'vector', vector: rows },
      );
    database.backfills.open(() => ({ embed, batch: 2 }));
    await database.updateCollection(configOf(own, made));
    const first = await reaching(database, 'waiting');
    assert.match(first.message ?? '', /stopped at object 6 of 8.*away/);
    timer.pass();
    await reaching(database, 'running');
    const second = await reaching(database, 'waiting');
    const waits = [first, second].map(({ retryAt = 0, startedAt = 0 }) => retryAt - startedAt);
    assert.ok((waits[1] ?? 0) > (waits[0] ?? 0) * 1.9, `waits grow: ${waits}`);
    isAway = false;
    timer.pass();
    const done = await reaching(database, 'done');
    assert.equal(done.progress?.stored, 8);
    assert.equal(done.message, undefined);
    assert.equal(withVector(collection, 8), 8);
  });

  test('one that is stopped stays so over a restart, until it is started', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    const directory = new MemoryDirectory({ seed: 1 });
    {
      const gate = new Gate();
      await using database = await openDatabase({ vectorizers, directory });
      const collection = await filled(database, 6);
      database.backfills.open(() => ({ embed: gate.embed, batch: 2 }));
      await database.updateCollection(configOf(own, made), keyed);
      await gate.letOne();
      while (withVector(collection, 6) < 2) await new Promise((done) => setImmediate(done));
      const stopped = database.backfills.stop(collection, 'made');
      assert.equal((await stopped).status, 'stopped');
      assert.equal(database.backfills.remaining(collection), 0);
    }
    await using database = await openDatabase({ vectorizers, directory });
    const collection = database.collection('Pages');
    const gate = new Gate();
    database.backfills.open(() => ({ embed: gate.embed, batch: 2 }));
    const [job] = database.backfills.jobs();
    assert.deepEqual([job?.status, job?.remaining], ['stopped', 4]);
    await database.backfills.start(collection, 'made', { ...keyed, batch: 4 });
    await gate.letOne();
    await reaching(database, 'done');
    assert.equal(withVector(collection, 6), 6);
  });

  test('one that is started while it is being stopped runs', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 6);
    const gate = new Gate();
    database.backfills.open(() => ({ embed: gate.embed, batch: 6 }));
    await database.updateCollection(configOf(own, made), keyed);
    await reaching(database, 'running');
    const stopped = database.backfills.stop(collection, 'made');
    const started = database.backfills.start(collection, 'made', keyed);
    await Promise.all([stopped, started]);
    await gate.letOne();
    await gate.letOne();
    await reaching(database, 'done');
    assert.equal(withVector(collection, 6), 6);
  });

  test('an object on its way when the vector is added gets it, too', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 3);
    const gate = new Gate();
    database.backfills.open(() => ({ embed: gate.embed, batch: 3 }));
    await database.updateCollection(configOf(own, made), keyed);
    // As an insert ends whose drafts were made before: without the vector, after the first pass began.
    const late = { uuid: uuidOf(3), createdAt: 1, updatedAt: 1, properties: { text: 'late' } };
    while (database.backfills.job(collection, 'made').progress === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    collection.applyPut([{ ...late, vectors: new Map() }]);
    await gate.letOne();
    await gate.letOne();
    const { progress } = await reaching(database, 'done');
    assert.deepEqual([progress?.total, progress?.stored], [4, 4]);
    assert.equal(withVector(collection, 4), 4);
  });

  test('objects that fail are told with the job, which ends all the same', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 4);
    database.backfills.open(() => ({
      batch: 2,
      embed: async (documents) =>
        documents.map(({ uuid }): Embedding => {
          if (uuid === uuidOf(1)) return { kind: 'failed', error: new Error('no picture') };
          return { kind: 'vector', vector: rows };
        }),
    }));
    await database.updateCollection(configOf(own, made), keyed);
    const job = await reaching(database, 'done');
    assert.deepEqual([job.progress?.stored, job.progress?.failed], [3, 1]);
    assert.equal(job.failures[0]?.uuid, uuidOf(1));
    assert.match(job.failures[0]?.message ?? '', /no picture/);
    assert.match(
      database.metrics.registry.text(),
      /tesserae_backfill_objects_total\{collection="Pages",vector="made",outcome="failed"\} 1/,
    );
    assert.equal(withVector(collection, 4), 3);
  });

  test('the job of a collection that is deleted ends with it', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    await filled(database, 6);
    const gate = new Gate();
    database.backfills.open(() => ({ embed: gate.embed, batch: 3 }));
    await database.updateCollection(configOf(own, made), keyed);
    await gate.letOne();
    await database.deleteCollection('Pages');
    assert.deepEqual(database.backfills.jobs(), []);
    await database.createCollection(configOf(own, made));
    assert.equal(database.collection('Pages').count(), 0);
  });

  test('go through the tenants that are active, and the others when they are', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    database.backfills.open();
    const tenancy = { enabled: true, autoTenantCreation: true, autoTenantActivation: false };
    await database.createCollection({ ...configOf(own), multiTenancy: tenancy });
    const pages = database.collection('Pages');
    for (let n = 0; n < 5; n += 1) {
      const object = {
        uuid: uuidOf(n),
        properties: { text: `page ${n}` },
        vectors: new Map([['own', multi([[1, n]])]]),
      };
      await database.insert('Pages', object, keyed, n < 3 ? 'a' : 'b');
    }
    await database.tenants.update(pages, [{ name: 'b', status: 'inactive' }]);
    await database.updateCollection({ ...configOf(own, made), multiTenancy: tenancy }, keyed);
    const job = await reaching(database, 'done');
    assert.deepEqual([job.progress?.stored, job.progress?.total], [3, 3]);
    const madeIn = async (tenant: string): Promise<number> => {
      using held = await database.hold('Pages', tenant);
      return withVector(held.collection, 5);
    };
    assert.equal(await madeIn('a'), 3);
    await database.tenants.update(pages, [{ name: 'b', status: 'active' }]);
    await reaching(database, 'done');
    assert.equal(await madeIn('b'), 2);
    assert.equal(pages.config.vectors.find(({ name }) => name === 'made')?.backfill, undefined);
  });
});
