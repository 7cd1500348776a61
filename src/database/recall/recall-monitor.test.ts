import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  multi,
  noContext,
  openDatabase,
  passages,
  uuidOf,
} from '../../../test/simulation/world.ts';
import type { SearchPlan } from '../../engine/ann/search-plan.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { randomFrom } from '../../engine/multivector/vectors-for-tests.ts';
import type { Query } from '../../engine/query/query.ts';
import type { SearchEngine } from '../../engine/query/search-engine.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { Collection } from '../collection.ts';
import type { Database } from '../database.ts';
import { inlineSearcher, type VectorSearcher } from '../vector-searcher.ts';

const dims = 16;
const documents = 720;
const tokens = 30;

/** Topics with noise: some documents are close to each other, none is far from all. */
function rowsOf(random: () => number): number[][] {
  const topic = Array.from({ length: dims }, () => random() - 0.5);
  return Array.from({ length: tokens }, () => topic.map((x) => x + 0.8 * (random() - 0.5)));
}

async function fill(collection: Collection): Promise<void> {
  const random = randomFrom(3);
  const objects = Array.from({ length: documents }, (_, n) => ({
    uuid: uuidOf(n),
    properties: { number: n },
    vectors: new Map([['mv', multi(rowsOf(random))]]),
  }));
  for (const { kind } of await collection.insertMany(objects, noContext)) {
    assert.equal(kind, 'stored');
  }
}

/** A searcher whose candidates are as the plan says; exact searches stay exact. */
function planned(engine: SearchEngine, change: Partial<SearchPlan>): VectorSearcher {
  const plan: SearchPlan = {
    ...{ firstMin: 96, firstMax: 1200, secondMin: 20, secondMax: 400, deviations: 4, probes: 8 },
    ...change,
  };
  const { candidates } = engine;
  const top: SearchEngine['candidates']['top'] = (query, parts, k, options = {}) => {
    const how = options.exact ? options : { ...options, approximate: true, plan };
    return candidates.top(query, parts, k, how);
  };
  // The other members are as they are: a class can't be spread.
  const crippled = new Proxy(candidates, {
    get: (target, name) => (name === 'top' ? top : Reflect.get(target, name, target)),
  });
  return inlineSearcher({ ...engine, candidates: crippled });
}

const nearest = (rows: readonly (readonly number[])[]): Query => ({
  ...{ kind: 'vector', offset: 0, limit: 10, autocut: 0 },
  search: {
    input: { kind: 'vectors', vectors: [multi(rows)] },
    targets: { names: [], combination: 'minimum', weights: [] },
  },
});

describe('a recall check', () => {
  const directory = new MemoryDirectory({ seed: 1 });
  const open = (plan?: Partial<SearchPlan>): Promise<Database> =>
    openDatabase({
      directory,
      ...(plan ? { searcher: async (engine) => planned(engine, plan) } : {}),
    });

  before(async () => {
    await using database = await open();
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    await fill(collection);
    await database.flush();
    await database.settled();
    assert.ok(collection.segments.sealed[0]?.segment.codes('mv'), 'the segment is trained');
  });

  test('finds nearly everything where searches do', async () => {
    await using database = await open({ deviations: 6 });
    const seen: number[][] = [];
    const { recall } = database.collection('Passages');
    const report = await recall.check({ queries: 20 }, (done, total) => seen.push([done, total]));
    const [stored, ...others] = report.sources;
    assert.equal(others.length, 0);
    assert.equal(stored?.queries, 20);
    assert.equal(stored?.recall[0]?.approximated, 20);
    assert.deepEqual(
      stored?.recall.map(({ k }) => k),
      [10, 100],
    );
    for (const at of stored?.recall ?? []) {
      assert.ok(at.recall > 0.97, `recall@${at.k} is ${at.recall}`);
      assert.ok(at.low <= at.recall && at.recall <= at.high);
    }
    assert.deepEqual(seen.at(-1), [20, 20]);
    assert.equal(seen.length, 20);
    assert.equal(report.documents, documents);
    assert.deepEqual(recall.state(), { vector: 'mv', report });
  });

  test('reports the recall that too few candidates give', async () => {
    const tiny = { firstMin: 14, firstMax: 14, secondMin: 12, secondMax: 12, deviations: 0 };
    await using database = await open(tiny);
    const { recall } = database.collection('Passages');
    const report = await recall.check({ queries: 40, ks: [100, 10, 10] });
    const [at10, at100] = report.sources[0]?.recall ?? [];
    assert.ok(at10 && at10.k === 10 && at100 && at100.k === 100);
    assert.ok(at10.recall < 0.95, `recall@10 is ${at10.recall}`);
    assert.ok(at10.recall > 0.2, `recall@10 is ${at10.recall}`);
    assert.ok(at10.low < at10.recall && at10.recall < at10.high && at10.high < 1);
    assert.ok(at10.worst < at10.recall);
    assert.ok(at100.recall <= 14 / 100 + 1e-9, 'no more answers than candidates');
  });

  test('says when nothing was approximated, and leaves the source of a query out', async () => {
    await using database = await openDatabase();
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    const two = [1, 2].map((n) => ({
      uuid: uuidOf(n),
      properties: {},
      vectors: new Map([['mv', multi([[n, 1]])]]),
    }));
    await collection.insertMany(two.slice(0, 1), noContext);
    const alone = await collection.recall.check({ queries: 5 });
    assert.deepEqual(alone.sources, [], 'a document is no answer to itself');
    await collection.insertMany(two.slice(1), noContext);
    const both = await collection.recall.check({ queries: 5 });
    assert.equal(both.sources[0]?.queries, 2);
    assert.equal(both.sources[0]?.recall[0]?.approximated, 0);
    assert.equal(both.sources[0]?.recall[0]?.recall, 1);
  });

  test('asks recent queries too', async () => {
    await using database = await open();
    const collection = database.collection('Passages');
    const random = randomFrom(9);
    for (let n = 0; n < 3; n += 1) {
      await collection.search(nearest(rowsOf(random).slice(0, 4)), { explain: false }, noContext);
    }
    const report = await collection.recall.check({ queries: 10 });
    assert.deepEqual(
      report.sources.map(({ source, queries }) => [source, queries]),
      [
        ['stored', 10],
        ['recent', 3],
      ],
    );
    const few = await collection.recall.check({ queries: 2 });
    assert.equal(few.sources[1]?.queries, 2);
  });

  test('searches what a filter allows', async () => {
    await using database = await open({ deviations: 6 });
    const filter = {
      kind: 'compare',
      operator: 'lessThan',
      target: { kind: 'property', name: 'number' },
      value: 60,
    } as const;
    const report = await database.collection('Passages').recall.check({ queries: 80, filter });
    assert.equal(report.documents, 60);
    assert.equal(report.sources[0]?.queries, 60);
  });

  test('lets writes and searches through, which do not count as misses', async () => {
    await using database = await open({ deviations: 6 });
    const collection = database.collection('Passages');
    const check = collection.recall.check({ queries: 30, ks: [10] });
    const random = randomFrom(4);
    let written = 0;
    const state = (): unknown => collection.recall.state().running;
    while (written === 0 || state()) {
      const vectors = new Map([['mv', multi(rowsOf(random))]]);
      await collection.insert({ uuid: uuidOf(5000 + written), properties: {}, vectors }, noContext);
      written += 1;
    }
    const { sources } = await check;
    assert.ok(written > 1, 'writes came in between');
    assert.ok((sources[0]?.recall[0]?.recall ?? 0) > 0.97);
    for (let n = 0; n < written; n += 1) await collection.delete(uuidOf(5000 + n));
  });

  test('runs in the background, once a name', async () => {
    await using database = await open();
    const { recall } = database.collection('Passages');
    assert.deepEqual(recall.start({ queries: 5 }).running, { done: 0, total: 5 });
    assert.deepEqual(recall.start({ queries: 50 }).running, { done: 0, total: 5 });
    while (recall.state('mv').running) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(recall.state('mv').report?.sources[0]?.queries, 5);
    assert.equal(recall.state().failure, undefined);
  });

  test('ends with the collection and with the database', async () => {
    const database = await open();
    await database.createCollection(passages('Other'));
    const other = database.collection('Other');
    const vectors = new Map([['mv', multi([[1, 0]])]]);
    await other.insert({ properties: {}, vectors }, noContext);
    await other.insert({ properties: {}, vectors }, noContext);
    const dropped = other.recall.check();
    await Promise.all([
      assert.rejects(dropped, new DatabaseError('closed')),
      database.deleteCollection('Other'),
    ]);
    assert.match(other.recall.state().failure ?? '', /closed/);
    const closed = database.collection('Passages').recall.check({ queries: 500 });
    await Promise.all([assert.rejects(closed, new DatabaseError('closed')), database.close()]);
  });

  test('options that make no sense are refused', async () => {
    await using database = await open();
    const { recall } = database.collection('Passages');
    const refused: readonly [Parameters<typeof recall.start>[0], RegExp][] = [
      [{ queries: 0 }, /queries is 0; allowed: whole numbers from 1 to 2000/],
      [{ ks: [] }, /k: 0 numbers, allowed are 1 to 5/],
      [{ ks: [1.5] }, /k is 1\.5/],
      [{ tokens: 5000 }, /tokens is 5000; allowed: whole numbers from 1 to 1024/],
      [{ seed: 0.5 }, /seed is 0\.5/],
      [{ vector: 'nope' }, /vector nope; its vectors are \[mv\]/],
    ];
    for (const [options, message] of refused) {
      assert.throws(() => recall.start(options), { name: 'DatabaseError', message });
    }
    assert.deepEqual(recall.states(), []);
  });
});

test('a tenant stays open until its check is done', async () => {
  await using database = await openDatabase();
  const multiTenancy = { enabled: true, autoTenantCreation: false, autoTenantActivation: false };
  await database.createCollection({ ...passages(), multiTenancy });
  const collection = database.collection('Passages');
  await database.tenants.create(collection, [{ name: 'a', status: 'active' }]);
  const checks = [];
  {
    using held = await database.hold('Passages', 'a');
    await held.collection.insertMany(
      [1, 2, 3].map((n) => ({
        uuid: uuidOf(n),
        properties: { number: n },
        vectors: new Map([['mv', multi([[n, 1]])]]),
      })),
      noContext,
    );
    // The second one waits for the first.
    checks.push(held.collection.recall.check(), held.collection.recall.check());
  }
  await database.tenants.update(collection, [{ name: 'a', status: 'inactive' }]);
  const reports = await Promise.all(checks);
  assert.deepEqual(
    reports.map(({ documents: number }) => number),
    [3, 3],
  );
  await database.tenants.closeUnused();
  assert.equal(database.tenants.list(collection)[0]?.isOpen, false);
});
