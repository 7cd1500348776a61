// The filters that calls make are the trees that callers could have written.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { and, filters, not, or } from './filters.ts';

interface Page {
  readonly title: string;
  readonly years?: readonly number[];
  readonly place?: { readonly latitude: number; readonly longitude: number };
}

const pages = filters<Page>();
const year = { kind: 'property', name: 'years' } as const;

describe('filters as calls', () => {
  test('a comparison names its target, operator and value', () => {
    assert.deepEqual(pages.property('years').greaterThan(1990), {
      kind: 'compare',
      operator: 'greaterThan',
      target: year,
      value: 1990,
    });
    assert.deepEqual(pages.property('years').containsNone([1, 2]), {
      kind: 'compare',
      operator: 'containsNone',
      target: year,
      value: [1, 2],
    });
    assert.deepEqual(pages.length('title').lessThanEqual(3), {
      kind: 'compare',
      operator: 'lessThanEqual',
      target: { kind: 'length', name: 'title' },
      value: 3,
    });
    assert.deepEqual(pages.uuid.notEqual('a'), {
      kind: 'compare',
      operator: 'notEqual',
      target: { kind: 'uuid' },
      value: 'a',
    });
  });

  test('to be null is what is asked for unless the contrary is said', () => {
    const asked = (value: boolean) => ({
      kind: 'compare',
      operator: 'isNull',
      target: { kind: 'property', name: 'title' },
      value,
    });
    assert.deepEqual(pages.property('title').isNull(), asked(true));
    assert.deepEqual(pages.property('title').isNull(false), asked(false));
  });

  test('times are RFC 3339, and what is no time is refused', () => {
    assert.deepEqual(pages.createdAt.lessThan(new Date(0)), {
      kind: 'compare',
      operator: 'lessThan',
      target: { kind: 'createdAt' },
      value: '1970-01-01T00:00:00.000Z',
    });
    assert.throws(() => pages.updatedAt.equal(new Date(Number.NaN)), {
      code: 'invalid-argument',
      message: 'filter: a Date that is no time has no value to compare with',
    });
  });

  test('and, or and not hold filters', () => {
    const a = pages.property('title').like('a*');
    const b = pages.geo('place').withinGeoRange({ latitude: 1, longitude: 2, distance: 3 });
    assert.deepEqual(and(a, or(b, not(a))), {
      kind: 'and',
      operands: [a, { kind: 'or', operands: [b, { kind: 'not', operand: a }] }],
    });
  });
});
