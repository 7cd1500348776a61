// What a tenant may be called.

import { DatabaseError } from '../../engine/errors.ts';

/** True for letters, digits, `_` and `-`, 1 to 64 of them. */
export function isTenantName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name);
}

/** Throws 'invalid-argument' for what is no name of a tenant, with its place in the request. */
export function checkTenantName(name: string, index: number): void {
  if (isTenantName(name)) return;
  const message = `tenant name at index ${index}:  '${name}' is not a valid tenant name. should only contain alphanumeric characters (a-z, A-Z, 0-9), underscore (_), and hyphen (-), with a length between 1 and 64 characters`;
  throw new DatabaseError('invalid-argument', { message });
}
