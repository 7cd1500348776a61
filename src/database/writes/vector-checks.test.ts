import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { multi, single } from '../../../test/simulation/world.ts';
import type { VectorValue } from '../../engine/document.ts';
import { checkVector } from './vector-checks.ts';

const place = { collection: 'Passages', name: 'mv' };

function rows(count: number, dims: number): VectorValue {
  return { kind: 'multi', dims, values: new Float32Array(count * dims).fill(-3e38) };
}

describe('vector checks', () => {
  test('a number that is not finite is found wherever it stands, and named', () => {
    for (const dims of [1, 3, 4, 13]) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        for (let at = 0; at < 3 * dims; at += 1) {
          const value = rows(3, dims);
          value.values[at] = bad;
          if (at + 1 < value.values.length) value.values[value.values.length - 1] = Number.NaN;
          const where = `\\[${Math.floor(at / dims)}\\]\\[${at % dims}\\] is ${bad},`;
          assert.throws(() => checkVector(value, place, 10), new RegExp(where));
        }
      }
    }
    assert.throws(
      () => checkVector(single([0, Infinity]), place, 10),
      /value at \[1\] is Infinity/,
    );
  });

  test('numbers at the ends of float32 pass, however many', () => {
    for (const count of [1, 2, 3, 4, 5, 1000]) checkVector(rows(count, 7), place, 1000);
    checkVector(multi([[3.4e38, -3.4e38, 1e-45, -0]]), place, 10);
  });

  test('too many tokens and no tokens are refused', () => {
    assert.throws(() => checkVector(rows(11, 2), place, 10), /11 token vectors, at most 10/);
    assert.throws(() => checkVector(rows(0, 2), place, 10), /can ?not be empty/);
  });
});
