// What every handler of a call receives.

import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import type { RequestContext } from '../../database/object-input.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { Principal } from '../caller.ts';
import type { SearchLimits } from '../search-limits.ts';
import { refuseTenant } from '../tenants.ts';

export interface Call {
  readonly database: Database;
  readonly principal: Principal;
  readonly context: RequestContext;
  readonly limits: SearchLimits;
}

/** The collection of a request without a tenant. Throws 'collection-missing', 'invalid-argument' without a name, or refuseTenant's errors. */
export function openCollection(call: Call, name: string, tenant: string): Collection {
  if (name === '') {
    throw new DatabaseError('invalid-argument', { message: 'the request names no collection' });
  }
  const collection = call.database.collection(name);
  refuseTenant(tenant, collection.config.name);
  return collection;
}

/** Seconds since `start`, a time of performance.now(). */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
