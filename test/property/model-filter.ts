// Whether an object passes a filter, worked out from its properties alone.

import type { Filter, PropertyValue } from '../../src/index.ts';
import type { ModelObject } from './model.ts';

type Comparison = Extract<Filter, { readonly kind: 'compare' }>;

/** The properties of the collections of these tests that hold text, with how it is cut. */
export const textProperties: Readonly<Record<string, 'word' | 'field'>> = {
  title: 'word',
  tag: 'field',
  tags: 'field',
  name: 'field',
};

/** Terms of a text: words in small letters, or all of it. */
export function termsOf(text: string, tokenization: 'word' | 'field'): string[] {
  if (tokenization === 'word') return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return text.trim() === '' ? [] : [text.trim()];
}

/** Of a text property: all terms of its value or of its elements. */
export function propertyTerms(object: ModelObject, name: string): string[] {
  const tokenization = textProperties[name] ?? 'word';
  return elements(object.properties[name]).flatMap((each) => termsOf(String(each), tokenization));
}

/** The object that a reference leads to; undefined when it is gone. */
export type Follow = (reference: string) => ModelObject | undefined;

export function passes(filter: Filter, object: ModelObject, follow: Follow): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.operands.every((operand) => passes(operand, object, follow));
    case 'or':
      return filter.operands.some((operand) => passes(operand, object, follow));
    case 'not':
      return !passes(filter.operand, object, follow);
    case 'reference':
      return elements(object.properties[filter.property]).some((reference) => {
        const target = follow(String(reference));
        return target !== undefined && passes(filter.filter, target, follow);
      });
    case 'compare':
      return passesComparison(filter, object);
    default:
      throw new Error(`no random filter is of kind ${filter.kind}`);
  }
}

function passesComparison(comparison: Comparison, object: ModelObject): boolean {
  const { target, operator, value } = comparison;
  switch (target.kind) {
    case 'property': {
      const { name } = target;
      if (operator === 'isNull') return isNull(object.properties[name]) === value;
      if (operator === 'withinGeoRange') return isWithin(object.properties[name], value);
      if (Object.hasOwn(textProperties, name)) return passesText(comparison, object, name);
      const isDate = name === 'at' || name === 'days';
      const read = (one: unknown): unknown => (isDate ? Date.parse(String(one)) : one);
      return passesValues(comparison, elements(valueAt(object, name)).map(read), read);
    }
    case 'referenceCount':
      return passesValues(comparison, [elements(object.properties[target.name]).length], same);
    case 'length':
      return passesValues(comparison, [lengthOf(object.properties[target.name])], same);
    case 'uuid':
      return passesValues(comparison, [object.uuid], same);
    case 'createdAt':
    case 'updatedAt':
      return passesValues(comparison, [object[target.kind]], (one) => Date.parse(String(one)));
  }
}

/** Of a property, or of one inside an object property. */
function valueAt({ properties }: ModelObject, path: string): PropertyValue | undefined {
  const [name = '', inner] = path.split('.');
  const value = properties[name];
  if (inner === undefined) return value;
  return (value as { readonly [name: string]: PropertyValue } | undefined)?.[inner];
}

const same = (one: unknown): unknown => one;

/** An object without values passes only what is negated. */
function passesValues(
  { operator, value }: Comparison,
  values: readonly unknown[],
  read: (value: unknown) => unknown,
): boolean {
  const wanted = [value].flat().map(read);
  const [one] = wanted as number[];
  const any = (test: (value: number) => boolean): boolean => (values as number[]).some(test);
  switch (operator) {
    case 'equal':
      return any((each) => each === one);
    case 'notEqual':
      return !any((each) => each === one);
    case 'greaterThan':
      return any((each) => each > (one as number));
    case 'greaterThanEqual':
      return any((each) => each >= (one as number));
    case 'lessThan':
      return any((each) => each < (one as number));
    case 'lessThanEqual':
      return any((each) => each <= (one as number));
    case 'containsAny':
      return any((each) => wanted.includes(each));
    case 'containsAll':
      return wanted.every((each) => values.includes(each));
    case 'containsNone':
      return !any((each) => wanted.includes(each));
    default:
      throw new Error(`no random filter compares values by ${operator}`);
  }
}

/** Text is compared term by term: a value stands for all of its terms. */
function passesText({ operator, value }: Comparison, object: ModelObject, name: string): boolean {
  const tokenization = textProperties[name] ?? 'word';
  const held = propertyTerms(object, name);
  const wanted = [value].flat().map((each) => termsOf(String(each), tokenization));
  const holds = (terms: readonly string[]): boolean => terms.every((term) => held.includes(term));
  const beside = (test: (term: string, wanted: string) => boolean): boolean =>
    wanted.flat().every((one) => held.some((term) => test(term, one)));
  switch (operator) {
    case 'equal':
    case 'containsAll':
      return wanted.every(holds);
    case 'notEqual':
      return !wanted.every(holds);
    case 'containsAny':
      return wanted.some(holds);
    case 'containsNone':
      return !wanted.some(holds);
    case 'greaterThan':
      return beside((term, one) => term > one);
    case 'greaterThanEqual':
      return beside((term, one) => term >= one);
    case 'lessThan':
      return beside((term, one) => term < one);
    case 'lessThanEqual':
      return beside((term, one) => term <= one);
    case 'like':
      return likePatterns(String(value), tokenization).every((pattern) =>
        held.some((term) => pattern.test(term)),
      );
    default:
      throw new Error(`no random filter compares text by ${operator}`);
  }
}

function likePatterns(value: string, tokenization: 'word' | 'field'): RegExp[] {
  const parts = tokenization === 'word' ? value.toLowerCase().split(/[^a-z0-9*?]+/) : [value];
  return parts
    .filter((part) => part !== '')
    .map((part) => new RegExp(`^${part.replaceAll('*', '.*').replaceAll('?', '.')}$`));
}

function elements(value: PropertyValue | undefined): readonly PropertyValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value as PropertyValue];
}

function isNull(value: PropertyValue | undefined): boolean {
  return elements(value).length === 0;
}

function lengthOf(value: PropertyValue | undefined): number {
  return typeof value === 'string' ? Array.from(value).length : elements(value).length;
}

/** The great circle on a sphere. Random places and ranges are never so close that its radius matters. */
function isWithin(place: PropertyValue | undefined, range: unknown): boolean {
  if (place === undefined || place === null) return false;
  const a = place as { latitude: number; longitude: number };
  const b = range as { latitude: number; longitude: number; distance: number };
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half =
    Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.sqrt(half)) <= b.distance;
}
