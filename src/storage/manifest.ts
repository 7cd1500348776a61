// The one small file that says which collections and segments exist. Replacing it is the commit of a
// flush or a merge. Layout: docs/FORMAT.md, "Manifest".

import { crc32 } from 'node:zlib';
import { DatabaseError } from '../engine/errors.ts';
import type { SegmentId, SequenceNumber } from '../engine/ids.ts';
import type { ObjectStore, PutCondition } from './object-store.ts';

/** One live segment. */
export interface ManifestSegment {
  readonly id: SegmentId;
  /** Key of its file in the object store. */
  readonly key: string;
  /** Documents in the file, deleted ones included. */
  readonly documents: number;
  /** Those of them that are not deleted. */
  readonly live: number;
  /** Key of the file of its deletions; absent when nothing of it is deleted. */
  readonly deletionsKey?: string;
}

/** What has segments of its own: a collection, or one tenant of it. */
export interface ManifestPartition {
  /** Given once in the life of a database. */
  readonly id: number;
  /** Records of the log up to this one are in the segments. */
  readonly flushedThrough: SequenceNumber;
  readonly nextSegmentId: SegmentId;
  /** Oldest first. */
  readonly segments: readonly ManifestSegment[];
}

export interface ManifestTenant extends ManifestPartition {
  readonly name: string;
  readonly status: 'active' | 'inactive';
  /** Nothing is written to it. */
  readonly readOnly?: true;
}

export interface ManifestCollection extends ManifestPartition {
  /** JSON that the database owns; storage only keeps it. */
  readonly config: unknown;
  /** Absent where the collection has none. */
  readonly tenants?: readonly ManifestTenant[];
}

/** Another name of a collection. */
export interface ManifestAlias {
  readonly name: string;
  /** Number of a collection of the manifest. */
  readonly collection: number;
}

export interface Manifest {
  readonly collections: readonly ManifestCollection[];
  readonly aliases: readonly ManifestAlias[];
  /** The number of the next collection or tenant. */
  readonly nextCollectionId: number;
  /** Records of the log up to this one are in the segments of all. */
  readonly coveredThrough: SequenceNumber;
}

/** A manifest with the version that its replacement must name. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly version: string;
}

/** The manifest of a new database. */
export const emptyManifest: Manifest = {
  collections: [],
  aliases: [],
  nextCollectionId: 1,
  coveredThrough: 0 as SequenceNumber,
};

/** Everything in a manifest that has segments. */
export function* partitionsOf({ collections }: Manifest): Iterable<ManifestPartition> {
  for (const collection of collections) {
    yield collection;
    yield* collection.tenants ?? [];
  }
}

/** Key of the manifest in its store. */
export const manifestKey = 'manifest';

/** The number of this format; another one means another module. */
const manifestFormat = 1;

/** Undefined when the store has none yet; throws 'corrupt' or 'format-unknown'. */
export async function readManifest(store: ObjectStore): Promise<StoredManifest | undefined> {
  const stored = await store.get(manifestKey);
  return stored && { manifest: decodeManifest(stored.bytes), version: stored.version };
}

/**
 * Replaces the manifest that has `version` (undefined: there is none yet) and resolves with the new
 * version. Throws 'storage-failed' when someone else replaced it; nothing is written then. After
 * another failure either manifest may be found when the store is opened again.
 */
export async function writeManifest(
  store: ObjectStore,
  manifest: Manifest,
  version: string | undefined,
): Promise<string> {
  const condition: PutCondition =
    version === undefined ? { kind: 'ifAbsent' } : { kind: 'ifVersion', version };
  const written = await store.put(manifestKey, [encodeManifest(manifest)], condition);
  if (written !== undefined) return written;
  throw new DatabaseError('storage-failed', { message: 'another process replaced the manifest' });
}

/**
 * Deletes what lies under `prefix` and no segment of the manifest names: files of flushes and merges
 * that a crash cut short, or that a merge replaced. Resolves with the keys. Nothing may be being written.
 */
export async function sweep(
  store: ObjectStore,
  manifest: Manifest,
  prefix: string,
): Promise<readonly string[]> {
  const live = new Set<string>();
  for (const { segments } of partitionsOf(manifest)) {
    for (const { key, deletionsKey } of segments) {
      live.add(key);
      if (deletionsKey !== undefined) live.add(deletionsKey);
    }
  }
  const dead = (await store.list(prefix)).map(({ key }) => key).filter((key) => !live.has(key));
  for (const key of dead) await store.delete(key);
  return dead;
}

/** One line with mark, format and checksum, then JSON. */
export function encodeManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(`${textOf(manifest)}\n`);
  const head = `${mark} ${manifestFormat} ${checksum(body)}\n`;
  return new Uint8Array(Buffer.concat([new TextEncoder().encode(head), body]));
}

/** JSON: a line for each collection and each tenant, which may be many that are the same as the last time. */
function textOf({ collections, ...others }: Manifest): string {
  const lines = collections.map(({ tenants, ...collection }) => {
    const own = JSON.stringify(collection);
    if (!tenants) return own;
    return `${own.slice(0, -1)},"tenants":[\n${tenants.map(tenantText).join(',\n')}]}`;
  });
  return `{"collections":[\n${lines.join(',\n')}],\n${JSON.stringify(others).slice(1)}`;
}

const tenantTexts = new WeakMap<ManifestTenant, string>();

function tenantText(tenant: ManifestTenant): string {
  const known = tenantTexts.get(tenant);
  if (known !== undefined) return known;
  const text = JSON.stringify(tenant);
  tenantTexts.set(tenant, text);
  return text;
}

/** Reads what encodeManifest wrote; throws 'corrupt' or 'format-unknown'. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const end = bytes.indexOf(0x0a);
  const head = Buffer.from(bytes.subarray(0, Math.max(0, end))).toString('latin1');
  const [, format, crc] = /^tesserae-manifest ([0-9]{1,9}) ([0-9a-f]{8})$/.exec(head) ?? [];
  if (format === undefined) throw corrupt(0, `expected a line with ${mark}, format and checksum`);
  if (Number(format) !== manifestFormat) {
    const params = { file: manifestKey, seen: format, known: manifestFormat };
    throw new DatabaseError('format-unknown', params);
  }
  const body = bytes.subarray(end + 1);
  if (checksum(body) !== crc) {
    throw corrupt(end + 1, `expected content with checksum ${crc}, found ${checksum(body)}`);
  }
  return checkManifest(parse(body, end + 1), end + 1);
}

const mark = 'tesserae-manifest';

function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

function parse(bytes: Uint8Array, offset: number): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DatabaseError(
      'corrupt',
      { file: manifestKey, offset, expected: 'expected JSON' },
      { cause },
    );
  }
}

/** The same content that a correct writer makes; what differs was written by something else. */
function checkManifest(value: unknown, offset: number): Manifest {
  const wrong = (what: string) => corrupt(offset, `expected ${what}`);
  if (!isRecord(value) || !Array.isArray(value['collections'])) throw wrong('collections');
  for (const field of ['nextCollectionId', 'coveredThrough'] as const) {
    if (!isCount(value[field])) throw wrong(`${field} as a whole number`);
  }
  for (const collection of value['collections'] as readonly unknown[]) {
    if (!isRecord(collection) || !isCount(collection['id'])) throw wrong('collections with an id');
    const where = `of collection ${collection['id']}`;
    if (!('config' in collection)) throw wrong(`the config ${where}`);
    checkPartition(collection, where, wrong);
    const { tenants = [] } = collection;
    if (!Array.isArray(tenants)) throw wrong(`tenants ${where} as a list`);
    for (const tenant of tenants) checkTenant(tenant, where, wrong);
  }
  const ids = new Set((value['collections'] as readonly { id: number }[]).map(({ id }) => id));
  const { aliases } = value;
  const isAlias = (one: unknown) =>
    isRecord(one) && typeof one['name'] === 'string' && ids.has(one['collection'] as number);
  if (!Array.isArray(aliases) || !aliases.every(isAlias)) {
    throw wrong('aliases with a name and the id of a collection');
  }
  return value as unknown as Manifest;
}

type Wrong = (what: string) => DatabaseError;

function checkTenant(value: unknown, of: string, wrong: Wrong): void {
  if (!isRecord(value) || !isCount(value['id'])) throw wrong(`tenants ${of} with an id`);
  const where = `of tenant ${value['id']} ${of}`;
  if (typeof value['name'] !== 'string') throw wrong(`the name ${where}`);
  if (!['active', 'inactive'].includes(value['status'] as string))
    throw wrong(`the status ${where}`);
  if (![undefined, true].includes(value['readOnly'] as true | undefined))
    throw wrong(`readOnly ${where} as true`);
  checkPartition(value, where, wrong);
}

function checkPartition(value: Record<string, unknown>, where: string, wrong: Wrong): void {
  for (const field of ['flushedThrough', 'nextSegmentId'] as const) {
    if (!isCount(value[field])) throw wrong(`${field} ${where} as a whole number`);
  }
  if (!Array.isArray(value['segments']) || !value['segments'].every(isSegment)) {
    throw wrong(`segments ${where} with id, key, documents and live`);
  }
}

function isSegment(value: unknown): value is ManifestSegment {
  if (!isRecord(value)) return false;
  if (!['id', 'documents', 'live'].every((field) => isCount(value[field]))) return false;
  const { key, deletionsKey } = value;
  return typeof key === 'string' && ['string', 'undefined'].includes(typeof deletionsKey);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function corrupt(offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file: manifestKey, offset, expected });
}
