// Exact scores of single vectors under every metric. The score is minus the distance of the wire.

import { unreachable } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import type { Metric } from '../schema.ts';
import { dotProduct, toFloat32 } from './exact.ts';
import { type MaxSimScorer, prepareQuery } from './maxsim.ts';
import { factorOf } from './quantize.ts';
import type { TokenVectors } from './token-vectors.ts';
import { type TopHits, TopK } from './top-k.ts';

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

/**
 * The k best of the allowed documents (ascending) under any metric, exact; each document has one
 * vector or none. Reads every original.
 */
export function topSingle(
  metric: Metric,
  query: Float32Array,
  vectors: TokenVectors,
  docs: Uint32Array | 'all',
  k: number,
): TopHits {
  const top = new TopK(k);
  const vector = new Float32Array(vectors.dims);
  const count = docs === 'all' ? vectors.documentCount : docs.length;
  for (let i = 0; i < count; i++) {
    const doc = docs === 'all' ? i : docs[i]!;
    if (vectors.count(doc) === 0) continue;
    vectors.readOriginals(doc, vector);
    top.push(doc, scoreSingle(metric, query, vector));
  }
  return top.take();
}

/** The same hits and scores as topSingle for cosine and dot, by a scan of the planes. */
export function scanSingle(
  scorer: MaxSimScorer,
  metric: 'cosine' | 'dot',
  query: VectorValue,
  vectors: TokenVectors,
  docs: Uint32Array | 'all',
  k: number,
): TopHits {
  const hits = scorer.topExact(prepareQuery(query, metric === 'cosine'), vectors, docs, k);
  if (metric === 'dot') return hits;
  for (let i = 0; i < hits.scores.length; i++) hits.scores[i]! -= 1;
  return hits;
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
