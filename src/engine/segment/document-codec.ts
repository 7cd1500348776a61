// A document as bytes. The log's records hold whole documents; a sealed segment keeps the stored part
// (times and properties) here and the vectors in their own sections. Layout: docs/FORMAT.md.

import { assert } from '../assert.ts';
import type { ByteReader, ByteWriter } from '../bytes.ts';
import { type Document, type Properties, tokenCount, type VectorValue } from '../document.ts';
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

/** Times and properties, without uuid and vectors. */
export interface StoredPart {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: Properties;
}

/** Appends the stored part of a document. */
export function encodeStored(stored: StoredPart, into: ByteWriter): void {
  into.f64(stored.createdAt);
  into.f64(stored.updatedAt);
  into.text(JSON.stringify(stored.properties));
}

/** Reads what encodeStored wrote; throws 'corrupt'. */
export function decodeStored(from: ByteReader): StoredPart {
  const createdAt = from.f64();
  const updatedAt = from.f64();
  const text = from.text();
  try {
    return { createdAt, updatedAt, properties: JSON.parse(text) as Properties };
  } catch (cause) {
    throw from.corrupt('properties in JSON', cause);
  }
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
