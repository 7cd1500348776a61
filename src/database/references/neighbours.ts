// The collections of a database as the references of one of them see the others, and what references ask
// of them: whether a target exists, and under which name.

import type { Properties } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import type { CollectionSchema } from '../../engine/schema.ts';
import type { CollectionConfig, PropertyConfig } from '../collection-config.ts';
import type { SegmentList } from '../segment-list.ts';
import { type Reference, referencesOf } from './reference.ts';

/** One collection, to those that refer to it. */
export interface Neighbour {
  readonly name: string;
  readonly config: CollectionConfig;
  readonly schema: CollectionSchema;
  readonly segments: SegmentList;
  /** A filter as its segments can evaluate it, without what searches leave out. */
  visible(filter: Filter): Filter | undefined;
}

export interface Neighbours {
  /** By name or alias. */
  find(name: string): Neighbour | undefined;
  /** The first collection, by name, that has an object with the canonical uuid. */
  holder(uuid: string): Neighbour | undefined;
}

/**
 * Those of a property's targets that lead to a collection: its own name, and the names of collections that
 * are gone and whose place it has taken, by an alias.
 */
export function targetsThatAre(
  collection: Pick<Neighbour, 'name'>,
  targets: readonly string[],
  find: (name: string) => Pick<Neighbour, 'name'> | undefined,
): readonly string[] {
  return targets.filter((target) => find(target)?.name === collection.name);
}

/** The configuration's references with the names of the collections themselves, where aliases were given. */
export function withKnownTargets(
  config: CollectionConfig,
  neighbours: Pick<Neighbours, 'find'>,
): CollectionConfig {
  if (!config.properties.some(({ targets }) => targets)) return config;
  const properties = config.properties.map((property) =>
    knownTargets(config.name, property, neighbours),
  );
  return { ...config, properties };
}

/**
 * A property of a collection with the names of the collections that it may refer to. Throws
 * 'invalid-argument' when there is no such collection.
 */
export function knownTargets(
  collection: string,
  property: PropertyConfig,
  { find }: Pick<Neighbours, 'find'>,
): PropertyConfig {
  if (!property.targets) return property;
  const targets = property.targets.map((target) => {
    const known = target === collection ? target : find(target)?.name;
    if (known !== undefined) return known;
    const message = `property '${property.name}' of collection ${collection}: it refers to collection ${target}, which does not exist`;
    throw new DatabaseError('invalid-argument', { message });
  });
  return { ...property, targets: [...new Set(targets)] };
}

/** An object on its way, with its references as they will be stored. */
interface Referring {
  readonly uuid: string;
  readonly properties: Properties;
}

/**
 * Throws 'invalid-argument' for a reference to an object that does not exist. An object may refer to
 * itself before it is stored, and keep what it refers to already: `older` are its properties so far.
 */
export function checkTargetsExist(
  { uuid, properties }: Referring,
  config: CollectionConfig,
  neighbours: Pick<Neighbours, 'find'>,
  older: Properties = {},
): void {
  for (const { name, type } of config.properties) {
    if (type !== 'reference' || !Object.hasOwn(properties, name)) continue;
    const kept = new Set(Object.hasOwn(older, name) ? (older[name] as readonly string[]) : []);
    for (const reference of referencesOf(properties[name])) {
      const isOwn = reference.collection === config.name && reference.uuid === uuid;
      if (isOwn || kept.has(`${reference.collection}/${reference.uuid}`)) continue;
      checkTargetExists(reference, name, neighbours);
    }
  }
}

/** Throws 'invalid-argument' when the object that a property refers to does not exist. */
export function checkTargetExists(
  { collection, uuid }: Reference,
  property: string,
  { find }: Pick<Neighbours, 'find'>,
): void {
  if (find(collection)?.segments.find(uuid)) return;
  const message = `validate reference: property '${property}': no object with id ${uuid} found in collection ${collection}`;
  throw new DatabaseError('invalid-argument', { message });
}
