// Paths of filters into object properties, as `cars[0].tires.width`: which elements they go through and
// which property they end at.

import { DatabaseError } from '../errors.ts';
import type { PropertySchema, PropertyType } from '../schema.ts';
import { isPlainList, valueSchema } from './elements.ts';

/** From an object to the elements of one of its properties, or to the one at `index`. */
export interface Step {
  readonly name: string;
  readonly index: number | undefined;
}

/** An object array on the way: conditions on it are asked of one element at a time. */
export interface Scope {
  /** The path as it is written up to here: the same text is the same element. */
  readonly key: string;
  /** From an element of the scope around it, or from the document. */
  readonly steps: readonly Step[];
}

/** Where a path leads. */
export interface NestedTarget {
  readonly scopes: readonly Scope[];
  /** From an element of the last scope to the elements that the path ends at or has its value in. */
  readonly rest: readonly Step[];
  /** `elements`: the path ends at objects or a list; `value`: at one value of the elements. */
  readonly end: 'elements' | 'value';
  /** As the collection describes it. */
  readonly property: PropertySchema;
  /** What is compared: the column and type of one value. */
  readonly value: PropertySchema;
}

/** Whether a filter's name goes into an object. */
export function isNestedName(name: string): boolean {
  return /[.[]/.test(name);
}

/**
 * Resolves a path. Throws DatabaseError 'property-missing' for a part that is not there,
 * 'invalid-argument' for one that can't be gone through, an index on what is no array, a property that
 * is not indexed for filters, or a path of another form.
 */
export function resolvePath(
  name: string,
  properties: readonly PropertySchema[],
  collection: string,
): NestedTarget {
  const invalid = (problem: string): DatabaseError =>
    new DatabaseError('invalid-argument', {
      message: `filter on property '${name}' of class '${collection}': ${problem}`,
    });
  const scopes: Scope[] = [];
  let steps: Step[] = [];
  let key = '';
  let inside = properties;
  const parts = name.split('.');
  for (const [at, part] of parts.entries()) {
    const { own, index } = parsePart(part, invalid);
    key = at === 0 ? part : `${key}.${part}`;
    const property = inside.find((known) => known.name === own);
    if (!property) {
      const missing = [...parts.slice(0, at), own].join('.');
      throw new DatabaseError('property-missing', { property: missing, collection });
    }
    if (!property.filterable && !property.searchable) {
      throw invalid(`'${own}' is not indexed for filters, its indexFilterable is false`);
    }
    const { type } = property;
    if (index !== undefined && !type.endsWith('[]')) {
      throw invalid(`'${own}' has type ${type}, only arrays have an element [${index}]`);
    }
    const step = { name: own, index };
    if (at === parts.length - 1) {
      if (at === 0 && !isObject(type)) {
        throw invalid(`elements of ${type} can't be asked for one by one, only those of object[]`);
      }
      const known = { scopes, property };
      if (isObject(type)) {
        return { ...known, rest: [...steps, step], end: 'elements', value: property };
      }
      if (!isPlainList(type)) return { ...known, rest: steps, end: 'value', value: property };
      const value = valueSchema(property);
      return { ...known, rest: [...steps, step], end: 'elements', value };
    }
    if (!isObject(type)) {
      throw invalid(`'${own}' has type ${type}, which has no properties inside`);
    }
    steps.push(step);
    if (type === 'object[]') {
      scopes.push({ key, steps });
      steps = [];
    }
    inside = property.nested ?? [];
  }
  throw invalid('the path is empty');
}

function isObject(type: PropertyType): boolean {
  return type === 'object' || type === 'object[]';
}

function parsePart(
  part: string,
  invalid: (problem: string) => DatabaseError,
): { readonly own: string; readonly index: number | undefined } {
  const found = /^([^.[\]]+)(?:\[(\d{1,9})\])?$/.exec(part);
  if (found?.[1] === undefined) {
    throw invalid(`'${part}' is no part of a path as cars[0].make`);
  }
  return { own: found[1], index: found[2] === undefined ? undefined : Number(found[2]) };
}
