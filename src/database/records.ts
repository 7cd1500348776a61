// What the log's records say: every change of the database is one of these, and recovery is reading
// them again. Layout: docs/FORMAT.md, "Records".

import { unreachable } from '../engine/assert.ts';
import { ByteReader, type ByteWriter } from '../engine/bytes.ts';
import type { Document } from '../engine/document.ts';
import {
  decodeDocument,
  decodeUuid,
  encodeDocument,
  encodeUuid,
} from '../engine/segment/document-codec.ts';
import type { CollectionConfig } from './collection-config.ts';

/** One change, complete: applying the same changes in the same order gives the same database. */
export type Change =
  | { readonly kind: 'put'; readonly collection: number; readonly documents: readonly Document[] }
  | { readonly kind: 'delete'; readonly collection: number; readonly uuids: readonly string[] }
  | {
      readonly kind: 'create' | 'configure';
      readonly collection: number;
      readonly config: CollectionConfig;
    }
  | { readonly kind: 'drop'; readonly collection: number }
  /** The name leads to the collection from now on; with collection 0 it leads nowhere. */
  | { readonly kind: 'alias'; readonly collection: number; readonly name: string }
  /** Tenants of the collection that are new, or have another status. */
  | {
      readonly kind: 'tenants';
      readonly collection: number;
      readonly tenants: readonly TenantRecord[];
    }
  | { readonly kind: 'dropTenants'; readonly collection: number; readonly ids: readonly number[] };

/** A tenant by the number that records of its objects have in the place of a collection's. */
export interface TenantRecord {
  readonly id: number;
  readonly name: string;
  readonly status: 'active' | 'inactive';
  /** Nothing is written to it. */
  readonly readOnly: boolean;
}

/** First byte of a record; never renumbered. */
const codes = {
  ...{ put: 1, delete: 2, create: 3, configure: 4, drop: 5, alias: 6 },
  ...{ tenants: 7, dropTenants: 8 },
} as const;

/** Appends the bytes of one change. */
export function encodeChange(change: Change, into: ByteWriter): void {
  into.u8(codes[change.kind]);
  into.u32(change.collection);
  switch (change.kind) {
    case 'put':
      into.u32(change.documents.length);
      for (const document of change.documents) encodeDocument(document, into);
      break;
    case 'delete':
      into.u32(change.uuids.length);
      for (const uuid of change.uuids) encodeUuid(uuid, into);
      break;
    case 'create':
    case 'configure':
      into.text(JSON.stringify(change.config));
      break;
    case 'drop':
      break;
    case 'alias':
      into.text(change.name);
      break;
    case 'tenants':
      into.u32(change.tenants.length);
      for (const { id, name, status, readOnly } of change.tenants) {
        into.u32(id);
        into.u8((status === 'active' ? 1 : 0) + (readOnly ? 2 : 0));
        into.text(name);
      }
      break;
    case 'dropTenants':
      into.u32(change.ids.length);
      for (const id of change.ids) into.u32(id);
      break;
    default:
      unreachable(change);
  }
}

/** Reads what encodeChange wrote; throws 'corrupt' naming `file`. */
export function decodeChange(bytes: Uint8Array, file: string): Change {
  const from = new ByteReader(bytes, file);
  const code = from.u8();
  const collection = from.u32();
  switch (code) {
    case codes.put:
      return { kind: 'put', collection, documents: list(from, () => decodeDocument(from)) };
    case codes.delete:
      return { kind: 'delete', collection, uuids: list(from, () => decodeUuid(from)) };
    case codes.create:
      return { kind: 'create', collection, config: JSON.parse(from.text()) as CollectionConfig };
    case codes.configure:
      return { kind: 'configure', collection, config: JSON.parse(from.text()) as CollectionConfig };
    case codes.drop:
      return { kind: 'drop', collection };
    case codes.alias:
      return { kind: 'alias', collection, name: from.text() };
    case codes.tenants:
      return { kind: 'tenants', collection, tenants: list(from, () => decodeTenant(from)) };
    case codes.dropTenants:
      return { kind: 'dropTenants', collection, ids: list(from, () => from.u32()) };
    default:
      throw from.corrupt(`a record code of 1 to 8, found ${code}`);
  }
}

function decodeTenant(from: ByteReader): TenantRecord {
  const id = from.u32();
  const flags = from.u8();
  const status = (flags & 1) === 1 ? 'active' : 'inactive';
  return { id, name: from.text(), status, readOnly: (flags & 2) === 2 };
}

function list<T>(from: ByteReader, read: () => T): T[] {
  const count = from.u32();
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(read());
  return items;
}

/** About how long the bytes of a change get: right for vectors, so that big batches are not copied while they grow. */
export function bytesGuess(change: Change): number {
  if (change.kind === 'delete') return 16 + change.uuids.length * 16;
  if (change.kind !== 'put') return 4096;
  let bytes = 16;
  for (const document of change.documents) {
    bytes += 1024;
    for (const vector of document.vectors.values()) bytes += 64 + vector.values.byteLength;
  }
  return bytes;
}
