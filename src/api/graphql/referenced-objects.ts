// The objects that others refer to, as parts of a reply. What is referred to and gone is left out.

import type { Database } from '../../database/database.ts';
import { referencesOf } from '../../database/references/reference.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { referencedObjectsMax } from '../../engine/limits.ts';
import type { ShownObject } from './shown-object.ts';

/** Of one request. */
export class ReferencedObjects {
  readonly #database: Database;
  #shown = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * What a property of an object leads to. Throws 'invalid-argument' when the whole reply would show more
   * than `referencedObjectsMax` objects.
   */
  follow({ document }: ShownObject, property: string, vectors: boolean): ShownObject[] {
    const { properties } = document;
    if (!Object.hasOwn(properties, property)) return [];
    const references = referencesOf(properties[property]);
    this.#shown += references.length;
    if (this.#shown > referencedObjectsMax) {
      const message = `references: the reply would show more than ${referencedObjectsMax} objects that others refer to; ask for fewer hits, or follow references less deep`;
      throw new DatabaseError('invalid-argument', { message });
    }
    return references.flatMap(({ collection, uuid }) => {
      const target = this.#database.findCollection(collection);
      const found = target?.get(uuid, { vectors });
      return target && found ? [{ config: target.config, document: found }] : [];
    });
  }
}
