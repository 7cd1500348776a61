// An object store that lives as long as the process: for tests, and for a database that is kept in
// memory only.

import { assert } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import { checkKey, mayPut } from './directory-store.ts';
import type {
  ObjectInfo,
  ObjectParts,
  ObjectStore,
  PutCondition,
  RandomAccess,
} from './object-store.ts';

interface Stored {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** Keeps copies of what is put. Nothing about it fails. */
export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, Stored>();
  #puts = 0;

  async put(key: string, parts: ObjectParts, condition: PutCondition): Promise<string | undefined> {
    checkKey(key);
    if (!mayPut(condition, this.#objects.get(key)?.version)) return undefined;
    const copies: Uint8Array[] = [];
    for await (const part of parts) copies.push(part.slice());
    // Someone else may have put the key in the meantime.
    if (!mayPut(condition, this.#objects.get(key)?.version)) return undefined;
    this.#puts += 1;
    const version = String(this.#puts);
    this.#objects.set(key, { bytes: new Uint8Array(Buffer.concat(copies)), version });
    return version;
  }

  async get(
    key: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined> {
    checkKey(key);
    const stored = this.#objects.get(key);
    if (stored === undefined) return undefined;
    const { offset, length } = range ?? { offset: 0, length: stored.bytes.length };
    return { bytes: part(stored.bytes, offset, length, key).slice(), version: stored.version };
  }

  async open(key: string): Promise<RandomAccess | undefined> {
    checkKey(key);
    const stored = this.#objects.get(key);
    return stored && new BytesAccess(stored.bytes, key);
  }

  async list(prefix: string): Promise<readonly ObjectInfo[]> {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { bytes, version }]) => ({ key, bytes: bytes.length, version }))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.#objects.delete(key);
  }
}

class BytesAccess implements RandomAccess {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #key: string;
  #open = true;

  constructor(bytes: Uint8Array, key: string) {
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#key = key;
  }

  read(offset: number, into: Uint8Array): void {
    assert(this.#open, `${this.#key} is open`);
    into.set(part(this.#bytes, offset, into.length, this.#key));
  }

  close(): void {
    this.#open = false;
  }
}

/** A view of the bytes asked for; throws 'corrupt' when there are fewer. */
function part(bytes: Uint8Array, offset: number, length: number, file: string): Uint8Array {
  if (offset + length <= bytes.length) return bytes.subarray(offset, offset + length);
  const found = Math.max(0, bytes.length - offset);
  const expected = `expected ${length} bytes, found ${found}`;
  throw new DatabaseError('corrupt', { file, offset, expected });
}
