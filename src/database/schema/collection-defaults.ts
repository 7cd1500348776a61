// What an operator may choose for collections that leave it open.

import { type IndexType, indexTypes } from './index-settings.ts';
import {
  type ModuleName,
  makesMultiVectors,
  moduleNames,
  needsNoSettings,
} from './module-settings.ts';

/** Taken where a new collection, or a vector that is added, says nothing. */
export interface CollectionDefaults {
  /** Module of the vector of a collection that names no vector at all. */
  readonly vectorizer: ModuleName;
  readonly indexType: IndexType;
}

/** Vectors come with the objects, the index is hnsw. */
export const ordinaryDefaults: CollectionDefaults = { vectorizer: 'none', indexType: 'hnsw' };

/** Modules that may be the default: those of one vector for an object, as the unnamed vector is, that need no settings. */
export const defaultVectorizers: readonly ModuleName[] = moduleNames.filter(
  (name) => !makesMultiVectors(name) && needsNoSettings(name),
);

/** Words for index types that may be the default, in small letters. */
export const defaultIndexTypes: readonly IndexType[] = indexTypes;
