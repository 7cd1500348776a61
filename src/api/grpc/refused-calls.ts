// Calls of the service for what this server does not have: references and tenants. They answer as the
// reference does for collections without them.

import { DatabaseError } from '../../engine/errors.ts';
import { requireRight } from '../caller.ts';
import { type Call, secondsSince } from './call.ts';
import type {
  BatchReferencesReply,
  BatchReferencesRequest,
  TenantsGetReply,
  TenantsGetRequest,
} from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';

/** Each reference fails by itself; the call succeeds. */
export async function batchReferences(
  request: BatchReferencesRequest,
): Promise<MessageInit<BatchReferencesReply>> {
  const start = performance.now();
  const errors = request.references.map((_, index) => ({ index, error: referenceError().message }));
  return { took: secondsSince(start), errors };
}

/** The error of one reference. */
export function referenceError(): DatabaseError {
  return new DatabaseError('not-implemented', { what: 'writing references' });
}

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
