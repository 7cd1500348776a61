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

/** Pulls a text query of single vectors towards concepts and objects, or pushes it away from them. */
export interface Move {
  /** 0 leaves the query where it is, 1 goes half of the way. */
  readonly force: number;
  readonly concepts: readonly string[];
  /** Objects of the collection, by the vector under the target's name. */
  readonly uuids: readonly string[];
}

/** What a vector search looks for. */
export type VectorInput =
  /** One vector for all targets, or one beside each of `Targets.names`. */
  | { readonly kind: 'vectors'; readonly vectors: readonly VectorValue[] }
  | {
      readonly kind: 'text';
      readonly concepts: readonly string[];
      readonly moveTo?: Move;
      readonly moveAway?: Move;
    }
  | { readonly kind: 'image'; readonly base64: string }
  | { readonly kind: 'object'; readonly uuid: string };

export interface VectorSearch {
  readonly input: VectorInput;
  readonly targets: Targets;
  /** Hits below it are left out. */
  readonly scoreMin?: number;
}

export type KeywordOperator =
  /** Every word in one property, or, across, each in any of them. */
  { readonly kind: 'and' | 'andAcross' } | { readonly kind: 'or'; readonly matchesMin: number };

export interface KeywordSearch {
  readonly text: string;
  /** Undefined: every searchable property with boost 1. */
  readonly properties?: readonly { readonly name: string; readonly boost: number }[];
  readonly operator: KeywordOperator;
}

export const fusions = ['relativeScore', 'ranked'] as const;
export type Fusion = (typeof fusions)[number];

export const decayCurves = ['exponential', 'gaussian', 'linear'] as const;
export type DecayCurve = (typeof decayCurves)[number];

/** What is done to a value before it is compared with those of the other candidates. */
export const valueModifiers = ['none', 'log1p', 'sqrt'] as const;
export type ValueModifier = (typeof valueModifiers)[number];

/**
 * Says of each candidate how much it is wanted, from 0 to 1; one without the property is not. A decay is 1
 * up to `offset` from `origin` and `decay` at `scale` beyond it; times in milliseconds since 1970 and
 * milliseconds. A value counts by its place between the least and the greatest of the candidates.
 */
export type BoostSignal =
  | { readonly kind: 'filter'; readonly filter: Filter }
  | {
      readonly kind: 'decay';
      readonly of: DecayTarget;
      readonly origin: number;
      readonly scale: number;
      readonly offset: number;
      readonly curve: DecayCurve;
      /** Above 0, at most 1. */
      readonly decay: number;
    }
  | { readonly kind: 'value'; readonly name: string; readonly modifier: ValueModifier };

/** A number or a time of an object. */
export type DecayTarget =
  | { readonly kind: 'number' | 'date'; readonly name: string }
  | { readonly kind: 'createdAt' | 'updatedAt' };

export interface BoostCondition {
  readonly signal: BoostSignal;
  /** Beside the other conditions; below 0 it makes what matches less wanted. */
  readonly weight: number;
}

/**
 * Ranks the best candidates of a search anew: `1 - weight` of their place between the worst and the best
 * score, and `weight` of what the conditions say. Nothing is left out.
 */
export interface Boost {
  readonly conditions: readonly BoostCondition[];
  /** 0 … 1. */
  readonly weight: number;
  /** Candidates that are ranked anew; what comes after them follows as it was. */
  readonly depth: number;
}

/** Conditions that one boost may have. */
export const boostConditionsMax = 20;

/** What a boost is taken with where it leaves it open. */
export const boostDefaults = { weight: 0.5, depth: 100, decay: 0.5 } as const;

/** Candidates of a diverse selection: each hit that is taken costs a search of all of them. */
export const diversityCandidatesMax = 1000;

/** What a diverse selection is taken with where it leaves it open; candidates for each hit that is taken. */
export const diversityDefaults = { balance: 0.5, candidatesFactor: 4 } as const;

/**
 * Takes of the best candidates those that are both close to the query and unlike each other (maximal
 * marginal relevance, Carbonell and Goldstein 1998): one after another the one with the most
 * `balance × score - (1 - balance) × likeness to the most alike taken before`.
 */
export interface Diversity {
  /** Hits that are taken. */
  readonly count: number;
  /** Of so many candidates, at least `count`. */
  readonly candidates: number;
  /** 1: by score alone; 0: by unlikeness alone, after the first. */
  readonly balance: number;
}

interface Common {
  readonly filter?: Filter;
  readonly offset: number;
  readonly limit: number;
  /** Keep the results before the n-th jump of the scores; 0 keeps all. */
  readonly autocut: number;
  readonly groupBy?: GroupBy;
}

/** A search with scores, whose hits can be ranked anew. */
interface Ranked extends Common {
  readonly boost?: Boost;
}

export interface FetchQuery extends Common {
  readonly kind: 'fetch';
  readonly sort: readonly SortKey[];
  /** Cursor: objects whose uuid comes after this one; empty string starts. */
  readonly after?: string;
}
export interface VectorQuery extends Ranked {
  readonly kind: 'vector';
  readonly diversity?: Diversity;
  readonly search: VectorSearch;
}
export interface KeywordQuery extends Ranked {
  readonly kind: 'keyword';
  readonly search: KeywordSearch;
}
export interface HybridQuery extends Ranked {
  readonly kind: 'hybrid';
  readonly diversity?: Diversity;
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

/** What a boost made of a hit. */
export interface BoostExplanation {
  /** Of the search itself, between 0 and 1. */
  readonly search: number;
  /** What each condition said, beside the query's. */
  readonly signals: readonly number[];
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
  /** Only where the query has a boost and the hit was among the candidates. */
  readonly boost?: BoostExplanation;
  /** Sentences for the user, as that a leg did not run and why. */
  readonly notes: readonly string[];
}
