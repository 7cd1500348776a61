// A document as bytes. The log's records hold whole documents; a sealed segment keeps the stored part
// (times, properties, where pooled vectors came from) here and the vectors in their own sections. Layout:
// docs/FORMAT.md.

import { assert } from '../assert.ts';
import type { ByteReader, ByteWriter } from '../bytes.ts';
import {
  type Document,
  type PooledGroups,
  type Properties,
  tokenCount,
  type VectorValue,
} from '../document.ts';
import { readUuid, writeUuid } from '../uuid.ts';

const uuidScratch = new Uint8Array(16);

/** Appends a whole document: uuid, stored part, vectors. */
export function encodeDocument(document: Document, into: ByteWriter): void {
  encodeUuid(document.uuid, into);
  encodeStored(document, into);
  into.u32(document.vectors.size);
  for (const [name, vector] of document.vectors) {
    into.text(name);
    into.u8(vector.kind === 'multi' ? 1 : 0);
    into.u32(vector.dims);
    into.u32(tokenCount(vector));
    into.floats(vector.values);
  }
}

/** Reads what encodeDocument wrote; throws 'corrupt'. */
export function decodeDocument(from: ByteReader): Document {
  const uuid = decodeUuid(from);
  const stored = decodeStored(from);
  const vectors = new Map<string, VectorValue>();
  const count = from.u32();
  for (let index = 0; index < count; index += 1) {
    const name = from.text();
    const kind = from.u8() === 1 ? 'multi' : 'single';
    const dims = from.u32();
    const rows = from.u32();
    vectors.set(name, { kind, dims, values: from.floats(dims * rows) });
  }
  return { uuid, ...stored, vectors };
}

/** All but uuid and vectors. */
export type StoredPart = Omit<Document, 'uuid' | 'vectors'>;

/** Appends the stored part of a document. */
export function encodeStored(stored: StoredPart, into: ByteWriter): void {
  into.f64(stored.createdAt);
  into.f64(stored.updatedAt);
  into.text(JSON.stringify(stored.properties));
  into.u32(stored.pooled?.size ?? 0);
  for (const [name, groups] of stored.pooled ?? []) {
    into.text(name);
    encodeGroups(groups, into);
  }
}

/** Reads what encodeStored wrote; throws 'corrupt'. */
export function decodeStored(from: ByteReader): StoredPart {
  const createdAt = from.f64();
  const updatedAt = from.f64();
  const properties = decodeProperties(from);
  const count = from.u32();
  if (count === 0) return { createdAt, updatedAt, properties };
  const pooled = new Map<string, PooledGroups>();
  for (let index = 0; index < count; index += 1) pooled.set(from.text(), decodeGroups(from));
  return { createdAt, updatedAt, properties, pooled };
}

function decodeProperties(from: ByteReader): Properties {
  const text = from.text();
  try {
    return JSON.parse(text) as Properties;
  } catch (cause) {
    throw from.corrupt('properties in JSON', cause);
  }
}

/** Rows are numbers of two bytes where there can be no larger ones, which is nearly always. */
function encodeGroups(groups: PooledGroups, into: ByteWriter): void {
  into.u32(groups.length);
  const rows = groups.length <= 2 ** 16 ? Uint16Array.from(groups) : groups;
  into.raw(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
}

function decodeGroups(from: ByteReader): PooledGroups {
  const count = from.u32();
  const isShort = count <= 2 ** 16;
  const { buffer } = from.raw(count * (isShort ? 2 : 4)).slice();
  return isShort ? Uint32Array.from(new Uint16Array(buffer)) : new Uint32Array(buffer);
}

/** Appends the 16 bytes of a canonical uuid. */
export function encodeUuid(uuid: string, into: ByteWriter): void {
  assert(uuid.length === 36, 'a uuid inside the engine is in canonical form');
  writeUuid(uuid, uuidScratch, 0);
  into.raw(uuidScratch);
}

/** Reads 16 bytes as a uuid. */
export function decodeUuid(from: ByteReader): string {
  return readUuid(from.raw(16), 0);
}
