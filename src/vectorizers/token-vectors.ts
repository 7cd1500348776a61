// Token vectors out of the replies of services: lists of numbers, or the bytes of 32-bit floats in
// base64. Everything is checked before anything is stored.

import type { VectorValue } from '../engine/document.ts';
import { vectorDimsMax } from '../engine/limits.ts';
import { checkedBytes } from './base64.ts';
import { providerError } from './http-provider.ts';
import type { Embedding } from './vectorizer.ts';

const floatBytes = 4;

/**
 * Reads token vectors that come as lists of numbers. An empty list is no vector; anything but equally
 * long lists of finite numbers, or another width than asked for, is a failure that says where.
 */
export function readTokenVectors(value: unknown, dimsWanted?: number): Embedding {
  if (!Array.isArray(value)) return refused('expected a list of token vectors');
  if (value.length === 0) return { kind: 'none' };
  const dims = Array.isArray(value[0]) ? value[0].length : 0;
  const problem = shapeProblem(value, dims) ?? widthProblem(dims, dimsWanted);
  if (problem !== undefined) return refused(problem);
  const rows = value as readonly (readonly unknown[])[];
  const values = new Float32Array(rows.length * dims);
  for (const [token, row] of rows.entries()) {
    for (let index = 0; index < dims; index += 1) {
      const component = row[index];
      const stored = typeof component === 'number' ? Math.fround(component) : Number.NaN;
      if (!Number.isFinite(stored)) return refused(notFinite(token, index));
      values[token * dims + index] = stored;
    }
  }
  return { kind: 'vector', vector: { kind: 'multi', dims, values } };
}

/**
 * Reads token vectors that come as base64 of 32-bit floats, little-endian, one vector after the other,
 * each `dims` wide. `count`, where the reply names it, must be the number of vectors.
 */
export function readTokenBytes(value: unknown, dims: number, count?: number): Embedding {
  const bytes = typeof value === 'string' ? checkedBytes(value) : undefined;
  if (bytes === undefined) return refused('expected base64 of token vectors');
  const problem = widthProblem(dims);
  if (problem !== undefined) return refused(problem);
  const tokens = bytes.byteLength / (dims * floatBytes);
  if (!Number.isInteger(tokens) || tokens !== (count ?? tokens)) {
    const expected = count === undefined ? '' : `${count} `;
    return refused(
      `${bytes.byteLength} bytes are not ${expected}token vectors of ${dims} dimensions`,
    );
  }
  if (tokens === 0) return { kind: 'none' };
  const values = new Float32Array(tokens * dims);
  new Uint8Array(values.buffer).set(bytes);
  for (let index = 0; index < values.length; index += 1) {
    if (!Number.isFinite(values[index])) {
      return refused(notFinite(Math.floor(index / dims), index % dims));
    }
  }
  return { kind: 'vector', vector: { kind: 'multi', dims, values } };
}

/**
 * Reads one vector that comes as a list of numbers. An empty list is no vector; another width than asked
 * for, or anything but finite numbers, is a failure that says where.
 */
export function readSingleVector(value: unknown, dimsWanted?: number): Embedding {
  if (!Array.isArray(value)) return refused('expected a vector, a list of numbers');
  if (value.length === 0) return { kind: 'none' };
  const dims = value.length;
  if (dims > vectorDimsMax) return refused(`${dims} dimensions, the maximum is ${vectorDimsMax}`);
  if (dims !== (dimsWanted ?? dims)) {
    return refused(`a vector of ${dims} dimensions, ${dimsWanted} were asked for`);
  }
  const values = new Float32Array(dims);
  for (let index = 0; index < dims; index += 1) {
    const component: unknown = value[index];
    const stored = typeof component === 'number' ? Math.fround(component) : Number.NaN;
    if (!Number.isFinite(stored)) return refused(`component ${index} is not a finite number`);
    values[index] = stored;
  }
  return { kind: 'vector', vector: { kind: 'single', dims, values } };
}

function shapeProblem(rows: readonly unknown[], dims: number): string | undefined {
  for (const [token, row] of rows.entries()) {
    if (!Array.isArray(row)) return `token vector ${token} is not a list of numbers`;
    if (row.length === 0) return `token vector ${token} is empty`;
    if (row.length !== dims) {
      return `token vector ${token} has ${row.length} dimensions, token vector 0 has ${dims}`;
    }
  }
  return undefined;
}

function widthProblem(dims: number, dimsWanted: number = dims): string | undefined {
  if (!Number.isInteger(dims) || dims < 1) return `${dims} dimensions`;
  if (dims > vectorDimsMax) return `${dims} dimensions, the maximum is ${vectorDimsMax}`;
  if (dims === dimsWanted) return undefined;
  return `token vectors have ${dims} dimensions, ${dimsWanted} were asked for`;
}

function notFinite(token: number, index: number): string {
  return `component ${index} of token vector ${token} is not a finite number`;
}

/** What a reply's fault does to the object that it belongs to. */
export function refused(problem: string): Embedding {
  return { kind: 'failed', error: providerError(`vectorizer returned a bad reply: ${problem}`) };
}

/** One multi-vector of several, token vectors in the same order. All must have the same width. */
export function joinVectors(parts: readonly VectorValue[]): Embedding {
  const first = parts[0];
  if (first === undefined) return { kind: 'none' };
  if (parts.length === 1) return { kind: 'vector', vector: first };
  const other = parts.find((part) => part.dims !== first.dims);
  if (other !== undefined) {
    return refused(`vectors of ${first.dims} and of ${other.dims} dimensions for one object`);
  }
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let offset = 0;
  for (const part of parts) {
    values.set(part.values, offset);
    offset += part.values.length;
  }
  return { kind: 'vector', vector: { kind: 'multi', dims: first.dims, values } };
}
