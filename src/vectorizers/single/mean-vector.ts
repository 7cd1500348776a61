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
  const shares = given.map((weight) => (sum > 0 ? weight / sum : 1 / vectors.length));
  const values = Float32Array.from(first.values, (_, at) =>
    vectors.reduce(
      (total, vector, index) => total + (vector.values[at] ?? 0) * (shares[index] ?? 0),
      0,
    ),
  );
  return { kind: 'vector', vector: { kind: 'single', dims: first.dims, values } };
}
