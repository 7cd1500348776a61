// Which properties a reply shows, and of object properties which parts.

import type { CollectionConfig, NestedPropertyConfig } from '../../database/collection-config.ts';
import { uncapitalized } from '../../database/schema/names.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { PropertyType } from '../../engine/schema.ts';
import type { ObjectPropertiesRequest, PropertiesRequest } from './generated/messages.ts';

/** One property to show. */
export interface SelectedProperty {
  readonly name: string;
  readonly type: PropertyType;
  /** Parts of an object; undefined: show all that are there, by their own types. */
  readonly parts?: PropertySelection;
}

/** Empty: the reply has no properties. */
export type PropertySelection = readonly SelectedProperty[];

interface Described {
  readonly name: string;
  readonly type: PropertyType;
  readonly nested?: readonly NestedPropertyConfig[];
}

/**
 * No request, or one for all: every property but blobs, inside objects too, and references. The first
 * letter of a name is a small one, as it is stored. Throws 'property-missing' for a name that the
 * collection does not have.
 */
export function decodePropertySelection(
  request: PropertiesRequest | undefined,
  config: CollectionConfig,
): PropertySelection {
  if (request === undefined) return selectAll(config.properties);
  const findKept = finder(config.properties, config.name);
  const find = (name: string): Described => findKept(uncapitalized(name));
  const plain = request.return_all_nonref_properties
    ? selectAll(config.properties)
    : request.non_ref_properties.map((name) => select(find(name)));
  const objects = request.object_properties.map((object) =>
    selectParts(object, find(object.prop_name), config.name),
  );
  const partly = new Set(objects.map((each) => each.name));
  return [...plain.filter((each) => !partly.has(each.name)), ...objects];
}

function finder<T extends Described>(
  properties: readonly T[],
  collection: string,
): (name: string) => T {
  const byName = new Map(properties.map((property) => [property.name, property]));
  return (name) => {
    const property = byName.get(name);
    if (property === undefined) {
      throw new DatabaseError('property-missing', { property: name, collection });
    }
    return property;
  };
}

function selectAll(properties: readonly Described[]): PropertySelection {
  return properties
    .filter(({ type }) => !type.startsWith('blob') && type !== 'reference')
    .map(({ name, type, nested }) => ({ name, type, ...(nested && { parts: selectAll(nested) }) }));
}

function select(property: Described): SelectedProperty {
  const { name, type, nested } = property;
  return { name, type, ...(nested && { parts: nested.map(select) }) };
}

function selectParts(
  request: ObjectPropertiesRequest,
  property: Described,
  collection: string,
): SelectedProperty {
  const find = finder(property.nested ?? [], collection);
  const plain = request.primitive_properties.map((name) => select(find(name)));
  const objects = request.object_properties.map((object) =>
    selectParts(object, find(object.prop_name), collection),
  );
  return { name: property.name, type: property.type, parts: [...plain, ...objects] };
}
