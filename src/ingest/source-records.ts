// What is known of each source of a collection after its last import: which content, how far, and what of
// it failed. Kept beside the segments; only ever written after what it claims is on disk.

import { createHash } from 'node:crypto';
import type { Collection } from '../database/collection.ts';
import type { Database } from '../database/database.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { knownCollection } from './known-collections.ts';

/** Why a part of a source is not in the collection. */
export interface Problem {
  readonly source: string;
  /** As `page 3` or `line 12`; absent: the whole source. */
  readonly item?: string;
  readonly message: string;
}

/** State of one source. */
export interface SourceRecord {
  readonly name: string;
  /** Of the content: sha256 in hexadecimal digits. */
  readonly hash: string;
  readonly bytes: number;
  /** When the file was last changed, in ns since 1970; empty when nobody knows. */
  readonly changed: string;
  /** How it was read; read in another way it is another content. */
  readonly reading: string;
  /** `partial`: to be gone on with. */
  readonly state: 'done' | 'partial';
  /** Pages of the file, or rows from its start that are imported. */
  readonly items: number;
  /** Parts that can't be imported, the first ones. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
}

/** Problems that a record keeps. */
export const recordProblemsMax = 100;
const folder = 'imports/';

/** Opened once a database; forgets collections that are dropped, until it is disposed. */
export class SourceRecords implements AsyncDisposable {
  readonly #database: Database;
  readonly #store: ObjectStore;
  readonly #watch: Disposable;
  #removals: Promise<void> = Promise.resolve();

  private constructor(database: Database) {
    this.#database = database;
    this.#store = database.store;
    this.#watch = database.watch({
      deleted: () => undefined,
      dropped: ({ id }) => this.#removeLater(id),
    });
  }

  /** Forgets collections and tenants that are gone. */
  static async open(database: Database): Promise<SourceRecords> {
    const records = new SourceRecords(database);
    for (const { key } of await database.store.list(folder)) {
      if (!knownCollection(database, Number(key.split('/')[1]))) await database.store.delete(key);
    }
    return records;
  }

  /** What is known of a source; undefined when it is new. */
  async get(collection: Collection, name: string): Promise<SourceRecord | undefined> {
    const found = await this.#store.get(keyOf(collection.id, name));
    return found && (JSON.parse(Buffer.from(found.bytes).toString('utf8')) as SourceRecord);
  }

  /** Resolves when it is on disk; of a collection that was dropped meanwhile nothing is kept. */
  async put(collection: Collection, record: SourceRecord): Promise<void> {
    if (!knownCollection(this.#database, collection.id)) return;
    const bytes = Buffer.from(JSON.stringify(record));
    await this.#store.put(keyOf(collection.id, record.name), [bytes], { kind: 'always' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.#removals;
  }

  /** What can't be removed now is removed when the database is opened next. */
  #removeLater(id: number): void {
    const remove = async (): Promise<void> => {
      for (const { key } of await this.#store.list(`${folder}${id}/`))
        await this.#store.delete(key);
    };
    this.#removals = this.#removals.then(remove).catch(() => undefined);
  }
}

function keyOf(collection: number, name: string): string {
  return `${folder}${collection}/${createHash('sha256').update(name).digest('hex')}`;
}
