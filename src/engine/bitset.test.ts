// Every operation against a plain Set, at lengths around the borders of words.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bitset } from './bitset.ts';

const lengths = [0, 1, 3, 31, 32, 33, 63, 64, 65, 127, 128, 207, 1024];

function some(length: number, seed: number): Bitset {
  const set = Bitset.of(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (state > 0x90000000) set.set(index);
  }
  return set;
}

function members(set: Bitset): number[] {
  return Array.from({ length: set.length }, (_, index) => index).filter((index) => set.has(index));
}

describe('Bitset', () => {
  for (const length of lengths) {
    it(`agrees with plain sets at length ${length}`, () => {
      const left = some(length, 1);
      const right = some(length, 2);
      const inLeft = new Set(members(left));
      const inRight = new Set(members(right));
      const all = Array.from({ length }, (_, index) => index);
      const expected = (keep: (index: number) => boolean) => all.filter(keep);
      assert.deepEqual([...left.toArray()], [...inLeft]);
      assert.equal(left.count(), inLeft.size);
      assert.equal(left.isEmpty, inLeft.size === 0);
      assert.equal(Bitset.of(length).isEmpty, true);
      const both = expected((index) => inLeft.has(index) && inRight.has(index));
      const either = expected((index) => inLeft.has(index) || inRight.has(index));
      const none = expected((index) => !inLeft.has(index));
      assert.deepEqual([...left.and(right).toArray()], both);
      assert.deepEqual([...left.or(right).toArray()], either);
      assert.deepEqual([...left.not().toArray()], none);
      assert.deepEqual([...Bitset.full(length).toArray()], all);
      assert.equal(Bitset.full(length).count(), length);
      assert.deepEqual(members(left), [...inLeft], 'operands stay as they were');
    });
  }

  it('clears what was set and leaves the neighbours', () => {
    const set = Bitset.full(70);
    set.clear(31);
    set.clear(64);
    assert.equal(set.count(), 68);
    assert.equal(set.has(31), false);
    assert.equal(set.has(32), true);
    assert.equal(set.has(64), false);
  });

  it('has nothing at or past its length', () => {
    const set = Bitset.full(33);
    assert.equal(set.has(33), false);
    assert.equal(set.has(63), false);
    assert.equal(set.has(64), false);
    assert.throws(() => set.set(33), /assertion failed/);
    assert.throws(() => set.clear(-1), /assertion failed/);
  });

  it('drops bits past the length of words it is given', () => {
    const set = new Bitset(5, new Uint32Array([0xffffffff]));
    assert.equal(set.count(), 5);
    assert.throws(() => new Bitset(33, new Uint32Array(1)), /assertion failed/);
  });

  it('clones into a copy', () => {
    const small = some(40, 3);
    const copy = small.clone();
    copy.fill();
    assert.equal(small.count(), some(40, 3).count());
    assert.equal(copy.count(), 40);
  });
});
