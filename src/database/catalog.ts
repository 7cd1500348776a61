// The collections of a database by number, name and alias, and how references lead from one to another.

import { DatabaseError } from '../engine/errors.ts';
import { Aliases } from './aliases/aliases.ts';
import type { Collection } from './collection.ts';
import type { Change } from './records.ts';
import type { Neighbours } from './references/neighbours.ts';
import { capitalized } from './schema/names.ts';

/** Owned by Database. */
export class Catalog {
  /** Other names of collections. */
  readonly aliases: Aliases;
  readonly #byId = new Map<number, Collection>();
  readonly #byName = new Map<string, Collection>();

  /** `commit` resolves when a change of the aliases survives a crash. */
  constructor(commit: (change: Change) => Promise<void>) {
    this.aliases = new Aliases({
      collection: (name) => this.#named(name),
      refuseTaken: (name) => this.refuseTaken(name),
      commit,
    });
  }

  add(collection: Collection): void {
    this.#byId.set(collection.id, collection);
    this.#byName.set(collection.name, collection);
  }

  /** Its aliases go with it. */
  remove(collection: Collection): void {
    this.aliases.forget(collection);
    this.#byId.delete(collection.id);
    this.#byName.delete(collection.name);
  }

  byId(id: number): Collection | undefined {
    return this.#byId.get(id);
  }

  /** By name or alias; a lower-case first letter is upper-cased. */
  readonly find = (name: string): Collection | undefined =>
    this.#named(name) ?? this.aliases.target(name);

  /** In ascending order of name. */
  sorted(): readonly Collection[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** In no order. */
  all(): Iterable<Collection> {
    return this.#byId.values();
  }

  /** Throws 'collection-exists', and 'invalid-argument' for the same name in another letter case or an alias. */
  refuseTaken(name: string): void {
    const lower = name.toLowerCase();
    for (const taken of this.#byName.keys()) {
      if (taken === name) throw new DatabaseError('collection-exists', { collection: name });
      if (taken.toLowerCase() === lower) {
        const message = `class already exists: found similar class "${taken}"`;
        throw new DatabaseError('invalid-argument', { message });
      }
    }
    this.aliases.refuseTaken(name);
  }

  /** The collections that references of a collection lead to, and those that theirs lead to. */
  referredTo(of: Collection): readonly Collection[] {
    const found = new Set<Collection>([of]);
    for (const { config } of found) {
      for (const name of config.properties.flatMap(({ targets = [] }) => targets)) {
        const target = this.find(name);
        if (target) found.add(target);
      }
    }
    found.delete(of);
    return [...found];
  }

  /** The collections as references see them through `find`, which may show a tenant in the place of its collection. */
  neighbours(find: (name: string) => Collection | undefined): Neighbours {
    const holder = (uuid: string): Collection | undefined =>
      this.sorted()
        .map(({ name }) => unlessInactive(find, name))
        .find((collection) => collection?.segments.find(uuid) !== undefined);
    return { find, holder };
  }

  #named(name: string): Collection | undefined {
    return this.#byName.get(name) ?? this.#byName.get(capitalized(name));
  }
}

/** What is inactive holds nothing that could be seen. */
function unlessInactive(
  find: (name: string) => Collection | undefined,
  name: string,
): Collection | undefined {
  try {
    return find(name);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'tenant-inactive') return undefined;
    throw error;
  }
}
