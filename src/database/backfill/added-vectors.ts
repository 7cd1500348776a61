// Which vectors of a changed configuration are to be backfilled: those that are new, have a vectorizer,
// and meet objects that are stored already.

import type { CollectionConfig, VectorConfig } from '../collection-config.ts';

/** The changed configuration, its vectors marked; what stood in the one before goes on. */
export function withBackfills(
  before: CollectionConfig,
  after: CollectionConfig,
  isEmpty: boolean,
): CollectionConfig {
  const vectors = after.vectors.map((vector) => {
    const old = before.vectors.find(({ name }) => name === vector.name);
    if (old) return withMark(vector, old.backfill);
    return withMark(vector, isEmpty || vector.vectorizer.module === 'none' ? undefined : 'pending');
  });
  return { ...after, vectors };
}

/** The configuration with another mark at one vector. */
export function withBackfill(
  config: CollectionConfig,
  name: string,
  mark: VectorConfig['backfill'],
): CollectionConfig {
  const vectors = config.vectors.map((vector) =>
    vector.name === name ? withMark(vector, mark) : vector,
  );
  return { ...config, vectors };
}

function withMark(vector: VectorConfig, mark: VectorConfig['backfill']): VectorConfig {
  const { backfill: _, ...others } = vector;
  return mark === undefined ? others : { ...others, backfill: mark };
}
