// What a vector must be before it is stored or searched with. Every message names the vector, what
// was seen and what is allowed.

import { assert } from '../engine/assert.ts';
import { boxUnits, type TokenPlaces, tokenCount, type VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { vectorDimsMax } from '../engine/limits.ts';
import type { VectorSchema } from '../engine/schema.ts';

/** Where a vector belongs, for messages. */
export interface VectorPlace {
  readonly collection: string;
  readonly name: string;
}

/**
 * The vector under one name, checked for its kind: the rows of several single vectors are joined
 * where the name is a multi-vector (a client sends every token vector as a vector of its own).
 */
export function joinVector(
  given: VectorValue | readonly VectorValue[],
  schema: VectorSchema,
  collection: string,
): VectorValue {
  const place = { collection, name: schema.name };
  const values = Array.isArray(given) ? (given as readonly VectorValue[]) : [given as VectorValue];
  const [first] = values;
  if (!first) throw invalid(place, 'multi-vector cannot be empty');
  const severalRows = values.length > 1 && schema.kind === 'multi';
  if (severalRows && values.every(({ kind }) => kind === 'single')) return joinRows(values, place);
  if (values.length > 1) throw invalid(place, `got ${values.length} vectors, expected one`);
  checkKind(first, schema, place);
  return first;
}

function joinRows(rows: readonly VectorValue[], place: VectorPlace): VectorValue {
  const dims = rows[0]?.dims ?? 0;
  const values = new Float32Array(dims * rows.length);
  for (const [index, row] of rows.entries()) {
    if (row.dims !== dims) {
      const problem = `token ${index} has ${row.dims} values, the ones before it have ${dims}`;
      throw invalid(place, problem);
    }
    values.set(row.values, index * dims);
  }
  return { kind: 'multi', dims, values };
}

function checkKind(value: VectorValue, schema: VectorSchema, place: VectorPlace): void {
  if (value.kind === schema.kind) return;
  throw invalid(
    place,
    schema.kind === 'multi'
      ? 'is configured as multi-vector: expected an array of token vectors, got a single vector'
      : 'is not configured as multi-vector, but a multi-vector was provided',
  );
}

/** Checks size and numbers. `tokensMax` is the limit of objects or of queries. */
export function checkVector(value: VectorValue, place: VectorPlace, tokensMax: number): void {
  const { kind, dims, values } = value;
  const what = kind === 'multi' ? 'multi-vector' : 'vector';
  if (values.length === 0 && dims === 0) throw invalid(place, `${what} cannot be empty`);
  if (dims === 0) throw invalid(place, `${what} token 0 is empty`);
  if (dims > vectorDimsMax) {
    throw invalid(place, `has ${dims} dimensions, at most ${vectorDimsMax} are allowed`);
  }
  const tokens = tokenCount(value);
  if (tokens === 0) throw invalid(place, `${what} cannot be empty`);
  assert(Number.isInteger(tokens), 'values are whole rows of dims numbers');
  if (tokens > tokensMax) {
    throw invalid(place, `has ${tokens} token vectors, at most ${tokensMax} are allowed`);
  }
  const bad = firstBad(values);
  if (bad >= 0) {
    const where = kind === 'multi' ? `[${Math.floor(bad / dims)}][${bad % dims}]` : `[${bad}]`;
    throw invalid(place, `the value at ${where} is ${values[bad]}, it must be a finite number`);
  }
}

/** Index of the first NaN or infinity, or -1. */
function firstBad(values: Float32Array): number {
  return allFinite(values) ? -1 : values.findIndex((value) => !Number.isFinite(value));
}

/** Whether all are finite, several times as fast as asking each: 0 times a number is 0 then, and NaN otherwise, which stays in a sum. */
export function allFinite(values: Float32Array): boolean {
  const { length } = values;
  const whole = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let index = 0; index < whole; index += 4) {
    a += (values[index] as number) * 0;
    b += (values[index + 1] as number) * 0;
    c += (values[index + 2] as number) * 0;
    d += (values[index + 3] as number) * 0;
  }
  for (let index = whole; index < length; index += 1) a += (values[index] as number) * 0;
  return a + b + (c + d) === 0;
}

/** Checks the dims against those that the collection holds, when it holds any. */
export function checkDims(
  value: VectorValue,
  place: VectorPlace,
  allowed: number | undefined,
): void {
  if (allowed === undefined || value.dims === allowed) return;
  throw new DatabaseError('vector-dims', { ...place, seen: value.dims, allowed });
}

/**
 * Checks that places belong to the vector as it came, not pooled yet: a box or span for each of its
 * rows, boxes inside the page, spans that end after they begin.
 */
export function checkPlaces(places: TokenPlaces, value: VectorValue, place: VectorPlace): void {
  const { boxes, spans } = places;
  if (!boxes && !spans) throw invalid(place, 'places have neither boxes nor spans');
  const tokens = tokenCount(value);
  checkLength('boxes', boxes, 4 * tokens, place);
  checkLength('spans', spans, 2 * tokens, place);
  for (let row = 0; boxes && row < tokens; row += 1) {
    const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(row * 4, row * 4 + 4);
    if (x + width <= boxUnits && y + height <= boxUnits) continue;
    const problem = `box ${row} is [${x}, ${y}, ${width}, ${height}], it must end within ${boxUnits}`;
    throw invalid(place, problem);
  }
  for (let row = 0; spans && row < tokens; row += 1) {
    const [start = 0, end = 0] = spans.subarray(row * 2, row * 2 + 2);
    if (start > end) throw invalid(place, `span ${row} starts at ${start} and ends at ${end}`);
  }
}

function checkLength(
  what: 'boxes' | 'spans',
  list: { readonly length: number } | undefined,
  wanted: number,
  place: VectorPlace,
): void {
  if (!list || list.length === wanted) return;
  const each = what === 'boxes' ? 4 : 2;
  const problem = `${what} have ${list.length} numbers, ${each} for each of ${wanted / each} token vectors are expected`;
  throw invalid(place, problem);
}

function invalid(place: VectorPlace, problem: string): DatabaseError {
  return new DatabaseError('vector-invalid', { ...place, problem });
}
