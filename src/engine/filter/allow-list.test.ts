// Filters against what the reference server answered, and on random data against an evaluator that
// knows nothing of columns and posting lists.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Document, Properties, PropertyValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import type { PropertySchema, PropertyType, Tokenization } from '../schema.ts';
import { MemoryTextIndex } from '../text/memory-text-index.ts';
import { resolveStopwords } from '../text/stopwords.ts';
import { tokenize } from '../text/tokenizers.ts';
import { checkFilter, evaluateFilter, type FilterView } from './allow-list.ts';
import { MemoryColumns } from './columns.ts';
import {
  type Filter,
  type FilterOperator,
  type FilterTarget,
  type FilterValue,
  filterOperators,
  type GeoRange,
} from './filter.ts';
import { matchesLike } from './like.ts';

type Stored = Omit<Document, 'vectors'>;

const stopwords = resolveStopwords({ preset: 'en', additions: [], removals: [] });

function property(name: string, type: PropertyType, tokenization?: Tokenization): PropertySchema {
  const isText = type === 'text' || type === 'text[]';
  const cut = isText ? { tokenization: tokenization ?? ('word' as const) } : {};
  return { name, type, ...cut, filterable: true, searchable: isText };
}

/** A segment of those documents, as the memory segment would hold them. */
function viewOf(documents: readonly Stored[], properties: readonly PropertySchema[]): FilterView {
  const columns = new MemoryColumns();
  const text = new MemoryTextIndex();
  for (const [doc, document] of documents.entries()) {
    columns.add(doc, document, { properties });
    for (const { name, tokenization } of properties) {
      const value = document.properties[name] ?? [];
      if (!tokenization) continue;
      const tokens = [value].flat().flatMap((one) => tokenize(one as string, tokenization));
      if (tokens.length > 0) text.add(doc, name, tokens);
    }
  }
  text.grow(documents.length);
  return {
    collection: 'Q',
    documentCount: documents.length,
    schema: { properties },
    columns,
    text,
    stopwords,
    uuid: (doc) => documents[doc]!.uuid,
    find: (uuid) => documents.findIndex((document) => document.uuid === uuid),
  };
}

function compare(
  target: FilterTarget | string,
  operator: FilterOperator,
  value: FilterValue,
): Filter {
  const named = typeof target === 'string' ? { kind: 'property' as const, name: target } : target;
  return { kind: 'compare', operator, target: named, value };
}

// Recordings of the reference.

const recordings = new URL('../../../test/golden/wire/', import.meta.url);

/** A filter as it stands in a recording of a gRPC request. */
interface WireFilter {
  readonly operator: string;
  readonly filters?: readonly WireFilter[];
  readonly target?: { readonly property: string };
  readonly value_text?: string;
  readonly value_int?: string;
  readonly value_number?: number;
  readonly value_boolean?: boolean;
  readonly value_text_array?: { readonly values: readonly string[] };
  readonly value_int_array?: { readonly values: readonly string[] };
  readonly value_geo?: Partial<GeoRange>;
}

interface Recording {
  readonly case: string;
  readonly calls: readonly {
    readonly method: string;
    readonly path?: string;
    readonly status: string | number;
    readonly request?: {
      readonly class?: string;
      readonly id?: string;
      readonly collection?: string;
      readonly properties?: unknown;
      readonly filters?: WireFilter;
    };
    readonly reply?: {
      readonly results?: readonly { readonly metadata: { readonly id: string } }[];
    };
  }[];
}

function readRecordings(name: string): readonly Recording[] {
  const text = readFileSync(new URL(name, recordings), 'utf8');
  return (JSON.parse(text) as { readonly records: readonly Recording[] }).records;
}

function decodeTarget(name: string): FilterTarget {
  if (name === '_id') return { kind: 'uuid' };
  if (name === '_creationTimeUnix') return { kind: 'createdAt' };
  if (name === '_lastUpdateTimeUnix') return { kind: 'updatedAt' };
  const length = /^len\((.*)\)$/.exec(name)?.[1];
  return length ? { kind: 'length', name: length } : { kind: 'property', name };
}

function decodeFilter(wire: WireFilter): Filter {
  const operands = (wire.filters ?? []).map(decodeFilter);
  if (wire.operator === 'OPERATOR_AND') return { kind: 'and', operands };
  if (wire.operator === 'OPERATOR_OR') return { kind: 'or', operands };
  if (wire.operator === 'OPERATOR_NOT') return { kind: 'not', operand: operands[0]! };
  const words = wire.operator.replace('OPERATOR_', '').toLowerCase();
  const name = words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const operator = filterOperators.find((known) => known === name);
  assert.ok(operator, `${wire.operator} is an operator`);
  const geo = wire.value_geo && { latitude: 0, longitude: 0, distance: 0, ...wire.value_geo };
  const value =
    wire.value_text ??
    (wire.value_int && Number(wire.value_int)) ??
    wire.value_number ??
    wire.value_boolean ??
    wire.value_text_array?.values ??
    wire.value_int_array?.values.map(Number) ??
    geo;
  assert.ok(value !== undefined, `${JSON.stringify(wire)} has a value`);
  return compare(decodeTarget(wire.target!.property), operator, value);
}

/** The collection that a recording made, as it was after its inserts. */
function collectionOf(name: string, calls: Recording['calls']): FilterView {
  const created = calls.find(
    ({ method, path, request }) =>
      method === 'POST' && path === '/v1/schema' && request?.class === name,
  );
  const properties = (
    created!.request!.properties as { name: string; dataType: string[]; tokenization?: string }[]
  ).map((wire) =>
    property(wire.name, wire.dataType[0] as PropertyType, wire.tokenization as Tokenization),
  );
  const documents = calls
    .filter(({ path, request }) => path === '/v1/objects' && request?.class === name)
    .map(({ request }) => ({
      uuid: request!.id!,
      createdAt: 1_795_241_924_389,
      updatedAt: 1_795_241_924_389,
      properties: request!.properties as Properties,
    }));
  return viewOf(documents, properties);
}

describe('filters of the reference', {
  skip: !existsSync(recordings) && 'no recordings here',
}, () => {
  const setup = readRecordings('query_collection.json').flatMap(({ calls }) => calls);
  const second = readRecordings('defects_replace.json').flatMap(({ calls }) => calls ?? []);
  const collections: Record<string, FilterView> = {
    Q: collectionOf('Q', setup),
    Fx: collectionOf('Fx', second),
  };
  for (const record of readRecordings('filters.json')) {
    for (const { request, reply, status } of record.calls) {
      if (!request?.filters) continue;
      const { collection = '', filters } = request;
      it(`${record.case} in ${collection}`, () => {
        const view = collections[collection]!;
        const filter = decodeFilter(filters);
        if (status !== 'OK') {
          assert.throws(() => evaluateFilter(filter, view), DatabaseError);
          assert.throws(() => checkFilter(filter, view), DatabaseError);
          return;
        }
        const found = Array.from(evaluateFilter(filter, view).toArray(), view.uuid);
        const expected = (reply?.results ?? []).map(({ metadata }) => metadata.id);
        assert.deepEqual(found.sort(), expected.sort());
        checkFilter(filter, view);
      });
    }
  }
});

// Random documents and filters against a plain evaluator.

/** Numbers from 0 to 1 that follow from the seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words = [
  'the',
  'Red',
  'apple',
  'Bär',
  'bar',
  'barn',
  'a',
  'vector',
  'foo-bar',
  'zebra',
  '12',
];
const zones = ['Z', '+02:00', '-05:30', '.000000001Z', '.5Z', '.000001+01:00'];
const uuidOf = (n: number) =>
  `${n.toString(16).padStart(8, '0')}-0000-4000-8000-00000000000${n % 10}`;

const properties: readonly PropertySchema[] = [
  property('word', 'text'),
  property('lower', 'text', 'lowercase'),
  property('space', 'text', 'whitespace'),
  property('field', 'text', 'field'),
  property('tri', 'text', 'trigram'),
  property('words', 'text[]'),
  property('fields', 'text[]', 'field'),
  property('int', 'int'),
  property('ints', 'int[]'),
  property('number', 'number'),
  property('numbers', 'number[]'),
  property('flag', 'boolean'),
  property('flags', 'boolean[]'),
  property('date', 'date'),
  property('dates', 'date[]'),
  property('uid', 'uuid'),
  property('uids', 'uuid[]'),
  property('geo', 'geoCoordinates'),
  property('blob', 'blob'),
  property('object', 'object'),
  property('objects', 'object[]'),
];

class Maker {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }

  list<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, make);
  }

  single(type: PropertyType): PropertyValue {
    switch (type) {
      case 'text':
        return this.list(4, () => this.pick(words)).join(this.pick([' ', ' ', ', ']));
      case 'int':
        return this.below(7) - 3;
      case 'number':
        return this.pick([-1e300, -0.5, 0, -0, 0.5, 2, 1e-300, 2 ** 53]);
      case 'boolean':
        return this.random() < 0.5;
      case 'date':
        return `${this.pick(['1960', '2021'])}-01-02T0${this.below(4)}:00:00${this.pick(zones)}`;
      case 'uuid':
        return this.pick([
          ...[1, 2, 3, 0xfffffff0].map(uuidOf),
          uuidOf(1).replace('-4000', '-4001'),
        ]);
      case 'geoCoordinates':
        return { latitude: this.below(181) - 90, longitude: this.below(361) - 180 };
      case 'object':
        return { n: 1 };
      default:
        return 'aGVsbG8=';
    }
  }

  value(type: PropertyType): PropertyValue {
    if (!type.endsWith('[]')) return this.single(type);
    return this.list(3, () => this.single(type.slice(0, -2) as PropertyType));
  }

  document(n: number): Stored {
    const entries = properties.flatMap(({ name, type }) => {
      if (this.random() < 0.3) return [];
      return [[name, this.random() < 0.1 ? null : this.value(type)] as const];
    });
    const createdAt = 1e12 + this.below(5);
    const all = Object.fromEntries(entries);
    return { uuid: uuidOf(n), createdAt, updatedAt: createdAt + this.below(5), properties: all };
  }

  filter(depth: number): Filter {
    const kind = depth > 0 ? this.pick(['and', 'or', 'not', 'compare'] as const) : 'compare';
    if (kind === 'not') return { kind, operand: this.filter(depth - 1) };
    if (kind !== 'compare') {
      return {
        kind,
        operands: [this.filter(depth - 1), ...this.list(2, () => this.filter(depth - 1))],
      };
    }
    return this.pick([
      () => this.onProperty(),
      () => this.onProperty(),
      () => this.onProperty(),
      () => this.onLength(),
      () => this.onSelf(),
      () => this.onTime(),
    ])();
  }

  onProperty(): Filter {
    const { name, type } = this.pick(properties);
    const single = type.replace('[]', '') as PropertyType;
    if (type === 'geoCoordinates' && this.random() < 0.7) {
      const { latitude, longitude } = this.single(type) as unknown as GeoRange;
      const distance = this.below(21_000) * 1000;
      return compare(name, 'withinGeoRange', { latitude, longitude, distance });
    }
    const onlyNull = ['geoCoordinates', 'blob', 'object'].includes(single);
    if (onlyNull || this.random() < 0.15) return compare(name, 'isNull', this.random() < 0.5);
    if (this.random() < 0.15 && (single === 'text' || single === 'uuid')) {
      const patterns = ['*', 'ba*', '*r', 'b?r', 'B?r*', '0000000?-*', '*-4000-*3', '?'];
      return compare(name, 'like', this.pick(patterns));
    }
    return this.comparison(name, () => this.single(single) as string);
  }

  onLength(): Filter {
    const long = properties.filter(({ type }) => type === 'text' || type.endsWith('[]'));
    const { name, type } = this.pick(long);
    const max = type === 'text' ? 20 : 4;
    return this.comparison({ kind: 'length', name }, () => this.below(max));
  }

  onSelf(): Filter {
    if (this.random() < 0.2) return compare({ kind: 'uuid' }, 'like', '0000000?-*');
    return this.comparison({ kind: 'uuid' }, () => uuidOf(this.below(80)));
  }

  onTime(): Filter {
    const kind = this.pick(['createdAt', 'updatedAt'] as const);
    return this.comparison({ kind }, () => {
      const ms = 1e12 + this.below(10);
      return this.random() < 0.5 ? ms : new Date(ms).toISOString();
    });
  }

  comparison(target: FilterTarget | string, make: () => string | number): Filter {
    const operator = this.pick(filterOperators.filter((known) => !/like|Null|Geo/.test(known)));
    if (!operator.startsWith('contains')) return compare(target, operator, make());
    const min = operator === 'containsAll' ? 1 : 0;
    const values = this.list(3, make);
    while (values.length < min) values.push(make());
    return compare(target, operator, values as readonly string[]);
  }
}

/** The order of two values of one kind; dates in nanoseconds, everything else as it is. */
function order(a: bigint | number | string | boolean, b: typeof a): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Nanoseconds since 1970, by way of Date for the whole seconds. */
function nanosecondsOf(value: string | number): bigint {
  if (typeof value === 'number') return BigInt(value) * 1_000_000n;
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? '';
  const seconds = Date.parse(value.replace(/\.\d+/, '')) / 1000;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

const passes: Partial<Record<FilterOperator, (side: number) => boolean>> = {
  equal: (side) => side === 0,
  notEqual: (side) => side === 0,
  lessThan: (side) => side < 0,
  lessThanEqual: (side) => side <= 0,
  greaterThan: (side) => side > 0,
  greaterThanEqual: (side) => side >= 0,
};

/** Whether some of the document's values compare so with the filter's, for anything but text. */
function compareValues(
  operator: FilterOperator,
  seen: readonly (bigint | number | string | boolean)[],
  wanted: readonly (bigint | number | string | boolean)[],
): boolean {
  const has = (value: bigint | number | string | boolean) =>
    seen.some((one) => order(one, value) === 0);
  if (operator === 'containsAny') return wanted.some(has);
  if (operator === 'containsAll') return wanted.every(has);
  if (operator === 'containsNone') return !wanted.some(has);
  const found = seen.some((one) => passes[operator]!(order(one, wanted[0]!)));
  return operator === 'notEqual' ? !found : found;
}

function compareText(
  operator: FilterOperator,
  tokens: readonly string[],
  values: readonly string[],
  tokenization: Tokenization,
): boolean {
  const termsOf = (value: string) =>
    tokenize(value, tokenization).filter((term) => tokenization !== 'word' || !stopwords.has(term));
  const holds = (value: string) => {
    const terms = termsOf(value);
    return terms.length > 0 && terms.every((term) => tokens.includes(term));
  };
  switch (operator) {
    case 'equal':
    case 'containsAll':
      return values.every(holds);
    case 'containsAny':
      return values.some(holds);
    case 'notEqual':
    case 'containsNone':
      return !values.some(holds);
    default:
      return termsOf(values[0]!).every((term) =>
        tokens.some((token) =>
          passes[operator]!(Buffer.compare(Buffer.from(token), Buffer.from(term))),
        ),
      );
  }
}

function metresBetween(a: GeoRange, b: GeoRange): number {
  const vector = ({ latitude, longitude }: GeoRange): number[] => {
    const [high, round] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
    return [Math.cos(high) * Math.cos(round), Math.cos(high) * Math.sin(round), Math.sin(high)];
  };
  const [p, q] = [vector(a), vector(b)];
  const chord = Math.hypot(...p.map((component, axis) => component - q[axis]!));
  return 2 * 6_371_000 * Math.asin(Math.min(1, chord / 2));
}

/** Whether a document passes, by the rules as they are written down and nothing else. */
function plainly(filter: Filter, document: Stored): boolean {
  if (filter.kind === 'not') return !plainly(filter.operand, document);
  if (filter.kind === 'and' || filter.kind === 'or') {
    const found = filter.operands.map((operand) => plainly(operand, document));
    return filter.kind === 'and' ? found.every(Boolean) : found.some(Boolean);
  }
  assert.ok(filter.kind === 'compare', 'no references here');
  const { target, operator } = filter;
  const wanted = [filter.value].flat() as (number | string | boolean)[];
  if (target.kind === 'createdAt' || target.kind === 'updatedAt') {
    const times = wanted.map((value) => nanosecondsOf(value as string));
    return compareValues(operator, [nanosecondsOf(document[target.kind])], times);
  }
  if (target.kind === 'uuid') {
    if (operator === 'like') return matchesLike(document.uuid, wanted[0] as string);
    return compareValues(operator, [document.uuid], wanted);
  }
  const { type, tokenization } = properties.find(({ name }) => name === target.name)!;
  const value = document.properties[target.name] ?? null;
  const values = (value === null ? [] : [value].flat()) as (string | number | boolean)[];
  if (target.kind === 'length') {
    const text = type === 'text' ? Array.from((values[0] ?? '') as string) : values;
    return compareValues(operator, [text.length], wanted);
  }
  if (operator === 'isNull') return (values.length === 0 || value === '') === wanted[0];
  if (operator === 'withinGeoRange') {
    const place = values[0] as unknown as GeoRange | undefined;
    return (
      place !== undefined &&
      metresBetween(place, filter.value as GeoRange) <= (filter.value as GeoRange).distance
    );
  }
  if (type.startsWith('date')) {
    const instants = (all: readonly unknown[]) => all.map((one) => nanosecondsOf(one as string));
    return compareValues(operator, instants(values), instants(wanted));
  }
  if (type.startsWith('uuid') && operator === 'like') {
    return values.some((one) => matchesLike(one as string, wanted[0] as string));
  }
  if (!tokenization) return compareValues(operator, values, wanted);
  const tokens = values.flatMap((one) => tokenize(one as string, tokenization));
  if (operator === 'like') return plainLike(tokens, wanted[0] as string, tokenization);
  return compareText(operator, tokens, wanted as string[], tokenization);
}

/** For patterns of one term, as the random ones are. */
function plainLike(
  tokens: readonly string[],
  pattern: string,
  tokenization: Tokenization,
): boolean {
  if (pattern === '*') return tokens.length > 0;
  const lowered = tokenization === 'lowercase' || tokenization === 'word';
  const folded = lowered ? pattern.toLowerCase() : pattern;
  if (tokenization !== 'word' || !folded.includes('-')) {
    return tokens.some((token) => matchesLike(token, folded));
  }
  return folded.split('-').every((part) => tokens.some((token) => matchesLike(token, part)));
}

describe('evaluateFilter', () => {
  for (const count of [0, 1, 31, 33, 64, 207]) {
    it(`agrees with a plain evaluator on ${count} random documents`, () => {
      const seed = 1000 + count;
      const maker = new Maker(seed);
      const documents = Array.from({ length: count }, (_, n) => maker.document(n));
      const view = viewOf(documents, properties);
      let refused = 0;
      let passed = 0;
      for (let round = 0; round < 400; round += 1) {
        const filter = maker.filter(round % 3);
        const where = `seed ${seed}, round ${round}: ${JSON.stringify(filter)}`;
        if (usesTrigramLike(filter)) continue;
        try {
          checkFilter(filter, view);
        } catch (error) {
          assert.match(String(error), /only stopwords provided/, where);
          assert.throws(() => evaluateFilter(filter, view), /only stopwords/, where);
          refused += 1;
          continue;
        }
        const expected = documents.flatMap((document, doc) =>
          plainly(filter, document) ? [doc] : [],
        );
        assert.deepEqual(Array.from(evaluateFilter(filter, view).toArray()), expected, where);
        passed += expected.length;
      }
      assert.ok(refused < 200, 'most filters make sense');
      assert.ok(passed >= count, 'some documents pass');
    });
  }

  it('leaves out what came after the view was made', () => {
    const maker = new Maker(7);
    const documents = Array.from({ length: 100 }, (_, n) => maker.document(n));
    const view = { ...viewOf(documents, properties), documentCount: 45 };
    for (let round = 0; round < 300; round += 1) {
      const filter = maker.filter(1);
      if (usesTrigramLike(filter)) continue;
      let found: Uint32Array;
      try {
        found = evaluateFilter(filter, view).toArray();
      } catch (error) {
        assert.match(String(error), /only stopwords provided/);
        continue;
      }
      const expected = documents.flatMap((document, doc) =>
        doc < 45 && plainly(filter, document) ? [doc] : [],
      );
      assert.deepEqual(Array.from(found), expected, JSON.stringify(filter));
    }
  });

  it('finds the parts of a pattern in trigrams', () => {
    const texts = ['database', 'data', 'bare base', 'DAT', 'da', ''];
    const all = texts.map((tri, n) => ({
      uuid: uuidOf(n),
      createdAt: 0,
      updatedAt: 0,
      properties: { tri },
    }));
    const view = viewOf(all, properties);
    const like = (pattern: string) =>
      Array.from(evaluateFilter(compare('tri', 'like', pattern), view).toArray());
    assert.deepEqual(like('data*'), [0, 1]);
    assert.deepEqual(like('*base'), [0, 2]);
    assert.deepEqual(like('dat*ase'), [0]);
    assert.deepEqual(like('*ba*'), [0, 2]);
    assert.deepEqual(like('*'), [0, 1, 2, 3]);
  });

  it('takes a short way for many values and finds the same', () => {
    const maker = new Maker(5);
    const documents = Array.from({ length: 300 }, (_, n) => maker.document(n));
    const view = viewOf(documents, properties);
    for (const name of ['ints', 'dates', 'uids']) {
      const type = properties.find((known) => known.name === name)!.type.replace('[]', '');
      const values = Array.from({ length: 40 }, () => maker.single(type as PropertyType));
      const any = compare(name, 'containsAny', values as string[]);
      const operands = values.map((value) => compare(name, 'equal', value as string));
      const found = evaluateFilter(any, view).toArray();
      assert.deepEqual(found, evaluateFilter({ kind: 'or', operands }, view).toArray());
      assert.ok(found.length > 0);
    }
  });

  it('reads numbers that come as text', () => {
    const view = viewOf(
      [{ uuid: uuidOf(1), createdAt: 0, updatedAt: 0, properties: { int: 5 } }],
      properties,
    );
    assert.equal(evaluateFilter(compare('int', 'equal', '5'), view).count(), 1);
    assert.equal(evaluateFilter(compare('int', 'greaterThan', ' 4.5 '), view).count(), 1);
  });
});

/** The plain evaluator cuts no pattern into trigrams. */
function usesTrigramLike(filter: Filter): boolean {
  if (filter.kind === 'not') return usesTrigramLike(filter.operand);
  if (filter.kind === 'and' || filter.kind === 'or') return filter.operands.some(usesTrigramLike);
  if (filter.kind !== 'compare') return false;
  const { operator, target } = filter;
  return operator === 'like' && target.kind === 'property' && target.name === 'tri';
}

describe('checkFilter', () => {
  const view = viewOf([], [...properties, { ...property('hidden', 'int'), filterable: false }]);
  const refuse = (filter: Filter, message: RegExp, code = 'invalid-argument') => {
    const expected = (error: unknown) =>
      error instanceof DatabaseError && error.code === code && message.test(error.message);
    assert.throws(() => checkFilter(filter, view), expected);
    assert.throws(() => evaluateFilter(filter, view), expected);
  };

  it('names a property that does not exist, however deep it is asked for', () => {
    const inner = compare('nope', 'equal', 1);
    const outer: Filter = { kind: 'not', operand: { kind: 'or', operands: [inner] } };
    refuse(outer, /no such prop with name 'nope' found in class 'Q'/, 'property-missing');
    refuse(compare({ kind: 'length', name: 'nope' }, 'equal', 1), /'nope'/, 'property-missing');
    refuse(compare('object.nope', 'equal', 1), /'object.nope'/, 'property-missing');
    refuse(compare('int.x', 'equal', 1), /'int' has type int, which has no properties inside/);
  });

  it('names the setting of a property that is not indexed', () => {
    refuse(compare('hidden', 'equal', 1), /'hidden' of class 'Q'.*indexFilterable is false/);
  });

  it('names property, type, operator and value when they do not go together', () => {
    refuse(
      compare('int', 'equal', 'abc'),
      /'int' .*operator equal .*type int takes a whole number, not "abc"/,
    );
    refuse(compare('int', 'equal', 1.2), /type int takes a whole number, not 1\.2/);
    refuse(compare('int', 'containsAny', [1, 1.2]), /takes a list, each a whole number, not 1\.2/);
    refuse(compare('word', 'equal', 5), /'word' .*type text takes a text, not 5/);
    refuse(compare('flag', 'equal', 'true'), /type boolean takes true or false, not "true"/);
    refuse(compare('date', 'lessThan', '2024-01-02'), /type date takes an RFC 3339 date/);
    refuse(compare('uid', 'equal', 'abc'), /type uuid takes a uuid, not "abc"/);
    refuse(
      compare({ kind: 'uuid' }, 'equal', 'abc'),
      /filter on uuid of class 'Q': .*takes a uuid/,
    );
    refuse(compare('int', 'isNull', 1), /isNull with type int takes true or false/);
    refuse(
      compare('int', 'equal', [1, 2]),
      /operator equal with type int takes a whole number, not \[1,2\]/,
    );
    refuse(compare('ints', 'containsAny', ['x']), /takes a list, each a whole number, not "x"/);
    refuse(compare('number', 'equal', Number.NaN), /takes a number/);
  });

  it('refuses operators that the type does not have', () => {
    refuse(compare('int', 'like', '1*'), /operator like does not go with type int/);
    refuse(compare('geo', 'equal', 1), /operator equal does not go with type geoCoordinates/);
    refuse(compare('word', 'withinGeoRange', 'x'), /withinGeoRange does not go with type text/);
    refuse(compare('blob', 'equal', 'x'), /type blob: blob goes with isNull only/);
    refuse(
      compare({ kind: 'length', name: 'int' }, 'equal', 1),
      /only text and arrays have a length/,
    );
  });

  it('refuses places and distances that are none', () => {
    for (const range of [
      { latitude: 91, longitude: 0, distance: 1 },
      { latitude: 0, longitude: -181, distance: 1 },
      { latitude: 0, longitude: 0, distance: -1 },
      { latitude: Number.NaN, longitude: 0, distance: 1 },
    ]) {
      refuse(compare('geo', 'withinGeoRange', range), /takes a latitude within 90/);
    }
  });

  it('refuses text of stopwords only, and names the property', () => {
    refuse(
      compare('word', 'equal', 'the'),
      /property 'word' of class 'Q'.*only stopwords provided/,
    );
    refuse(compare('words', 'containsAll', ['bar', 'a']), /only stopwords provided \("a"\)/);
    refuse(compare('words', 'containsAny', ['the', 'a']), /only stopwords provided/);
    checkFilter(compare('words', 'containsAny', ['the', 'bar']), view);
    checkFilter(compare('space', 'equal', 'the'), view);
  });

  it('refuses to join nothing, and to ask for all of nothing', () => {
    refuse({ kind: 'and', operands: [] }, /'and' needs at least one operand/);
    refuse({ kind: 'or', operands: [] }, /'or' needs at least one operand/);
    refuse(compare('ints', 'containsAll', []), /containsAll needs at least one value/);
  });
});

describe('matchesLike', () => {
  it('agrees with regular expressions', () => {
    const maker = new Maker(3);
    const letters = ['a', 'b', '.', '🙂'];
    for (let round = 0; round < 3000; round += 1) {
      const text = maker.list(8, () => maker.pick(letters)).join('');
      const pattern = maker.list(6, () => maker.pick([...letters, '*', '?', '*'])).join('');
      const source = pattern.replaceAll('.', '\\.').replaceAll('?', '.').replaceAll('*', '.*');
      const expected = new RegExp(`^${source}$`, 'su').test(text);
      assert.equal(matchesLike(text, pattern), expected, `${text} like ${pattern}`);
    }
  });

  it('does not take forever on many stars', () => {
    assert.equal(matchesLike('a'.repeat(20_000), `${'*a'.repeat(50)}*b`), false);
  });
});
