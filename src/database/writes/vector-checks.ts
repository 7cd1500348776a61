// What a vector must be before it is stored or searched with. Every message names the vector, what
// was seen and what is allowed.

import { assert } from '../../engine/assert.ts';
import {
  boxUnits,
  type PropertyValue,
  type TokenPlaces,
  tokenCount,
  type VectorValue,
} from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { vectorDimsMax } from '../../engine/limits.ts';
import type { VectorSchema } from '../../engine/schema.ts';

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
 * rows, boxes inside the page, spans inside the text as far as that comes with them.
 */
export function checkPlaces(places: TokenPlaces, value: VectorValue, place: VectorPlace): void {
  const fault = faultOf(places, tokenCount(value), places.text?.length ?? 2 ** 32);
  if (fault !== undefined) throw invalid(place, `places: ${fault}`);
}

/** Checks the words of a property that is a text: spans inside it, and boxes for them if any. */
export function checkWords(
  words: TokenPlaces,
  text: PropertyValue | undefined,
  { collection, name }: VectorPlace,
): void {
  const { spans } = words;
  const fault =
    typeof text !== 'string' || spans === undefined
      ? 'words are spans of a property that is a text'
      : faultOf(words, spans.length / 2, text.length);
  if (fault === undefined) return;
  const message = `words of property "${name}" in collection "${collection}": ${fault}`;
  throw new DatabaseError('invalid-argument', { message });
}

function faultOf(
  { boxes, spans, page }: TokenPlaces,
  rows: number,
  textLength: number,
): string | undefined {
  if (!boxes && !spans) return 'there are neither boxes nor spans';
  if (boxes && boxes.length !== 4 * rows) {
    return `boxes have ${boxes.length} numbers, 4 for each of ${rows} rows are expected`;
  }
  if (spans && spans.length !== 2 * rows) {
    return `spans have ${spans.length} numbers, 2 for each of ${rows} rows are expected`;
  }
  for (let row = 0; boxes && row < rows; row += 1) {
    const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(row * 4, row * 4 + 4);
    if (x + width <= boxUnits && y + height <= boxUnits) continue;
    return `box ${row} is [${x}, ${y}, ${width}, ${height}], it must end within ${boxUnits}`;
  }
  for (let row = 0; spans && row < rows; row += 1) {
    const [start = 0, end = 0] = spans.subarray(row * 2, row * 2 + 2);
    if (start <= end && end <= textLength) continue;
    const allowed = 'it must end where it starts or later, within the text';
    return `span ${row} is [${start}, ${end}], ${allowed}`;
  }
  const isSized = (size: number): boolean => size > 0 && Number.isFinite(size);
  if (!page || (isSized(page.width) && isSized(page.height))) return undefined;
  return `the page is ${page.width} by ${page.height}, both must be above 0`;
}

function invalid(place: VectorPlace, problem: string): DatabaseError {
  return new DatabaseError('vector-invalid', { ...place, problem });
}
