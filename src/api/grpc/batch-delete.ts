// The call BatchDelete.

import { DatabaseError } from '../../engine/errors.ts';
import { requireRight } from '../caller.ts';
import { type Call, holdCollection, secondsSince } from './call.ts';
import { decodeFilter } from './filters.ts';
import type { BatchDeleteReply, BatchDeleteRequest } from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';
import { uuidBytes } from './references/object-metadata.ts';

/** Throws DatabaseError, 'invalid-argument' when there is no filter. */
export async function batchDelete(
  request: BatchDeleteRequest,
  call: Call,
): Promise<MessageInit<BatchDeleteReply>> {
  const start = performance.now();
  requireRight(call.principal, 'D', request.collection);
  using held = await holdCollection(call, request.collection, request.tenant ?? '');
  const { collection } = held;
  if (request.filters === undefined) {
    throw new DatabaseError('invalid-argument', { message: 'batch delete: a filter is required' });
  }
  const { dry_run, verbose } = request;
  const filter = decodeFilter(request.filters);
  const result = await collection.deleteMany(filter, { dryRun: dry_run, verbose });
  const { matches, successful, failed, objects = [] } = result;
  return {
    took: secondsSince(start),
    matches,
    successful,
    failed,
    objects: objects.map(({ uuid, error }) => ({
      uuid: uuidBytes(uuid),
      successful: error === undefined,
      error: error?.message ?? '',
    })),
  };
}
