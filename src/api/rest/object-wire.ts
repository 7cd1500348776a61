// Objects of the wire: JSON to what a collection writes, and stored documents to JSON text.

import type { CollectionConfig } from '../../database/collection-config.ts';
import type { ObjectPatch } from '../../database/object-input.ts';
import { beaconOf, referencesOf } from '../../database/references/reference.ts';
import type { Document, Properties, PropertyValue } from '../../engine/document.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import { vectorJson } from './float32-json.ts';
import { readOptionalRecord, readOptionalString, readRecord } from './json-fields.ts';
import { vectorsFromJson } from './vectors-from-json.ts';
import { badUuid, invalid } from './wire-error.ts';

/** An object as it came: `class` may be missing where the path names it. */
export interface ObjectBody extends ObjectPatch {
  readonly collection: string | undefined;
  /** Empty where it names none. */
  readonly tenant: string;
  /** Canonical. */
  readonly uuid: string | undefined;
}

/**
 * Reads an object. `path` is what messages put before a field, as `objects[3].`. Throws WireError for
 * what can't be read, DatabaseError for what is refused.
 */
export function objectFromJson(value: unknown, path = ''): ObjectBody {
  const body = readRecord(value, path.replace(/\.$/, ''));
  const collection = readOptionalString(body['class'], `${path}class`);
  const id = readOptionalString(body['id'], `${path}id`);
  const uuid = id === undefined || id === '' ? undefined : normaliseUuid(id);
  if (id && uuid === undefined) throw badUuid('body', id);
  const properties = readOptionalRecord(body['properties'], `${path}properties`) as Properties;
  const vectors = vectorsFromJson(body, collection ?? '', path);
  const tenant = readOptionalString(body['tenant'], `${path}tenant`) ?? '';
  return { collection, tenant, uuid, properties, vectors };
}

/** The collection that the body names. Throws 'invalid-argument' when it names none. */
export function namedCollection({ collection }: Pick<ObjectBody, 'collection'>): string {
  if (collection) return collection;
  throw invalid('invalid object: the given class is empty');
}

/** What a reply shows of an object besides its properties. */
export interface ObjectFields {
  readonly vectors: boolean;
  /** Replies that read an object carry `"vectorWeights": null`, those that write one don't. */
  readonly weights: boolean;
}

/** What must be known of an object's collection to show it. */
export interface ObjectOwner {
  readonly config: Pick<CollectionConfig, 'name' | 'properties'>;
  /** Empty where the collection has no tenants. */
  readonly tenant: string;
}

/** The object as JSON text. */
export function objectJson(owner: ObjectOwner, document: Document, fields: ObjectFields): string {
  return `{${objectMembers(owner, document, fields)}}`;
}

/** What stands between the braces of objectJson. */
export function objectMembers(
  { config, tenant }: ObjectOwner,
  document: Document,
  fields: ObjectFields,
): string {
  const { uuid, createdAt, updatedAt, properties, vectors } = document;
  const members = [
    `"class":${JSON.stringify(config.name)},"creationTimeUnix":${createdAt},"id":"${uuid}",`,
    `"lastUpdateTimeUnix":${updatedAt},"properties":${JSON.stringify(shownProperties(config, properties))}`,
  ];
  if (tenant !== '') members.push(`,"tenant":${JSON.stringify(tenant)}`);
  const unnamed = fields.vectors ? vectors.get('') : undefined;
  if (unnamed) members.push(`,"vector":${vectorJson(unnamed)}`);
  if (fields.weights) members.push(',"vectorWeights":null');
  const named = fields.vectors ? [...vectors].filter(([name]) => name !== '') : [];
  const lists = named.map(([name, vector]) => `${JSON.stringify(name)}:${vectorJson(vector)}`);
  if (lists.length > 0) members.push(`,"vectors":{${lists.join(',')}}`);
  return members.join('');
}

/** References are shown as links; all else is shown as it is stored. */
function shownProperties(collection: ObjectOwner['config'], properties: Properties): Properties {
  const names = collection.properties.filter(({ type }) => type === 'reference');
  const there = names.filter(({ name }) => Object.hasOwn(properties, name));
  if (there.length === 0) return properties;
  const shown: Record<string, PropertyValue> = { ...properties };
  for (const { name } of there) {
    shown[name] = referencesOf(properties[name]).map((reference) => ({
      beacon: beaconOf(reference),
      href: `/v1/objects/${reference.collection}/${reference.uuid}`,
    }));
  }
  return shown;
}
