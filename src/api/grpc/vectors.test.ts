import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../engine/errors.ts';
import { VectorsVectorType } from './generated/messages.ts';
import { checkFinite, decodeVector, encodeVector, splitTokens } from './vectors.ts';

const { VECTOR_TYPE_UNSPECIFIED, VECTOR_TYPE_SINGLE_FP32, VECTOR_TYPE_MULTI_FP32 } =
  VectorsVectorType;

function wire(type: number, bytes: readonly number[]) {
  return { name: 'mv', index: 0, type, vector_bytes: Uint8Array.from(bytes) };
}

function floats(...values: readonly number[]): number[] {
  return [...new Uint8Array(Float32Array.from(values).buffer)];
}

function refuses(type: number, bytes: readonly number[], problem: RegExp): void {
  assert.throws(
    () => decodeVector(wire(type, bytes), 'mv', 'Raw'),
    (error) =>
      error instanceof DatabaseError &&
      error.code === 'vector-invalid' &&
      problem.test(error.message),
  );
}

test('a multi-vector has a 16-bit dimension before its tokens', () => {
  const vector = decodeVector(
    wire(VECTOR_TYPE_MULTI_FP32, [2, 0, ...floats(1, 2, 3, 4, 5, 6)]),
    'mv',
    'Raw',
  );
  assert.deepEqual(vector, {
    kind: 'multi',
    dims: 2,
    values: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
});

test('dimensions above 255 use both bytes of the header', () => {
  const body = floats(...new Array<number>(300).fill(0.5));
  const vector = decodeVector(wire(VECTOR_TYPE_MULTI_FP32, [44, 1, ...body]), 'mv', 'Raw');
  assert.equal(vector.dims, 300);
  assert.equal(vector.values.length, 300);
});

test('an unspecified type is a single vector', () => {
  for (const type of [VECTOR_TYPE_UNSPECIFIED, VECTOR_TYPE_SINGLE_FP32]) {
    const vector = decodeVector(wire(type, floats(0.25, -1)), 'mv', 'Raw');
    assert.deepEqual(vector, { kind: 'single', dims: 2, values: Float32Array.of(0.25, -1) });
  }
});

test('decoded numbers survive a change of the bytes they came from', () => {
  const bytes = wire(VECTOR_TYPE_SINGLE_FP32, floats(7, 8));
  const vector = decodeVector(bytes, 'mv', 'Raw');
  bytes.vector_bytes.fill(0);
  assert.deepEqual([...vector.values], [7, 8]);
});

test('bytes that are no vector are refused with the reason', () => {
  refuses(VECTOR_TYPE_MULTI_FP32, [], /multi-vector cannot be empty/);
  refuses(VECTOR_TYPE_MULTI_FP32, [4, 0], /multi-vector cannot be empty/);
  refuses(VECTOR_TYPE_MULTI_FP32, [1], /got 1 byte/);
  refuses(VECTOR_TYPE_MULTI_FP32, [0, 0, ...floats(1, 2)], /dimension cannot be 0/);
  refuses(VECTOR_TYPE_MULTI_FP32, [2, 0, ...floats(1, 2, 3)], /12 bytes of tokens.*multiple of 8/);
  refuses(VECTOR_TYPE_MULTI_FP32, [2, 0, ...floats(1, 2), 9], /9 bytes of tokens/);
  refuses(VECTOR_TYPE_SINGLE_FP32, [], /cannot be empty/);
  refuses(VECTOR_TYPE_SINGLE_FP32, [1, 2, 3], /3 bytes, not a multiple of 4/);
  refuses(9, floats(1), /vector type 9 is unknown/);
});

test('encoding gives back the bytes that were decoded', () => {
  const multi = [3, 0, ...floats(1, 2, 3, 4, 5, 6)];
  const decoded = decodeVector(wire(VECTOR_TYPE_MULTI_FP32, multi), 'mv', 'Raw');
  const encoded = encodeVector('mv', decoded);
  assert.deepEqual([...(encoded.vector_bytes ?? [])], multi);
  assert.equal(encoded.type, VECTOR_TYPE_MULTI_FP32);
  const single = decodeVector(wire(VECTOR_TYPE_SINGLE_FP32, floats(1, 2)), 'mv', 'Raw');
  assert.deepEqual([...(encodeVector('mv', single).vector_bytes ?? [])], floats(1, 2));
});

test('tokens split into single vectors in order', () => {
  const vector = { kind: 'multi', dims: 2, values: Float32Array.of(1, 2, 3, 4) } as const;
  assert.deepEqual(
    splitTokens(vector).map(({ kind, values }) => [kind, ...values]),
    [
      ['single', 1, 2],
      ['single', 3, 4],
    ],
  );
});

test('a query with a number that is not finite is refused with its position', () => {
  const values = Float32Array.of(1, 2, 3, Number.NaN);
  assert.throws(
    () => checkFinite({ kind: 'multi', dims: 2, values }, 'mv', 'Raw'),
    /query token 1, component 1 is NaN/,
  );
  values[3] = Number.POSITIVE_INFINITY;
  assert.throws(() => checkFinite({ kind: 'multi', dims: 2, values }, 'mv', 'Raw'), /is Infinity/);
  values[3] = 4;
  checkFinite({ kind: 'multi', dims: 2, values }, 'mv', 'Raw');
});
