// Sets that many items have in common.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bitset } from '../bitset.ts';
import { intersection } from './intersection.ts';

const setOf = (...members: number[]): Bitset => {
  const set = Bitset.of(70);
  for (const member of members) set.set(member);
  return set;
};

describe('intersection', () => {
  it('is what all have, and everything where nobody is asked', () => {
    const sets = [setOf(1, 2, 69), setOf(2, 3, 69), setOf(69, 2, 1)];
    assert.deepEqual([...intersection(sets, 70, (set) => set).toArray()], [2, 69]);
    assert.equal(intersection([], 70, () => setOf()).count(), 70);
  });

  it('asks nobody any more once nothing is left', () => {
    let asked = 0;
    const found = intersection(Array.from({ length: 1_000 }).keys(), 70, (value) => {
      asked += 1;
      return setOf(value);
    });
    assert.equal(found.count(), 0);
    assert.equal(asked, 2);
  });
});
