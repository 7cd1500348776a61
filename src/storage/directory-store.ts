// The object store in one folder: the embedded default. An object is a file of its key's name, made
// beside and renamed into place. Layout: docs/FORMAT.md, "Container".

import { assert } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import { type Directory, folderOf, type ReadableFile } from './directory.ts';
import { KnownObjects } from './known-objects.ts';
import type {
  ObjectInfo,
  ObjectParts,
  ObjectStore,
  PutCondition,
  RandomAccess,
} from './object-store.ts';
import { PartWriter } from './part-writer.ts';

/** Where puts in progress are; no key can be in it, because words of keys begin with a letter or digit. */
const unfinished = '.unfinished';

/** Words of lower-case letters, digits, '-', '_' and '.', joined by '/'. */
const keyPattern = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;

/** A programmer error when `key` is not words joined by '/'. */
export function checkKey(key: string): void {
  assert(keyPattern.test(key), `a key of lower-case words joined by '/': ${JSON.stringify(key)}`);
}

/** Whether the object with `version` (undefined: absent) may be replaced. */
export function mayPut(condition: PutCondition, version: string | undefined): boolean {
  if (condition.kind === 'ifAbsent') return version === undefined;
  return condition.kind === 'always' || condition.version === version;
}

/**
 * Owned by one process at a time (lock.ts), so what is there is known after opening. Versions are
 * numbers of puts and mean something to this opening only.
 */
export class DirectoryStore implements ObjectStore {
  readonly #directory: Directory;
  readonly #folder: string;
  /** Begins the names of puts in progress: different for everyone who writes to the folder. */
  readonly #writer: string;
  readonly #objects = new KnownObjects();
  readonly #knownFolders = new Set<string>();
  #puts = 0;
  /** Changes of names, one after another; never rejects. */
  #changes: Promise<void> = Promise.resolve();

  private constructor(directory: Directory, folder: string, writer: string) {
    this.#directory = directory;
    this.#folder = folder;
    this.#writer = writer;
  }

  /** The store in `folder` of the directory; removes what unfinished puts left. */
  static async open(directory: Directory, folder = 'store'): Promise<DirectoryStore> {
    const store = new DirectoryStore(directory, folder, '');
    const temporary = `${folder}/${unfinished}`;
    await directory.makeFolder(temporary);
    for (const { name } of await directory.list(temporary)) {
      await directory.remove(`${temporary}/${name}`);
    }
    await store.#find('');
    return store;
  }

  /**
   * A second view of a store that someone else has open, for another thread: knows the objects that are
   * there now. It must put only keys that nobody else puts; the owner learns of them by `adopt`.
   */
  static async join(
    directory: Directory,
    writer: string,
    folder = 'store',
  ): Promise<DirectoryStore> {
    const store = new DirectoryStore(directory, folder, `${writer}-`);
    await store.#find('');
    return store;
  }

  /** Takes note of an object that a joined store has put; false when there is none. */
  async adopt(key: string): Promise<boolean> {
    checkKey(key);
    return this.#inTurn(async () => {
      const file = await this.#directory.open(this.#path(key));
      if (file === undefined) return false;
      this.#puts += 1;
      this.#objects.set({ key, bytes: file.length, version: String(this.#puts) });
      file.close();
      return true;
    });
  }

  async put(key: string, parts: ObjectParts, condition: PutCondition): Promise<string | undefined> {
    checkKey(key);
    if (!mayPut(condition, this.#objects.get(key)?.version)) return undefined;
    this.#puts += 1;
    const version = String(this.#puts);
    const temporary = `${this.#folder}/${unfinished}/${this.#writer}${version}`;
    const bytes = await this.#write(temporary, parts);
    return this.#inTurn(async () => {
      if (!mayPut(condition, this.#objects.get(key)?.version)) {
        await this.#directory.remove(temporary);
        return undefined;
      }
      const path = this.#path(key);
      try {
        await this.#makeFolder(folderOf(path));
        await this.#directory.rename(temporary, path);
      } catch (error) {
        await this.#giveUp(temporary);
        throw error;
      }
      this.#objects.set({ key, bytes, version });
      await this.#directory.syncFolder(folderOf(path));
      return version;
    });
  }

  async get(
    key: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined> {
    checkKey(key);
    // In turn, so that version and bytes belong together.
    const found = await this.#inTurn(async () => {
      const version = this.#objects.get(key)?.version;
      const file = version === undefined ? undefined : await this.#directory.open(this.#path(key));
      return file && { file: new FileAccess(file, this.#path(key)), version: version ?? '' };
    });
    if (found === undefined) return undefined;
    const { file, version } = found;
    try {
      const { offset, length } = range ?? { offset: 0, length: file.length };
      file.check(offset, length);
      const bytes = new Uint8Array(length);
      file.read(offset, bytes);
      return { bytes, version };
    } finally {
      file.close();
    }
  }

  async open(key: string): Promise<RandomAccess | undefined> {
    checkKey(key);
    if (!this.#objects.get(key)) return undefined;
    const file = await this.#directory.open(this.#path(key));
    return file && new FileAccess(file, this.#path(key));
  }

  async list(prefix: string): Promise<readonly ObjectInfo[]> {
    return this.#objects.list(prefix);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#inTurn(async () => {
      if (!this.#objects.get(key)) return;
      await this.#directory.remove(this.#path(key));
      this.#objects.delete(key);
      await this.#directory.syncFolder(folderOf(this.#path(key)));
    });
  }

  async #write(path: string, parts: ObjectParts): Promise<number> {
    const file = await this.#directory.create(path);
    const writer = new PartWriter(file);
    try {
      for await (const part of parts) await writer.add(part);
      await writer.end();
      return file.length;
    } catch (error) {
      await this.#giveUp(path);
      throw error;
    } finally {
      await writer.idle();
      await file.close();
    }
  }

  /** Frees the space of a failed put at once. When that fails too, opening does it. */
  async #giveUp(temporary: string): Promise<void> {
    await this.#directory.remove(temporary).catch(() => undefined);
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#knownFolders.has(path)) return;
    await this.#directory.makeFolder(path);
    this.#knownFolders.add(path);
  }

  /** Takes note of every object below `parent`, a beginning of keys. */
  async #find(parent: string): Promise<void> {
    for (const { name, kind, bytes } of await this.#directory.list(this.#path(parent))) {
      const key = parent === '' ? name : `${parent}/${name}`;
      if (!keyPattern.test(key)) continue;
      if (kind === 'folder') {
        await this.#find(key);
        continue;
      }
      this.#puts += 1;
      this.#objects.set({ key, bytes, version: String(this.#puts) });
    }
  }

  #path(key: string): string {
    return key === '' ? this.#folder : `${this.#folder}/${key}`;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(change);
    this.#changes = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** One stored file; reading past its end is an error that names it. */
class FileAccess implements RandomAccess {
  readonly length: number;
  readonly #file: ReadableFile;
  readonly #path: string;

  constructor(file: ReadableFile, path: string) {
    this.length = file.length;
    this.#file = file;
    this.#path = path;
  }

  /** Throws 'corrupt' when the file ends before. */
  check(offset: number, length: number): void {
    if (offset + length > this.length) throw this.#endsEarly(offset, length, this.length - offset);
  }

  read(offset: number, into: Uint8Array): void {
    const found = this.#file.read(offset, into);
    if (found < into.length) throw this.#endsEarly(offset, into.length, found);
  }

  close(): void {
    this.#file.close();
  }

  #endsEarly(offset: number, length: number, found: number): DatabaseError {
    const expected = `expected ${length} bytes, found ${Math.max(0, found)}`;
    return new DatabaseError('corrupt', { file: this.#path, offset, expected });
  }
}
