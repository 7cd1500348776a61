// The properties of an incoming object against the configuration of its collection. What comes out is
// what the log, the segments and every reader see: known names, checked types, one form per value.

import { unreachable } from '../../engine/assert.ts';
import type { Properties, PropertyValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { normaliseDate } from '../../engine/filter/instant.ts';
import type { PropertyType } from '../../engine/schema.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import { isBase64 } from '../../vectorizers/base64.ts';
import type {
  CollectionConfig,
  NestedPropertyConfig,
  PropertyConfig,
} from '../collection-config.ts';
import { type CanonicalName, checkReferences } from '../references/reference-values.ts';
import { propertyName } from './names.ts';
import { parsePhoneNumber } from './phone-number.ts';

/**
 * The properties as they are stored. Names begin with a lower-case letter (of two that differ only
 * there, the later one counts), null means absent, dates and uuids are in canonical form, texts
 * well-formed Unicode, phone numbers are completed, references name their collection, of which `canonical`
 * tells the name. Throws DatabaseError 'property-missing' for a name that the collection does not have,
 * 'property-invalid' for a value that does not fit its type, 'invalid-argument' for a bad name.
 */
export function checkProperties(
  config: Pick<CollectionConfig, 'name' | 'properties'>,
  given: Properties,
  canonical?: CanonicalName,
): Properties {
  const known = new Map(config.properties.map((property) => [property.name, property]));
  const checked = new Map<string, PropertyValue>();
  for (const [key, value] of Object.entries(given)) {
    const name = propertyName(key);
    const property = known.get(name);
    if (!property) {
      throw new DatabaseError('property-missing', { property: name, collection: config.name });
    }
    const place = { collection: config.name, path: name };
    const result = value === null ? null : checkValue({ ...property, canonical }, value, place);
    if (result === null) checked.delete(name);
    else checked.set(name, result);
  }
  return Object.fromEntries(checked);
}

/** Where a value stands, for messages. */
interface Place {
  readonly collection: string;
  /** Name of the property, with those around it in front: `address.city`. */
  readonly path: string;
}

/** What is wrong with a value, in words. */
class Problem {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Shape = Pick<NestedPropertyConfig, 'type' | 'nested'> &
  Pick<PropertyConfig, 'targets'> & { readonly canonical?: CanonicalName | undefined };
type Given = Exclude<PropertyValue, null>;

function checkValue(property: Shape, value: Given, place: Place): PropertyValue {
  const result = checkAny(property, value, place);
  if (!(result instanceof Problem)) return result;
  const { collection, path } = place;
  const params = { type: property.type, property: path, collection, problem: result.text };
  throw new DatabaseError('property-invalid', params);
}

function checkAny(property: Shape, value: Given, place: Place): PropertyValue | Problem {
  if (property.type === 'reference') {
    const result = checkReferences(property.targets ?? [], value, property.canonical);
    return 'problem' in result ? new Problem(result.problem) : result;
  }
  if (property.type.endsWith('[]')) return checkArray(property, value, place);
  return checkSingle(property.type, property.nested, value, place);
}

function checkArray(property: Shape, value: Given, place: Place): PropertyValue | Problem {
  if (!Array.isArray(value)) return new Problem(`not an array, but ${kindOf(value)}`);
  const type = property.type.slice(0, -2) as PropertyType;
  const elements: PropertyValue[] = [];
  for (const [index, element] of (value as readonly PropertyValue[]).entries()) {
    const at = `element [${index}]`;
    if (element === null) return new Problem(`${at}: null is not allowed in an array`);
    const path = `${place.path}[${index}]`;
    const result = checkSingle(type, property.nested, element, { ...place, path });
    if (result instanceof Problem) return new Problem(`${at}: ${result.text}`);
    elements.push(result);
  }
  return elements;
}

function checkSingle(
  type: PropertyType,
  nested: readonly NestedPropertyConfig[] | undefined,
  value: Given,
  place: Place,
): PropertyValue | Problem {
  switch (type) {
    case 'text':
      // Half of a surrogate pair, which JSON can bring, has no UTF-8: it would change when it is stored,
      // and clients could not read a reply of gRPC that it stands in.
      return typeof value === 'string'
        ? value.toWellFormed()
        : new Problem(`not a string, but ${kindOf(value)}`);
    case 'int':
      return checkInt(value);
    case 'number':
      if (typeof value !== 'number') return new Problem(`not a number, but ${kindOf(value)}`);
      return Number.isFinite(value) ? value + 0 : new Problem(`not a finite number, but ${value}`);
    case 'boolean':
      return typeof value === 'boolean'
        ? value
        : new Problem(`not a boolean, but ${kindOf(value)}`);
    case 'date':
      if (typeof value !== 'string') return new Problem(`not a string, but ${kindOf(value)}`);
      return (
        normaliseDate(value) ??
        new Problem(`not an RFC 3339 date as 2024-01-02T03:04:05Z, but ${show(value)}`)
      );
    case 'uuid':
      if (typeof value !== 'string') return new Problem(`not a string, but ${kindOf(value)}`);
      return normaliseUuid(value) ?? new Problem(`not a uuid, but ${show(value)}`);
    case 'blob':
    case 'blobHash':
      if (typeof value !== 'string') return new Problem(`not a string, but ${kindOf(value)}`);
      return isBase64(value) ? value : new Problem(blobProblem(value));
    case 'geoCoordinates':
      return checkCoordinates(value);
    case 'phoneNumber':
      return checkPhoneNumber(value);
    case 'object':
      if (!isObject(value)) return new Problem(`not an object, but ${kindOf(value)}`);
      return checkObject(nested ?? [], value, place);
    case 'text[]':
    case 'int[]':
    case 'number[]':
    case 'boolean[]':
    case 'date[]':
    case 'uuid[]':
    case 'object[]':
    case 'reference':
      throw new Error(`assertion failed: ${type} is not a type of single values`);
    default:
      return unreachable(type);
  }
}

function checkInt(value: Given): number | Problem {
  if (typeof value !== 'number') return new Problem(`not an integer, but ${kindOf(value)}`);
  // Beyond it, JSON has already rounded the number to a neighbour. Adding 0 makes -0 a 0.
  if (Number.isSafeInteger(value)) return value + 0;
  return new Problem(`not a whole number within ±${Number.MAX_SAFE_INTEGER}, but ${value}`);
}

function blobProblem(text: string): string {
  const prefix = /^data:[^,]{0,100},/.exec(text)?.[0];
  const problem = `not a valid blob base64 string, but ${show(text)}`;
  return prefix === undefined ? problem : `${problem}: leave out ${show(prefix)}`;
}

function checkCoordinates(value: Given): PropertyValue | Problem {
  if (!isObject(value)) return new Problem(`not an object, but ${kindOf(value)}`);
  const { latitude, longitude } = value;
  for (const [name, degrees, max] of [
    ['latitude', latitude, 90],
    ['longitude', longitude, 180],
  ] as const) {
    if (typeof degrees !== 'number') return new Problem(`${name} is missing or not a number`);
    if (!(Math.abs(degrees) <= max)) {
      return new Problem(`${name} must lie within ±${max} degrees, not ${degrees}`);
    }
  }
  return { latitude: Number(latitude) + 0, longitude: Number(longitude) + 0 };
}

/** What was worked out of an earlier input may come back; it is worked out again. */
function checkPhoneNumber(value: Given): PropertyValue | Problem {
  if (!isObject(value)) return new Problem(`not an object, but ${kindOf(value)}`);
  const { input, defaultCountry } = value;
  if (typeof input !== 'string') return new Problem('input is missing or not a string');
  if (typeof (defaultCountry ?? '') !== 'string') {
    return new Problem(`defaultCountry is not a string, but ${kindOf(defaultCountry)}`);
  }
  const country = typeof defaultCountry === 'string' && defaultCountry !== '' ? defaultCountry : '';
  const parsed = parsePhoneNumber(input, country === '' ? undefined : country);
  return 'problem' in parsed ? new Problem(parsed.problem) : { ...parsed };
}

function checkObject(
  nested: readonly NestedPropertyConfig[],
  value: { readonly [key: string]: PropertyValue },
  place: Place,
): PropertyValue | Problem {
  const checked: [string, PropertyValue][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const property = nested.find(({ name }) => name === key);
    if (!property) {
      const names = nested.map(({ name }) => name).join(', ');
      return new Problem(
        `it has no nested property '${key}'; its nested properties are [${names}]`,
      );
    }
    if (inner === null) continue;
    const path = `${place.path}.${key}`;
    checked.push([key, checkValue(property, inner, { ...place, path })]);
  }
  return Object.fromEntries(checked);
}

function isObject(value: PropertyValue): value is { readonly [key: string]: PropertyValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What sort of JSON value it is. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** The value for a message, cut where it is long. */
function show(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
