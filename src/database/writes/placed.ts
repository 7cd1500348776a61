// Things of a request that belong to collections or to tenants of them, and which of them belong together.

import { DatabaseError } from '../../engine/errors.ts';

/** Something that belongs to a collection, or to a tenant of it. */
export type Placed<T> = T & { readonly collection: string; readonly tenant?: string };

/** Places in a list of what belongs to the same collection and tenant. */
export interface PlacedGroup {
  /** The name of the collection, also where an alias was given. */
  readonly name: string;
  readonly tenant: string;
  readonly indexes: readonly number[];
}

/** Groups in the order of their first items; `nameOf` tells the collection that an alias leads to. */
function groupPlaced(
  items: readonly Placed<object>[],
  nameOf: (name: string) => string,
): Iterable<PlacedGroup> {
  const groups = new Map<string, PlacedGroup & { readonly indexes: number[] }>();
  for (const [index, { collection, tenant = '' }] of items.entries()) {
    const name = nameOf(collection);
    const key = JSON.stringify([name, tenant]);
    const group = groups.get(key) ?? { name, tenant, indexes: [] };
    group.indexes.push(index);
    groups.set(key, group);
  }
  return groups.values();
}

/** So many tenants of a collection are written side by side: they share what the log syncs. */
const groupsMax = 8;

/**
 * Does the work for each group of items: of one collection after the other, in the order of their first
 * items, and for several tenants of one at a time. Rejects with what one rejects with first.
 */
export async function eachPlaced(
  items: readonly Placed<object>[],
  nameOf: (name: string) => string,
  work: (group: PlacedGroup) => Promise<void>,
): Promise<void> {
  const byName = Map.groupBy(groupPlaced(items, nameOf), ({ name }) => name);
  for (const groups of byName.values()) {
    const left = groups.values();
    const workLeft = async (): Promise<void> => {
      for (const group of left) await work(group);
    };
    await Promise.all(Array.from({ length: Math.min(groupsMax, groups.length) }, workLeft));
  }
}

/** What `work` resolves to, or its DatabaseError once for each of so many items. */
export async function failingTogether(
  count: number,
  work: () => Promise<readonly (DatabaseError | undefined)[]>,
): Promise<readonly (DatabaseError | undefined)[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return new Array<DatabaseError>(count).fill(error);
  }
}
