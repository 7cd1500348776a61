// A collection as a server's schema tells of it, and what follows for reading its objects.

import type { ObjectPropertiesRequest, PropertiesRequest } from '../api/grpc/generated/messages.ts';
import type { MessageInit } from '../api/grpc/protocol.ts';

/** A property as it stands in a schema; more stands there than is looked at here. */
export interface WireProperty {
  readonly name: string;
  readonly dataType: readonly string[];
  readonly nestedProperties?: readonly WireProperty[] | null;
}

/** A collection as it stands in a schema. */
export interface WireClass {
  readonly class: string;
  readonly properties?: readonly WireProperty[] | null;
  readonly vectorConfig?: Readonly<Record<string, unknown>> | null;
  readonly multiTenancyConfig?: { readonly enabled?: boolean } | null;
}

/** Whether its objects belong to tenants. */
export function hasTenants({ multiTenancyConfig }: WireClass): boolean {
  return multiTenancyConfig?.enabled ?? false;
}

/** Types of references are names of collections, which begin with a capital letter. */
export function isReference({ dataType }: WireProperty): boolean {
  return /^[A-Z]/.test(dataType[0] ?? '');
}

/** Names of the properties that refer to other objects. */
export function referenceNames({ properties }: WireClass): readonly string[] {
  return (properties ?? []).filter(isReference).map(({ name }) => name);
}

/**
 * Names of the properties that REST tells more of than gRPC: all references, also those that lead nowhere, in
 * their order, and coordinates as they are stored.
 */
export function restNames({ properties }: WireClass): readonly string[] {
  const isPlace = ({ dataType }: WireProperty): boolean => dataType[0] === 'geoCoordinates';
  return (properties ?? [])
    .filter((each) => isReference(each) || isPlace(each))
    .map(({ name }) => name);
}

/** Names of its named vectors. */
export function vectorNames({ vectorConfig }: WireClass): readonly string[] {
  return Object.keys(vectorConfig ?? {});
}

/** The same text for classes that have the same properties, inside objects too, and vectors. */
export function readingShape(each: WireClass): string {
  return JSON.stringify([propertyPaths(each.properties, '').sort(), [...vectorNames(each)].sort()]);
}

function propertyPaths(properties: WireClass['properties'], prefix: string): string[] {
  return (properties ?? []).flatMap(({ name, dataType, nestedProperties }) => [
    `${prefix}${name} ${[...dataType].sort().join()}`,
    ...propertyPaths(nestedProperties, `${prefix}${name}.`),
  ]);
}

/** All properties but references, by name: blobs are not among those that come unasked. */
export function wholeObjects({ properties }: WireClass): MessageInit<PropertiesRequest> {
  const { primitive, objects } = partsOf((properties ?? []).filter((each) => !isReference(each)));
  return { non_ref_properties: primitive, object_properties: objects };
}

interface Parts {
  readonly primitive: readonly string[];
  readonly objects: readonly MessageInit<ObjectPropertiesRequest>[];
}

function partsOf(properties: readonly WireProperty[]): Parts {
  const isObject = ({ dataType }: WireProperty): boolean =>
    /^object(\[\])?$/.test(dataType[0] ?? '');
  return {
    primitive: properties.filter((each) => !isObject(each)).map(({ name }) => name),
    objects: properties.filter(isObject).map(({ name, nestedProperties }) => {
      const { primitive, objects } = partsOf(nestedProperties ?? []);
      return { prop_name: name, primitive_properties: primitive, object_properties: objects };
    }),
  };
}
