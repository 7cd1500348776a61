// From the fields of a row to an object: which column names it, and under which names its columns are
// stored where their own are not allowed.

import { createHash } from 'node:crypto';
import { uncapitalized } from '../database/schema/names.ts';
import type { PropertyValue } from '../engine/document.ts';
import { bodyDepthMax } from '../engine/limits.ts';
import { normaliseUuid } from '../engine/uuid.ts';
import type { RowFields } from './formats/row-file.ts';
import { nameUuid, urlNamespace } from './name-uuid.ts';

/** An object made of a row. */
export interface RowObject {
  readonly uuid: string;
  readonly properties: { readonly [name: string]: PropertyValue };
  /** Characters of its texts, and a few for each other value: how much memory it takes. */
  readonly characters: number;
}

/** Where the id of a row is kept that stood in a column `_id` or `id`: those names are taken. */
export const idProperty = 'docId';
/** Columns whose values name the rows when nobody says which. */
export const idColumns: readonly string[] = ['_id', 'id'];
const reserved: ReadonlySet<string> = new Set(['id', '_id', '_additional', '__proto__']);
/** Of a property's name. */
const nameLengthMax = 200;

/** Turns rows of one file into objects; the same rows in the same order give the same objects. */
export class RowMapper {
  readonly #idColumn: string | undefined;
  readonly #names = new Map<string, string>();
  /** In lower case: property names differ by more than that. */
  readonly #taken = new Set<string>();
  /** The number that the next column of the same plain name gets. */
  readonly #next = new Map<string, number>();

  /** Without a column of its own the id is that of `_id` or `id`, else it is made of the whole row. */
  constructor(idColumn: string | undefined) {
    this.#idColumn = idColumn;
  }

  /** The property that a column is stored as. */
  nameOf(column: string): string {
    const known = this.#names.get(column);
    if (known !== undefined) return known;
    const plain = idColumns.includes(column) ? idProperty : propertyNameOf(column);
    let name = plain;
    const key = plain.toLowerCase();
    for (let n = this.#next.get(key) ?? 2; this.#taken.has(name.toLowerCase()); n += 1) {
      name = `${plain}_${n}`;
      this.#next.set(key, n + 1);
    }
    this.#names.set(column, name);
    this.#taken.add(name.toLowerCase());
    return name;
  }

  /** Throws an Error that says what is wrong with the row. */
  object(fields: RowFields): RowObject {
    const column = this.#idColumn ?? idColumns.find((name) => idOf(fields[name]) !== undefined);
    const id = column === undefined ? undefined : idOf(fields[column]);
    if (this.#idColumn !== undefined && id === undefined) {
      throw new Error(`the id column ${this.#idColumn} has no text and no number here`);
    }
    const properties: Record<string, PropertyValue> = {};
    let characters = 0;
    for (const [name, value] of Object.entries(fields)) {
      if (value === null || value === undefined) continue;
      const isId = idColumns.includes(name);
      const allowed = allowedNames(value, 1);
      const stored = isId ? (idOf(value) ?? JSON.stringify(allowed)) : allowed;
      properties[this.nameOf(name)] = stored;
      characters += charactersOf(stored);
    }
    if (Object.keys(properties).length === 0) throw new Error('the row has no value');
    return { uuid: id === undefined ? hashUuid(fields) : idUuid(id), properties, characters };
  }
}

/** An id that is a uuid is taken as it is; another one names the object, whatever file it comes from. */
export function idUuid(id: string): string {
  return normaliseUuid(id) ?? nameUuid(urlNamespace, `row#${id}`);
}

/** Rows with the same values are the same object. */
function hashUuid(fields: RowFields): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(sorted(fields)))
    .digest('hex');
  return nameUuid(urlNamespace, `row-hash#${digest}`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => [name, sorted(each)]);
}

function idOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Letters, digits and underscores; the first one is a letter or underscore, in lower case. */
function propertyNameOf(column: string): string {
  const words = column.normalize('NFKD').replace(/[^_0-9A-Za-z]+/g, ' ');
  const name = uncapitalized(words.trim().replaceAll(' ', '_').slice(0, nameLengthMax));
  const isName = /^[_A-Za-z]/.test(name) && !reserved.has(name);
  return isName ? name : `column_${name}`;
}

/** The value with allowed names in the objects inside. Throws where it is nested too deep. */
function allowedNames(value: unknown, depth: number): PropertyValue {
  if (typeof value !== 'object' || value === null) return value as PropertyValue;
  if (depth > bodyDepthMax) {
    throw new Error(`lists and objects are nested more than ${bodyDepthMax} deep`);
  }
  if (Array.isArray(value)) return value.map((each) => allowedNames(each, depth + 1));
  const entries = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(
    entries.map(([name, each]) => [propertyNameOf(name), allowedNames(each, depth + 1)]),
  );
}

/** What a value that is no text counts as. */
const plainCharacters = 8;

function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length + plainCharacters;
  if (typeof value !== 'object' || value === null) return plainCharacters;
  return Object.values(value).reduce((sum: number, each) => sum + charactersOf(each), 0);
}
