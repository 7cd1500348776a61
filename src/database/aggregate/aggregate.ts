// One aggregation over a collection: chooses the objects, by a filter and perhaps a search, and runs it
// in steps, so that others are answered meanwhile.

import { setImmediate } from 'node:timers/promises';
import { aggregate } from '../../engine/aggregate/aggregate.ts';
import {
  type AggregateResult,
  type Aggregation,
  checkAggregation,
} from '../../engine/aggregate/aggregation.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import type { HybridQuery, KeywordQuery, VectorQuery } from '../../engine/query/query.ts';
import { allowedCount, takeSnapshot } from '../../engine/query/snapshot.ts';
import type { RequestContext } from '../object-input.ts';
import { resolveQuery } from '../resolve-query.ts';
import type { QueryScope } from '../search/query-vectors.ts';
import type { SearchRun, SearchScope } from '../search.ts';
import { foundDocuments } from './found-documents.ts';

/** A search without paging: its hits are aggregated. */
export type AggregatedQuery =
  | Pick<VectorQuery, 'kind' | 'search'>
  | Pick<KeywordQuery, 'kind' | 'search'>
  | Pick<HybridQuery, 'kind' | 'alpha' | 'fusion' | 'keyword' | 'vector'>;

export interface AggregateSearch {
  readonly query: AggregatedQuery;
  /** The best so many. Without it all that are close enough; a vector search then needs a scoreMin. */
  readonly objectsMax?: number;
  /** Scores every allowed object, so that none can be missed. */
  readonly exact?: boolean;
}

export interface AggregateRequest extends Aggregation {
  readonly filter?: Filter;
  readonly search?: AggregateSearch;
}

/** What an aggregation needs of its collection. */
export interface AggregateScope extends SearchScope, Pick<SearchRun, 'noteScan'> {
  readonly query: QueryScope;
}

/** Milliseconds of work before others have their turn. */
const turnMs = 8;

/** Aggregates what is stored at this moment. Throws DatabaseError. */
export async function runAggregate(
  scope: AggregateScope,
  request: AggregateRequest,
  context: RequestContext,
): Promise<AggregateResult> {
  const { segments, schema } = scope;
  const { search, filter } = request;
  checkAggregation(request, schema);
  const executable = search && (await resolveQuery(firstPage(search), scope.query, context));
  using held = segments.hold();
  const snapshot = takeSnapshot(held.segments, schema, scope.visible(filter));
  const searched =
    search && executable
      ? await foundDocuments(snapshot, executable, { ...scope, search, signal: context.signal })
      : snapshot.segments;
  if (request.properties.length === 0 && !request.groupBy) {
    return { count: allowedCount({ segments: searched, schema }), properties: [] };
  }
  return await inTurns(aggregate(searched, schema, request), context.signal);
}

/** The query as it is resolved; how many hits it has is decided afterwards. */
function firstPage({
  query,
}: AggregateSearch): AggregatedQuery & Pick<VectorQuery, 'offset' | 'limit' | 'autocut'> {
  return { ...query, offset: 0, limit: 1, autocut: 0 };
}

async function inTurns<T>(
  steps: Generator<undefined, T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - since < turnMs) continue;
    await setImmediate();
    if (signal?.aborted) throw new DatabaseError('cancelled');
    since = performance.now();
  }
}
