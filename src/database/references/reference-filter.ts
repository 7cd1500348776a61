// Filters through references: what they ask of other collections is found out first, so that a segment has
// to look for nothing but uuids.

import { DatabaseError } from '../../engine/errors.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import { UuidSet } from '../../engine/filter/uuid-set.ts';
import { takeSnapshot } from '../../engine/query/snapshot.ts';
import type { CollectionConfig, PropertyConfig } from '../collection-config.ts';
import { capitalized } from '../schema/names.ts';
import { type Neighbour, type Neighbours, targetsThatAre } from './neighbours.ts';

type ReferenceFilter = Extract<Filter, { readonly kind: 'reference' }>;

/**
 * The filter with a `refersTo` in place of every `reference`, as the other collections are at this
 * moment; the very filter when it has none. Throws DatabaseError for a filter that makes no sense for the
 * collection that it names, 'collection-missing' when that is gone.
 */
export function resolveReferences(
  filter: Filter,
  config: CollectionConfig,
  neighbours: Pick<Neighbours, 'find'>,
): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const resolve = (each: Filter): Filter => resolveReferences(each, config, neighbours);
      const operands = filter.operands.map(resolve);
      const isSame = operands.every((operand, index) => operand === filter.operands[index]);
      return isSame ? filter : { kind: filter.kind, operands };
    }
    case 'not': {
      const operand = resolveReferences(filter.operand, config, neighbours);
      return operand === filter.operand ? filter : { kind: 'not', operand };
    }
    case 'reference': {
      const property = config.properties.find(({ name }) => name === filter.property);
      // What is no reference property is told by who checks filters.
      if (property?.type !== 'reference') return filter;
      const target = targetOf(filter, property, config, neighbours);
      const names = targetsThatAre(target, property.targets ?? [], neighbours.find);
      const found = passing(target, filter.filter);
      const targets = new Map(names.map((name) => [name, found]));
      return { kind: 'refersTo', property: filter.property, targets };
    }
    default:
      return filter;
  }
}

function targetOf(
  { collection, property }: ReferenceFilter,
  { targets = [] }: PropertyConfig,
  config: CollectionConfig,
  { find }: Pick<Neighbours, 'find'>,
): Neighbour {
  const [only, ...others] = targets;
  if (collection === undefined && others.length > 0) {
    const message = `filter on property '${property}' of class '${config.name}': it refers to several collections, name one of [${targets.join(', ')}]`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const name = collection === undefined ? (only as string) : capitalized(collection);
  const found = find(name);
  if (found && targetsThatAre(found, targets, find).length > 0) return found;
  if (targets.includes(name)) throw new DatabaseError('collection-missing', { collection: name });
  const message = `filter on property '${property}' of class '${config.name}': it does not refer to collection ${collection}, only to [${targets.join(', ')}]`;
  throw new DatabaseError('invalid-argument', { message });
}

/** The objects of a collection that pass a filter, which may go on through references. */
function passing(target: Neighbour, filter: Filter): UuidSet {
  const { segments, schema } = target;
  const found = new UuidSet();
  const uuid = new Uint8Array(16);
  const snapshot = takeSnapshot(segments.all(), schema, target.visible(filter));
  for (const { segment, allowed } of snapshot.segments) {
    allowed?.forEach((doc) => {
      segment.writeUuid(doc, uuid, 0);
      found.add(uuid);
    });
  }
  return found;
}
