// The collections behind the recordings, as configurations.

import type { CollectionConfig } from '../../src/database/collection-config.ts';
import type { PropertyInput, VectorInput } from '../../src/database/schema/collection-input.ts';
import { resolveCollection } from '../../src/database/schema/collection-schema.ts';

const multi = (name: string): VectorInput => ({ name, kind: 'multi' });

const invertedIndex = {
  indexTimestamps: true,
  indexNullState: true,
  indexPropertyLength: true,
} as const;

/** `Q` of query_collection: a property of every kind, one multi-vector. */
export function queryCollection(): CollectionConfig {
  const properties: readonly PropertyInput[] = [
    { name: 'text', type: 'text' },
    { name: 'title', type: 'text' },
    { name: 'tag', type: 'text', tokenization: 'field' },
    { name: 'ws', type: 'text', tokenization: 'whitespace' },
    { name: 'lc', type: 'text', tokenization: 'lowercase' },
    { name: 'tri', type: 'text', tokenization: 'trigram' },
    { name: 'num', type: 'int' },
    { name: 'price', type: 'number' },
    { name: 'flag', type: 'boolean' },
    { name: 'when', type: 'date' },
    { name: 'uid', type: 'uuid' },
    { name: 'tags', type: 'text[]' },
    { name: 'nums', type: 'int[]' },
    { name: 'geo', type: 'geoCoordinates' },
    {
      name: 'obj',
      type: 'object',
      nested: [
        { name: 'name', type: 'text' },
        { name: 'n', type: 'int' },
      ],
    },
  ];
  return resolveCollection({ name: 'Q', properties, vectors: [multi('mv')], invertedIndex });
}

/** `Mt` of multi_target: two multi-vectors and a single vector. */
export function multiTargetCollection(): CollectionConfig {
  return resolveCollection({
    name: 'Mt',
    properties: [{ name: 'text', type: 'text' }],
    vectors: [multi('mv1'), multi('mv2'), { name: 'sv', kind: 'single' }],
  });
}
