import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import { rowCollection } from './row-collection.ts';
import { RowMapper } from './row-objects.ts';

const uuid = '0b9d1d1c-3f52-4d0e-9a2b-1c2d3e4f5a6b';

describe('rows as objects', () => {
  test('the same id is the same object, whatever else the row holds', () => {
    const a = new RowMapper(undefined).object({ _id: 'd1', text: 'red' });
    const b = new RowMapper(undefined).object({ text: 'blue', id: 'd1' });
    assert.equal(a.uuid, b.uuid);
    assert.deepEqual(a.properties, { docId: 'd1', text: 'red' });
    assert.notEqual(a.uuid, new RowMapper(undefined).object({ _id: 'd2' }).uuid);
    assert.equal(new RowMapper(undefined).object({ id: uuid.toUpperCase() }).uuid, uuid);
    assert.equal(
      new RowMapper('isbn').object({ isbn: 7 }).uuid,
      new RowMapper('n').object({ n: '7' }).uuid,
    );
  });

  test('without an id the whole row is the id, in any order of its columns', () => {
    const of = (fields: Record<string, unknown>): string =>
      new RowMapper(undefined).object(fields).uuid;
    assert.equal(of({ a: 1, b: [{ c: 2, d: 3 }] }), of({ b: [{ d: 3, c: 2 }], a: 1 }));
    assert.notEqual(of({ a: 1 }), of({ a: '1' }));
    assert.notEqual(of({ a: [1, 2] }), of({ a: [2, 1] }));
  });

  test('an id column without a value, and a row without any, are refused', () => {
    assert.throws(() => new RowMapper('isbn').object({ text: 'x' }), /the id column isbn has no/);
    assert.throws(() => new RowMapper(undefined).object({ a: null }), /the row has no value/);
  });

  test('as many columns of the same plain name as fit into a row are named quickly', () => {
    const columns = Array.from({ length: 20_000 }, (_, n) => String.fromCodePoint(0x4e00 + n));
    const fields = Object.fromEntries(columns.map((column) => [column, 1]));
    const { properties } = new RowMapper(undefined).object({ ...fields, column__3: 2 });
    assert.equal(Object.keys(properties).length, 20_001);
    assert.equal(properties['column__3_2'], 2);
  });

  test('names that no property may have become ones that it may have, each its own', () => {
    const mapper = new RowMapper(undefined);
    const { properties } = mapper.object({
      'First Name': 1,
      first_name: 2,
      '2024': 3,
      _additional: 4,
      __proto: 5,
      größe: 6,
      nested: { 'a b': { 'c-d': null, e: 1 } },
    });
    assert.deepEqual(properties, {
      first_Name: 1,
      first_name_2: 2,
      column_2024: 3,
      column__additional: 4,
      __proto: 5,
      gro_e: 6,
      nested: { a_b: { e: 1 } },
    });
    resolveCollection({
      name: 'C',
      properties: Object.keys(properties).map((name) => ({ name, type: 'text' })),
    });
    assert.equal(mapper.nameOf('2024'), 'column_2024');
  });
});

describe('a collection for rows', () => {
  const rows = [
    {
      uuid,
      properties: { docId: 'a', text: '2024-01-01T00:00:00Z', when: '2024-01-01T00:00:00Z', n: 1 },
    },
    { uuid, properties: { text: 'x', when: '2024-01-02T00:00:00Z', tags: ['a'], mixed: 'a' } },
    { uuid, properties: { mixed: '2024-01-02T00:00:00Z' } },
  ];

  test('text is text where one value is, dates are dates where all are, the rest is left open', () => {
    const { properties } = rowCollection(
      { name: 'r', model: undefined, textProperties: undefined },
      rows,
    );
    assert.deepEqual(
      properties.map(({ name, type }) => `${name} ${type}`),
      ['docId text', 'text text', 'when date', 'mixed text'],
    );
  });

  test('title and text are embedded where there is a text, else all text but the id', () => {
    const settingsOf = (named: readonly string[] | undefined, sample: typeof rows): unknown =>
      rowCollection({ name: 'r', model: 'minilm', textProperties: named }, sample).vectors[0]
        ?.vectorizer.settings['properties'];
    assert.deepEqual(settingsOf(undefined, rows), ['title', 'text']);
    assert.deepEqual(settingsOf(['mixed'], rows), ['mixed']);
    const plain = [{ uuid, properties: { docId: 'a', name: 'x' } }] as unknown as typeof rows;
    assert.equal(settingsOf(undefined, plain), undefined);
    const { properties } = rowCollection(
      { name: 'r', model: 'minilm', textProperties: undefined },
      plain,
    );
    assert.deepEqual(properties[0]?.moduleConfig?.['text2multivec-jinaai'], {
      skip: true,
      vectorizePropertyName: false,
    });
  });
});
