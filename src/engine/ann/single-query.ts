// A query for single vectors as the lists of one segment see it: less the segment's centre where distances
// count, as signed bytes twice, the second for what the first leaves over.

import { dotProduct } from '../multivector/exact.ts';
import { factorOf } from '../multivector/quantize.ts';
import type { SingleQuery } from '../multivector/single-metrics.ts';
import type { SingleLists } from '../quantize/single-lists.ts';

/** The score of a vector is `offset + factor × (values · (vector - centre))`, less a square for distances. */
export interface CentredQuery {
  readonly values: Float32Array;
  /** Squared length. */
  readonly square: number;
  readonly offset: number;
  /** 1, or 2 for distances, from which the squared length of the centred vector is taken as well. */
  readonly factor: 1 | 2;
}

/** The query relative to the lists' centre; scores are those of scoreSingle. */
export function centreQuery(query: SingleQuery, { centre }: SingleLists): CentredQuery {
  const dims = centre.length;
  const normalized = query.metric === 'cosine';
  const length = factorOf(query.values, 0, dims, normalized);
  const isDistance = query.metric === 'l2-squared';
  const values = query.values.map((value, i) => (isDistance ? value - centre[i]! : value * length));
  const square = dotProduct(values, 0, values, 0, dims);
  if (isDistance) return { values, square, offset: -square, factor: 2 };
  const centred = dotProduct(values, 0, centre, 0, dims);
  return { values, square, offset: normalized ? centred - 1 : centred, factor: 1 };
}

const stepsMax = 127;

/** Signed bytes for the kernels: a value is about `scale × (coarse + fine × fineShare)`. */
export interface QueryBytes {
  readonly scale: number;
  /** Sums of the bytes. */
  readonly coarseSum: number;
  readonly fineSum: number;
}

/** What a fine byte is of a coarse one: it spans half a step either way. */
export const fineShare: number = 1 / 254;

/** Fills both arrays, which end with zeros behind the values. */
export function packQuery(values: Float32Array, coarse: Int8Array, fine: Int8Array): QueryBytes {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const scale = Math.fround(largest / stepsMax);
  const toSteps = scale === 0 ? 0 : 1 / scale;
  let [coarseSum, fineSum] = [0, 0];
  coarse.fill(0);
  fine.fill(0);
  for (let i = 0; i < values.length; i++) {
    const steps = values[i]! * toSteps;
    const whole = Math.max(-stepsMax, Math.min(stepsMax, Math.floor(steps + 0.5)));
    const rest = Math.floor((steps - whole) / fineShare + 0.5);
    coarse[i] = whole;
    fine[i] = Math.max(-stepsMax, Math.min(stepsMax, rest));
    coarseSum += coarse[i]!;
    fineSum += fine[i]!;
  }
  return { scale, coarseSum, fineSum };
}
