// What every handler of a call receives.

import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import type { RequestContext } from '../../database/object-input.ts';
import type { Principal } from '../caller.ts';
import type { SearchLimits } from '../search-limits.ts';
import { refuseTenant } from '../tenants.ts';

export interface Call {
  readonly database: Database;
  readonly principal: Principal;
  readonly context: RequestContext;
  readonly limits: SearchLimits;
}

/** The collection of a request without a tenant. Throws 'collection-missing' or refuseTenant's errors. */
export function openCollection(call: Call, name: string, tenant: string): Collection {
  const collection = call.database.collection(name);
  refuseTenant(tenant, collection.config.name);
  return collection;
}

/** Seconds since `start`, a time of performance.now(). */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
