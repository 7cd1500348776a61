// Defaults and refusals of whole collections.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../collection-config.ts';
import type { CollectionInput, VectorInput } from './collection-input.ts';
import { resolveCollection } from './collection-schema.ts';

function resolveVector(vector: VectorInput) {
  const config = resolveCollection({ name: 'C', vectors: [vector] });
  const [resolved] = config.vectors;
  assert.ok(resolved !== undefined);
  return resolved;
}

test('a name alone makes a collection with one unnamed single vector', () => {
  const config = resolveCollection({ name: 'pages' });
  assert.equal(config.name, 'Pages');
  assert.deepEqual(config.properties, []);
  assert.equal(config.vectors.length, 1);
  assert.equal(config.vectors[0]?.name, '');
  assert.equal(config.vectors[0]?.kind, 'single');
  assert.deepEqual(config.vectors[0]?.vectorizer, { module: 'none', settings: {} });
  assert.deepEqual(config.invertedIndex.bm25, { b: 0.75, k1: 1.2 });
  assert.deepEqual(config.invertedIndex.stopwords, { preset: 'en', additions: [], removals: [] });
});

test('kind and metric may be said in plain words', () => {
  const vector = resolveVector({ name: 'mv', kind: 'multi', metric: 'dot' });
  assert.equal(vector.kind, 'multi');
  assert.equal(vector.metric, 'dot');
  assert.equal(vector.index.settings['distance'], 'dot');
});

test('token pooling may be said in plain words, which resolving again does not change', () => {
  const vector = resolveVector({ name: 'mv', kind: 'multi', pooling: { factor: 3 } });
  assert.deepEqual(vector.pooling, { factor: 3 });
  const multivector = vector.index.settings['multivector'] as { readonly tokenPooling: unknown };
  assert.deepEqual(multivector.tokenPooling, { enabled: true, factor: 3 });
  assert.deepEqual(resolveVector(vector), vector);
  assert.equal('pooling' in resolveVector({ name: 'mv', kind: 'multi' }), false);
  assert.throws(() => resolveVector({ name: 'v', pooling: { factor: 2 } }), /on a single vector/);
});

test('a multi-vector module makes a multi-vector', () => {
  assert.equal(
    resolveVector({ name: 'mv', vectorizer: { module: 'text2colbert-jinaai' } }).kind,
    'multi',
  );
});

test('words that contradict each other are refused', () => {
  assert.throws(
    () =>
      resolveVector({ name: 'mv', kind: 'single', vectorizer: { module: 'text2colbert-jinaai' } }),
    /vector "mv": kind is "single"; allowed: multi/,
  );
});

test('the unnamed vector is single', () => {
  assert.throws(() => resolveVector({ name: '', kind: 'multi' }), /a multi-vector needs a name/);
  assert.throws(
    () => resolveCollection({ name: 'C', vectors: [{ name: 'v' }, { name: 'v' }] }),
    /vector names must differ, got v, v/,
  );
});

test('what copies in the background would do is echoed, and that there are none', () => {
  const replication = (given: JsonObject): JsonObject =>
    resolveCollection({ name: 'C', replication: given }).replication;
  const plain = { factor: 1, asyncEnabled: false, deletionStrategy: 'TimeBasedResolution' };
  assert.deepEqual(replication({ asyncEnabled: true, asyncConfig: {} }), plain);
  const said = { hashtreeHeight: 20, propagationConcurrency: 4 };
  const asyncConfig = { ...said, maxWorkers: 3, frequency: null };
  assert.deepEqual(replication({ asyncConfig }), { ...plain, asyncConfig: said });
  assert.throws(() => replication({ asyncConfig: { frequency: 'x' } }), /asyncConfig\.frequency/);
  assert.throws(
    () => replication({ asyncEnabled: 1 }),
    /asyncEnabled is 1; allowed: true or false/,
  );
});

test('settings without a meaning are refused', () => {
  const cases: readonly [Partial<CollectionInput>, RegExp][] = [
    [{ invertedIndex: { bm25: { b: 1.1 } } }, /bm25\.b is 1\.1; allowed: numbers from 0 to 1/],
    [{ invertedIndex: { bm25: { k1: -1 } } }, /bm25\.k1 is -1/],
    [{ invertedIndex: { stopwords: { preset: 'de' } } }, /stopwords\.preset is "de"; allowed: en/],
    [{ invertedIndex: { stopwords: { additions: [' '] } } }, /stopwords is " "/],
    [
      { invertedIndex: { stopwords: { additions: ['x'], removals: ['x'] } } },
      /"x" stands in both additions and removals/,
    ],
    [{ multiTenancy: { autoTenantCreation: true } }, /autoTenantCreation needs enabled/],
    [{ multiTenancy: { autoTenantActivation: true } }, /autoTenantActivation needs enabled/],
    [{ replication: { factor: 3 } }, /replicationConfig\.factor is 3; allowed: .* from 1 to 1/],
    [{ replication: { deletionStrategy: 'x' } }, /deletionStrategy is "x"/],
    [{ sharding: { desiredCount: 0 } }, /shardingConfig\.desiredCount is 0/],
    [
      {
        properties: [
          { name: 'x', type: 'text' },
          { name: 'X', type: 'int' },
        ],
      },
      /property 'x' is already in use or given more than once/,
    ],
  ];
  for (const [part, message] of cases) {
    assert.throws(() => resolveCollection({ name: 'C', ...part }), {
      code: 'invalid-argument',
      message,
    });
  }
});

test('more shards than one are remembered as a wish', () => {
  const { sharding } = resolveCollection({ name: 'C', sharding: { desiredCount: 3 } });
  assert.equal(sharding['desiredCount'], 3);
  assert.equal(sharding['desiredVirtualCount'], 384);
  assert.equal(sharding['actualCount'], 1);
});

test('resolving a complete configuration again changes nothing', () => {
  const config = resolveCollection({
    name: 'C',
    description: 'd',
    properties: [{ name: 'o', type: 'object', nested: [{ name: 'n', type: 'int' }] }],
    vectors: [{ name: 'mv', vectorizer: { module: 'text2multivec-jinaai' } }],
    invertedIndex: { stopwords: { additions: ['foo'] }, indexNullState: true },
    multiTenancy: { enabled: true, autoTenantCreation: true },
    moduleConfig: { 'reranker-x': {} },
  });
  assert.deepEqual(resolveCollection(JSON.parse(JSON.stringify(config))), config);
});

test('what an operator chose fills what a collection leaves open, and nothing else', () => {
  const defaults = { vectorizer: 'text2vec-contextionary', indexType: 'hfresh' } as const;
  const chosen = (vectors?: CollectionInput['vectors']) =>
    resolveCollection({ name: 'C', ...(vectors ? { vectors } : {}) }, defaults).vectors.map(
      ({ vectorizer, index }) => [vectorizer.module, index.type],
    );
  assert.deepEqual(chosen(), [['text2vec-contextionary', 'hfresh']]);
  assert.deepEqual(chosen([{ name: 'v' }]), [['none', 'hfresh']]);
  assert.deepEqual(
    chosen([{ name: '', vectorizer: { module: 'none' }, index: { type: 'flat' } }]),
    [['none', 'flat']],
  );
});
