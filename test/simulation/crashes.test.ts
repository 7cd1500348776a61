// Random operations on the whole database over a simulated disk that loses power at random moments,
// beside a plain map. After every restart both agree: what was acknowledged is there, what is stored
// is what vector search and keyword search reach, and scores equal brute force. Of tenants too, which are
// opened and closed, made and deleted meanwhile.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Collection } from '../../src/database/collection.ts';
import type { Database } from '../../src/database/database.ts';
import type { Document, VectorValue } from '../../src/engine/document.ts';
import { DatabaseError } from '../../src/engine/errors.ts';
import type { Query } from '../../src/engine/query/query.ts';
import { MemoryDirectory } from '../../src/storage/memory-directory.ts';
import { type RandomBelow, randomFrom } from '../../src/storage/random.ts';
import {
  cosineMaxSim,
  ManualTimer,
  multi,
  noContext,
  openDatabase,
  passages,
  uuidOf,
} from './world.ts';

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath'];
const objectCount = 60;
const dims = 4;

/** One version of an object as the model knows it; undefined: there is no such object. */
type Version = { readonly text: string; readonly vector: VectorValue } | undefined;

interface World {
  readonly random: RandomBelow;
  readonly time: ManualTimer;
  directory: MemoryDirectory;
  database: Database;
  /** Acknowledged state of each place. */
  readonly models: ReadonlyMap<string, Map<string, Version>>;
  /** The collection that the alias leads to, acknowledged, and where it is on its way to. */
  alias: { target: string | undefined; intended: string | undefined };
}

const aliasName = 'Alias';

/** One is written often and sealed often, the other rarely: the log must wait for it. */
const collections = ['Busy', 'Quiet'] as const;

/** Of another collection; fewer may be open than there are. */
const tenants = ['a', 'b', 'c', 'd'] as const;
const openLimits = { tenants: 2, bytes: 1 << 30 };

/** Where objects are: a collection, or a tenant of one. */
const places: readonly string[] = [...collections, ...tenants.map((name) => `Shared/${name}`)];

/** What a write wants to become, until it is acknowledged. */
interface Intent {
  readonly place: string;
  readonly versions: Map<string, Version>;
}

function randomVector(random: RandomBelow): VectorValue {
  const rows = Array.from({ length: 1 + random(4) }, () =>
    Array.from({ length: dims }, () => random(2001) / 500 - 2),
  );
  return multi(rows);
}

function randomVersion(random: RandomBelow): NonNullable<Version> {
  const text = Array.from({ length: 1 + random(4) }, () => words[random(words.length)]).join(' ');
  return { text, vector: randomVector(random) };
}

function sameVersion(version: Version, document: Document | undefined): boolean {
  if (!version || !document) return version === undefined && document === undefined;
  const vector = document.vectors.get('mv');
  return (
    document.properties['text'] === version.text &&
    vector !== undefined &&
    vector.values.length === version.vector.values.length &&
    vector.values.every((value, index) => value === version.vector.values[index])
  );
}

function newIntent(random: RandomBelow): Intent {
  const place = random(2) === 0 ? random(places.length) : random(5) === 0 ? 1 : 0;
  return { place: places[place]!, versions: new Map() };
}

/** Works on a place while it is open; nothing where the tenant does not exist. */
async function within<T>(
  database: Database,
  place: string,
  work: (collection: Collection) => T | Promise<T>,
): Promise<T | undefined> {
  const [name = '', tenant = ''] = place.split('/');
  try {
    using held = await database.hold(name, tenant);
    return await work(held.collection);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'tenant-missing') return undefined;
    throw error;
  }
}

/** Closes a tenant until it is used again, or deletes it with everything in it. */
async function changeTenant(world: World, intent: Intent): Promise<void> {
  const { random, database, models } = world;
  const [collection, name] = intent.place.split('/');
  if (name === undefined) return;
  const shared = database.collection(collection!);
  const isThere = database.tenants.list(shared, [name]).length > 0;
  if (isThere && random(3) > 0) {
    await database.tenants.update(shared, [{ name, status: 'inactive' }]);
    return;
  }
  for (const uuid of models.get(intent.place)?.keys() ?? []) intent.versions.set(uuid, undefined);
  await database.tenants.delete(shared, [name]);
}

/** A batch of new versions, or one deletion; notes in the intent what it wants to become. */
async function write(world: World, intent: Intent): Promise<void> {
  const { random, database } = world;
  const intended = intent.versions;
  const [collection = '', tenant = ''] = intent.place.split('/');
  if (random(4) === 0) return await changeTenant(world, intent);
  const uuids = [
    ...new Set(Array.from({ length: 1 + random(12) }, () => uuidOf(random(objectCount)))),
  ];
  if (random(4) === 0) {
    const uuid = uuids[0]!;
    intended.set(uuid, undefined);
    await within(database, intent.place, (one) => one.delete(uuid));
    return;
  }
  for (const uuid of uuids) intended.set(uuid, randomVersion(random));
  const results = await database.insertMany(
    uuids.map((uuid) => {
      const version = intended.get(uuid)!;
      const properties = { text: version.text };
      const vectors = new Map([['mv', version.vector]]);
      return { collection, tenant, object: { uuid, properties, vectors } };
    }),
    noContext,
  );
  for (const result of results) if (result.kind === 'failed') throw result.error;
}

/** Makes the alias, leads it elsewhere or removes it. */
async function moveAlias(world: World): Promise<void> {
  const { random, alias } = world;
  const { aliases } = world.database;
  alias.intended = [...collections, undefined][random(3)];
  if (alias.intended === undefined) await aliases.delete(aliasName);
  else if (alias.target === undefined) await aliases.create(aliasName, alias.intended);
  else await aliases.update(aliasName, alias.intended);
  alias.target = alias.intended;
}

function acknowledge({ models }: World, { place, versions }: Intent): void {
  for (const [uuid, version] of versions) models.get(place)?.set(uuid, version);
}

/** Everything that is stored is found, and found at the right place. */
async function agree(world: World, place: string, where: string): Promise<void> {
  const asked = await within(world.database, place, async (collection) => {
    await agreeIn(world, place, collection, `${where}, ${place}`);
    return true;
  });
  if (asked) return;
  const versions = [...(world.models.get(place)?.values() ?? [])];
  assert.ok(!versions.some(Boolean), `${where}: ${place} is gone with what it had`);
}

async function agreeIn(
  { random, models }: World,
  place: string,
  collection: Collection,
  where: string,
): Promise<void> {
  const model = models.get(place)!;
  const stored = [...model].flatMap(([uuid, version]) => (version ? [{ uuid, ...version }] : []));
  assert.equal(collection.count(), stored.length, `${where}: count`);
  for (const [uuid, version] of model) {
    assert.ok(sameVersion(version, collection.get(uuid)), `${where}: object ${uuid}`);
  }
  const query = randomVector(random);
  const expected = stored
    .map(({ uuid, vector }) => ({ uuid, score: cosineMaxSim(query, vector) }))
    .sort((a, b) => b.score - a.score);
  const found = await hits(collection, vectorQuery(query));
  assert.equal(found.length, expected.length, `${where}: reached by vector search`);
  for (const [rank, { score, uuid }] of found.entries()) {
    const own = expected.find((one) => one.uuid === uuid)!;
    assert.ok(Math.abs(score - own.score) < 1e-5, `${where}: score of ${uuid}`);
    assert.ok(Math.abs(score - expected[rank]!.score) < 1e-5, `${where}: rank ${rank}`);
  }
  const top = await hits(collection, { ...vectorQuery(query), limit: 10 });
  assert.deepEqual(top, found.slice(0, 10), `${where}: top 10`);
  for (const word of words) {
    const with_ = stored
      .filter(({ text }) => text.split(' ').includes(word))
      .map(({ uuid }) => uuid);
    const reached = (await hits(collection, keywordQuery(word))).map(({ uuid }) => uuid);
    assert.deepEqual(reached.sort(), with_.sort(), `${where}: keyword ${word}`);
  }
}

function vectorQuery(vector: VectorValue): Query {
  const targets = { names: [], combination: 'minimum', weights: [] } as const;
  const search = { input: { kind: 'vectors', vectors: [vector] }, targets } as const;
  return { kind: 'vector', offset: 0, limit: 1000, autocut: 0, search };
}

function keywordQuery(text: string): Query {
  const operator = { kind: 'or', matchesMin: 1 } as const;
  return { kind: 'keyword', offset: 0, limit: 1000, autocut: 0, search: { text, operator } };
}

async function hits(
  collection: Collection,
  query: Query,
): Promise<{ readonly uuid: string; readonly score: number }[]> {
  const result = await collection.search(query, { explain: false }, noContext);
  return result.hits.map(({ document, score }) => ({ uuid: document.uuid, score: score ?? 0 }));
}

/** Writes until the disk dies, then opens what is left of it; each batch is there whole or not. */
async function liveAndCrash(world: World, flushBytes: number): Promise<void> {
  const { random } = world;
  world.directory.failOperation(1 + random(60), 'forever');
  let intent = newIntent(random);
  try {
    for (;;) {
      intent = newIntent(random);
      await write(world, intent);
      acknowledge(world, intent);
      intent = newIntent(random);
      if (random(6) === 0) await world.database.flush();
      if (random(6) === 0) await moveAlias(world);
      // Twice is long enough for a collection to be quiet.
      if (random(5) === 0) {
        world.time.pass();
        world.time.pass();
      }
    }
  } catch (error) {
    assert.ok(error instanceof DatabaseError, `only the disk may fail: ${error}`);
  }
  world.directory = world.directory.crash(random(2) === 0 ? 'lose' : 'tear');
  const { timer } = world.time;
  const options = { flushBytes, timer, openLimits };
  world.database = await openDatabase({ directory: world.directory, ...options });
  const { alias, database } = world;
  const target = database.findCollection(aliasName)?.name;
  assert.ok([alias.target, alias.intended].includes(target), `the alias leads to ${target}`);
  world.alias = { target, intended: target };
  const model = world.models.get(intent.place)!;
  for (const [uuid, version] of intent.versions) {
    const stored = await within(database, intent.place, (one) => one.get(uuid));
    if (sameVersion(model.get(uuid), stored) || !sameVersion(version, stored)) continue;
    acknowledge(world, intent);
    break;
  }
}

async function simulate(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const flushBytes = [3_000, 10_000, 1 << 26][random(3)]!;
  const directory = new MemoryDirectory({ seed });
  const time = new ManualTimer();
  const options = { flushBytes, timer: time.timer, openLimits };
  const database = await openDatabase({ directory, ...options });
  for (const name of collections) await database.createCollection(passages(name));
  const multiTenancy = { enabled: true, autoTenantCreation: true, autoTenantActivation: true };
  await database.createCollection({ ...passages('Shared'), multiTenancy });
  const models = new Map(places.map((place) => [place, new Map<string, Version>()]));
  const alias = { target: undefined, intended: undefined };
  const world: World = { random, time, directory, database, models, alias };
  for (let life = 0; life < 8; life += 1) {
    for (let step = random(12); step > 0; step -= 1) {
      const intent = newIntent(random);
      await write(world, intent);
      acknowledge(world, intent);
    }
    const where = `seed ${seed}, life ${life}`;
    for (const place of places) await agree(world, place, `${where}, before the crash`);
    await liveAndCrash(world, flushBytes);
    for (const place of places) await agree(world, place, `${where}, after the crash`);
  }
  await world.database.close();
}

describe('simulation', () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    test(`no crash loses what was acknowledged, or splits index from objects (seed ${seed})`, () =>
      simulate(seed));
  }
});
