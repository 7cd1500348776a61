// The container that sections of a segment are kept in: header, sections, table, footer. Opening finds
// truncation and a damaged table; damage inside sections is found when one is read as a whole, or by
// verify(). Layout: docs/FORMAT.md, "Container".

import { crc32 } from 'node:zlib';
import { assert } from '../engine/assert.ts';
import { ByteReader, ByteWriter } from '../engine/bytes.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Section, SectionReader, SectionSource } from '../engine/segment/sections.ts';
import type { ObjectStore, RandomAccess } from './object-store.ts';

/** The number of this format; another one means another module. */
const containerFormat = 1;

/** What is in the container; more kinds get more numbers. */
const segmentKind = 1;

const headerBytes = 64;
const footerBytes = 40;
const alignment = 64;
/** Bytes checked in one go before others get their turn. */
const verifyBytes = 4 * 1024 * 1024;

const headerMagic = new TextEncoder().encode('TESSERA\n');
const footerMagic = new TextEncoder().encode('\narESSET');

/** A row of the table. */
interface Row {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

/**
 * Writes the sections as one file while they are made, atomically and durably, replacing an older one
 * of that key (what a flush left that a crash cut short); resolves with its length in bytes. What
 * making a section throws rejects, and nothing is stored.
 */
export async function writeSegment(
  store: ObjectStore,
  key: string,
  sections: Iterable<Section>,
): Promise<number> {
  let total = 0;
  const counted = function* (): Generator<Uint8Array> {
    for (const part of encodeContainer(sections)) {
      total += part.length;
      yield part;
    }
  };
  await store.put(key, counted(), { kind: 'always' });
  return total;
}

/** The bytes of a container, section after section. */
function* encodeContainer(sections: Iterable<Section>): Generator<Uint8Array> {
  yield encodeHeader();
  const rows: Row[] = [];
  let offset = headerBytes;
  for (const { name, parts } of sections) {
    assert(!rows.some((row) => row.name === name), `sections have different names: ${name}`);
    let length = 0;
    let crc = 0;
    for (const part of parts) {
      length += part.length;
      crc = crc32(part, crc);
      yield part;
    }
    rows.push({ name, offset, length, crc });
    yield new Uint8Array(padding(length));
    offset += length + padding(length);
  }
  const table = encodeTable(rows);
  yield table;
  yield encodeFooter(offset, table, offset + table.length + footerBytes);
}

/**
 * Opens a file of writeSegment and checks header, footer and table. A missing, damaged or cut file
 * is 'corrupt', another format 'format-unknown'; both name the key.
 */
export async function openSegment(store: ObjectStore, key: string): Promise<SegmentFile> {
  const access = await store.open(key);
  if (access === undefined) throw corrupt(key, 0, 'expected a segment, found no such object');
  try {
    return new SegmentFile(key, access, readTable(key, access));
  } catch (error) {
    access.close();
    throw error;
  }
}

/** An open segment file. Reads wait for the disk, not for a promise. */
export class SegmentFile implements SectionSource {
  readonly key: string;
  readonly names: readonly string[];
  readonly #access: RandomAccess;
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #readers = new Map<string, FileSection>();

  /** @internal Made by openSegment, which has checked the rows. */
  constructor(key: string, access: RandomAccess, rows: readonly Row[]) {
    this.key = key;
    this.names = rows.map((row) => row.name);
    this.#access = access;
    this.#rows = new Map(rows.map((row) => [row.name, row]));
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#access.length;
  }

  section(name: string): SectionReader | undefined {
    const row = this.#rows.get(name);
    if (row === undefined) return undefined;
    const reader = this.#readers.get(name) ?? new FileSection(this.key, this.#access, row);
    this.#readers.set(name, reader);
    return reader;
  }

  /** Reads everything and compares every checksum; throws 'corrupt' at the first difference. */
  async verify(): Promise<void> {
    readTable(this.key, this.#access);
    const buffer = new Uint8Array(verifyBytes);
    for (const row of this.#rows.values()) {
      let crc = 0;
      for (let done = 0; done < row.length; done += buffer.length) {
        const piece = buffer.subarray(0, Math.min(buffer.length, row.length - done));
        this.#access.read(row.offset + done, piece);
        crc = crc32(piece, crc);
        await new Promise((resolve) => setImmediate(resolve));
      }
      compare(this.key, row, crc);
      const rest = buffer.subarray(0, padding(row.length));
      this.#access.read(row.offset + row.length, rest);
      const stray = rest.findIndex((byte) => byte !== 0);
      if (stray < 0) continue;
      throw corrupt(this.key, row.offset + row.length + stray, 'expected zeros between sections');
    }
  }

  /** Further reads throw; closing twice is allowed. */
  close(): void {
    this.#access.close();
  }
}

class FileSection implements SectionReader {
  readonly length: number;
  readonly #key: string;
  readonly #access: RandomAccess;
  readonly #row: Row;
  #checked = false;

  constructor(key: string, access: RandomAccess, row: Row) {
    this.length = row.length;
    this.#key = key;
    this.#access = access;
    this.#row = row;
  }

  bytes(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.#inside(offset, length);
    const bytes = new Uint8Array(length);
    this.read(offset, bytes);
    return bytes;
  }

  read(offset: number, into: Uint8Array): void {
    this.#inside(offset, into.length);
    this.#access.read(this.#row.offset + offset, into);
    if (this.#checked || into.length < this.length) return;
    compare(this.#key, this.#row, crc32(into));
    this.#checked = true;
  }

  #inside(offset: number, length: number): void {
    const inside = offset >= 0 && length >= 0 && offset + length <= this.length;
    if (inside) return;
    const wanted = `bytes ${offset} to ${offset + length}`;
    assert(inside, `${wanted} lie inside section ${this.#row.name} of ${this.length} bytes`);
  }
}

function compare(key: string, row: Row, crc: number): void {
  if (crc === row.crc) return;
  throw corrupt(
    key,
    row.offset,
    `expected section ${row.name} with checksum ${row.crc}, found ${crc}`,
  );
}

function encodeHeader(): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(headerMagic);
  view.setUint32(8, containerFormat, true);
  view.setUint32(12, segmentKind, true);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

function encodeTable(rows: readonly Row[]): Uint8Array {
  const into = new ByteWriter();
  into.u32(rows.length);
  for (const row of rows) {
    into.text(row.name);
    into.f64(row.offset);
    into.f64(row.length);
    into.u32(row.crc);
  }
  return into.finish();
}

function encodeFooter(tableOffset: number, table: Uint8Array, total: number): Uint8Array {
  const into = new ByteWriter(footerBytes);
  into.f64(tableOffset);
  into.u32(table.length);
  into.u32(crc32(table));
  into.f64(total);
  into.u32(0);
  into.u32(crc32(into.finish()));
  into.raw(footerMagic);
  return into.finish();
}

/** The checked table of a container. */
function readTable(key: string, access: RandomAccess): readonly Row[] {
  if (access.length < headerBytes + footerBytes) {
    const least = headerBytes + footerBytes;
    throw corrupt(key, access.length, `expected at least ${least} bytes, found ${access.length}`);
  }
  checkHeader(key, readBytes(access, 0, headerBytes));
  const start = access.length - footerBytes;
  const footer = readBytes(access, start, footerBytes);
  if (!footerMagic.every((byte, index) => footer[32 + index] === byte)) {
    throw corrupt(key, start + 32, 'expected the mark of the footer: the file was cut or damaged');
  }
  const view = new DataView(footer.buffer);
  if (view.getUint32(28, true) !== crc32(footer.subarray(0, 28))) {
    throw corrupt(key, start + 28, 'expected the checksum of the footer');
  }
  const total = view.getFloat64(16, true);
  if (total !== access.length) {
    throw corrupt(key, start + 16, `expected ${total} bytes in all, found ${access.length}`);
  }
  const tableOffset = view.getFloat64(0, true);
  const tableBytes = view.getUint32(8, true);
  if (tableOffset < headerBytes || tableOffset + tableBytes !== start) {
    throw corrupt(
      key,
      start,
      `expected the table to end here, it ends at ${tableOffset + tableBytes}`,
    );
  }
  const table = readBytes(access, tableOffset, tableBytes);
  if (view.getUint32(12, true) !== crc32(table)) {
    throw corrupt(key, tableOffset, 'expected the checksum of the table');
  }
  return decodeTable(key, table, tableOffset);
}

function checkHeader(key: string, header: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(header.buffer);
  if (!headerMagic.every((byte, index) => header[index] === byte)) {
    throw corrupt(key, 0, 'expected the mark of a container');
  }
  if (view.getUint32(60, true) !== crc32(header.subarray(0, 60))) {
    throw corrupt(key, 60, 'expected the checksum of the header');
  }
  const format = view.getUint32(8, true);
  if (format !== containerFormat) {
    throw new DatabaseError('format-unknown', { file: key, seen: format, known: containerFormat });
  }
  const kind = view.getUint32(12, true);
  if (kind !== segmentKind) throw corrupt(key, 12, `expected kind ${segmentKind}, found ${kind}`);
}

/** Sections follow each other from the header to the table, each at the next multiple of 64. */
function decodeTable(key: string, table: Uint8Array, tableOffset: number): readonly Row[] {
  const from = new ByteReader(table, key);
  const rows: Row[] = [];
  const names = new Set<string>();
  let end = headerBytes;
  for (let left = from.u32(); left > 0; left -= 1) {
    const row = { name: from.text(), offset: from.f64(), length: from.f64(), crc: from.u32() };
    const at = tableOffset + from.offset;
    if (row.offset !== end || !Number.isSafeInteger(row.length) || row.length < 0) {
      throw corrupt(key, at, `expected section ${row.name} at ${end}, found ${row.offset}`);
    }
    if (names.has(row.name)) throw corrupt(key, at, `expected one section ${row.name}, found two`);
    names.add(row.name);
    rows.push(row);
    end = row.offset + row.length + padding(row.length);
  }
  if (end === tableOffset && from.remaining === 0) return rows;
  throw corrupt(key, tableOffset, `expected the table at ${end}, found it at ${tableOffset}`);
}

function readBytes(access: RandomAccess, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  access.read(offset, bytes);
  return bytes;
}

function padding(length: number): number {
  return (alignment - (length % alignment)) % alignment;
}

function corrupt(file: string, offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file, offset, expected });
}
