// What an aggregation found, as an AggregateReply.

import type { CollectionConfig } from '../../../database/collection-config.ts';
import { beaconOf, parseReference } from '../../../database/references/reference.ts';
import type {
  AggregateGroup,
  AggregateResult,
  GroupValue,
  PropertySummary,
} from '../../../engine/aggregate/aggregation.ts';
import { unreachable } from '../../../engine/assert.ts';
import type { PropertyType } from '../../../engine/schema.ts';
import type {
  AggregateReply,
  AggregateReplyAggregations,
  AggregateReplyAggregationsAggregation,
  AggregateReplyGroup,
  AggregateReplyGroupGroupedBy,
  AggregateRequest,
  AggregateRequestAggregation,
} from '../generated/messages.ts';
import type { MessageInit } from '../protocol.ts';

/** What a reply is made of besides what was found. */
export interface ReplyContext {
  readonly config: CollectionConfig;
  /** How long it took. */
  readonly seconds: number;
}

/** Shows what the request asked for. */
export function encodeAggregateReply(
  result: AggregateResult,
  request: AggregateRequest,
  { config, seconds }: ReplyContext,
): MessageInit<AggregateReply> {
  const shown = (
    of: Pick<AggregateGroup, 'count' | 'properties'>,
  ): MessageInit<Pick<AggregateReplyGroup, 'objects_count' | 'aggregations'>> => ({
    ...(request.objects_count && { objects_count: of.count }),
    ...(of.properties.length > 0 && {
      aggregations: encodeSummaries(of.properties, request, config),
    }),
  });
  if (!result.groups) return { took: seconds, single_result: shown(result) };
  const property = request.group_by?.property ?? '';
  const type = config.properties.find(({ name }) => name === property)?.type ?? 'text';
  const groups = result.groups.map((group) => ({
    ...shown(group),
    grouped_by: { path: [property], ...encodeValue(type, group.value) },
  }));
  return { took: seconds, grouped_results: { groups } };
}

function encodeSummaries(
  summaries: readonly PropertySummary[],
  request: AggregateRequest,
  config: CollectionConfig,
): MessageInit<AggregateReplyAggregations> {
  const aggregations = summaries.map((summary, index) => {
    const asked = request.aggregations[index];
    return { property: summary.property, ...encodeSummary(summary, asked, config) };
  });
  return { aggregations };
}

type Encoded = MessageInit<Omit<AggregateReplyAggregationsAggregation, 'property'>>;

/** The form is that of the property's type, whatever the form of the request. */
function encodeSummary(
  summary: PropertySummary,
  asked: AggregateRequestAggregation | undefined,
  config: CollectionConfig,
): Encoded {
  const type = wantsType(asked) ? summary.type : '';
  switch (summary.kind) {
    case 'number': {
      const form = { ...metricsOf(summary), type };
      return isIntForm(summary) ? { int: form } : { number: form };
    }
    case 'date':
      return { date: { ...metricsOf(summary), type } };
    case 'boolean':
      return { boolean: encodeBoolean(type, summary) };
    case 'text':
    case 'other':
      return { text: encodeText(type, summary) };
    case 'reference': {
      const targets =
        config.properties.find(({ name }) => name === summary.property)?.targets ?? [];
      const pointing_to = asked?.reference?.pointing_to ? targets : [];
      return { reference: { type: type && 'cref', pointing_to } };
    }
    default:
      return unreachable(summary);
  }
}

/** A sum of integers that 64 bits do not hold is a number of the other form, not another number. */
function isIntForm({ type, sum = 0 }: Extract<PropertySummary, { kind: 'number' }>): boolean {
  return type.startsWith('int') && Math.abs(sum) < 2 ** 63;
}

/** Of numbers and dates they are called on the wire as inside. */
function metricsOf<T extends Pick<PropertySummary, 'kind' | 'property' | 'type'>>(
  summary: T,
): Omit<T, 'kind' | 'property' | 'type'> {
  const { kind: _, property: __, type: ___, ...metrics } = summary;
  return metrics;
}

function wantsType(asked: AggregateRequestAggregation | undefined): boolean {
  const forms = [asked?.int, asked?.number, asked?.text, asked?.boolean, asked?.date];
  return [...forms, asked?.reference].some((form) => form?.type);
}

function encodeBoolean(
  type: string,
  summary: Extract<PropertySummary, { kind: 'boolean' }>,
): NonNullable<Encoded['boolean']> {
  const { count, totalTrue, totalFalse, percentageTrue, percentageFalse } = summary;
  return {
    type,
    ...(count !== undefined && { count }),
    ...(totalTrue !== undefined && { total_true: totalTrue }),
    ...(totalFalse !== undefined && { total_false: totalFalse }),
    ...(percentageTrue !== undefined && { percentage_true: percentageTrue }),
    ...(percentageFalse !== undefined && { percentage_false: percentageFalse }),
  };
}

function encodeText(
  type: string,
  summary: Extract<PropertySummary, { kind: 'text' | 'other' }>,
): NonNullable<Encoded['text']> {
  const { count } = summary;
  const top = summary.kind === 'text' ? summary.topOccurrences : undefined;
  const items = top?.map(({ value, count: occurs }) => ({ value, occurs }));
  return {
    type,
    ...(count !== undefined && { count }),
    ...(items && { top_occurences: { items } }),
  };
}

function encodeValue(
  type: PropertyType,
  value: GroupValue,
): MessageInit<Omit<AggregateReplyGroupGroupedBy, 'path'>> {
  if (typeof value === 'object') return { geo: { ...value, distance: 0 } };
  if (typeof value === 'boolean') return { boolean: value };
  if (typeof value === 'number') return type.startsWith('int') ? { int: value } : { number: value };
  const reference = type === 'reference' ? parseReference(value) : undefined;
  const collection = reference?.collection;
  if (!reference || collection === undefined) return { text: value };
  return { text: beaconOf({ collection, uuid: reference.uuid }) };
}
