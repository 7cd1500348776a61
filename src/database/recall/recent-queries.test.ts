import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VectorValue } from '../../engine/document.ts';
import { RecentQueries } from './recent-queries.ts';

function query(first: number, floats = 4): VectorValue {
  const values = new Float32Array(floats);
  values[0] = first;
  return { kind: 'multi', dims: 2, values };
}

const firsts = (vectors: readonly VectorValue[]): (number | undefined)[] =>
  vectors.map(({ values }) => values[0]);

describe('recent queries', () => {
  test('the last ones come first, as many as asked for', () => {
    const recent = new RecentQueries();
    for (const n of [1, 2, 3]) recent.note(7, 'mv', query(n));
    assert.deepEqual(firsts(recent.last(7, 'mv', 2)), [3, 2]);
    assert.deepEqual(recent.last(7, 'other', 2), []);
    assert.deepEqual(recent.last(8, 'mv', 2), []);
  });

  test('the oldest of who has most make room', () => {
    const recent = new RecentQueries(64);
    recent.note(1, 'mv', query(1));
    for (const n of [1, 2, 3, 4]) recent.note(2, 'mv', query(n));
    assert.equal(recent.bytes, 64);
    assert.deepEqual(firsts(recent.last(1, 'mv', 9)), [1]);
    assert.deepEqual(firsts(recent.last(2, 'mv', 9)), [4, 3, 2]);
    recent.note(1, 'mv', query(9, 100));
    assert.equal(recent.bytes, 64);
  });

  test('of many queries every eighth is kept', () => {
    const recent = new RecentQueries();
    for (let n = 1; n <= 120; n += 1) recent.note(1, 'mv', query(n));
    assert.deepEqual(firsts(recent.last(1, 'mv', 4)), [120, 112, 104, 100]);
  });

  test('a query is copied out of what it came in', () => {
    const recent = new RecentQueries();
    const message = Float32Array.of(0, 0, 1, 2);
    recent.note(1, 'mv', { kind: 'multi', dims: 2, values: message.subarray(2) });
    message.fill(9);
    const [kept] = recent.last(1, 'mv', 1);
    assert.deepEqual(kept?.values, Float32Array.of(1, 2));
    assert.equal(kept?.values.buffer.byteLength, 8);
  });

  test('of many collections nothing is left of those that made room', () => {
    const recent = new RecentQueries(64);
    for (let n = 1; n <= 100; n += 1) recent.note(n, 'mv', query(n));
    assert.equal(recent.bytes, 64);
    assert.equal(recent.collections, 4);
    for (let n = 1; n <= 100; n += 1) recent.forget(n);
    assert.deepEqual([recent.bytes, recent.collections], [0, 0]);
  });

  test('a collection that is gone leaves nothing', () => {
    const recent = new RecentQueries();
    recent.note(1, 'mv', query(1));
    recent.note(11, 'mv', query(2));
    recent.forget(1);
    assert.deepEqual(recent.last(1, 'mv', 9), []);
    assert.deepEqual(firsts(recent.last(11, 'mv', 9)), [2]);
    assert.equal(recent.bytes, 16);
  });
});
