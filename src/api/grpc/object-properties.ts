// The properties of an object to write: a Struct beside lists by kind, back to plain JSON values.

import { uncapitalized } from '../../database/schema/names.ts';
import type { Properties, PropertyValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type {
  BatchObjectProperties,
  GoogleStruct,
  GoogleValue,
  NumberArrayProperties,
  ObjectPropertiesValue,
} from './generated/messages.ts';

/**
 * References are lists of objects with a beacon, as over REST. Throws 'invalid-argument' for a list of
 * numbers whose bytes are no multiple of 8.
 */
export function decodeObjectProperties(message: BatchObjectProperties | undefined): Properties {
  if (message === undefined) return {};
  const properties = decodeAll(message);
  for (const { prop_name, uuids } of message.single_target_ref_props) {
    addBeacons(properties, prop_name, uuids);
  }
  for (const { prop_name, uuids, target_collection } of message.multi_target_ref_props) {
    const paths = uuids.map((uuid) => (isBeacon(uuid) ? uuid : `${target_collection}/${uuid}`));
    addBeacons(properties, prop_name, paths);
  }
  return properties;
}

/** The TypeScript client sends beacons for the uuids of a property with several targets. */
function isBeacon(uuid: string): boolean {
  return uuid.startsWith('weaviate://');
}

/** A property may lead to several collections, of which each comes by itself. */
function addBeacons(properties: MutableProperties, name: string, paths: readonly string[]): void {
  const before = Object.hasOwn(properties, name) ? properties[name] : [];
  const beacons = paths.map((path) => ({
    beacon: isBeacon(path) ? path : `weaviate://localhost/${path}`,
  }));
  set(properties, name, [...(Array.isArray(before) ? before : []), ...beacons]);
}

function decodeAll(
  message: Omit<BatchObjectProperties, 'single_target_ref_props' | 'multi_target_ref_props'>,
): MutableProperties {
  const properties = decodeStruct(message.non_ref_properties);
  for (const list of message.number_array_properties) {
    set(properties, list.prop_name, decodeNumbers(list));
  }
  for (const list of message.int_array_properties) set(properties, list.prop_name, list.values);
  for (const list of message.text_array_properties) set(properties, list.prop_name, list.values);
  for (const list of message.boolean_array_properties) {
    set(properties, list.prop_name, list.values);
  }
  for (const object of message.object_properties) {
    set(properties, object.prop_name, decodeObject(object.value));
  }
  for (const list of message.object_array_properties) {
    set(properties, list.prop_name, list.values.map(decodeObject));
  }
  for (const name of message.empty_list_props) set(properties, name, []);
  return properties;
}

function decodeObject(value: ObjectPropertiesValue | undefined): Properties {
  return value === undefined ? {} : decodeAll(value);
}

/**
 * Paths of the lists that came as whole numbers, inside objects too, as `years` and `cars.years`. The
 * first letter of a property is a small one, as it will be stored.
 */
export function integerListsOf(message: BatchObjectProperties | undefined): ReadonlySet<string> {
  const paths = new Set<string>();
  if (message) gatherIntegerLists(message, '', paths);
  return new Set(Array.from(paths, uncapitalized));
}

function gatherIntegerLists(
  message: Omit<ObjectPropertiesValue, 'non_ref_properties'>,
  prefix: string,
  paths: Set<string>,
): void {
  for (const { prop_name } of message.int_array_properties) paths.add(prefix + prop_name);
  for (const { prop_name, value } of message.object_properties) {
    if (value) gatherIntegerLists(value, `${prefix}${prop_name}.`, paths);
  }
  for (const { prop_name, values } of message.object_array_properties) {
    for (const value of values) gatherIntegerLists(value, `${prefix}${prop_name}.`, paths);
  }
}

function decodeNumbers(list: NumberArrayProperties): readonly number[] {
  const bytes = list.values_bytes;
  if (bytes.length === 0) return list.values;
  if (bytes.length % 8 !== 0) {
    const message = `property ${list.prop_name}: got ${bytes.length} bytes of numbers, not a multiple of 8`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(index * 8, true));
}

type MutableProperties = { [name: string]: PropertyValue };

function decodeStruct(struct: GoogleStruct | undefined): MutableProperties {
  const properties: MutableProperties = {};
  if (struct === undefined) return properties;
  for (const name of Object.keys(struct.fields)) {
    const value = struct.fields[name];
    if (value !== undefined) set(properties, name, decodeStructValue(value));
  }
  return properties;
}

function decodeStructValue(value: GoogleValue): PropertyValue {
  if (value.structValue !== undefined) return decodeStruct(value.structValue);
  if (value.listValue !== undefined) return value.listValue.values.map(decodeStructValue);
  return value.stringValue ?? value.numberValue ?? value.boolValue ?? null;
}

/** As an own property also where the name is `__proto__`. */
function set(properties: MutableProperties, name: string, value: PropertyValue): void {
  if (name !== '__proto__') {
    properties[name] = value;
    return;
  }
  Object.defineProperty(properties, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
