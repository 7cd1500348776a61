// What every handler of a call receives.

import type { Database } from '../../database/database.ts';
import type { RequestContext } from '../../database/object-input.ts';
import type { HeldCollection } from '../../database/tenants/tenant.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { Principal } from '../caller.ts';
import type { SearchLimits } from '../search-limits.ts';

export interface Call {
  readonly database: Database;
  readonly principal: Principal;
  readonly context: RequestContext;
  readonly limits: SearchLimits;
}

/**
 * The collection of a request, or the tenant of it, open until it is disposed of. Rejects with
 * 'invalid-argument' without a name, and as Database.hold.
 */
export async function holdCollection(
  { database }: Call,
  name: string,
  tenant: string,
): Promise<HeldCollection> {
  if (name === '') {
    throw new DatabaseError('invalid-argument', { message: 'the request names no collection' });
  }
  return await database.hold(name, tenant);
}

/** Seconds since `start`, a time of performance.now(). */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
