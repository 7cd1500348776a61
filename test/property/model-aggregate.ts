// Aggregations worked out from plain lists of values.

import type { PropertyValue } from '../../src/index.ts';
import {
  aggregatedMetrics,
  type PlainAggregate,
  type PlainQuestion,
  type PlainSummaries,
} from './face.ts';
import type { ModelObject } from './model.ts';

/** Over objects that somebody has chosen already. */
export function modelAggregate(
  objects: readonly ModelObject[],
  { groupBy }: PlainQuestion,
): PlainAggregate {
  if (groupBy === undefined) {
    return { count: objects.length, properties: summaries(objects), groups: [] };
  }
  const members = new Map<unknown, ModelObject[]>();
  for (const object of objects) {
    for (const value of new Set(valuesOf([object], groupBy))) {
      members.set(value, [...(members.get(value) ?? []), object]);
    }
  }
  const groups = Array.from(members, ([value, own]) => ({
    value,
    count: own.length,
    properties: summaries(own),
  }));
  return {
    count: objects.length,
    properties: {},
    groups: groups.sort(
      (a, b) => b.count - a.count || ((a.value as number) < (b.value as number) ? -1 : 1),
    ),
  };
}

function summaries(objects: readonly ModelObject[]): PlainSummaries {
  const names = Object.keys(aggregatedMetrics);
  return Object.fromEntries(names.map((name) => [name, summary(name, valuesOf(objects, name))]));
}

function summary(name: string, values: readonly PropertyValue[]): object {
  switch (name) {
    case 'tag':
      return { count: values.length, topOccurrences: mostFrequent(values as string[]).slice(0, 3) };
    case 'sold':
      return booleans(values as boolean[]);
    case 'at':
      return { count: values.length, ...range(values as string[]) };
    default:
      return { count: values.length, ...numbers(values as number[]) };
  }
}

function range<T extends string | number>(values: readonly T[]): object {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : 1));
  return values.length === 0 ? {} : { minimum: sorted[0], maximum: sorted.at(-1) };
}

function numbers(values: readonly number[]): object {
  if (values.length === 0) return {};
  const sum = values.reduce((a, b) => a + b, 0);
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]] as [
    number,
    number,
  ];
  const counts = Map.groupBy(sorted, (value) => value);
  const most = Math.max(...Array.from(counts.values(), ({ length }) => length));
  const mode = sorted.find((value) => counts.get(value)?.length === most);
  const mean = sum / values.length;
  return { sum, mean, median: (low + high) / 2, mode, ...range(values) };
}

function booleans(values: readonly boolean[]): object {
  const totalTrue = values.filter((value) => value).length;
  const totalFalse = values.length - totalTrue;
  const totals = { count: values.length, totalTrue, totalFalse };
  if (values.length === 0) return totals;
  const shares = [totalTrue, totalFalse].map((total) => total / values.length);
  return { ...totals, percentageTrue: shares[0], percentageFalse: shares[1] };
}

function mostFrequent(values: readonly string[]): { value: string; count: number }[] {
  const counts = Array.from(
    Map.groupBy(values, (value) => value),
    ([value, { length }]) => ({
      value,
      count: length,
    }),
  );
  return counts.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

function valuesOf(objects: readonly ModelObject[], name: string): PropertyValue[] {
  return objects.flatMap(({ properties }) => {
    const value = properties[name] ?? [];
    return Array.isArray(value) ? (value as PropertyValue[]) : [value];
  });
}
