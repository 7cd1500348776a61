// (skeleton: signatures first, bodies follow)
import type { Metric } from '../schema.ts';
import type { TokenVectors } from './token-vectors.ts';
import type { TopHits } from './top-k.ts';

/**
 * Score of two vectors of equal length under a metric, as a float32 number: cosine cos - 1, dot the
 * product, l2-squared, hamming (components that differ) and manhattan negated.
 */
export function scoreSingle(_metric: Metric, _query: Float32Array, _vector: Float32Array): number {
  throw new Error('not yet');
}

/** The k best of the allowed documents under any metric, exact. Each has one vector or none. */
export function topSingle(
  _metric: Metric,
  _query: Float32Array,
  _vectors: TokenVectors,
  _docs: Uint32Array | 'all',
  _k: number,
): TopHits {
  throw new Error('not yet');
}
