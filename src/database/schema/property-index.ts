// Taking an index away from a property, for good: what is stored of it stays, but nothing asks it any more.

import { DatabaseError } from '../../engine/errors.ts';
import type { CollectionConfig } from '../collection-config.ts';
import { isFilterable } from './engine-schema.ts';
import { uncapitalized } from './names.ts';
import { invalid } from './setting-fields.ts';

/** The indexes of a property that can be dropped, by their names on the wire. */
const propertyIndexes = ['filterable', 'searchable', 'rangeFilters'] as const;
export type PropertyIndex = (typeof propertyIndexes)[number];

/**
 * The configuration with one index of a property less; the very same when it has none. Throws
 * 'property-missing', and 'invalid-argument' for an index that there is not, and for the last one that
 * finds what expires.
 */
export function withoutIndex(
  config: CollectionConfig,
  property: string,
  index: string,
): CollectionConfig {
  const known = propertyIndexes.find((one) => one === index);
  if (known === undefined) throw invalid('index', index, propertyIndexes.join(', '));
  const name = uncapitalized(property);
  const found = config.properties.find((one) => one.name === name);
  if (!found) throw new DatabaseError('property-missing', { property, collection: config.name });
  if (!found[known]) return config;
  const changed = { ...found, [known]: false };
  if (config.objectTtl?.deleteOn === name && !isFilterable(changed)) {
    const message = `property ${name} of collection ${config.name} says when objects expire (objectTtlConfig.deleteOn), which its ${known} index finds: change that first`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return {
    ...config,
    properties: config.properties.map((one) => (one === found ? changed : one)),
  };
}
