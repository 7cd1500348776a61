// What files beside the segments belong to: collections and tenants by their number in the database.

import type { Collection } from '../database/collection.ts';
import type { Database } from '../database/database.ts';

/**
 * The collection, or the tenant, of this number. `closed` is a tenant that nobody uses, so that what it has
 * is not known now; undefined is what the database does not have any more.
 */
export function knownCollection(database: Database, id: number): Collection | 'closed' | undefined {
  const { tenants } = database;
  const plain = database.collections().find((each) => each.id === id);
  if (plain || !tenants.has(id)) return plain;
  return tenants.openOnes().find((each) => each.id === id) ?? 'closed';
}
