// Index settings over the wire's whole range: whatever is configured, a search finds what it finds without
// any settings, and a larger `ef` looks at more.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '../src/database/collection-config.ts';
import { resolveCollection } from '../src/database/schema/collection-schema.ts';
import {
  type ModelTarget,
  recallOf,
  type Scored,
  SemanticsWorld,
  vectorQuery,
} from './search-semantics-world.ts';

const quantizers: readonly JsonObject[] = [
  { pq: { enabled: true, segments: 4, centroids: 16, trainingLimit: 100 } },
  { bq: { enabled: true, rescoreLimit: 1, cache: true } },
  { sq: { enabled: true, rescoreLimit: 0, trainingLimit: 10 } },
  { rq: { enabled: true, bits: 1, rescoreLimit: 1 } },
  { rq: { enabled: true, bits: 4 } },
  { rq: { enabled: true, bits: 8, rescoreLimit: -1 } },
];
const least = { ksim: 1, dprojections: 1, repetitions: 1 };
const muvera = { multivector: { enabled: true, muvera: { enabled: true, ...least } } };
const indexes: readonly { readonly type: string; readonly settings: JsonObject }[] = [
  { type: 'hnsw', settings: {} },
  { type: 'hnsw', settings: muvera },
  ...quantizers.map((settings) => ({ type: 'hnsw', settings })),
  ...quantizers.map((settings) => ({ type: 'hnsw', settings: { ...settings, ...muvera } })),
  {
    type: 'hnsw',
    settings: {
      ...{ ef: 1, efConstruction: 4, maxConnections: 4, flatSearchCutoff: 0, skip: true },
      ...{ dynamicEfMin: 1, dynamicEfMax: 1, dynamicEfFactor: 1, filterStrategy: 'sweeping' },
    },
  },
  { type: 'flat', settings: {} },
  { type: 'flat', settings: { bq: { enabled: true, rescoreLimit: 1 } } },
  { type: 'hfresh', settings: { searchProbe: 1, maxPostingSizeKB: 1, replicas: 1 } },
  { type: 'dynamic', settings: { threshold: 1 } },
  { type: 'dynamic', settings: { hnsw: { ef: 2, ...quantizers[0] }, flat: quantizers[1] } },
];

let world: SemanticsWorld;
let targets: readonly ModelTarget[];
before(async () => {
  world = await SemanticsWorld.open(9, { objects: [2400, 100, 50] });
  targets = (['words', 'patches', 'gist', 'words'] as const).map((name) => ({
    ...{ name, query: world.query(name, 12), weight: 1 },
  }));
});
after(() => world.database.close());

/** Gives every multi-vector, and the single one of cosine, the index. */
async function configure(index: (typeof indexes)[number]): Promise<void> {
  const { config } = world.collection;
  const vectors = config.vectors.map((vector) => {
    const { name, kind, metric } = vector;
    const settings = { ...index.settings, distance: metric };
    const flags = kind === 'single' ? { multivector: { enabled: false } } : {};
    return { name, kind, metric, index: { ...index, settings: { ...settings, ...flags } } };
  });
  const resolved = resolveCollection({ name: config.name, vectors });
  await world.database.updateCollection({ ...config, vectors: resolved.vectors });
}

async function ask(): Promise<{ hits: Scored[][]; looked: number }> {
  const hits: Scored[][] = [];
  let looked = 0;
  for (const target of targets) {
    const found = await world.search(vectorQuery([target]));
    hits.push(found.hits);
    looked += found.result.profile?.vector?.counts.firstHalves ?? 0;
  }
  return { hits, looked };
}

test('no index settings change what is found, and its recall at 10 is at least 0.98', async () => {
  await configure({ type: 'hnsw', settings: {} });
  const { hits: wanted, looked } = await ask();
  assert.ok(looked > 0, 'candidates were chosen');
  const recalls = targets.map(({ name, query }, i) =>
    recallOf(wanted[i]!, world.model.scores(name, query), 10),
  );
  const mean = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  assert.ok(mean >= 0.98, `recall ${mean}`);
  for (const index of indexes) {
    await configure(index);
    const own = await ask();
    assert.deepEqual(own, { hits: wanted, looked }, JSON.stringify(index));
  }
});

test('a larger ef looks at more candidates and finds no less, inside a dynamic index too', async () => {
  await configure({ type: 'hnsw', settings: {} });
  const { hits: usual, looked } = await ask();
  for (const index of [
    { type: 'hnsw', settings: { ef: 1500 } },
    { type: 'dynamic', settings: { hnsw: { ef: 1500 } } },
  ]) {
    await configure(index);
    const own = await ask();
    assert.ok(own.looked > 2 * looked, `${own.looked} candidates, ${looked} without ef`);
    for (const [i, { name, query }] of targets.entries()) {
      const scores = world.model.scores(name, query);
      assert.ok(recallOf(own.hits[i]!, scores, 10) >= recallOf(usual[i]!, scores, 10));
    }
  }
});
