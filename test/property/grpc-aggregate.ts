// Aggregations over gRPC: the messages of a question and of its answer.

import type { JsonObject } from '../grpc/golden-messages.ts';
import { aggregatedMetrics, type PlainAggregate, type PlainSummaries } from './face.ts';

const forms: Readonly<Record<string, string>> = {
  year: 'int',
  price: 'number',
  tag: 'text',
  sold: 'boolean',
  at: 'date',
};

const fields: Readonly<Record<string, string>> = {
  topOccurrences: 'top_occurences',
  totalTrue: 'total_true',
  totalFalse: 'total_false',
  percentageTrue: 'percentage_true',
  percentageFalse: 'percentage_false',
};

/** What is aggregated of every property that is aggregated at all. */
export const aggregationMessages: readonly JsonObject[] = Object.entries(aggregatedMetrics).map(
  ([property, metrics]) => ({
    property,
    [forms[property] ?? '']: {
      ...Object.fromEntries(metrics.map((metric) => [fields[metric] ?? metric, true])),
      ...(property === 'tag' ? { top_occurences_limit: 3 } : {}),
    },
  }),
);

/** The answer in plain form. */
export function aggregateOf(reply: JsonObject): PlainAggregate {
  const { single_result = {}, grouped_results } = reply as Record<string, JsonObject>;
  const groups = (grouped_results?.['groups'] ?? []) as JsonObject[];
  return {
    count: Number(single_result['objects_count'] ?? 0),
    properties: summariesOf(single_result),
    groups: groups.map((group) => ({
      value: groupValue(group['grouped_by'] as JsonObject),
      count: Number(group['objects_count'] ?? 0),
      properties: summariesOf(group),
    })),
  };
}

function groupValue({ path: _, ...value }: JsonObject): unknown {
  const [[kind, given] = ['text', '']] = Object.entries(value);
  return kind === 'int' ? Number(given) : given;
}

function summariesOf(message: JsonObject): PlainSummaries {
  const { aggregations = [] } = (message['aggregations'] ?? {}) as JsonObject;
  return Object.fromEntries(
    (aggregations as JsonObject[]).map(({ property = '', ...form }) => {
      const [summary = {}] = Object.values(form) as JsonObject[];
      return [String(property), metricsOf(String(property), summary)];
    }),
  );
}

function metricsOf(property: string, { type: _, ...summary }: JsonObject): object {
  const names = Object.fromEntries(Object.entries(fields).map(([name, field]) => [field, name]));
  return Object.fromEntries(
    Object.entries(summary).map(([field, value]) => [
      names[field] ?? field,
      field === 'top_occurences'
        ? topOccurrences(value as JsonObject)
        : property === 'at' && field !== 'count'
          ? value
          : Number(value),
    ]),
  );
}

function topOccurrences({ items = [] }: JsonObject): object[] {
  return (items as JsonObject[]).map(({ value = '', occurs }) => ({
    value,
    count: Number(occurs),
  }));
}
