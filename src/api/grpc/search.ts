// The call Search: decodes, asks the collection, encodes.

import { requireRight } from '../caller.ts';
import { wantsExact } from '../exact-header.ts';
import { type Call, holdCollection, secondsSince } from './call.ts';
import type { SearchReply, SearchRequest } from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';
import { showsVectors } from './references/object-metadata.ts';
import { encodeSearchReply } from './search-reply.ts';
import { decodeSearchRequest } from './search-request.ts';

/** Throws DatabaseError. */
export async function search(
  request: SearchRequest,
  call: Call,
): Promise<MessageInit<SearchReply>> {
  const start = performance.now();
  requireRight(call.principal, 'R', request.collection);
  using held = await holdCollection(call, request.collection, request.tenant);
  const { collection } = held;
  const find = (name: string) => collection.referredTo(name);
  const scope = { config: collection.config, limits: call.limits, find };
  const decoded = decodeSearchRequest(request, scope);
  const { query, fields, afterwards } = decoded;
  const options = {
    // Distances in groups of a hybrid search come from its explanation.
    explain: fields.explainScore || (query.kind === 'hybrid' && query.groupBy !== undefined),
    ...afterwards,
    vectors: showsVectors(fields),
    exact: wantsExact(call.context.headers),
  };
  const result = await collection.search(query, options, call.context);
  return encodeSearchReply(result, decoded, collection.config, secondsSince(start));
}
