// Pooling: every vector goes somewhere, so many rows come out, and they stand for what went in.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { openKernels } from '../kernels/kernels.ts';
import { type PooledVector, poolWindowMax, sourcePositions, TokenPooler } from './pool-tokens.ts';
import { randomFrom, randomMulti } from './vectors-for-tests.ts';

const plain = openKernels({ forcePlain: true });
const fast = openKernels({ forcePlain: process.env['TESSERAE_KERNELS'] === 'plain' });
const pooler = TokenPooler.open(fast);

function rows({ dims, values }: VectorValue): number[][] {
  const count = values.length / dims;
  return Array.from({ length: count }, (_, i) => [...values.subarray(i * dims, (i + 1) * dims)]);
}

function multi(given: readonly (readonly number[])[]): VectorValue {
  return { kind: 'multi', dims: given[0]?.length ?? 0, values: Float32Array.from(given.flat()) };
}

function length(row: readonly number[]): number {
  return Math.hypot(...row);
}

/** The row that a group should have, from the definition. */
function expectedRow(
  members: readonly (readonly number[])[],
  normalized: boolean,
): readonly number[] {
  const [only, ...others] = members;
  if (only && others.length === 0) return only;
  const sum = (only ?? []).map((_, c) =>
    members.reduce((total, row) => {
      const share = normalized ? 1 / (length(row) || 1) : 1;
      return total + (row[c] ?? 0) * share;
    }, 0),
  );
  const wanted = members.reduce((total, row) => total + length(row), 0) / members.length;
  return sum.map((value) => (value / (length(sum) || 1)) * wanted);
}

function assertPooled(given: VectorValue, pooled: PooledVector, normalized: boolean): void {
  const source = rows(given);
  const out = rows(pooled.vector);
  const positions = sourcePositions(pooled.groups);
  assert.equal(positions.length, out.length);
  const all = positions.flat().sort((a, b) => a - b);
  assert.deepEqual(all, [...source.keys()], 'every vector is in one group');
  const firsts = positions.map(([first = -1]) => first);
  assert.deepEqual(
    firsts,
    firsts.toSorted((a, b) => a - b),
    'rows are in the order of their first vectors',
  );
  for (const [row, members] of positions.entries()) {
    const given = members.map((position) => source[position] ?? []);
    const wanted = expectedRow(given, normalized);
    const off = Math.max(...wanted.map((value, c) => Math.abs(value - (out[row]?.[c] ?? NaN))));
    assert.ok(off <= 1e-5 * Math.max(1, length(wanted)), `row ${row} is off by ${off}`);
  }
}

describe('pooling', () => {
  test('n vectors become n / factor rows, rounded up, each the mean of its own', () => {
    const random = randomFrom(3);
    for (const count of [1, 2, 3, 4, 5, 7, 12, 61, 70, 131]) {
      for (const factor of [1, 2, 3, 4]) {
        for (const normalized of [true, false]) {
          const given = randomMulti(random, count, 13, 3);
          const pooled = pooler.pool(given, { factor, normalized });
          assert.equal(pooled.vector.values.length, Math.ceil(count / factor) * 13);
          assertPooled(given, pooled, normalized);
        }
      }
    }
  });

  test('vectors around the same directions come together, whatever their order', () => {
    const random = randomFrom(4);
    const centres = rows(randomMulti(random, 8, 32));
    const planted = Array.from({ length: 32 }, (_, i) => (i * 5) % 8);
    const given = multi(
      planted.map((centre) => (centres[centre] ?? []).map((v) => v + (random() - 0.5) * 0.05)),
    );
    const { groups } = pooler.pool(given, { factor: 4, normalized: true });
    for (const [i, a] of planted.entries()) {
      for (const [j, b] of planted.entries()) {
        assert.equal(groups[i] === groups[j], a === b, `vectors ${i} and ${j}`);
      }
    }
  });

  test('directions count for cosine, positions otherwise', () => {
    const given = multi([
      [1, 0],
      [10, 0],
      [0, 1],
      [0.5, 0.5],
    ]);
    const cosine = pooler.pool(given, { factor: 2, normalized: true }).groups;
    assert.equal(cosine[0], cosine[1]);
    const dot = pooler.pool(given, { factor: 2, normalized: false }).groups;
    assert.deepEqual([...dot], [0, 1, 0, 0]);
  });

  test('a row is as long as its vectors are on average', () => {
    const given = multi([
      [3, 0],
      [0, 3],
    ]);
    const { vector } = pooler.pool(given, { factor: 2, normalized: false });
    const half = Math.fround(3 * Math.SQRT1_2);
    assert.deepEqual([...vector.values], [half, half]);
  });

  test('one vector, and a factor above their number', () => {
    const one = randomMulti(randomFrom(1), 1, 5);
    const alone = pooler.pool(one, { factor: 4, normalized: true });
    assert.deepEqual(alone.vector, one);
    assert.deepEqual([...alone.groups], [0]);
    const three = randomMulti(randomFrom(2), 3, 5);
    const pooled = pooler.pool(three, { factor: 4, normalized: true });
    assert.deepEqual([...pooled.groups], [0, 0, 0]);
  });

  test('equal vectors stay what they are', () => {
    const row = [0.25, -0.5, 0.75];
    const given = multi(Array.from({ length: 9 }, () => row));
    for (const normalized of [true, false]) {
      const { vector } = pooler.pool(given, { factor: 3, normalized });
      for (const pooled of rows(vector)) {
        for (const [c, value] of row.entries()) {
          assert.ok(Math.abs((pooled[c] ?? 0) - value) < 1e-7);
        }
      }
    }
  });

  test('zero, opposite, tiny and huge vectors give finite rows', () => {
    const huge = 3.4e38;
    const tiny = 1e-44;
    const lists = [
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      [
        [1, 0],
        [-1, 0],
      ],
      [
        [huge, huge],
        [huge, -huge],
        [huge, huge],
        [tiny, 0],
      ],
      [
        [tiny, tiny],
        [tiny, 0],
        [0, tiny],
        [0, 0],
      ],
    ];
    for (const list of lists) {
      for (const normalized of [true, false]) {
        const { vector, groups } = pooler.pool(multi(list), { factor: 2, normalized });
        assert.ok(vector.values.every(Number.isFinite), `${list.join(' ')} gave ${vector.values}`);
        assert.equal(new Set(groups).size, Math.ceil(list.length / 2));
      }
    }
  });

  test('plain and WebAssembly kernels give the same bits', () => {
    const random = randomFrom(9);
    const other = TokenPooler.open(plain);
    for (const [count, dims] of [
      [70, 128],
      [33, 5],
      [130, 48],
    ] as const) {
      const given = randomMulti(random, count, dims);
      const options = { factor: 3, normalized: true };
      assert.deepEqual(pooler.pool(given, options), other.pool(given, options));
    }
  });

  test('a long document is pooled in windows, in steps, and documents may take turns', () => {
    const random = randomFrom(5);
    const factor = 3;
    const count = 2 * poolWindowMax + 77;
    const given = randomMulti(random, count, 4);
    const steps = pooler.steps(given, { factor, normalized: true });
    const lengths: number[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      lengths.push(step.value);
      pooler.pool(randomMulti(random, 20, 9), { factor: 2, normalized: true });
    }
    assert.equal(lengths.length, 3);
    assert.equal(
      lengths.reduce((sum, length) => sum + length),
      count,
    );
    assert.equal(step.value.vector.values.length, Math.ceil(count / factor) * 4);
    assertPooled(given, step.value, true);
    const alone = pooler.pool(given, { factor, normalized: true });
    assert.deepEqual(step.value, alone);
  });
});
