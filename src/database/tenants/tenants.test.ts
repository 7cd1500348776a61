import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  multi,
  noContext,
  type OpenOptions,
  openDatabase,
  passages,
  uuidOf,
} from '../../../test/simulation/world.ts';
import type { Query } from '../../engine/query/query.ts';
import { DirectoryStore } from '../../storage/directory-store.ts';
import { FileLog } from '../../storage/file-log.ts';
import { manifestKey } from '../../storage/manifest.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { Collection } from '../collection.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';

type Tenancy = CollectionConfig['multiTenancy'];

const tenancy: Tenancy = {
  enabled: true,
  autoTenantCreation: false,
  autoTenantActivation: false,
};

const keyword = (text: string): Query => ({
  kind: 'keyword',
  offset: 0,
  limit: 100,
  autocut: 0,
  search: { text, operator: { kind: 'or', matchesMin: 1 } },
});

function passage(n: number, text: string) {
  return {
    uuid: uuidOf(n),
    properties: { text, number: n },
    vectors: new Map([['mv', multi([[1, n]])]]),
  };
}

/** A database with a collection `Shared` and these tenants. */
async function withTenants(
  names: readonly string[],
  { auto = {}, ...options }: OpenOptions & { readonly auto?: Partial<Tenancy> } = {},
): Promise<Database> {
  const database = await openDatabase(options);
  await database.createCollection({
    ...passages('Shared'),
    multiTenancy: { ...tenancy, ...auto },
  });
  await database.tenants.create(
    database.collection('Shared'),
    names.map((name) => ({ name, status: 'active' })),
  );
  return database;
}

async function within<T>(
  database: Database,
  tenant: string,
  work: (collection: Collection) => T | Promise<T>,
  collection = 'Shared',
): Promise<T> {
  using held = await database.hold(collection, tenant);
  return await work(held.collection);
}

async function insert(database: Database, tenant: string, n: number, text: string) {
  return await database.insert('Shared', passage(n, text), noContext, tenant);
}

async function found(collection: Collection, word: string): Promise<unknown[]> {
  const { hits } = await collection.search(keyword(word), { explain: false }, noContext);
  return hits.map(({ document }) => document.properties['text']);
}

function listed(database: Database) {
  return database.tenants.list(database.collection('Shared'));
}

function openNames(database: Database): string[] {
  return listed(database).flatMap(({ name, isOpen }) => (isOpen ? [name] : []));
}

const open = (tenants: number) => ({ tenants, bytes: 1 << 30 });

describe('tenants', () => {
  test('the same uuid is another object in each tenant, and none sees the other', async () => {
    await using database = await withTenants(['a', 'b']);
    await insert(database, 'a', 1, 'red fox');
    await insert(database, 'b', 1, 'red whale');
    await insert(database, 'b', 2, 'blue whale');
    await within(database, 'a', async (collection) => {
      assert.equal(collection.get(uuidOf(1))?.properties['text'], 'red fox');
      assert.equal(collection.get(uuidOf(2)), undefined);
      assert.equal(collection.count(), 1);
      assert.deepEqual(await found(collection, 'whale red'), ['red fox']);
      assert.equal(await collection.delete(uuidOf(1)), true);
    });
    await within(database, 'b', async (collection) => {
      assert.equal(collection.get(uuidOf(1))?.properties['text'], 'red whale');
      assert.equal(collection.count(), 2);
    });
  });

  test('a call names a tenant that exists, where there are tenants, and only there', async () => {
    await using database = await withTenants(['a']);
    await database.createCollection(passages('Plain'));
    await assert.rejects(database.hold('Shared', 'b'), { message: 'tenant not found: "b"' });
    await assert.rejects(database.hold('Shared', ''), {
      message: 'class Shared has multi-tenancy enabled, but request was without tenant',
    });
    await assert.rejects(database.hold('Plain', 'a'), {
      message: 'class Plain has multi-tenancy disabled, but request was with tenant',
    });
    const plain = database.collection('Plain');
    assert.throws(() => database.tenants.list(plain), {
      message: 'multi-tenancy is not enabled for class "Plain"',
    });
    const shared = database.collection('Shared');
    assert.throws(() => shared.count(), /without tenant/);
    await assert.rejects(shared.insert(passage(1, 'x'), noContext), /without tenant/);
    await assert.rejects(
      shared.search(keyword('x'), { explain: false }, noContext),
      /without tenant/,
    );
  });

  test('a batch goes to the tenants that its objects name, and a fault stays with its objects', async () => {
    await using database = await withTenants(['a', 'b']);
    const results = await database.insertMany(
      [
        { collection: 'Shared', tenant: 'a', object: passage(1, 'one') },
        { collection: 'Shared', tenant: 'zz', object: passage(2, 'two') },
        { collection: 'Shared', object: passage(3, 'three') },
        { collection: 'shared', tenant: 'b', object: passage(1, 'four') },
      ],
      noContext,
    );
    assert.deepEqual(
      results.map((result) => (result.kind === 'failed' ? result.error.message : result.kind)),
      [
        'stored',
        'tenant not found: "zz"',
        'class Shared has multi-tenancy enabled, but request was without tenant',
        'stored',
      ],
    );
    assert.deepEqual(
      listed(database).map(({ name, objects }) => [name, objects]),
      [
        ['a', 1],
        ['b', 1],
      ],
    );
  });

  test('names that are none are refused with their place, and none is made', async () => {
    await using database = await withTenants([]);
    const shared = database.collection('Shared');
    for (const name of ['a b', '', 'x'.repeat(65), 'ü', 'a/b', '../a']) {
      const inputs = [
        { name: 'good', status: 'active' },
        { name, status: 'active' },
      ] as const;
      await assert.rejects(database.tenants.create(shared, inputs), /tenant name at index 1: /);
    }
    assert.deepEqual(listed(database), []);
  });

  test('insertions make tenants where the collection says so, once', async () => {
    await using database = await withTenants([], { auto: { autoTenantCreation: true } });
    const many = Array.from({ length: 20 }, (_, n) =>
      insert(database, `t${n % 4}`, n, `text ${n}`),
    );
    await Promise.all(many);
    assert.deepEqual(
      listed(database).map(({ name, objects }) => `${name} ${objects}`),
      ['t0 5', 't1 5', 't2 5', 't3 5'],
    );
    await assert.rejects(database.hold('Shared', 'other'), { code: 'tenant-missing' });
    await assert.rejects(insert(database, 'no name', 1, 'x'), /not a valid tenant name/);
  });

  test('tenants that a batch makes are one record of the log, and a bad name keeps none back', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const log = await FileLog.open(directory);
    const options = { directory, log, auto: { autoTenantCreation: true } };
    await using database = await withTenants([], options);
    const before = log.lastSequence;
    const placed = Array.from({ length: 64 }, (_, n) => ({
      ...{ collection: 'Shared', tenant: n === 9 ? 'no name' : `t${n}` },
      object: passage(n, `text ${n}`),
    }));
    const results = await database.insertMany(placed, noContext);
    assert.deepEqual(
      results.flatMap(({ kind }, n) => (kind === 'failed' ? [n] : [])),
      [9],
    );
    assert.equal(listed(database).length, 63);
    // One for the objects of each, and one that makes them.
    assert.equal(log.lastSequence - before, 64);
  });

  test('an inactive tenant is closed and refused until it is active again', async () => {
    await using database = await withTenants(['a', 'b']);
    const shared = database.collection('Shared');
    await insert(database, 'a', 1, 'red fox');
    await insert(database, 'a', 2, 'blue fox');
    await within(database, 'a', (collection) => collection.delete(uuidOf(2)));
    await database.tenants.update(shared, [{ name: 'a', status: 'inactive' }]);
    assert.deepEqual(database.tenants.list(shared, ['a', 'zz']), [
      { name: 'a', status: 'inactive', objects: 1, isOpen: false },
    ]);
    await assert.rejects(database.hold('Shared', 'a'), { message: "tenant not active: 'a'" });
    await assert.rejects(insert(database, 'a', 3, 'x'), { code: 'tenant-inactive' });
    await database.tenants.update(shared, [{ name: 'a', status: 'active' }]);
    await within(database, 'a', async (collection) => {
      assert.deepEqual(await found(collection, 'fox'), ['red fox']);
      assert.equal(collection.get(uuidOf(2)), undefined);
    });
  });

  test('an inactive tenant that is asked for is active where the collection says so', async () => {
    await using database = await withTenants(['a'], { auto: { autoTenantActivation: true } });
    const shared = database.collection('Shared');
    await insert(database, 'a', 1, 'red fox');
    await database.tenants.update(shared, [{ name: 'a', status: 'inactive' }]);
    assert.deepEqual(openNames(database), []);
    await within(database, 'a', (collection) => assert.equal(collection.count(), 1));
    assert.equal(listed(database)[0]?.status, 'active');
  });

  test('of several changes none is made when one tenant is unknown', async () => {
    await using database = await withTenants(['a']);
    const changes = ['a', 'zz'].map((name) => ({ name, status: 'inactive' as const }));
    const shared = database.collection('Shared');
    await assert.rejects(database.tenants.update(shared, changes), { code: 'tenant-missing' });
    assert.equal(listed(database)[0]?.status, 'active');
  });
});

describe('open tenants', () => {
  const names = Array.from({ length: 20 }, (_, n) => `t${n}`);

  test('are few, whatever is asked: the least recently used are closed', async () => {
    await using database = await withTenants(names, { openLimits: open(8) });
    for (const [n, name] of names.entries()) await insert(database, name, n, `fox ${name}`);
    await database.tenants.closeUnused();
    const left = openNames(database);
    assert.ok(left.length >= 7 && left.length <= 8);
    assert.deepEqual(left.sort(), names.slice(-left.length).sort());
    for (const name of names) {
      await within(database, name, async (collection) => {
        assert.deepEqual(await found(collection, 'fox'), [`fox ${name}`]);
      });
    }
    await database.tenants.closeUnused();
    assert.ok(openNames(database).length <= 8);
    assert.deepEqual(new Set(listed(database).map(({ objects }) => objects)), new Set([1]));
  });

  test('stay open while a call works on them, though others are more recent or they are inactive', async () => {
    await using database = await withTenants(names, { openLimits: open(2) });
    await insert(database, 't0', 1, 'red fox');
    using held = await database.hold('Shared', 't0');
    const shared = database.collection('Shared');
    await database.tenants.update(shared, [{ name: 't0', status: 'inactive' }]);
    for (const name of names.slice(1)) await insert(database, name, 1, 'fox');
    await database.tenants.closeUnused();
    assert.ok(openNames(database).includes('t0'));
    await held.collection.insert(passage(2, 'blue fox'), noContext);
    assert.equal(held.collection.count(), 2);
    held[Symbol.dispose]();
    await database.tenants.closeUnused();
    assert.ok(!openNames(database).includes('t0'));
    assert.equal(listed(database).find(({ name }) => name === 't0')?.objects, 2);
  });

  test('take so much memory: one that is large is closed though few are open', async () => {
    const openLimits = { tenants: 8, bytes: 1 };
    await using database = await withTenants(['a', 'b'], { openLimits });
    for (const name of ['a', 'b']) await insert(database, name, 1, 'fox');
    await database.flush();
    for (const name of ['a', 'b']) {
      await within(database, name, (collection) => assert.equal(collection.count(), 1));
    }
    await database.tenants.closeUnused();
    assert.ok(openNames(database).length < 2);
  });

  test('are opened once by calls at the same time', async () => {
    await using database = await withTenants(['a'], { auto: { autoTenantActivation: true } });
    await insert(database, 'a', 1, 'fox');
    const shared = database.collection('Shared');
    await database.tenants.update(shared, [{ name: 'a', status: 'inactive' }]);
    const held = await Promise.all(names.map(() => database.hold('Shared', 'a')));
    assert.equal(new Set(held.map(({ collection }) => collection)).size, 1);
    for (const one of held) one[Symbol.dispose]();
  });

  test('of thousands come into the manifest by few checkpoints', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const inner = await DirectoryStore.open(directory);
    let manifests = 0;
    const store = watched(inner, (key) => {
      manifests += key === manifestKey ? 1 : 0;
    });
    const many = Array.from({ length: 600 }, (_, n) => `t${n}`);
    await using database = await withTenants(many, { directory, store, openLimits: open(64) });
    for (const [n, name] of many.entries()) await insert(database, name, n, 'fox');
    await database.tenants.closeUnused();
    assert.ok(openNames(database).length <= 64);
    assert.ok(manifests < 160, `${manifests} manifests`);
    const objects = listed(database).reduce((sum, one) => sum + one.objects, 0);
    assert.equal(objects, many.length);
  });
});

/** A store that tells what is put; a listener that throws makes the put fail. */
function watched(inner: ObjectStore, put: (key: string) => void): ObjectStore {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        if (name === 'put') put(parameters[0] as string);
        return value.apply(target, parameters);
      };
    },
  });
}

describe('tenants on disk', () => {
  for (const flush of [false, true]) {
    const how = flush ? 'from the manifest' : 'from the log';
    test(`are there again after a restart, with their states and objects, ${how}`, async () => {
      const directory = new MemoryDirectory({ seed: 1 });
      {
        await using database = await withTenants(['a', 'b', 'c', 'gone'], { directory });
        const shared = database.collection('Shared');
        await insert(database, 'a', 1, 'red fox');
        await insert(database, 'b', 1, 'red whale');
        await insert(database, 'gone', 1, 'dodo');
        if (flush) await database.flush();
        await within(database, 'b', (collection) => collection.delete(uuidOf(1)));
        await database.tenants.delete(shared, ['gone', 'never']);
        await database.tenants.update(shared, [{ name: 'c', status: 'inactive' }]);
      }
      await using database = await openDatabase({ directory });
      assert.deepEqual(
        listed(database).map(({ name, status, objects }) => `${name} ${status} ${objects}`),
        ['a active 1', 'b active 0', 'c inactive 0'],
      );
      await within(database, 'a', async (collection) => {
        assert.deepEqual(await found(collection, 'fox'), ['red fox']);
      });
      const numbers = new Set<number>();
      await database.tenants.create(database.collection('Shared'), [
        { name: 'gone', status: 'active' },
      ]);
      for (const name of ['a', 'b', 'gone']) {
        await within(database, name, ({ id }) => void numbers.add(id));
      }
      assert.equal(numbers.size, 3);
      await within(database, 'gone', (collection) => assert.equal(collection.count(), 0));
    });
  }

  test('that are deleted leave no files, alone or with their collection', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    await using database = await withTenants(['a', 'b'], { directory });
    const keys = async () =>
      (await database.store.list('collections/')).map(({ key }) => key.split('/')[1]);
    for (const name of ['a', 'b']) await insert(database, name, 1, 'fox');
    await database.flush();
    assert.equal((await keys()).length, 2);
    await database.tenants.delete(database.collection('Shared'), ['a']);
    assert.equal((await keys()).length, 1);
    await database.deleteCollection('Shared');
    assert.deepEqual(await keys(), []);
  });

  test('stay deleted after a crash, also where the manifest could not be written', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    let isBroken = false;
    const store = watched(await DirectoryStore.open(directory), (key) => {
      if (isBroken && key === manifestKey) throw new Error('no manifest today');
    });
    const database = await withTenants(['a', 'b'], { directory, store });
    await insert(database, 'a', 1, 'fox');
    await insert(database, 'b', 1, 'whale');
    await database.flush();
    isBroken = true;
    await database.tenants.delete(database.collection('Shared'), ['a']);
    await using again = await openDatabase({ directory: directory.crash('lose') });
    assert.deepEqual(
      listed(again).map(({ name, objects }) => `${name} ${objects}`),
      ['b 1'],
    );
  });

  test('are not made when the log can not say so', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    await using database = await withTenants(['a'], { directory });
    directory.failOperation(1, 'once');
    const shared = database.collection('Shared');
    const input = { name: 'b', status: 'active' } as const;
    await assert.rejects(database.tenants.create(shared, [input]));
    assert.deepEqual(
      listed(database).map(({ name }) => name),
      ['a'],
    );
  });
});

describe('what tenants share', () => {
  test('is the configuration: properties that one brings are there for all', async () => {
    await using database = await withTenants(['a', 'b']);
    const object = { properties: { colour: 'red' }, vectors: new Map() };
    await within(database, 'b', async (other) => {
      await database.insert('Shared', object, noContext, 'a');
      assert.ok(other.config.properties.some(({ name }) => name === 'colour'));
      await other.insert({ ...object, uuid: uuidOf(9) }, noContext);
      assert.deepEqual(await found(other, 'red'), [undefined]);
    });
  });

  test('is not what references lead to: they stay in their tenant', async () => {
    await using database = await openDatabase();
    const author = resolveCollection({
      name: 'Author',
      properties: [{ name: 'name', type: 'text' }],
      multiTenancy: tenancy,
    });
    await database.createCollection(author);
    await database.createCollection(
      resolveCollection({
        name: 'Book',
        properties: [
          { name: 'title', type: 'text' },
          { name: 'by', type: 'reference', targets: ['Author'] },
        ],
        multiTenancy: tenancy,
      }),
    );
    const active = (name: string) => ({ name, status: 'active' }) as const;
    for (const name of ['Author', 'Book']) {
      const names = name === 'Book' ? ['a', 'b', 'c'] : ['a', 'b'];
      await database.tenants.create(database.collection(name), names.map(active));
    }
    const vectors = new Map();
    const [one, two] = [uuidOf(1), uuidOf(2)];
    const name = (text: string) => ({ uuid: one, properties: { name: text }, vectors });
    await database.insert('Author', name('Lem'), noContext, 'a');
    await database.insert('Author', name('Strugatsky'), noContext, 'b');
    const book = (title: string) => ({
      uuid: two,
      properties: { title, by: [`Author/${one}`] },
      vectors,
    });
    await database.insert('Book', book('Solaris'), noContext, 'a');
    await database.insert('Book', book('Picnic'), noContext, 'b');
    await assert.rejects(
      database.insert('Book', book('Nothing'), noContext, 'c'),
      /no object with id .* found in collection Author/,
    );
    const byLem = {
      kind: 'reference',
      property: 'by',
      filter: {
        kind: 'compare',
        operator: 'equal',
        target: { kind: 'property', name: 'name' },
        value: 'Lem',
      },
    } as const;
    for (const [tenant, count] of [
      ['a', 1],
      ['b', 0],
      ['c', 0],
    ] as const) {
      await within(
        database,
        tenant,
        (collection) => assert.equal(collection.count(byLem), count, tenant),
        'Book',
      );
    }
    await within(
      database,
      'b',
      (collection) =>
        assert.equal(collection.referredTo('Author')?.get(one)?.properties['name'], 'Strugatsky'),
      'Book',
    );
    const authors = database.collection('Author');
    await database.tenants.update(authors, [{ name: 'a', status: 'inactive' }]);
    await within(
      database,
      'a',
      (collection) => assert.throws(() => collection.count(byLem), { code: 'tenant-inactive' }),
      'Book',
    );
  });

  test('is not a collection whose tenant is inactive, when a beacon names none', async () => {
    await using database = await withTenants(['a']);
    await database.createCollection({ ...passages('Inner'), multiTenancy: tenancy });
    await database.createCollection(passages('Plain'));
    const inner = database.collection('Inner');
    await database.tenants.create(inner, [{ name: 'a', status: 'inactive' }]);
    await database.insert('Plain', passage(1, 'fox'), noContext);
    const properties = { link: [{ beacon: `weaviate://localhost/${uuidOf(1)}` }] };
    const object = { uuid: uuidOf(2), properties, vectors: new Map() };
    const stored = await database.insert('Shared', object, noContext, 'a');
    assert.deepEqual(stored.properties['link'], [`Plain/${uuidOf(1)}`]);
  });
});
