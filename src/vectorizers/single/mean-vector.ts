// One vector of several: what the texts and images of an object have in common.

import type { VectorValue } from '../../engine/document.ts';
import { refused } from '../token-vectors.ts';
import type { Embedding } from '../vectorizer.ts';

/**
 * The mean of vectors of equal width; nothing of none. `weights` stand beside the vectors, at least 0; where
 * they are missing or nothing but 0 all count alike.
 */
export function meanVector(
  vectors: readonly VectorValue[],
  weights: readonly number[] = [],
): Embedding {
  const [first] = vectors;
  if (first === undefined) return { kind: 'none' };
  if (vectors.length === 1) return { kind: 'vector', vector: first };
  const other = vectors.find(({ dims }) => dims !== first.dims);
  if (other !== undefined) {
    return refused(`vectors of ${first.dims} and of ${other.dims} dimensions for one object`);
  }
  const given = vectors.map((_, index) => weights[index] ?? 0);
  const sum = given.reduce((total, weight) => total + weight, 0);
  const values = new Float32Array(first.dims);
  for (const [index, vector] of vectors.entries()) {
    const share = sum > 0 ? (given[index] ?? 0) / sum : 1 / vectors.length;
    for (let at = 0; at < values.length; at += 1) {
      values[at] = (values[at] ?? 0) + (vector.values[at] ?? 0) * share;
    }
  }
  return { kind: 'vector', vector: { kind: 'single', dims: first.dims, values } };
}
