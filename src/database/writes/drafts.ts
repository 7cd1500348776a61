// Objects on their way become drafts: everything about them that can be checked without waiting.

import type { Document, TokenPlaces, VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import type { CollectionConfig, VectorConfig } from '../collection-config.ts';
import type { ObjectInput, StoredTimes } from '../object-input.ts';
import type { Neighbours } from '../references/neighbours.ts';
import type { CanonicalName } from '../references/reference-values.ts';
import { extendProperties } from '../schema/auto-schema.ts';
import { refuseWithoutTenant } from '../schema/multi-tenancy.ts';
import { checkProperties } from '../schema/property-values.ts';
import { type Draft, keepVector } from './embedding.ts';
import { checkDims, checkPlaces, checkVector, checkWords, joinVector } from './vector-checks.ts';

/** What objects are checked against, besides the configuration. */
export interface DraftScope {
  /** Whose objects they are; empty where the collection has no tenants. */
  readonly tenant: string;
  readonly autoSchema: boolean;
  readonly objectVectorsMax: number;
  readonly newUuid: () => string;
  /** Dims of the vectors under a name; undefined while there never was one. */
  readonly dims: (name: string) => number | undefined;
  /** The other collections, which references lead to. */
  readonly neighbours: Neighbours;
  /** What is stored under a uuid. */
  readonly get: (uuid: string) => Document | undefined;
}

/**
 * Checks an object against the configuration as it is or will be; throws what is wrong with it. Nothing
 * changes yet: an object that is refused later leaves no properties behind.
 */
export function draftObject(
  object: ObjectInput,
  before: CollectionConfig,
  scope: DraftScope,
): Draft {
  refuseWithoutTenant(before, scope.tenant);
  const uuid = object.uuid === undefined ? scope.newUuid() : canonicalUuid(object.uuid);
  const vectors = new Map<string, VectorValue>();
  for (const [nameGiven, given] of object.vectors) {
    const config = vectorConfig(before, nameGiven);
    const { name } = config;
    const vector = joinVector(given, config, before.name);
    const place = { collection: before.name, name };
    checkVector(vector, place, scope.objectVectorsMax);
    checkDims(vector, place, scope.dims(name));
    vectors.set(name, vector);
  }
  const places = checkedPlaces(object, before, vectors);
  for (const [name, words] of object.words ?? []) {
    checkWords(words, object.properties[name], { collection: before.name, name });
  }
  const { properties: given, integerLists } = object;
  const config = extended(before, { given, ...(integerLists && { integerLists }) }, scope);
  let older: Document | undefined | null = null;
  return {
    uuid,
    given,
    ...(integerLists && { integerLists }),
    before,
    config,
    properties: checkProperties(config, object.properties, canonicalIn(scope)),
    vectors,
    pooled: new Map(),
    places,
    words: object.words ?? new Map(),
    ...(object.stored && { stored: checkedTimes(object.stored) }),
    older: () => {
      if (older === null) older = scope.get(uuid);
      return older;
    },
  };
}

/** An object as it is stored, on its way to be stored again. */
export function draftStored(older: Document, config: CollectionConfig): Draft {
  const { uuid, properties, vectors } = older;
  const draft: Draft = {
    ...{ uuid, given: properties, before: config, config, properties },
    ...{ vectors: new Map(), pooled: new Map(), places: new Map(), older: () => older },
    words: older.words ?? new Map(),
  };
  for (const name of vectors.keys()) keepVector(draft, older, name);
  return draft;
}

/**
 * The configuration that a draft needs where others have changed it meanwhile, the draft checked again;
 * throws what is wrong with the object now.
 */
export function claimDraft(
  draft: Draft,
  config: CollectionConfig,
  scope: DraftScope,
): CollectionConfig {
  for (const [name, vector] of draft.vectors) {
    checkDims(vector, { collection: config.name, name }, scope.dims(name));
  }
  if (draft.before === config) return draft.config;
  const now = extended(config, draft, scope);
  draft.properties = checkProperties(now, draft.given, canonicalIn(scope));
  return now;
}

/**
 * The vector of a name; '' is the one that clients mean when they give none: the only one, or 'default',
 * under which clients also send what has no name. Throws 'vector-unknown'.
 */
export function vectorConfig(collection: CollectionConfig, name: string): VectorConfig {
  const found = named(collection, name) ?? meant(collection, name);
  if (found) return found;
  const known = collection.vectors.map((vector) => vector.name).join(', ');
  if (name !== '') {
    throw new DatabaseError('vector-unknown', { collection: collection.name, name, known });
  }
  const message =
    `collection ${collection.name} has named vectors [${known}]: ` +
    'an unnamed vector (field "vector") can not be stored in it, send "vectors" with a name';
  throw new DatabaseError('invalid-argument', { message });
}

function named({ vectors }: CollectionConfig, name: string): VectorConfig | undefined {
  return vectors.find((vector) => vector.name === name);
}

function meant(collection: CollectionConfig, name: string): VectorConfig | undefined {
  if (name === 'default') return named(collection, '');
  if (name !== '') return undefined;
  const { vectors } = collection;
  return named(collection, 'default') ?? (vectors.length === 1 ? vectors[0] : undefined);
}

/** Lower case, with hyphens; throws 'invalid-argument'. */
export function canonicalUuid(text: string): string {
  const uuid = normaliseUuid(text);
  if (uuid !== undefined) return uuid;
  const message = `invalid UUID "${text}" (length ${text.length}): 8-4-4-4-12 hexadecimal digits are expected`;
  throw new DatabaseError('invalid-argument', { message });
}

/** Tells the name of a collection that may be given by an alias. */
export function canonicalIn({ neighbours }: Pick<DraftScope, 'neighbours'>): CanonicalName {
  return (name) => neighbours.find(name)?.name ?? name;
}

/** The latest time that a Date can be. */
const timeMax = 8.64e15;

function checkedTimes(times: StoredTimes): StoredTimes {
  for (const [name, time] of Object.entries(times)) {
    if (Number.isSafeInteger(time) && time >= 0 && time <= timeMax) continue;
    const message = `${name} of a stored object is ${time}; allowed: whole milliseconds from 0 to ${timeMax}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return times;
}

function checkedPlaces(
  { places }: ObjectInput,
  collection: CollectionConfig,
  vectors: ReadonlyMap<string, VectorValue>,
): Map<string, TokenPlaces> {
  const checked = new Map<string, TokenPlaces>();
  for (const [nameGiven, given] of places ?? []) {
    const { name } = vectorConfig(collection, nameGiven);
    const place = { collection: collection.name, name };
    const vector = vectors.get(name);
    if (!vector) {
      const problem = 'places come with the vector that they belong to';
      throw new DatabaseError('vector-invalid', { ...place, problem });
    }
    checkPlaces(given, vector, place);
    checked.set(name, given);
  }
  return checked;
}

/** The configuration with what auto-schema adds to it for an object; the same when it adds nothing. */
function extended(
  config: CollectionConfig,
  { given, integerLists }: Pick<Draft, 'given' | 'integerLists'>,
  { autoSchema, neighbours }: DraftScope,
): CollectionConfig {
  if (!autoSchema) return config;
  const properties = extendProperties(config, given, {
    neighbours,
    ...(integerLists && { integerLists }),
  });
  return properties === config.properties ? config : { ...config, properties };
}
