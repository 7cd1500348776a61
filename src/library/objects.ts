// Objects as callers of the library write and read them: plain properties, vectors as arrays, and what
// turns them into the database's inputs and back.

import type { Collection } from '../database/collection.ts';
import type { ObjectInput } from '../database/object-input.ts';
import { parseReference } from '../database/references/reference.ts';
import type {
  Document,
  Properties,
  PropertyValue,
  TokenPlaces,
  VectorValue,
} from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { sourcePositions } from '../engine/multivector/pool-tokens.ts';

/** Names and kinds of an object's properties: an interface or type of the caller. */
export type PropertiesOf<P> = { readonly [Name in keyof P]?: PropertyValue };

/** One vector as numbers, or a multi-vector as one row of numbers for each token. */
export type VectorData =
  | readonly number[]
  | Float32Array
  | readonly (readonly number[])[]
  | readonly Float32Array[]
  | VectorValue;

/** An object to store. Vectors that are left out are made where their name has a vectorizer. */
export interface NewObject<P> {
  /** Made when absent. */
  readonly uuid?: string;
  readonly properties: P;
  /** By vector name. */
  readonly vectors?: Readonly<Record<string, VectorData>>;
  /** Where the rows of a given vector came from, by its name; searches that explain point there. */
  readonly places?: Readonly<Record<string, TokenPlaces>>;
  /** Where the words of a text property stand on a page, by property. */
  readonly words?: Readonly<Record<string, TokenPlaces>>;
}

/** An object as it is stored; times are milliseconds since 1970. */
export interface StoredObject<P> {
  readonly uuid: string;
  readonly properties: P;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** By vector name; empty unless asked for. */
  readonly vectors: Readonly<Record<string, VectorValue>>;
  /**
   * Of pooled vectors, by name: for each stored token vector the positions, among those that the object
   * was written with, of the ones it stands for. Absent when none was pooled.
   */
  readonly pooledFrom?: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Of vectors whose rows' places are known, by name, one for each token that came. */
  readonly places?: Readonly<Record<string, TokenPlaces>>;
}

/** An object that another one refers to. */
export interface Resolved<P> extends StoredObject<P> {
  readonly collection: string;
}

/**
 * The object that a reference leads to, with its vectors; undefined when it is gone. Throws
 * 'invalid-argument' for what is no reference.
 */
export function resolvedFrom<P>(
  reference: string,
  find: (name: string) => Collection | undefined,
): Resolved<P> | undefined {
  const parsed = parseReference(reference);
  if (parsed?.collection === undefined) {
    const message = `${JSON.stringify(reference)} is no reference as Collection/uuid`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const collection = find(parsed.collection);
  const document = collection?.get(parsed.uuid);
  return collection && document && { ...storedObject<P>(document), collection: collection.name };
}

/** What the database takes for an object of a caller. Throws 'invalid-argument' for ragged vectors. */
export function inputOf(object: NewObject<unknown>): ObjectInput {
  const { uuid, properties, vectors = {}, places, words } = object;
  return {
    ...(uuid === undefined ? {} : { uuid }),
    // The collection checks every property; the type is the caller's own.
    properties: properties as Properties,
    vectors: new Map(Object.entries(vectors).map(([name, data]) => [name, vectorValue(data)])),
    ...(places ? { places: new Map(Object.entries(places)) } : {}),
    ...(words ? { words: new Map(Object.entries(words)) } : {}),
  };
}

/** A stored document as a caller sees it. */
export function storedObject<P>(document: Document): StoredObject<P> {
  const { uuid, createdAt, updatedAt, properties, vectors, pooled, places } = document;
  const positions = [...(pooled ?? [])].map(([name, groups]) => [name, sourcePositions(groups)]);
  return {
    ...{ uuid, createdAt, updatedAt, properties: properties as P },
    vectors: Object.fromEntries(vectors),
    ...(pooled ? { pooledFrom: Object.fromEntries(positions) } : {}),
    ...(places ? { places: Object.fromEntries(places) } : {}),
  };
}

/** Numbers of a caller as one vector. Throws 'invalid-argument' where rows differ in length. */
export function vectorValue(data: VectorData): VectorValue {
  if ('values' in data && 'dims' in data) return data;
  if (isSingle(data)) return { kind: 'single', dims: data.length, values: Float32Array.from(data) };
  const dims = data[0]?.length ?? 0;
  const values = new Float32Array(data.length * dims);
  for (const [index, row] of data.entries()) {
    if (row.length !== dims) {
      const message = `vector row ${index} has ${row.length} numbers, row 0 has ${dims}`;
      throw new DatabaseError('invalid-argument', { message });
    }
    values.set(row, index * dims);
  }
  return { kind: 'multi', dims, values };
}

function isSingle(
  data: Exclude<VectorData, VectorValue>,
): data is readonly number[] | Float32Array {
  return data instanceof Float32Array || typeof data[0] === 'number';
}
