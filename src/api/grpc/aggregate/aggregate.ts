// The call Aggregate, as far as it goes here: how many objects there are, also behind a filter.

import { DatabaseError } from '../../engine/errors.ts';
import { requireRight } from '../caller.ts';
import { type Call, openCollection, secondsSince } from './call.ts';
import { decodeFilter } from './filters.ts';
import type { AggregateReply, AggregateRequest } from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';

/** Throws DatabaseError, 'not-implemented' for everything but the count. */
export async function aggregate(
  request: AggregateRequest,
  call: Call,
): Promise<MessageInit<AggregateReply>> {
  const start = performance.now();
  requireRight(call.principal, 'R', request.collection);
  const collection = openCollection(call, request.collection, request.tenant);
  refuseUnoffered(request);
  const filter = request.filters && decodeFilter(request.filters);
  const single = request.objects_count ? { objects_count: collection.count(filter) } : {};
  return { single_result: single, took: secondsSince(start) };
}

const searches = [
  'hybrid',
  'near_vector',
  'near_object',
  'near_text',
  'near_image',
  'near_audio',
  'near_video',
  'near_depth',
  'near_thermal',
  'near_imu',
] as const;

function refuseUnoffered(request: AggregateRequest): void {
  const search = searches.find((name) => request[name] !== undefined);
  const what =
    (request.group_by && 'aggregation by groups') ||
    (search && `aggregation over the hits of ${search}`) ||
    (request.aggregations.length > 0 && 'aggregation over properties');
  if (what) throw new DatabaseError('not-implemented', { what });
}
