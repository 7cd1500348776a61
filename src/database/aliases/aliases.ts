// Other names of collections. An alias always leads to a collection that exists: it goes when its
// collection goes. Names of aliases and collections are one space, in which letter case makes no difference.

import { DatabaseError } from '../../engine/errors.ts';
import type { Collection } from '../collection.ts';
import type { Change } from '../records.ts';
import { capitalized, collectionName } from '../schema/names.ts';

/** One alias as callers see it. */
export interface Alias {
  readonly alias: string;
  /** The name of the collection that it leads to. */
  readonly collection: string;
}

/** What the aliases need of their database. */
export interface AliasParts {
  /** A collection by its own name. */
  readonly collection: (name: string) => Collection | undefined;
  /** Throws when a collection or an alias has the name. */
  readonly refuseTaken: (name: string) => void;
  /** Resolves when the change survives a crash. */
  readonly commit: (change: Change) => Promise<void>;
}

/** The aliases of one database. */
export class Aliases {
  readonly #parts: AliasParts;
  readonly #targets = new Map<string, Collection>();

  constructor(parts: AliasParts) {
    this.#parts = parts;
  }

  /** In ascending order of name; only those of one collection when its name is given. */
  list(collection?: string): readonly Alias[] {
    const wanted = collection === undefined ? undefined : capitalized(collection);
    return [...this.#targets]
      .map(([alias, { name }]) => ({ alias, collection: name }))
      .filter((one) => wanted === undefined || one.collection === wanted)
      .sort((a, b) => (a.alias < b.alias ? -1 : 1));
  }

  /** Each alias with the number of its collection, for the manifest. */
  stored(): readonly { readonly name: string; readonly collection: number }[] {
    return [...this.#targets].map(([name, { id }]) => ({ name, collection: id }));
  }

  find(name: string): Alias | undefined {
    const alias = this.#existing(name);
    const target = alias === undefined ? undefined : this.#targets.get(alias);
    return alias === undefined || !target ? undefined : { alias, collection: target.name };
  }

  /** The collection that an alias leads to. */
  target(name: string): Collection | undefined {
    return this.#targets.get(name) ?? this.#targets.get(capitalized(name));
  }

  /**
   * Makes an alias. Throws 'invalid-argument' for a bad name, for one that a collection or an alias has,
   * and when the collection does not exist; an alias is no collection.
   */
  async create(name: string, collection: string): Promise<Alias> {
    const alias = collectionName(name);
    const target = this.#collection(collection);
    this.#parts.refuseTaken(alias);
    return this.#lead(alias, target);
  }

  /** Leads an alias elsewhere. Throws 'alias-missing', and 'invalid-argument' for a missing collection. */
  async update(name: string, collection: string): Promise<Alias> {
    const alias = this.#existing(name);
    if (alias === undefined) throw new DatabaseError('alias-missing', { alias: name });
    return this.#lead(alias, this.#collection(collection));
  }

  /** True when it was there. */
  async delete(name: string): Promise<boolean> {
    const alias = this.#existing(name);
    if (alias === undefined) return false;
    this.#targets.delete(alias);
    await this.#parts.commit({ kind: 'alias', collection: 0, name: alias });
    return true;
  }

  /** Throws 'invalid-argument' when an alias has the name, in whatever letter case. */
  refuseTaken(name: string): void {
    const lower = name.toLowerCase();
    for (const [alias, { name: collection }] of this.#targets) {
      if (alias.toLowerCase() !== lower) continue;
      const message = `alias name ${alias} already exists, for collection ${collection}`;
      throw new DatabaseError('invalid-argument', { message });
    }
  }

  /** The aliases of a collection that is gone are gone with it, without a record of their own. */
  forget(collection: Collection): void {
    for (const [alias, target] of this.#targets) {
      if (target === collection) this.#targets.delete(alias);
    }
  }

  /** Applies what the log or the manifest holds; no collection: the alias is gone, or was later. */
  apply(name: string, collection: Collection | undefined): void {
    if (collection) this.#targets.set(name, collection);
    else this.#targets.delete(name);
  }

  async #lead(name: string, target: Collection): Promise<Alias> {
    this.#targets.set(name, target);
    await this.#parts.commit({ kind: 'alias', collection: target.id, name });
    return { alias: name, collection: target.name };
  }

  #existing(name: string): string | undefined {
    return [name, capitalized(name)].find((one) => this.#targets.has(one));
  }

  #collection(name: string): Collection {
    const found = this.#parts.collection(name);
    if (found) return found;
    const leads = this.target(name);
    const why = leads ? `is an alias of ${leads.name}` : 'does not exist';
    throw new DatabaseError('invalid-argument', { message: `target class "${name}" ${why}` });
  }
}
