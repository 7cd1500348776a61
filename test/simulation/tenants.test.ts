// Many callers at once over tenants that are opened, closed, made inactive, deleted and made again, while the
// store fails now and then and the machine loses power. Each caller has tenants of its own beside a model.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Database } from '../../src/database/database.ts';
import { DatabaseError } from '../../src/engine/errors.ts';
import { DirectoryStore } from '../../src/storage/directory-store.ts';
import { FileLog } from '../../src/storage/file-log.ts';
import { MemoryDirectory } from '../../src/storage/memory-directory.ts';
import { type RandomBelow, randomFrom } from '../../src/storage/random.ts';
import { watchedStore } from './watched-store.ts';
import { ManualTimer, multi, noContext, openDatabase, passages, uuidOf } from './world.ts';

const callers = 5;
const tenantsEach = 2;
const objectCount = 12;
const lives = 4;

/** The number of each object by uuid, as acknowledged; `intent` is what the write on its way makes of it. */
interface Model {
  readonly tenant: string;
  acknowledged: ReadonlyMap<string, number>;
  intent: ReadonlyMap<string, number> | undefined;
}

interface World {
  readonly random: RandomBelow;
  readonly time: ManualTimer;
  readonly models: readonly Model[];
  readonly faults: unknown[];
  directory: MemoryDirectory;
  database: Database;
  isFailing: boolean;
}

async function opened(world: Omit<World, 'database'>, flushBytes: number): Promise<Database> {
  const { directory, random, time, faults } = world;
  const store = watchedStore(await DirectoryStore.open(directory), (call) => {
    if (!world.isFailing || call !== 'put' || random(12) > 0) return;
    throw new DatabaseError('storage-failed', { message: 'not now' });
  });
  return await openDatabase({
    ...{ log: await FileLog.open(directory), store, flushBytes, timer: time.timer },
    openLimits: { tenants: 3, bytes: 1 << 30 },
    onFault: (error) => void faults.push(error),
  });
}

/** One change of one tenant; says in the model what it wants, then that it is so. */
async function change({ random, database }: World, model: Model): Promise<void> {
  const { tenant } = model;
  const shared = database.collection('Shared');
  const kind = random(12);
  if (kind === 0) {
    await database.tenants.update(
      shared,
      database.tenants.list(shared, [tenant]).map(({ name }) => ({ name, status: 'inactive' })),
    );
    return;
  }
  const next = new Map(kind === 1 ? [] : model.acknowledged);
  const uuid = uuidOf(random(objectCount));
  model.intent = next;
  if (kind === 1) await database.tenants.delete(shared, [tenant]);
  else if (kind < 4 && next.delete(uuid)) {
    using held = await database.hold('Shared', tenant);
    assert.equal(await held.collection.delete(uuid), true, `${tenant}: ${uuid} is there`);
  } else {
    const objects = Array.from({ length: 1 + random(3) }, () => {
      const [own, number] = [uuidOf(random(objectCount)), random(1_000_000)];
      next.set(own, number);
      const properties = { text: `fox ${number}`, number };
      return { uuid: own, properties, vectors: new Map([['mv', multi([[1, number]])]]) };
    });
    const placed = objects.map((object) => ({ collection: 'Shared', tenant, object }));
    const [result] = await database.insertMany(placed, noContext);
    const error = result?.kind === 'failed' ? result.error : undefined;
    if (error && !/takes no more writes/.test(error.message)) throw error;
    if (error) {
      model.intent = undefined;
      return;
    }
  }
  model.acknowledged = next;
  model.intent = undefined;
}

/** What is stored of a tenant, by uuid. */
async function stored(database: Database, tenant: string): Promise<ReadonlyMap<string, number>> {
  if (database.tenants.list(database.collection('Shared'), [tenant]).length === 0) return new Map();
  using held = await database.hold('Shared', tenant);
  const found = new Map<string, number>();
  for (let n = 0; n < objectCount; n += 1) {
    const number = held.collection.get(uuidOf(n))?.properties['number'];
    if (number !== undefined) found.set(uuidOf(n), number as number);
  }
  assert.equal(held.collection.count(), found.size, `${tenant}: count`);
  return found;
}

const sorted = (map: ReadonlyMap<string, number>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

async function agree({ database, models }: World, where: string): Promise<void> {
  for (const model of models) {
    const { tenant, acknowledged, intent } = model;
    const found = sorted(await stored(database, tenant));
    const isIntended = intent && JSON.stringify(sorted(intent)) === JSON.stringify(found);
    if (isIntended) model.acknowledged = intent;
    else assert.deepEqual(found, sorted(acknowledged), `${where}: tenant ${tenant}`);
    model.intent = undefined;
  }
}

async function live(world: World, where: string, steps: number): Promise<void> {
  const { random, models, time } = world;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let step = 0; step < steps; step += 1) {
        const model = models[caller * tenantsEach + random(tenantsEach)]!;
        await change(world, model);
        if (random(8) === 0) {
          assert.deepEqual(
            sorted(await stored(world.database, model.tenant)),
            sorted(model.acknowledged),
            `${where}: tenant ${model.tenant}`,
          );
        }
        if (random(20) === 0) await world.database.flush().catch(() => undefined);
        if (random(20) === 0) time.pass();
      }
    }),
  );
}

async function simulate(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const flushBytes = [2_000, 10_000, 1 << 26][random(3)]!;
  const models = Array.from({ length: callers * tenantsEach }, (_, n): Model => {
    return { tenant: `t${n}`, acknowledged: new Map(), intent: undefined };
  });
  const directory = new MemoryDirectory({ seed });
  const parts = {
    random,
    time: new ManualTimer(),
    models,
    faults: [],
    directory,
    isFailing: false,
  };
  const world: World = Object.assign(parts, { database: await opened(parts, flushBytes) });
  const multiTenancy = { enabled: true, autoTenantCreation: true, autoTenantActivation: true };
  await world.database.createCollection({ ...passages('Shared'), multiTenancy });
  for (let life = 0; life < lives; life += 1) {
    const where = `seed ${seed}, life ${life}`;
    world.isFailing = random(2) === 0;
    await live(world, where, 1 + random(40));
    world.isFailing = false;
    await agree(world, `${where}, before the crash`);
    world.directory.failOperation(1 + random(200), 'forever');
    await assert.rejects(
      (async () => {
        for (;;) await live(world, where, 20);
      })(),
      DatabaseError,
    );
    // The other callers end, too.
    for (let n = 0; n < 200; n += 1) await new Promise((resolve) => setImmediate(resolve));
    world.directory = world.directory.crash(random(2) === 0 ? 'lose' : 'tear');
    world.database = await opened(world, flushBytes);
    await agree(world, `${where}, after the crash`);
    const strange = world.faults.filter((error) => !(error instanceof DatabaseError));
    assert.deepEqual(strange, [], where);
  }
  await world.database.close();
}

describe('tenants in use by many', () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    test(`lose nothing that was acknowledged, and get back nothing that was deleted (seed ${seed})`, () =>
      simulate(seed));
  }
});
