// Imports into tenants: what each has, and the pictures and records beside it.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closePages, filesFor, IngestWorld, pdfOf } from '../../test/ingest-world.ts';
import { pageCollection, pageUuid } from './page-collection.ts';

after(closePages);

async function openWorld(autoTenantCreation = false): Promise<IngestWorld> {
  const world = await IngestWorld.open();
  const config = pageCollection('Files', { text: 'letters', page: undefined });
  const multiTenancy = { ...config.multiTenancy, enabled: true, autoTenantCreation };
  await world.database.createCollection({ ...config, multiTenancy });
  const tenants = ['red', 'blue'].map((name) => ({ name, status: 'active' as const }));
  await world.database.tenants.create(world.collection, tenants);
  return world;
}

async function countOf({ database }: IngestWorld, tenant: string): Promise<number> {
  using held = await database.hold('Files', tenant);
  return held.collection.count();
}

async function hasPicture({ database, importer }: IngestWorld, tenant: string): Promise<boolean> {
  using held = await database.hold('Files', tenant);
  const image = await importer.images.read(held.collection, pageUuid('a.pdf', 1), 'page');
  return image !== undefined;
}

describe('importing into tenants', () => {
  test('each has pages and pictures of its own, also after a restart', async (t) => {
    const path = filesFor(t)('a.pdf', pdfOf(['one', 'two']));
    await using world = await openWorld();
    assert.equal((await world.run([path], { tenant: 'red' })).written, 2);
    assert.deepEqual([await countOf(world, 'red'), await countOf(world, 'blue')], [2, 0]);
    assert.deepEqual(
      [await hasPicture(world, 'red'), await hasPicture(world, 'blue')],
      [true, false],
    );
    // What one has imported is new to the other.
    assert.equal((await world.run([path], { tenant: 'blue' })).written, 2);
    await world.reopen();
    assert.equal(await world.pictureCount(), 4);
    for (const tenant of ['red', 'blue']) {
      assert.equal((await world.run([path], { tenant })).unchanged, 1, tenant);
      assert.equal(await hasPicture(world, tenant), true, tenant);
    }
  });

  test('pictures and records go with their objects and their tenant', async (t) => {
    const path = filesFor(t)('a.pdf', pdfOf(['one', 'two']));
    await using world = await openWorld();
    for (const tenant of ['red', 'blue']) await world.run([path], { tenant });
    {
      using held = await world.database.hold('Files', 'red');
      await held.collection.delete(pageUuid('a.pdf', 1));
      await world.importer.images.settled;
    }
    assert.equal(await world.pictureCount(), 3);
    await world.database.tenants.delete(world.collection, ['blue']);
    await world.reopen();
    assert.equal(await world.pictureCount(), 1);
    assert.equal((await world.database.store.list('imports/')).length, 1);
  });

  test('rows become objects of the tenant, which is made where its collection says so', async (t) => {
    const path = filesFor(t)(
      'a.jsonl',
      Buffer.from('{"id":1,"text":"one"}\n{"id":2,"text":"two"}\n'),
    );
    await using world = await openWorld(true);
    assert.equal((await world.run([path], { tenant: 'new' })).written, 2);
    assert.deepEqual([await countOf(world, 'new'), await countOf(world, 'red')], [2, 0]);
  });

  test('a tenant must be named, known and active', async (t) => {
    const path = filesFor(t)('a.pdf', pdfOf(['one']));
    await using world = await openWorld();
    await assert.rejects(world.run([path]), /request was without tenant/);
    await assert.rejects(world.run([path], { tenant: 'nobody' }), { code: 'tenant-missing' });
    const inactive = [{ name: 'red', status: 'inactive' as const }];
    await world.database.tenants.update(world.collection, inactive);
    await assert.rejects(world.run([path], { tenant: 'red' }), { code: 'tenant-inactive' });
    assert.equal(await countOf(world, 'blue'), 0);
    assert.equal(await world.pictureCount(), 0);
  });
});
