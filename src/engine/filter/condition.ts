// One comparison of a filter, checked against the schema and ready to run: names looked up, text cut
// into terms, dates and uuids read. Segments have no part in it, so a filter that makes no sense is
// refused even where there is nothing to search.

import { unreachable } from '../assert.ts';
import { DatabaseError } from '../errors.ts';
import type { CollectionSchema, PropertySchema } from '../schema.ts';
import { analyze, leavesOut, type TextAnalysis } from '../text/analysis.ts';
import { normaliseUuid } from '../uuid.ts';
import { columnKind } from './column.ts';
import type { Filter, FilterOperator, FilterTarget, FilterValue, GeoRange } from './filter.ts';
import { type Instant, parseInstant } from './instant.ts';
import { likeTerms } from './like.ts';

/** What a filter is checked against. */
export interface FilterContext {
  /** For messages. */
  readonly collection?: string;
  readonly schema: Pick<CollectionSchema, 'properties'>;
  /** From `resolveStopwords`. */
  readonly stopwords: ReadonlySet<string>;
}

/** Sides of a value on which others are accepted, added up: 1 less, 2 equal, 4 greater. */
export type Sides = number;
export const less = 1;
export const same = 2;
export const greater = 4;

/**
 * What values must be. A document with several values passes `sides` and `any` when one of them does,
 * `all` when each of `values` is among them; one without values passes none of these. `negated` turns
 * the answer round, also for documents without the property.
 */
export type Test<T> =
  | {
      readonly kind: 'sides';
      readonly sides: Sides;
      readonly value: T;
      readonly negated: boolean;
    }
  | { readonly kind: 'any'; readonly values: readonly T[]; readonly negated: boolean }
  | { readonly kind: 'all'; readonly values: readonly T[] };

/** What the terms of a property must be; of each inner list, every term counts. */
export type TextTest =
  | {
      readonly kind: 'terms';
      readonly join: 'any' | 'all';
      readonly values: readonly (readonly string[])[];
      readonly negated: boolean;
    }
  | { readonly kind: 'sides'; readonly sides: Sides; readonly terms: readonly string[] }
  | { readonly kind: 'like'; readonly patterns: readonly string[] };

export type Condition =
  | { readonly kind: 'text'; readonly name: string; readonly test: TextTest }
  | { readonly kind: 'number'; readonly name: string; readonly test: Test<number> }
  | { readonly kind: 'date'; readonly name: string; readonly test: Test<Instant> }
  | { readonly kind: 'uuid'; readonly name: string; readonly test: Test<string> }
  | { readonly kind: 'uuidLike'; readonly name: string; readonly pattern: string }
  | { readonly kind: 'geo'; readonly name: string; readonly range: GeoRange }
  | { readonly kind: 'null'; readonly name: string; readonly wanted: boolean }
  | { readonly kind: 'length'; readonly name: string; readonly test: Test<number> }
  | { readonly kind: 'self'; readonly test: Test<string> }
  | { readonly kind: 'selfLike'; readonly pattern: string }
  | {
      readonly kind: 'time';
      readonly of: 'createdAt' | 'updatedAt';
      readonly test: Test<Instant>;
    };

type Comparison = Extract<Filter, { readonly kind: 'compare' }>;

/**
 * Resolves one comparison. Throws DatabaseError 'property-missing', or 'invalid-argument' when the
 * property is not indexed for filters, the operator does not go with its type, or the value does not
 * go with both.
 */
export function resolveCondition(comparison: Comparison, context: FilterContext): Condition {
  const { target, operator, value } = comparison;
  switch (target.kind) {
    case 'property':
      return resolveProperty(comparison, findProperty(target.name, context), context);
    case 'length':
      return resolveLength(comparison, findProperty(target.name, context), context);
    case 'referenceCount': {
      const property = findReference(target.name, context);
      const subject = new Subject(target, operator, context, 'number of references');
      return { kind: 'length', name: property.name, test: subject.test(value, readNumber) };
    }
    case 'uuid': {
      const subject = new Subject(target, operator, context, 'uuid');
      if (operator === 'like') return { kind: 'selfLike', pattern: subject.text(value) };
      return { kind: 'self', test: subject.test(value, readUuidText) };
    }
    case 'createdAt':
    case 'updatedAt': {
      const subject = new Subject(target, operator, context, 'date');
      return { kind: 'time', of: target.kind, test: subject.test(value, readTime) };
    }
    default:
      return unreachable(target);
  }
}

/** As resolveCondition, on the length of a property that was found. */
export function resolveLength(
  { target, operator, value }: Comparison,
  { name, type }: Pick<PropertySchema, 'name' | 'type'>,
  context: FilterContext,
): Condition {
  const subject = new Subject(target, operator, context, `length of ${type}`);
  const { kind, many } = columnKind(type);
  if (kind !== 'length' && !many) throw subject.refuse('only text and arrays have a length');
  return { kind: 'length', name, test: subject.test(value, readNumber) };
}

/**
 * The reference property of that name. Throws DatabaseError 'property-missing', or 'invalid-argument' when
 * it is no reference or not indexed.
 */
export function findReference(name: string, context: FilterContext): PropertySchema {
  const property = findProperty(name, context);
  if (property.type === 'reference') return property;
  const message = `filter on property '${name}' of class '${context.collection ?? ''}': it is a ${property.type}, not a reference to other objects`;
  throw new DatabaseError('invalid-argument', { message });
}

function findProperty(name: string, context: FilterContext): PropertySchema {
  const { properties } = context.schema;
  const collection = context.collection ?? '';
  const property = properties.find((known) => known.name === name);
  if (!property) throw new DatabaseError('property-missing', { property: name, collection });
  // Keyword search needs the same terms that filters read.
  if (property.filterable || property.searchable) return property;
  const message = `filter on property '${name}' of class '${collection}': it is not indexed for filters, its indexFilterable is false`;
  throw new DatabaseError('invalid-argument', { message });
}

/** As resolveCondition, on the value of a property that was found. */
export function resolveProperty(
  { target, operator, value }: Comparison,
  property: PropertySchema,
  context: FilterContext,
): Condition {
  const { name, type } = property;
  const subject = new Subject(target, operator, context, type);
  if (operator === 'isNull') {
    if (typeof value !== 'boolean') throw subject.mismatch('true or false', value);
    return { kind: 'null', name, wanted: value };
  }
  if (operator === 'withinGeoRange') {
    if (type !== 'geoCoordinates') throw subject.refuse('only geoCoordinates lie in a range');
    return { kind: 'geo', name, range: subject.geoRange(value) };
  }
  switch (type) {
    case 'text':
    case 'text[]':
      return { kind: 'text', name, test: resolveText(subject, property, value, context) };
    case 'int':
    case 'int[]':
      return {
        kind: 'number',
        name,
        test: subject.test(value, isOrder(operator) ? readNumber : readInt),
      };
    case 'number':
    case 'number[]':
      return { kind: 'number', name, test: subject.test(value, readNumber) };
    case 'boolean':
    case 'boolean[]':
      return { kind: 'number', name, test: subject.test(value, readBoolean) };
    case 'date':
    case 'date[]':
      return { kind: 'date', name, test: subject.test(value, readDate) };
    case 'uuid':
    case 'uuid[]':
      if (operator === 'like') return { kind: 'uuidLike', name, pattern: subject.text(value) };
      return { kind: 'uuid', name, test: subject.test(value, readUuidText) };
    case 'geoCoordinates':
      throw subject.refuse('geoCoordinates go with withinGeoRange and isNull');
    case 'reference':
      if (typeof value === 'number') {
        return { kind: 'length', name, test: subject.test(value, readNumber) };
      }
      throw subject.refuse(
        'references go with isNull, their number, or a filter on what they name',
      );
    case 'blob':
    case 'blobHash':
    case 'phoneNumber':
    case 'object':
    case 'object[]':
      throw subject.refuse(`${type} goes with isNull only`);
    default:
      return unreachable(type);
  }
}

/** How a value is read: what it must be in words, and the value or undefined when it isn't that. */
interface ValueReader<T> {
  readonly expected: string;
  read(value: unknown): T | undefined;
}

/** Texts that are numbers count: some clients send every value as text. */
const readNumber: ValueReader<number> = {
  expected: 'a number',
  read(value) {
    if (typeof value === 'string' && value.trim() !== '') return readNumber.read(Number(value));
    return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
  },
};

/** No int equals a broken number: who asks for one means another property. */
const readInt: ValueReader<number> = {
  expected: 'a whole number',
  read(value) {
    const number = readNumber.read(value);
    return number === undefined || Number.isInteger(number) ? number : undefined;
  },
};

const readBoolean: ValueReader<number> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? Number(value) : undefined),
};

const readDate: ValueReader<Instant> = {
  expected: 'an RFC 3339 date',
  read: (value) => (typeof value === 'string' ? parseInstant(value) : undefined),
};

const readTime: ValueReader<Instant> = {
  expected: 'an RFC 3339 date or milliseconds since 1970',
  read(value) {
    const ms = readNumber.read(value);
    if (ms !== undefined) {
      const whole = Math.floor(ms);
      return { ms: whole, nanos: Math.floor((ms - whole) * 1e6) };
    }
    return readDate.read(value);
  },
};

const readUuidText: ValueReader<string> = {
  expected: 'a uuid',
  read: (value) => (typeof value === 'string' ? normaliseUuid(value) : undefined),
};

/** What is compared, for messages, and the common part of all types. */
class Subject {
  readonly operator: FilterOperator;
  readonly #target: FilterTarget;
  readonly #collection: string;
  readonly #type: string;

  constructor(
    target: FilterTarget,
    operator: FilterOperator,
    context: FilterContext,
    type: string,
  ) {
    this.operator = operator;
    this.#target = target;
    this.#collection = context.collection ?? '';
    this.#type = type;
  }

  /** The error for an operator that the type does not have. */
  refuse(reason: string): DatabaseError {
    return this.error(`operator ${this.operator} does not go with type ${this.#type}: ${reason}`);
  }

  /** The error for a value of the wrong kind. */
  mismatch(expected: string, value: unknown): DatabaseError {
    // NaN and infinities have no JSON.
    const seen = typeof value === 'number' ? value : JSON.stringify(value).slice(0, 100);
    return this.error(
      `operator ${this.operator} with type ${this.#type} takes ${expected}, not ${seen}`,
    );
  }

  error(problem: string): DatabaseError {
    const target = this.#target;
    const named = 'name' in target ? `property '${target.name}'` : target.kind;
    const where = this.#collection === '' ? named : `${named} of class '${this.#collection}'`;
    return new DatabaseError('invalid-argument', { message: `filter on ${where}: ${problem}` });
  }

  text(value: FilterValue): string {
    if (typeof value !== 'string') throw this.mismatch('a text', value);
    return value.toLowerCase();
  }

  geoRange(value: FilterValue): GeoRange {
    const expected =
      'a latitude within 90, a longitude within 180 degrees and a distance of at least 0 metres';
    if (typeof value !== 'object' || !('latitude' in value)) throw this.mismatch(expected, value);
    const { latitude, longitude, distance } = value;
    const inRange = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && distance >= 0;
    if (!inRange) throw this.mismatch(expected, value);
    return value;
  }

  /** The values of a contains operator: a list, or one value for a list of one. */
  list(value: FilterValue): readonly unknown[] {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    // Everything contains all of nothing: a delete by such a filter would be a surprise.
    if (list.length === 0 && this.operator === 'containsAll') {
      throw this.error('operator containsAll needs at least one value');
    }
    return list;
  }

  /** A test for types that are compared value by value. */
  test<T>(value: FilterValue, reader: ValueReader<T>): Test<T> {
    const one = (given: unknown, expected: string): T => {
      const read = reader.read(given);
      if (read === undefined) throw this.mismatch(expected, given);
      return read;
    };
    const sides = sidesOf(this.operator);
    if (sides !== undefined) {
      const negated = this.operator === 'notEqual';
      return { kind: 'sides', sides, value: one(value, reader.expected), negated };
    }
    const many = () =>
      this.list(value).map((given) => one(given, `a list, each ${reader.expected}`));
    switch (this.operator) {
      case 'containsAny':
        return { kind: 'any', values: many(), negated: false };
      case 'containsNone':
        return { kind: 'any', values: many(), negated: true };
      case 'containsAll':
        return { kind: 'all', values: many() };
      default:
        throw this.refuse(`it takes equal, notEqual, comparisons and contains operators`);
    }
  }
}

/** Whether it compares by less and greater. */
function isOrder(operator: FilterOperator): boolean {
  const sides = sidesOf(operator);
  return sides !== undefined && sides !== same;
}

/** Sides that a comparison accepts; undefined for operators that are none. */
function sidesOf(operator: FilterOperator): Sides | undefined {
  switch (operator) {
    case 'equal':
    case 'notEqual':
      return same;
    case 'lessThan':
      return less;
    case 'lessThanEqual':
      return less + same;
    case 'greaterThan':
      return greater;
    case 'greaterThanEqual':
      return greater + same;
    default:
      return undefined;
  }
}

function resolveText(
  subject: Subject,
  property: PropertySchema,
  value: FilterValue,
  context: FilterContext,
): TextTest {
  const analysis = { tokenization: property.tokenization ?? 'word', analyzer: property.analyzer };
  const terms = (given: unknown): string[] => {
    if (typeof given !== 'string') throw subject.mismatch('a text', given);
    return queryTerms(given, analysis, context);
  };
  const some = (found: string[], given: unknown): string[] => {
    if (found.length > 0) return found;
    throw subject.error(
      `invalid search term, only stopwords provided (${JSON.stringify(given)}). Stopwords can be ` +
        'configured in class.invertedIndexConfig.stopwords',
    );
  };
  const { operator } = subject;
  switch (operator) {
    case 'equal':
    case 'notEqual': {
      const values = [some(terms(value), value)];
      return { kind: 'terms', join: 'all', values, negated: operator === 'notEqual' };
    }
    case 'containsAny': {
      const list = subject.list(value);
      const values = list.map(terms).filter((found) => found.length > 0);
      if (list.length > 0) some(values.flat(), value);
      return { kind: 'terms', join: 'any', values, negated: false };
    }
    case 'containsAll':
    case 'containsNone': {
      const values = subject.list(value).map((given) => some(terms(given), given));
      const none = operator === 'containsNone';
      return { kind: 'terms', join: none ? 'any' : 'all', values, negated: none };
    }
    case 'like': {
      if (typeof value !== 'string') throw subject.mismatch('a text', value);
      const patterns = likeTerms(value, analysis).filter(
        (term) => !leavesOut(term, analysis, context.stopwords),
      );
      return { kind: 'like', patterns: some(patterns, value) };
    }
    default: {
      const sides = sidesOf(operator);
      if (sides === undefined) throw subject.refuse('it is not for text');
      return { kind: 'sides', sides, terms: some(terms(value), value) };
    }
  }
}

function queryTerms(text: string, analysis: TextAnalysis, context: FilterContext): string[] {
  const terms = analyze(text, analysis).filter(
    (term) => !leavesOut(term, analysis, context.stopwords),
  );
  return Array.from(new Set(terms));
}
