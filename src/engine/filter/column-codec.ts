// Typed columns as sections of a segment file, and read from there one at a time. Layout:
// docs/format/columns.md. Documents here are whatever the columns describe: the documents of a segment,
// or the elements of their objects.

import { assert, unreachable } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import { DatabaseError } from '../errors.ts';
import { type PropertyType, propertyTypes } from '../schema.ts';
import type { Section, SectionReader, SectionSource } from '../segment/sections.ts';
import { type Column, columnKind, type LengthColumn, type ReferenceColumn } from './column.ts';

/** Columns by the names of their properties. */
export interface Fields {
  /** Properties that have a column, in ascending order. */
  readonly names: readonly string[];
  /** Undefined when no document of the segment has a value there. Throws DatabaseError 'corrupt'. */
  column(name: string): Column | undefined;
}

/**
 * The sections `prefix.directory`, `prefix.0` … of columns whose document i is document `order[i]` of
 * `fields`; others are left out, and so are columns without any value.
 */
export function encodeFields(prefix: string, fields: Fields, order: Uint32Array): Section[] {
  const entries: Entry[] = [];
  const sections: Section[] = [];
  for (const name of fields.names) {
    const column = fields.column(name);
    assert(column !== undefined, 'every name has its column');
    const { entry, parts } = encodeColumn(name, column, order);
    if (!entry) continue;
    sections.push({ name: `${prefix}.${entries.length}`, parts });
    entries.push(entry);
  }
  const directory = new ByteWriter();
  directory.u32(order.length);
  directory.u32(entries.length);
  for (const entry of entries) {
    directory.text(entry.name);
    directory.text(entry.type);
    directory.u32(entry.valueCount);
    directory.u8(entry.nanos ? 1 : 0);
  }
  return [{ name: `${prefix}.directory`, parts: [directory.finish()] }, ...sections];
}

/** What the directory says of a column. */
interface Entry {
  readonly name: string;
  readonly type: PropertyType;
  /** Values in its arrays: elements for array kinds, else one for each document. */
  readonly valueCount: number;
  /** Dates with parts of a millisecond. */
  readonly nanos: boolean;
}

function encodeColumn(
  name: string,
  column: Column,
  order: Uint32Array,
): { readonly entry: Entry | undefined; readonly parts: readonly Uint8Array[] } {
  const present = Bitset.of(order.length);
  for (let place = 0; place < order.length; place += 1) {
    if (column.present.has(order[place]!)) present.set(place);
  }
  if (present.count() === 0) return { entry: undefined, parts: [] };
  const parts: Uint8Array[] = [bytesOf(present.words)];
  const offsets = 'offsets' in column ? column.offsets : undefined;
  const from = offsets ? elementsInOrder(offsets, order) : order;
  if (offsets) parts.push(bytesOf(offsetsInOrder(offsets, order)));
  const entry = { name, type: column.type, valueCount: from.length, nanos: false };
  switch (column.kind) {
    case 'presence':
      break;
    case 'length':
      parts.push(bytesOf(from.map((at) => column.lengths[at]!)));
      return encodeFingerprints({ entry, parts }, column, order);
    case 'number':
      parts.push(bytesOf(Float64Array.from(from, (at) => column.values[at]!)));
      break;
    case 'boolean':
      parts.push(Uint8Array.from(from, (at) => column.values[at]!));
      break;
    case 'date': {
      parts.push(bytesOf(Float64Array.from(from, (at) => column.ms[at]!)));
      const nanos = from.map((at) => column.nanos?.[at] ?? 0);
      if (!nanos.some((value) => value !== 0)) break;
      parts.push(bytesOf(nanos));
      return { entry: { ...entry, nanos: true }, parts };
    }
    case 'uuid':
      parts.push(rowsInOrder(column.bytes, from, 16));
      break;
    case 'geo':
      parts.push(rowsInOrder(bytesOf(column.coordinates), from, 16));
      break;
    case 'reference':
      parts.push(rowsInOrder(column.bytes, from, 16));
      parts.push(bytesOf(from.map((at) => column.collections[at]!)));
      parts.push(namesToBytes(column.names));
      break;
    default:
      unreachable(column);
  }
  return { entry, parts };
}

type EncodedColumn = { readonly entry: Entry; readonly parts: Uint8Array[] };

/** Adds the fingerprints of a text column and how its texts begin; `valueCount` counts those of text[], which has no offsets. */
function encodeFingerprints(
  { entry, parts }: EncodedColumn,
  { lengths, fingerprints, starts }: LengthColumn,
  order: Uint32Array,
): EncodedColumn {
  if (!fingerprints) return { entry, parts };
  const from = entry.type === 'text' ? order : elementsInOrder(startsOf(lengths), order);
  parts.push(rowsInOrder(bytesOf(fingerprints), from, 8));
  if (starts) parts.push(rowsInOrder(bytesOf(starts), order, 8));
  return { entry: { ...entry, valueCount: from.length }, parts };
}

/** Offsets of elements from how many each document has. */
export function startsOf(lengths: Uint32Array): Uint32Array<ArrayBuffer> {
  const offsets = new Uint32Array(lengths.length + 1);
  for (let doc = 0; doc < lengths.length; doc += 1)
    offsets[doc + 1] = offsets[doc]! + lengths[doc]!;
  return offsets;
}

/** Offsets of the documents of `order`, their elements one after another. */
export function offsetsInOrder(offsets: Uint32Array, order: Uint32Array): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(order.length + 1);
  for (let place = 0; place < order.length; place += 1) {
    const doc = order[place]!;
    result[place + 1] = result[place]! + offsets[doc + 1]! - offsets[doc]!;
  }
  return result;
}

/** Old positions of the elements, document after document in the new order. */
export function elementsInOrder(
  offsets: Uint32Array,
  order: Uint32Array,
): Uint32Array<ArrayBuffer> {
  const elements: number[] = [];
  for (const doc of order) {
    for (let at = offsets[doc]!; at < offsets[doc + 1]!; at += 1) elements.push(at);
  }
  return Uint32Array.from(elements);
}

function rowsInOrder(bytes: Uint8Array, from: Uint32Array, rowBytes: number): Uint8Array {
  const result = new Uint8Array(from.length * rowBytes);
  for (let place = 0; place < from.length; place += 1) {
    const start = from[place]! * rowBytes;
    result.set(bytes.subarray(start, start + rowBytes), place * rowBytes);
  }
  return result;
}

function namesToBytes(names: readonly string[]): Uint8Array {
  const writer = new ByteWriter();
  writer.u32(names.length);
  for (const name of names) writer.text(name);
  return writer.finish();
}

/** The same memory as bytes. */
export function bytesOf(array: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** What encodeFields made; a column becomes resident when it is first asked for. */
export class SealedFields implements Fields {
  readonly names: readonly string[];
  readonly #documentCount: number;
  readonly #source: SectionSource;
  readonly #entries = new Map<string, { readonly entry: Entry; readonly section: string }>();
  readonly #opened = new Map<string, Column>();

  /** Throws DatabaseError 'corrupt' when the directory is not one of `documentCount` documents. */
  constructor(prefix: string, source: SectionSource, documentCount: number) {
    this.#documentCount = documentCount;
    this.#source = source;
    for (const [index, entry] of readDirectory(prefix, source, documentCount).entries()) {
      this.#entries.set(entry.name, { entry, section: `${prefix}.${index}` });
    }
    this.names = Array.from(this.#entries.keys());
  }

  column(name: string): Column | undefined {
    const opened = this.#opened.get(name);
    if (opened) return opened;
    const found = this.#entries.get(name);
    if (!found) return undefined;
    const parts = new PartReader(this.#source, found.section);
    const column = readColumn(parts, found.entry, this.#documentCount);
    parts.end();
    this.#opened.set(name, column);
    return column;
  }
}

function readDirectory(prefix: string, source: SectionSource, documentCount: number): Entry[] {
  const section = `${prefix}.directory`;
  const parts = new PartReader(source, section);
  const reader = new ByteReader(parts.rest(), section);
  if (reader.u32() !== documentCount) throw reader.corrupt(`columns of ${documentCount} documents`);
  const entries: Entry[] = [];
  const count = reader.u32();
  for (let index = 0; index < count; index += 1) {
    const name = reader.text();
    const seen = reader.text();
    const type = propertyTypes.find((known) => known === seen);
    if (!type) throw reader.corrupt(`a property type, found ${seen}`);
    entries.push({ name, type, valueCount: reader.u32(), nanos: reader.u8() === 1 });
  }
  return entries;
}

function readColumn(parts: PartReader, entry: Entry, documentCount: number): Column {
  const { kind, many } = columnKind(entry.type);
  const present = new Bitset(documentCount, parts.words((documentCount + 31) >>> 5));
  const common = { type: entry.type, present };
  const count = entry.valueCount;
  const offsets = many ? parts.offsets(documentCount, count) : undefined;
  switch (kind) {
    case 'presence':
      return { kind, ...common };
    case 'length':
      return readLengths(parts, common, { documentCount, valueCount: count });
    case 'number':
      return { kind, ...common, offsets, values: parts.floats(count) };
    case 'boolean':
      return { kind, ...common, offsets, values: parts.bytes(count) };
    case 'date': {
      const ms = parts.floats(count);
      return { kind, ...common, offsets, ms, nanos: entry.nanos ? parts.words(count) : undefined };
    }
    case 'uuid':
      return { kind, ...common, offsets, bytes: parts.bytes(count * 16) };
    case 'geo':
      return { kind, ...common, coordinates: parts.floats(count * 2) };
    case 'reference':
      assert(offsets !== undefined, 'an object refers to any number of others');
      return { kind, ...common, offsets, ...readReferences(parts, count) };
    default:
      return unreachable(kind);
  }
}

function readReferences(
  parts: PartReader,
  count: number,
): Pick<ReferenceColumn, 'bytes' | 'collections' | 'names'> {
  const bytes = parts.bytes(count * 16);
  const collections = parts.words(count);
  const names = parts.names();
  parts.expectBelow(collections, names.length);
  return { bytes, collections, names };
}

function readLengths(
  parts: PartReader,
  common: { readonly type: PropertyType; readonly present: Bitset },
  { documentCount, valueCount }: { readonly documentCount: number; readonly valueCount: number },
): LengthColumn {
  const lengths = parts.words(documentCount);
  const { type } = common;
  if (type === 'text[]') parts.expectSum(lengths, valueCount);
  const fingerprints = type === 'object[]' ? undefined : parts.words(valueCount * 2);
  const starts = type === 'text' ? parts.words(documentCount * 2) : undefined;
  return { kind: 'length', ...common, lengths, fingerprints, starts };
}

/** Reads the arrays of a section one after another; each is a copy of its own, so alignment is no matter. */
export class PartReader {
  readonly #section: string;
  readonly #reader: SectionReader;
  #offset = 0;

  constructor(source: SectionSource, section: string) {
    const reader = source.section(section);
    this.#section = section;
    if (!reader) throw this.#corrupt('the section');
    this.#reader = reader;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const { length: end } = this.#reader;
    if (this.#offset + length > end) throw this.#corrupt(`${length} more bytes of ${end}`);
    const bytes = this.#reader.bytes(this.#offset, length);
    this.#offset += length;
    return bytes;
  }

  words(count: number): Uint32Array<ArrayBuffer> {
    const bytes = this.bytes(count * 4);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  }

  floats(count: number): Float64Array<ArrayBuffer> {
    const bytes = this.bytes(count * 8);
    return new Float64Array(bytes.buffer, bytes.byteOffset, count);
  }

  /** Ascending offsets that end with `valueCount`. */
  offsets(documentCount: number, valueCount: number): Uint32Array<ArrayBuffer> {
    const offsets = this.words(documentCount + 1);
    let ascending = offsets[0] === 0;
    for (let doc = 0; doc < documentCount; doc += 1) {
      if (offsets[doc]! > offsets[doc + 1]!) ascending = false;
    }
    if (!ascending || offsets[documentCount] !== valueCount) {
      throw this.#corrupt(`offsets that ascend from 0 to ${valueCount}`);
    }
    return offsets;
  }

  /** Counts that were read must add up to it. */
  expectSum(counts: Uint32Array, sum: number): void {
    let seen = 0;
    for (let index = 0; index < counts.length; index += 1) seen += counts[index]!;
    if (seen !== sum) throw this.#corrupt(`counts that add up to ${sum}`);
  }

  /** Places that were read must lie in a list of `count`. */
  expectBelow(places: Uint32Array, count: number): void {
    if (!places.every((place) => place < count)) throw this.#corrupt(`places below ${count}`);
  }

  /** The names at the end of a section: how many, then each with its length before it. */
  names(): readonly string[] {
    const reader = new ByteReader(this.rest(), `section ${this.#section}`);
    const names = Array.from({ length: reader.u32() }, () => reader.text());
    if (reader.remaining > 0) throw reader.corrupt('the end of the section');
    return names;
  }

  rest(): Uint8Array {
    return this.bytes(this.#reader.length - this.#offset);
  }

  /** Everything must have been read. */
  end(): void {
    if (this.#offset !== this.#reader.length) throw this.#corrupt('the end of the section');
  }

  #corrupt(expected: string): DatabaseError {
    const params = { file: `section ${this.#section}`, offset: this.#offset, expected };
    return new DatabaseError('corrupt', params);
  }
}
