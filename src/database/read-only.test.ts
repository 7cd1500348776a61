// Collections and tenants that nothing is written to.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noContext, openDatabase, uuidOf } from '../../test/simulation/world.ts';
import type { Filter } from '../engine/filter/filter.ts';
import { MemoryDirectory } from '../storage/memory-directory.ts';
import type { Database } from './database.ts';
import { resolveCollection } from './schema/collection-schema.ts';

const expiring = {
  ...{ enabled: true, deleteOn: '_creationTimeUnix', defaultTtl: 60, filterExpired: false },
};

async function fill(database: Database): Promise<void> {
  const properties = [
    { name: 'text', type: 'text' },
    { name: 'to', type: 'reference', targets: ['Plain'] },
  ] as const;
  await database.createCollection(
    resolveCollection({ name: 'Plain', properties, objectTtl: expiring }),
  );
  const multiTenancy = { enabled: true };
  await database.createCollection(resolveCollection({ name: 'Shared', properties, multiTenancy }));
  const shared = database.collection('Shared');
  const tenants = ['a', 'b'].map((name) => ({ name, status: 'active' as const }));
  await database.tenants.create(shared, tenants);
  for (const [name, tenant] of [
    ['Plain', ''],
    ['Shared', 'a'],
    ['Shared', 'b'],
  ] as const) {
    const object = { uuid: uuidOf(1), properties: { text: 'one' }, vectors: new Map() };
    await database.insert(name, object, noContext, tenant);
  }
}

const everything: Filter = {
  ...{ kind: 'compare', operator: 'like', target: { kind: 'property', name: 'text' } },
  value: '*',
};

/** The messages of everything that writes. */
async function messagesOf(
  database: Database,
  name: string,
  tenant: string,
): Promise<readonly string[]> {
  using held = await database.hold(name, tenant);
  const { collection } = held;
  const object = { properties: { text: 'two' }, vectors: new Map() };
  const reference = { uuid: uuidOf(1), property: 'to', to: `Plain/${uuidOf(1)}` };
  const failed = async (write: Promise<unknown>): Promise<string> =>
    await write.then(
      () => 'done',
      (error: Error) => error.message,
    );
  const [batch] = await database.insertMany([{ collection: name, tenant, object }], noContext);
  const [added] = await database.addReferences([{ collection: name, tenant, reference }]);
  return [
    await failed(database.insert(name, object, noContext, tenant)),
    batch?.kind === 'failed' ? batch.error.message : 'done',
    await failed(collection.replace(uuidOf(1), object, noContext)),
    await failed(collection.merge(uuidOf(1), object, noContext)),
    added?.message ?? 'done',
    await failed(collection.addReference(reference)),
    await failed(collection.replaceReferences(uuidOf(1), 'to', [])),
    await failed(collection.deleteMany(everything, { dryRun: false, verbose: false })),
    await failed(collection.delete(uuidOf(1))),
  ];
}

const refused = (shard: string): RegExp => new RegExp(`^shard="${shard}": store is read-only`);

async function found(database: Database, name: string, tenant: string): Promise<number> {
  using held = await database.hold(name, tenant);
  const query = { kind: 'fetch', offset: 0, limit: 9, autocut: 0, sort: [] } as const;
  const { hits } = await held.collection.search(
    query,
    { explain: false, vectors: false },
    noContext,
  );
  return hits.length;
}

describe('a collection that is read-only', () => {
  test('refuses every write, and is searched as before', async () => {
    await using database = await openDatabase();
    await fill(database);
    await database.setReadOnly('Plain', '', true);
    for (const message of await messagesOf(database, 'Plain', '')) {
      assert.match(message, refused('main'));
    }
    assert.deepEqual(
      [await found(database, 'Plain', ''), database.collection('Plain').isReadOnly],
      [1, true],
    );
    await database.setReadOnly('Plain', '', false);
    const written = await messagesOf(database, 'Plain', '');
    assert.deepEqual(new Set(written), new Set(['done']));
  });

  test('is that for one tenant, and for no other', async () => {
    await using database = await openDatabase();
    await fill(database);
    await database.setReadOnly('Shared', 'a', true);
    for (const message of await messagesOf(database, 'Shared', 'a')) {
      assert.match(message, refused('a'));
    }
    assert.equal(await found(database, 'Shared', 'a'), 1);
    assert.deepEqual(new Set(await messagesOf(database, 'Shared', 'b')), new Set(['done']));
    await assert.rejects(database.setReadOnly('Shared', 'zz', true), { code: 'tenant-missing' });
    await assert.rejects(database.setReadOnly('Shared', '', true), /without tenant/);
  });

  test('stays so with another configuration, and after a restart from log and manifest', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    for (const isFlushed of [false, true]) {
      await using database = await openDatabase({ directory });
      if (!isFlushed) await fill(database);
      if (!isFlushed) await database.setReadOnly('Plain', '', true);
      if (!isFlushed) await database.setReadOnly('Shared', 'a', true);
      const { readOnly, ...config } = database.collection('Plain').config;
      assert.equal(readOnly, true);
      const changed = await database.updateCollection({ ...config, description: 'other' });
      assert.deepEqual([changed.readOnly, changed.description], [true, 'other']);
      const inactive = [{ name: 'a', status: 'inactive' as const }];
      await database.tenants.update(database.collection('Shared'), inactive);
      await database.tenants.update(database.collection('Shared'), [
        { name: 'a', status: 'active' },
      ]);
      if (isFlushed) await database.flush();
    }
    await using database = await openDatabase({ directory });
    const known = database.tenants.list(database.collection('Shared'));
    assert.deepEqual(
      known.map(({ name, isReadOnly }) => [name, isReadOnly]),
      [
        ['a', true],
        ['b', undefined],
      ],
    );
    const messages = [
      ...(await messagesOf(database, 'Shared', 'a')),
      ...(await messagesOf(database, 'Plain', '')),
    ];
    for (const message of messages) assert.match(message, /read-only/);
    await database.setReadOnly('Shared', 'a', false);
    assert.deepEqual(new Set(await messagesOf(database, 'Shared', 'a')), new Set(['done']));
  });

  test('keeps what expires until it may be written to again', async () => {
    let now = 1_700_000_000_000;
    await using database = await openDatabase({ clock: () => now });
    await fill(database);
    const plain = database.collection('Plain');
    await database.setReadOnly('Plain', '', true);
    now += 61_000;
    assert.deepEqual([await plain.deleteExpired(), plain.count()], [0, 1]);
    await database.setReadOnly('Plain', '', false);
    assert.deepEqual([await plain.deleteExpired(), plain.count()], [1, 0]);
  });
});
