// What filters read inside object properties. The objects of one property are its elements, numbered
// through all documents of a segment in order of the object that they stand in; elements have columns,
// terms and objects of their own, as documents do. A list of plain values inside an object is a property
// of elements too: each value is one, with the value in a column without a name.

import { Bitset } from '../bitset.ts';
import type { PropertySchema, PropertyType } from '../schema.ts';
import type { TextIndex } from '../text/text-index.ts';
import type { Fields } from './column-codec.ts';

/** Documents, or the elements of one property, with what filters know of them. */
export interface Level extends Pick<Fields, 'column'>, Pick<ElementSource, 'elements'> {
  /** How many. */
  readonly count: number;
  readonly text: Pick<TextIndex, 'property'>;
}

/** Object properties, and lists inside of objects, by name. */
export interface ElementSource {
  /** In ascending order. */
  readonly elementNames: readonly string[];
  /** Undefined when none has objects or a list there. Throws DatabaseError 'corrupt'. */
  elements(name: string): Elements | undefined;
}

/** The elements of one property. Valid until the next write. */
export interface Elements extends Fields, ElementSource {
  readonly count: number;
  readonly text: TextIndex;
  /**
   * Element e stands in parent p when `offsets[p] <= e < offsets[p + 1]`; at least one entry more than
   * there are parents.
   */
  readonly offsets: Uint32Array;
}

/** The name of the column that holds the values of a list inside an object. */
export const valueColumn = '';

/** Parents of which an element, or the one at `index` of the parent, is in `found`. */
export function parentsOf(
  { offsets }: Elements,
  found: Bitset,
  index: number | undefined,
  parentCount: number,
): Bitset {
  const parents = Bitset.of(parentCount);
  for (let parent = 0; parent < parentCount; parent += 1) {
    const from = offsets[parent]! + (index ?? 0);
    const to =
      index === undefined ? offsets[parent + 1]! : Math.min(from + 1, offsets[parent + 1]!);
    for (let element = from; element < to; element += 1) {
      if (!found.has(element)) continue;
      parents.set(parent);
      break;
    }
  }
  return parents;
}

/** What the values of a list inside an object are to filters: elements with one property. */
export function valueSchema(property: PropertySchema): PropertySchema {
  const type = property.type.slice(0, -2) as PropertyType;
  return { ...property, name: valueColumn, type };
}

/** Whether values of the type are a list of plain values. */
export function isPlainList(type: PropertyType): boolean {
  return type.endsWith('[]') && type !== 'object[]';
}
