// Reads values of a JSON body whose types nothing has checked yet. Null counts as absent; a value of
// the wrong type is an error that names its path.

import { DatabaseError } from '../../../engine/errors.ts';

/** A JSON object whose values are unchecked. */
export type Unchecked = Readonly<Record<string, unknown>>;

/** The object at `name`, or undefined; throws 'invalid-argument' for anything else. */
export function objectAt(source: Unchecked, name: string, path: string): Unchecked | undefined {
  const value = source[name];
  if (value === undefined || value === null) return undefined;
  return asObject(value, join(path, name));
}

/** The value as a JSON object; throws 'invalid-argument'. */
export function asObject(value: unknown, path: string): Unchecked {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(path, value, 'an object');
  }
  return value as Unchecked;
}

/**
 * The object with each name as `names` has it that was written with other capitals (the reference reads
 * them so, and some tools write MultiTenancyConfig). What is written exactly counts before what isn't.
 */
export function inWrittenCase(source: Unchecked, names: readonly string[]): Unchecked {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  const renamed = Object.entries(source).map(([key, value]): [string, unknown] => {
    const name = known.get(key.toLowerCase());
    return [name === undefined || Object.hasOwn(source, name) ? key : name, value];
  });
  return Object.fromEntries(renamed);
}

/** The list at `name`, or undefined; throws 'invalid-argument' for anything else. */
export function listAt(
  source: Unchecked,
  name: string,
  path: string,
): readonly unknown[] | undefined {
  const value = source[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrongType(join(path, name), value, 'a list');
  return value;
}

/** The list of strings at `name`, or undefined; throws 'invalid-argument' for anything else. */
export function stringsAt(
  source: Unchecked,
  name: string,
  path: string,
): readonly string[] | undefined {
  return listAt(source, name, path)?.map((value) => {
    if (typeof value !== 'string') throw wrongType(join(path, name), value, 'a list of strings');
    return value;
  });
}

/** `{ [as]: string }`, or nothing where `name` is absent or empty; throws 'invalid-argument'. */
export function textField<K extends string>(
  source: Unchecked,
  name: string,
  path: string,
  as: K,
): { readonly [key in K]?: string } {
  const value = source[name];
  if (value === undefined || value === null || value === '') return {};
  if (typeof value !== 'string') throw wrongType(join(path, name), value, 'a string');
  return { [as]: value } as { readonly [key in K]: string };
}

/** `{ [as]: boolean }`, or nothing where `name` is absent; throws 'invalid-argument'. */
export function flagField<K extends string>(
  source: Unchecked,
  name: string,
  path: string,
  as: K,
): { readonly [key in K]?: boolean } {
  const value = source[name];
  if (value === undefined || value === null) return {};
  if (typeof value !== 'boolean') throw wrongType(join(path, name), value, 'true or false');
  return { [as]: value } as { readonly [key in K]: boolean };
}

/** `{ [as]: number }`, or nothing where `name` is absent; throws 'invalid-argument'. */
export function numberField<K extends string>(
  source: Unchecked,
  name: string,
  path: string,
  as: K,
): { readonly [key in K]?: number } {
  const value = source[name];
  if (value === undefined || value === null) return {};
  if (typeof value !== 'number') throw wrongType(join(path, name), value, 'a number');
  return { [as]: value } as { readonly [key in K]: number };
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function wrongType(path: string, value: unknown, wanted: string): DatabaseError {
  const seen = JSON.stringify(value) ?? String(value);
  const shown = seen.length <= 80 ? seen : `${seen.slice(0, 79)}…`;
  return new DatabaseError('invalid-argument', {
    message: `${path === '' ? 'the body' : path} must be ${wanted}, got ${shown}`,
  });
}
