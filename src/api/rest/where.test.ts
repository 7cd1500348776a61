// What the `where` object of REST means.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterFromJson } from './where.ts';

const read = (where: unknown) => filterFromJson(where, 'match.where');

test('a comparison has an operator, a target and a value', () => {
  assert.deepEqual(read({ path: ['text'], operator: 'Like', valueText: 'z*' }), {
    kind: 'compare',
    operator: 'like',
    target: { kind: 'property', name: 'text' },
    value: 'z*',
  });
});

test('ids, lengths and times are targets of their own', () => {
  const targets = [['id'], ['_id'], ['len(text)'], ['_creationTimeUnix'], ['_lastUpdateTimeUnix']];
  const kinds = targets.map((path) => {
    const filter = read({ path, operator: 'Equal', valueInt: 3 });
    return filter.kind === 'compare' ? filter.target.kind : filter.kind;
  });
  assert.deepEqual(kinds, ['uuid', 'uuid', 'length', 'createdAt', 'updatedAt']);
});

test('times in milliseconds become RFC 3339', () => {
  const filter = read({ path: ['_creationTimeUnix'], operator: 'LessThan', valueText: '1000' });
  assert.ok(filter.kind === 'compare');
  assert.equal(filter.value, '1970-01-01T00:00:01.000Z');
});

test('operands nest', () => {
  const a = { path: ['n'], operator: 'GreaterThan', valueInt: 1 };
  const b = { path: ['tags'], operator: 'ContainsAny', valueTextArray: ['x', 'y'] };
  const filter = read({
    operator: 'And',
    operands: [a, { operator: 'Or', operands: [b, { operator: 'Not', operands: [a] }] }],
  });
  assert.deepEqual(filter, {
    kind: 'and',
    operands: [read(a), { kind: 'or', operands: [read(b), { kind: 'not', operand: read(a) }] }],
  });
});

test('a circle on the globe is a value', () => {
  const valueGeoRange = {
    geoCoordinates: { latitude: 52.5, longitude: 13.4 },
    distance: { max: 1000 },
  };
  const filter = read({ path: ['at'], operator: 'WithinGeoRange', valueGeoRange });
  assert.ok(filter.kind === 'compare');
  assert.deepEqual(filter.value, { latitude: 52.5, longitude: 13.4, distance: 1000 });
});

test('faults name their place', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [null, /match\.where: expected an object, got null/],
    [{ path: ['a'], operator: 'Near', valueText: 'x' }, /match\.where\.operator: "Near" is not/],
    [{ path: ['a'], operator: 'constructor', valueText: 'x' }, /operator: "constructor" is not/],
    [{ path: ['a'], operator: 'Equal' }, /match\.where: expected one value field/],
    [{ path: ['a'], operator: 'Equal', valueInt: 1, valueText: 'x' }, /\[valueInt, valueText\]/],
    [{ path: ['a'], operator: 'Equal', valueInt: '1' }, /valueInt: expected a number, got "1"/],
    [{ path: [], operator: 'Equal', valueInt: 1 }, /match\.where\.path: expected the name/],
    [{ operator: 'And', operands: [] }, /match\.where\.operands: at least one/],
    [{ operator: 'Or', operands: [{ operator: 'X' }] }, /where\.operands\[0\]\.operator/],
    [{ operator: 'Not', operands: [] }, /at least one/],
  ];
  for (const [where, message] of cases) {
    assert.throws(() => read(where), { message }, JSON.stringify(where));
  }
});

test('a path leads through references to what is compared', () => {
  const path = ['ofDoc', 'Doc', 'by', 'Author', '_creationTimeUnix'];
  const target = { kind: 'createdAt' };
  const value = '1970-01-01T00:00:01.000Z';
  const compare = { kind: 'compare', operator: 'equal', target, value };
  const inner = { kind: 'reference', property: 'by', collection: 'Author', filter: compare };
  assert.deepEqual(read({ path, operator: 'Equal', valueText: '1000' }), {
    ...{ kind: 'reference', property: 'ofDoc', collection: 'Doc', filter: inner },
  });
  const short = { path: ['ofDoc', 'Doc'], operator: 'Equal', valueText: 'x' };
  assert.throws(() => read(short), /path \[ofDoc, Doc\] ends with a collection/);
  const endless = { ...short, path: Array.from({ length: 50_001 }, () => 'Doc') };
  assert.throws(() => read(endless), /a path may go through 32 references/);
});

test('bottomless nesting is refused before it exhausts the stack', () => {
  let where: unknown = { path: ['a'], operator: 'Equal', valueInt: 1 };
  for (let depth = 0; depth < 50_000; depth += 1) where = { operator: 'Not', operands: [where] };
  assert.throws(() => read(where), /nested 100 deep/);
});
