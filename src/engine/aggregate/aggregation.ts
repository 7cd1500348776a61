// An aggregation as data: which metrics of which properties, over all objects or group by group, and what
// came out. gRPC and the library make the first and read the second.

import { unreachable } from '../assert.ts';
import { DatabaseError } from '../errors.ts';
import type { CollectionSchema, PropertySchema, PropertyType } from '../schema.ts';

/** What can be known of the values of a property, by the kind of its type. */
export const metricsByKind = {
  /** int, number and their arrays. */
  number: ['count', 'sum', 'mean', 'median', 'mode', 'minimum', 'maximum'],
  /** text, uuid and their arrays. */
  text: ['count', 'topOccurrences'],
  boolean: ['count', 'totalTrue', 'totalFalse', 'percentageTrue', 'percentageFalse'],
  date: ['count', 'median', 'mode', 'minimum', 'maximum'],
  reference: ['count'],
  /** blob, geoCoordinates, phoneNumber, object and object[]. */
  other: ['count'],
} as const;
export type AggregateKind = keyof typeof metricsByKind;
export type Metric = (typeof metricsByKind)[AggregateKind][number];

/** Metrics of one property. */
export interface PropertyAggregation {
  readonly property: string;
  readonly metrics: readonly Metric[];
  /** Of `topOccurrences` at most so many values. */
  readonly topMax: number;
}

export interface Aggregation {
  readonly properties: readonly PropertyAggregation[];
  readonly groupBy?: {
    readonly property: string;
    /** Only the groups with the most objects. */
    readonly groupsMax: number;
  };
}

/** A value that objects are grouped by: dates in RFC 3339 (UTC), references as `Collection/uuid`. */
export type GroupValue =
  | string
  | number
  | boolean
  | { readonly latitude: number; readonly longitude: number };

export interface TopOccurrence {
  readonly value: string;
  readonly count: number;
}

interface Summarised {
  readonly property: string;
  readonly type: PropertyType;
  /** Values that are not null; of arrays their elements. */
  readonly count?: number;
}

/**
 * What is known of one property. Only metrics that were asked for are there, and of no values at all
 * none but counts, totals and an empty list. Medians of an even number of values lie between the two
 * in the middle; of several modes it is the least.
 */
export type PropertySummary =
  | (Summarised & {
      readonly kind: 'number';
      readonly sum?: number;
      readonly mean?: number;
      readonly median?: number;
      readonly mode?: number;
      readonly minimum?: number;
      readonly maximum?: number;
    })
  | (Summarised & {
      readonly kind: 'text';
      /** The most frequent first, equally frequent ones in order of their code points. */
      readonly topOccurrences?: readonly TopOccurrence[];
    })
  | (Summarised & {
      readonly kind: 'boolean';
      readonly totalTrue?: number;
      readonly totalFalse?: number;
      /** Shares of 1. */
      readonly percentageTrue?: number;
      readonly percentageFalse?: number;
    })
  | (Summarised & {
      readonly kind: 'date';
      /** RFC 3339 in UTC, to the nanosecond; with an offset where UTC's year has not four digits. */
      readonly median?: string;
      readonly mode?: string;
      readonly minimum?: string;
      readonly maximum?: string;
    })
  | (Summarised & { readonly kind: 'reference' })
  | (Summarised & { readonly kind: 'other' });

export interface AggregateGroup {
  readonly value: GroupValue;
  /** Objects that have the value. */
  readonly count: number;
  readonly properties: readonly PropertySummary[];
}

export interface AggregateResult {
  /** Objects that were aggregated. */
  readonly count: number;
  /** Beside those asked for; of grouped aggregations it is empty. */
  readonly properties: readonly PropertySummary[];
  /**
   * Only when asked for: those with the most objects first, equal ones in order of value. An object with
   * several values is in the group of each, one without a value in none.
   */
  readonly groups?: readonly AggregateGroup[];
}

/** Which metrics a property of that type has. */
export function aggregateKind(type: PropertyType): AggregateKind {
  switch (type) {
    case 'int':
    case 'int[]':
    case 'number':
    case 'number[]':
      return 'number';
    case 'text':
    case 'text[]':
    case 'uuid':
    case 'uuid[]':
      return 'text';
    case 'boolean':
    case 'boolean[]':
      return 'boolean';
    case 'date':
    case 'date[]':
      return 'date';
    case 'reference':
      return 'reference';
    case 'blob':
    case 'blobHash':
    case 'geoCoordinates':
    case 'phoneNumber':
    case 'object':
    case 'object[]':
      return 'other';
    default:
      return unreachable(type);
  }
}

/** Throws 'property-missing' or 'invalid-argument' for an aggregation that makes no sense. */
export function checkAggregation(aggregation: Aggregation, schema: CollectionSchema): void {
  for (const { property, metrics } of aggregation.properties) {
    const { type } = propertyOf(property, schema);
    const known: readonly Metric[] = metricsByKind[aggregateKind(type)];
    const wrong = metrics.find((metric) => !known.includes(metric));
    if (wrong === undefined) continue;
    throw invalid(
      `aggregate: property '${property}' of class '${schema.collection}' has type ${type}, which has no ${wrong}: it has ${known.join(', ')}`,
    );
  }
  const { groupBy } = aggregation;
  if (!groupBy) return;
  const { type } = propertyOf(groupBy.property, schema);
  if (aggregateKind(type) === 'other' && type !== 'geoCoordinates') {
    throw invalid(
      `aggregate: group by property '${groupBy.property}' of class '${schema.collection}': its type ${type} has no values to group by`,
    );
  }
}

/** Throws 'property-missing'. */
export function propertyOf(
  name: string,
  { properties, collection }: Pick<CollectionSchema, 'properties' | 'collection'>,
): PropertySchema {
  const found = properties.find((property) => property.name === name);
  if (found) return found;
  throw new DatabaseError('property-missing', { property: name, collection });
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
