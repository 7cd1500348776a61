// Sorting of a small collection by every kind of key.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Document, Properties } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import type { PropertySchema, PropertyType } from '../schema.ts';
import type { SortKey } from './query.ts';
import { makeSorter } from './sort.ts';

const types: Record<string, PropertyType> = {
  tag: 'text',
  num: 'int',
  price: 'number',
  flag: 'boolean',
  when: 'date',
  tags: 'text[]',
  times: 'date[]',
  uid: 'uuid',
  geo: 'geoCoordinates',
};
const properties: PropertySchema[] = [
  ...Object.entries(types),
  ['constructor', 'int'] as const,
].map(([name, type]) => ({
  name,
  type,
  filterable: true,
  searchable: true,
}));
const context = { collection: 'Q', properties };

/** Documents whose uuids ascend with their position in the list. */
function documents(...all: readonly Properties[]): Document[] {
  return all.map((values, index) => ({
    uuid: `00000000-0000-0000-0000-00000000000${index}`,
    createdAt: 100 - index,
    updatedAt: 100 + (index % 2),
    properties: values,
    vectors: new Map(),
  }));
}

/** Positions of the documents after sorting, handed in backwards. */
function sorted(all: readonly Document[], ...keys: readonly (SortKey | string)[]): number[] {
  const sort = keys.map((key): SortKey => {
    if (typeof key !== 'string') return key;
    const ascending = !key.startsWith('-');
    return { by: { kind: 'property', name: ascending ? key : key.slice(1) }, ascending };
  });
  const sorter = makeSorter(sort, context);
  const values = all.toReversed().map((document) => sorter.values(document));
  return values.sort(sorter.compare).map(({ uuid }) => Number(uuid.slice(-1)));
}

describe('makeSorter', () => {
  it('puts absent values first ascending and last descending', () => {
    const all = documents({ num: 2 }, {}, { num: -1 }, { num: null }, { num: 0 });
    assert.deepEqual(sorted(all, 'num'), [1, 3, 2, 4, 0]);
    assert.deepEqual(sorted(all, '-num'), [0, 4, 2, 1, 3]);
    const named = documents({ constructor: 2 } as never, {}, { constructor: 1 } as never);
    assert.deepEqual(sorted(named, 'constructor'), [1, 2, 0]);
  });

  it('compares text without regard to case, by code point', () => {
    const all = documents(
      { tag: 'b' },
      { tag: 'Ab' },
      { tag: 'a' },
      { tag: '' },
      { tag: '\u{1f600}' },
      { tag: '\uff01' },
    );
    assert.deepEqual(sorted(all, 'tag'), [3, 2, 1, 0, 5, 4]);
  });

  it('puts false before true', () => {
    assert.deepEqual(sorted(documents({ flag: true }, { flag: false }, {}), 'flag'), [2, 1, 0]);
  });

  it('compares dates by instant, to the nanosecond', () => {
    const all = documents(
      { when: '2021-01-02T01:00:00.000000002Z' },
      { when: '2021-01-02T02:30:00+02:00' },
      { when: '2021-01-02T01:00:00.000000001Z' },
    );
    assert.deepEqual(sorted(all, 'when'), [1, 2, 0]);
  });

  it('compares arrays element by element, a beginning before the longer one', () => {
    const all = documents({ tags: ['b'] }, { tags: ['A', 'c'] }, { tags: ['a'] }, { tags: [] }, {});
    assert.deepEqual(sorted(all, 'tags'), [4, 3, 2, 1, 0]);
    const times = documents(
      { times: ['2021-01-02T00:00:00Z', '2020-01-02T00:00:00Z'] },
      { times: ['2021-01-02T00:00:00+01:00'] },
    );
    assert.deepEqual(sorted(times, 'times'), [1, 0]);
  });

  it('asks the next key on equal values, then the uuid, ascending', () => {
    const all = documents({ tag: 'x', num: 1 }, { tag: 'X', num: 2 }, { tag: 'x', num: 1 });
    assert.deepEqual(sorted(all, 'tag', '-num'), [1, 0, 2]);
    assert.deepEqual(sorted(all, '-tag'), [0, 1, 2]);
  });

  it('sorts by uuid and by the times', () => {
    const all = documents({}, {}, {}, {});
    const by = (kind: 'uuid' | 'createdAt' | 'updatedAt', ascending: boolean): SortKey => ({
      by: { kind },
      ascending,
    });
    assert.deepEqual(sorted(all, by('uuid', false)), [3, 2, 1, 0]);
    assert.deepEqual(sorted(all, by('createdAt', true)), [3, 2, 1, 0]);
    assert.deepEqual(sorted(all, by('updatedAt', false)), [1, 3, 0, 2]);
  });

  it('names an unknown property and one without an order', () => {
    assert.throws(
      () => sorted([], 'nope'),
      (error: unknown) =>
        error instanceof DatabaseError &&
        error.code === 'property-missing' &&
        error.message.includes("'nope' found in class 'Q'"),
    );
    assert.throws(() => sorted([], 'geo'), /property 'geo' of class 'Q' has type geoCoordinates/);
  });
});
