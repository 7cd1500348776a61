// Filters written as calls, checked by the compiler against the caller's own properties. They make the
// engine's filter tree, a plain object that may as well be written by hand.

import type { PropertyValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type {
  Filter,
  FilterOperator,
  FilterTarget,
  FilterValue,
  GeoRange,
} from '../engine/filter/filter.ts';
import type { PropertiesOf } from './objects.ts';

/** What the elements of a property are: of an array its elements, of anything else the value itself. */
export type ElementOf<V> = NonNullable<V> extends readonly (infer E)[] ? E : NonNullable<V>;

/** Texts, numbers and booleans: what can stand beside an operator. Dates and uuids are texts. */
export type ComparableOf<V> = Extract<ElementOf<V>, string | number | boolean>;

/** Names of properties whose elements can be compared. */
export type ComparableName<P> = {
  [Name in keyof P & string]: [ComparableOf<P[Name]>] extends [never] ? never : Name;
}[keyof P & string];

/** Comparisons of something that has an order. */
export interface OrderedConditions<V> {
  readonly equal: (value: V) => Filter;
  readonly notEqual: (value: V) => Filter;
  readonly greaterThan: (value: V) => Filter;
  readonly greaterThanEqual: (value: V) => Filter;
  readonly lessThan: (value: V) => Filter;
  readonly lessThanEqual: (value: V) => Filter;
}

/** Comparisons of a value with several at once; of an array property with its elements. */
export interface ListConditions<V> {
  readonly containsAny: (values: readonly V[]) => Filter;
  readonly containsAll: (values: readonly V[]) => Filter;
  readonly containsNone: (values: readonly V[]) => Filter;
}

/** What may be asked of a property; `V` is the kind of its elements. */
export interface PropertyConditions<V> extends OrderedConditions<V>, ListConditions<V> {
  /** `*` stands for any text, `?` for one character; only of texts. */
  readonly like: (pattern: V & string) => Filter;
  /** Of texts and arrays, an empty one counts as null. Needs no setting of the inverted index. */
  readonly isNull: (isNull?: boolean) => Filter;
}

/** What may be asked of a property that holds a place on the globe. */
export interface GeoConditions {
  /** `distance` in metres. */
  readonly withinGeoRange: (range: GeoRange) => Filter;
  readonly isNull: (isNull?: boolean) => Filter;
}

/** What may be asked of the uuid of an object. */
export interface UuidConditions extends OrderedConditions<string>, ListConditions<string> {}

/** What may be asked of the objects that a property refers to. */
export interface ReferenceConditions {
  /**
   * One of them passes a filter of its own collection, which is named where the property may refer to
   * several.
   */
  readonly to: (filter: Filter, collection?: string) => Filter;
  /** How many there are, those that are gone included. */
  readonly count: OrderedConditions<number>;
}

/** Makes filters over objects with the properties `P`; made by `filters`. */
export interface FilterBuilder<P> {
  /** Compares a property, of an array each of its elements. */
  readonly property: <Name extends ComparableName<P>>(
    name: Name,
  ) => PropertyConditions<ComparableOf<P[Name]>>;
  /** Compares a property that holds `{ latitude, longitude }`. */
  readonly geo: (name: keyof P & string) => GeoConditions;
  /** Compares the number of characters of a text, or of elements of an array; 0 where there is none. */
  readonly length: (name: keyof P & string) => OrderedConditions<number>;
  /** Asks about what the property refers to. */
  readonly reference: (name: keyof P & string) => ReferenceConditions;
  /** Compares what stands inside an object property, as `cars[0].tires.width`. */
  readonly path: (path: string) => PropertyConditions<string | number | boolean>;
  readonly uuid: UuidConditions;
  /** Times of the object itself. */
  readonly createdAt: OrderedConditions<Date>;
  readonly updatedAt: OrderedConditions<Date>;
}

/** All of them hold; at least one is needed. */
export function and(...operands: readonly Filter[]): Filter {
  return { kind: 'and', operands };
}

/** One of them holds, or more; at least one is needed. */
export function or(...operands: readonly Filter[]): Filter {
  return { kind: 'or', operands };
}

/** It does not hold. */
export function not(operand: Filter): Filter {
  return { kind: 'not', operand };
}

/**
 * Makes filters for objects with the properties `P`:
 * `filters<Page>().property('year').greaterThan(1990)`. Whether the collection indexes what is asked for
 * shows when the filter is used.
 */
export function filters<
  P extends PropertiesOf<P> = Record<string, PropertyValue>,
>(): FilterBuilder<P> {
  return {
    property: (name) => propertyConditions({ kind: 'property', name }),
    geo: (name) => {
      const target = { kind: 'property', name } as const;
      return {
        withinGeoRange: (range) => compare('withinGeoRange', target, range),
        isNull: (isNull = true) => compare('isNull', target, isNull),
      };
    },
    length: (name) => orderedConditions({ kind: 'length', name }, asItIs),
    reference: referenceConditions,
    path: (path) => propertyConditions({ kind: 'property', name: path }),
    uuid: { ...orderedConditions({ kind: 'uuid' }, asItIs), ...listConditions({ kind: 'uuid' }) },
    createdAt: orderedConditions({ kind: 'createdAt' }, timeText),
    updatedAt: orderedConditions({ kind: 'updatedAt' }, timeText),
  };
}

function referenceConditions(property: string): ReferenceConditions {
  return {
    to: (filter, collection) => ({
      kind: 'reference',
      property,
      filter,
      ...(collection === undefined ? {} : { collection }),
    }),
    count: orderedConditions({ kind: 'referenceCount', name: property }, asItIs),
  };
}

function propertyConditions<V extends string | number | boolean>(
  target: FilterTarget,
): PropertyConditions<V> {
  return {
    ...orderedConditions<V>(target, asItIs),
    ...listConditions<V>(target),
    like: (pattern) => compare('like', target, pattern),
    isNull: (isNull = true) => compare('isNull', target, isNull),
  };
}

function orderedConditions<V>(
  target: FilterTarget,
  textOf: (value: V) => FilterValue,
): OrderedConditions<V> {
  const with_ = (operator: FilterOperator) => (value: V) =>
    compare(operator, target, textOf(value));
  return {
    equal: with_('equal'),
    notEqual: with_('notEqual'),
    greaterThan: with_('greaterThan'),
    greaterThanEqual: with_('greaterThanEqual'),
    lessThan: with_('lessThan'),
    lessThanEqual: with_('lessThanEqual'),
  };
}

function listConditions<V extends string | number | boolean>(
  target: FilterTarget,
): ListConditions<V> {
  // The elements of one list are of one kind: `V` is that of a property.
  const with_ = (operator: FilterOperator) => (values: readonly V[]) =>
    compare(operator, target, values as FilterValue);
  return {
    containsAny: with_('containsAny'),
    containsAll: with_('containsAll'),
    containsNone: with_('containsNone'),
  };
}

function compare(operator: FilterOperator, target: FilterTarget, value: FilterValue): Filter {
  return { kind: 'compare', operator, target, value };
}

function asItIs<V extends FilterValue>(value: V): FilterValue {
  return value;
}

function timeText(time: Date): string {
  if (Number.isNaN(time.getTime())) {
    const message = 'filter: a Date that is no time has no value to compare with';
    throw new DatabaseError('invalid-argument', { message });
  }
  return time.toISOString();
}
