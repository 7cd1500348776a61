// Runs an aggregation over chosen documents of some segments, from their columns. It is made in steps of
// some milliseconds: whoever runs it may do something else between two of them.

import { assert, unreachable } from '../assert.ts';
import type { Column } from '../filter/column.ts';
import type { SearchedSegment } from '../query/snapshot.ts';
import type { CollectionSchema, PropertyType } from '../schema.ts';
import {
  type AggregateGroup,
  type AggregateResult,
  type Aggregation,
  aggregateKind,
  checkAggregation,
  type PropertyAggregation,
  type PropertySummary,
  propertyOf,
  type TopOccurrence,
} from './aggregation.ts';
import { type ColumnValues, type Part, valuesOf } from './column-values.ts';
import { type Instants, summariseDates } from './dates.ts';
import { groupsOf } from './groups.ts';
import { summariseNumbers } from './numbers.ts';
import { inOrder, type ReadValue, readValue } from './read-values.ts';
import { type CountedValue, ValueCounts } from './value-counts.ts';

/** Stored objects that are read in one step. */
const readsPerStep = 64;

/**
 * Runs the aggregation over the documents that each segment allows. The segments must stay open until the
 * end; what is written meanwhile has no part in it. Throws as `checkAggregation` does, at the first step.
 */
export function* aggregate(
  segments: readonly SearchedSegment[],
  schema: CollectionSchema,
  aggregation: Aggregation,
): Generator<undefined, AggregateResult> {
  checkAggregation(aggregation, schema);
  const parts = segments.map(({ segment, allowed }): Part => {
    return { segment, docs: allowed ? allowed.toArray() : everyone(segment.documentCount) };
  });
  const count = countOf(parts);
  const { groupBy } = aggregation;
  if (!groupBy) return { count, properties: yield* summaries(parts, schema, aggregation) };
  const groups: AggregateGroup[] = [];
  const { property, groupsMax } = groupBy;
  const { counts, docsOf } = yield* groupsOf(parts, property);
  const chosen = yield* readAll(parts, property, counts.top(groupsMax));
  const ordered = inOrder(chosen, groupsMax);
  const members = docsOf(ordered.map(({ counted }) => counted.value));
  for (const [index, { counted, value }] of ordered.entries()) {
    const own = parts.map(({ segment }, part) => ({ segment, docs: members[part]![index]! }));
    const properties = yield* summaries(own, schema, aggregation);
    groups.push({ value, count: counted.count, properties });
  }
  return { count, properties: [], groups };
}

function everyone(count: number): Uint32Array {
  const docs = new Uint32Array(count);
  for (let doc = 0; doc < count; doc += 1) docs[doc] = doc;
  return docs;
}

function countOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { docs }) => sum + docs.length, 0);
}

function* summaries(
  parts: readonly Part[],
  schema: CollectionSchema,
  { properties }: Aggregation,
): Generator<undefined, PropertySummary[]> {
  const found: PropertySummary[] = [];
  for (const asked of properties) {
    yield;
    found.push(yield* summarise(parts, propertyOf(asked.property, schema).type, asked));
  }
  return found;
}

function* summarise(
  parts: readonly Part[],
  type: PropertyType,
  { property, metrics, topMax }: PropertyAggregation,
): Generator<undefined, PropertySummary> {
  const kind = aggregateKind(type);
  switch (kind) {
    case 'number': {
      const numbers = gather(parts, property, numbersOf);
      return { kind, property, type, ...summariseNumbers(joined(numbers), metrics) };
    }
    case 'date': {
      const dates = joinedDates(gather(parts, property, datesOf));
      return { kind, property, type, ...summariseDates(dates, metrics) };
    }
    case 'boolean': {
      const flags = gather(parts, property, flagsOf);
      return { kind, property, type, ...summariseFlags(flags, metrics) };
    }
    case 'text': {
      const count = metrics.includes('count') ? { count: valueCount(parts, property) } : {};
      if (!metrics.includes('topOccurrences')) return { kind, property, type, ...count };
      const topOccurrences = yield* topOf(parts, property, topMax);
      return { kind, property, type, ...count, topOccurrences };
    }
    case 'reference':
    case 'other': {
      const count = metrics.includes('count') ? { count: valueCount(parts, property) } : {};
      return { kind, property, type, ...count };
    }
    default:
      return unreachable(kind);
  }
}

/** What `take` makes of the values of each segment that has the column. */
function gather<T>(
  parts: readonly Part[],
  property: string,
  take: (column: Column, values: ColumnValues) => T,
): T[] {
  const taken: T[] = [];
  for (const { segment, docs } of parts) {
    if (docs.length === 0) continue;
    const column = segment.columns.column(property);
    if (column) taken.push(take(column, valuesOf(column, docs)));
  }
  return taken;
}

function valueCount(parts: readonly Part[], property: string): number {
  const counts = gather(parts, property, (_, { places }) => places.length);
  return counts.reduce((sum, count) => sum + count, 0);
}

function numbersOf(column: Column, { places }: ColumnValues): Float64Array {
  assert(column.kind === 'number', 'numbers lie in a column of numbers');
  const numbers = new Float64Array(places.length);
  // One zero, not two.
  for (let i = 0; i < places.length; i += 1) numbers[i] = column.values[places[i]!]! + 0;
  return numbers;
}

function datesOf(column: Column, { places }: ColumnValues): Instants {
  assert(column.kind === 'date', 'dates lie in a column of dates');
  const ms = new Float64Array(places.length);
  for (let i = 0; i < places.length; i += 1) ms[i] = column.ms[places[i]!]!;
  const { nanos } = column;
  return { ms, nanos: nanos && places.map((place) => nanos[place]!) };
}

function joinedDates(dates: readonly Instants[]): Instants {
  const ms = joined(dates.map((one) => one.ms));
  if (dates.every(({ nanos }) => !nanos)) return { ms, nanos: undefined };
  const nanos = new Uint32Array(ms.length);
  let start = 0;
  for (const one of dates) {
    if (one.nanos) nanos.set(one.nanos, start);
    start += one.ms.length;
  }
  return { ms, nanos };
}

function joined(arrays: readonly Float64Array[]): Float64Array {
  const [only] = arrays;
  if (only && arrays.length === 1) return only;
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const array of arrays) {
    all.set(array, start);
    start += array.length;
  }
  return all;
}

interface Flags {
  readonly count: number;
  readonly trues: number;
}

function flagsOf(column: Column, { places }: ColumnValues): Flags {
  assert(column.kind === 'boolean', 'booleans lie in a column of booleans');
  let trues = 0;
  for (let i = 0; i < places.length; i += 1) trues += column.values[places[i]!]!;
  return { count: places.length, trues };
}

function summariseFlags(
  flags: readonly Flags[],
  metrics: PropertyAggregation['metrics'],
): Partial<Record<string, number>> {
  let count = 0;
  let totalTrue = 0;
  for (const one of flags) {
    count += one.count;
    totalTrue += one.trues;
  }
  const totalFalse = count - totalTrue;
  const all = {
    ...{ count, totalTrue, totalFalse },
    ...(count > 0 && { percentageTrue: totalTrue / count, percentageFalse: totalFalse / count }),
  };
  const asked: readonly string[] = metrics;
  return Object.fromEntries(Object.entries(all).filter(([name]) => asked.includes(name)));
}

function* topOf(
  parts: readonly Part[],
  property: string,
  max: number,
): Generator<undefined, TopOccurrence[]> {
  const counts = new ValueCounts();
  for (const [part, { segment, docs }] of parts.entries()) {
    if (docs.length === 0) continue;
    const column = segment.columns.column(property);
    if (column) counts.addValues(part, column, valuesOf(column, docs));
    yield;
  }
  const read = yield* readAll(parts, property, counts.top(max));
  return inOrder(read, max).map(({ value, counted }) => ({
    value: String(value),
    count: counted.count,
  }));
}

function* readAll(
  parts: readonly Part[],
  property: string,
  found: readonly CountedValue[],
): Generator<undefined, ReadValue[]> {
  const read: ReadValue[] = [];
  for (const counted of found) {
    if (read.length % readsPerStep === 0) yield;
    read.push({ counted, value: readValue(parts[counted.part]!.segment, property, counted) });
  }
  return read;
}
