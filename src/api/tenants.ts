// Tenants are not offered: both wires refuse a request that names one.

import { DatabaseError } from '../engine/errors.ts';

/** Collections here have no tenants: throws 'invalid-argument' when a request names one. */
export function refuseTenant(tenant: string, collection: string): void {
  if (tenant === '') return;
  const message = `class ${collection} has multi-tenancy disabled, but request was with tenant`;
  throw new DatabaseError('invalid-argument', { message });
}
