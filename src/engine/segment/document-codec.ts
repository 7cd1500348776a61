// A document as bytes. The log's records hold whole documents; a sealed segment keeps the stored part
// (times, properties, where token vectors came from) here and the vectors in their own sections. Layout:
// docs/FORMAT.md.

import { assert } from '../assert.ts';
import type { ByteReader, ByteWriter } from '../bytes.ts';
import {
  type Document,
  type PooledGroups,
  type Properties,
  type TokenPlaces,
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
  for (const named of [stored.places, stored.words]) {
    into.u32(named?.size ?? 0);
    for (const [name, places] of named ?? []) {
      into.text(name);
      encodePlaces(places, into);
    }
  }
}

/** Reads what encodeStored wrote; throws 'corrupt'. */
export function decodeStored(from: ByteReader): StoredPart {
  const createdAt = from.f64();
  const updatedAt = from.f64();
  const properties = decodeProperties(from);
  const pooled = decodeNamed(from, decodeGroups);
  const places = decodeNamed(from, decodePlaces);
  const words = decodeNamed(from, decodePlaces);
  return {
    ...{ createdAt, updatedAt, properties },
    ...(pooled.size === 0 ? {} : { pooled }),
    ...(places.size === 0 ? {} : { places }),
    ...(words.size === 0 ? {} : { words }),
  };
}

function decodeNamed<T>(from: ByteReader, decode: (from: ByteReader) => T): Map<string, T> {
  const named = new Map<string, T>();
  const count = from.u32();
  for (let index = 0; index < count; index += 1) named.set(from.text(), decode(from));
  return named;
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

/** What a record of places has, as one number: the sum of its parts. */
const placeParts = { boxes: 1, spans: 2, wideSpans: 4, text: 8, page: 16 } as const;
const everyPart = 31;

/** Offsets into a text are numbers of two bytes where none is larger, which is nearly always. */
function encodePlaces({ boxes, spans, text, page }: TokenPlaces, into: ByteWriter): void {
  assert(boxes || spans, 'places have boxes or spans');
  const wideSpans = spans?.some((offset) => offset >= 2 ** 16) ?? false;
  const has = { boxes, spans, wideSpans, text: text !== undefined, page };
  let parts = 0;
  for (const [part, bit] of Object.entries(placeParts)) {
    if (has[part as keyof typeof placeParts]) parts |= bit;
  }
  into.u8(parts);
  into.u32(boxes ? boxes.length / 4 : (spans?.length ?? 0) / 2);
  if (boxes) into.raw(new Uint8Array(boxes.buffer, boxes.byteOffset, boxes.byteLength));
  if (spans) {
    const offsets = wideSpans ? spans : Uint16Array.from(spans);
    into.raw(new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength));
  }
  if (text !== undefined) into.text(text);
  if (page) into.f64(page.width);
  if (page) into.f64(page.height);
}

function decodePlaces(from: ByteReader): TokenPlaces {
  const parts = from.u8();
  const count = from.u32();
  const has = (part: keyof typeof placeParts): boolean => (parts & placeParts[part]) !== 0;
  if (parts > everyPart || !(has('boxes') || has('spans'))) {
    throw from.corrupt('places with boxes or spans');
  }
  const boxes = has('boxes') && new Uint16Array(from.raw(count * 8).slice().buffer);
  const spans = has('spans') && decodeSpans(from, 2 * count, has('wideSpans'));
  return {
    ...(boxes ? { boxes } : {}),
    ...(spans ? { spans } : {}),
    ...(has('text') ? { text: from.text() } : {}),
    ...(has('page') ? { page: { width: from.f64(), height: from.f64() } } : {}),
  };
}

function decodeSpans(from: ByteReader, count: number, isWide: boolean): Uint32Array<ArrayBuffer> {
  const { buffer } = from.raw(count * (isWide ? 4 : 2)).slice();
  return isWide ? new Uint32Array(buffer) : Uint32Array.from(new Uint16Array(buffer));
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
