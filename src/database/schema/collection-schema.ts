// From what a caller says about a new collection to its complete configuration. What an existing
// collection may change is in collection-update.ts.

import { DatabaseError } from '../../engine/errors.ts';
import type { StopwordConfig } from '../../engine/schema.ts';
import type {
  CollectionConfig,
  InvertedIndexConfig,
  JsonObject,
  VectorConfig,
} from '../collection-config.ts';
import { type CollectionDefaults, ordinaryDefaults } from './collection-defaults.ts';
import type { CollectionInput, InvertedIndexInput, VectorInput } from './collection-input.ts';
import { resolveIndex } from './index-settings.ts';
import {
  checkModuleFields,
  type ModuleName,
  makesMultiVectors,
  resolveModule,
} from './module-settings.ts';
import { collectionName, vectorName } from './names.ts';
import { resolveObjectTtl } from './object-ttl.ts';
import { checkPropertyNames, resolveProperty } from './property-schema.ts';
import { choice, flag, integer, invalid, readObject, readSettings } from './setting-fields.ts';
import { checkPresets, resolvePresets } from './text-analyzer.ts';

/**
 * Checks a collection and fills in every default; `defaults` are what an operator chose. The result survives JSON, and resolving it again
 * changes nothing. Throws 'invalid-argument'. Whether the name is free is for the database to say.
 */
export function resolveCollection(
  input: CollectionInput,
  defaults: CollectionDefaults = ordinaryDefaults,
): CollectionConfig {
  const name = collectionName(input.name);
  const vectors = resolveVectors(input.vectors ?? [], defaults);
  const modules = vectors.map((vector) => vector.vectorizer.module as ModuleName);
  const properties = (input.properties ?? []).map((each) => resolveProperty(each, modules));
  checkPropertyNames(name, properties);
  const invertedIndex = resolveInvertedIndex(input.invertedIndex ?? {});
  checkPresets(properties, invertedIndex.stopwordPresets);
  for (const vector of vectors) {
    checkModuleFields(vector.vectorizer.settings, properties, vectorLabel(vector.name));
  }
  const multiTenancy = resolveMultiTenancy(input.multiTenancy ?? {});
  return {
    name,
    ...(input.description ? { description: input.description } : {}),
    properties,
    vectors,
    invertedIndex,
    multiTenancy,
    ...resolveObjectTtl(input.objectTtl, properties),
    replication: resolveReplication(input.replication),
    sharding: resolveSharding(input.sharding, multiTenancy.enabled),
    ...(input.moduleConfig === undefined ? {} : { moduleConfig: input.moduleConfig }),
  };
}

/** How messages call a vector. */
export function vectorLabel(name: string): string {
  return name === '' ? 'the unnamed vector' : `vector "${name}"`;
}

function resolveVectors(
  inputs: readonly VectorInput[],
  defaults: CollectionDefaults,
): VectorConfig[] {
  if (inputs.length === 0) return [resolveVector({ name: '' }, defaults)];
  const names = new Set(inputs.map((vector) => vector.name));
  if (names.size < inputs.length) {
    throw new DatabaseError('invalid-argument', {
      message: `vector names must differ, got ${inputs.map((vector) => vector.name).join(', ')}`,
    });
  }
  return inputs.map((input) => resolveVector(input, defaults));
}

function resolveVector(input: VectorInput, defaults: CollectionDefaults): VectorConfig {
  const name = input.name === '' ? '' : vectorName(input.name);
  const byDefault = name === '' ? defaults.vectorizer : 'none';
  const where = vectorLabel(name);
  const { module, settings } = resolveModule(
    input.vectorizer?.module ?? byDefault,
    input.vectorizer?.settings,
    where,
  );
  const index = resolveIndex(
    {
      type: input.index?.type || defaults.indexType,
      settings: indexSettings(input, where),
      multi: input.kind === 'multi' || makesMultiVectors(module),
    },
    where,
  );
  if (input.kind === 'single' && index.kind === 'multi') {
    throw invalid(`${where}: kind`, 'single', 'multi, as its module or its index settings say');
  }
  if (name === '' && index.kind === 'multi') {
    throw new DatabaseError('invalid-argument', {
      message: 'a multi-vector needs a name: configure it as a named vector (vectorConfig)',
    });
  }
  return {
    name,
    kind: index.kind,
    metric: index.metric,
    vectorizer: { module, settings },
    index: { type: index.type, settings: index.settings },
    ...(index.pooling ? { pooling: index.pooling } : {}),
  };
}

/** The given index settings with what is said beside them. */
function indexSettings({ index, metric, pooling }: VectorInput, where: string): JsonObject {
  const settings = index?.settings ?? {};
  const multivector = (): JsonObject => ({
    ...readObject(settings['multivector'], `${where}: vectorIndexConfig.multivector`),
    tokenPooling: { ...pooling, enabled: true },
  });
  return {
    ...settings,
    ...(metric === undefined ? {} : { distance: metric }),
    ...(pooling ? { multivector: multivector() } : {}),
  };
}

function resolveInvertedIndex(input: InvertedIndexInput): InvertedIndexConfig {
  const { b = 0.75, k1 = 1.2 } = input.bm25 ?? {};
  if (!(b >= 0 && b <= 1)) throw invalid('bm25.b', b, 'numbers from 0 to 1');
  if (!(k1 >= 0 && k1 < Infinity)) throw invalid('bm25.k1', k1, 'numbers from 0');
  const { cleanupIntervalSeconds = 60 } = input;
  if (!Number.isSafeInteger(cleanupIntervalSeconds) || cleanupIntervalSeconds < 0) {
    throw invalid('cleanupIntervalSeconds', cleanupIntervalSeconds, 'whole numbers from 0');
  }
  return {
    bm25: { b, k1 },
    stopwords: resolveStopwordConfig(input.stopwords),
    ...resolvePresets(input.stopwordPresets),
    indexNullState: input.indexNullState ?? false,
    indexPropertyLength: input.indexPropertyLength ?? false,
    indexTimestamps: input.indexTimestamps ?? false,
    cleanupIntervalSeconds,
    usingBlockMaxWand: input.usingBlockMaxWand ?? true,
  };
}

/** Stopwords with their defaults: the English ones. Throws 'invalid-argument'. */
export function resolveStopwordConfig(input: InvertedIndexInput['stopwords'] = {}): StopwordConfig {
  const { additions = [], removals = [] } = input;
  const preset = input.preset || 'en';
  if (preset !== 'en' && preset !== 'none') throw invalid('stopwords.preset', preset, 'en, none');
  for (const word of [...additions, ...removals]) {
    if (word.trim() === '') throw invalid('stopwords', word, 'words that are not blank');
  }
  const both = additions.find((word) => removals.includes(word));
  if (both !== undefined) {
    throw new DatabaseError('invalid-argument', {
      message: `stopwords: ${JSON.stringify(both)} stands in both additions and removals`,
    });
  }
  return { preset, additions, removals };
}

function resolveMultiTenancy(
  input: NonNullable<CollectionInput['multiTenancy']>,
): CollectionConfig['multiTenancy'] {
  const { enabled = false, autoTenantCreation = false, autoTenantActivation = false } = input;
  if (!enabled && (autoTenantCreation || autoTenantActivation)) {
    throw new DatabaseError('invalid-argument', {
      message: `multiTenancyConfig: ${autoTenantCreation ? 'autoTenantCreation' : 'autoTenantActivation'} needs enabled to be true`,
    });
  }
  return { enabled, autoTenantCreation, autoTenantActivation };
}

/**
 * One node holds everything: a higher factor would promise copies that don't exist, and a single copy is
 * not made in the background, whatever was said.
 */
function resolveReplication(given: JsonObject | undefined): JsonObject {
  const factor = given?.['factor'] === 0 ? 1 : given?.['factor'];
  flag(false)(given?.['asyncEnabled'] ?? undefined, 'replicationConfig.asyncEnabled');
  const fields = {
    factor: integer(1, 1, 1),
    asyncEnabled: () => false,
    asyncConfig: resolveAsync,
    deletionStrategy: choice('TimeBasedResolution', [
      'TimeBasedResolution',
      'DeleteOnConflict',
      'NoAutomatedResolution',
    ]),
  };
  return readSettings(fields, { ...given, factor }, 'replicationConfig');
}

const asyncSettings = [
  'hashtreeHeight',
  'frequency',
  'frequencyWhilePropagating',
  'loggingFrequency',
  'diffBatchSize',
  'diffPerNodeTimeout',
  'prePropagationTimeout',
  'propagationTimeout',
  'propagationLimit',
  'propagationDelay',
  'propagationConcurrency',
  'propagationBatchSize',
] as const;

/** Echoed only, and only what was said. */
function resolveAsync(given: unknown, path: string): JsonObject | undefined {
  const sent = readObject(given, path);
  const fields = asyncSettings
    .filter((name) => sent[name] !== undefined && sent[name] !== null)
    .map((name) => [name, integer(0, 0)] as const);
  return fields.length === 0 ? undefined : readSettings(Object.fromEntries(fields), sent, path);
}

/** Echoed only. A collection has one shard here; one with tenants has a shard for each. */
function resolveSharding(given: JsonObject | undefined, multiTenant: boolean): JsonObject {
  if (multiTenant) {
    return {
      virtualPerPhysical: 0,
      desiredCount: 0,
      actualCount: 0,
      desiredVirtualCount: 0,
      actualVirtualCount: 0,
      key: '',
      strategy: '',
      function: '',
    };
  }
  const read = readSettings(
    {
      virtualPerPhysical: integer(128, 1),
      desiredCount: integer(1, 1),
      key: choice('_id', ['_id']),
      strategy: choice('hash', ['hash']),
      function: choice('murmur3', ['murmur3']),
    },
    given,
    'shardingConfig',
  );
  const perShard = read['virtualPerPhysical'] as number;
  const desired = perShard * (read['desiredCount'] as number);
  const desiredVirtualCount = integer(desired, 1);
  return {
    ...read,
    actualCount: 1,
    desiredVirtualCount: desiredVirtualCount(
      given?.['desiredVirtualCount'] ?? undefined,
      'shardingConfig.desiredVirtualCount',
    ),
    actualVirtualCount: perShard,
  };
}
