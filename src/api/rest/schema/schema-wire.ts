// Collections between the wire and the database: the JSON that POST and PUT /v1/schema take, and the
// JSON that every schema call answers with. The wire calls a collection a class.

import type {
  CollectionConfig,
  JsonObject,
  ObjectTtlConfig,
  VectorConfig,
} from '../../../database/collection-config.ts';
import {
  type CollectionDefaults,
  ordinaryDefaults,
} from '../../../database/schema/collection-defaults.ts';
import type { CollectionInput, VectorInput } from '../../../database/schema/collection-input.ts';
import { resolveCollection } from '../../../database/schema/collection-schema.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import { invertedIndexFromWire, invertedIndexToWire } from './schema-wire-inverted.ts';
import { propertyFromWire, propertyToWire } from './schema-wire-property.ts';
import {
  asObject,
  flagField,
  inWrittenCase,
  listAt,
  numberField,
  objectAt,
  textField,
  type Unchecked,
} from './schema-wire-values.ts';

/**
 * The complete configuration of a new collection from a class object as clients send it; unknown keys are
 * ignored. Throws 'invalid-argument'.
 */
export function collectionFromWire(
  json: unknown,
  defaults: CollectionDefaults = ordinaryDefaults,
): CollectionConfig {
  const config = changeFromWire(json, defaults);
  const [first, ...others] = config.vectors;
  if (first?.name !== '' || others.length === 0) return config;
  throw new DatabaseError('invalid-argument', {
    message:
      'a new class has either vectorConfig or vectorizer, vectorIndexType and vectorIndexConfig of its own, not both',
  });
}

/**
 * As collectionFromWire, for a collection that exists: named vectors may stand beside an unnamed one that
 * they were added to. Reading back what collectionToWire made gives the same configuration.
 */
export function changeFromWire(
  json: unknown,
  defaults: CollectionDefaults = ordinaryDefaults,
): CollectionConfig {
  const source = withVectorizer(inWrittenCase(asObject(json, ''), classFields), defaults);
  const { name = '' } = textField(source, 'class', '', 'name');
  const moduleConfig = otherModules(source);
  const properties = listAt(source, 'properties', '');
  const input: CollectionInput = {
    name,
    ...textField(source, 'description', '', 'description'),
    properties: (properties ?? []).map((each, index) =>
      propertyFromWire(each, `properties.${index}`),
    ),
    vectors: vectorsFromWire(source),
    invertedIndex: invertedIndexFromWire(objectAt(source, 'invertedIndexConfig', '') ?? {}),
    multiTenancy: multiTenancyFromWire(objectAt(source, 'multiTenancyConfig', '') ?? {}),
    objectTtl: objectTtlFromWire(source),
    replication: objectAt(source, 'replicationConfig', '') ?? {},
    sharding: objectAt(source, 'shardingConfig', '') ?? {},
    ...(moduleConfig === undefined ? {} : { moduleConfig }),
  };
  return resolveCollection(input, defaults);
}

const classFields: readonly string[] = [
  ...['class', 'description', 'properties', 'invertedIndexConfig', 'moduleConfig'],
  ...['multiTenancyConfig', 'objectTtlConfig', 'replicationConfig', 'shardingConfig'],
  ...['vectorConfig', 'vectorizer', 'vectorIndexType', 'vectorIndexConfig'],
];

/** The class object that every schema call answers with. */
export function collectionToWire(config: CollectionConfig): JsonObject {
  const { description, properties } = config;
  const moduleConfig = modulesToWire(config);
  return {
    class: config.name,
    ...(description === undefined ? {} : { description }),
    invertedIndexConfig: invertedIndexToWire(config.invertedIndex),
    ...(moduleConfig === undefined ? {} : { moduleConfig }),
    multiTenancyConfig: config.multiTenancy,
    ...(config.objectTtl ? { objectTtlConfig: objectTtlToWire(config.objectTtl) } : {}),
    properties: properties.length === 0 ? null : properties.map(propertyToWire),
    replicationConfig: config.replication,
    shardingConfig: config.sharding,
    ...vectorsToWire(config.vectors),
  };
}

/** A class that names no vector and no module gets the one that the operator chose. */
function withVectorizer(source: Unchecked, { vectorizer }: CollectionDefaults): Unchecked {
  const { module } = textField(source, 'vectorizer', '', 'module');
  const named = Object.keys(objectAt(source, 'vectorConfig', '') ?? {});
  return module === undefined && named.length === 0 ? { ...source, vectorizer } : source;
}

/** One unnamed vector said at the class itself, also when nothing is said, then those of `vectorConfig`. */
function vectorsFromWire(source: Unchecked): VectorInput[] {
  const named = Object.entries(objectAt(source, 'vectorConfig', '') ?? {});
  const { module } = textField(source, 'vectorizer', '', 'module');
  const { type } = textField(source, 'vectorIndexType', '', 'type');
  const settings = objectAt(source, 'vectorIndexConfig', '');
  const isSaid = module !== undefined || type !== undefined || settings !== undefined;
  const unnamed = (): VectorInput =>
    vectorInput('', module ?? 'none', classModuleSettings(source, module), type, settings);
  return [
    ...(isSaid || named.length === 0 ? [unnamed()] : []),
    ...named.map(([name, value]) => namedVectorFromWire(name, value)),
  ];
}

function namedVectorFromWire(name: string, value: unknown): VectorInput {
  const path = `vectorConfig.${name}`;
  const source = asObject(value, path);
  if (name === '') {
    throw new DatabaseError('invalid-argument', { message: 'vectorConfig: a name is empty' });
  }
  const modules = Object.entries(objectAt(source, 'vectorizer', path) ?? {});
  const [only] = modules;
  if (only === undefined || modules.length > 1) {
    throw new DatabaseError('invalid-argument', {
      message: `${path}.vectorizer must be an object with exactly one module, got ${modules.length}`,
    });
  }
  const [module, given] = only;
  const sent = given === null ? undefined : asObject(given, `${path}.vectorizer.${module}`);
  const { type } = textField(source, 'vectorIndexType', path, 'type');
  return vectorInput(name, module, sent, type, objectAt(source, 'vectorIndexConfig', path));
}

function vectorInput(
  name: string,
  module: string,
  moduleSettings: Unchecked | undefined,
  type: string | undefined,
  settings: Unchecked | undefined,
): VectorInput {
  return {
    name,
    vectorizer: {
      module,
      ...(moduleSettings === undefined ? {} : { settings: moduleSettings }),
    },
    index: {
      ...(type === undefined ? {} : { type }),
      ...(settings === undefined ? {} : { settings }),
    },
  };
}

/** The unnamed vector's module settings stand among those of the class. */
function classModuleSettings(source: Unchecked, module: string | undefined): Unchecked | undefined {
  if (module === undefined || module === 'none') return undefined;
  return objectAt(objectAt(source, 'moduleConfig', '') ?? {}, module, 'moduleConfig');
}

/** Settings of modules that make no vector; undefined when there are none. */
function otherModules(source: Unchecked): JsonObject | undefined {
  const given = objectAt(source, 'moduleConfig', '');
  const { module = '' } = textField(source, 'vectorizer', '', 'module');
  if (given === undefined || !Object.hasOwn(given, module)) return given;
  const others = Object.entries(given).filter(([name]) => name !== module);
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

function modulesToWire({ moduleConfig, vectors }: CollectionConfig): JsonObject | undefined {
  const [first] = vectors;
  if (first?.name !== '' || first.vectorizer.module === 'none') return moduleConfig;
  return { ...moduleConfig, [first.vectorizer.module]: first.vectorizer.settings };
}

function vectorsToWire(vectors: readonly VectorConfig[]): JsonObject {
  const unnamed = vectors.find(({ name }) => name === '');
  const named = vectors
    .filter(({ name }) => name !== '')
    .map(({ name, vectorizer, index }) => [
      name,
      {
        vectorizer: { [vectorizer.module]: vectorizer.settings },
        vectorIndexType: index.type,
        vectorIndexConfig: index.settings,
      },
    ]);
  return {
    ...(named.length > 0 ? { vectorConfig: Object.fromEntries(named) } : {}),
    ...(unnamed && {
      vectorizer: unnamed.vectorizer.module,
      vectorIndexType: unnamed.index.type,
      vectorIndexConfig: unnamed.index.settings,
    }),
  };
}

function multiTenancyFromWire(source: Unchecked): NonNullable<CollectionInput['multiTenancy']> {
  const path = 'multiTenancyConfig';
  return {
    ...flagField(source, 'enabled', path, 'enabled'),
    ...flagField(source, 'autoTenantCreation', path, 'autoTenantCreation'),
    ...flagField(source, 'autoTenantActivation', path, 'autoTenantActivation'),
  };
}

/**
 * An update comes as the object that was read, with the changes beside it under the other spelling that
 * clients use: what it doesn't say stays.
 */
function objectTtlFromWire(source: Unchecked): NonNullable<CollectionInput['objectTtl']> {
  const path = 'objectTtlConfig';
  const changes = objectAt(source, 'objectTTLConfig', '') ?? {};
  const said = Object.entries(changes).filter(([, value]) => value !== null);
  const given = { ...objectAt(source, path, ''), ...Object.fromEntries(said) };
  return {
    ...flagField(given, 'enabled', path, 'enabled'),
    ...textField(given, 'deleteOn', path, 'deleteOn'),
    ...numberField(given, 'defaultTtl', path, 'defaultTtl'),
    ...flagField(given, 'filterExpiredObjects', path, 'filterExpired'),
  };
}

function objectTtlToWire({ filterExpired, ...config }: ObjectTtlConfig): JsonObject {
  return { ...config, filterExpiredObjects: filterExpired };
}
