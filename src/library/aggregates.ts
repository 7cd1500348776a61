// Aggregations as callers of the library say them, and their answers with the caller's property names.

import type { AggregateRequest, AggregateSearch } from '../database/aggregate/aggregate.ts';
import {
  type AggregateResult,
  aggregateKind,
  type GroupValue,
  type Metric,
  metricsByKind,
  type PropertySummary,
  propertyOf,
} from '../engine/aggregate/aggregation.ts';
import type { Filter } from '../engine/filter/filter.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import type { ElementOf } from './filters.ts';
import { checkCounts, queryOf, type SearchPage, type SearchRequest } from './search-requests.ts';

type WithoutPage<Request> = Request extends unknown
  ? Omit<Request, keyof SearchPage | 'boost' | 'diversity'>
  : never;

/** A search whose hits are aggregated. */
export type AggregatedSearch = WithoutPage<SearchRequest> & {
  /** The best so many. Without it all that are close enough; a vector search then needs a `scoreMin`. */
  readonly objectsMax?: number;
};

/** What is to be known of the properties of objects. */
export interface AggregateQuestion<P, Name extends keyof P & string> {
  /** By property: what to find out, or everything that its type has. */
  readonly properties?: Readonly<Record<Name, readonly Metric[] | 'all'>>;
  /** Values that `topOccurrences` names at most; default 5. */
  readonly topMax?: number;
  /** Asks it of the objects of each value of this property. */
  readonly groupBy?: keyof P & string;
  /** Only the groups with the most objects; default 100. */
  readonly groupsMax?: number;
  readonly filter?: Filter;
  /** Only hits of this search. */
  readonly search?: AggregatedSearch;
}

/** What is known of a property of that type; dates, uuids and references are texts of the caller. */
export type SummaryOf<V> = [ElementOf<V>] extends [number]
  ? Extract<PropertySummary, { readonly kind: 'number' }>
  : [ElementOf<V>] extends [boolean]
    ? Extract<PropertySummary, { readonly kind: 'boolean' }>
    : PropertySummary;

/** By the properties that were asked for. */
export type Summaries<P, Name extends keyof P & string> = {
  readonly [Each in Name]: SummaryOf<P[Each]>;
};

/** What came out. */
export interface Aggregated<P, Name extends keyof P & string> {
  /** Objects that were aggregated. */
  readonly count: number;
  /** Of all of them; without entries where they are grouped. */
  readonly properties: Partial<Summaries<P, Name>>;
  /** Only when asked for, those with the most objects first. */
  readonly groups: readonly {
    readonly value: GroupValue;
    readonly count: number;
    readonly properties: Summaries<P, Name>;
  }[];
}

const topDefault = 5;
const groupsDefault = 100;

/** What the database aggregates for a question. Throws 'property-missing', and 'invalid-argument' for numbers that make no sense. */
export function aggregationOf<P, Name extends keyof P & string>(
  question: AggregateQuestion<P, Name>,
  schema: CollectionSchema,
): AggregateRequest {
  const { topMax = topDefault, groupsMax = groupsDefault, groupBy, filter, search } = question;
  checkCounts({ topMax, groupsMax }, 1);
  const asked: [string, readonly Metric[] | 'all'][] = Object.entries(question.properties ?? {});
  return {
    properties: asked.map(([property, given]) => {
      const { type } = propertyOf(property, schema);
      const metrics = given === 'all' ? metricsByKind[aggregateKind(type)] : given;
      return { property, metrics, topMax };
    }),
    ...(groupBy === undefined ? {} : { groupBy: { property: groupBy, groupsMax } }),
    ...(filter ? { filter } : {}),
    ...(search ? { search: searchOf(search) } : {}),
  };
}

/** The answer by name of property. */
export function aggregatedOf<P, Name extends keyof P & string>({
  count,
  properties,
  groups = [],
}: AggregateResult): Aggregated<P, Name> {
  return {
    count,
    properties: byName<P, Name>(properties),
    groups: groups.map((group) => ({ ...group, properties: byName<P, Name>(group.properties) })),
  };
}

/** The database has made a summary of the kind of each property that was asked for. */
function byName<P, Name extends keyof P & string>(
  summaries: readonly PropertySummary[],
): Summaries<P, Name> {
  const entries = summaries.map((summary) => [summary.property, summary]);
  return Object.fromEntries(entries) as Summaries<P, Name>;
}

function searchOf({ objectsMax, ...request }: AggregatedSearch): AggregateSearch {
  if (objectsMax !== undefined) checkCounts({ objectsMax }, 1);
  const query = queryOf(request);
  if (query.kind === 'fetch') throw new Error('a search is no fetch');
  const exact = request.kind !== 'keyword' && (request.exact ?? false);
  return { query, exact, ...(objectsMax === undefined ? {} : { objectsMax }) };
}
