// Scans of whole columns. Each works in two passes without calls or objects in the loop: first one
// byte per value that says whether it passes, then documents from the values they have.

import { Bitset } from '../bitset.ts';
import { readUuid, writeUuid } from '../uuid.ts';
import type {
  BooleanColumn,
  Column,
  DateColumn,
  GeoColumn,
  NumberColumn,
  ReferenceColumn,
  UuidColumn,
} from './column.ts';
import { greater, less, type Sides, same, type Test } from './condition.ts';
import type { GeoRange } from './filter.ts';
import type { Instant } from './instant.ts';
import { intersection } from './intersection.ts';
import { matchesLike } from './like.ts';
import { type UuidSet, uuidWords } from './uuid-set.ts';

/** A test as scans know it; what is negated or asks for all of several values is put together here. */
export type ScanTest<T> =
  | { readonly kind: 'sides'; readonly sides: Sides; readonly value: T }
  | { readonly kind: 'any'; readonly values: readonly T[] };

/** Runs a test by scans that return the documents of which a value passes. */
export function runTest<T>(
  test: Test<T>,
  documentCount: number,
  scan: (test: ScanTest<T>) => Bitset,
): Bitset {
  switch (test.kind) {
    case 'sides':
    case 'any': {
      const found = scan(test);
      return test.negated ? found.not() : found;
    }
    case 'all':
      return intersection(new Set(test.values), documentCount, (value) =>
        scan({ kind: 'sides', sides: same, value }),
      );
  }
}

/** Documents with a number that passes. */
export function scanNumbers(
  column: NumberColumn,
  test: ScanTest<number>,
  documentCount: number,
): Bitset {
  const hits = new Uint8Array(valueCount(column, documentCount));
  hitNumbers(column.values, test, hits);
  return documentsOf(column, hits, documentCount);
}

/** Documents with a boolean that passes; false is 0, true is 1. */
export function scanBooleans(
  column: BooleanColumn,
  test: ScanTest<number>,
  documentCount: number,
): Bitset {
  const passes = new Uint8Array(2);
  hitNumbers(Float64Array.of(0, 1), test, passes);
  const hits = new Uint8Array(valueCount(column, documentCount));
  for (let at = 0; at < hits.length; at += 1) hits[at] = passes[column.values[at]!]!;
  return documentsOf(column, hits, documentCount);
}

/** Documents whose length passes; without a value it is 0. */
export function scanLengths(
  column: Column | undefined,
  test: ScanTest<number>,
  documentCount: number,
): Bitset {
  const hits = new Uint8Array(documentCount);
  hitNumbers(lengthsOf(column, documentCount), test, hits);
  return bitsOf(hits);
}

/** Code points of a text or elements of an array, for each document. */
function lengthsOf(column: Column | undefined, documentCount: number): Float64Array {
  const lengths = new Float64Array(documentCount);
  if (column?.kind === 'length') {
    for (let doc = 0; doc < documentCount; doc += 1) lengths[doc] = column.lengths[doc]!;
  } else if (column && 'offsets' in column && column.offsets) {
    const { offsets } = column;
    for (let doc = 0; doc < documentCount; doc += 1) {
      lengths[doc] = offsets[doc + 1]! - offsets[doc]!;
    }
  }
  return lengths;
}

/** Documents with a date that passes. */
export function scanDates(
  column: DateColumn,
  test: ScanTest<Instant>,
  documentCount: number,
): Bitset {
  const { ms, nanos } = column;
  const hits = new Uint8Array(valueCount(column, documentCount));
  if (test.kind === 'sides') {
    const { value, sides } = test;
    for (let at = 0; at < hits.length; at += 1) {
      const difference = ms[at]! - value.ms || (nanos ? nanos[at]! : 0) - value.nanos;
      const side = difference < 0 ? less : difference > 0 ? greater : same;
      hits[at] = side & sides;
    }
  } else {
    const wanted = Map.groupBy(test.values, (value) => value.ms);
    for (let at = 0; at < hits.length; at += 1) {
      const candidates = wanted.get(ms[at]!);
      if (candidates?.some((value) => value.nanos === (nanos?.[at] ?? 0))) hits[at] = 1;
    }
  }
  return documentsOf(column, hits, documentCount);
}

/** Documents with a uuid that passes. */
export function scanUuids(
  column: UuidColumn,
  test: ScanTest<string>,
  documentCount: number,
): Bitset {
  const { bytes } = column;
  const hits = new Uint8Array(valueCount(column, documentCount));
  if (test.kind === 'sides') {
    const value = uuidBytes(test.value);
    for (let at = 0; at < hits.length; at += 1) {
      const difference = compareUuids(bytes, at * 16, value);
      const side = difference < 0 ? less : difference > 0 ? greater : same;
      hits[at] = side & test.sides;
    }
  } else {
    const wanted = Map.groupBy(test.values.map(uuidBytes), (value) => firstWord(value, 0));
    for (let at = 0; at < hits.length; at += 1) {
      const candidates = wanted.get(firstWord(bytes, at * 16));
      if (candidates?.some((value) => compareUuids(bytes, at * 16, value) === 0)) hits[at] = 1;
    }
  }
  return documentsOf(column, hits, documentCount);
}

/** Documents with a uuid whose text fits the pattern. */
export function scanUuidPattern(
  column: UuidColumn,
  pattern: string,
  documentCount: number,
): Bitset {
  const hits = new Uint8Array(valueCount(column, documentCount));
  for (let at = 0; at < hits.length; at += 1) {
    hits[at] = matchesLike(readUuid(column.bytes, at * 16), pattern) ? 1 : 0;
  }
  return documentsOf(column, hits, documentCount);
}

/** Documents that refer to one of the targets, by collection. */
export function scanReferences(
  column: ReferenceColumn,
  targets: ReadonlyMap<string, UuidSet>,
  documentCount: number,
): Bitset {
  const { collections } = column;
  const words = uuidWords(column.bytes);
  const wanted = column.names.map((name) => targets.get(name));
  const hits = new Uint8Array(valueCount(column, documentCount));
  for (let at = 0; at < hits.length; at += 1) {
    if (wanted[collections[at]!]?.has(words, at * 4)) hits[at] = 1;
  }
  return documentsOf(column, hits, documentCount);
}

/** Documents whose place is at most the range's distance away, on a sphere. */
export function scanGeo(column: GeoColumn, range: GeoRange, documentCount: number): Bitset {
  const { coordinates } = column;
  const hits = new Uint8Array(documentCount);
  const cosine = Math.cos(range.latitude * radians);
  for (let doc = 0; doc < documentCount; doc += 1) {
    const latitude = coordinates[doc * 2]!;
    const high = Math.sin(((latitude - range.latitude) * radians) / 2);
    const wide = Math.sin(((coordinates[doc * 2 + 1]! - range.longitude) * radians) / 2);
    const haversine = high * high + cosine * Math.cos(latitude * radians) * wide * wide;
    // Rounding may leave opposite points a little above 1.
    const metres = 2 * earthRadius * Math.asin(Math.sqrt(Math.min(1, haversine)));
    hits[doc] = metres <= range.distance ? 1 : 0;
  }
  return bitsOf(hits).and(presentOf(column, documentCount));
}

const radians = Math.PI / 180;
/** Metres; mean radius of the earth. */
const earthRadius = 6_371_000;

/** Documents with a value that is neither `[]` nor `''`: what the wire calls not null. */
export function scanPresence(column: Column, documentCount: number): Bitset {
  const present = presentOf(column, documentCount);
  const hasLength = column.kind === 'length' || ('offsets' in column && column.offsets);
  if (!hasLength) return present;
  const empty: ScanTest<number> = { kind: 'sides', sides: same, value: 0 };
  return present.and(scanLengths(column, empty, documentCount).not());
}

function hitNumbers(values: Float64Array, test: ScanTest<number>, hits: Uint8Array): void {
  if (test.kind === 'sides') {
    const { value, sides } = test;
    for (let at = 0; at < hits.length; at += 1) {
      const seen = values[at]!;
      const side = seen < value ? less : seen > value ? greater : same;
      hits[at] = side & sides;
    }
  } else {
    const wanted = new Set(test.values);
    for (let at = 0; at < hits.length; at += 1) hits[at] = wanted.has(values[at]!) ? 1 : 0;
  }
}

/** Values of the first `documentCount` documents. */
function valueCount(
  column: { readonly offsets: Uint32Array | undefined },
  documentCount: number,
): number {
  return column.offsets ? column.offsets[documentCount]! : documentCount;
}

/** Documents that have a value and of which some value was hit. */
function documentsOf(
  column: { readonly offsets: Uint32Array | undefined; readonly present: Bitset },
  hits: Uint8Array,
  documentCount: number,
): Bitset {
  const { offsets } = column;
  if (!offsets) return bitsOf(hits).and(presentOf(column, documentCount));
  const found = Bitset.of(documentCount);
  for (let doc = 0; doc < documentCount; doc += 1) {
    const end = offsets[doc + 1]!;
    for (let at = offsets[doc]!; at < end; at += 1) {
      if (hits[at] === 0) continue;
      found.set(doc);
      break;
    }
  }
  return found;
}

/** One bit for each byte that is not 0. */
function bitsOf(hits: Uint8Array): Bitset {
  const words = new Uint32Array((hits.length + 31) >>> 5);
  for (let at = 0; at < hits.length; at += 1) {
    if (hits[at] !== 0) words[at >>> 5]! |= 1 << (at & 31);
  }
  return new Bitset(hits.length, words);
}

/** Presence of the first `documentCount` documents. */
function presentOf(column: { readonly present: Bitset }, documentCount: number): Bitset {
  const { present } = column;
  if (present.length === documentCount) return present;
  return new Bitset(documentCount, present.words.slice(0, (documentCount + 31) >>> 5));
}

function uuidBytes(uuid: string): Uint8Array {
  const bytes = new Uint8Array(16);
  writeUuid(uuid, bytes, 0);
  return bytes;
}

/** Negative when the uuid at `offset` is less than the 16 bytes of `value`. */
function compareUuids(bytes: Uint8Array, offset: number, value: Uint8Array): number {
  for (let index = 0; index < 16; index += 1) {
    const difference = bytes[offset + index]! - value[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function firstWord(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset]! << 24) | (bytes[offset + 1]! << 16);
  return (high | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}
