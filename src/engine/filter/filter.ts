// A filter as data: a frozen tree that the wire decoders make and allow-list.ts turns into a set of
// document ids, segment by segment.

import type { UuidSet } from './uuid-set.ts';

/** Operators that compare one target with one value. */
export const filterOperators = [
  'equal',
  'notEqual',
  'greaterThan',
  'greaterThanEqual',
  'lessThan',
  'lessThanEqual',
  'like',
  'isNull',
  'containsAny',
  'containsAll',
  'containsNone',
  'withinGeoRange',
] as const;
export type FilterOperator = (typeof filterOperators)[number];

/** A circle on the globe; `distance` in metres. */
export interface GeoRange {
  readonly latitude: number;
  readonly longitude: number;
  readonly distance: number;
}

/** Dates are RFC 3339 strings, uuids strings; array operators take arrays. */
export type FilterValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly boolean[]
  | GeoRange;

/** What is compared: a property (or its length), the uuid, or a timestamp of the object. */
export type FilterTarget =
  | { readonly kind: 'property'; readonly name: string }
  | { readonly kind: 'length'; readonly name: string }
  /** How many objects a reference property names, the same one twice counted twice. */
  | { readonly kind: 'referenceCount'; readonly name: string }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'createdAt' }
  | { readonly kind: 'updatedAt' };

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Filter[] }
  | { readonly kind: 'not'; readonly operand: Filter }
  /**
   * Objects that refer to an object that passes a filter of its own collection, which is named where the
   * property may refer to several. The database makes a `refersTo` of it before a search begins.
   */
  | {
      readonly kind: 'reference';
      readonly property: string;
      readonly collection?: string;
      readonly filter: Filter;
    }
  /** Objects that refer to one of these, by collection. */
  | {
      readonly kind: 'refersTo';
      readonly property: string;
      readonly targets: ReadonlyMap<string, UuidSet>;
    }
  | {
      readonly kind: 'compare';
      readonly operator: FilterOperator;
      readonly target: FilterTarget;
      readonly value: FilterValue;
    };
