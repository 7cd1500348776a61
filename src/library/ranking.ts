// What ranks the hits of a search anew, as callers of the library say it: boosts by conditions, and hits
// that are unlike each other.

import { DatabaseError } from '../engine/errors.ts';
import type { Filter } from '../engine/filter/filter.ts';
import {
  type Boost,
  type BoostCondition,
  boostConditionsMax,
  boostDefaults,
  type DecayCurve,
  type DecayTarget,
  type Diversity,
  diversityCandidatesMax,
  diversityDefaults,
  type ValueModifier,
} from '../engine/query/query.ts';

/** Something that makes a hit more wanted; with a weight below 0, less. */
export type BoostWish = (
  | /** It passes a filter. */ { readonly kind: 'filter'; readonly filter: Filter }
  /**
   * A number or time is near `origin`: it counts fully up to `offset` from it, and `decay` of that at
   * `scale` beyond. Of times `scale` and `offset` are milliseconds.
   */
  | {
      readonly kind: 'decay';
      readonly of: DecayTarget;
      readonly origin: number | Date;
      readonly scale: number;
      /** Default 0. */
      readonly offset?: number;
      /** Default `exponential`. */
      readonly curve?: DecayCurve;
      /** Above 0, at most 1; default 0.5. */
      readonly decay?: number;
    }
  /** A number is large, compared with that of the other candidates. */
  | { readonly kind: 'value'; readonly name: string; readonly modifier?: ValueModifier }
) & {
  /** Beside the other wishes; default 1. */
  readonly weight?: number;
};

/** Ranks the best candidates of a search by their score and by wishes. Nothing is left out. */
export interface BoostRequest {
  readonly wishes: readonly BoostWish[];
  /** Of all wishes, 0 … 1, beside the score; default 0.5. */
  readonly weight?: number;
  /** Candidates that are ranked anew; default 100. */
  readonly depth?: number;
}

/** Takes, of the best candidates, hits that are close to the question and unlike each other. */
export interface DiversityRequest {
  /** Of so many, at most 1,000, the `limit` hits are taken; default: four times as many. */
  readonly candidates?: number;
  /** 1: by score alone; 0: by unlikeness alone, after the first; default 0.5. */
  readonly balance?: number;
}

/** Throws 'invalid-argument' for too many wishes. */
export function boostOf({
  wishes,
  weight = boostDefaults.weight,
  depth = boostDefaults.depth,
}: BoostRequest): Boost {
  if (wishes.length > boostConditionsMax) {
    const message = `boost: ${wishes.length} wishes, the maximum is ${boostConditionsMax}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return { conditions: wishes.map(conditionOf), weight, depth };
}

/** `limit` is that of the search, which starts at its best hit: throws 'invalid-argument' for others. */
export function diversityOf(
  { candidates, balance = diversityDefaults.balance }: DiversityRequest,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Diversity {
  if (offset > 0) {
    const message = `diversity: offset is ${offset}; hits that are unlike each other are taken together: ask for more of them (limit)`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const open = Math.min(limit * diversityDefaults.candidatesFactor, diversityCandidatesMax);
  return { count: limit, candidates: candidates ?? Math.max(limit, open), balance };
}

function conditionOf(wish: BoostWish): BoostCondition {
  const { weight = 1 } = wish;
  switch (wish.kind) {
    case 'filter':
      return { signal: { kind: 'filter', filter: wish.filter }, weight };
    case 'value': {
      const { name, modifier = 'none' } = wish;
      return { signal: { kind: 'value', name, modifier }, weight };
    }
    default: {
      const {
        of,
        origin,
        scale,
        offset = 0,
        curve = 'exponential',
        decay = boostDefaults.decay,
      } = wish;
      const shape = { scale, offset, curve, decay };
      return { signal: { kind: 'decay', of, origin: Number(origin), ...shape }, weight };
    }
  }
}
