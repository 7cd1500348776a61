// The kernels over float32 rows: both kinds to the same bits, at odd sizes and at the ends of float32.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareQuery } from '../multivector/maxsim.ts';
import { strideOf } from '../multivector/quantize.ts';
import { randomFrom, randomMulti } from '../multivector/vectors-for-tests.ts';
import { type Kernels, openKernels } from './kernels.ts';
import type { ExactKernel, RowKernel } from './row-kernels.ts';

const plain = openKernels({ forcePlain: true });
const chosen = openKernels({ forcePlain: process.env['TESSERAE_KERNELS'] === 'plain' });
const dimsCases = [1, 3, 4, 13, 16, 64, 127, 128, 207, 1024];
const sizes = [1, 1000, 1e-3, 3e38, 1e30, 1e-30, 1e-38, 1e-42, 4e-44, 1e-45];

interface Quantized {
  readonly rows: Uint8Array;
  readonly scales: Float32Array;
  readonly norms: { norm: number; errorNorm: number };
}

/** Quantises all but the first value's row, to the third row of a larger plane. */
function quantize(kernel: RowKernel, values: Float32Array, dims: number, normalized: boolean) {
  const count = values.length / dims - 1;
  const rows = new Uint8Array((count + 4) * strideOf(dims)).fill(7);
  const scales = new Float32Array(count + 4).fill(7);
  const norms = { norm: 2 ** -30, errorNorm: 2 ** -29 };
  kernel.quantize(values, dims, count, { dims, normalized }, { rows, scales, at: 3 }, norms);
  return { rows, scales, norms } satisfies Quantized;
}

test('both kernels quantise to the same bytes, scales and norms', () => {
  const random = randomFrom(1);
  const [reference, kernel] = [plain.createRows(), chosen.createRows()];
  for (const dims of dimsCases) {
    for (const size of sizes) {
      for (const count of [1, 2, 9]) {
        const { values } = randomMulti(random, count, dims, size);
        values.fill(0, Math.floor(count / 2) * dims, Math.floor(count / 2) * dims + dims - 1);
        for (const normalized of [true, false]) {
          const expected = quantize(reference, values, dims, normalized);
          const actual = quantize(kernel, values, dims, normalized);
          assert.deepEqual(actual, expected, `${count} × ${dims}, size ${size}, ${normalized}`);
          assert.deepEqual(
            [...actual.rows.slice(0, strideOf(dims) * 3)].filter((b) => b !== 7),
            [],
          );
          assert.equal(actual.rows.at(-1), 7);
          assert.ok(actual.norms.norm >= 2 ** -30);
        }
      }
    }
  }
});

test('both kernels quantise more rows than fit into a piece, and those of other dims after them', () => {
  const random = randomFrom(2);
  const [reference, kernel] = [plain.createRows(), chosen.createRows()];
  for (const dims of [128, 4096, 3, 128]) {
    const { values } = randomMulti(random, Math.ceil(70_000 / dims), dims);
    const expected = quantize(reference, values, dims, true);
    assert.deepEqual(quantize(kernel, values, dims, true), expected, `${dims} dims`);
  }
});

test('halves are rounded to even steps, at both signs', () => {
  for (const kernel of [plain.createRows(), chosen.createRows()]) {
    // The scale is 1: a component is its own step.
    const values = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 63, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5);
    const { rows, scales, norms } = quantize(kernel, values, 7, false);
    assert.equal(scales[3], 1);
    assert.deepEqual(
      Array.from(rows.slice(3 * 16, 3 * 16 + 8), (byte) => byte - 64),
      [63, 0, 2, 2, 0, -2, -2, 0],
    );
    assert.ok(norms.errorNorm >= Math.sqrt(1.5) && norms.errorNorm < Math.sqrt(1.5) * 1.00001);
  }
});

interface Finished {
  readonly best: number[];
  readonly winners: number[];
  readonly left: number;
}

interface FinishCase {
  readonly tokens: number;
  readonly dims: number;
  readonly rowCount: number;
  readonly normalized: boolean;
  /** Rows of a call. */
  readonly piece: number;
  readonly norm: number;
  readonly floor: number;
  /** Puts numbers that overflowed into the quantised scores. */
  readonly overflow: boolean;
}

function finish(kernel: ExactKernel, it: FinishCase, seed: number): Finished {
  const random = randomFrom(seed);
  const { tokens, dims, rowCount, normalized, norm } = it;
  const given = randomMulti(random, tokens, dims);
  if (tokens > 2) given.values.fill(0, dims, 2 * dims);
  const query = prepareQuery(given, normalized);
  const { values } = randomMulti(random, rowCount, dims);
  // Twins, so that the first of equals is asked for.
  if (rowCount > 3) values.copyWithin(3 * dims, dims, 2 * dims);
  kernel.setQuery(query);
  // What an earlier document leaves behind must not matter.
  kernel.begin({ rowCount: rowCount + 9, norm: 1, errorNorm: 1 }).fill(Number.NaN);
  kernel.begin({ rowCount, norm, errorNorm: norm / 100 }).set(values);
  const padded = (tokens + 3) & ~3;
  let left = 1e6;
  for (let from = 0; from < rowCount; from += it.piece) {
    const count = Math.min(it.piece, rowCount - from);
    const matrix = new Float32Array(count * padded).map(() => (random() * 2 - 1) * 200);
    if (it.overflow) {
      for (let i = 0; i < matrix.length; i += 3) {
        matrix[i] = [Number.NaN, Infinity, -Infinity][Math.floor(random() * 3)]!;
      }
    }
    left = kernel.finish({ matrix, from, count }, left, it.floor);
  }
  return { best: [...kernel.best], winners: [...kernel.winners], left };
}

test('both kernels finish to the same scores, winners and reach', () => {
  const [reference, kernel] = [plain.createExact(), chosen.createExact()];
  let seed = 0;
  for (const dims of dimsCases) {
    for (const tokens of [1, 2, 3, 4, 5, 8, 31, 33]) {
      for (const rowCount of [1, 2, 5, 40]) {
        seed += 1;
        const it: FinishCase = {
          tokens,
          dims,
          rowCount,
          normalized: seed % 2 === 0,
          piece: seed % 3 === 0 ? 3 : 100,
          norm: seed % 11 === 0 ? 1e31 : seed % 5,
          floor: seed % 7 === 0 ? 1e6 - 40 : -Infinity,
          overflow: seed % 4 === 3,
        };
        assert.deepEqual(finish(kernel, it, seed), finish(reference, it, seed), JSON.stringify(it));
      }
    }
  }
});

test('finishing stops early only when what is left is below the floor', () => {
  for (const kernels of [plain, chosen]) {
    const kernel = kernels.createExact();
    const shape = { dims: 8, rowCount: 4, piece: 9, norm: 1, normalized: true, overflow: false };
    const all = finish(kernel, { ...shape, tokens: 40, floor: -Infinity }, 5);
    assert.ok(all.best.every((score) => score > -Infinity));
    const stopped = finish(kernel, { ...shape, tokens: 40, floor: 1e6 }, 5);
    assert.ok(stopped.left < 1e6 && stopped.left > all.left);
    assert.equal(stopped.best[39], -Infinity);
  }
});

test('a kernel finishes small documents and queries after large ones', () => {
  const kernelOf = (kernels: Kernels): Finished[] => {
    const kernel = kernels.createExact();
    const shape = { piece: 50, norm: 1, floor: -Infinity, normalized: true, overflow: false };
    return [
      finish(kernel, { ...shape, tokens: 33, dims: 207, rowCount: 500 }, 8),
      finish(kernel, { ...shape, tokens: 2, dims: 3, rowCount: 2 }, 9),
      finish(kernel, { ...shape, tokens: 3, dims: 130, rowCount: 3000 }, 10),
    ];
  };
  assert.deepEqual(kernelOf(chosen), kernelOf(plain));
});
