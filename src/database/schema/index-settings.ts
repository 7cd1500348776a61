// The effective vectorIndexConfig of a named vector. Only `distance`, `ef`, `multivector.enabled` and
// `multivector.tokenPooling` decide anything here; the rest is checked and kept so that clients read back
// what they configured.

import { DatabaseError } from '../../engine/errors.ts';
import { type Metric, metrics } from '../../engine/schema.ts';
import type { JsonObject, VectorPooling } from '../collection-config.ts';
import {
  choice,
  flag,
  group,
  integer,
  invalid,
  readObject,
  readSettings,
  type SettingField,
  type SettingFields,
} from './setting-fields.ts';

export const indexTypes = ['hnsw', 'flat', 'dynamic', 'hfresh'] as const;
export type IndexType = (typeof indexTypes)[number];

/** An index with every default filled in. */
export interface ResolvedIndex {
  readonly type: IndexType;
  readonly settings: JsonObject;
  readonly kind: 'multi' | 'single';
  readonly metric: Metric;
  readonly pooling?: VectorPooling;
}

export interface IndexInput {
  /** `hnsw` when absent or empty. */
  readonly type?: string;
  readonly settings?: unknown;
  /** The vector holds multi-vectors whatever the settings say: its module makes them. */
  readonly multi: boolean;
}

const rescoreLimit = (byDefault: number): SettingField => integer(byDefault, -1);
const cacheObjects: SettingField = integer(1_000_000_000_000, 0);
const distance: SettingField = choice('cosine', metrics);

/**
 * `aggregation` has one meaning; the empty word is what some index types echo for it, MAX_SIM what the
 * older Java client calls it.
 */
function multivector(aggregation: string): SettingField {
  const muvera = group({
    enabled: flag(false),
    ksim: integer(4, 1),
    dprojections: integer(16, 1),
    repetitions: integer(10, 1),
  });
  const words = choice(aggregation, ['maxSim', '']);
  return group({
    enabled: flag(false),
    aggregation: (given, path) =>
      words(given === 'MAX_SIM' ? 'maxSim' : given, path) || aggregation,
    muvera,
    tokenPooling,
  });
}

/** Ours alone, so it is only echoed to those who say it; who says it means it to be on. */
const tokenPooling: SettingField = (given, path) => {
  if (given === undefined) return undefined;
  return readSettings({ enabled: flag(true), factor: integer(2, 2, 4) }, given, path);
};

/** A field that is echoed only to those who say it. */
function optional(field: SettingField): SettingField {
  return (given, path) => (given === undefined ? undefined : field(given, path));
}

/** Rotational quantization; one bit a component needs a much wider rescore. */
const rotational: SettingField = (given, path) => {
  const bits = choice(8, [1, 4, 8]);
  const chosen = bits(readObject(given, path)['bits'] ?? undefined, `${path}.bits`);
  const fields = {
    enabled: flag(false),
    bits,
    rescoreLimit: rescoreLimit(chosen === 1 ? 512 : 20),
    centering: optional(flag(false)),
    trainingLimit: optional(integer(0, 0)),
  };
  return readSettings(fields, given, path);
};

const hnsw: SettingFields = {
  skip: flag(false),
  cleanupIntervalSeconds: integer(300, 0),
  maxConnections: integer(32, 4),
  efConstruction: integer(128, 4),
  /** Any negative number: as the server sees fit. */
  ef: integer(-1, Number.MIN_SAFE_INTEGER),
  dynamicEfMin: integer(100, 0),
  dynamicEfMax: integer(500, 0),
  dynamicEfFactor: integer(8, 0),
  vectorCacheMaxObjects: cacheObjects,
  flatSearchCutoff: integer(40_000, 0),
  distance,
  pq: group({
    enabled: flag(false),
    bitCompression: flag(false),
    segments: integer(0, 0),
    centroids: integer(256, 1),
    trainingLimit: integer(100_000, 1),
    encoder: group({
      type: choice('kmeans', ['kmeans', 'tile']),
      distribution: choice('log-normal', ['log-normal', 'normal']),
    }),
  }),
  bq: group({ enabled: flag(false) }),
  sq: group({
    enabled: flag(false),
    trainingLimit: integer(100_000, 1),
    rescoreLimit: rescoreLimit(20),
  }),
  rq: rotational,
  filterStrategy: choice('acorn', ['acorn', 'sweeping']),
  multivector: multivector('maxSim'),
  skipDefaultQuantization: flag(false),
  trackDefaultQuantization: flag(false),
};

const flatQuantizer = {
  enabled: flag(false),
  cache: flag(false),
  rescoreLimit: rescoreLimit(-1),
};

const flat: SettingFields = {
  distance,
  vectorCacheMaxObjects: cacheObjects,
  pq: group(flatQuantizer),
  bq: group(flatQuantizer),
  sq: group(flatQuantizer),
  rq: group({ ...flatQuantizer, bits: choice(8, [1, 4, 8]) }),
  multivector: multivector('maxSim'),
  skipDefaultQuantization: flag(false),
  trackDefaultQuantization: flag(false),
};

const hfresh: SettingFields = {
  distance,
  maxPostingSizeKB: integer(48, 1),
  replicas: integer(4, 1),
  searchProbe: integer(256, 1),
  rq: group({
    enabled: flag(true),
    bits: choice(1, [1, 4, 8]),
    rescoreLimit: rescoreLimit(350),
  }),
  multivector: multivector(''),
};

const tables = { hnsw, flat, hfresh } as const satisfies Readonly<Record<string, SettingFields>>;
type PlainType = keyof typeof tables;

/** Of the dynamic index itself; those of the two that it holds stand inside. */
const dynamic: SettingFields = { distance, threshold: integer(10_000, 0) };

/**
 * Checks the index of one vector and fills in its defaults. `where` names the vector in messages.
 * Throws 'invalid-argument' for an unknown type, a value of the wrong sort or out of bounds, and for
 * more than one quantizer.
 */
export function resolveIndex(input: IndexInput, where: string): ResolvedIndex {
  const type = indexType(input.type || 'hnsw', where);
  const path = `${where}: vectorIndexConfig`;
  return type === 'dynamic' ? resolveDynamic(input, path) : resolvePlain(type, input, path);
}

function resolvePlain(type: PlainType, input: IndexInput, path: string): ResolvedIndex {
  const read = readSettings(tables[type], inWireWords(readObject(input.settings, path)), path);
  checkQuantizers(read, path);
  const multi = read['multivector'] as JsonObject;
  const kind = input.multi || multi['enabled'] === true ? 'multi' : 'single';
  const settings: Record<string, unknown> = {
    ...read,
    multivector: { ...multi, enabled: kind === 'multi' },
  };
  const pooling = poolingOf(multi);
  if (pooling && kind === 'single') {
    const allowed = `nothing on a single vector, multivector.enabled is false`;
    throw invalid(`${path}.multivector.tokenPooling`, multi['tokenPooling'], allowed);
  }
  // A flat index says nothing of multi-vectors unless it holds them.
  if (type === 'flat' && kind === 'single') delete settings['multivector'];
  const metric = read['distance'] as Metric;
  return { type, settings, kind, metric, ...(pooling ? { pooling } : {}) };
}

/**
 * A dynamic index holds the settings of a flat one and of an hnsw. Distance and multi-vector are theirs in
 * common, wherever they were said.
 */
function resolveDynamic(input: IndexInput, path: string): ResolvedIndex {
  const given = inWireWords(readObject(input.settings, path));
  const inside = {
    hnsw: inWireWords(readObject(given['hnsw'], `${path}.hnsw`)),
    flat: inWireWords(readObject(given['flat'], `${path}.flat`)),
  };
  const said = [given, inside.hnsw, inside.flat];
  const distances = new Set<unknown>();
  for (const [i, { distance: one }] of said.entries()) {
    const where = `${path}${['', '.hnsw', '.flat'][i]}.distance`;
    if (one !== undefined && one !== null) distances.add(distance(one, where));
  }
  if (distances.size > 1) {
    const seen = [...distances].map((one) => JSON.stringify(one)).join(' and ');
    throw new DatabaseError('invalid-argument', {
      message: `${path} has distances ${seen}; hnsw and flat must have that of the dynamic index`,
    });
  }
  const [common] = distances;
  const own = readSettings(dynamic, { ...given, distance: common }, path);
  const multivectors = said.map((one) => readObject(one['multivector'], `${path}.multivector`));
  const isMulti = multivectors.some(({ enabled }) => enabled === true);
  const [outer, ofHnsw, ofFlat] = multivectors;
  const shared = {
    distance: own['distance'],
    multivector: { ...ofFlat, ...ofHnsw, ...outer, ...(isMulti ? { enabled: true } : {}) },
  };
  const resolve = (type: 'hnsw' | 'flat'): ResolvedIndex => {
    const settings = { ...inside[type], ...shared };
    return resolvePlain(type, { settings, multi: input.multi || isMulti }, `${path}.${type}`);
  };
  const { kind, metric, settings, pooling } = resolve('hnsw');
  return {
    ...{ type: 'dynamic', kind, metric },
    settings: { ...own, hnsw: settings, flat: resolve('flat').settings },
    ...(pooling ? { pooling } : {}),
  };
}

/** The `ef` that somebody said for an index: undefined for none, and where the type has none. */
export function efOf(settings: JsonObject): number | undefined {
  const { ef } = { ...settings, ...(settings['hnsw'] as JsonObject | undefined) };
  return typeof ef === 'number' && ef > 0 ? ef : undefined;
}

const quantizers = ['pq', 'bq', 'sq', 'rq'] as const;

/** Whether somebody asked for a quantizer, also inside a dynamic index. */
export function isQuantized(settings: JsonObject): boolean {
  const parts = [settings, settings['hnsw'], settings['flat']] as (JsonObject | undefined)[];
  return parts.some((part) =>
    quantizers.some((name) => (part?.[name] as JsonObject | undefined)?.['enabled'] === true),
  );
}

function poolingOf(multivector: JsonObject): VectorPooling | undefined {
  const given = multivector['tokenPooling'] as JsonObject | undefined;
  return given?.['enabled'] === true ? { factor: given['factor'] as number } : undefined;
}

/**
 * The Python client exports two keys in words of its own and sends them back with create_from_config;
 * unknown, they would turn a multi-vector into a single one and every metric into cosine.
 */
function inWireWords(given: JsonObject): JsonObject {
  const { distanceMetric, multiVector, ...settings } = given;
  const exported = multiVector
    ? { ...readObject(multiVector, 'multiVector'), enabled: true }
    : undefined;
  return {
    ...settings,
    distance: settings['distance'] ?? distanceMetric,
    multivector: settings['multivector'] ?? exported,
  };
}

function indexType(given: string, where: string): IndexType {
  const known = indexTypes.find((type) => type === given);
  if (known !== undefined) return known;
  throw new DatabaseError('invalid-argument', {
    message: `${where}: unknown vectorIndexType ${JSON.stringify(given)}; allowed: ${indexTypes.join(', ')}`,
  });
}

function checkQuantizers(settings: JsonObject, path: string): void {
  const enabled = quantizers.filter(
    (name) => (settings[name] as JsonObject | undefined)?.['enabled'] === true,
  );
  if (enabled.length <= 1) return;
  throw new DatabaseError('invalid-argument', {
    message: `${path} enables ${enabled.join(' and ')}; at most one quantizer can be enabled`,
  });
}
