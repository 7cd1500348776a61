// The pool of search threads against searches in this thread: the same hits from sealed and memory
// segments, while documents come and go, and when a thread fails.

import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { noContext, openDatabase, passages, uuidOf } from '../../test/simulation/world.ts';
import type { VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Filter } from '../engine/filter/filter.ts';
import { randomFrom } from '../engine/multivector/vectors-for-tests.ts';
import type { Query } from '../engine/query/query.ts';
import { NodeDirectory } from '../storage/node-directory.ts';
import type { Collection } from './collection.ts';
import type { Database } from './database.ts';
import { SearchPool, type SearchPoolOptions } from './search-pool.ts';
import { inlineSearcher, type VectorSearcher } from './vector-searcher.ts';

const dims = 16;
const random = randomFrom(3);
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function tokens(count: number): VectorValue {
  const values = new Float32Array(count * dims).map(() => random() * 2 - 1);
  return { kind: 'multi', dims, values };
}

function nearest(query: VectorValue, filter?: Filter): Query {
  return {
    kind: 'vector',
    ...{ offset: 0, limit: 10, autocut: 0 },
    search: {
      input: { kind: 'vectors', vectors: [query] },
      targets: { names: [], combination: 'minimum', weights: [] },
    },
    ...(filter ? { filter } : {}),
  };
}

/** Searches both ways and says when they differ. */
class Both implements VectorSearcher {
  readonly pool: SearchPool;
  readonly #inline: VectorSearcher;
  searched = 0;
  /** False: only the pool searches. */
  isCompared = true;
  /** False: threads hear of sealed segments when those are searched. */
  isPreparing = true;

  constructor(pool: SearchPool, inline: VectorSearcher) {
    this.pool = pool;
    this.#inline = inline;
  }

  async find(...args: Parameters<VectorSearcher['find']>): ReturnType<VectorSearcher['find']> {
    if (!this.isCompared) return this.pool.find(...args);
    const [expected, found] = await Promise.all([
      this.#inline.find(...args),
      this.pool.find(...args),
    ]);
    assert.deepEqual(found.places, expected.places);
    assert.deepEqual(found.profile?.counts, expected.profile?.counts);
    this.searched += 1;
    return found;
  }

  prepare(...args: Parameters<VectorSearcher['prepare']>): void {
    if (this.isPreparing) this.pool.prepare(...args);
  }

  forget(...args: Parameters<VectorSearcher['forget']>): void {
    this.pool.forget(...args);
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

interface World extends AsyncDisposable {
  readonly database: Database;
  readonly collection: Collection;
  readonly both: Both;
  readonly faults: unknown[];
}

/** A database whose every search is answered by the pool and compared with this thread's answer. */
async function openWorld(options: Partial<SearchPoolOptions> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-pool-'));
  folders.push(folder);
  const faults: unknown[] = [];
  const onFault = (error: unknown): number => faults.push(error);
  const both = Promise.withResolvers<Both>();
  const database = await openDatabase({
    directory: await NodeDirectory.open(folder),
    flushBytes: 1 << 19,
    searcher: async (engine) => {
      const given = { threads: 2, directory: folder, plainKernels: false, inlineWork: 0, onFault };
      const pool = await SearchPool.open(engine, { ...given, ...options });
      both.resolve(new Both(pool, inlineSearcher(engine)));
      return both.promise;
    },
    onFault,
  });
  await database.createCollection(passages());
  const collection = database.collection('Passages');
  const close = (): Promise<void> => database.close();
  return { database, collection, both: await both.promise, faults, [Symbol.asyncDispose]: close };
}

/** Stores passages from … to - 1, each of some token vectors. */
async function fill(collection: Collection, from: number, to: number, count = 20): Promise<void> {
  for (let n = from; n < to; n += 100) {
    const objects = Array.from({ length: Math.min(100, to - n) }, (_, i) => ({
      uuid: uuidOf(n + i),
      properties: { text: 'a passage', number: n + i },
      vectors: new Map([['mv', tokens(count)]]),
    }));
    const results = await collection.insertMany(objects, noContext);
    assert.ok(results.every(({ kind }) => kind === 'stored'));
  }
}

async function search(collection: Collection, query: Query): Promise<readonly string[]> {
  const { hits } = await collection.search(query, { explain: false }, noContext);
  return hits.map(({ document }) => document.uuid);
}

function below(value: number): Filter {
  const target = { kind: 'property', name: 'number' } as const;
  return { kind: 'compare', operator: 'lessThan', target, value };
}

test('threads find what this thread finds, in every kind of segment, filtered and after deletions', async () => {
  await using world = await openWorld();
  const { database, collection, both } = world;
  await fill(collection, 0, 2400);
  await database.settled();
  await fill(collection, 2400, 2500);
  const { sealed, active } = collection.segments;
  assert.ok(
    sealed.some(({ segment }) => segment.codes('mv')),
    'a segment is trained',
  );
  assert.ok(active.documentCount > 0, 'documents are in memory');
  const rounds = 12;
  for (let round = 0; round < rounds; round += 1) {
    const query = tokens(1 + (round % 5) * 4);
    const found = await search(
      collection,
      nearest(query, round % 3 === 0 ? below(900) : undefined),
    );
    assert.equal(found.length, 10);
    assert.equal(await collection.delete(String(found[0])), true);
    assert.ok(!(await search(collection, nearest(query))).includes(String(found[0])));
  }
  assert.equal(both.searched, rounds * 2);
  assert.deepEqual(world.faults, []);
});

test('searches go on while documents are written, sealed and merged', async () => {
  await using world = await openWorld();
  const { database, collection } = world;
  await fill(collection, 0, 300);
  let isDone = false;
  const writing = fill(collection, 300, 3600)
    .then(() => database.settled())
    .finally(() => {
      isDone = true;
    });
  let searched = 0;
  while (!isDone) {
    await Promise.all([1, 2, 3].map(() => search(collection, nearest(tokens(8)))));
    searched += 3;
  }
  await writing;
  assert.ok(searched > 10, `${searched} searches`);
  assert.equal((await search(collection, nearest(tokens(8)))).length, 10);
  assert.deepEqual(world.faults, []);
});

test('a slow search does not hold up others', async () => {
  await using world = await openWorld();
  const { collection, both, database } = world;
  await fill(collection, 0, 2000);
  await database.settled();
  both.isCompared = false;
  const order: string[] = [];
  const slow = collection
    .search(nearest(tokens(1024)), { explain: false, exact: true }, noContext)
    .then(() => order.push('slow'));
  for (let i = 0; i < 3; i += 1) {
    await search(collection, nearest(tokens(1)));
    order.push('quick');
  }
  await slow;
  assert.deepEqual(order, ['quick', 'quick', 'quick', 'slow']);
});

test('a room that is too small for a search grows', async () => {
  await using world = await openWorld({ threads: 1, roomBytes: 1 << 16 });
  const { collection, database } = world;
  await fill(collection, 0, 2400);
  await database.settled();
  for (const count of [4, 64, 300, 8]) {
    assert.equal((await search(collection, nearest(tokens(count)))).length, 10);
  }
  assert.deepEqual(world.faults, []);
});

test('what a thread can not read is an error, and is read when it is there again', async () => {
  await using world = await openWorld({ threads: 1 });
  const { collection, database, both } = world;
  both.isPreparing = false;
  await fill(collection, 0, 100);
  await database.flush();
  both.isCompared = false;
  const [part] = collection.segments.sealed;
  assert.ok(part);
  const file = join(String(folders.at(-1)), 'store', part.key);
  renameSync(file, `${file}.away`);
  both.pool.prepare(part.segment);
  await assert.rejects(search(collection, nearest(tokens(4))), (error: unknown) => {
    return error instanceof DatabaseError && error.code === 'corrupt';
  });
  renameSync(`${file}.away`, file);
  both.isCompared = true;
  assert.equal((await search(collection, nearest(tokens(4)))).length, 10);
});

test('a thread opens a sealed segment before it is searched', async () => {
  await using world = await openWorld({ threads: 1 });
  const { collection, database, both } = world;
  await fill(collection, 0, 100);
  assert.equal((await search(collection, nearest(tokens(4)))).length, 10);
  await database.flush();
  both.isCompared = false;
  const [part] = collection.segments.sealed;
  assert.ok(part);
  // Another segment, so that the thread has come to the message about the first.
  await fill(collection, 100, 200);
  await search(collection, nearest(tokens(4), below(200)));
  renameSync(join(String(folders.at(-1)), 'store', part.key), join(String(folders.at(-1)), 'away'));
  assert.equal((await search(collection, nearest(tokens(4), below(100)))).length, 10);
  renameSync(join(String(folders.at(-1)), 'away'), join(String(folders.at(-1)), 'store', part.key));
});

test('a thread that ends fails its search and is replaced', async () => {
  const program = new URL('../../test/simulation/mortal-search-worker.ts', import.meta.url);
  await using world = await openWorld({ threads: 1, program });
  const { collection } = world;
  await fill(collection, 0, 100);
  assert.equal((await search(collection, nearest(tokens(4)))).length, 10);
  await assert.rejects(search(collection, nearest(tokens(13))), (error: unknown) => {
    return error instanceof DatabaseError && error.code === 'search-failed';
  });
  assert.equal((await search(collection, nearest(tokens(4)))).length, 10);
  assert.equal(world.faults.length, 1);
});

test('closing fails the searches that wait, and those that come later', async () => {
  const world = await openWorld({ threads: 1 });
  const { collection, database, both } = world;
  await fill(collection, 0, 1000);
  both.isCompared = false;
  const searches = Array.from({ length: 4 }, () =>
    assert.rejects(search(collection, nearest(tokens(500))), { code: 'closed' }),
  );
  // Until they are in the queue.
  await new Promise((resolve) => setImmediate(resolve));
  await database.close();
  await Promise.all(searches);
  await assert.rejects(search(collection, nearest(tokens(4))), { code: 'closed' });
});

test('a search that waits gives up when its caller goes away', async () => {
  await using world = await openWorld({ threads: 1 });
  const { collection, both } = world;
  await fill(collection, 0, 1000);
  both.isCompared = false;
  const first = search(collection, nearest(tokens(500)));
  const gone = new AbortController();
  const context = { ...noContext, signal: gone.signal };
  const second = collection.search(nearest(tokens(4)), { explain: false }, context);
  const third = search(collection, nearest(tokens(4)));
  // Until they are in the queue.
  await new Promise((resolve) => setImmediate(resolve));
  gone.abort();
  await assert.rejects(second, { code: 'cancelled' });
  assert.equal((await first).length, 10);
  assert.equal((await third).length, 10);
});
