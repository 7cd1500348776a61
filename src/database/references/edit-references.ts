// Changes of the references that stored objects have: what they refer to after it, as values only. Who
// writes them is writes/object-writer.ts.

import type { Document, Properties, PropertyValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { CollectionConfig, PropertyConfig } from '../collection-config.ts';
import { propertyName } from '../schema/names.ts';
import { type CanonicalName, checkReference, checkReferences } from './reference-values.ts';

/** A reference to add: of which object, in which property, to what (a beacon, `Collection/uuid` or `uuid`). */
export interface ReferenceInput {
  readonly uuid: string;
  readonly property: string;
  readonly to: string;
  /** Only where the object does not have it yet: of a sender that may send again what was written. */
  readonly once?: boolean;
}

/** The reference property of that name. Throws 'property-missing', or 'property-invalid' for another type. */
export function referenceProperty(config: CollectionConfig, given: string): PropertyConfig {
  const name = propertyName(given);
  const property = config.properties.find((known) => known.name === name);
  const { name: collection } = config;
  if (!property) throw new DatabaseError('property-missing', { property: name, collection });
  if (property.type === 'reference') return property;
  throw refusal(config, property, 'it does not refer to objects');
}

/** One reference in its stored form. Throws 'property-invalid'. */
export function storedForm(
  config: CollectionConfig,
  property: PropertyConfig,
  given: PropertyValue,
  canonical: CanonicalName,
): string {
  const stored = checkReference(property.targets ?? [], given, canonical);
  if (typeof stored === 'string') return stored;
  throw refusal(config, property, stored.problem);
}

/** A list of references in its stored form. Throws 'property-invalid'. */
export function storedForms(
  config: CollectionConfig,
  property: PropertyConfig,
  given: PropertyValue,
  canonical: CanonicalName,
): readonly string[] {
  const stored = checkReferences(property.targets ?? [], given, canonical);
  if (!('problem' in stored)) return stored;
  throw refusal(config, property, stored.problem);
}

/** The properties of an object with other references in one of them. */
export function withReferences(
  { properties }: Document,
  name: string,
  change: (references: readonly string[]) => readonly string[],
): Properties {
  const older = Object.hasOwn(properties, name) ? (properties[name] as readonly string[]) : [];
  return { ...properties, [name]: change(older) };
}

function refusal(config: CollectionConfig, { name, type }: PropertyConfig, problem: string) {
  const params = { type, property: name, collection: config.name, problem };
  return new DatabaseError('property-invalid', params);
}
