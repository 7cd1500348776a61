// Vectors of an object's JSON to vector values. What is no vector at all is a parsing error (400); what
// is one, but with rows that don't fit together, is refused (422). Both name the offending place.

import type { VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { describe, type JsonRecord, readRecord } from './json-fields.ts';
import { unparsable } from './wire-error.ts';

/** Where a vector stands: the collection for messages, its name, and its path in the body. */
interface Place {
  readonly collection: string;
  readonly name: string;
  readonly path: string;
}

/** Vectors of the fields `vectors` and `vector` (the unnamed one, ''). Throws WireError or DatabaseError. */
export function vectorsFromJson(
  body: JsonRecord,
  collection: string,
  path = '',
): ReadonlyMap<string, VectorValue> {
  const vectors = new Map<string, VectorValue>();
  const { vector, vectors: named } = body;
  if (Array.isArray(vector) && vector.length > 0) {
    const place = { collection, name: '', path: `${path}vector` };
    vectors.set('', single(vector, place));
  } else if (vector !== undefined && vector !== null && !Array.isArray(vector)) {
    throw unparsable(`${path}vector`, `expected a list of numbers, got ${describe(vector)}`);
  }
  if (named === undefined || named === null) return vectors;
  for (const [name, value] of Object.entries(readRecord(named, `${path}vectors`))) {
    if (value === null) continue;
    vectors.set(name, vectorFromJson(value, { collection, name, path: `${path}vectors.${name}` }));
  }
  return vectors;
}

/** A list of numbers is a single vector, a list of lists a multi-vector. Throws WireError or DatabaseError. */
export function vectorFromJson(value: unknown, place: Place): VectorValue {
  if (!Array.isArray(value)) {
    const problem = `expected a list of numbers or of lists of numbers, got ${describe(value)}`;
    throw unparsable(place.path, problem);
  }
  const list: readonly unknown[] = value;
  if (list.length === 0) throw refused(place, 'multi-vector cannot be empty');
  return Array.isArray(list[0]) || list[0] === null ? multi(list, place) : single(list, place);
}

function single(list: readonly unknown[], place: Place): VectorValue {
  const values = new Float32Array(list.length);
  fill(values, 0, list, place.path);
  return { kind: 'single', dims: list.length, values };
}

function multi(rows: readonly unknown[], place: Place): VectorValue {
  const lists = rows.map((row, index) => tokenVector(row, index, place));
  const dims = lists[0]?.length ?? 0;
  const values = new Float32Array(lists.length * dims);
  for (const [index, list] of lists.entries()) {
    if (list.length !== dims) {
      throw refused(place, `${list.length} values, expected ${dims}`, `[${index}]`);
    }
    fill(values, index * dims, list, `${place.path}[${index}]`);
  }
  return { kind: 'multi', dims, values };
}

function tokenVector(row: unknown, index: number, place: Place): readonly unknown[] {
  if (row === null || (Array.isArray(row) && row.length === 0)) {
    throw refused(place, `multi-vector token ${index} is empty`, `[${index}]`);
  }
  if (Array.isArray(row)) return row;
  const problem = `expected a list of numbers, got ${describe(row)}`;
  throw unparsable(`${place.path}[${index}]`, problem);
}

/** Every number must be one that a 32-bit float can hold. */
function fill(into: Float32Array, start: number, list: readonly unknown[], path: string): void {
  for (let index = 0; index < list.length; index += 1) {
    const value = list[index];
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      const problem = `expected a number that fits 32 bits, got ${describe(value)}`;
      throw unparsable(`${path}[${index}]`, problem);
    }
    into[start + index] = value;
  }
}

function refused(place: Place, problem: string, suffix = ''): DatabaseError {
  const { collection, name, path } = place;
  return new DatabaseError('vector-invalid', {
    collection,
    name,
    problem: `${path}${suffix}: ${problem}`,
  });
}
