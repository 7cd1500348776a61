// The call Aggregate: decodes, asks the collection, encodes.

import { requireRight } from '../../caller.ts';
import { wantsExact } from '../../exact-header.ts';
import { type Call, holdCollection, secondsSince } from '../call.ts';
import type { AggregateReply, AggregateRequest } from '../generated/messages.ts';
import type { MessageInit } from '../protocol.ts';
import { encodeAggregateReply } from './aggregate-reply.ts';
import { decodeAggregateRequest } from './aggregate-request.ts';

/** Throws DatabaseError. */
export async function aggregate(
  request: AggregateRequest,
  call: Call,
): Promise<MessageInit<AggregateReply>> {
  const start = performance.now();
  requireRight(call.principal, 'R', request.collection);
  using held = await holdCollection(call, request.collection, request.tenant);
  const { collection } = held;
  const { config } = collection;
  const { search, ...asked } = decodeAggregateRequest(request, config);
  const exact = wantsExact(call.context.headers);
  const searched = search && { search: { ...search, exact } };
  const result = await collection.aggregate({ ...asked, ...searched }, call.context);
  return encodeAggregateReply(result, request, { config, seconds: secondsSince(start) });
}
