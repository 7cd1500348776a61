// What a caller changes of a collection, put together with what it is already.

import type { CollectionConfig } from '../database/collection-config.ts';
import type { CollectionInput, VectorInput } from '../database/schema/collection-input.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import { checkUpdate } from '../database/schema/collection-update.ts';

/** What is left out stays as it is. Properties are added by `addProperty`. */
export interface CollectionChanges
  extends Partial<Omit<CollectionInput, 'name' | 'properties' | 'vectors'>> {
  /** New vectors, and new settings of those that are there, by their names. */
  readonly vectors?: readonly VectorInput[];
}

/** The configuration with the changes. Throws 'invalid-argument' for what can't change. */
export function changedConfig(
  config: CollectionConfig,
  { vectors = [], invertedIndex, multiTenancy, ...changes }: CollectionChanges,
): CollectionConfig {
  const kept = config.vectors.filter(({ name }) => !vectors.some((each) => each.name === name));
  const changed = resolveCollection({
    ...config,
    ...changes,
    vectors: [...kept, ...vectors],
    invertedIndex: { ...config.invertedIndex, ...invertedIndex },
    multiTenancy: { ...config.multiTenancy, ...multiTenancy },
  });
  checkUpdate(config, changed);
  return changed;
}
