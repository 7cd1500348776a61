// Objects with a time to live: hidden from searches at once where that is wanted, deleted soon after.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ManualTimer,
  multi,
  noContext,
  openDatabase,
  uuidOf,
} from '../../../test/simulation/world.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import type { Query } from '../../engine/query/query.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { Database } from '../database.ts';
import type { CollectionInput } from '../schema/collection-input.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import { withoutIndex } from '../schema/property-index.ts';

const start = Date.parse('2030-01-01T00:00:00Z');
const minute = 60_000;

function notes(objectTtl?: CollectionInput['objectTtl']): CollectionConfig {
  return resolveCollection({
    name: 'Notes',
    properties: [
      { name: 'text', type: 'text' },
      { name: 'until', type: 'date' },
    ],
    vectors: [{ name: 'mv', kind: 'multi' }],
    ...(objectTtl ? { objectTtl: { enabled: true, ...objectTtl } } : {}),
  });
}

/** A database whose time is `now`. */
class World {
  now = start;
  readonly timer = new ManualTimer();
  readonly directory = new MemoryDirectory({ seed: 1 });

  open(): Promise<Database> {
    const { directory, timer } = this;
    return openDatabase({ directory, timer: timer.timer, clock: () => this.now });
  }

  /** Lets time pass and whatever is due run to its end. */
  async pass(database: Database, ms: number): Promise<void> {
    this.now += ms;
    this.timer.pass();
    await new Promise((resolve) => setImmediate(resolve));
    await database.flush();
  }
}

async function put(database: Database, n: number, properties = {}): Promise<void> {
  const vectors = new Map([['mv', multi([[1, n]])]]);
  const object = { uuid: uuidOf(n), properties: { text: `note ${n}`, ...properties }, vectors };
  await database.insertMany([{ collection: 'Notes', object }], noContext);
}

function stored(database: Database): number[] {
  const collection = database.collection('Notes');
  return [1, 2, 3, 4].filter((n) => collection.get(uuidOf(n)));
}

const page = { offset: 0, limit: 10, autocut: 0 };
const targets = { names: ['mv'], combination: 'minimum', weights: [] } as const;
const nearest = { kind: 'vectors', vectors: [multi([[1, 1]])] } as const;
const queries: readonly Query[] = [
  { kind: 'fetch', ...page, sort: [] },
  { kind: 'keyword', ...page, search: { text: 'note', operator: { kind: 'or', matchesMin: 1 } } },
  { kind: 'vector', ...page, search: { input: nearest, targets } },
];

async function found(database: Database, query: Query): Promise<number[]> {
  const options = { explain: false };
  const { hits } = await database.collection('Notes').search(query, options, noContext);
  return hits.map(({ document }) => Number.parseInt(document.uuid.slice(-4), 16)).sort();
}

describe('objects that expire', () => {
  test('are hidden from every search at once, and deleted at the next look', async () => {
    const world = new World();
    await using database = await world.open();
    await database.createCollection(notes({ defaultTtl: 3600, filterExpired: true }));
    await put(database, 1);
    world.now += 10 * minute;
    await put(database, 2);
    world.now = start + 60 * minute - 1;
    for (const query of queries) assert.deepEqual(await found(database, query), [1, 2]);
    world.now += 1;
    for (const query of queries) assert.deepEqual(await found(database, query), [2], query.kind);
    const filter: Filter = {
      ...{ kind: 'compare', operator: 'equal', target: { kind: 'property', name: 'text' } },
      value: 'note',
    };
    assert.deepEqual(await found(database, { ...(queries[0] as Query), filter }), [2]);
    const collection = database.collection('Notes');
    assert.equal((await collection.aggregate({ properties: [] }, noContext)).count, 1);
    assert.deepEqual(stored(database), [1, 2]);
    await world.pass(database, 0);
    assert.deepEqual(stored(database), [2]);
    await world.pass(database, 10 * minute);
    assert.deepEqual(stored(database), []);
    assert.match(
      database.metrics.registry.text(),
      /tesserae_objects_expired_total\{collection="Notes"\} 2/,
    );
  });

  test('are found until they are deleted where nothing else is said', async () => {
    const world = new World();
    await using database = await world.open();
    await database.createCollection(notes({ defaultTtl: 60 }));
    await put(database, 1);
    world.now += 2 * minute;
    for (const query of queries) assert.deepEqual(await found(database, query), [1]);
    await world.pass(database, 0);
    for (const query of queries) assert.deepEqual(await found(database, query), []);
  });

  test('live on when they are written again, where the last write counts', async () => {
    const world = new World();
    await using database = await world.open();
    const deleteOn = '_lastUpdateTimeUnix';
    await database.createCollection(notes({ deleteOn, defaultTtl: 60, filterExpired: true }));
    await put(database, 1);
    await put(database, 2);
    world.now += minute / 2;
    await put(database, 1);
    world.now += minute / 2;
    assert.deepEqual(await found(database, queries[0] as Query), [1]);
    await world.pass(database, 0);
    assert.deepEqual(stored(database), [1]);
  });

  test('expire by a date of their own, before or after it, and never without one', async () => {
    const world = new World();
    await using database = await world.open();
    const ttl = { deleteOn: 'until', defaultTtl: -3600, filterExpired: true };
    await database.createCollection(notes(ttl));
    await put(database, 1, { until: '2030-01-01T02:00:00+01:00' });
    await put(database, 2, { until: '2030-01-01T01:30:00Z' });
    await put(database, 3);
    assert.deepEqual(await found(database, queries[0] as Query), [2, 3]);
    await world.pass(database, 30 * minute);
    assert.deepEqual(stored(database), [3]);
  });

  test('expire over a restart, from the log and from segments', async () => {
    const world = new World();
    {
      await using database = await world.open();
      await database.createCollection(notes({ defaultTtl: 60, filterExpired: true }));
      await put(database, 1);
      await database.flush();
      await put(database, 2);
    }
    world.now += 2 * minute;
    {
      await using database = await world.open();
      assert.deepEqual(stored(database), [1, 2]);
      assert.deepEqual(await found(database, queries[2] as Query), []);
      await world.pass(database, 0);
      assert.deepEqual(stored(database), []);
    }
    await using database = await world.open();
    assert.deepEqual(stored(database), []);
  });

  test('by a date need its filter index, which then stays', () => {
    const deleteOn = 'until';
    const config = notes({ deleteOn });
    assert.throws(() => withoutIndex(config, deleteOn, 'filterable'), /until .*objects expire/);
    const until = { name: 'until', type: 'date', filterable: false } as const;
    const objectTtl = { enabled: true, deleteOn };
    assert.throws(() => resolveCollection({ name: 'Notes', properties: [until], objectTtl }), {
      message: /deleteOn is "until"; allowed: _creationTimeUnix, _lastUpdateTimeUnix$/,
    });
  });

  test('by a date are found by an index for ranges alone, too', async () => {
    const world = new World();
    await using database = await world.open();
    const until = { name: 'until', type: 'date', filterable: false, rangeFilters: true } as const;
    const objectTtl = { enabled: true, deleteOn: 'until', filterExpired: true };
    const text = { name: 'text', type: 'text' } as const;
    const vectors = [{ name: 'mv', kind: 'multi' }] as const;
    await database.createCollection(
      resolveCollection({ name: 'Notes', properties: [text, until], vectors, objectTtl }),
    );
    await put(database, 1, { until: '2030-01-01T00:00:00Z' });
    await put(database, 2, { until: '2030-01-01T00:00:01Z' });
    assert.deepEqual(await found(database, queries[0] as Query), [2]);
    const { config } = database.collection('Notes');
    assert.throws(() => withoutIndex(config, 'until', 'rangeFilters'), /until .*objects expire/);
  });

  test('make room for a new object of their uuid, though they are still stored', async () => {
    const world = new World();
    await using database = await world.open();
    await database.createCollection(notes({ defaultTtl: 60, filterExpired: true }));
    await put(database, 1);
    world.now += minute;
    await put(database, 1);
    assert.deepEqual(await found(database, queries[0] as Query), [1]);
    await world.pass(database, minute - 1);
    assert.deepEqual(stored(database), [1]);
    assert.equal(database.collection('Notes').get(uuidOf(1))?.createdAt, start + minute);
    await world.pass(database, 1);
    assert.deepEqual(stored(database), []);
  });

  test('begin and cease to expire when the configuration says so', async () => {
    const world = new World();
    await using database = await world.open();
    await database.createCollection(notes());
    await put(database, 1);
    await world.pass(database, 60 * minute);
    assert.deepEqual(stored(database), [1]);
    await database.updateCollection(notes({ defaultTtl: 7200 }));
    await put(database, 2);
    await world.pass(database, 60 * minute);
    assert.deepEqual(stored(database), [2]);
    await database.updateCollection(notes());
    await world.pass(database, 600 * minute);
    assert.deepEqual(stored(database), [2]);
  });
});
