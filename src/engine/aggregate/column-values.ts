// The values that chosen documents have in a column: where they stand, and for each a key of two words
// that is the same for equal values in all segments.

import { unreachable } from '../assert.ts';
import type { Column, ReferenceColumn } from '../filter/column.ts';
import { writeFingerprint } from '../fingerprint.ts';
import type { Segment } from '../segment/segment.ts';

/** A segment with the documents of it that are aggregated, ascending. */
export interface Part {
  readonly segment: Segment;
  readonly docs: Uint32Array;
}

/** Values of documents, side by side: the document, ascending, and the value's place in the column. */
export interface ColumnValues {
  readonly docs: Uint32Array;
  readonly places: Uint32Array;
}

/**
 * Where the elements of each document before `end` begin; undefined where one value stands at its
 * document's number.
 */
export function offsetsOf(column: Column, end: number): Uint32Array | undefined {
  if (column.kind === 'length') {
    return column.type === 'text[]' ? sumsOf(column.lengths, end) : undefined;
  }
  return 'offsets' in column ? column.offsets : undefined;
}

interface Sums {
  readonly sums: Uint32Array;
  /** Numbers that are summed up so far: those of a memory segment's later documents are not there yet. */
  count: number;
}

/** As long as the lengths are there: an aggregation of many groups asks for the same ones in each. */
const sumsByLengths = new WeakMap<Uint32Array, Sums>();

/** Of each number the sum of those before it, for `count` numbers; one more at the end. */
function sumsOf(lengths: Uint32Array, count: number): Uint32Array {
  const known = sumsByLengths.get(lengths) ?? {
    sums: new Uint32Array(lengths.length + 1),
    count: 0,
  };
  sumsByLengths.set(lengths, known);
  const { sums } = known;
  for (let i = known.count; i < count; i += 1) sums[i + 1] = sums[i]! + lengths[i]!;
  known.count = Math.max(known.count, count);
  return sums;
}

/** The values of `docs` (ascending), those without one left out. */
export function valuesOf(column: Column, docs: Uint32Array): ColumnValues {
  const having = presentDocs(column, docs);
  const offsets = offsetsOf(column, (having.at(-1) ?? -1) + 1);
  if (!offsets) return { docs: having, places: having };
  let count = 0;
  for (let i = 0; i < having.length; i += 1) {
    const doc = having[i]!;
    count += offsets[doc + 1]! - offsets[doc]!;
  }
  const owners = new Uint32Array(count);
  const places = new Uint32Array(count);
  let filled = 0;
  for (let i = 0; i < having.length; i += 1) {
    const doc = having[i]!;
    const end = offsets[doc + 1]!;
    for (let place = offsets[doc]!; place < end; place += 1) {
      owners[filled] = doc;
      places[filled] = place;
      filled += 1;
    }
  }
  return { docs: owners, places };
}

function presentDocs({ present }: Column, docs: Uint32Array): Uint32Array {
  const { words } = present;
  const having = new Uint32Array(docs.length);
  let count = 0;
  for (let i = 0; i < docs.length; i += 1) {
    const doc = docs[i]!;
    if ((words[doc >>> 5]! & (1 << (doc & 31))) === 0) continue;
    having[count] = doc;
    count += 1;
  }
  return count === docs.length ? docs : having.subarray(0, count);
}

/** Two words for each value: equal for equal values, and for different ones as good as never. */
export function keysOf(column: Column, places: Uint32Array): Uint32Array {
  const keys = new Uint32Array(places.length * 2);
  switch (column.kind) {
    case 'length':
      if (column.fingerprints) copyPairs(column.fingerprints, places, keys);
      return keys;
    case 'number':
      numberKeys(column.values, places, keys);
      return keys;
    case 'boolean':
      for (let i = 0; i < places.length; i += 1) keys[i * 2] = column.values[places[i]!]!;
      return keys;
    case 'date':
      numberKeys(column.ms, places, keys);
      if (column.nanos) {
        for (let i = 0; i < places.length; i += 1) fold(column.nanos[places[i]!]!, 0, keys, i * 2);
      }
      return keys;
    case 'uuid':
      foldRows(wordsOf(column.bytes), places, keys);
      return keys;
    case 'geo':
      foldRows(wordsOf(column.coordinates), places, keys);
      return keys;
    case 'reference':
      foldRows(wordsOf(column.bytes), places, keys);
      foldCollections(column, places, keys);
      return keys;
    case 'presence':
      return keys;
    default:
      return unreachable(column);
  }
}

/** A number's own bits, with one zero instead of two. */
function numberKeys(values: Float64Array, places: Uint32Array, keys: Uint32Array): void {
  const numbers = new Float64Array(keys.buffer);
  for (let i = 0; i < places.length; i += 1) numbers[i] = values[places[i]!]! + 0;
}

function copyPairs(pairs: Uint32Array, places: Uint32Array, keys: Uint32Array): void {
  for (let i = 0; i < places.length; i += 1) {
    const place = places[i]! * 2;
    keys[i * 2] = pairs[place]!;
    keys[i * 2 + 1] = pairs[place + 1]!;
  }
}

/** Rows of four words. */
function foldRows(words: Uint32Array, places: Uint32Array, keys: Uint32Array): void {
  for (let i = 0; i < places.length; i += 1) {
    const row = places[i]! * 4;
    keys[i * 2] = words[row]!;
    keys[i * 2 + 1] = words[row + 1]!;
    fold(words[row + 2]!, words[row + 3]!, keys, i * 2);
  }
}

/** The same collection may have another number in another segment: its name decides. */
function foldCollections(
  { collections, names }: ReferenceColumn,
  places: Uint32Array,
  keys: Uint32Array,
): void {
  const words = new Uint32Array(names.length * 2);
  for (const [number, name] of names.entries()) writeFingerprint(name, words, number * 2);
  for (let i = 0; i < places.length; i += 1) {
    const number = collections[places[i]!]! * 2;
    fold(words[number]!, words[number + 1]!, keys, i * 2);
  }
}

/** Adds two more words to a key. */
function fold(third: number, fourth: number, keys: Uint32Array, at: number): void {
  const a = Math.imul(third ^ Math.imul(fourth, 0x2c1b3c6d), 0x21f0aaad);
  const b = Math.imul(fourth ^ (a >>> 15), 0x735a2d97);
  keys[at] = keys[at]! ^ a ^ (b >>> 13);
  keys[at + 1] = keys[at + 1]! ^ b;
}

function wordsOf(array: Uint8Array | Float64Array): Uint32Array {
  const { buffer, byteOffset, byteLength } = array;
  if (byteOffset % 4 === 0) return new Uint32Array(buffer, byteOffset, byteLength >>> 2);
  return new Uint32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer);
}
