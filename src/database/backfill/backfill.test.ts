// A vector that is added to a filled collection: what is stored gets it, whatever else happens.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { insertPage, keyHeaders, made, own, vectorizersOf } from '../../../test/backfill-world.ts';
import { startEmbeddingMock } from '../../../test/embedding-mock.ts';
import { multi, noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { Embedding } from '../../vectorizers/vectorizer.ts';
import type { Collection } from '../collection.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import type { BackfillProgress } from './backfill.ts';

const properties = [{ name: 'text', type: 'text' }] as const;

function configOf(vectors: Parameters<typeof resolveCollection>[0]['vectors']): CollectionConfig {
  return resolveCollection({ name: 'Pages', properties, vectors: vectors ?? [] });
}

/** Pages 0 … count - 1 with an own vector, some sealed and some not, and then the name `made`. */
async function filled(database: Database, count: number): Promise<Collection> {
  await database.createCollection(configOf([own]));
  const collection = database.collection('Pages');
  for (let n = 0; n < count; n += 1) {
    await insertPage(collection, n);
    if (n === Math.floor(count / 2)) await database.flush();
  }
  await database.updateCollection(configOf([own, made]));
  return collection;
}

describe('backfill', () => {
  test('stored objects get the vector and keep everything else, times too', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    const directory = new MemoryDirectory({ seed: 1 });
    const before = new Map<string, unknown>();
    {
      await using database = await openDatabase({ vectorizers, directory });
      const collection = await filled(database, 11);
      for (let n = 0; n < 11; n += 1) before.set(uuidOf(n), collection.get(uuidOf(n)));
      const seen: BackfillProgress[] = [];
      const options = { batch: 4, headers: keyHeaders };
      const report = await collection.backfill('made', options, (state) => seen.push(state));
      const counts = { total: 11, done: 11, stored: 11, empty: 0, failed: 0, gone: 0 };
      assert.deepEqual(report, { collection: 'Pages', vector: 'made', ...counts, failures: [] });
      assert.deepEqual(
        seen.map(({ done }) => done),
        [0, 4, 8, 11],
      );
    }
    await using database = await openDatabase({ vectorizers, directory });
    const collection = database.collection('Pages');
    for (let n = 0; n < 11; n += 1) {
      const document = collection.get(uuidOf(n));
      assert.ok(document);
      const vectors = new Map(document.vectors);
      assert.equal(vectors.get('made')?.values.length, 6 * 128, `page ${n}`);
      vectors.delete('made');
      assert.deepEqual({ ...document, vectors }, before.get(uuidOf(n)));
    }
    const again = await collection.backfill('made', { headers: keyHeaders });
    assert.equal(again.total, 0);
  });

  test('a run that was ended goes on with what is left', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 10);
    const ended = new AbortController();
    const options = { batch: 3, headers: keyHeaders, signal: ended.signal };
    const first = await collection.backfill('made', options, ({ done }) => {
      if (done === 6) ended.abort();
    });
    assert.deepEqual([first.total, first.done, first.stored], [10, 6, 6]);
    const second = await collection.backfill('made', { headers: keyHeaders });
    assert.deepEqual([second.total, second.stored], [4, 4]);
    assert.equal(mock.requests.flatMap(inputsOf).length, 10);
  });

  test('what is written, changed and deleted meanwhile is not lost and not undone', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 6);
    let calls = 0;
    const embed = async (documents: readonly { readonly uuid: string }[]): Promise<Embedding[]> => {
      calls += 1;
      if (calls === 1) {
        await collection.delete(uuidOf(0));
        const patch = { properties: { text: 'changed' }, vectors: new Map() };
        await collection.merge(uuidOf(1), patch, { headers: keyHeaders });
        const vectors = new Map([['own', multi([[9, 9]])]]);
        await collection.replace(
          uuidOf(2),
          { properties: {}, vectors: new Map(vectors) },
          { headers: keyHeaders },
        );
        await database.flush();
      }
      const row = new Array<number>(128).fill(1);
      return documents.map(() => ({ kind: 'vector', vector: multi([row]) }));
    };
    const report = await collection.backfill('made', { embed });
    assert.equal(report.failed, 0);
    assert.equal(report.stored + report.gone, 6);
    assert.equal(collection.get(uuidOf(0)), undefined);
    assert.deepEqual(collection.get(uuidOf(1))?.properties, { text: 'changed' });
    assert.deepEqual(collection.get(uuidOf(2))?.vectors.get('own'), multi([[9, 9]]));
    for (let n = 1; n < 6; n += 1) assert.ok(collection.get(uuidOf(n))?.vectors.has('made'));
    assert.equal(collection.count(), 5);
  });

  test('objects that fail are told and tried again, those with nothing to embed are left', async () => {
    await using database = await openDatabase();
    await database.createCollection(configOf([own]));
    const collection = database.collection('Pages');
    for (let n = 0; n < 5; n += 1) {
      await collection.insert({ uuid: uuidOf(n), properties: {}, vectors: new Map() }, noContext);
    }
    const embed = async (documents: readonly { readonly uuid: string }[]): Promise<Embedding[]> =>
      documents.map(({ uuid }) => {
        if (uuid === uuidOf(1)) return { kind: 'failed', error: new Error('no picture in it') };
        if (uuid === uuidOf(2)) return { kind: 'none' };
        const rows = uuid === uuidOf(3) ? [[Number.NaN, 1]] : [[1, 2]];
        return { kind: 'vector', vector: multi(rows) };
      });
    const report = await collection.backfill('own', { embed });
    assert.deepEqual([report.stored, report.empty, report.failed], [2, 1, 2]);
    const [first, second] = report.failures;
    assert.equal(first?.uuid, uuidOf(1));
    assert.match(first?.message ?? '', /own: no picture in it/);
    assert.match(second?.message ?? '', /NaN/);
    assert.equal((await collection.backfill('own', { embed })).total, 3);
  });

  test('objects that can never be embedded do not keep the others from it', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = vectorizersOf(mock);
    await using database = await openDatabase({ vectorizers });
    const collection = await filled(database, 9);
    const lost = new Error('its picture is lost');
    const embed = async (documents: readonly { readonly uuid: string }[]): Promise<Embedding[]> =>
      documents.map(({ uuid }) => {
        if (uuid < uuidOf(7)) return { kind: 'failed', error: lost };
        return { kind: 'vector', vector: multi([new Array<number>(128).fill(1)]) };
      });
    const options = { embed, batch: 2, headers: keyHeaders };
    const { stored, failed } = await collection.backfill('made', options);
    assert.deepEqual([stored, failed], [2, 7]);
    await assert.rejects(collection.backfill('made', { ...options, headers: {} }), {
      code: 'vectorizer-failed',
      message: /stopped at object 6 of 7.*its picture is lost/,
    });
  });

  test('it gives up when nothing can be embedded, and refuses names without a vectorizer', async () => {
    await using database = await openDatabase();
    await database.createCollection(configOf([own]));
    const collection = database.collection('Pages');
    for (let n = 0; n < 9; n += 1) {
      await collection.insert({ uuid: uuidOf(n), properties: {}, vectors: new Map() }, noContext);
    }
    const error = new Error('the service is away');
    const embed = async (documents: readonly unknown[]): Promise<Embedding[]> =>
      documents.map(() => ({ kind: 'failed', error }));
    await assert.rejects(collection.backfill('own', { embed, batch: 2 }), {
      code: 'vectorizer-failed',
      message: /stopped at object 6 of 9.*the service is away/,
    });
    await assert.rejects(collection.backfill('own'), { message: /own .*has no vectorizer/ });
    await assert.rejects(collection.backfill('other'), { code: 'vector-unknown' });
  });
});

function inputsOf({ body }: { readonly body: unknown }): readonly unknown[] {
  return (body as { readonly input: readonly unknown[] }).input;
}
