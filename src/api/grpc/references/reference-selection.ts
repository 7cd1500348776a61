// Which references of hits a reply follows, and what it shows of the objects that they lead to.

import type { Collection } from '../../../database/collection.ts';
import type { CollectionConfig, PropertyConfig } from '../../../database/collection-config.ts';
import { referenceProperty } from '../../../database/references/edit-references.ts';
import { targetsThatAre } from '../../../database/references/neighbours.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import type { PropertiesRequest, RefPropertiesRequest } from '../generated/messages.ts';
import { decodePropertySelection, type PropertySelection } from '../property-selection.ts';
import { decodeMetadata, type MetadataFields } from './object-metadata.ts';

/** One property to follow. */
export interface ReferenceSelection {
  readonly property: string;
  /** Objects of this collection are shown; undefined where it is gone, so that there are none. */
  readonly target: Collection | undefined;
  /** The names by which references lead there. */
  readonly names: readonly string[];
  readonly properties: PropertySelection;
  readonly metadata: MetadataFields;
  /** Of the objects that the property leads to. */
  readonly references: readonly ReferenceSelection[];
}

/** Finds a collection by name or alias, or the same tenant of it. */
export type FindCollection = (name: string) => Collection | undefined;

/**
 * The references that a request asks for. Throws 'property-missing' or 'property-invalid' for what is no
 * reference property, 'invalid-argument' for a collection that the property does not refer to, or where it
 * refers to several and none is named.
 */
export function decodeReferenceSelections(
  request: PropertiesRequest | undefined,
  config: CollectionConfig,
  find: FindCollection,
): readonly ReferenceSelection[] {
  return (request?.ref_properties ?? []).map((each) => decodeSelection(each, config, find));
}

function decodeSelection(
  request: RefPropertiesRequest,
  config: CollectionConfig,
  find: FindCollection,
): ReferenceSelection {
  const property = referenceProperty(config, request.reference_property);
  const target = targetOf(property, request.target_collection, config.name, find);
  const metadata = decodeMetadata(request.metadata);
  if (!target) {
    return { property: property.name, target, names: [], properties: [], metadata, references: [] };
  }
  return {
    property: property.name,
    target,
    names: targetsThatAre(target, property.targets ?? [], find),
    properties: decodePropertySelection(request.properties, target.config),
    metadata,
    references: decodeReferenceSelections(request.properties, target.config, find),
  };
}

function targetOf(
  { name, targets = [] }: PropertyConfig,
  wanted: string,
  collection: string,
  find: FindCollection,
): Collection | undefined {
  const [only = '', ...others] = targets;
  if (wanted === '') {
    if (others.length === 0) return find(only);
    const message = `references of property '${name}' of class '${collection}': it refers to several collections, name one of [${targets.join(', ')}]`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const found = find(wanted);
  if (found ? targetsThatAre(found, targets, find).length > 0 : targets.includes(wanted))
    return found;
  const message = `references of property '${name}' of class '${collection}': it does not refer to collection ${wanted}, only to [${targets.join(', ')}]`;
  throw new DatabaseError('invalid-argument', { message });
}
