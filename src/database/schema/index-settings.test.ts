// Defaults and refusals of vector index settings; whole replies are compared in test/schema-golden.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../collection-config.ts';
import {
  efOf,
  type IndexInput,
  indexTypes,
  type ResolvedIndex,
  resolveIndex,
} from './index-settings.ts';

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
    [{ ef: 1.5 }, /\.ef is 1\.5; allowed: whole numbers$/],
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
  for (const type of ['hnsw', 'flat', 'hfresh', 'dynamic']) {
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
  for (const type of ['zzz', 'none', 'HNSW']) {
    assert.throws(() => resolve({}, { type }), /allowed: hnsw, flat, dynamic, hfresh/, type);
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

test("the older Java client's word for maxSim means the same", () => {
  const index = resolve({ multivector: { enabled: true, aggregation: 'MAX_SIM' } });
  assert.equal(part(index, 'multivector')['aggregation'], 'maxSim');
});

const muvera = { enabled: false, ksim: 4, dprojections: 16, repetitions: 10 };
const flatQuantizer = { enabled: false, cache: false, rescoreLimit: -1 };
const flatDefaults = {
  distance: 'cosine',
  vectorCacheMaxObjects: 1e12,
  pq: flatQuantizer,
  bq: flatQuantizer,
  sq: flatQuantizer,
  rq: { ...flatQuantizer, bits: 8 },
  skipDefaultQuantization: false,
  trackDefaultQuantization: false,
};
const hnswDefaults = {
  skip: false,
  cleanupIntervalSeconds: 300,
  maxConnections: 32,
  efConstruction: 128,
  ef: -1,
  dynamicEfMin: 100,
  dynamicEfMax: 500,
  dynamicEfFactor: 8,
  vectorCacheMaxObjects: 1e12,
  flatSearchCutoff: 40_000,
  distance: 'cosine',
  pq: {
    enabled: false,
    bitCompression: false,
    segments: 0,
    centroids: 256,
    trainingLimit: 100_000,
    encoder: { type: 'kmeans', distribution: 'log-normal' },
  },
  bq: { enabled: false },
  sq: { enabled: false, trainingLimit: 100_000, rescoreLimit: 20 },
  rq: { enabled: false, bits: 8, rescoreLimit: 20 },
  filterStrategy: 'acorn',
  multivector: { enabled: false, aggregation: 'maxSim', muvera },
  skipDefaultQuantization: false,
  trackDefaultQuantization: false,
};
const defaults: Readonly<Record<string, JsonObject>> = {
  hnsw: hnswDefaults,
  flat: flatDefaults,
  dynamic: { distance: 'cosine', threshold: 10_000, hnsw: hnswDefaults, flat: flatDefaults },
  hfresh: {
    distance: 'cosine',
    maxPostingSizeKB: 48,
    replicas: 4,
    searchProbe: 256,
    rq: { enabled: true, bits: 1, rescoreLimit: 350 },
    multivector: { enabled: false, aggregation: '', muvera },
  },
};

test('every type is echoed with all of its defaults', () => {
  for (const type of indexTypes) {
    assert.deepEqual(resolve({}, { type }).settings, defaults[type], type);
  }
});

/** Paths of the values inside settings. */
function leaves(settings: JsonObject, before: readonly string[] = []): string[][] {
  return Object.entries(settings).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? leaves(value as JsonObject, [...before, key])
      : [[...before, key]],
  );
}

function settingsWith(path: readonly string[], value: unknown): JsonObject {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}

function at(settings: JsonObject, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as JsonObject)[key], settings);
}

/** Another value that a setting may have. */
const others: Readonly<Record<string, unknown>> = {
  distance: 'dot',
  type: 'tile',
  distribution: 'normal',
  filterStrategy: 'sweeping',
  aggregation: 'maxSim',
  bits: 4,
};

test('every setting takes another value and gives it back, beside the defaults of the others', () => {
  let count = 0;
  for (const type of indexTypes) {
    for (const path of leaves(defaults[type]!)) {
      const name = path.at(-1)!;
      const byDefault = at(defaults[type]!, path);
      const other = others[name] ?? (typeof byDefault === 'boolean' ? !byDefault : 7);
      const { settings } = resolve(settingsWith(path, other), { type });
      assert.equal(at(settings, path), other, `${type} ${path.join('.')}`);
      count += 1;
    }
  }
  assert.ok(count > 100, `${count} settings`);
});

test('every negative ef is taken', () => {
  assert.equal(resolve({ ef: -2 }).settings['ef'], -2);
});

test('every setting refuses what is no value of it, by its path', () => {
  for (const type of indexTypes) {
    for (const path of leaves(defaults[type]!)) {
      const low = path.at(-1) === 'ef' ? '-2' : -2;
      for (const wrong of ['?', low, 0.5, [], {}]) {
        const full = `vectorIndexConfig.${path.join('.')}`;
        assert.throws(
          () => resolve(settingsWith(path, wrong), { type }),
          (error: Error) => error.message.includes(`${full} is ${JSON.stringify(wrong)}; allowed:`),
          `${type} ${full}`,
        );
      }
    }
  }
});

test('a dynamic index has one distance and one multi-vector, wherever they are said', () => {
  const places: readonly JsonObject[] = [
    { multivector: { enabled: true }, distance: 'dot' },
    { hnsw: { multivector: { enabled: true }, distance: 'dot' } },
    { flat: { multivector: { enabled: true } }, distance: 'dot', hnsw: { distance: 'dot' } },
  ];
  for (const settings of places) {
    const index = resolve(settings, { type: 'dynamic' });
    assert.equal(index.kind, 'multi');
    assert.equal(index.metric, 'dot');
    for (const inside of ['hnsw', 'flat']) {
      const { multivector, distance } = part(index, inside);
      assert.equal(distance, 'dot');
      assert.deepEqual(multivector, { enabled: true, aggregation: 'maxSim', muvera });
    }
  }
  assert.throws(
    () => resolve({ distance: 'dot', flat: { distance: 'cosine' } }, { type: 'dynamic' }),
    /has distances "dot" and "cosine"; hnsw and flat must have that of the dynamic index/,
  );
});

test('a dynamic index checks what stands inside, by its path', () => {
  const cases: readonly [JsonObject, RegExp][] = [
    [{ hnsw: { ef: 'x' } }, /vectorIndexConfig\.hnsw\.ef is "x"/],
    [{ flat: { bq: { cache: 1 } } }, /vectorIndexConfig\.flat\.bq\.cache is 1/],
    [{ hnsw: 3 }, /vectorIndexConfig\.hnsw is 3; allowed: an object/],
    [
      { flat: { bq: { enabled: true }, rq: { enabled: true } } },
      /vectorIndexConfig\.flat enables bq and rq/,
    ],
  ];
  for (const [settings, message] of cases) {
    assert.throws(() => resolve(settings, { type: 'dynamic' }), { message });
  }
});

test('the ef of an index is what somebody said', () => {
  assert.equal(efOf(resolve({}).settings), undefined);
  assert.equal(efOf(resolve({ ef: 64 }).settings), 64);
  assert.equal(efOf(resolve({ hnsw: { ef: 32 } }, { type: 'dynamic' }).settings), 32);
  assert.equal(efOf(resolve({}, { type: 'flat' }).settings), undefined);
});
