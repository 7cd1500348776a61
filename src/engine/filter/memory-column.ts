// One column of the memory segment: grows with every document, and gives itself out as a Column.

import { assert, unreachable } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import type { PropertyValue } from '../document.ts';
import { writeFingerprint } from '../fingerprint.ts';
import type { PropertyType } from '../schema.ts';
import { writeUuid } from '../uuid.ts';
import { type Column, columnKind } from './column.ts';
import { parseInstant } from './instant.ts';
import { writeTextStart } from './text-start.ts';

/**
 * Documents are added in ascending order; those without a value are left out. The values were checked
 * against the property's type when the object came in.
 */
export class MemoryColumn {
  readonly type: PropertyType;
  readonly #kind: Column['kind'];
  readonly #many: boolean;
  #present = new Uint32Array(2);
  /** Lengths; for array kinds the offsets of each document's elements. */
  #counts = new Uint32Array(0);
  /** Numbers, milliseconds, or coordinates. */
  #floats = new Float64Array(0);
  #nanos: Uint32Array<ArrayBuffer> | undefined;
  /** Booleans or uuids, those of references too. */
  #bytes = new Uint8Array(0);
  /** Of each reference the place of its collection among `#names`. */
  #collections = new Uint32Array(0);
  readonly #names: string[] = [];
  /** Of text and text[]. */
  #fingerprints = new Uint32Array(0);
  /** Of text. */
  #starts = new Uint32Array(0);
  /** Elements of array kinds, and of text[]. */
  #valueCount = 0;
  /** Documents up to here have their place in the arrays. */
  #documentCount = 0;

  constructor(type: PropertyType) {
    const { kind, many } = columnKind(type);
    this.type = type;
    this.#kind = kind;
    this.#many = many;
  }

  /** Memory that it holds. */
  get bytes(): number {
    const texts = [this.#fingerprints, this.#starts, this.#collections];
    const arrays = [this.#present, this.#counts, this.#floats, this.#bytes, ...texts];
    return arrays.reduce((sum, array) => sum + array.byteLength, this.#nanos?.byteLength ?? 0);
  }

  /** Adds the value of one document. */
  add(doc: number, value: Exclude<PropertyValue, null>): void {
    assert(doc >= this.#documentCount, 'documents are added in ascending order');
    this.#pad(doc);
    this.#present = grownWords(this.#present, (doc >>> 5) + 1);
    this.#present[doc >>> 5]! |= 1 << (doc & 31);
    if (this.#many) {
      assert(Array.isArray(value), `a ${this.type} is an array`);
      for (const element of value as readonly PropertyValue[]) {
        this.#put(this.#valueCount, element);
        this.#valueCount += 1;
      }
    } else {
      this.#put(doc, value);
    }
    this.#pad(doc + 1);
  }

  /** The column as it is now for a segment of `documentCount` documents. */
  view(documentCount: number): Column {
    this.#pad(documentCount);
    const words = (documentCount + 31) >>> 5;
    this.#present = grownWords(this.#present, words);
    const present = new Bitset(documentCount, this.#present.slice(0, words));
    const common = { type: this.type, present };
    const offsets = this.#many ? this.#counts : undefined;
    switch (this.#kind) {
      case 'presence':
        return { kind: 'presence', ...common };
      case 'length':
        return {
          ...{ kind: 'length', ...common, lengths: this.#counts },
          fingerprints: this.type === 'object[]' ? undefined : this.#fingerprints,
          starts: this.type === 'text' ? this.#starts : undefined,
        };
      case 'number':
        return { kind: 'number', ...common, offsets, values: this.#floats };
      case 'boolean':
        return { kind: 'boolean', ...common, offsets, values: this.#bytes };
      case 'date':
        return { kind: 'date', ...common, offsets, ms: this.#floats, nanos: this.#nanos };
      case 'uuid':
        return { kind: 'uuid', ...common, offsets, bytes: this.#bytes };
      case 'geo':
        return { kind: 'geo', ...common, coordinates: this.#floats };
      case 'reference': {
        const [bytes, collections] = [this.#bytes, this.#collections];
        const names = [...this.#names];
        return { kind: 'reference', ...common, offsets: this.#counts, bytes, collections, names };
      }
      default:
        return unreachable(this.#kind);
    }
  }

  /** Writes one value at its place: the document's, or the element's for array kinds. */
  #put(at: number, value: PropertyValue): void {
    switch (this.#kind) {
      case 'presence':
        return;
      case 'length':
        this.#counts = grownWords(this.#counts, at + 1);
        this.#counts[at] = lengthOf(value);
        if (this.type !== 'object[]') this.#putFingerprints(at, value);
        return;
      case 'number':
        assert(typeof value === 'number', `a value of ${this.type} is a number`);
        this.#floats = grownFloats(this.#floats, at + 1);
        this.#floats[at] = value;
        return;
      case 'boolean':
        assert(typeof value === 'boolean', `a value of ${this.type} is a boolean`);
        this.#bytes = grownBytes(this.#bytes, at + 1);
        this.#bytes[at] = value ? 1 : 0;
        return;
      case 'date':
        this.#putDate(at, value);
        return;
      case 'uuid':
        assert(typeof value === 'string', `a value of ${this.type} is a string`);
        this.#bytes = grownBytes(this.#bytes, (at + 1) * 16);
        writeUuid(value, this.#bytes, at * 16);
        return;
      case 'geo':
        this.#putCoordinates(at, value);
        return;
      case 'reference':
        this.#putReference(at, value);
        return;
      default:
        unreachable(this.#kind);
    }
  }

  /** Of a text at its document's place, of the elements of an array after those before. */
  #putFingerprints(doc: number, value: PropertyValue): void {
    if (typeof value === 'string') {
      this.#fingerprints = grownWords(this.#fingerprints, (doc + 1) * 2);
      writeFingerprint(value, this.#fingerprints, doc * 2);
      this.#starts = grownWords(this.#starts, (doc + 1) * 2);
      writeTextStart(value, this.#starts, doc * 2);
      return;
    }
    const elements = value as readonly PropertyValue[];
    this.#fingerprints = grownWords(this.#fingerprints, (this.#valueCount + elements.length) * 2);
    for (const element of elements) {
      assert(typeof element === 'string', `a value of ${this.type} has strings`);
      writeFingerprint(element, this.#fingerprints, this.#valueCount * 2);
      this.#valueCount += 1;
    }
  }

  #putDate(at: number, value: PropertyValue): void {
    const instant = typeof value === 'string' ? parseInstant(value) : undefined;
    assert(instant !== undefined, `a value of ${this.type} is an RFC 3339 string`);
    this.#floats = grownFloats(this.#floats, at + 1);
    this.#floats[at] = instant.ms;
    if (!this.#nanos && instant.nanos === 0) return;
    this.#nanos = grownWords(this.#nanos ?? new Uint32Array(0), this.#floats.length);
    this.#nanos[at] = instant.nanos;
  }

  #putReference(at: number, value: PropertyValue): void {
    const slash = typeof value === 'string' ? value.indexOf('/') : -1;
    assert(typeof value === 'string' && slash > 0, 'a reference is Collection/uuid');
    const name = value.slice(0, slash);
    let place = this.#names.indexOf(name);
    if (place < 0) place = this.#names.push(name) - 1;
    this.#collections = grownWords(this.#collections, at + 1);
    this.#collections[at] = place;
    this.#bytes = grownBytes(this.#bytes, (at + 1) * 16);
    writeUuid(value.slice(slash + 1), this.#bytes, at * 16);
  }

  #putCoordinates(at: number, value: PropertyValue): void {
    const { latitude, longitude } = value as { readonly [key: string]: PropertyValue };
    assert(
      typeof latitude === 'number' && typeof longitude === 'number',
      'geoCoordinates have a latitude and a longitude',
    );
    this.#floats = grownFloats(this.#floats, (at + 1) * 2);
    this.#floats[at * 2] = latitude;
    this.#floats[at * 2 + 1] = longitude;
  }

  /** Gives documents without a value theirs: no elements, length 0. Other kinds need room only. */
  #pad(documentCount: number): void {
    if (this.#many) {
      this.#counts = grownWords(this.#counts, documentCount + 1);
      this.#counts.fill(this.#valueCount, this.#documentCount + 1, documentCount + 1);
    } else if (this.#kind === 'length') {
      this.#counts = grownWords(this.#counts, documentCount);
      if (this.type === 'text') {
        this.#fingerprints = grownWords(this.#fingerprints, documentCount * 2);
        this.#starts = grownWords(this.#starts, documentCount * 2);
      }
    } else if (this.#kind === 'uuid') {
      this.#bytes = grownBytes(this.#bytes, documentCount * 16);
    } else if (this.#kind === 'boolean') {
      this.#bytes = grownBytes(this.#bytes, documentCount);
    } else if (this.#kind !== 'presence') {
      this.#floats = grownFloats(this.#floats, documentCount * (this.#kind === 'geo' ? 2 : 1));
    }
    if (this.#nanos) this.#nanos = grownWords(this.#nanos, this.#floats.length);
    this.#documentCount = Math.max(this.#documentCount, documentCount);
  }
}

/** Code points of a text, elements of an array. */
function lengthOf(value: PropertyValue): number {
  if (typeof value === 'string') {
    let count = value.length;
    for (let index = 1; index < value.length; index += 1) {
      // The second half of a surrogate pair is none of its own.
      const isSecond = (value.charCodeAt(index) & 0xfc00) === 0xdc00;
      if (isSecond && (value.charCodeAt(index - 1) & 0xfc00) === 0xd800) count -= 1;
    }
    return count;
  }
  assert(Array.isArray(value), 'what has a length is a text or an array');
  return value.length;
}

function grownWords(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint32Array(Math.max(length, array.length * 2));
  grown.set(array);
  return grown;
}

function grownFloats(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Float64Array(Math.max(length, array.length * 2));
  grown.set(array);
  return grown;
}

function grownBytes(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint8Array(Math.max(length, array.length * 2));
  grown.set(array);
  return grown;
}
