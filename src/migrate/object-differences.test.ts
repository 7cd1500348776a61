import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Properties, PropertyValue } from '../engine/document.ts';
import { objectDifferences } from './object-differences.ts';
import { firstUuid, type StoredObject, type VectorBytes } from './stored-object.ts';

function object(
  properties: Properties,
  vectors: Readonly<Record<string, VectorBytes>> = {},
): StoredObject {
  const version = { uuid: firstUuid, createdAt: 1, updatedAt: 2 };
  return { ...version, properties, vectors: new Map(Object.entries(vectors)) };
}

function sameValue(a: PropertyValue, b: PropertyValue): boolean {
  return objectDifferences(object({ p: a }), object({ p: b }), new Set()).length === 0;
}

test('values are the same where servers only write them in other ways', () => {
  for (const [a, b] of [
    [
      { n: 1, m: [true] },
      { m: [true], n: 1 },
    ],
    ['2024-01-02T03:04:05.120Z', '2024-01-02T03:04:05.12Z'],
    ['2024-01-02T03:04:05Z', '2024-01-02T05:04:05+02:00'],
    [
      { latitude: 52.37, longitude: 4 },
      { latitude: Math.fround(52.37), longitude: 4 },
    ],
  ] as const) {
    assert(sameValue(a, b), JSON.stringify([a, b]));
  }
});

test('values differ by the last bit, the type, the order, and where one is absent', () => {
  for (const [a, b] of [
    [0.1, Math.fround(0.1)],
    [1, '1'],
    [0, false],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [[1], [1, 1]],
    [{ n: 1 }, {}],
    ['2024-01-02T03:04:05.1Z', '2024-01-02T03:04:05.01Z'],
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05+01:00'],
    [
      { latitude: 52.37, longitude: 4 },
      { latitude: 52.371, longitude: 4 },
    ],
    [
      { latitude: 0.1, other: 4 },
      { latitude: Math.fround(0.1), other: 4 },
    ],
  ] as const) {
    assert(!sameValue(a, b), JSON.stringify([a, b]));
  }
});

test('references are the same whatever host stands in them, in the same order', () => {
  const to = (host: string, ...ids: readonly string[]): StoredObject =>
    object({ by: ids.map((id) => ({ beacon: `weaviate://${host}/Book/${id}` })) });
  const references = new Set(['by']);
  assert.deepEqual(objectDifferences(to('a', '1', '2'), to('b', '1', '2'), references), []);
  assert.equal(objectDifferences(to('a', '1', '2'), to('a', '2', '1'), references).length, 1);
  assert.deepEqual(objectDifferences(to('a'), object({}), references), []);
});

test('vectors differ by a bit, by kind, by length and by name', () => {
  const single = (...values: readonly number[]): VectorBytes => ({
    ...{ kind: 'single', bytes: new Uint8Array(Float32Array.from(values).buffer) },
  });
  const differences = (a: VectorBytes, b: VectorBytes): readonly string[] =>
    objectDifferences(object({}, { v: a }), object({}, { v: b }), new Set());
  assert.deepEqual(differences(single(1, 0), single(1, 0)), []);
  assert.deepEqual(differences(single(1, 0), single(1, -0)), ['vector v: other from number 1 on']);
  assert.deepEqual(differences(single(1), single(1, 2)), ['vector v: 4 bytes there, 8 bytes here']);
  assert.deepEqual(differences(single(1), { ...single(1), kind: 'multi' }), [
    'vector v: single there, multi here',
  ]);
  const named = object({}, { v: single(1), '': single(2) });
  assert.deepEqual(objectDifferences(named, object({}), new Set()), [
    ...['vector v: only there', 'vector: only there'],
  ]);
});
