// Who calls: the principal that the server's authentication finds for a request, and what it may do.

import type { RequestContext } from '../database/object-input.ts';
import { DatabaseError } from '../engine/errors.ts';

/** Someone who may use the database, as far as the two rights go. */
export interface Principal {
  readonly name: string;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
}

/**
 * Finds who calls from the request's headers (lower-case names). Throws or rejects with DatabaseError
 * 'unauthenticated' when nobody is found.
 */
export type Authenticate = (headers: RequestContext['headers']) => Principal | Promise<Principal>;

/** What a call does to a collection's objects, by the letters that messages use. */
export type Action = 'C' | 'R' | 'U' | 'D';

/** The error of a caller who lacks a right; undefined when it has it. */
export function forbidden(
  principal: Principal,
  action: Action,
  collection: string,
): DatabaseError | undefined {
  const allowed = action === 'R' ? principal.mayRead : principal.mayWrite;
  if (allowed) return undefined;
  const message = `forbidden action: user '${principal.name}' has insufficient permissions to ${action} [data/collections/${collection}/shards/*/objects/*]`;
  return new DatabaseError('forbidden', { message });
}

/** Throws 'forbidden' when the caller lacks the right. */
export function requireRight(principal: Principal, action: Action, collection: string): void {
  const error = forbidden(principal, action, collection);
  if (error !== undefined) throw error;
}
