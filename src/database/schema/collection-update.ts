// What an update of a collection may change. Everything that stored objects were indexed by stays.

import { isDeepStrictEqual } from 'node:util';
import { DatabaseError } from '../../engine/errors.ts';
import type {
  CollectionConfig,
  JsonObject,
  PropertyConfig,
  VectorConfig,
} from '../collection-config.ts';
import { vectorLabel } from './collection-schema.ts';
import { show } from './setting-fields.ts';

/** Paths inside an index's settings that can't change; those that a type doesn't have are equal. */
const fixedIndexSettings = [
  'distance',
  'maxConnections',
  'efConstruction',
  'cleanupIntervalSeconds',
  'replicas',
  'multivector.enabled',
  'multivector.muvera.enabled',
  'multivector.muvera.ksim',
  'multivector.muvera.dprojections',
  'multivector.muvera.repetitions',
] as const;

/** Quantizers of a flat index, which are there from the beginning or never. */
const flatQuantizers = ['bq.enabled', 'pq.enabled', 'sq.enabled', 'rq.enabled', 'rq.bits'] as const;

/** Where modules' settings have addresses: the service moves, its vectors stay what they are. */
const addressFields: readonly string[] = [
  'baseURL',
  'apiEndpoint',
  'endpoint',
  'endpointURL',
  'endpointUrl',
  'inferenceUrl',
  'passageInferenceUrl',
  'queryInferenceUrl',
];

const fixedInvertedIndex = ['indexNullState', 'indexPropertyLength', 'indexTimestamps'] as const;

/**
 * Throws 'invalid-argument' when `after` changes what can't change. May change: descriptions, the
 * order of properties, index settings that only tune, quantizers, a module's addresses, added vectors,
 * bm25, stopwords, automatic tenants, replication, the collection's module settings.
 */
export function checkUpdate(before: CollectionConfig, after: CollectionConfig): void {
  checkSame('collection', 'name', before.name, after.name);
  for (const vector of before.vectors) checkVector(vector, after.vectors);
  checkAdded(before.vectors, after.vectors);
  checkProperties(before.properties, after.properties);
  for (const field of fixedInvertedIndex) {
    checkSame(
      'invertedIndexConfig',
      field,
      before.invertedIndex[field],
      after.invertedIndex[field],
    );
  }
  checkSame(
    'multiTenancyConfig',
    'enabled',
    before.multiTenancy.enabled,
    after.multiTenancy.enabled,
  );
  for (const field of ['desiredCount', 'virtualPerPhysical']) {
    checkSame('shardingConfig', field, before.sharding[field], after.sharding[field]);
  }
}

function checkVector(before: VectorConfig, all: readonly VectorConfig[]): void {
  const where = vectorLabel(before.name);
  const after = all.find((vector) => vector.name === before.name);
  if (after === undefined) {
    throw new DatabaseError('invalid-argument', {
      message: `missing config for ${where}: an update can't remove vectors`,
    });
  }
  checkSame(where, 'vectorizer module', before.vectorizer.module, after.vectorizer.module);
  const { settings } = before.vectorizer;
  for (const field of new Set([
    ...Object.keys(settings),
    ...Object.keys(after.vectorizer.settings),
  ])) {
    if (addressFields.includes(field)) continue;
    checkSame(where, `vectorizer ${field}`, settings[field], after.vectorizer.settings[field]);
  }
  checkSame(where, 'vectorIndexType', before.index.type, after.index.type);
  checkSame(where, 'multivector.tokenPooling', before.pooling, after.pooling);
  const { type } = before.index;
  for (const path of type === 'flat' ? flatQuantizers : []) {
    checkSame(where, path, at(before.index.settings, path), at(after.index.settings, path));
  }
  for (const path of fixedIndexSettings) {
    // A dynamic index has them inside.
    for (const full of [path, `hnsw.${path}`, `flat.${path}`]) {
      checkSame(where, full, at(before.index.settings, full), at(after.index.settings, full));
    }
  }
}

/** Searches and objects without a name mean the vectors that were there first. */
function checkAdded(before: readonly VectorConfig[], after: readonly VectorConfig[]): void {
  const isUnnamed = ({ name }: VectorConfig): boolean => name === '';
  if (before.some(isUnnamed) || !after.some(isUnnamed)) return;
  throw new DatabaseError('invalid-argument', {
    message:
      'the vectors of this class have names: vectorizer, vectorIndexType and vectorIndexConfig of the class itself are not allowed, vectorConfig is',
  });
}

function checkProperties(before: readonly PropertyConfig[], all: readonly PropertyConfig[]): void {
  for (const property of before) {
    const after = all.find((candidate) => candidate.name === property.name);
    if (after === undefined) {
      throw new DatabaseError('invalid-argument', {
        message: `missing config for property '${property.name}': an update can't remove properties`,
      });
    }
    checkProperty(property, after);
  }
  const added = all.find(({ name }) => !before.some((property) => property.name === name));
  if (added === undefined) return;
  throw new DatabaseError('invalid-argument', {
    message: `property '${added.name}' is new: properties are added one by one, not by updating the collection`,
  });
}

function checkProperty(before: PropertyConfig, after: PropertyConfig): void {
  const where = `property '${before.name}'`;
  checkSame(where, 'dataType', before.type, after.type);
  checkSame(where, 'dataType', before.targets, after.targets);
  checkSame(where, 'tokenization', before.tokenization, after.tokenization);
  checkSame(where, 'textAnalyzer', before.textAnalyzer, after.textAnalyzer);
  checkSame(where, 'indexFilterable', before.filterable, after.filterable);
  checkSame(where, 'indexSearchable', before.searchable, after.searchable);
  checkSame(where, 'indexRangeFilters', before.rangeFilters, after.rangeFilters);
  checkSame(where, 'nestedProperties', before.nested, after.nested);
  // An added vector may bring its module's settings to a property; those that are there stay.
  for (const [module, settings] of Object.entries(before.moduleConfig ?? {})) {
    checkSame(where, `moduleConfig ${module}`, settings, after.moduleConfig?.[module]);
  }
}

function checkSame(where: string, field: string, before: unknown, after: unknown): void {
  if (isDeepStrictEqual(before, after)) return;
  throw new DatabaseError('invalid-argument', {
    message: `${where}: ${field} is immutable: attempted change from ${show(before)} to ${show(after)}`,
  });
}

function at(settings: JsonObject, path: string): unknown {
  let value: unknown = settings;
  for (const name of path.split('.')) value = (value as JsonObject | undefined)?.[name];
  return value;
}
