// Vectors as the wire has them: little-endian float32, for a multi-vector after a 16-bit dimension.
// Hosts are little-endian too (every platform that Node 24 is built for but s390x), so bytes are copied.

import { allFinite } from '../../database/writes/vector-checks.ts';
import type { VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { type Vectors, VectorsVectorType } from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';

const headerBytes = 2;

/**
 * Decodes one wire vector by its type; an unspecified type is a single vector. The numbers are copied.
 * Throws 'vector-invalid' with `name` and `collection` when the bytes are no such vector.
 */
export function decodeVector(vector: Vectors, name: string, collection: string): VectorValue {
  const fail = (problem: string): never => {
    throw new DatabaseError('vector-invalid', { name, collection, problem });
  };
  switch (vector.type) {
    case VectorsVectorType.VECTOR_TYPE_UNSPECIFIED:
    case VectorsVectorType.VECTOR_TYPE_SINGLE_FP32:
      return decodeSingle(vector.vector_bytes, fail);
    case VectorsVectorType.VECTOR_TYPE_MULTI_FP32:
      return decodeMulti(vector.vector_bytes, fail);
    default:
      return fail(`vector type ${vector.type} is unknown; 1 (single) and 2 (multi) are known`);
  }
}

/** Decodes a single vector from its bytes alone, as the older fields have it. */
export function decodeSingleBytes(
  bytes: Uint8Array,
  name: string,
  collection: string,
): VectorValue {
  return decodeSingle(bytes, (problem) => {
    throw new DatabaseError('vector-invalid', { name, collection, problem });
  });
}

/** A single vector from the oldest fields, which list numbers. */
export function singleFromNumbers(numbers: readonly number[]): VectorValue {
  return { kind: 'single', dims: numbers.length, values: Float32Array.from(numbers) };
}

function decodeSingle(bytes: Uint8Array, fail: (problem: string) => never): VectorValue {
  if (bytes.length === 0) fail('vector cannot be empty');
  if (bytes.length % 4 !== 0) fail(`got ${bytes.length} bytes, not a multiple of 4`);
  const values = copyFloats(bytes, 0);
  return { kind: 'single', dims: values.length, values };
}

function decodeMulti(bytes: Uint8Array, fail: (problem: string) => never): VectorValue {
  if (bytes.length === 0) fail('multi-vector cannot be empty');
  if (bytes.length < headerBytes)
    fail('got 1 byte, a multi-vector starts with 2 for its dimension');
  const dims = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  if (dims === 0) fail('dimension cannot be 0');
  const body = bytes.length - headerBytes;
  if (body === 0) fail('multi-vector cannot be empty');
  if (body % (dims * 4) !== 0) {
    fail(`got ${body} bytes of tokens, not a multiple of ${dims * 4} (${dims} dimensions)`);
  }
  return { kind: 'multi', dims, values: copyFloats(bytes, headerBytes) };
}

function copyFloats(bytes: Uint8Array, start: number): Float32Array {
  const length = bytes.length - start;
  // Not zeroed, not pooled: every byte is written in the next line.
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(start === 0 ? bytes : bytes.subarray(start));
  return new Float32Array(copy.buffer, copy.byteOffset, length / 4);
}

/** Throws 'vector-invalid' with token and component of the first number that is not finite. */
export function checkFinite(vector: VectorValue, name: string, collection: string): void {
  const { values, dims } = vector;
  if (allFinite(values)) return;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (!Number.isFinite(value)) {
      const problem = `query token ${Math.floor(index / dims)}, component ${index % dims} is ${value}`;
      throw new DatabaseError('vector-invalid', { name, collection, problem });
    }
  }
}

/** Rows of a multi-vector as single vectors, in order, sharing its memory. */
export function splitTokens(vector: VectorValue): readonly VectorValue[] {
  const { dims, values } = vector;
  return Array.from({ length: values.length / dims }, (_, row) => ({
    kind: 'single' as const,
    dims,
    values: values.subarray(row * dims, (row + 1) * dims),
  }));
}

/** The wire form of a stored vector. */
export function encodeVector(name: string, vector: VectorValue): MessageInit<Vectors> {
  if (vector.kind === 'single') {
    return {
      name,
      vector_bytes: bytesOf(vector.values),
      type: VectorsVectorType.VECTOR_TYPE_SINGLE_FP32,
    };
  }
  const bytes = Buffer.allocUnsafe(headerBytes + vector.values.byteLength);
  bytes.writeUInt16LE(vector.dims, 0);
  bytes.set(bytesOf(vector.values), headerBytes);
  return { name, vector_bytes: bytes, type: VectorsVectorType.VECTOR_TYPE_MULTI_FP32 };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
