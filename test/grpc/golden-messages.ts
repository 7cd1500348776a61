// The wire recordings' JSON form of messages, to message bytes and back. Bytes are written as base64 or as
// {"$base64"}, int64 as text, Struct as plain JSON, enums by name, fields at their default not at all.

import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { hasPresence, loadProtocol } from '../../src/api/grpc/protocol.ts';

export type Json =
  | null
  | string
  | number
  | boolean
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface GrpcCall {
  readonly kind: 'grpc';
  readonly method: string;
  readonly request: JsonObject;
  readonly status: string;
  readonly details?: string;
  readonly reply?: JsonObject;
}

export interface StreamCall {
  readonly kind: 'grpc-stream';
  readonly events: readonly {
    readonly dir: 'client' | 'server';
    readonly msg?: JsonObject;
    readonly eof?: boolean;
  }[];
}

export interface RestCall {
  readonly kind: 'rest';
  readonly method: string;
  readonly path: string;
  readonly request?: JsonObject;
}

export interface GoldenRecord {
  readonly case: string;
  readonly calls: readonly (GrpcCall | StreamCall | RestCall)[];
}

/** All records of one topic. */
export function readGolden(topic: string): readonly GoldenRecord[] {
  const file = new URL(`../golden/wire/${topic}.json`, import.meta.url);
  const { records } = JSON.parse(readFileSync(file, 'utf8')) as { records: GoldenRecord[] };
  return records.filter((record) => record.case !== undefined);
}

/** The gRPC calls of one method in a topic, with the case that each belongs to. */
export function grpcCalls(
  topic: string,
  method: string,
): readonly { readonly case: string; readonly call: GrpcCall }[] {
  return readGolden(topic).flatMap((record) =>
    record.calls.flatMap((call) =>
      call.kind === 'grpc' && call.method.endsWith(`/${method}`)
        ? [{ case: record.case, call }]
        : [],
    ),
  );
}

const root = loadProtocol();

/** Bytes of a message that a recording shows; undefined when it leaves out long vectors. */
export function goldenBytes(typeName: string, json: JsonObject): Buffer | undefined {
  if (JSON.stringify(json).includes('_shape"')) return undefined;
  const type = root.lookupType(typeName);
  return Buffer.from(type.encode(fromJson(type, json) as object as protobuf.Message).finish());
}

/** The JSON form of a message's bytes, as recordings have it. */
export function goldenJson(typeName: string, bytes: Uint8Array): JsonObject {
  const type = root.lookupType(typeName);
  return toJson(type, type.decode(bytes) as unknown as Record<string, unknown>);
}

function fromJson(type: protobuf.Type, json: JsonObject): Record<string, unknown> {
  if (type.fullName === '.google.protobuf.Struct') return structFromJson(json);
  const message: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) {
    const field = type.fields[name]?.resolve();
    if (field === undefined) throw new Error(`${type.fullName} has no field ${name}`);
    message[name] = fieldFromJson(field, value);
  }
  return message;
}

function fieldFromJson(field: protobuf.Field, value: Json): unknown {
  if (field.map) {
    const entries = Object.entries(value as JsonObject);
    return Object.fromEntries(entries.map(([key, each]) => [key, valueFromJson(field, each)]));
  }
  if (field.repeated) return (value as readonly Json[]).map((each) => valueFromJson(field, each));
  return valueFromJson(field, value);
}

function valueFromJson(field: protobuf.Field, value: Json): unknown {
  const resolved = field.resolvedType;
  if (resolved instanceof protobuf.Type) return fromJson(resolved, value as JsonObject);
  if (resolved instanceof protobuf.Enum) return value === null ? 0 : resolved.values[String(value)];
  if (field.type === 'bytes') return bytesFromJson(value);
  // Recordings replace times, also where a request only asks for one.
  if (field.type === 'bool') return value === true || value === '<time>';
  if (field.type === 'string') return value;
  return typeof value === 'string' && value.startsWith('<') ? 0 : Number(value);
}

function bytesFromJson(value: Json): Buffer {
  const base64 = typeof value === 'string' ? value : (value as JsonObject)['$base64'];
  return Buffer.from(String(base64), 'base64');
}

function structFromJson(json: JsonObject): Record<string, unknown> {
  const entries = Object.entries(json).map(([key, value]) => [key, structValueFromJson(value)]);
  return { fields: Object.fromEntries(entries) };
}

function structValueFromJson(value: Json): Record<string, unknown> {
  if (value === null) return { nullValue: 0 };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(structValueFromJson) } };
  return { structValue: structFromJson(value as JsonObject) };
}

function toJson(type: protobuf.Type, message: Record<string, unknown>): JsonObject {
  const json: Record<string, Json> = {};
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
    if (value === undefined || value === null) continue;
    if (field.map) {
      const entries = Object.entries(value as Record<string, unknown>);
      const converted = entries.map(([key, each]) => [key, valueToJson(field, each)] as const);
      if (converted.length > 0) json[field.name] = Object.fromEntries(converted);
    } else if (Array.isArray(value)) {
      if (value.length > 0) json[field.name] = value.map((each) => valueToJson(field, each));
    } else if (hasPresence(field) || !isDefault(value)) {
      json[field.name] = valueToJson(field, value);
    }
  }
  return json;
}

function isDefault(value: unknown): boolean {
  return value === 0 || value === '' || value === false || (value as Uint8Array).length === 0;
}

function valueToJson(field: protobuf.Field, value: unknown): Json {
  const resolved = field.resolvedType;
  if (resolved instanceof protobuf.Type) {
    return toJson(resolved, value as Record<string, unknown>);
  }
  if (resolved instanceof protobuf.Enum) {
    if (resolved.name === 'NullValue') return null;
    return resolved.valuesById[Number(value)] ?? Number(value);
  }
  if (field.type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64');
  if (field.type === 'int64' || field.type === 'uint64') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value as Json;
}

/** A recorded value in one spelling: bytes as base64 text, placeholders and times left out. */
export function normalised(value: Json): Json | undefined {
  if (typeof value === 'string') return /^<.*>$/.test(value) ? undefined : value;
  if (Array.isArray(value)) return value.map((each) => normalised(each) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  const object = value as JsonObject;
  if (object['$base64'] !== undefined) return object['$base64'];
  const entries = Object.entries(object)
    .filter(([name]) => !volatileKeys.has(name))
    .map(
      ([name, each]) =>
        [name, normalised(name === 'explain_score' ? planless(each) : each)] as const,
    )
    .filter(([name, each]) => each !== undefined && (name !== 'explain_score' || each !== ''));
  return Object.fromEntries(entries) as JsonObject;
}

/** An explanation without the plan of the search, which is ours alone and has times in it. */
function planless(explanation: Json): Json {
  return typeof explanation === 'string' ? explanation.replace(/\nPlan: .*/, '') : explanation;
}

const volatileKeys = new Set(['took', 'creation_time_unix', 'last_update_time_unix']);

/** True when both are equal in structure, numbers to 1e-5 of their size. */
export function alike(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return a === b || Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  if (left.length !== right.length) return false;
  return left.every(
    ([key, value]) => Object.hasOwn(b, key) && alike(value, (b as JsonObject)[key]),
  );
}
