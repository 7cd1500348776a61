// (skeleton: signatures first, bodies follow)
import type { Log } from '../storage/log.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Vectorizer, VectorizerConfig } from '../vectorizers/vectorizer.ts';
import type { Collection } from './collection.ts';
import type { CollectionConfig, PropertyConfig } from './collection-config.ts';
import type { ObjectInput, RequestContext, WriteResult } from './object-input.ts';

export interface DatabaseOptions {
  readonly log: Log;
  readonly store: ObjectStore;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A random version 4 uuid. */
  readonly newUuid: () => string;
  /** Makes the vectorizer of a named vector; throws DatabaseError for an unknown module or bad settings. */
  readonly vectorizers: (config: VectorizerConfig) => Vectorizer | undefined;
  /** Unknown properties and collections are added on insert. */
  readonly autoSchema: boolean;
  /** A memory segment of this size is sealed. */
  readonly flushBytes: number;
}

export class Database {
  static open(_options: DatabaseOptions): Promise<Database> {
    throw new Error('not yet');
  }
  /** Throws 'collection-exists' (also for the same name in another letter case). */
  createCollection(_config: CollectionConfig): Promise<CollectionConfig> {
    throw new Error('not yet');
  }
  /** The caller (schema module) has checked what may change. */
  updateCollection(_config: CollectionConfig): Promise<CollectionConfig> {
    throw new Error('not yet');
  }
  addProperty(_collection: string, _property: PropertyConfig): Promise<CollectionConfig> {
    throw new Error('not yet');
  }
  /** True when it was there. */
  deleteCollection(_name: string): Promise<boolean> {
    throw new Error('not yet');
  }
  /** Throws 'collection-missing'. A lower-case first letter is upper-cased. */
  collection(_name: string): Collection {
    throw new Error('not yet');
  }
  findCollection(_name: string): Collection | undefined {
    throw new Error('not yet');
  }
  /** In ascending order of name. */
  collections(): readonly Collection[] {
    throw new Error('not yet');
  }
  /**
   * Upserts a batch whose objects may belong to several collections, in order; makes missing
   * collections when auto-schema is on. One result beside each object, never throws for one of them.
   */
  insertMany(
    _objects: readonly { readonly collection: string; readonly object: ObjectInput }[],
    _context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    throw new Error('not yet');
  }
  /** As insertMany for one new object; throws. */
  insert(
    _collection: string,
    _object: ObjectInput,
    _context: RequestContext,
  ): Promise<import('../engine/document.ts').Document> {
    throw new Error('not yet');
  }
  /** Drains writes in progress, syncs, releases the directory. */
  close(): Promise<void> {
    throw new Error('not yet');
  }
}
