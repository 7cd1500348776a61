// Aggregate: the arguments and the selection of a collection to an aggregation, and what came out to the
// groups of the reply.

import type { FieldNode } from 'graphql';
import type { Collection } from '../../database/collection.ts';
import { beaconOf, storedReference } from '../../database/references/reference.ts';
import {
  type AggregateGroup,
  aggregateKind,
  type GroupValue,
  type Metric,
  metricsByKind,
  type PropertyAggregation,
} from '../../engine/aggregate/aggregation.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { topOccurrencesDefault } from '../../engine/limits.ts';
import { wantsExact } from '../exact-header.ts';
import { decodeAggregateRequest } from '../grpc/aggregate/aggregate-request.ts';
import { openCodecs } from '../grpc/protocol.ts';
import { filterFromJson } from '../rest/where.ts';
import type { ShownAggregate } from './aggregate-types.ts';
import type { GraphqlCall } from './call.ts';
import type { Asked } from './get.ts';
import { type Arguments, hybridMessage, nearMessages } from './search-message.ts';
import { argumentsOf, fieldsBelow, named, type SelectionInfo } from './selection.ts';

/** The groups that a field below Aggregate shows; one where nothing is grouped. Throws DatabaseError or WireError. */
export async function resolveAggregate(
  collection: Collection,
  { args, nodes, info }: Asked,
  call: GraphqlCall,
): Promise<readonly ShownAggregate[]> {
  const { config } = collection;
  const { search, ...asked } = decode(args, collection);
  const exact = wantsExact(call.context.headers);
  const properties = askedProperties(fieldsBelow(nodes, info), info, collection);
  const request = { ...asked, properties, ...(search && { search: { ...search, exact } }) };
  const result = await collection.aggregate(request, call.context);
  const targets = new Map(config.properties.map(({ name, targets: to = [] }) => [name, to]));
  const show = (
    { count, properties: summaries }: Pick<AggregateGroup, 'count' | 'properties'>,
    groupedBy?: ShownAggregate['groupedBy'],
  ): ShownAggregate => ({
    count,
    groupedBy,
    properties: new Map(summaries.map((summary) => [summary.property, summary])),
    targets,
  });
  if (!result.groups) return [show(result)];
  const path = [request.groupBy?.property ?? ''];
  const type = config.properties.find(({ name }) => name === path[0])?.type;
  return result.groups.map((group) => {
    return show(group, { path, value: groupText(group.value, type === 'reference') });
  });
}

function decode(args: Arguments, { config }: Collection) {
  const { where, hybrid, groupBy, limit, objectLimit } = args as {
    readonly where?: unknown;
    readonly hybrid?: Arguments;
    readonly groupBy?: readonly string[];
    readonly limit?: number;
    readonly objectLimit?: number;
  };
  const [property = '', ...more] = groupBy ?? [];
  if (more.length > 0) {
    throw invalid(`groupBy: objects are grouped by one property, got [${groupBy?.join(', ')}]`);
  }
  for (const [name, value] of Object.entries({ limit, objectLimit })) {
    if (value && value < 0) throw invalid(`${name} is ${value}, it must be at least 0`);
  }
  const codec = openCodecs()('weaviate.v1.AggregateRequest');
  const message = codec.encode({
    collection: config.name,
    ...(groupBy && { group_by: { collection: config.name, property } }),
    ...(typeof limit === 'number' && { limit }),
    ...(typeof objectLimit === 'number' && { object_limit: objectLimit }),
    ...(hybrid && { hybrid: hybridMessage(hybrid, config) }),
    ...nearMessages(args, config),
  });
  const decoded = decodeAggregateRequest(codec.decode(message), config);
  return { ...decoded, ...(where ? { filter: filterFromJson(where, 'where') } : {}) };
}

/** One aggregation for each property, however often it stands there. */
function askedProperties(
  fields: readonly FieldNode[],
  info: SelectionInfo,
  { config }: Collection,
): readonly PropertyAggregation[] {
  return config.properties.flatMap(({ name, type }) => {
    const nodes = named(fields, name);
    if (nodes.length === 0) return [];
    const below = fieldsBelow(nodes, info);
    const known: readonly Metric[] = metricsByKind[aggregateKind(type)];
    const metrics = known.filter((metric) => named(below, metric).length > 0);
    const limits = named(below, 'topOccurrences').map((node) => {
      const { limit } = argumentsOf(node, info);
      return typeof limit === 'number' && limit > 0 ? limit : topOccurrencesDefault;
    });
    return [{ property: name, metrics, topMax: Math.max(0, ...limits) || topOccurrencesDefault }];
  });
}

function groupText(value: GroupValue, isReference: boolean): string {
  if (isReference && typeof value === 'string') return beaconOf(storedReference(value));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
