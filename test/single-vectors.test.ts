// Single vectors in a collection large enough for lists: sealed, trained, searched by threads, filtered,
// paged, cut by certainty, changed and opened again, beside brute force over the same vectors.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Collection } from '../src/database/collection.ts';
import type { Database } from '../src/database/database.ts';
import { resolveCollection } from '../src/database/schema/collection-schema.ts';
import { SearchPool } from '../src/database/search-pool.ts';
import type { Filter } from '../src/engine/filter/filter.ts';
import { scoreSingle } from '../src/engine/multivector/single-metrics.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import type { Query } from '../src/engine/query/query.ts';
import { NodeDirectory } from '../src/storage/node-directory.ts';
import { noContext, openDatabase, single, uuidOf } from './simulation/world.ts';

const objects = 30_000;
const queryCount = 12;
const metrics = { near: 'cosine', far: 'l2-squared' } as const;
const shapes = { near: 16, far: 8 } as const;
type Name = keyof typeof metrics;
const names: readonly Name[] = ['near', 'far'];

const random = randomFrom(6);
const folder = mkdtempSync(join(tmpdir(), 'tesserae-single-'));
/** What is stored, by number; undefined after its deletion. */
const stored: Record<Name, (Float32Array | undefined)[]> = { near: [], far: [] };
const topics = Object.fromEntries(
  names.map((name) => [name, Array.from({ length: 90 }, () => someRow(shapes[name]))]),
) as Record<Name, number[][]>;
let database: Database;
let collection: Collection;

function someRow(dims: number): number[] {
  return Array.from({ length: dims }, () => (random() - 0.5) * 4);
}

/** Around a topic, at a length of its own. */
function makeVector(name: Name): number[] {
  const topic = topics[name][Math.floor(random() ** 2 * 90)] ?? [];
  const length = 0.5 + random();
  return topic.map((value) => (value + (random() + random() - 1) * 1.2) * length);
}

async function open(): Promise<void> {
  database = await openDatabase({
    directory: await NodeDirectory.open(folder),
    searcher: (engine) =>
      SearchPool.open(engine, {
        ...{ threads: 1, directory: folder, plainKernels: false, inlineWork: 0 },
        onFault: (error) => assert.fail(String(error)),
      }),
  });
}

async function fill(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 2000) {
    const batch = Array.from({ length: Math.min(2000, to - n) }, (_, i) => {
      const vectors = names.map((name) => [name, single(makeVector(name))] as const);
      for (const [name, { values }] of vectors) stored[name][n + i] = values;
      return { uuid: uuidOf(n + i), properties: { number: n + i }, vectors: new Map(vectors) };
    });
    const results = await collection.insertMany(batch, noContext);
    assert.ok(results.every(({ kind }) => kind === 'stored'));
  }
}

before(async () => {
  await open();
  await database.createCollection(
    resolveCollection({
      name: 'Things',
      properties: [{ name: 'number', type: 'int' }],
      vectors: names.map((name) => ({ name, kind: 'single', metric: metrics[name] })),
    }),
  );
  collection = database.collection('Things');
  await fill(0, objects);
  await database.flush();
  await database.settled();
});

after(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly offset?: number;
  readonly limit?: number;
  readonly filter?: Filter;
  readonly scoreMin?: number;
}

async function search(name: Name, values: readonly number[], asked: Asked = {}): Promise<Found[]> {
  const { offset = 0, limit = 10, filter, scoreMin } = asked;
  const query: Query = {
    kind: 'vector',
    ...{ offset, limit, autocut: 0 },
    search: {
      input: { kind: 'vectors', vectors: [single(values)] },
      targets: { names: [name], combination: 'minimum', weights: [] },
      ...(scoreMin === undefined ? {} : { scoreMin }),
    },
    ...(filter ? { filter } : {}),
  };
  const { hits } = await collection.search(query, { explain: false }, noContext);
  return hits.map(({ document, score }) => ({
    number: Number(document.properties['number']),
    score: score ?? Number.NaN,
  }));
}

interface Found {
  readonly number: number;
  readonly score: number;
}

function bruteForce(
  name: Name,
  values: readonly number[],
  isAllowed = (_n: number) => true,
): Found[] {
  const query = Float32Array.from(values);
  const found: Found[] = [];
  for (const [number, vector] of stored[name].entries()) {
    if (vector === undefined || !isAllowed(number)) continue;
    found.push({ number, score: scoreSingle(metrics[name], query, vector) });
  }
  return found.sort((a, b) => b.score - a.score || a.number - b.number);
}

/** Share of the best that was found; what was found must be scored exactly and ordered. */
function recallOf(found: readonly Found[], best: readonly Found[], wanted: number): number {
  const scores = new Map(best.map(({ number, score }) => [number, score]));
  for (const [i, { number, score }] of found.entries()) {
    assert.equal(score, scores.get(number));
    assert.ok(i === 0 || score <= (found[i - 1]?.score ?? 0));
  }
  const top = new Set(best.slice(0, wanted).map(({ number }) => number));
  return found.filter(({ number }) => top.has(number)).length / top.size;
}

async function meanRecall(asked: Asked, isAllowed?: (n: number) => boolean): Promise<number> {
  let sum = 0;
  for (const name of names) {
    for (let i = 0; i < queryCount; i++) {
      const values = makeVector(name);
      const best = bruteForce(name, values, isAllowed);
      sum += recallOf(await search(name, values, asked), best, asked.limit ?? 10);
    }
  }
  return sum / (queryCount * names.length);
}

function below(value: number): Filter {
  const target = { kind: 'property', name: 'number' } as const;
  return { kind: 'compare', operator: 'lessThan', target, value };
}

test('a sealed segment gets lists of its single vectors', () => {
  const { sealed } = collection.segments;
  assert.equal(sealed.length, 1);
  for (const name of names) {
    const lists = sealed[0]?.segment.lists(name);
    assert.equal(lists?.vectorCount, objects);
    assert.ok(lists.listCount > 100);
    assert.ok(lists.bytes < objects * 8, `${lists.bytes} bytes are resident`);
  }
});

test('the nearest are found, with a filter and without', async () => {
  assert.ok((await meanRecall({})) >= 0.985);
  for (const count of [20_000, 3000, 100]) {
    const recall = await meanRecall({ filter: below(count) }, (n) => n < count);
    assert.ok(recall >= 0.985, `${recall} of the best among ${count}`);
  }
});

test('pages follow each other without gaps and without repeats', async () => {
  const values = makeVector('near');
  const pages: Found[] = [];
  for (let offset = 0; offset < 120; offset += 15) {
    pages.push(...(await search('near', values, { offset, limit: 15 })));
  }
  assert.equal(new Set(pages.map(({ number }) => number)).size, 120);
  const best = new Set(
    bruteForce('near', values)
      .slice(0, 120)
      .map(({ number }) => number),
  );
  assert.ok(pages.filter(({ number }) => best.has(number)).length >= 117);
});

test('a certainty leaves out what is farther', async () => {
  const values = makeVector('near');
  const best = bruteForce('near', values);
  // certainty = 1 + score / 2.
  const certainty = 1 + best[40]!.score / 2;
  const scoreMin = certainty * 2 - 2;
  const found = await search('near', values, { limit: 500, scoreMin });
  assert.ok(found.every(({ score }) => score >= scoreMin));
  assert.ok(recallOf(found, best, 40) >= 0.97);
  assert.ok(found.length <= 41);
});

test('what is deleted is not found, what is new is found at once', async () => {
  const values = makeVector('near');
  for (const { number } of bruteForce('near', values).slice(0, 20)) {
    assert.equal(await collection.delete(uuidOf(number)), true);
    for (const name of names) stored[name][number] = undefined;
  }
  await fill(objects, objects + 500);
  assert.ok((await meanRecall({})) >= 0.985);
  assert.ok(recallOf(await search('near', values), bruteForce('near', values), 10) >= 0.9);
});

test('the same is found after opening again', async () => {
  const values = makeVector('far');
  const found = await search('far', values, { limit: 50 });
  await database.close();
  await open();
  collection = database.collection('Things');
  assert.deepEqual(await search('far', values, { limit: 50 }), found);
  assert.ok((await meanRecall({})) >= 0.985);
});
