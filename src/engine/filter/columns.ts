// What filters and aggregates read of a segment besides text: one column per property, and the times of
// the objects.
// MemoryColumns fills them, encodeColumns makes their bytes, openColumns reads those. A filter scans a
// whole column, so a column becomes resident when it is first asked for. Layout: docs/format/columns.md.

import { assert, unreachable } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import type { Document } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { type CollectionSchema, type PropertyType, propertyTypes } from '../schema.ts';
import type { Section, SectionReader, SectionSource } from '../segment/sections.ts';
import { type Column, columnKind, type LengthColumn, type ReferenceColumn } from './column.ts';
import { MemoryColumn } from './memory-column.ts';

/** The columns of one segment. */
export interface Columns {
  readonly documentCount: number;
  /** Milliseconds since 1970 of each document; may be longer than the segment has documents. */
  readonly createdAt: Float64Array;
  readonly updatedAt: Float64Array;
  /** Properties that have a column, in ascending order. */
  readonly names: readonly string[];
  /** Undefined when no document of the segment has a value there. Throws DatabaseError 'corrupt'. */
  column(name: string): Column | undefined;
}

/** The columns of the memory segment. */
export class MemoryColumns implements Columns {
  #documentCount = 0;
  #createdAt = new Float64Array(64);
  #updatedAt = new Float64Array(64);
  readonly #columns = new Map<string, MemoryColumn>();

  get documentCount(): number {
    return this.#documentCount;
  }

  get createdAt(): Float64Array {
    return this.#createdAt;
  }

  get updatedAt(): Float64Array {
    return this.#updatedAt;
  }

  get names(): readonly string[] {
    return Array.from(this.#columns.keys()).sort();
  }

  /** Memory that the columns hold. */
  get bytes(): number {
    let bytes = this.#createdAt.byteLength + this.#updatedAt.byteLength;
    for (const column of this.#columns.values()) bytes += column.bytes;
    return bytes;
  }

  /**
   * Adds the next document: `doc` is the count of those before. Its values were checked against the
   * schema; the schema may have gained properties since the last document.
   */
  add(
    doc: number,
    document: Pick<Document, 'createdAt' | 'updatedAt' | 'properties'>,
    schema: Pick<CollectionSchema, 'properties'>,
  ): void {
    assert(doc === this.#documentCount, 'every document gets its columns, in order');
    if (doc === this.#createdAt.length) {
      this.#createdAt = doubled(this.#createdAt);
      this.#updatedAt = doubled(this.#updatedAt);
    }
    this.#createdAt[doc] = document.createdAt;
    this.#updatedAt[doc] = document.updatedAt;
    this.#documentCount += 1;
    for (const { name, type } of schema.properties) {
      // A property may be called `constructor`: what the prototype has there is no value.
      if (!Object.hasOwn(document.properties, name)) continue;
      const value = document.properties[name];
      if (value === undefined || value === null) continue;
      let column = this.#columns.get(name);
      if (!column) {
        column = new MemoryColumn(type);
        this.#columns.set(name, column);
      }
      column.add(doc, value);
    }
  }

  column(name: string): Column | undefined {
    return this.#columns.get(name)?.view(this.#documentCount);
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
}

/**
 * The sections of a sealed segment whose document i is document `order[i]` of `columns`; others are
 * left out, and so are columns without any value.
 */
export function encodeColumns(columns: Columns, order: Uint32Array): Section[] {
  const times = new Float64Array(order.length * 2);
  for (let place = 0; place < order.length; place += 1) {
    times[place] = columns.createdAt[order[place]!]!;
    times[order.length + place] = columns.updatedAt[order[place]!]!;
  }
  const entries: Entry[] = [];
  const sections: Section[] = [];
  for (const name of columns.names) {
    const column = columns.column(name);
    assert(column !== undefined, 'every name has its column');
    const { entry, parts } = encodeColumn(name, column, order);
    if (!entry) continue;
    sections.push({ name: `columns.${entries.length}`, parts });
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
  return [
    { name: 'columns.directory', parts: [directory.finish()] },
    { name: 'columns.times', parts: [bytesOf(times)] },
    ...sections,
  ];
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

/** Adds the fingerprints of a text column; `valueCount` counts those of text[], which has no offsets. */
function encodeFingerprints(
  { entry, parts }: EncodedColumn,
  { lengths, fingerprints }: LengthColumn,
  order: Uint32Array,
): EncodedColumn {
  if (!fingerprints) return { entry, parts };
  const from = entry.type === 'text' ? order : elementsInOrder(startsOf(lengths), order);
  parts.push(rowsInOrder(bytesOf(fingerprints), from, 8));
  return { entry: { ...entry, valueCount: from.length }, parts };
}

/** Offsets of elements from how many each document has. */
export function startsOf(lengths: Uint32Array): Uint32Array<ArrayBuffer> {
  const offsets = new Uint32Array(lengths.length + 1);
  for (let doc = 0; doc < lengths.length; doc += 1)
    offsets[doc + 1] = offsets[doc]! + lengths[doc]!;
  return offsets;
}

function offsetsInOrder(offsets: Uint32Array, order: Uint32Array): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(order.length + 1);
  for (let place = 0; place < order.length; place += 1) {
    const doc = order[place]!;
    result[place + 1] = result[place]! + offsets[doc + 1]! - offsets[doc]!;
  }
  return result;
}

/** Old positions of the elements, document after document in the new order. */
function elementsInOrder(offsets: Uint32Array, order: Uint32Array): Uint32Array<ArrayBuffer> {
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

function bytesOf(array: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Opens what encodeColumns made. Throws DatabaseError 'corrupt', here or on the first use of a column. */
export function openColumns(source: SectionSource, documentCount: number): Columns {
  return new SealedColumns(source, documentCount);
}

class SealedColumns implements Columns {
  readonly documentCount: number;
  readonly createdAt: Float64Array;
  readonly updatedAt: Float64Array;
  readonly names: readonly string[];
  readonly #source: SectionSource;
  readonly #entries = new Map<string, { readonly entry: Entry; readonly section: string }>();
  readonly #opened = new Map<string, Column>();

  constructor(source: SectionSource, documentCount: number) {
    this.documentCount = documentCount;
    this.#source = source;
    for (const [index, entry] of readDirectory(source, documentCount).entries()) {
      this.#entries.set(entry.name, { entry, section: `columns.${index}` });
    }
    this.names = Array.from(this.#entries.keys());
    const times = new PartReader(source, 'columns.times');
    this.createdAt = times.floats(documentCount);
    this.updatedAt = times.floats(documentCount);
    times.end();
  }

  column(name: string): Column | undefined {
    const opened = this.#opened.get(name);
    if (opened) return opened;
    const found = this.#entries.get(name);
    if (!found) return undefined;
    const parts = new PartReader(this.#source, found.section);
    const column = readColumn(parts, found.entry, this.documentCount);
    parts.end();
    this.#opened.set(name, column);
    return column;
  }
}

function readDirectory(source: SectionSource, documentCount: number): Entry[] {
  const section = 'columns.directory';
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
  return { kind: 'length', ...common, lengths, fingerprints };
}

/** Reads the arrays of a section one after another; each is a copy of its own, so alignment is no matter. */
class PartReader {
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
