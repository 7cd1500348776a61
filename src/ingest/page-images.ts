// The pictures of pages: one file a page in the object store, beside the segments and never in memory.
// A picture is written before its object and named after it and its version, so that the object, which
// the log keeps, always says which picture is right; what no object needs is removed. docs/IMPORT.md.

import { crc32 } from 'node:zlib';
import type { Collection } from '../database/collection.ts';
import type { Database } from '../database/database.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Page, PageImage } from '../pages/page.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { knownCollection } from './known-collections.ts';

/** `page`: as it was rendered; `thumbnail`: small. */
export const imageSizes = ['page', 'thumbnail'] as const;
export type ImageSize = (typeof imageSizes)[number];

const folder = 'pages/';
/** "TPG1" in the file's order. */
const magic = 0x31475054;
/** magic, then for each picture bytes, width, height, crc32; then the crc32 of all that. */
const headerBytes = 40;
const hashLength = 16;

/** Opened once a database; keeps the pictures in step with the objects until it is closed. */
export class PageImages implements AsyncDisposable {
  readonly #database: Database;
  readonly #store: ObjectStore;
  /** Pictures whose objects are being written: they stay, whatever is deleted meanwhile. */
  readonly #held = new Map<string, number>();
  #removals: Promise<void> = Promise.resolve();
  /** Deleted objects by collection, until their pictures are looked for; undefined: all of it. */
  readonly #deleted = new Map<number, Set<string> | undefined>();
  readonly #watch: Disposable;
  readonly #onFault: (error: unknown) => void;

  private constructor(database: Database, onFault: (error: unknown) => void) {
    this.#database = database;
    this.#store = database.store;
    this.#onFault = onFault;
    this.#watch = database.watch({
      deleted: ({ id }, uuids) => this.#removeLater(id, uuids),
      dropped: ({ id }) => this.#removeLater(id, undefined),
    });
  }

  /** Removes what a crash or an older deletion left behind. `onFault` hears of what fails in the background. */
  static async open(
    database: Database,
    onFault: (error: unknown) => void = () => undefined,
  ): Promise<PageImages> {
    const images = new PageImages(database, onFault);
    await images.sweep();
    return images;
  }

  /** Stores the picture of a page whose object is written next; held until `release`. */
  async put(collection: Collection, uuid: string, page: Page, sourceHash: string): Promise<void> {
    const key = keyOf(collection.id, uuid, sourceHash);
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    await this.#store.put(key, encode(page), { kind: 'always' });
  }

  /**
   * The object is written, or will not be: removes the picture that is not the object's, the new one or
   * that of the version `older`, the object's sourceHash before.
   */
  async release(
    collection: Collection,
    uuid: string,
    sourceHash: string,
    older: string | undefined,
  ): Promise<void> {
    const key = keyOf(collection.id, uuid, sourceHash);
    const holds = this.#held.get(key) ?? 0;
    if (holds > 1) this.#held.set(key, holds - 1);
    else this.#held.delete(key);
    for (const hash of new Set([sourceHash, older].filter((each) => each !== undefined))) {
      const own = keyOf(collection.id, uuid, hash);
      if (!this.#isNeeded(own, 'by its object')) await this.#store.delete(own);
    }
  }

  /** True when the picture of this version is there. */
  async has(collection: Collection, uuid: string, sourceHash: string): Promise<boolean> {
    const key = keyOf(collection.id, uuid, sourceHash);
    const file = await this.#store.open(key);
    file?.close();
    return file !== undefined;
  }

  /** The picture of a page; undefined when the object is not there or has none. Throws 'corrupt'. */
  async read(
    collection: Collection,
    uuid: string,
    size: ImageSize,
  ): Promise<PageImage | undefined> {
    const hash = hashOf(collection, uuid);
    if (hash === undefined) return undefined;
    const key = keyOf(collection.id, uuid, hash);
    const header = await this.#store.get(key, { offset: 0, length: headerBytes });
    if (!header) return undefined;
    const { offset, bytes, width, height, crc } = decodeHeader(header.bytes, key)[size];
    const found = await this.#store.get(key, { offset, length: bytes });
    if (!found) return undefined;
    if (crc32(found.bytes) !== crc) throw corrupt(key, offset, `checksum ${crc}`);
    return { type: 'image/jpeg', bytes: new Uint8Array(found.bytes), width, height };
  }

  /** Removes every picture that no object needs; resolves when they are gone. */
  async sweep(): Promise<void> {
    await this.#removeUnneeded(await this.#store.list(folder));
  }

  /** Resolves when removals so far are done. */
  get settled(): Promise<void> {
    return this.#removals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.#removals;
  }

  /**
   * The pictures of the objects, or of the whole collection; objects that are back keep theirs. Looking
   * for them goes through all pictures: what is deleted while others are removed is looked for at once.
   */
  #removeLater(collection: number, uuids: readonly string[] | undefined): void {
    const waiting = this.#deleted.get(collection);
    const isWaiting = this.#deleted.has(collection);
    if (isWaiting && uuids && waiting) for (const uuid of uuids) waiting.add(uuid);
    else if (!uuids) this.#deleted.set(collection, undefined);
    else if (!isWaiting) this.#deleted.set(collection, new Set(uuids));
    if (isWaiting) return;
    const remove = async (): Promise<void> => {
      const wanted = this.#deleted.get(collection);
      this.#deleted.delete(collection);
      const found = await this.#store.list(collectionPrefix(collection));
      const chosen = wanted ? found.filter(({ key }) => wanted.has(partsOf(key).uuid)) : found;
      await this.#removeUnneeded(chosen);
    };
    this.#removals = this.#removals.then(remove).catch(this.#onFault);
  }

  async #removeUnneeded(found: readonly { readonly key: string }[]): Promise<void> {
    const versions = new Map<string, string[]>();
    for (const { key } of found) {
      const object = key.slice(0, key.lastIndexOf('.'));
      versions.set(object, [...(versions.get(object) ?? []), key]);
    }
    for (const keys of versions.values()) {
      for (const key of keys) {
        if (!this.#isNeeded(key, keys.length === 1 ? 'alone' : 'by its object'))
          await this.#store.delete(key);
      }
    }
  }

  /**
   * Only where an object has several pictures it is read to tell which is its own. Of a tenant that is
   * closed everything is kept: to look would open it, and many may have pictures.
   */
  #isNeeded(key: string, told: 'alone' | 'by its object'): boolean {
    if (this.#held.has(key)) return true;
    const { id, uuid, hash } = partsOf(key);
    const collection = knownCollection(this.#database, id);
    if (collection === 'closed') return true;
    if (!collection?.segments.find(uuid)) return false;
    return told === 'alone' || hashOf(collection, uuid) === hash;
  }
}

/** The version of an object's picture. */
function hashOf(collection: Collection, uuid: string): string | undefined {
  const hash = collection.get(uuid)?.properties['sourceHash'];
  return typeof hash === 'string' ? shortHash(hash) : undefined;
}

function shortHash(hash: string): string {
  return hash.slice(0, hashLength).replace(/[^0-9a-z]/g, '0');
}

function collectionPrefix(collection: number): string {
  return `${folder}${collection}/`;
}

function pagePrefix(collection: number, uuid: string): string {
  return `${collectionPrefix(collection)}${uuid.slice(0, 2)}/${uuid}.`;
}

function keyOf(collection: number, uuid: string, hash: string): string {
  return `${pagePrefix(collection, uuid)}${shortHash(hash)}`;
}

function partsOf(key: string): {
  readonly id: number;
  readonly uuid: string;
  readonly hash: string;
} {
  const [, id, uuid = '', hash = ''] = /^pages\/(\d+)\/..\/([^.]+)\.(.+)$/.exec(key) ?? [];
  return { id: Number(id), uuid, hash };
}

function encode({ image, thumbnail }: Page): readonly Uint8Array[] {
  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint32(0, magic, true);
  for (const [index, { bytes, width, height }] of [image, thumbnail].entries()) {
    const fields = [bytes.length, width, height, crc32(bytes)];
    for (const [place, value] of fields.entries()) {
      header.setUint32(4 + index * 16 + place * 4, value, true);
    }
  }
  const bytes = new Uint8Array(header.buffer);
  header.setUint32(headerBytes - 4, crc32(bytes.subarray(0, headerBytes - 4)), true);
  return [bytes, image.bytes, thumbnail.bytes];
}

interface StoredImage {
  readonly offset: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly crc: number;
}

function decodeHeader(bytes: Uint8Array, key: string): Readonly<Record<ImageSize, StoredImage>> {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number): number => header.getUint32(at, true);
  if (u32(0) !== magic) throw corrupt(key, 0, 'the mark of a page picture');
  if (u32(headerBytes - 4) !== crc32(bytes.subarray(0, headerBytes - 4))) {
    throw corrupt(key, headerBytes - 4, 'the checksum of the header');
  }
  const read = (at: number, offset: number): StoredImage => {
    const [width, height, crc] = [u32(at + 4), u32(at + 8), u32(at + 12)];
    return { offset, bytes: u32(at), width, height, crc };
  };
  const page = read(4, headerBytes);
  return { page, thumbnail: read(20, headerBytes + page.bytes) };
}

function corrupt(file: string, offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file, offset, expected: `expected ${expected}` });
}
