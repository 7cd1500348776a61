// Reading unknown JSON: each function returns the value of the wanted kind or throws a WireError that
// names the place.

import { unparsable } from './wire-error.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** The value as an object. */
export function readRecord(value: unknown, path: string): JsonRecord {
  if (isRecord(value)) return value;
  throw unparsable(path, `expected an object, got ${describe(value)}`);
}

/** The value as an object; an empty one when absent or null. */
export function readOptionalRecord(value: unknown, path: string): JsonRecord {
  return value === undefined || value === null ? {} : readRecord(value, path);
}

/** The value as a list. */
export function readList(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unparsable(path, `expected a list, got ${describe(value)}`);
}

/** The value as a string; undefined when absent or null. */
export function readOptionalString(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw unparsable(path, `expected a string, got ${describe(value)}`);
}

/** The value as a boolean; undefined when absent or null. */
export function readOptionalBoolean(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw unparsable(path, `expected true or false, got ${describe(value)}`);
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A short form of a value for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
