// Stored property values to the typed values of a reply.

import type { Properties, PropertyValue } from '../../engine/document.ts';
import type { PropertyType } from '../../engine/schema.ts';
import type { Value, Properties as WireProperties } from './generated/messages.ts';
import type { PropertySelection, SelectedProperty } from './property-selection.ts';
import type { MessageInit } from './protocol.ts';

type WireValue = MessageInit<Value>;
/** Types of several values; references have a place of their own in a reply. */
type ListType = Exclude<PropertyType, ScalarType | 'reference'>;
type ScalarType =
  | 'text'
  | 'int'
  | 'number'
  | 'boolean'
  | 'date'
  | 'uuid'
  | 'blob'
  | 'blobHash'
  | 'geoCoordinates'
  | 'phoneNumber'
  | 'object';

const nullValue: WireValue = { null_value: 0 };

/** The selected properties; those that the object does not have are null. */
export function encodeProperties(
  properties: Properties,
  selection: PropertySelection,
): MessageInit<WireProperties> {
  const fields: Record<string, WireValue> = {};
  for (const property of selection) {
    fields[property.name] = encodeValue(ownValue(properties, property.name), property);
  }
  return { fields };
}

/** Parts of an object value; those that it does not have are left out. */
function encodeParts(
  value: Properties,
  parts: PropertySelection | undefined,
): MessageInit<WireProperties> {
  const fields: Record<string, WireValue> = {};
  const selected = parts ?? Object.keys(value).map((name) => untyped(name, ownValue(value, name)));
  for (const part of selected) {
    const partValue = ownValue(value, part.name);
    if (partValue !== undefined) fields[part.name] = encodeValue(partValue, part);
  }
  return { fields };
}

function ownValue(properties: Properties, name: string): PropertyValue | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function encodeValue(value: PropertyValue | undefined, property: SelectedProperty): WireValue {
  if (value === undefined || value === null) return nullValue;
  const { type } = property;
  if (isArrayType(type)) {
    return Array.isArray(value) ? encodeList(value, type, property.parts) : nullValue;
  }
  return type === 'reference' ? nullValue : encodeScalar(value, type, property.parts);
}

function encodeScalar(
  value: PropertyValue,
  type: ScalarType,
  parts: PropertySelection | undefined,
): WireValue {
  switch (type) {
    case 'text':
      return { text_value: String(value) };
    case 'int':
      return { int_value: Number(value) };
    case 'number':
      return { number_value: Number(value) };
    case 'boolean':
      return { bool_value: value === true };
    case 'date':
      return { date_value: String(value) };
    case 'uuid':
      return { uuid_value: String(value) };
    case 'blob':
    case 'blobHash':
      return { blob_value: String(value) };
    case 'geoCoordinates':
      return { geo_value: encodeGeo(asProperties(value)) };
    case 'phoneNumber':
      return { phone_value: encodePhone(asProperties(value)) };
    case 'object':
      return { object_value: encodeParts(asProperties(value), parts) };
  }
}

function encodeList(
  values: readonly PropertyValue[],
  type: ListType,
  parts: PropertySelection | undefined,
): WireValue {
  switch (type) {
    case 'text[]':
      return { list_value: { text_values: { values: values.map(String) } } };
    case 'int[]':
      return { list_value: { int_values: { values: encodeInts(values) } } };
    case 'number[]':
      return { list_value: { number_values: { values: encodeNumbers(values) } } };
    case 'boolean[]':
      return { list_value: { bool_values: { values: values.map((value) => value === true) } } };
    case 'date[]':
      return { list_value: { date_values: { values: values.map(String) } } };
    case 'uuid[]':
      return { list_value: { uuid_values: { values: values.map(String) } } };
    case 'object[]': {
      const objects = values.map((value) => encodeParts(asProperties(value), parts));
      return { list_value: { object_values: { values: objects } } };
    }
  }
}

function isArrayType(type: PropertyType): type is ListType {
  return type.endsWith('[]');
}

/** 64-bit little-endian integers, one after another. */
function encodeInts(values: readonly PropertyValue[]): Uint8Array {
  return new Uint8Array(
    BigInt64Array.from(values, (value) => BigInt(Math.trunc(Number(value)))).buffer,
  );
}

/** 64-bit little-endian floats, one after another. */
function encodeNumbers(values: readonly PropertyValue[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values, Number).buffer);
}

function encodeGeo(value: Properties): MessageInit<NonNullable<Value['geo_value']>> {
  return { longitude: Number(value['longitude'] ?? 0), latitude: Number(value['latitude'] ?? 0) };
}

function encodePhone(value: Properties): MessageInit<NonNullable<Value['phone_value']>> {
  return {
    country_code: Number(value['countryCode'] ?? 0),
    default_country: String(value['defaultCountry'] ?? ''),
    input: String(value['input'] ?? ''),
    international_formatted: String(value['internationalFormatted'] ?? ''),
    national: Number(value['national'] ?? 0),
    national_formatted: String(value['nationalFormatted'] ?? ''),
    valid: value['valid'] === true,
  };
}

function asProperties(value: PropertyValue): Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Properties)
    : {};
}

/** The type that a value shows by itself, where the schema says nothing of it. */
function untyped(name: string, value: PropertyValue | undefined): SelectedProperty {
  const element = Array.isArray(value) ? (value[0] ?? '') : value;
  const type = scalarTypeOf(element);
  return { name, type: Array.isArray(value) ? `${type}[]` : type };
}

function scalarTypeOf(value: unknown): 'text' | 'number' | 'boolean' | 'object' {
  switch (typeof value) {
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'object':
      return 'object';
    default:
      return 'text';
  }
}
