// What boosts and diverse selections cost beside the same search without them. As a test it runs with
// tiny sizes and checks that each answers as many hits as were asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { VectorValue } from '../../engine/document.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import { randomFrom } from '../../engine/multivector/vectors-for-tests.ts';
import type { Boost, VectorQuery } from '../../engine/query/query.ts';
import type { Collection } from '../collection.ts';
import { resolveCollection } from '../schema/collection-schema.ts';

const full = process.env['TESSERAE_BENCH'] === '1';
const sizes = full
  ? { single: 20_000, multi: 2_000, rounds: 31 }
  : { single: 300, multi: 60, rounds: 1 };
const shapes = {
  single: { kind: 'single', dims: 384, rows: 1, queryRows: 1 },
  multi: { kind: 'multi', dims: 128, rows: 70, queryRows: 32 },
} as const;
type Shape = keyof typeof shapes;
const random = randomFrom(3);

function vector(shape: Shape, rows: number): VectorValue {
  const { kind, dims } = shapes[shape];
  return { kind, dims, values: new Float32Array(rows * dims).map(() => random() * 2 - 1) };
}

async function fill(collection: Collection, shape: Shape): Promise<void> {
  const count = sizes[shape];
  for (let from = 0; from < count; from += 100) {
    const objects = Array.from({ length: Math.min(100, count - from) }, (_, i) => ({
      uuid: uuidOf(from + i),
      properties: { text: `passage ${from + i}`, number: Math.floor(random() * 1000) },
      vectors: new Map([['v', vector(shape, shapes[shape].rows)]]),
    }));
    await collection.insertMany(objects, noContext);
  }
}

const filter: Filter = {
  kind: 'compare',
  operator: 'lessThan',
  target: { kind: 'property', name: 'number' },
  value: 500,
};
const boosts: Readonly<Record<string, Boost['conditions'][number]['signal']>> = {
  'boost by a filter': { kind: 'filter', filter },
  'boost by a value': { kind: 'value', name: 'number', modifier: 'log1p' },
};
const ways: Readonly<Record<string, Partial<VectorQuery>>> = {
  'the search alone': {},
  ...Object.fromEntries(
    Object.entries(boosts).map(([name, signal]) => [
      name,
      { boost: { conditions: [{ signal, weight: 1 }], weight: 0.5, depth: 100 } },
    ]),
  ),
  'diversity, 10 of 40': { diversity: { count: 10, candidates: 40, balance: 0.5 } },
  'diversity, 10 of 100': { diversity: { count: 10, candidates: 100, balance: 0.5 } },
};

async function timed(collection: Collection, query: VectorQuery): Promise<number> {
  const start = performance.now();
  const { hits } = await collection.search(query, { explain: false, vectors: false }, noContext);
  assert.equal(hits.length, 10);
  return performance.now() - start;
}

test('ranking anew beside the search alone', async (t) => {
  for (const shape of ['single', 'multi'] as const) {
    await using database = await openDatabase();
    const config = resolveCollection({
      name: 'Passages',
      properties: [
        { name: 'text', type: 'text' },
        { name: 'number', type: 'int' },
      ],
      vectors: [{ name: 'v', kind: shapes[shape].kind }],
    });
    await database.createCollection(config);
    const collection = database.collection('Passages');
    await fill(collection, shape);
    await database.flush();
    await database.settled();
    const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
    for (let round = 0; round < sizes.rounds; round += 1) {
      const query: VectorQuery = {
        ...{ kind: 'vector', offset: 0, limit: 10, autocut: 0 },
        search: {
          input: { kind: 'vectors', vectors: [vector(shape, shapes[shape].queryRows)] },
          targets: { names: [], combination: 'minimum', weights: [] },
        },
      };
      for (const [name, way] of Object.entries(ways)) {
        times.get(name)?.push(await timed(collection, { ...query, ...way }));
      }
    }
    for (const [name, all] of times) {
      const median = all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
      t.diagnostic(`${sizes[shape]} objects, ${shape}: ${name} ${median.toFixed(2)} ms`);
    }
  }
});
