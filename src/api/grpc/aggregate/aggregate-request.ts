// An AggregateRequest to the database's form: which metrics, of what.

import type {
  AggregatedQuery,
  AggregateRequest as DatabaseRequest,
} from '../../../database/aggregate/aggregate.ts';
import type { CollectionConfig } from '../../../database/collection-config.ts';
import {
  aggregateKind,
  type Metric,
  type PropertyAggregation,
} from '../../../engine/aggregate/aggregation.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import { aggregateGroupsDefault, topOccurrencesDefault } from '../../../engine/limits.ts';
import { decodeFilter } from '../filters.ts';
import type {
  AggregateRequest,
  AggregateRequestAggregation,
  AggregateRequestGroupBy,
} from '../generated/messages.ts';
import { decodeHybrid } from '../hybrid-search.ts';
import { decodeNearSearch, refuseUnofferedMedia } from '../near-search.ts';

/** Throws DatabaseError for a request that makes no sense or asks for what is not offered. */
export function decodeAggregateRequest(
  request: AggregateRequest,
  config: CollectionConfig,
): DatabaseRequest {
  const { filters, group_by } = request;
  const query = decodeSearch(request, config);
  const objectsMax = request.object_limit || undefined;
  if (objectsMax !== undefined && !query) {
    throw invalid('aggregate: object_limit goes with a near_… or hybrid search, there is none');
  }
  return {
    properties: request.aggregations.map((asked) => decodeProperty(asked, config)),
    ...(group_by && { groupBy: decodeGroupBy(group_by, request.limit) }),
    ...(filters && { filter: decodeFilter(filters) }),
    ...(query && { search: { query, ...(objectsMax !== undefined && { objectsMax }) } }),
  };
}

/** The wire holds one search at most. */
function decodeSearch(
  request: AggregateRequest,
  config: CollectionConfig,
): AggregatedQuery | undefined {
  refuseUnofferedMedia(request, config.name);
  if (request.hybrid) return decodeHybrid(request.hybrid, config).search;
  const search = decodeNearSearch(request, config);
  return search && { kind: 'vector', search };
}

function decodeGroupBy(
  { property }: AggregateRequestGroupBy,
  limit: number | undefined,
): NonNullable<DatabaseRequest['groupBy']> {
  if (property === '') throw invalid('aggregate: group by names no property');
  return { property, groupsMax: limit || aggregateGroupsDefault };
}

/** Wire fields to metrics; a request may name the integers' form for numbers and the other way round. */
const metricsByField = {
  count: 'count',
  sum: 'sum',
  mean: 'mean',
  median: 'median',
  mode: 'mode',
  minimum: 'minimum',
  maximum: 'maximum',
  top_occurences: 'topOccurrences',
  total_true: 'totalTrue',
  total_false: 'totalFalse',
  percentage_true: 'percentageTrue',
  percentage_false: 'percentageFalse',
} as const satisfies Record<string, Metric>;

function decodeProperty(
  asked: AggregateRequestAggregation,
  config: CollectionConfig,
): PropertyAggregation {
  const { property, int, number, text, boolean, date, reference } = asked;
  if (property === '') throw invalid('aggregate: an aggregation names no property');
  const fields = int ?? number ?? text ?? boolean ?? date ?? reference;
  if (fields === undefined) {
    throw invalid(`aggregate: nothing is asked of property '${property}'`);
  }
  const set = new Set(Object.entries(fields).flatMap(([name, value]) => (value ? [name] : [])));
  // Clients that want values without their counts leave the field out and expect them all the same.
  if (text && isText(property, config)) set.add('top_occurences');
  const metrics = Object.entries(metricsByField)
    .filter(([field]) => set.has(field))
    .map(([, metric]) => metric);
  return { property, metrics, topMax: text?.top_occurences_limit || topOccurrencesDefault };
}

function isText(property: string, { properties }: CollectionConfig): boolean {
  const type = properties.find(({ name }) => name === property)?.type;
  return type !== undefined && aggregateKind(type) === 'text';
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
