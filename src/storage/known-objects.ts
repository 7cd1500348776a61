// What objects a store has, by key: in groups of their first two folders, so that those of one collection are
// listed without looking at all others.

import type { ObjectInfo } from './object-store.ts';

/** Owned by a store. */
export class KnownObjects {
  readonly #groups = new Map<string, Map<string, ObjectInfo>>();

  /** Undefined for a key that is absent. */
  get(key: string): ObjectInfo | undefined {
    return this.#groups.get(groupOf(key))?.get(key);
  }

  /** Adds it, or replaces that of its key. */
  set(info: ObjectInfo): void {
    const name = groupOf(info.key);
    const group = this.#groups.get(name) ?? new Map<string, ObjectInfo>();
    this.#groups.set(name, group.set(info.key, info));
  }

  delete(key: string): void {
    const name = groupOf(key);
    const group = this.#groups.get(name);
    group?.delete(key);
    if (group?.size === 0) this.#groups.delete(name);
  }

  /** Those whose keys start with the prefix, in ascending order of key. */
  list(prefix: string): readonly ObjectInfo[] {
    const only = groupOf(prefix);
    const groups = only === '' ? this.#groups.values() : [this.#groups.get(only) ?? new Map()];
    const found: ObjectInfo[] = [];
    for (const group of groups) {
      for (const info of group.values()) if (info.key.startsWith(prefix)) found.push(info);
    }
    return found.sort((left, right) => (left.key < right.key ? -1 : 1));
  }
}

/** The first two folders; empty where there are fewer. */
function groupOf(key: string): string {
  const first = key.indexOf('/');
  const second = first < 0 ? -1 : key.indexOf('/', first + 1);
  return key.slice(0, second + 1);
}
