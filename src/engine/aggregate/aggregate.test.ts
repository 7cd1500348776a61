// Aggregations against a plain model that looks at every stored object: over memory and sealed segments,
// with deletions, filters and groups.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Document, Properties, PropertyValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import type { Filter } from '../filter/filter.ts';
import { parseInstant } from '../filter/instant.ts';
import { sourceOf } from '../multivector/vectors-for-tests.ts';
import { takeSnapshot } from '../query/snapshot.ts';
import type { CollectionSchema, PropertyType } from '../schema.ts';
import { encodeSegment } from '../segment/encode-segment.ts';
import { MemorySegment } from '../segment/memory-segment.ts';
import { SealedSegment } from '../segment/sealed-segment.ts';
import type { Segment } from '../segment/segment.ts';
import { compareTerms } from '../text/text-index.ts';
import { aggregate } from './aggregate.ts';
import {
  type AggregateResult,
  type Aggregation,
  aggregateKind,
  type GroupValue,
  type Metric,
  metricsByKind,
} from './aggregation.ts';
import { formatInstant } from './dates.ts';

const types = {
  tag: 'text',
  tags: 'text[]',
  int: 'int',
  ints: 'int[]',
  number: 'number',
  numbers: 'number[]',
  flag: 'boolean',
  flags: 'boolean[]',
  date: 'date',
  dates: 'date[]',
  id: 'uuid',
  ids: 'uuid[]',
  place: 'geoCoordinates',
  ref: 'reference',
  blob: 'blob',
} as const satisfies Record<string, PropertyType>;
type Name = keyof typeof types;
const names = Object.keys(types) as Name[];

const schema: CollectionSchema = {
  collection: 'C',
  properties: names.map((name) => ({
    ...{ name, type: types[name], filterable: true, searchable: false },
    ...(types[name].startsWith('text') ? { tokenization: 'word' } : {}),
  })),
  vectors: [],
  bm25: { b: 0.75, k1: 1.2 },
  stopwords: { preset: 'en', additions: [], removals: [] },
};

type Random = () => number;

function random(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** One value of each type, of few different ones. */
const values: Record<string, (next: Random) => PropertyValue> = {
  text: (next) => ['Red Apple', 'red apple', 'Green', '', '🍎', '\uffff'][Math.floor(next() * 6)]!,
  int: (next) => Math.floor(next() * 9) - 4,
  number: (next) => [0.1, 0.2, -0, 1e15, -1e15, 0.3][Math.floor(next() * 6)]!,
  boolean: (next) => next() < 0.3,
  date: (next) =>
    [
      '2024-02-29T12:00:00Z',
      '2024-02-29T13:00:00+01:00',
      '0001-01-01T00:00:00.000000001Z',
      '9999-12-31T23:59:59.999999999Z',
      '2024-02-29T12:00:00.5Z',
      '9999-12-31T23:59:59.25-12:00',
      '0000-01-01T00:00:00+23:59',
    ][Math.floor(next() * 7)]!,
  uuid: (next) => uuid(Math.floor(next() * 5)),
  geoCoordinates: (next) => ({ latitude: Math.floor(next() * 2), longitude: next() < 0.5 ? 5 : 7 }),
  blob: () => 'aGVsbG8=',
  reference: (next) => `${next() < 0.5 ? 'A' : 'B'}/${uuid(Math.floor(next() * 3))}`,
};

function propertiesOf(next: Random): Properties {
  const all: Record<string, PropertyValue> = {};
  for (const name of names) {
    const type = types[name];
    if (next() < 0.2) continue;
    if (next() < 0.1) {
      all[name] = null;
      continue;
    }
    const one = values[type.replace('[]', '')]!;
    const isMany = type.endsWith('[]') || type === 'reference';
    all[name] = isMany
      ? Array.from({ length: Math.floor(next() * 4) }, () => one(next))
      : one(next);
  }
  return all;
}

interface World {
  readonly segments: readonly Segment[];
  readonly documents: readonly Document[];
}

/** Some sealed segments and one in memory; some objects of each are deleted or replaced. */
function world(seed: number, count: number): World {
  const next = random(seed);
  const model = new Map<string, Document>();
  const segments: Segment[] = [];
  for (let part = 0; part < 3; part += 1) {
    let segment: Segment = new MemorySegment();
    for (let n = 0; n < count; n += 1) {
      const document: Document = {
        ...{ uuid: uuid(Math.floor(next() * count * 3)), createdAt: n, updatedAt: n },
        ...{ properties: propertiesOf(next), vectors: new Map() },
      };
      for (const older of segments) {
        const doc = older.find(document.uuid);
        if (doc >= 0) older.remove(doc);
      }
      (segment as MemorySegment).add(document, schema);
      model.set(document.uuid, document);
    }
    if (part < 2) segment = SealedSegment.open(sourceOf(encodeSegment([segment], schema)), 'test');
    segments.push(segment);
    for (const older of segments) {
      for (const doc of older.live.toArray()) {
        if (next() >= 0.05) continue;
        model.delete(older.uuid(doc));
        older.remove(doc);
      }
    }
  }
  return { segments, documents: Array.from(model.values()) };
}

function run(segments: readonly Segment[], aggregation: Aggregation, filter?: Filter) {
  const steps = aggregate(takeSnapshot(segments, schema, filter).segments, schema, aggregation);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Everything that can be asked of every property. */
const everything: Aggregation = {
  properties: names.map((property) => ({
    ...{ property, topMax: 4 },
    metrics: metricsByKind[aggregateKind(types[property])],
  })),
};

function elementsOf(document: Document, name: string): PropertyValue[] {
  const value = document.properties[name];
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as PropertyValue[]) : [value];
}

/** How often each value occurs, the most frequent first, then by value. */
function tally(all: readonly GroupValue[]): { value: GroupValue; count: number }[] {
  const counts = new Map<string, { value: GroupValue; count: number }>();
  for (const value of all) {
    const key = JSON.stringify(value);
    const seen = counts.get(key) ?? { value, count: 0 };
    seen.count += 1;
    counts.set(key, seen);
  }
  return Array.from(counts.values()).sort((a, b) => b.count - a.count || order(a.value, b.value));
}

function order(a: GroupValue, b: GroupValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTerms(a, b);
  if (typeof a !== 'object' || typeof b !== 'object') return Number(a) - Number(b);
  return a.latitude - b.latitude || a.longitude - b.longitude;
}

/** A value as groups show it. */
function shown(type: PropertyType, value: PropertyValue): GroupValue {
  if (type.startsWith('date')) return formatInstant(parseInstant(value as string)!);
  return value as GroupValue;
}

/** All nanoseconds of a date since 1970. */
function nanosOf(text: string): bigint {
  const { ms, nanos } = parseInstant(text)!;
  return BigInt(ms) * 1_000_000n + BigInt(nanos);
}

function middle<T>(sorted: readonly T[], between: (a: T, b: T) => T): T {
  const above = sorted[sorted.length >> 1]!;
  return sorted.length % 2 === 1 ? above : between(sorted[(sorted.length >> 1) - 1]!, above);
}

function dateOfNanos(nanos: bigint): string {
  const ms = nanos / 1_000_000n - (nanos < 0n && nanos % 1_000_000n !== 0n ? 1n : 0n);
  return formatInstant({ ms: Number(ms), nanos: Number(nanos - ms * 1_000_000n) });
}

function halfOf(sum: bigint): bigint {
  return sum < 0n && sum % 2n !== 0n ? sum / 2n - 1n : sum / 2n;
}

/** What a summary must be, from all values. */
function expectedSummary(property: Name, all: readonly PropertyValue[]): object {
  const type: PropertyType = types[property];
  const kind = aggregateKind(type);
  const common = { kind, property, type, count: all.length };
  if (kind === 'text') {
    const top = tally(all as GroupValue[]).slice(0, 4);
    return { ...common, topOccurrences: top };
  }
  if (kind === 'boolean') {
    const totalTrue = all.filter((value) => value === true).length;
    const totalFalse = all.length - totalTrue;
    const shares = {
      percentageTrue: totalTrue / all.length,
      percentageFalse: totalFalse / all.length,
    };
    return { ...common, totalTrue, totalFalse, ...(all.length > 0 && shares) };
  }
  if (all.length === 0 || kind === 'other' || kind === 'reference') return common;
  if (kind === 'date') {
    const texts = (all as string[]).toSorted((a, b) => (nanosOf(a) < nanosOf(b) ? -1 : 1));
    const sorted = texts.map(nanosOf);
    const most = tally(texts.map((text) => shown(type, text)));
    const modes = most.filter(({ count }) => count === most[0]!.count).map(({ value }) => value);
    return {
      ...common,
      minimum: dateOfNanos(sorted[0]!),
      maximum: dateOfNanos(sorted.at(-1)!),
      median: dateOfNanos(middle(sorted, (a, b) => halfOf(a + b))),
      mode: (modes as string[]).toSorted((a, b) => (nanosOf(a) < nanosOf(b) ? -1 : 1))[0],
    };
  }
  const sorted = (all as number[]).map((value) => value + 0).sort((a, b) => a - b);
  // Tenths as whole numbers are summed exactly.
  const sum =
    Number(sorted.reduce((total, value) => total + BigInt(Math.round(value * 10)), 0n)) / 10;
  return {
    ...common,
    sum,
    mean: sum / sorted.length,
    median: middle(sorted, (a, b) => (a + b) / 2),
    mode: tally(sorted)[0]!.value,
    minimum: sorted[0],
    maximum: sorted.at(-1),
  };
}

function expected(documents: readonly Document[], groupBy?: { property: Name; max: number }) {
  const summaries = (some: readonly Document[]) =>
    names.map((name) =>
      expectedSummary(
        name,
        some.flatMap((document) => elementsOf(document, name)),
      ),
    );
  const { length: count } = documents;
  if (!groupBy) return { count, properties: summaries(documents) };
  const { property, max } = groupBy;
  const has = (document: Document): GroupValue[] => {
    const all = elementsOf(document, property).map((value) => shown(types[property], value));
    return tally(all).map(({ value }) => (value === 0 ? 0 : value));
  };
  const groups = tally(documents.flatMap(has))
    .slice(0, max)
    .map(({ value, count: members }) => {
      const own = documents.filter((document) =>
        has(document).some((one) => JSON.stringify(one) === JSON.stringify(value)),
      );
      return { value, count: members, properties: summaries(own) };
    });
  return { count, properties: [], groups };
}

/** Sums of floats agree to their last digits. */
function assertAlike(seen: AggregateResult, wanted: object, message: string): void {
  const rounded = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, part) =>
      typeof part === 'number' ? Number(part.toPrecision(12)) : part,
    );
  const sortKeys = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sortKeys);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, sortKeys(inner)]),
    );
  };
  assert.deepEqual(sortKeys(rounded(seen)), sortKeys(rounded(wanted)), message);
}

describe('aggregations', () => {
  test('of every type, over everything, are what the objects say', () => {
    for (const [seed, count] of [
      [1, 0],
      [2, 1],
      [3, 7],
      [4, 60],
      [5, 61],
    ] as const) {
      const { segments, documents } = world(seed, count);
      assertAlike(run(segments, everything), expected(documents), `seed ${seed}`);
    }
  });

  test('dates whose year in UTC has not four digits are written with an offset', () => {
    for (const [text, written] of [
      ['9999-12-31T23:59:59.25-12:00', '9999-12-31T12:00:59.25-23:59'],
      ['9999-12-31T23:59:59.999999999-23:59', '9999-12-31T23:59:59.999999999-23:59'],
      ['0000-01-01T00:00:00+23:59', '0000-01-01T00:00:00+23:59'],
      ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
      ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999999Z'],
    ] as const) {
      const instant = parseInstant(text)!;
      assert.equal(formatInstant(instant), written);
      assert.deepEqual(parseInstant(written), instant);
    }
  });

  test('see what was written after the one before', () => {
    const memory = new MemorySegment();
    const next = random(12);
    const documents: Document[] = [];
    for (let n = 0; n < 40; n += 1) {
      const document: Document = {
        ...{ uuid: uuid(n), createdAt: n, updatedAt: n },
        ...{ properties: propertiesOf(next), vectors: new Map() },
      };
      memory.add(document, schema);
      documents.push(document);
      assertAlike(run([memory], everything), expected(documents), `with ${n + 1} objects`);
    }
  });

  test('see only what a filter lets pass', () => {
    const { segments, documents } = world(6, 60);
    const filter: Filter = {
      ...{ kind: 'compare', operator: 'greaterThan', value: 0 },
      target: { kind: 'property', name: 'int' },
    };
    const passing = documents.filter(
      ({ properties: { int } }) => typeof int === 'number' && int > 0,
    );
    assert.ok(passing.length > 10);
    assertAlike(run(segments, everything, filter), expected(passing), 'filtered');
  });

  test('are grouped by every type that has values', () => {
    const { segments, documents } = world(7, 40);
    for (const property of names.filter((name) => name !== 'blob')) {
      for (const max of [2, 100]) {
        const aggregation = { ...everything, groupBy: { property, groupsMax: max } };
        const wanted = expected(documents, { property, max });
        assertAlike(run(segments, aggregation), wanted, `${property} ${max}`);
      }
    }
  });

  test('have only what was asked for', () => {
    const { segments } = world(8, 20);
    const properties = [{ property: 'int', metrics: ['sum'] as Metric[], topMax: 0 }];
    const [summary] = run(segments, { properties }).properties;
    assert.deepEqual(Object.keys(summary!).sort(), ['kind', 'property', 'sum', 'type']);
  });

  test('many values that are equally frequent give the same ones wherever the objects lie', () => {
    const filled = (from: number, to: number): MemorySegment => {
      const segment = new MemorySegment();
      for (let n = from; n < to; n += 1) {
        const properties = { tag: `value ${n % 900}`, int: n % 900 };
        segment.add(
          { uuid: uuid(n), createdAt: 0, updatedAt: 0, properties, vectors: new Map() },
          schema,
        );
      }
      return segment;
    };
    const aggregation: Aggregation = {
      properties: [{ property: 'tag', metrics: ['topOccurrences'], topMax: 5 }],
    };
    const together = run([filled(0, 1800)], aggregation);
    const apart = run([filled(900, 1800), filled(0, 400), filled(400, 900)], aggregation);
    assert.deepEqual(apart, together);
    const [summary] = together.properties;
    assert.ok(summary?.kind === 'text' && summary.topOccurrences?.length === 5);
    assert.ok(summary.topOccurrences.every(({ count }) => count === 2));
  });

  test('name what they cannot do', () => {
    const { segments } = world(9, 3);
    const refuse = (aggregation: Aggregation, code: string, message: RegExp): void => {
      assert.throws(
        () => run(segments, aggregation),
        (error) =>
          error instanceof DatabaseError && error.code === code && message.test(error.message),
      );
    };
    const of = (property: string, metric: Metric): Aggregation => ({
      properties: [{ property, metrics: [metric], topMax: 5 }],
    });
    const by = (property: string): Aggregation => ({
      properties: [],
      groupBy: { property, groupsMax: 5 },
    });
    refuse(of('nope', 'count'), 'property-missing', /'nope'/);
    refuse(of('tag', 'sum'), 'invalid-argument', /'tag'.*type text.*no sum.*topOccurrences/);
    refuse(of('place', 'topOccurrences'), 'invalid-argument', /geoCoordinates/);
    refuse(by('nope'), 'property-missing', /'nope'/);
    refuse(by('blob'), 'invalid-argument', /'blob'/);
  });

  test('do not see what is written between two of their steps', () => {
    const { segments, documents } = world(10, 30);
    const steps = aggregate(takeSnapshot(segments, schema, undefined).segments, schema, everything);
    const memory = segments[2] as MemorySegment;
    const next = random(11);
    let n = 1_000_000;
    for (;;) {
      const step = steps.next();
      if (step.done) {
        assertAlike(step.value, expected(documents), 'with writes between');
        break;
      }
      const properties = propertiesOf(next);
      memory.add(
        { uuid: uuid(n), createdAt: 0, updatedAt: 0, properties, vectors: new Map() },
        schema,
      );
      n += 1;
    }
  });
});
