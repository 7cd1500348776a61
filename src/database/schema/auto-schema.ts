// Properties that an object has and its collection does not know yet: their types are guessed from
// their values, so that objects can be stored before anybody writes a schema.

import type { Properties, PropertyValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { parseInstant } from '../../engine/filter/instant.ts';
import type { PropertyType } from '../../engine/schema.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import type {
  CollectionConfig,
  NestedPropertyConfig,
  PropertyConfig,
} from '../collection-config.ts';
import type { Neighbours } from '../references/neighbours.ts';
import { parseReference } from '../references/reference.ts';
import { areReferences, beaconIn } from '../references/reference-values.ts';
import type { NestedPropertyInput, PropertyInput } from './collection-input.ts';
import { propertyName } from './names.ts';
import { parsePhoneNumber } from './phone-number.ts';
import { resolveNewProperty, resolveProperty } from './property-schema.ts';

/** Of collections and properties that nobody described. */
export const autoDescription = 'Added by auto-schema';
const description = autoDescription;

/**
 * Configurations of the properties that the object has beyond those of the collection, in the object's
 * order. Text that reads as RFC 3339 becomes a date, as a uuid a uuid; every number is a `number`,
 * but in lists that are known to hold whole ones;
 * `[]` becomes text[] and null text; objects with a beacon become references to the collections that
 * they name, or to that which has the object. Throws DatabaseError 'invalid-argument' for a bad name, an array
 * of several types, or an array of arrays.
 */
export function inferProperties(
  config: CollectionConfig,
  given: Properties,
  { neighbours = nobody, integerLists = new Set() }: Surroundings = {},
): PropertyConfig[] {
  const known = new Set(config.properties.map(({ name }) => name));
  const found = new Map<string, PropertyConfig>();
  for (const [key, value] of Object.entries(given)) {
    const name = propertyName(key);
    if (known.has(name)) continue;
    const place = { collection: config.name, path: name, integerLists };
    const shape = areReferences(value)
      ? shapeOfReferences(value, place, neighbours)
      : shapeOf(value, place);
    const input = { name, description, ...shape };
    found.delete(name);
    const properties = [...config.properties, ...found.values()];
    found.set(name, resolveNewProperty({ ...config, properties }, input));
  }
  return Array.from(found.values());
}

/**
 * All properties that the collection must have to store the object: its own, with further nested ones
 * where an object property holds more than before, and the new ones. The very list of the collection
 * when nothing is missing. Throws as inferProperties does.
 */
export function extendProperties(
  config: CollectionConfig,
  given: Properties,
  surroundings: Surroundings = {},
): readonly PropertyConfig[] {
  const { integerLists = new Set() } = surroundings;
  let changed = false;
  const extended = new Map(config.properties.map((property) => [property.name, property]));
  for (const [key, value] of Object.entries(given)) {
    const property = extended.get(propertyName(key));
    if (!property?.type.startsWith('object')) continue;
    const place = { collection: config.name, path: property.name, integerLists };
    const nested = extendNested(property.nested ?? [], value, place);
    if (nested === property.nested) continue;
    extended.set(property.name, { ...property, nested });
    changed = true;
  }
  const added = inferProperties(config, given, surroundings);
  if (!changed && added.length === 0) return config.properties;
  return [...extended.values(), ...added];
}

/** What is known of an object besides its values. */
export interface Surroundings {
  /** Other collections; absent: a collection is looked at alone. */
  readonly neighbours?: Neighbours;
  /** As in ObjectInput. */
  readonly integerLists?: ReadonlySet<string>;
}

const nobody: Neighbours = { find: () => undefined, holder: () => undefined };

/** A list of references may name objects of the collections that those in it name. */
function shapeOfReferences(
  value: PropertyValue,
  { collection, path }: Place,
  neighbours: Neighbours,
): Pick<PropertyInput, 'type' | 'targets'> {
  const targets = (value as readonly PropertyValue[]).map((element, index) => {
    const reference = parseReference(beaconIn(element) ?? '');
    const named = reference?.collection;
    if (named === collection) return named;
    const found =
      named === undefined ? neighbours.holder(reference?.uuid ?? '') : neighbours.find(named);
    if (found) return found.name;
    const message = `property '${path}' on class '${collection}': element [${index}]: ${JSON.stringify(beaconIn(element))} refers to no object and no collection that exists`;
    throw new DatabaseError('invalid-argument', { message });
  });
  return { type: 'reference', targets: [...new Set(targets)] };
}

/** Where a value stands, for messages. */
interface Place {
  readonly collection: string;
  readonly path: string;
  readonly integerLists: ReadonlySet<string>;
}

type Shape = Pick<NestedPropertyInput, 'type' | 'nested'>;
type JsonObject = { readonly [key: string]: PropertyValue };

function shapeOf(value: PropertyValue, place: Place): Shape {
  if (Array.isArray(value)) return shapeOfArray(value as readonly PropertyValue[], place);
  if (typeof value === 'string') return { type: textType(value) };
  if (typeof value === 'number') return { type: 'number' };
  if (typeof value === 'boolean') return { type: 'boolean' };
  if (!isObject(value)) return { type: 'text' };
  if (isCoordinates(value)) return { type: 'geoCoordinates' };
  if (isPhoneNumber(value)) return { type: 'phoneNumber' };
  return { type: 'object', nested: nestedOf([value], place) };
}

function textType(text: string): PropertyType {
  if (normaliseUuid(text) !== undefined) return 'uuid';
  return parseInstant(text) === undefined ? 'text' : 'date';
}

/** An array has one type; strings that are dates or uuids only in part are text. */
function shapeOfArray(elements: readonly PropertyValue[], place: Place): Shape {
  const types = elements.map((element, index) => elementType(element, index, place));
  const first = types[0] ?? 'text';
  const mixed = types.findIndex((type) => type !== first);
  if (mixed >= 0) {
    const textual = elements.every((element) => typeof element === 'string');
    if (textual) return { type: 'text[]' };
    throw mismatch(place, mixed, `'${first}' expected, got '${types[mixed]}'`);
  }
  if (first === 'number' && place.integerLists.has(place.path)) return { type: 'int[]' };
  const type = `${first}[]` as const;
  return type === 'object[]' ? { type, nested: nestedOf(elements, place) } : { type };
}

type ElementType = 'text' | 'date' | 'uuid' | 'number' | 'boolean' | 'object';

function elementType(element: PropertyValue, index: number, place: Place): ElementType {
  switch (typeof element) {
    case 'string':
      return textType(element) as 'text' | 'date' | 'uuid';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default: {
      if (isObject(element)) return 'object';
      const seen = element === null ? 'null' : 'array';
      throw mismatch(place, index, `a value expected, got '${seen}'`);
    }
  }
}

function mismatch(place: Place, index: number, problem: string): DatabaseError {
  const { path, collection } = place;
  const message = `property '${path}' on class '${collection}': element [${index}]: mismatched data type - ${problem}`;
  return new DatabaseError('invalid-argument', { message });
}

/** The nested properties of several objects together; the first value that is not null decides. */
function nestedOf(objects: readonly PropertyValue[], place: Place): NestedPropertyInput[] {
  const values = new Map<string, PropertyValue[]>();
  for (const object of objects.filter(isObject)) {
    for (const [name, value] of Object.entries(object)) {
      const all = values.get(name);
      if (all) all.push(value);
      else values.set(name, [value]);
    }
  }
  return Array.from(values, ([name, all]) => {
    const path = `${place.path}.${name}`;
    const plain = all.length > 1 && all.every((value) => isObject(value) && !isSpecial(value));
    if (plain) {
      return { name, description, type: 'object', nested: nestedOf(all, { ...place, path }) };
    }
    const value = all.find((one) => one !== null) ?? null;
    return { name, description, ...shapeOf(value, { ...place, path }) };
  });
}

/** The same list when the value holds nothing new. */
function extendNested(
  nested: readonly NestedPropertyConfig[],
  value: PropertyValue,
  place: Place,
): readonly NestedPropertyConfig[] {
  const objects = (Array.isArray(value) ? (value as readonly PropertyValue[]) : [value]).filter(
    isObject,
  );
  const extended = new Map(nested.map((property) => [property.name, property]));
  let changed = false;
  for (const property of nested) {
    if (!property.type.startsWith('object')) continue;
    const inner = objects.flatMap((object) => object[property.name] ?? []).flat();
    const before = property.nested ?? [];
    const path = `${place.path}.${property.name}`;
    const after = extendNested(before, inner as PropertyValue, { ...place, path });
    if (after === before) continue;
    extended.set(property.name, { ...property, nested: after });
    changed = true;
  }
  const unknown = objects.map((object) =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !extended.has(name))),
  );
  const added = complete(nestedOf(unknown, place));
  if (!changed && added.length === 0) return nested;
  return [...extended.values(), ...added];
}

/** Nested properties with their defaults, as if they were those of a new object property. */
function complete(nested: readonly NestedPropertyInput[]): readonly NestedPropertyConfig[] {
  return resolveProperty({ name: 'added', type: 'object', nested }, []).nested ?? [];
}

function isObject(value: PropertyValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects that are values of a type of their own. */
function isSpecial(value: JsonObject): boolean {
  return isCoordinates(value) || isPhoneNumber(value);
}

function isCoordinates(value: JsonObject): boolean {
  const names = Object.keys(value).sort().join();
  return (
    names === 'latitude,longitude' &&
    typeof value['latitude'] === 'number' &&
    typeof value['longitude'] === 'number'
  );
}

function isPhoneNumber({ input, defaultCountry, ...others }: JsonObject): boolean {
  if (typeof input !== 'string' || Object.keys(others).length > 0) return false;
  if (defaultCountry !== undefined && typeof defaultCountry !== 'string') return false;
  return !('problem' in parsePhoneNumber(input, defaultCountry));
}
