// The objects of one reply, counted: hits before they are searched for, and those that others refer to as
// they are followed. What is referred to and gone is left out. What they are read from stays open until the
// reply is made.

import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import { type Reference, referencesOf } from '../../database/references/reference.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { graphqlHitsMax, graphqlReferencedObjectsMax } from '../../engine/limits.ts';
import type { ShownObject } from './shown-object.ts';

/** Of one request, also of one with several queries. Disposed of when the reply is made. */
export class ReplyObjects implements Disposable {
  readonly #database: Database;
  readonly #open = new DisposableStack();
  readonly #read = new Map<string, ShownObject | undefined>();
  #hits = 0;
  #shown = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The collection, or the tenant of it, that a search reads. Rejects as Database.hold. */
  async hold(name: string, tenant: unknown): Promise<Collection> {
    const held = await this.#database.hold(name, typeof tenant === 'string' ? tenant : '');
    return this.#open.use(held).collection;
  }

  [Symbol.dispose](): void {
    this.#open.dispose();
  }

  /** Throws 'invalid-argument' when the searches of the request together may find more than `graphqlHitsMax`. */
  expectHits(count: number): void {
    this.#hits += count;
    if (this.#hits <= graphqlHitsMax) return;
    const message = `limit: the searches of one request may find ${graphqlHitsMax} objects together, with this one it would be ${this.#hits}`;
    throw new DatabaseError('invalid-argument', { message });
  }

  /** Throws 'invalid-argument' when the whole reply would show more than `graphqlReferencedObjectsMax` objects. */
  refuseTooMany(): void {
    if (this.#shown <= graphqlReferencedObjectsMax) return;
    const message = `references: the reply would show more than ${graphqlReferencedObjectsMax} objects that others refer to; ask for fewer hits, or follow references less deep`;
    throw new DatabaseError('invalid-argument', { message });
  }

  /** What a property of an object leads to; nothing more once the reply shows too many. */
  follow({ document, owner }: ShownObject, property: string, vectors: boolean): ShownObject[] {
    const { properties } = document;
    if (!Object.hasOwn(properties, property)) return [];
    const references = referencesOf(properties[property]);
    this.#shown += references.length;
    if (this.#shown > graphqlReferencedObjectsMax) return [];
    return references.flatMap((reference) => this.#object(reference, owner, vectors) ?? []);
  }

  /** Read once, however often the reply shows it. */
  #object(
    { collection, uuid }: Reference,
    from: Collection,
    vectors: boolean,
  ): ShownObject | undefined {
    const key = `${collection}/${uuid}/${vectors}/${from.tenant}`;
    if (this.#read.has(key)) return this.#read.get(key);
    const owner = from.referredTo(collection);
    const document = owner?.get(uuid, { vectors });
    const found = owner && document && { owner, document };
    this.#read.set(key, found);
    return found;
  }
}
