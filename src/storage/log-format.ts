// The bytes of a log file: a header, then groups. A group is what one write brought to the file, records
// of one or more appends, and is valid as a whole or not at all. Layout: docs/FORMAT.md, "Log".

import { crc32 } from 'node:zlib';
import { assert } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { ReadableFile } from './directory.ts';

/** The number of this format; another one means another module. */
const logFormat = 1;

export const fileHeaderBytes = 32;
const groupHeaderBytes = 28;
/** Before each record of a group. */
const recordHeaderBytes = 4;

const fileMagic = new TextEncoder().encode('TESSLOG\n');
const groupMagic = new TextEncoder().encode('TGRP');

/** Records up to this size are copied beside their neighbours, larger ones are written where they are. */
const copiedBytesMax = 4096;
/** What is read at once. Records are views of it. */
const windowBytes = 1 << 20;

/** What an append adds to the file, the group's header aside. */
export function framedBytes(records: readonly Uint8Array[]): number {
  return records.reduce((sum, record) => sum + recordHeaderBytes + record.length, 0);
}

/** The first bytes of a file whose records start at `first`. */
export function encodeFileHeader(first: number): Uint8Array {
  const bytes = new Uint8Array(fileHeaderBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(fileMagic);
  view.setUint32(8, logFormat, true);
  setNumber(view, 12, first);
  view.setUint32(28, crc32(bytes.subarray(0, 28)), true);
  return bytes;
}

/** Checks the header of the file that should start with record `first`; throws 'corrupt' or 'format-unknown'. */
export function checkFileHeader(file: ReadableFile, name: string, first: number): void {
  const bytes = new Uint8Array(fileHeaderBytes);
  const found = file.read(0, bytes);
  const view = new DataView(bytes.buffer);
  const corrupt = (offset: number, expected: string) =>
    new DatabaseError('corrupt', { file: name, offset, expected });
  if (found < fileHeaderBytes) {
    throw corrupt(found, `expected a header of ${fileHeaderBytes} bytes, found ${found}`);
  }
  if (!startsWith(bytes, fileMagic)) throw corrupt(0, 'expected the mark of a log file');
  if (view.getUint32(28, true) !== crc32(bytes.subarray(0, 28))) {
    throw corrupt(28, 'expected the checksum of the header');
  }
  const format = view.getUint32(8, true);
  if (format !== logFormat) {
    throw new DatabaseError('format-unknown', { file: name, seen: format, known: logFormat });
  }
  const starts = getNumber(view, 12);
  if (starts !== first) throw corrupt(12, `expected records from ${first}, found ${starts}`);
}

/** A group of records numbered from `first`, as parts to be written one after another. Copies no large record. */
export function encodeGroup(first: number, records: readonly Uint8Array[]): Uint8Array[] {
  const parts = joinSmall(records);
  const header = new Uint8Array(groupHeaderBytes);
  const view = new DataView(header.buffer);
  header.set(groupMagic);
  view.setUint32(4, framedBytes(records), true);
  setNumber(view, 8, first);
  view.setUint32(16, records.length, true);
  view.setUint32(
    20,
    parts.reduce((crc, part) => crc32(part, crc), 0),
    true,
  );
  view.setUint32(24, crc32(header.subarray(0, 24)), true);
  return [header, ...parts];
}

/** Lengths and small records in one buffer, interrupted by the large ones. */
function joinSmall(records: readonly Uint8Array[]): Uint8Array[] {
  let copied = 0;
  for (const { length } of records) {
    copied += recordHeaderBytes + (length <= copiedBytesMax ? length : 0);
  }
  const buffer = new Uint8Array(copied);
  const view = new DataView(buffer.buffer);
  const parts: Uint8Array[] = [];
  let start = 0;
  let offset = 0;
  for (const record of records) {
    view.setUint32(offset, record.length, true);
    offset += recordHeaderBytes;
    if (record.length <= copiedBytesMax) {
      buffer.set(record, offset);
      offset += record.length;
      continue;
    }
    parts.push(buffer.subarray(start, offset), record);
    start = offset;
  }
  if (offset > start) parts.push(buffer.subarray(start, offset));
  return parts;
}

/** What is at a position where a group should begin. */
export type Found =
  | {
      readonly kind: 'group';
      readonly records: readonly Uint8Array[];
      /** Number of the first record; of the next one to come when there is none. */
      readonly first: number;
      /** Where the next group begins. */
      readonly end: number;
    }
  | { readonly kind: 'end' }
  /** `expected` says what should have been at `offset`. */
  | { readonly kind: 'bad'; readonly offset: number; readonly expected: string };

/** Reads groups of one file, which it closes. Records handed out stay as they are. */
export class GroupReader {
  readonly #file: ReadableFile;
  /** Bytes beyond are as if they were not there. */
  readonly #end: number;
  #window = new Uint8Array(0);
  #windowStart = 0;

  constructor(file: ReadableFile, end: number) {
    this.#file = file;
    this.#end = Math.min(end, file.length);
  }

  /** The group at `offset`, which should begin with record `first`. */
  read(offset: number, first: number): Found {
    if (offset === this.#end) return { kind: 'end' };
    const header = this.#bytes(offset, groupHeaderBytes);
    const bad = (at: number, expected: string): Found => ({ kind: 'bad', offset: at, expected });
    if (header === undefined) return bad(offset, 'expected a whole group header');
    if (!startsWith(header, groupMagic)) return bad(offset, 'expected the mark of a group');
    const view = viewOf(header);
    if (view.getUint32(24, true) !== crc32(header.subarray(0, 24))) {
      return bad(offset + 24, 'expected the checksum of the group header');
    }
    const starts = getNumber(view, 8);
    if (starts !== first) return bad(offset + 8, `expected record ${first}, found ${starts}`);
    const bytes = view.getUint32(4, true);
    const count = view.getUint32(16, true);
    const crc = view.getUint32(20, true);
    const start = offset + groupHeaderBytes;
    const payload = this.#bytes(start, bytes);
    if (payload === undefined) {
      return bad(start, `expected ${bytes} bytes of records, found ${this.#end - start}`);
    }
    if (crc32(payload) !== crc) return bad(start, `expected records with checksum ${crc}`);
    const records = split(payload, count);
    if (records === undefined) return bad(start, `expected ${count} records in ${bytes} bytes`);
    return { kind: 'group', records, first, end: start + bytes };
  }

  /**
   * Whether a whole group that begins with record `first` or a later one lies anywhere after
   * `offset`: then what is bad before it is not the end of an interrupted write.
   */
  goodGroupAfter(offset: number, first: number): number | undefined {
    let from = offset + 1;
    for (;;) {
      const length = Math.min(windowBytes, this.#end - from);
      const bytes = length < groupHeaderBytes ? undefined : this.#bytes(from, length);
      if (bytes === undefined) return undefined;
      const at = Buffer.from(bytes.buffer, bytes.byteOffset, length).indexOf(groupMagic);
      if (at < 0) {
        from += length - groupMagic.length + 1;
        continue;
      }
      const header = this.#bytes(from + at, groupHeaderBytes);
      if (header === undefined) return undefined;
      const starts = getNumber(viewOf(header), 8);
      if (starts >= first && this.read(from + at, starts).kind === 'group') return from + at;
      from += at + 1;
    }
  }

  /** Fills `into` from `offset`. */
  copy(offset: number, into: Uint8Array): void {
    const found = this.#file.read(offset, into);
    assert(found === into.length, 'bytes that were read before are there');
  }

  close(): void {
    this.#file.close();
  }

  /** A view of the file's bytes; undefined when it ends before. */
  #bytes(offset: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    if (offset + length > this.#end) return undefined;
    const at = offset - this.#windowStart;
    if (at >= 0 && at + length <= this.#window.length) {
      return this.#window.subarray(at, at + length);
    }
    const size = Math.max(length, Math.min(windowBytes, this.#end - offset));
    const window = new Uint8Array(size);
    const found = this.#file.read(offset, window);
    this.#window = window.subarray(0, found);
    this.#windowStart = offset;
    return found < length ? undefined : window.subarray(0, length);
  }
}

/** The records of a group; undefined when their lengths don't fill it exactly. */
function split(payload: Uint8Array<ArrayBuffer>, count: number): Uint8Array[] | undefined {
  const view = viewOf(payload);
  const records: Uint8Array[] = [];
  let offset = 0;
  while (records.length < count) {
    const start = offset + recordHeaderBytes;
    if (start > payload.length) return undefined;
    const end = start + view.getUint32(offset, true);
    if (end > payload.length) return undefined;
    records.push(payload.subarray(start, end));
    offset = end;
  }
  return offset === payload.length ? records : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function startsWith(bytes: Uint8Array, mark: Uint8Array): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

/** Numbers below 2^53 in eight bytes. */
function setNumber(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % 0x1_0000_0000, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

function getNumber(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 0x1_0000_0000;
}
