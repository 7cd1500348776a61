// Exact scores of single vectors under every metric. The score is minus the distance of the wire.

import { unreachable } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import type { Metric } from '../schema.ts';
import { dotProduct, toFloat32 } from './exact.ts';
import { type MaxSimQuery, prepareQuery } from './maxsim.ts';
import { factorOf, lengthOf } from './quantize.ts';

/**
 * Score of two vectors of equal length: cosine cos - 1, dot the product, and l2-squared, hamming
 * (components that differ) and manhattan negated. The cosine and the others are rounded to float32;
 * cos - 1 of it is exact, so that different cosines never become ties. A zero vector has cosine 0.
 */
export function scoreSingle(metric: Metric, query: Float32Array, vector: Float32Array): number {
  const dims = query.length;
  switch (metric) {
    case 'cosine': {
      const factor = factorOf(query, 0, dims, true);
      const dot = dotProduct(query, 0, vector, 0, dims);
      return toFloat32(dot * factor * factorOf(vector, 0, dims, true)) - 1;
    }
    case 'dot':
      return toFloat32(dotProduct(query, 0, vector, 0, dims));
    case 'l2-squared':
      return -toFloat32(squaredDistance(query, vector));
    case 'hamming':
      return -differences(query, vector);
    case 'manhattan':
      return -toFloat32(absoluteDistance(query, vector));
    default:
      return unreachable(metric);
  }
}

/** A query to be scored against many vectors. */
export interface SingleQuery {
  readonly metric: Metric;
  readonly values: Float32Array;
  /** Euclidean length. */
  readonly length: number;
  /** The same query for scans of planes. */
  readonly scan: MaxSimQuery;
  /** scoreSingle of the query and a vector of its dims. */
  score(vector: Float32Array): number;
}

/** The values must be finite and must not change afterwards. */
export function prepareSingle(metric: Metric, query: VectorValue): SingleQuery {
  const { values, dims } = query;
  const scan = prepareQuery(query, metric === 'cosine');
  const length = lengthOf(values, 0, dims);
  const factor = factorOf(values, 0, dims, true);
  const score =
    metric === 'cosine'
      ? (vector: Float32Array): number => {
          const dot = dotProduct(values, 0, vector, 0, dims);
          return toFloat32(dot * factor * factorOf(vector, 0, dims, true)) - 1;
        }
      : (vector: Float32Array): number => scoreSingle(metric, values, vector);
  return { metric, values, length, scan, score };
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum;
}

function absoluteDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum;
}

function differences(a: Float32Array, b: Float32Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}
