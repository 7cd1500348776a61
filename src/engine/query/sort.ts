// Order of fetched objects by their properties. What decides is read from a document once; after that
// the document itself is no longer needed.

import { unreachable } from '../assert.ts';
import type { Document, PropertyValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { parseInstant } from '../filter/instant.ts';
import type { PropertySchema, PropertyType } from '../schema.ts';
import { compareTerms } from '../text/text-index.ts';
import type { SortKey } from './query.ts';

/** What decides where a document stands: a value beside each key, and the uuid for ties. */
export interface SortValues {
  readonly uuid: string;
  readonly values: readonly SortValue[];
}

/** The parts of a value, compared one after another; undefined when it is absent. */
type SortValue = readonly (number | string)[] | undefined;

/** Sorts documents by some keys. */
export interface Sorter {
  /** False when uuid and times decide alone: `values` then looks at no properties. */
  readonly readsProperties: boolean;
  /** Reads the document's properties and times. */
  values(document: Omit<Document, 'vectors'>): SortValues;
  /** Negative when a comes first; 0 only for the same uuid. */
  compare(a: SortValues, b: SortValues): number;
}

/** What sort keys may name. */
export interface SortContext {
  /** For messages. */
  readonly collection: string;
  readonly properties: readonly PropertySchema[];
}

/**
 * A sorter by the keys, the first one first. Ascending, absent values come first, then: text without
 * regard to case, false before true, dates by instant, arrays element by element. Equal documents are
 * in order of uuid. Throws DatabaseError 'property-missing', or 'invalid-argument' for a property of
 * a type without order.
 */
export function makeSorter(sort: readonly SortKey[], context: SortContext): Sorter {
  const readers = sort.map((key) => readerOf(key, context));
  return {
    readsProperties: sort.some(({ by }) => by.kind === 'property'),
    values: (document) => ({
      uuid: document.uuid,
      values: readers.map((read) => read(document)),
    }),
    compare(a, b) {
      for (let index = 0; index < sort.length; index += 1) {
        const order = compareValues(a.values[index], b.values[index]);
        if (order !== 0) return sort[index]!.ascending ? order : -order;
      }
      return a.uuid < b.uuid ? -1 : a.uuid > b.uuid ? 1 : 0;
    },
  };
}

type Reader = (document: Omit<Document, 'vectors'>) => SortValue;

function readerOf({ by }: SortKey, { collection, properties }: SortContext): Reader {
  switch (by.kind) {
    case 'uuid':
      return ({ uuid }) => [uuid];
    case 'createdAt':
      return ({ createdAt }) => [createdAt];
    case 'updatedAt':
      return ({ updatedAt }) => [updatedAt];
    case 'property': {
      const { name } = by;
      const property = properties.find((known) => known.name === name);
      if (!property) throw new DatabaseError('property-missing', { property: name, collection });
      const parts = partsOf(property.type);
      if (!parts) {
        const message = `sort: property '${name}' of class '${collection}' has type ${property.type}, which has no order`;
        throw new DatabaseError('invalid-argument', { message });
      }
      return ({ properties: all }) => {
        // A property may be called `constructor`: what the prototype has there is no value.
        const value = Object.hasOwn(all, name) ? all[name] : undefined;
        if (value === undefined || value === null) return undefined;
        return Array.isArray(value) ? value.flatMap(parts) : parts(value);
      };
    }
    default:
      return unreachable(by);
  }
}

/** How one value of the type (an element for arrays) becomes parts; undefined: it has no order. */
function partsOf(type: PropertyType): ((value: PropertyValue) => (number | string)[]) | undefined {
  switch (type) {
    case 'text':
    case 'text[]':
    case 'uuid':
    case 'uuid[]':
      return (value) => (typeof value === 'string' ? [value.toLowerCase()] : []);
    case 'int':
    case 'int[]':
    case 'number':
    case 'number[]':
      return (value) => (typeof value === 'number' ? [value] : []);
    case 'boolean':
    case 'boolean[]':
      return (value) => [value === true ? 1 : 0];
    case 'date':
    case 'date[]':
      return (value) => {
        const instant = typeof value === 'string' ? parseInstant(value) : undefined;
        return instant ? [instant.ms, instant.nanos] : [];
      };
    case 'blob':
    case 'blobHash':
    case 'geoCoordinates':
    case 'phoneNumber':
    case 'object':
    case 'object[]':
    case 'reference':
      return undefined;
    default:
      return unreachable(type);
  }
}

function compareValues(a: SortValue, b: SortValue): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const order = compareParts(a[index]!, b[index]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareParts(a: number | string, b: number | string): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTerms(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}
