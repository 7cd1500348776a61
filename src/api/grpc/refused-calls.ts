// Calls of the service for what this server does not have: tenants. They answer as the reference does for
// collections without them.

import { DatabaseError } from '../../engine/errors.ts';
import { requireRight } from '../caller.ts';
import type { Call } from './call.ts';
import type { TenantsGetReply, TenantsGetRequest } from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';

/** Throws 'invalid-argument': no collection has tenants; 'collection-missing' comes first. */
export async function tenantsGet(
  request: TenantsGetRequest,
  call: Call,
): Promise<MessageInit<TenantsGetReply>> {
  requireRight(call.principal, 'R', request.collection);
  const { name } = call.database.collection(request.collection).config;
  const message = `could not get tenants: multi-tenancy is not enabled for class "${name}"`;
  throw new DatabaseError('invalid-argument', { message });
}
