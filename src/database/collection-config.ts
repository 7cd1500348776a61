// The configuration of a collection with every default filled in. The parts that the engine reads have
// its own types; index, sharding and module settings are kept to be validated, echoed and handed to
// vectorizers, and have no other effect.

import type {
  Bm25Config,
  PropertySchema,
  PropertyType,
  StopwordConfig,
  Tokenization,
  VectorSchema,
} from '../engine/schema.ts';

/** Any JSON object that is kept as given. */
export type JsonObject = Readonly<Record<string, unknown>>;

export interface PropertyConfig extends Omit<PropertySchema, 'analyzer'> {
  readonly description?: string;
  readonly textAnalyzer?: TextAnalyzerConfig;
  readonly rangeFilters: boolean;
  /** For reference: the collections whose objects it may name, at least one. */
  readonly targets?: readonly string[];
  /** For object and object[]: the properties inside. */
  readonly nested?: readonly NestedPropertyConfig[];
  /** Per module: `skip`, `vectorizePropertyName`. */
  readonly moduleConfig?: JsonObject;
}

/** What a text property says of its words beyond the tokenization. */
export interface TextAnalyzerConfig {
  /** Accents and ligatures become ASCII letters, in what is stored and in what is asked. */
  readonly asciiFold: boolean;
  /** Characters that keep their form; only with `asciiFold`. */
  readonly asciiFoldIgnore: readonly string[];
  /** `en`, `none` or one of the collection's presets, instead of its stopwords; only for `word`. */
  readonly stopwordPreset?: string;
}

export interface NestedPropertyConfig {
  readonly name: string;
  readonly type: PropertyType;
  readonly description?: string;
  readonly tokenization?: Tokenization;
  readonly textAnalyzer?: TextAnalyzerConfig;
  readonly filterable: boolean;
  readonly searchable: boolean;
  readonly rangeFilters: boolean;
  readonly nested?: readonly NestedPropertyConfig[];
}

export interface VectorConfig extends VectorSchema {
  readonly vectorizer: {
    /** `none` for self-provided vectors. */
    readonly module: string;
    /** Effective settings: sent ones with the module's defaults. */
    readonly settings: JsonObject;
  };
  readonly index: {
    readonly type: string;
    /**
     * Effective settings of the wire's vectorIndexConfig; only `distance`, `ef` and
     * `multivector.tokenPooling` mean anything.
     */
    readonly settings: JsonObject;
  };
  /** Multi-vectors are pooled when they are written, and never otherwise; absent: stored as they come. */
  readonly pooling?: VectorPooling;
  /** Objects that were stored before the vector was added still are to get it; `stopped`: not now. */
  readonly backfill?: 'pending' | 'stopped';
}

export interface VectorPooling {
  /** 2 … 4: n token vectors become ⌈n / factor⌉. */
  readonly factor: number;
}

export interface InvertedIndexConfig {
  readonly bm25: Bm25Config;
  readonly stopwords: StopwordConfig;
  /** Lists of stopwords by name, for properties; `en` here stands for the built-in one everywhere. */
  readonly stopwordPresets?: Readonly<Record<string, readonly string[]>>;
  readonly indexNullState: boolean;
  readonly indexPropertyLength: boolean;
  readonly indexTimestamps: boolean;
  readonly cleanupIntervalSeconds: number;
  readonly usingBlockMaxWand: boolean;
}

/** When objects end by themselves. Absent from a configuration: never. */
export interface ObjectTtlConfig {
  readonly enabled: boolean;
  /** `_creationTimeUnix`, `_lastUpdateTimeUnix`, or a date property; without a value, never. */
  readonly deleteOn: string;
  /** Seconds after that instant; negative only for a property. */
  readonly defaultTtl: number;
  /** Whether searches leave out what has expired and is not deleted yet. */
  readonly filterExpired: boolean;
}

export interface CollectionConfig {
  readonly name: string;
  readonly description?: string;
  readonly properties: readonly PropertyConfig[];
  readonly vectors: readonly VectorConfig[];
  readonly invertedIndex: InvertedIndexConfig;
  readonly multiTenancy: {
    readonly enabled: boolean;
    readonly autoTenantCreation: boolean;
    readonly autoTenantActivation: boolean;
  };
  /** Nothing is written to it; of its tenants each says so for itself. */
  readonly readOnly?: true;
  /** Present only where objects expire. */
  readonly objectTtl?: ObjectTtlConfig;
  readonly replication: JsonObject;
  readonly sharding: JsonObject;
  /** Module settings of the whole collection (rerankers, generators, the old vectorizer). */
  readonly moduleConfig?: JsonObject;
}
