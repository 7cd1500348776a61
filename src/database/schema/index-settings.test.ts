// Defaults and refusals of vector index settings; whole replies are compared in test/schema-golden.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../collection-config.ts';
import { type IndexInput, type ResolvedIndex, resolveIndex } from './index-settings.ts';

function resolve(settings: JsonObject, input: Partial<IndexInput> = {}): ResolvedIndex {
  return resolveIndex({ settings, multi: false, ...input }, 'vector "v"');
}

function part(index: ResolvedIndex, name: string): JsonObject {
  return index.settings[name] as JsonObject;
}

test('an index is hnsw with cosine and a single vector by default', () => {
  const index = resolve({});
  assert.equal(index.type, 'hnsw');
  assert.equal(index.kind, 'single');
  assert.equal(index.metric, 'cosine');
  assert.equal(index.settings['ef'], -1);
});

test('the flag in the settings makes a multi-vector', () => {
  const index = resolve({ multivector: { enabled: true } });
  assert.equal(index.kind, 'multi');
  assert.deepEqual(part(index, 'multivector'), {
    enabled: true,
    aggregation: 'maxSim',
    muvera: { enabled: false, ksim: 4, dprojections: 16, repetitions: 10 },
  });
});

test('a module that makes multi-vectors overrides the flag', () => {
  const index = resolve({ multivector: { enabled: false } }, { multi: true });
  assert.equal(index.kind, 'multi');
  assert.equal(part(index, 'multivector')['enabled'], true);
});

test('a flat index keeps a multi-vector, and says nothing of single ones', () => {
  const multi = resolve({ multivector: { enabled: true } }, { type: 'flat' });
  assert.equal(multi.kind, 'multi');
  assert.equal(part(multi, 'multivector')['enabled'], true);
  assert.equal('multivector' in resolve({}, { type: 'flat' }).settings, false);
});

test('one bit a component rescores 512, eight bits 20, unless told', () => {
  const rq = (settings: JsonObject) => part(resolve({ rq: settings }), 'rq')['rescoreLimit'];
  assert.equal(rq({ enabled: true }), 20);
  assert.equal(rq({ enabled: true, bits: 4 }), 20);
  assert.equal(rq({ enabled: true, bits: 1 }), 512);
  assert.equal(rq({ enabled: true, bits: 1, rescoreLimit: 33 }), 33);
});

test('unknown keys are left out', () => {
  const index = resolve({ type: 'hnsw', multiVector: {}, bq: { enabled: true, cache: true } });
  assert.deepEqual(part(index, 'bq'), { enabled: true });
  assert.equal('type' in index.settings || 'multiVector' in index.settings, false);
});

test('null counts as not given', () => {
  assert.deepEqual(resolve({ ef: null, pq: null, rq: { bits: null } }), resolve({}));
});

test('two quantizers are refused by their names', () => {
  assert.throws(
    () => resolve({ bq: { enabled: true }, sq: { enabled: true } }),
    /vector "v": vectorIndexConfig enables bq and sq; at most one/,
  );
});

test('a wrong value is refused with its path, the value and what is allowed', () => {
  const cases: readonly [JsonObject, RegExp][] = [
    [{ distance: 'euclid' }, /vectorIndexConfig\.distance is "euclid"; allowed: "cosine"/],
    [{ ef: 1.5 }, /\.ef is 1\.5; allowed: whole numbers from -1/],
    [{ ef: '10' }, /\.ef is "10"/],
    [{ maxConnections: 2 }, /\.maxConnections is 2; allowed: whole numbers from 4/],
    [{ rq: { enabled: true, bits: 3 } }, /\.rq\.bits is 3; allowed: 1, 4, 8/],
    [{ pq: { encoder: { type: 'x' } } }, /\.pq\.encoder\.type is "x"/],
    [
      { multivector: { enabled: 'yes' } },
      /\.multivector\.enabled is "yes"; allowed: true or false/,
    ],
    [{ multivector: { aggregation: 'avg' } }, /\.aggregation is "avg"; allowed: "maxSim"/],
    [
      { multivector: { muvera: { ksim: -1 } } },
      /\.muvera\.ksim is -1; allowed: whole numbers from 1/,
    ],
    [{ multivector: true }, /\.multivector is true; allowed: an object/],
  ];
  for (const [settings, message] of cases) {
    assert.throws(() => resolve(settings), { code: 'invalid-argument', message });
  }
});

test('token pooling is on when it is said, and echoed only then', () => {
  const pooling = (tokenPooling: unknown, type = 'hnsw') =>
    resolve({ multivector: { enabled: true, tokenPooling } }, { type });
  for (const type of ['hnsw', 'flat', 'hfresh']) {
    assert.deepEqual(pooling({ factor: 3 }, type).pooling, { factor: 3 });
    assert.deepEqual(pooling({}, type).pooling, { factor: 2 });
  }
  const echoed = part(pooling({ enabled: true, factor: 4 }), 'multivector')['tokenPooling'];
  assert.deepEqual(echoed, { enabled: true, factor: 4 });
  assert.equal(pooling({ enabled: false, factor: 4 }).pooling, undefined);
  assert.equal(pooling(null).pooling, undefined);
  assert.equal('tokenPooling' in part(pooling(null), 'multivector'), false);
});

test('token pooling is refused for single vectors and for factors but 2, 3 and 4', () => {
  const factor = /multivector\.tokenPooling\.factor is .*; allowed: whole numbers from 2 to 4/;
  const cases: readonly [unknown, RegExp][] = [
    [{ factor: 1 }, factor],
    [{ factor: 5 }, factor],
    [{ factor: 2.5 }, factor],
    [{ factor: '2' }, factor],
    [{ enabled: 1 }, /tokenPooling\.enabled is 1; allowed: true or false/],
    [2, /multivector\.tokenPooling is 2; allowed: an object/],
  ];
  for (const [tokenPooling, message] of cases) {
    const settings = { multivector: { enabled: true, tokenPooling } };
    assert.throws(() => resolve(settings), { code: 'invalid-argument', message });
  }
  for (const type of ['hnsw', 'flat']) {
    assert.throws(
      () => resolve({ multivector: { tokenPooling: { factor: 2 } } }, { type }),
      /tokenPooling is {"enabled":true,"factor":2}; allowed: nothing on a single vector/,
    );
  }
  assert.equal(resolve({ multivector: { tokenPooling: { enabled: false } } }).kind, 'single');
});

test('an unknown index type is refused with the known ones', () => {
  for (const type of ['zzz', 'none', 'dynamic', 'HNSW']) {
    assert.throws(() => resolve({}, { type }), /allowed: hnsw, flat, hfresh/, type);
  }
});

test('resolving effective settings again changes nothing', () => {
  for (const type of ['hnsw', 'flat', 'hfresh']) {
    for (const multivector of [
      { enabled: false },
      { enabled: true },
      { enabled: true, tokenPooling: { factor: 3 } },
    ]) {
      const once = resolve({ multivector }, { type });
      assert.deepEqual(resolve(once.settings, { type }), once);
    }
  }
});

test("the Python client's words in an exported configuration mean the same", () => {
  const index = resolve({ distanceMetric: 'dot', multiVector: { aggregation: 'maxSim' } });
  assert.equal(index.kind, 'multi');
  assert.equal(index.metric, 'dot');
  assert.equal(part(index, 'multivector')['enabled'], true);
  assert.equal(resolve({ distance: 'hamming', distanceMetric: 'dot' }).metric, 'hamming');
});
