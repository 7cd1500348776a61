// The call TenantsGet: the tenants of a collection, or those of some names.

import { DatabaseError } from '../../engine/errors.ts';
import { requireRight } from '../caller.ts';
import { type Call, secondsSince } from './call.ts';
import {
  TenantActivityStatus,
  type TenantsGetReply,
  type TenantsGetRequest,
} from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';

/** By name; unknown names are left out. Throws 'collection-missing', 'invalid-argument' where there are no tenants. */
export async function tenantsGet(
  request: TenantsGetRequest,
  call: Call,
): Promise<MessageInit<TenantsGetReply>> {
  const start = performance.now();
  requireRight(call.principal, 'R', request.collection);
  const { database } = call;
  const collection = database.collection(request.collection);
  if (request.names && request.names.values.length === 0) {
    const message = 'could not get tenants: must specify at least one tenant name';
    throw new DatabaseError('invalid-argument', { message });
  }
  const found = database.tenants.list(collection, request.names?.values);
  return {
    took: secondsSince(start),
    tenants: found.map(({ name, status }) => ({
      name,
      activity_status:
        status === 'active'
          ? TenantActivityStatus.TENANT_ACTIVITY_STATUS_HOT
          : TenantActivityStatus.TENANT_ACTIVITY_STATUS_COLD,
    })),
  };
}
