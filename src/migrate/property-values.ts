// Property values between the typed messages of a search's reply, JSON as REST has it, and the messages of
// a batch.

import type {
  BatchObjectMultiTargetRefProps,
  BatchObjectProperties,
  GoogleValue,
  ListValue,
  Value,
  Properties as WireProperties,
} from '../api/grpc/generated/messages.ts';
import type { MessageInit } from '../api/grpc/protocol.ts';
import { parseReference } from '../database/references/reference.ts';
import type { Properties, PropertyValue } from '../engine/document.ts';

type Mutable = { [name: string]: PropertyValue };

/** What a reply says of an object; what it does not have is left out. */
export function propertiesFromReply(message: WireProperties | undefined): Properties {
  const properties: Mutable = {};
  for (const [name, value] of Object.entries(message?.fields ?? {})) {
    const json = valueFromReply(value);
    if (json !== null) setOwn(properties, name, json);
  }
  return properties;
}

function valueFromReply(value: Value): PropertyValue {
  const plain =
    value.text_value ??
    value.number_value ??
    value.int_value ??
    value.bool_value ??
    value.date_value ??
    value.uuid_value ??
    value.blob_value;
  if (plain !== undefined) return plain;
  if (value.list_value) return listFromReply(value.list_value);
  if (value.object_value) return propertiesFromReply(value.object_value);
  if (value.geo_value) {
    const { latitude, longitude } = value.geo_value;
    return { latitude: shortestFloat(latitude), longitude: shortestFloat(longitude) };
  }
  return value.phone_value ? phoneFromReply(value.phone_value) : null;
}

function phoneFromReply(phone: NonNullable<Value['phone_value']>): Properties {
  const { default_country } = phone;
  return {
    input: phone.input,
    ...(default_country === '' ? {} : { defaultCountry: default_country }),
    countryCode: phone.country_code,
    internationalFormatted: phone.international_formatted,
    national: phone.national,
    nationalFormatted: phone.national_formatted,
    valid: phone.valid,
  };
}

/** A list without any values may come without a kind. */
function listFromReply(list: ListValue): readonly PropertyValue[] {
  if (list.number_values) return numbersFromReply(list.number_values.values);
  if (list.int_values) return integersFromReply(list.int_values.values);
  if (list.object_values) return list.object_values.values.map(propertiesFromReply);
  const plain = list.text_values ?? list.bool_values ?? list.date_values ?? list.uuid_values;
  return plain?.values ?? [];
}

/** No bytes are read as no buffer at all. */
function numbersFromReply(bytes: Uint8Array): readonly number[] {
  if (bytes.length === 0) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(index * 8, true));
}

function integersFromReply(bytes: Uint8Array): readonly number[] {
  if (bytes.length === 0) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, index) =>
    Number(view.getBigInt64(index * 8, true)),
  );
}

/** The decimal of fewest digits that is the same 32-bit float: 52.37, not 52.369998931884766. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** Properties for a batch: those of `references` are lists of beacons, all others stay what they are. */
export function propertiesForBatch(
  properties: Properties,
  references: ReadonlySet<string>,
): MessageInit<BatchObjectProperties> {
  const fields: Record<string, MessageInit<GoogleValue>> = {};
  const links: MessageInit<BatchObjectMultiTargetRefProps>[] = [];
  for (const [name, value] of Object.entries(properties)) {
    const own = references.has(name) ? linksForBatch(name, value) : [];
    links.push(...own);
    if (own.length > 0) continue;
    if (value !== null) fields[name] = valueForBatch(value);
  }
  return { non_ref_properties: { fields }, multi_target_ref_props: links };
}

function valueForBatch(value: PropertyValue): MessageInit<GoogleValue> {
  if (value === null) return { nullValue: 0 };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(valueForBatch) } };
  const parts = Object.entries(value).map(([name, part]) => [name, valueForBatch(part)]);
  return { structValue: { fields: Object.fromEntries(parts) } };
}

/** In the order that they have: neighbours of one collection stand together. */
function linksForBatch(
  name: string,
  value: PropertyValue,
): MessageInit<BatchObjectMultiTargetRefProps>[] {
  const links: { prop_name: string; target_collection: string; uuids: string[] }[] = [];
  for (const beacon of beaconsOf(value)) {
    // Old ones name no collection: as it is a beacon means the only one that is possible.
    const { collection = '', uuid } = { uuid: beacon, ...named(beacon) };
    const last = links.at(-1);
    if (last?.target_collection === collection) last.uuids.push(uuid);
    else links.push({ prop_name: name, target_collection: collection, uuids: [uuid] });
  }
  return links;
}

function named(beacon: string): { readonly collection?: string; readonly uuid?: string } {
  const { collection, uuid } = parseReference(beacon) ?? {};
  return collection === undefined || uuid === undefined ? {} : { collection, uuid };
}

/** The beacons of a reference property, in order. */
export function beaconsOf(value: PropertyValue | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly PropertyValue[]).flatMap((each) => {
    const { beacon } = (each ?? {}) as { readonly beacon?: unknown };
    return typeof beacon === 'string' ? [beacon] : [];
  });
}

/** As an own property also where the name is `__proto__`. */
function setOwn(properties: Mutable, name: string, value: PropertyValue): void {
  Object.defineProperty(properties, name, {
    ...{ value, enumerable: true, configurable: true, writable: true },
  });
}
