// What the engine must know of a collection to index and search its objects. The database's
// CollectionConfig extends these; everything that only the wire echoes stays out.

/**
 * Kinds of property values; an array kind holds any number of its element kind, a reference any number
 * of objects of other collections, each as `Collection/uuid`, and a blobHash the hash of a blob that is
 * not kept.
 */
export const propertyTypes = [
  'text',
  'text[]',
  'int',
  'int[]',
  'number',
  'number[]',
  'boolean',
  'boolean[]',
  'date',
  'date[]',
  'uuid',
  'uuid[]',
  'blob',
  'blobHash',
  'geoCoordinates',
  'phoneNumber',
  'object',
  'object[]',
  'reference',
] as const;
export type PropertyType = (typeof propertyTypes)[number];

export const tokenizations = ['word', 'lowercase', 'whitespace', 'field', 'trigram'] as const;
export type Tokenization = (typeof tokenizations)[number];

/** What becomes of a text beyond its tokenization. */
export interface TextAnalyzer {
  /** Present: accents and ligatures become ASCII letters, but for these characters. */
  readonly foldExcept?: readonly string[];
  /** Words that queries leave out, instead of those of the collection; for tokenization `word`. */
  readonly stopwords?: readonly string[];
}

/** How one property is indexed. */
export interface PropertySchema {
  readonly name: string;
  readonly type: PropertyType;
  /** Only for text and text[]. */
  readonly tokenization?: Tokenization;
  readonly analyzer?: TextAnalyzer;
  /** Filters may name it. */
  readonly filterable: boolean;
  /** Keyword search may name it; only text and text[]. */
  readonly searchable: boolean;
  /** For object and object[]: the properties inside. */
  readonly nested?: readonly PropertySchema[];
}

export const metrics = ['cosine', 'dot', 'l2-squared', 'hamming', 'manhattan'] as const;
export type Metric = (typeof metrics)[number];

/** How one named vector is scored. Multi-vectors are always scored by MaxSim over dot products. */
export interface VectorSchema {
  /** Empty for the unnamed vector of collections made the old way. */
  readonly name: string;
  readonly kind: 'multi' | 'single';
  readonly metric: Metric;
}

export interface Bm25Config {
  readonly b: number;
  readonly k1: number;
}

/** Words that keyword search ignores, for tokenization `word`. */
export interface StopwordConfig {
  readonly preset: 'en' | 'none';
  readonly additions: readonly string[];
  readonly removals: readonly string[];
}

export interface CollectionSchema {
  /** The collection's name, for messages. */
  readonly collection: string;
  readonly properties: readonly PropertySchema[];
  readonly vectors: readonly VectorSchema[];
  readonly bm25: Bm25Config;
  readonly stopwords: StopwordConfig;
}
