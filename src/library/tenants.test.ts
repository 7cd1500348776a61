// Tenants as callers of the library have them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLibrary } from '../../test/library-world.ts';
import { uuidOf } from '../../test/simulation/world.ts';
import type { TesseraeCollection } from './collection.ts';
import type { Tesserae } from './tesserae.ts';

interface Note {
  readonly text: string;
  readonly about?: readonly string[];
}

async function openNotes(
  db: Tesserae,
  multiTenancy: { readonly autoTenantCreation?: boolean } = {},
): Promise<TesseraeCollection<Note>> {
  const things = await db.createCollection({
    ...{ name: 'Thing', multiTenancy: { enabled: true } },
    properties: [{ name: 'text', type: 'text' }],
  });
  await things.tenants.create(['red', 'blue']);
  const notes = await db.createCollection<Note>({
    ...{ name: 'Note', multiTenancy: { enabled: true, ...multiTenancy } },
    properties: [
      { name: 'text', type: 'text' },
      { name: 'about', type: 'reference', targets: ['Thing'] },
    ],
  });
  await notes.tenants.create(['red', 'blue']);
  for (const name of ['red', 'blue']) {
    using thing = await things.withTenant(name);
    await thing.insert({ uuid: uuidOf(9), properties: { text: `${name} thing` } });
    using own = await notes.withTenant(name);
    const about = [`Thing/${uuidOf(9)}`];
    await own.insert({ uuid: uuidOf(1), properties: { text: `${name} note`, about } });
  }
  return notes;
}

describe('a tenant of the library', () => {
  test('is used like a collection, and sees what is its own', async () => {
    await using db = await openLibrary();
    const notes = await openNotes(db);
    using red = await notes.withTenant('red');
    using blue = await notes.withTenant('blue');
    assert.deepEqual([red.name, red.count(), red.exists(uuidOf(1))], ['Note', 1, true]);
    assert.equal(red.get(uuidOf(1))?.properties.text, 'red note');
    await red.merge(uuidOf(1), { properties: { text: 'red again' } });
    await red.insert({ properties: { text: 'red more' } });
    const [hit, ...others] = await blue.search({ kind: 'keyword', text: 'red blue' });
    assert.deepEqual([hit?.properties.text, others], ['blue note', []]);
    const { count } = await red.aggregate({});
    assert.deepEqual([count, blue.count()], [2, 1]);
    const reference = blue.get(uuidOf(1))?.properties.about?.[0] ?? '';
    assert.equal(blue.resolve<{ text: string }>(reference)?.properties.text, 'blue thing');
    assert.equal(db.resolve(reference), undefined);
    assert.equal((await red.deleteMany(red.filters.property('text').equal('red'))).successful, 2);
    assert.equal(blue.count(), 1);
  });

  test('must be named, known, active and not given back', async () => {
    await using db = await openLibrary();
    const notes = await openNotes(db);
    const refused = (asked: Promise<unknown>, code: string, message: RegExp): Promise<void> =>
      assert.rejects(asked, { code, message });
    await refused(
      notes.search({ kind: 'keyword', text: 'x' }),
      'invalid-argument',
      /without tenant/,
    );
    await refused(
      notes.insert({ properties: { text: 'x' } }),
      'invalid-argument',
      /without tenant/,
    );
    await refused(notes.withTenant('nobody'), 'tenant-missing', /nobody/);
    await notes.tenants.update([{ name: 'blue', status: 'inactive' }]);
    await refused(notes.withTenant('blue'), 'tenant-inactive', /blue/);
    const red = await notes.withTenant('red');
    red[Symbol.dispose]();
    red[Symbol.dispose]();
    assert.throws(() => red.count(), /tenant red of collection Note was given back/);
    const plain = await db.createCollection({ name: 'Plain' });
    await refused(plain.withTenant('red'), 'invalid-argument', /multi-tenancy disabled/);
    assert.throws(() => plain.tenants.list(), { code: 'invalid-argument' });
  });

  test('is made, listed, changed and removed', async () => {
    await using db = await openLibrary();
    const { tenants } = await openNotes(db);
    await tenants.create(['green', { name: 'grey', status: 'inactive' }]);
    const known = (names?: readonly string[]): unknown[] =>
      tenants.list(names).map(({ name, status, objects }) => [name, status, objects]);
    assert.deepEqual(known(['red', 'grey', 'nobody']), [
      ['grey', 'inactive', 0],
      ['red', 'active', 1],
    ]);
    await tenants.update([
      { name: 'grey', status: 'active' },
      { name: 'red', status: 'inactive' },
    ]);
    await tenants.delete(['green', 'blue', 'nobody']);
    assert.deepEqual(known(), [
      ['grey', 'active', 0],
      ['red', 'inactive', 1],
    ]);
    await assert.rejects(tenants.create(['fine', 'not fine']), /tenant name at index 1/);
    assert.deepEqual(known(['fine']), []);
  });

  test('is made when it is asked for, where the collection says so', async () => {
    await using db = await openLibrary();
    const notes = await openNotes(db, { autoTenantCreation: true });
    using green = await notes.withTenant('green');
    await green.insert({ properties: { text: 'green' } });
    assert.deepEqual([green.count(), notes.tenants.list(['green'])[0]?.objects], [1, 1]);
  });
});
