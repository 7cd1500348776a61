import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planeZero, quantizeQuery, quantizeRow, strideOf } from './quantize.ts';
import { randomFrom, randomMulti } from './vectors-for-tests.ts';

const sizes = [1, 1000, 1e-3, 1e30, 1e-42];

function quantized(values: Float32Array, normalized: boolean) {
  const dims = values.length;
  const rows = new Uint8Array(strideOf(dims)).fill(255);
  const facts = { scale: -1, norm: -1, errorNorm: -1 };
  quantizeRow(values, 0, dims, normalized, rows, 0, facts);
  return { rows, ...facts };
}

test('a row is within half a step of its original, and its facts are true', () => {
  const random = randomFrom(2);
  for (const normalized of [true, false]) {
    for (const size of sizes) {
      for (const dims of [1, 3, 16, 127, 128, 207]) {
        const { values } = randomMulti(random, 1, dims, size);
        const { rows, scale, norm, errorNorm } = quantized(values, normalized);
        const length = Math.hypot(...values);
        let errors = 0;
        let squares = 0;
        for (let i = 0; i < dims; i++) {
          const wanted = normalized ? values[i]! / length : values[i]!;
          const got = (rows[i]! - planeZero) * scale;
          assert.ok(rows[i]! >= 1 && rows[i]! <= 127);
          // Scales below the normal float32 range have lost bits: then only the facts count.
          if (size > 1e-40 || normalized) {
            assert.ok(Math.abs(got - wanted) <= scale * 0.5001, `${got} for ${wanted}`);
          }
          errors += (got - wanted) ** 2;
          squares += got ** 2;
        }
        const tiny = 2 ** -140;
        assert.ok(errorNorm >= Math.sqrt(errors) * (1 - 1e-12));
        assert.ok(errorNorm <= Math.sqrt(errors) * 1.0001 + tiny);
        assert.ok(norm >= Math.sqrt(squares) && norm <= Math.sqrt(squares) * 1.0001 + tiny);
        for (let i = dims; i < rows.length; i++) assert.equal(rows[i], planeZero);
      }
    }
  }
});

test('a zero row has scale 0, no error and neutral bytes', () => {
  for (const normalized of [true, false]) {
    const { rows, scale, norm, errorNorm } = quantized(new Float32Array(20), normalized);
    assert.deepEqual([...rows], new Array(32).fill(planeZero));
    assert.deepEqual([scale, norm, errorNorm], [0, 0, 0]);
  }
});

test('a query keeps its values and is quantised row by row to signed bytes', () => {
  const random = randomFrom(3);
  for (const normalized of [true, false]) {
    for (const size of sizes.slice(0, 4)) {
      const { values, dims } = randomMulti(random, 5, 19, size);
      values.fill(0, 2 * dims, 3 * dims);
      const query = quantizeQuery(values, dims, normalized);
      assert.equal(query.tokens, 5);
      assert.equal(query.stride, 32);
      for (let t = 0; t < 5; t++) {
        const length = Math.hypot(...values.subarray(t * dims, (t + 1) * dims));
        const factor = normalized ? (length === 0 ? 0 : 1 / length) : 1;
        assert.ok(Math.abs(query.factors[t]! - factor) <= factor * 1e-12);
        for (let i = 0; i < query.stride; i++) {
          const wanted = i < dims ? values[t * dims + i]! * factor : 0;
          const got = query.rows[t * query.stride + i]! * query.scales[t]!;
          assert.ok(Math.abs(got - wanted) <= query.scales[t]! * 0.5001);
        }
      }
    }
  }
});

test('an empty query has no rows', () => {
  assert.equal(quantizeQuery(new Float32Array(0), 8, true).tokens, 0);
  assert.equal(quantizeQuery(new Float32Array(0), 0, true).tokens, 0);
});
