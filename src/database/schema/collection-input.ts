// What a caller says about a new collection: everything but the names may be left out.
// resolveCollection (collection-schema.ts) turns it into a complete CollectionConfig.

import type { Bm25Config, Metric, PropertyType, Tokenization } from '../../engine/schema.ts';
import type { InvertedIndexConfig, JsonObject, TextAnalyzerConfig } from '../collection-config.ts';

export interface PropertyInput extends NestedPropertyInput {
  /** Only for reference: the collections whose objects it may name, at least one. */
  readonly targets?: readonly string[];
  /** Per module: `skip`, `vectorizePropertyName`. */
  readonly moduleConfig?: JsonObject;
}

export interface NestedPropertyInput {
  readonly name: string;
  readonly type: PropertyType;
  readonly description?: string;
  /** Only for text and text[]; default `word`. */
  readonly tokenization?: Tokenization;
  /** Only for text and text[]; a `stopwordPreset` only with tokenization `word`. */
  readonly textAnalyzer?: Partial<TextAnalyzerConfig>;
  /** Default true. */
  readonly filterable?: boolean;
  /** Default true for text and text[], which alone may say true. */
  readonly searchable?: boolean;
  /** Default false; only int, number and date may say true. */
  readonly rangeFilters?: boolean;
  /** Only for object and object[]. */
  readonly nested?: readonly NestedPropertyInput[];
}

export interface VectorInput {
  /** Empty for the unnamed vector of a collection made the old way; named ones may be beside it. */
  readonly name: string;
  /** Default: `none`, vectors come with the objects. */
  readonly vectorizer?: { readonly module: string; readonly settings?: JsonObject };
  /** Default: `multi` where the module or the index settings say so, else `single`. */
  readonly kind?: 'multi' | 'single';
  /** Default: the index settings' `distance`, else cosine. */
  readonly metric?: Metric;
  /**
   * Token pooling, for multi-vectors only: of so many similar token vectors one is stored. A whole number
   * from 2 to 4. Default: the index settings' `multivector.tokenPooling`, else none.
   */
  readonly pooling?: { readonly factor: number };
  /** The wire's vectorIndexType and vectorIndexConfig. */
  readonly index?: { readonly type?: string; readonly settings?: JsonObject };
}

export interface InvertedIndexInput
  extends Partial<Omit<InvertedIndexConfig, 'bm25' | 'stopwords'>> {
  readonly bm25?: Partial<Bm25Config>;
  readonly stopwords?: {
    readonly preset?: string;
    readonly additions?: readonly string[];
    readonly removals?: readonly string[];
  };
}

export interface CollectionInput {
  readonly name: string;
  readonly description?: string;
  readonly properties?: readonly PropertyInput[];
  /** Absent or empty: one unnamed single vector that comes with the objects. */
  readonly vectors?: readonly VectorInput[];
  readonly invertedIndex?: InvertedIndexInput;
  readonly multiTenancy?: {
    readonly enabled?: boolean;
    readonly autoTenantCreation?: boolean;
    readonly autoTenantActivation?: boolean;
  };
  /** When objects end by themselves; `enabled` false is the same as nothing. */
  readonly objectTtl?: {
    readonly enabled?: boolean;
    /** Default `_creationTimeUnix`. */
    readonly deleteOn?: string;
    /** Seconds; default 0 for a date property, required otherwise. */
    readonly defaultTtl?: number;
    /** Default false. */
    readonly filterExpired?: boolean;
  };
  /** The wire's replicationConfig. */
  readonly replication?: JsonObject;
  /** The wire's shardingConfig. */
  readonly sharding?: JsonObject;
  readonly moduleConfig?: JsonObject;
}
