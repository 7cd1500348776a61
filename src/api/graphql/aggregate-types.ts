// The types of Aggregate: for each collection its objects as a whole or group by group, with a field for
// each property.

import {
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql';
import type { CollectionConfig } from '../../database/collection-config.ts';
import type { PropertySummary } from '../../engine/aggregate/aggregation.ts';
import { aggregateKind } from '../../engine/aggregate/aggregation.ts';
import type { GraphqlCall } from './call.ts';
import { wholeNumber } from './scalars.ts';
import { isFieldName, type TypeNames } from './type-names.ts';

/** One group of an aggregation, or all of it. */
export interface ShownAggregate {
  readonly count: number;
  readonly groupedBy: { readonly path: readonly string[]; readonly value: string } | undefined;
  readonly properties: ReadonlyMap<string, PropertySummary>;
  /** Collections that reference properties lead to, by property. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
}

type Fields = GraphQLFieldConfigMap<ShownAggregate, GraphqlCall>;

/** What Aggregate shows of a collection. */
export function aggregateType(
  config: CollectionConfig,
  names: TypeNames,
): GraphQLObjectType<ShownAggregate, GraphqlCall> {
  return new GraphQLObjectType<ShownAggregate, GraphqlCall>({
    name: names.unique(`${config.name}Aggregate`),
    fields: () => {
      const fields: Fields = {};
      for (const { name, type } of config.properties) {
        if (!isFieldName(name)) continue;
        fields[name] = {
          type: summaryTypes[aggregateKind(type)],
          resolve: ({ properties, targets }) => {
            const summary = properties.get(name);
            return summary && { ...summary, pointingTo: targets.get(name) };
          },
        };
      }
      return { ...fields, ...groupFields };
    },
  });
}

const groupFields: Fields = {
  meta: {
    type: new GraphQLObjectType({
      name: 'AggregateMetaObj',
      fields: { count: { type: wholeNumber } },
    }),
    resolve: ({ count }) => ({ count }),
  },
  groupedBy: {
    type: new GraphQLObjectType({
      name: 'AggregateGroupedByObj',
      fields: { path: { type: new GraphQLList(GraphQLString) }, value: { type: GraphQLString } },
    }),
    resolve: ({ groupedBy }) => groupedBy ?? null,
  },
};

/** A summary with the metrics that were asked for as its members. */
interface ShownSummary extends Readonly<Record<string, unknown>> {
  readonly type: string;
  readonly kind: string;
}

type Metrics = Readonly<Record<string, GraphQLOutputType>>;

function summaryType(name: string, metrics: Metrics) {
  const types: Metrics = { count: wholeNumber, ...metrics };
  return new GraphQLObjectType<ShownSummary>({
    name,
    fields: {
      ...Object.fromEntries(Object.entries(types).map(([metric, type]) => [metric, { type }])),
      type: {
        type: GraphQLString,
        resolve: ({ kind, type }) => (kind === 'reference' ? 'cref' : type),
      },
    },
  });
}

const occurrences = new GraphQLObjectType<ShownSummary>({
  name: 'AggregateTextObj',
  fields: {
    count: { type: wholeNumber },
    type: { type: GraphQLString },
    topOccurrences: {
      type: new GraphQLList(
        new GraphQLObjectType<{ readonly value: string; readonly count: number }>({
          name: 'AggregateTopOccurrenceObj',
          fields: {
            value: { type: GraphQLString },
            occurs: { type: wholeNumber, resolve: ({ count }) => count },
          },
        }),
      ),
      args: { limit: { type: GraphQLInt } },
      // Asked for with the greatest limit of a query that has several.
      resolve: ({ topOccurrences }, { limit }: { readonly limit?: number }) =>
        (topOccurrences as readonly unknown[] | undefined)?.slice(0, limit || undefined),
    },
  },
});

const summaryTypes = {
  number: summaryType('AggregateNumberObj', {
    sum: GraphQLFloat,
    mean: GraphQLFloat,
    median: GraphQLFloat,
    mode: GraphQLFloat,
    minimum: GraphQLFloat,
    maximum: GraphQLFloat,
  }),
  text: occurrences,
  boolean: summaryType('AggregateBooleanObj', {
    totalTrue: wholeNumber,
    totalFalse: wholeNumber,
    percentageTrue: GraphQLFloat,
    percentageFalse: GraphQLFloat,
  }),
  date: summaryType('AggregateDateObj', {
    median: GraphQLString,
    mode: GraphQLString,
    minimum: GraphQLString,
    maximum: GraphQLString,
  }),
  reference: summaryType('AggregateReferenceObj', { pointingTo: new GraphQLList(GraphQLString) }),
  other: summaryType('AggregateOtherObj', {}),
} as const;
