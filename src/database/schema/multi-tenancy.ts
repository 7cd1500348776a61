// Collections for tenants: everything in them belongs to one.

import { DatabaseError } from '../../engine/errors.ts';
import type { CollectionConfig } from '../collection-config.ts';

/**
 * Throws 'invalid-argument' for a collection that was made for tenants: it must not take or show objects
 * of all of them as one.
 */
export function refuseWithoutTenant(
  { name, multiTenancy }: CollectionConfig,
  tenant: string,
): void {
  if (!multiTenancy.enabled || tenant !== '') return;
  const message = `class ${name} has multi-tenancy enabled, but request was without tenant`;
  throw new DatabaseError('invalid-argument', { message });
}

/** Throws 'invalid-argument' for a tenant of a collection that was made without any. */
export function refuseTenant({ name, multiTenancy }: CollectionConfig, tenant: string): void {
  if (multiTenancy.enabled || tenant === '') return;
  const message = `class ${name} has multi-tenancy disabled, but request was with tenant`;
  throw new DatabaseError('invalid-argument', { message });
}
