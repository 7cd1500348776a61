// A query as data. gRPC, REST, the library and the command line all make this; the database resolves
// texts to vectors, and plan and execution read it. Scores grow with closeness everywhere inside:
// score = -distance.

import type { VectorValue } from '../document.ts';
import type { Filter } from '../filter/filter.ts';

export interface SortKey {
  readonly by:
    | { readonly kind: 'property'; readonly name: string }
    | { readonly kind: 'uuid' | 'createdAt' | 'updatedAt' };
  readonly ascending: boolean;
}

export interface GroupBy {
  readonly property: string;
  readonly groupsMax: number;
  readonly objectsPerGroupMax: number;
}

/** How scores under several vector names become one; `minimum` is the least distance. */
export const combinations = ['minimum', 'sum', 'average', 'manual', 'relativeScore'] as const;
export type Combination = (typeof combinations)[number];

/**
 * The vector names that a search compares with. `names` empty: the only one that the collection has.
 * A name may stand there twice, once for each of several query vectors.
 */
export interface Targets {
  readonly names: readonly string[];
  readonly combination: Combination;
  /** Beside `names`; used by `manual` and `relativeScore`. */
  readonly weights: readonly number[];
}

/** What a vector search looks for. */
export type VectorInput =
  /** One vector for all targets, or one beside each of `Targets.names`. */
  | { readonly kind: 'vectors'; readonly vectors: readonly VectorValue[] }
  | { readonly kind: 'text'; readonly concepts: readonly string[]; readonly moves: boolean }
  | { readonly kind: 'image'; readonly base64: string }
  | { readonly kind: 'object'; readonly uuid: string };

export interface VectorSearch {
  readonly input: VectorInput;
  readonly targets: Targets;
  /** Hits below it are left out. */
  readonly scoreMin?: number;
}

export type KeywordOperator =
  | { readonly kind: 'and' }
  | { readonly kind: 'or'; readonly matchesMin: number };

export interface KeywordSearch {
  readonly text: string;
  /** Undefined: every searchable property with boost 1. */
  readonly properties?: readonly { readonly name: string; readonly boost: number }[];
  readonly operator: KeywordOperator;
}

export const fusions = ['relativeScore', 'ranked'] as const;
export type Fusion = (typeof fusions)[number];

interface Common {
  readonly filter?: Filter;
  readonly offset: number;
  readonly limit: number;
  /** Keep the results before the n-th jump of the scores; 0 keeps all. */
  readonly autocut: number;
  readonly groupBy?: GroupBy;
}

export interface FetchQuery extends Common {
  readonly kind: 'fetch';
  readonly sort: readonly SortKey[];
  /** Cursor: objects whose uuid comes after this one; empty string starts. */
  readonly after?: string;
}
export interface VectorQuery extends Common {
  readonly kind: 'vector';
  readonly search: VectorSearch;
}
export interface KeywordQuery extends Common {
  readonly kind: 'keyword';
  readonly search: KeywordSearch;
}
export interface HybridQuery extends Common {
  readonly kind: 'hybrid';
  /** Weight of the vector leg; 0 runs only the keyword leg, 1 only the vector leg. */
  readonly alpha: number;
  readonly fusion: Fusion;
  /** Undefined: no text was given, only the vector leg runs. */
  readonly keyword?: KeywordSearch;
  /**
   * Undefined input: the keyword text is embedded where the target has a vectorizer; where it has
   * none, the keyword leg answers alone and the explanation says so.
   */
  readonly vector: {
    readonly input?: VectorInput;
    readonly targets: Targets;
    readonly scoreMin?: number;
  };
}

export type Query = FetchQuery | VectorQuery | KeywordQuery | HybridQuery;

/** How one leg of a hybrid search contributed to a hit. */
export interface LegExplanation {
  readonly leg: 'keyword' | 'vector';
  /** BM25 score, or score of the vector search. */
  readonly score: number;
  /** What it added to the fused score: normalised and weighted, or the rank's share. */
  readonly contribution: number;
}

/** One query term in one property of a keyword hit. */
export interface TermExplanation {
  readonly property: string;
  readonly term: string;
  readonly frequency: number;
  readonly propertyLength: number;
}

export interface ScoreExplanation {
  readonly terms: readonly TermExplanation[];
  readonly legs: readonly LegExplanation[];
  /** Sentences for the user, as that a leg did not run and why. */
  readonly notes: readonly string[];
}
