// What happens to tenants while a backfill goes through them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { multi, noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import type { DocumentEmbedder } from './backfill.ts';

/** Tenants a, b and c, each with one object that lacks the vector `made`. */
async function filled(): Promise<Database> {
  const database = await openDatabase();
  await database.createCollection(
    resolveCollection({
      name: 'Pages',
      properties: [{ name: 'text', type: 'text' }],
      vectors: [
        { name: 'own', kind: 'multi' },
        { name: 'made', kind: 'multi' },
      ],
      multiTenancy: { enabled: true, autoTenantCreation: true, autoTenantActivation: false },
    }),
  );
  for (const tenant of ['a', 'b', 'c']) {
    const vectors = new Map([['own', multi([[1, 1]])]]);
    const object = { uuid: uuidOf(1), properties: { text: tenant }, vectors };
    await database.insert('Pages', object, noContext, tenant);
  }
  await database.collection('Pages').markBackfill('made', 'pending');
  return database;
}

/** Embeds everything; `meanwhile` is called with the tenant whose object is embedded. */
function embedder(meanwhile: (tenant: string) => unknown): DocumentEmbedder {
  return async (documents) => {
    for (const { properties } of documents) await meanwhile(properties['text'] as string);
    return documents.map(() => ({ kind: 'vector', vector: multi([[1, 2]]) }));
  };
}

/** The tenants whose object has the vector, and what is marked as to be done. */
async function outcome(database: Database): Promise<readonly [string, string | undefined]> {
  const pages = database.collection('Pages');
  let done = '';
  for (const { name } of database.tenants.list(pages)) {
    using held = await database.hold('Pages', name);
    if (held.collection.get(uuidOf(1))?.vectors.has('made')) done += name;
  }
  return [done, pages.config.vectors.find(({ name }) => name === 'made')?.backfill];
}

describe('a backfill of tenants', () => {
  test('that is ended between two of them is still to be done', async () => {
    await using database = await filled();
    const stop = new AbortController();
    const embed = embedder(() => stop.abort());
    const pages = database.collection('Pages');
    const { done, total } = await pages.backfill('made', { embed, signal: stop.signal });
    assert.deepEqual([done, total], [1, 3]);
    assert.deepEqual(await outcome(database), ['a', 'pending']);
  });

  test('takes those with it that become active meanwhile', async () => {
    await using database = await filled();
    const pages = database.collection('Pages');
    await database.tenants.update(pages, [{ name: 'a', status: 'inactive' }]);
    const activate = () => database.tenants.update(pages, [{ name: 'a', status: 'active' }]);
    const embed = embedder((tenant) => (tenant === 'c' ? activate() : undefined));
    const { done, total } = await pages.backfill('made', { embed });
    assert.deepEqual([done, total], [3, 3]);
    assert.deepEqual(await outcome(database), ['abc', undefined]);
  });

  test('goes on with the others when one is deleted', async () => {
    await using database = await filled();
    const pages = database.collection('Pages');
    const embed = embedder((tenant) =>
      tenant === 'b' ? database.tenants.delete(pages, ['b']) : undefined,
    );
    await pages.backfill('made', { embed });
    assert.deepEqual(await outcome(database), ['ac', undefined]);
  });
});
