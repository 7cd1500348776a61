// Reads a settings object as it came in JSON against a table of fields: types and bounds are checked,
// defaults filled in, unknown keys left out. Index, module, sharding and replication settings use it.

import { DatabaseError } from '../../engine/errors.ts';
import type { JsonObject } from '../collection-config.ts';

/**
 * Makes the effective value of one field from the given one, which may be undefined; `path` is for the
 * message. Returns undefined to leave the field out; throws 'invalid-argument'.
 */
export type SettingField = (given: unknown, path: string) => unknown;

export type SettingFields = Readonly<Record<string, SettingField>>;

/** The effective settings: every field of the table, nothing else. Null counts as not given. */
export function readSettings(fields: SettingFields, given: unknown, path: string): JsonObject {
  const source = readObject(given, path);
  const settings: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = field(source[name] ?? undefined, `${path}.${name}`);
    if (value !== undefined) settings[name] = value;
  }
  return settings;
}

/** A JSON object; empty when not given; throws 'invalid-argument' for anything else. */
export function readObject(given: unknown, path: string): JsonObject {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given)) throw invalid(path, given, 'an object');
  return given as JsonObject;
}

/** True or false. */
export function flag(byDefault: boolean): SettingField {
  return (given = byDefault, path) => {
    if (typeof given !== 'boolean') throw invalid(path, given, 'true or false');
    return given;
  };
}

/** A whole number of at least `min` and at most `max`. */
export function integer(
  byDefault: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): SettingField {
  const from = min === Number.MIN_SAFE_INTEGER ? '' : ` from ${min}`;
  const allowed = `whole numbers${from}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}`;
  return (given = byDefault, path) => {
    if (!Number.isSafeInteger(given) || (given as number) < min || (given as number) > max) {
      throw invalid(path, given, allowed);
    }
    return given;
  };
}

/** One of a few values. */
export function choice(
  byDefault: string | number,
  allowed: readonly (string | number)[],
): SettingField {
  return (given = byDefault, path) => {
    if (!allowed.includes(given as string | number)) {
      throw invalid(path, given, allowed.map((value) => JSON.stringify(value)).join(', '));
    }
    return given;
  };
}

/** Any text. */
export function text(byDefault: string): SettingField {
  return (given = byDefault, path) => {
    if (typeof given !== 'string') throw invalid(path, given, 'a string');
    return given;
  };
}

/** Any text but an empty one, or nothing. */
export const optionalText: SettingField = (given, path) => {
  if (given === undefined || given === '') return undefined;
  if (typeof given !== 'string') throw invalid(path, given, 'a string');
  return given;
};

/** Any text but an empty one. */
export const requiredText: SettingField = (given, path) => {
  if (given === undefined || given === '') throw invalid(path, given, 'a string, not an empty one');
  return optionalText(given, path);
};

/** A whole number from `min` to `max`, or nothing. */
export function optionalInteger(min: number, max: number): SettingField {
  const field = integer(min, min, max);
  return (given, path) => (given === undefined ? undefined : field(given, path));
}

/** A list of names, or nothing. */
export const optionalNames: SettingField = (given, path) => {
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string' && name !== '')) {
    throw invalid(path, given, 'a list of property names');
  }
  return given;
};

/** Settings inside settings. */
export function group(fields: SettingFields): SettingField {
  return (given, path) => readSettings(fields, given, path);
}

/** The error for a value that isn't allowed where it stands. */
export function invalid(path: string, seen: unknown, allowed: string): DatabaseError {
  return new DatabaseError('invalid-argument', {
    message: `${path} is ${show(seen)}; allowed: ${allowed}`,
  });
}

/** A value as it is shown in messages: JSON, cut at 80 characters. */
export function show(value: unknown): string {
  const whole = JSON.stringify(value) ?? String(value);
  return whole.length <= 80 ? whole : `${whole.slice(0, 79)}…`;
}
