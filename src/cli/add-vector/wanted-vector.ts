// The vector that `tesserae add-vector` is asked for, and what it is in a collection.

import type { VectorInput } from '../../database/schema/collection-input.ts';
import { DatabaseError } from '../../engine/errors.ts';
import {
  imageProperty,
  isPageCollection,
  pageVectorInput,
  textVectorInput,
} from '../../ingest/page-collection.ts';
import { defaultTextModel } from '../../vectorizers/local/models.ts';

/** What the arguments ask for. */
export interface WantedVector {
  readonly collection: string;
  readonly name: string;
  /** Undefined: minilm where the vector is added. */
  readonly model: string | undefined;
  readonly isPageModel: boolean;
  readonly properties: readonly string[] | undefined;
  readonly batch: number | undefined;
}

/** As much of a collection's configuration as decides what the vector is. */
export interface KnownCollection {
  readonly name: string;
  readonly properties: readonly { readonly name: string }[];
  readonly vectors: readonly {
    readonly name: string;
    readonly module: string;
    readonly model: unknown;
  }[];
}

/** True when the vector is there, with the model that is asked for or none asked for. Throws otherwise. */
export function isThere(
  { name: collection, vectors }: KnownCollection,
  { name, model }: WantedVector,
): boolean {
  const there = vectors.find((vector) => vector.name === name);
  if (!there) return false;
  if (model === undefined || there.module === 'none' || there.model === model) return true;
  throw refused(
    `vector ${name} of collection ${collection} is embedded by ${there.model ?? there.module}, not ${model}: give the new vector another --name`,
  );
}

/** The vector to add. Throws 'invalid-argument' where it can't be. */
export function vectorToAdd(collection: KnownCollection, wanted: WantedVector): VectorInput {
  const { name, model = defaultTextModel, isPageModel, properties } = wanted;
  if (collection.vectors.some((vector) => vector.name === '')) {
    throw refused(
      `collection ${collection.name} has an unnamed vector: named ones can't be added to it`,
    );
  }
  if (isPageModel) return { ...pageVectorInput(model), name };
  const embedded = properties ?? (isPageCollection(collection) ? ['text'] : undefined);
  const known = collection.properties.map((property) => property.name);
  const unknown = embedded?.find((each) => !known.includes(each));
  if (unknown === undefined) return { ...textVectorInput(model, embedded), name };
  throw refused(
    `collection ${collection.name} has no property ${unknown}; properties: ${known.join(', ')}`,
  );
}

/** Whether the property of pictures must be added before the vector. */
export function lacksImages({ properties }: KnownCollection, wanted: WantedVector): boolean {
  return wanted.isPageModel && !properties.some(({ name }) => name === imageProperty.name);
}

function refused(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
