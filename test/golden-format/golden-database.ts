// A small database with everything that the format can hold: a merged and trained segment with deletions,
// a sealed one that is not trained, records that only the log has; every type of property, multi-vectors
// (one of them pooled, with places) and single ones; tenants in every state. scripts/golden-format.ts stores it, golden-format.test.ts opens
// what was stored and compares it with the model here. Nothing in it is left to chance, and nothing may
// change once a release has written it.

import assert from 'node:assert/strict';
import { Database } from '../../src/database/database.ts';
import type { ObjectInput } from '../../src/database/object-input.ts';
import type { CollectionInput, PropertyInput } from '../../src/database/schema/collection-input.ts';
import { resolveCollection } from '../../src/database/schema/collection-schema.ts';
import { resolveNewProperty } from '../../src/database/schema/property-schema.ts';
import { buildSegment, type SegmentBuilder } from '../../src/database/segment-builder.ts';
import type { Properties, TokenPlaces, VectorValue } from '../../src/engine/document.ts';
import type { Directory } from '../../src/storage/directory.ts';
import { DirectoryStore } from '../../src/storage/directory-store.ts';
import { FileLog } from '../../src/storage/file-log.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { randomFrom } from '../../src/storage/random.ts';
import { noContext, uuidOf } from '../simulation/world.ts';

/** It refers to both collections, so it is added when both are there. */
const near: PropertyInput = { name: 'near', type: 'reference', targets: ['Plain', 'Everything'] };

export const everything: CollectionInput = {
  name: 'Everything',
  description: 'One property of each type.',
  properties: [
    { name: 'text', type: 'text' },
    { name: 'code', type: 'text', tokenization: 'field' },
    { name: 'texts', type: 'text[]' },
    { name: 'int', type: 'int' },
    { name: 'ints', type: 'int[]' },
    { name: 'number', type: 'number' },
    { name: 'numbers', type: 'number[]' },
    { name: 'flag', type: 'boolean' },
    { name: 'flags', type: 'boolean[]' },
    { name: 'date', type: 'date' },
    { name: 'dates', type: 'date[]' },
    { name: 'uuid', type: 'uuid' },
    { name: 'uuids', type: 'uuid[]' },
    { name: 'blob', type: 'blob' },
    { name: 'place', type: 'geoCoordinates' },
    { name: 'inner', type: 'object', nested: [{ name: 'word', type: 'text' }] },
    near,
  ],
  vectors: [
    { name: 'mv', kind: 'multi' },
    { name: 'sv', metric: 'l2-squared' },
    { name: 'pooled', kind: 'multi', pooling: { factor: 2 } },
  ],
};

export const plain: CollectionInput = {
  name: 'Plain',
  properties: [{ name: 'text', type: 'text' }],
  vectors: [{ name: 'mv', kind: 'multi', metric: 'dot' }],
};

/** `sealed` is in a segment, `logged` only in the log, `asleep` inactive. */
export const tenants = ['asleep', 'logged', 'sealed'] as const;

export const shared: CollectionInput = {
  name: 'Shared',
  properties: [{ name: 'text', type: 'text' }],
  vectors: [{ name: 'mv', kind: 'multi', metric: 'dot' }],
  multiTenancy: { enabled: true, autoTenantCreation: false, autoTenantActivation: true },
};

/** The acknowledged objects of each collection, or tenant as `Shared/NAME`, by uuid. */
export type Model = ReadonlyMap<string, Map<string, ObjectInput>>;

/** Vectors that make training worth it here; a server waits for many more. */
const trainedVectorsMin = 40;
const startMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath'];

/** Writes the database into a directory that is empty; resolves with what it holds. */
export async function writeGoldenDatabase(directory: Directory): Promise<Model> {
  const names = [everything.name, plain.name, ...tenants.map((name) => `Shared/${name}`)];
  const model = new Map(names.map((name) => [name, new Map()]));
  const store = await DirectoryStore.open(directory);
  let now = startMs;
  await using database = await Database.open({
    ...{ log: await FileLog.open(directory), store, builder: eagerBuilder(store) },
    ...{ clock: () => now, newUuid: () => uuidOf(0), vectorizers: () => undefined },
    ...{ autoSchema: false, flushBytes: 1 << 26 },
  });
  const insert = async (name: string, numbers: readonly number[], version = 0): Promise<void> => {
    now += 1000;
    const objects = numbers.map((n) => objectOf(name, n, version));
    const [collection = '', tenant = ''] = name.split('/');
    const placed = objects.map((object) => ({ collection, tenant, object }));
    const results = await database.insertMany(placed, noContext);
    for (const result of results) assert.equal(result.kind, 'stored');
    for (const object of objects) model.get(name)?.set(object.uuid, object);
  };
  const remove = async (name: string, n: number): Promise<void> => {
    await database.collection(name).delete(uuidOf(n));
    model.get(name)?.delete(uuidOf(n));
  };
  for (const { properties = [], ...input } of [everything, plain]) {
    const first = properties.filter((property) => property !== near);
    await database.createCollection(resolveCollection({ ...input, properties: first }));
  }
  const { config } = database.collection(everything.name);
  await database.addProperty(everything.name, resolveNewProperty(config, near));
  await database.createCollection(resolveCollection(shared));
  const made = tenants.map((name) => ({ name, status: 'active' as const }));
  await database.tenants.create(database.collection('Shared'), made);
  for (const name of ['Shared/sealed', 'Shared/asleep']) await insert(name, [1, 2, 3]);
  for (const first of [1, 13, 25, 37]) {
    await insert('Everything', numbersFrom(first, 12));
    await database.flush();
  }
  await database.settled();
  for (const n of [2, 20, 48]) await remove('Everything', n);
  await insert('Everything', [...numbersFrom(100, 5), 7]);
  await database.flush();
  await database.settled();
  await insert('Everything', [...numbersFrom(200, 3), 8], 1);
  await insert('Plain', [1, 2]);
  await insert('Shared/logged', [1, 4]);
  const asleep = { name: 'asleep', status: 'inactive' } as const;
  await database.tenants.update(database.collection('Shared'), [asleep]);
  await remove('Everything', 101);
  return model;
}

/** Merges in this thread, and trains what is far too small for it. */
function eagerBuilder(store: ObjectStore): SegmentBuilder {
  return {
    build: (task) => buildSegment(store, { ...task, trainedVectorsMin }),
    code: async () => undefined,
    close: async () => undefined,
  };
}

function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The n-th object of a collection in one of its versions. */
function objectOf(collection: string, n: number, version: number): ObjectInput & { uuid: string } {
  const random = randomFrom(n * 10 + version + 1);
  const vector = (kind: VectorValue['kind'], dims: number, rows: number): VectorValue => ({
    ...{ kind, dims },
    values: Float32Array.from({ length: dims * rows }, () => (random(2001) - 1000) / 512),
  });
  const text = Array.from({ length: 3 }, () => words[random(words.length)]).join(' ');
  if (collection !== everything.name) {
    return {
      uuid: uuidOf(n),
      properties: { text },
      vectors: new Map([['mv', vector('multi', 3, 2)]]),
    };
  }
  const vectors = new Map([
    ['mv', vector('multi', 6, 1 + random(6))],
    ['sv', vector('single', 4, 1)],
  ]);
  if (n % 3 === 0) vectors.set('pooled', vector('multi', 5, 4));
  const places = placesOf(n);
  const layout = n % 8 === 0 ? layoutOf(text) : undefined;
  return {
    ...{ uuid: uuidOf(n), properties: propertiesOf(n, text), vectors },
    ...(places ? { places } : {}),
    ...(layout ? { words: new Map([['text', layout]]) } : {}),
  };
}

/** Three words, side by side on a page. */
function layoutOf(text: string): TokenPlaces {
  let end = -1;
  const spans = text.split(' ').flatMap((word) => {
    const start = end + 1;
    end = start + word.length;
    return [start, end];
  });
  const boxes = Uint16Array.from({ length: 12 }, (_, i) => (i % 4 === 0 ? i * 100 : 50));
  return { boxes, spans: Uint32Array.from(spans), page: { width: 595.5, height: 842 } };
}

/** Where the four rows of a vector that is pooled came from: boxes, spans, or both. */
function placesOf(n: number): ReadonlyMap<string, TokenPlaces> | undefined {
  if (n % 6 !== 0) return undefined;
  const boxes = Uint16Array.from({ length: 16 }, (_, i) => n * 100 + i);
  const spans = Uint32Array.from({ length: 8 }, (_, i) => i + (n % 24 === 0 ? 70_000 : n));
  const text = 'größer'.repeat(40);
  const written = n % 24 === 0 ? { spans } : { spans, text };
  const kinds = [{ boxes }, written, { boxes, spans, page: { width: 612, height: 792 } }];
  return new Map([['pooled', kinds[(n / 6) % 3]!]]);
}

/** Some are absent, some empty. */
function propertiesOf(n: number, text: string): Properties {
  return {
    text,
    int: n,
    number: n / 8,
    flag: n % 2 === 0,
    ...(n % 2 === 0
      ? { code: `C-${n}`, texts: [text, 'ünï ☃ 𝄞'], ints: [n, -n, 2 ** 53 - 1] }
      : {}),
    ...(n % 4 === 1 ? { numbers: [0.5, -n], flags: [true, false], texts: [], code: '' } : {}),
    ...(n % 5 === 0
      ? { date: '2024-02-29T12:34:56.123456789Z', dates: ['1969-12-31T23:59:59Z'] }
      : {}),
    ...(n % 7 === 0 ? { uuid: uuidOf(n + 5000), uuids: [uuidOf(n), uuidOf(n + 1)] } : {}),
    ...(n % 6 === 0 ? { place: { latitude: n / 10, longitude: -n / 10 }, blob: 'aGVsbG8=' } : {}),
    ...(n % 9 === 0 ? { inner: { word: 'nested' } } : {}),
    ...(n % 5 === 2 ? { near: [`Everything/${uuidOf(n + 1)}`, `Plain/${uuidOf(n % 2)}`] } : {}),
    ...(n % 5 === 3 ? { near: [] } : {}),
  };
}
