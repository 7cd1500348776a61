// How much a boost's condition wants a value, from 0 to 1: by its distance from an origin, or by its place
// among the values of all candidates.

import { unreachable } from '../assert.ts';
import type { DecayCurve, ValueModifier } from '../query/query.ts';

export interface Decay {
  readonly origin: number;
  /** Above 0. */
  readonly scale: number;
  /** At least 0. */
  readonly offset: number;
  readonly curve: DecayCurve;
  /** Above 0, at most 1. */
  readonly decay: number;
}

/** 1 up to `offset` from the origin, `decay` at `scale` beyond, by the curve between and further out. */
export function decayed(value: number, { origin, scale, offset, curve, decay }: Decay): number {
  // What may be infinitely far away counts all the same: neither 1 ** Infinity nor 0 * Infinity is a number.
  if (decay === 1) return 1;
  const away = Math.max(0, Math.abs(value - origin) - offset) / scale;
  switch (curve) {
    case 'exponential':
      return decay ** away;
    case 'gaussian':
      return decay ** (away * away);
    case 'linear':
      return Math.max(0, 1 - (1 - decay) * away);
    default:
      return unreachable(curve);
  }
}

/**
 * The place of each value between the least, 0, and the greatest, 1, after the modifier; 1 for all when
 * they are equal, 0 where there is none. Negative values count as 0 under a modifier.
 */
export function placed(
  values: readonly (number | undefined)[],
  modifier: ValueModifier,
): Float64Array {
  return stretched(
    values.map((value) => (value === undefined ? value : modified(value, modifier))),
  );
}

/** The place of each value between the least, 0, and the greatest, 1; as for `placed`. */
export function stretched(values: readonly (number | undefined)[]): Float64Array {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === undefined) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  // Halves: the distance of two finite numbers may be none.
  const spread = most / 2 - least / 2;
  return Float64Array.from(values, (value) => {
    if (value === undefined) return 0;
    return spread > 0 ? (value / 2 - least / 2) / spread : 1;
  });
}

function modified(value: number, modifier: ValueModifier): number {
  switch (modifier) {
    case 'none':
      return value;
    case 'log1p':
      return Math.log1p(Math.max(0, value));
    case 'sqrt':
      return Math.sqrt(Math.max(0, value));
    default:
      return unreachable(modifier);
  }
}
