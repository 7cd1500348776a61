// Searches in threads against searches in the serving thread: answers a second of eight callers, and how
// long a short query waits while a long one runs. As a test it runs with tiny sizes and checks that both
// answer alike.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { noContext, openDatabase, passages, uuidOf } from '../../test/simulation/world.ts';
import type { VectorValue } from '../engine/document.ts';
import { randomFrom } from '../engine/multivector/vectors-for-tests.ts';
import type { Query } from '../engine/query/query.ts';
import { NodeDirectory } from '../storage/node-directory.ts';
import type { Collection } from './collection.ts';
import type { Database } from './database.ts';
import { SearchPool } from './search-pool.ts';
import { inlineSearcher } from './vector-searcher.ts';

const full = process.env['TESSERAE_BENCH'] === '1';
const sizes = full
  ? { passages: 2000, searches: 200, rounds: 3, short: 5 }
  : { passages: 60, searches: 8, rounds: 1, short: 2 };
const dims = 128;
const callers = 8;
const random = randomFrom(9);
const middles = new Float32Array(512 * dims).map(() => random() * 2 - 1);

/** Token vectors near some of 512 middles. */
function tokens(count: number): VectorValue {
  const values = new Float32Array(count * dims);
  for (let t = 0; t < count; t += 1) {
    const middle = Math.floor(random() * 512) * dims;
    for (let i = 0; i < dims; i += 1) {
      values[t * dims + i] = (middles[middle + i] ?? 0) + (random() - 0.5);
    }
  }
  return { kind: 'multi', dims, values };
}

function nearest(query: VectorValue): Query {
  return {
    kind: 'vector',
    ...{ offset: 0, limit: 10, autocut: 0 },
    search: {
      input: { kind: 'vectors', vectors: [query] },
      targets: { names: [], combination: 'minimum', weights: [] },
    },
  };
}

/** Opens what is in the folder with so many search threads; 0: the serving thread. */
async function open(folder: string, threads: number): Promise<Database> {
  const onFault = (error: unknown): void => assert.fail(String(error));
  return openDatabase({
    directory: await NodeDirectory.open(folder),
    searcher: async (engine) => {
      if (threads === 0) return inlineSearcher(engine);
      const options = { threads, directory: folder, plainKernels: false, inlineWork: 0, onFault };
      return SearchPool.open(engine, options);
    },
    onFault,
  });
}

async function uuids(collection: Collection, query: Query, exact = false): Promise<string> {
  const { hits } = await collection.search(
    query,
    { explain: false, exact, vectors: false },
    noContext,
  );
  return hits.map(({ document }) => document.uuid).join(' ');
}

/** Answers a second of callers that ask one question after the other. */
async function rate(collection: Collection, queries: readonly Query[]): Promise<number> {
  let next = 0;
  const call = async (): Promise<void> => {
    while (next < sizes.searches) {
      next += 1;
      const query = queries[next % queries.length];
      if (query) await uuids(collection, query);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, call));
  return (sizes.searches / (performance.now() - start)) * 1000;
}

/** Median milliseconds of short queries while a long one runs. */
async function waitBeside(collection: Collection, short: Query, long: Query): Promise<number> {
  const waits: number[] = [];
  for (let round = 0; round < sizes.short; round += 1) {
    const slow = uuids(collection, long, true);
    const start = performance.now();
    await uuids(collection, short);
    waits.push(performance.now() - start);
    await slow;
  }
  return median(waits);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

test('search threads against the serving thread', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-bench-'));
  const queries = Array.from({ length: 16 }, () => nearest(tokens(32)));
  const [short, long] = [nearest(tokens(1)), nearest(tokens(512))];
  const answers: string[][] = [];
  const figures = new Map<number, { rates: number[]; waits: number[] }>();
  try {
    await fill(folder);
    for (let round = 0; round < sizes.rounds; round += 1) {
      for (const threads of [0, 1, 2]) {
        await using database = await open(folder, threads);
        const collection = database.collection('Passages');
        answers.push(await Promise.all(queries.map((query) => uuids(collection, query))));
        const own = figures.get(threads) ?? { rates: [], waits: [] };
        own.rates.push(await rate(collection, queries));
        own.waits.push(await waitBeside(collection, short, long));
        figures.set(threads, own);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  for (const [threads, { rates, waits }] of figures) {
    const name = threads === 0 ? 'serving thread' : `${threads} search threads`;
    t.diagnostic(
      `${name}: ${median(rates).toFixed(0)} answers/s for ${callers} callers; a short query beside a long one waits ${median(waits).toFixed(1)} ms`,
    );
  }
});

async function fill(folder: string): Promise<void> {
  await using database = await open(folder, 0);
  await database.createCollection(passages());
  const collection = database.collection('Passages');
  for (let n = 0; n < sizes.passages; n += 100) {
    const objects = Array.from({ length: Math.min(100, sizes.passages - n) }, (_, i) => ({
      uuid: uuidOf(n + i),
      properties: { number: n + i },
      vectors: new Map([['mv', tokens(70)]]),
    }));
    await collection.insertMany(objects, noContext);
  }
  await database.flush();
  await database.settled();
}
