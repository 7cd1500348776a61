// An open database as callers of the library use it: a late-interaction database inside this process, in
// a directory of its own. A thin layer over src/database that takes plain arrays and gives plain objects.

import type { Alias } from '../database/aliases/aliases.ts';
import { type DirectoryDatabase, openDirectory } from '../database/open-directory.ts';
import type { CollectionInput } from '../database/schema/collection-input.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import { type TextTerms, textTerms } from '../database/schema/text-terms.ts';
import type { Properties } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Tokenization } from '../engine/schema.ts';
import { type VectorizerSettings, vectorizerSettings } from '../vectorizers/create-vectorizers.ts';
import { TesseraeCollection } from './collection.ts';
import { type PropertiesOf, type Resolved, resolvedFrom } from './objects.ts';

/** What may be said when a database is opened; everything has a default. */
export interface OpenOptions {
  /** Properties that a collection does not know are added when an object brings them; default false. */
  readonly autoSchema?: boolean;
  /** A memory segment of this many bytes is sealed; default 64 MiB. */
  readonly flushBytes?: number;
  /** Where embedding services and local models are; default: what the environment's variables say. */
  readonly vectorizers?: VectorizerSettings;
  /** Milliseconds since 1970, for createdAt and updatedAt; default: the machine's clock. */
  readonly clock?: () => number;
  /** Hears of faults in the background, as of a full disk; the next writes fail with them too. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * Opens the database in a directory, which is made when it is absent and belongs to this process until
 * `close()` or the end of an `await using`. Throws DatabaseError 'directory-locked' when it is in use.
 *
 * ```ts
 * import { open } from 'tesserae';
 *
 * await using db = await open('./data');
 * const pages = await db.createCollection<{ title: string }>({
 *   name: 'Pages',
 *   properties: [{ name: 'title', type: 'text' }],
 *   vectors: [{ name: 'tokens', kind: 'multi' }],
 * });
 * await pages.insert({ properties: { title: 'two tiles' }, vectors: { tokens: [[1, 0], [0, 1]] } });
 * await pages.insert({ properties: { title: 'one tile' }, vectors: { tokens: [[1, 0]] } });
 * const hits = await pages.search({ kind: 'vector', vector: [[1, 0], [0, 1]] });
 * for (const { uuid, score, properties } of hits) console.info(uuid, score, properties.title);
 * ```
 */
export async function open(directory: string, options: OpenOptions = {}): Promise<Tesserae> {
  const vectorizers = options.vectorizers ?? vectorizerSettings(process.env);
  return new Tesserae(await openDirectory(directory, { ...options, vectorizers }));
}

/** An open database; made by `open`. */
export class Tesserae implements AsyncDisposable {
  readonly #opened: DirectoryDatabase;
  #isClosed = false;

  /** @internal */
  constructor(opened: DirectoryDatabase) {
    this.#opened = opened;
  }

  /** Names of all collections, ascending. */
  get collectionNames(): readonly string[] {
    return this.#database.collections().map(({ name }) => name);
  }

  /**
   * Makes a collection. Throws DatabaseError 'collection-exists', and 'invalid-argument' for names or
   * settings that are not allowed. `P` is what its objects' properties are, for the compiler only.
   */
  async createCollection<P extends PropertiesOf<P> = Properties>(
    input: CollectionInput,
  ): Promise<TesseraeCollection<P>> {
    const { name } = await this.#database.createCollection(resolveCollection(input));
    return this.collection(name);
  }

  /**
   * By its name, or by an alias, which it then follows where that is led. Throws DatabaseError
   * 'collection-missing'.
   */
  collection<P extends PropertiesOf<P> = Properties>(name: string): TesseraeCollection<P> {
    const found = this.findCollection<P>(name);
    if (!found) throw new DatabaseError('collection-missing', { collection: name });
    return found;
  }

  /** Undefined when there is no such collection. */
  findCollection<P extends PropertiesOf<P> = Properties>(
    name: string,
  ): TesseraeCollection<P> | undefined {
    const found = this.#database.findCollection(name);
    const database = () => this.#database;
    return found && new TesseraeCollection<P>(database, () => database().collection(name));
  }

  /** True when it was there. Its aliases go with it; by an alias nothing is deleted. */
  async deleteCollection(name: string): Promise<boolean> {
    return await this.#database.deleteCollection(name);
  }

  /** Other names of collections, of one only when it is named; in the order of the aliases. */
  aliases(collection?: string): readonly Alias[] {
    return this.#database.aliases.list(collection);
  }

  /** Throws DatabaseError for a name that is taken, and where there is no such collection. */
  async createAlias(alias: string, collection: string): Promise<Alias> {
    return await this.#database.aliases.create(alias, collection);
  }

  /** Leads an alias to another collection, for all that comes after. Throws as `createAlias`. */
  async updateAlias(alias: string, collection: string): Promise<Alias> {
    return await this.#database.aliases.update(alias, collection);
  }

  /** True when it was there. The collection stays. */
  async deleteAlias(alias: string): Promise<boolean> {
    return await this.#database.aliases.delete(alias);
  }

  /**
   * The object that a reference leads to, as a property of another object holds it (`Collection/uuid`),
   * with its vectors; undefined when it is gone, or a tenant's: those are found by a tenant's own `resolve`. Throws 'invalid-argument' for what is no reference.
   */
  resolve<P extends PropertiesOf<P> = Properties>(reference: string): Resolved<P> | undefined {
    return resolvedFrom<P>(reference, (name) => this.#database.findCollection(name));
  }

  /**
   * The terms of a text as properties with this tokenization have them, and English stopwords; a
   * collection's own `tokenize` knows the settings of its properties.
   */
  tokenize(text: string, tokenization: Tokenization): TextTerms {
    return textTerms(text, { tokenization }, { preset: 'en', additions: [], removals: [] });
  }

  /** Seals what is in memory; afterwards opening again is fast. Nothing is lost without it. */
  async flush(): Promise<void> {
    await this.#database.flush();
  }

  /** Finishes writes in progress and gives the directory back. Closing twice is allowed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opened.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #database(): DirectoryDatabase['database'] {
    if (this.#isClosed) throw new DatabaseError('closed');
    return this.#opened.database;
  }
}
