// What goes wrong while tenants are opened, closed and deleted: crashes, failing disks, calls that meet.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { watchedStore } from '../../../test/simulation/watched-store.ts';
import {
  ManualTimer,
  multi,
  noContext,
  type OpenOptions,
  openDatabase,
  passages,
  uuidOf,
} from '../../../test/simulation/world.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { DirectoryStore } from '../../storage/directory-store.ts';
import { manifestKey } from '../../storage/manifest.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import type { PropertyConfig } from '../collection-config.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import { inlineBuilder, type SegmentBuilder } from '../segment-builder.ts';

function passage(n: number, text = 'fox') {
  return {
    uuid: uuidOf(n),
    properties: { text, number: n },
    vectors: new Map([['mv', multi([[1, n]])]]),
  };
}

const inactive = (name: string) => ({ name, status: 'inactive' }) as const;
const active = (name: string) => ({ name, status: 'active' }) as const;

/** A database with a collection `Plain`, and a collection `Shared` with these tenants. */
async function withTenants(names: readonly string[], options: OpenOptions = {}): Promise<Database> {
  const database = await openDatabase(options);
  await database.createCollection(passages('Plain'));
  const multiTenancy = { enabled: true, autoTenantCreation: false, autoTenantActivation: false };
  await database.createCollection({ ...passages('Shared'), multiTenancy });
  await database.tenants.create(database.collection('Shared'), names.map(active));
  return database;
}

async function insert(database: Database, tenant: string, n: number): Promise<void> {
  await database.insert(tenant === '' ? 'Plain' : 'Shared', passage(n), noContext, tenant);
}

async function countIn(database: Database, tenant: string): Promise<number> {
  using held = await database.hold('Shared', tenant);
  return held.collection.count();
}

/** A checkpoint that seals nothing. */
async function checkpoint(database: Database): Promise<void> {
  await database.createCollection(passages('Passing'));
  await database.deleteCollection('Passing');
}

describe('after a crash', () => {
  test('the log is not asked for what it had before a tenant was used again', async () => {
    let directory = new MemoryDirectory({ seed: 1 });
    let database = await withTenants(['a', 'b'], { directory });
    for (let n = 1; n <= 3; n += 1) {
      await insert(database, '', n);
      await database.flush();
    }
    await insert(database, 'a', 1);
    await checkpoint(database);
    await insert(database, 'b', 1);
    for (const life of [1, 2]) {
      directory = directory.crash('lose');
      database = await openDatabase({ directory });
      for (const name of ['a', 'b']) assert.equal(await countIn(database, name), life);
      await checkpoint(database);
      for (const name of ['a', 'b']) await insert(database, name, 1 + life);
    }
    await database.close();
  });
});

/** A store whose opening of files waits where the gate is shut. */
class Gate {
  readonly reached: Promise<void>;
  /** Keys that wait. */
  prefix: string | undefined;
  readonly #reach: () => void;
  readonly #opened: Promise<void>;
  readonly open: () => void;

  constructor() {
    const reached = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    this.reached = reached.promise;
    this.#reach = reached.resolve;
    this.#opened = opened.promise;
    this.open = opened.resolve;
  }

  async store(directory: MemoryDirectory): Promise<ObjectStore> {
    return watchedStore(await DirectoryStore.open(directory), async (call, key) => {
      if (call !== 'open' || this.prefix === undefined || !key.startsWith(this.prefix)) return;
      this.#reach();
      await this.#opened;
    });
  }
}

/** Tenant `a` of a collection `Target` that `Shared` refers to; closed, with one object. */
async function withTarget(database: Database): Promise<{ readonly folder: string }> {
  const { multiTenancy } = database.collection('Shared').config;
  await database.createCollection({ ...passages('Target'), multiTenancy });
  const target = database.collection('Target');
  await database.addProperty('Shared', { ...referenceProperty, targets: ['Target'] });
  await database.tenants.create(target, [active('a')]);
  const { id } = await database
    .insert('Target', passage(1), noContext, 'a')
    .then(() => [...database.tenants.of(target)][0]!);
  await database.flush();
  await database.tenants.update(target, [inactive('a')]);
  await database.tenants.update(target, [active('a')]);
  return { folder: `collections/${id}/` };
}

const [referenceProperty] = resolveCollection({
  name: 'Any',
  properties: [{ name: 'to', type: 'reference', targets: ['Any'] }],
}).properties as [PropertyConfig];

describe('calls that meet', () => {
  test('what is deleted while it is opened is missing, and not among what is open', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const gate = new Gate();
    await using database = await withTenants(['a'], {
      directory,
      store: await gate.store(directory),
    });
    const { folder } = await withTarget(database);
    await insert(database, 'a', 1);
    await database.tenants.update(database.collection('Target'), [inactive('a')]);
    await database.tenants.update(database.collection('Target'), [active('a')]);
    gate.prefix = folder;
    const held = database.hold('Shared', 'a');
    await gate.reached;
    await database.tenants.delete(database.collection('Shared'), ['a']);
    gate.open();
    await assert.rejects(held, { code: 'tenant-missing' });
    assert.deepEqual(
      database.tenants.openOnes().filter(({ isDropped }) => isDropped),
      [],
    );
  });

  test('a tenant that becomes inactive before it is open is refused', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const gate = new Gate();
    const store = await gate.store(directory);
    await using database = await withTenants(['a'], { directory, store });
    const { folder } = await withTarget(database);
    gate.prefix = folder;
    const held = database.hold('Shared', 'a');
    await gate.reached;
    await database.tenants.update(database.collection('Shared'), [inactive('a')]);
    gate.open();
    await assert.rejects(held, { code: 'tenant-inactive' });
  });

  test('one whose files go while they are opened is missing', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const gate = new Gate();
    const store = await gate.store(directory);
    await using database = await withTenants(['a'], { directory, store });
    const { folder } = await withTarget(database);
    gate.prefix = folder;
    const held = database.hold('Target', 'a');
    await gate.reached;
    await database.tenants.delete(database.collection('Target'), ['a']);
    gate.open();
    await assert.rejects(held, { code: 'tenant-missing' });
  });

  test('one whose collection is deleted meanwhile says so', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const gate = new Gate();
    const store = await gate.store(directory);
    await using database = await withTenants(['a'], { directory, store });
    const { folder } = await withTarget(database);
    gate.prefix = folder;
    const held = database.hold('Target', 'a');
    await gate.reached;
    await database.deleteCollection('Target');
    gate.open();
    await assert.rejects(held, { code: 'collection-missing' });
  });

  test('no tenant is made in a collection that is gone', async () => {
    await using database = await withTenants([]);
    const shared = database.collection('Shared');
    const made = database.tenants.create(shared, [active('a')]);
    const deleted = database.deleteCollection('Shared');
    await assert.rejects(made, { code: 'collection-missing' });
    await deleted;
    assert.deepEqual([...database.tenants.of(shared)], []);
  });

  test('a write to a tenant that is deleted meanwhile says so', async () => {
    await using database = await withTenants(['a']);
    using held = await database.hold('Shared', 'a');
    await database.tenants.delete(database.collection('Shared'), ['a']);
    const written = held.collection.insert(passage(1), noContext);
    await assert.rejects(written, { code: 'tenant-missing' });
  });

  test('one that is closed while others expire is left as it is', async () => {
    const time = new ManualTimer();
    const faults: unknown[] = [];
    let now = Date.parse('2030-01-01');
    await using database = await withTenants(['a', 'b'], {
      timer: time.timer,
      clock: () => now,
      onFault: (error) => void faults.push(error),
    });
    const shared = database.collection('Shared');
    const deleteOn = '_creationTimeUnix';
    const objectTtl = { enabled: true, deleteOn, defaultTtl: 60, filterExpired: false };
    await database.updateCollection({ ...shared.config, objectTtl });
    for (const name of ['a', 'b']) await insert(database, name, 1);
    await database.flush();
    now += 120_000;
    time.pass();
    await database.tenants.update(shared, [inactive('b')]);
    for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(faults, []);
    assert.deepEqual(
      database.tenants.list(shared).map(({ objects }) => objects),
      [0, 1],
    );
    await database.tenants.update(shared, [active('b')]);
    using held = await database.hold('Shared', 'b');
    time.pass();
    while (held.collection.count() > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('many calls', () => {
  test('of a batch over many tenants share what the log syncs', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const names = Array.from({ length: 40 }, (_, n) => `t${n}`);
    await using database = await withTenants(names, { directory });
    const objects = names.map((tenant, n) => ({
      collection: 'Shared',
      tenant: n === 7 ? 'none' : tenant,
      object: passage(n),
    }));
    const before = directory.operations;
    const results = await database.insertMany(objects, noContext);
    assert.ok(directory.operations - before < names.length);
    const failed = results.flatMap(({ kind }, n) => (kind === 'failed' ? [n] : []));
    assert.deepEqual(failed, [7]);
    assert.equal(await countIn(database, 't39'), 1);
  });

  test('are served in time, though more tenants are used than may be open', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const tick = () => new Promise((resolve) => setImmediate(resolve));
    const store = watchedStore(await DirectoryStore.open(directory), async (call) => {
      for (let n = 0; call === 'put' && n < 30; n += 1) await tick();
    });
    const names = Array.from({ length: 97 }, (_, n) => `t${n}`);
    const openLimits = { tenants: 4, bytes: 1 << 30 };
    await using database = await withTenants(names, { directory, store, openLimits });
    const waiting = new Set<number>();
    const calls: Promise<void>[] = [];
    const call = async (n: number) => {
      waiting.add(n);
      await insert(database, names[(n * 31) % names.length]!, n);
      waiting.delete(n);
    };
    for (let n = 0; n < 400; n += 1) {
      calls.push(call(n));
      for (let ticks = 0; ticks < 3; ticks += 1) await tick();
    }
    const [longest = 400] = waiting;
    await Promise.all(calls);
    assert.ok(longest > 200, `call ${longest} of 400 still waits`);
  });
});

describe('merges', () => {
  const names = Array.from({ length: 100 }, (_, n) => `t${n}`);

  /** Four segments of each tenant, of which one becomes. */
  async function fourTimes(database: Database): Promise<void> {
    for (let n = 1; n <= 4; n += 1) {
      await Promise.all(names.map((name) => insert(database, name, n)));
      await database.flush();
    }
  }

  test('of many tenants come into the manifest by few checkpoints', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    let manifests = 0;
    const store = watchedStore(await DirectoryStore.open(directory), (call, key) => {
      if (call === 'put' && key === manifestKey) manifests += 1;
    });
    await using database = await withTenants(names, { directory, store });
    await fourTimes(database);
    await database.settled();
    const segments = database.tenants.openOnes().map((one) => one.segments.sealed.length);
    assert.deepEqual(
      segments,
      names.map(() => 1),
    );
    assert.ok(manifests < 30, `${manifests} manifests`);
    for (const name of names) assert.equal(await countIn(database, name), 4);
  });

  test('that fail keep no inactive tenant open', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const inner = await DirectoryStore.open(directory);
    const built = Promise.withResolvers<void>();
    const builder: SegmentBuilder = {
      ...inlineBuilder(inner),
      build: async () => {
        await built.promise;
        throw new DatabaseError('storage-failed', { message: 'no merge today' });
      },
    };
    await using database = await withTenants(names, { directory, store: inner, builder });
    await fourTimes(database);
    await database.tenants.update(database.collection('Shared'), names.map(inactive));
    assert.ok(database.tenants.openOnes().length > 0);
    built.resolve();
    await database.settled();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(database.tenants.openOnes().length, 0);
  });
});

describe('what is deleted', () => {
  test('leaves no files, also when the deletion was cut short by a crash', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    let isBroken = false;
    const inner = await DirectoryStore.open(directory);
    const store = watchedStore(inner, (call, key) => {
      if (isBroken && call === 'put' && key === manifestKey) throw new Error('no manifest today');
    });
    const database = await withTenants(['a', 'b'], { directory, store });
    for (const name of ['a', 'b']) await insert(database, name, 1);
    await database.flush();
    isBroken = true;
    await database.tenants.delete(database.collection('Shared'), ['a']);
    await using again = await openDatabase({ directory: directory.crash('lose') });
    assert.equal(await countIn(again, 'b'), 1);
    assert.equal((await again.store.list('collections/')).length, 1);
  });

  test('and is still read holds up neither writes nor other changes', async () => {
    await using database = await withTenants(['a', 'b']);
    const shared = database.collection('Shared');
    for (const name of ['a', 'b']) await insert(database, name, 1);
    await database.flush();
    const held = await database.hold('Shared', 'a');
    const reading = held.collection.segments.hold();
    const deleted = database.tenants.delete(shared, ['a']);
    await insert(database, 'b', 2);
    await database.flush();
    await database.tenants.create(shared, [active('c')]);
    assert.equal((await database.store.list('collections/')).length, 3);
    reading[Symbol.dispose]();
    await deleted;
    assert.equal((await database.store.list('collections/')).length, 2);
  });

  test('is told to those who watch, with its number', async () => {
    await using database = await withTenants(['a', 'b', 'c']);
    const shared = database.collection('Shared');
    await insert(database, 'b', 1);
    const ids = [...database.tenants.of(shared)].map(({ id }) => id);
    const heard: number[] = [];
    using _ = database.watch({ deleted: () => undefined, dropped: ({ id }) => heard.push(id) });
    await database.tenants.delete(shared, ['a']);
    assert.deepEqual(heard, ids.slice(0, 1));
    await database.deleteCollection('Shared');
    assert.deepEqual(heard.slice(1).sort(), [shared.id, ...ids.slice(1)].sort());
  });
});
