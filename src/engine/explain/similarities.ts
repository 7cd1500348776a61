// How close every token of a query is to every token of one document, for pictures of it; the search
// itself never needs all of them.

import type { VectorValue } from '../document.ts';

/** Dot products `[query tokens × document tokens]` of one query and one document. */
export interface Similarities {
  readonly queryTokens: number;
  readonly documentTokens: number;
  readonly values: Float32Array;
}

/** Cosines when `normalized`, else dot products as they are; both sides have the same dims. */
export function similaritiesOf(
  query: VectorValue,
  document: VectorValue,
  normalized: boolean,
): Similarities {
  const { dims } = query;
  const queryTokens = query.values.length / dims;
  const documentTokens = document.values.length / dims;
  const values = new Float32Array(queryTokens * documentTokens);
  const queryShares = sharesOf(query, normalized);
  const documentShares = sharesOf(document, normalized);
  for (let q = 0; q < queryTokens; q++) {
    for (let d = 0; d < documentTokens; d++) {
      const dot = dotAt(query.values, q * dims, document.values, d * dims, dims);
      values[q * documentTokens + d] = dot * queryShares[q]! * documentShares[d]!;
    }
  }
  return { queryTokens, documentTokens, values };
}

/** What each row is multiplied with to have unit length; 1 where lengths count. */
function sharesOf({ dims, values }: VectorValue, normalized: boolean): Float64Array {
  const shares = new Float64Array(values.length / dims).fill(1);
  if (!normalized) return shares;
  for (let row = 0; row < shares.length; row++) {
    const length = Math.sqrt(dotAt(values, row * dims, values, row * dims, dims));
    shares[row] = length > 0 ? 1 / length : 0;
  }
  return shares;
}

function dotAt(a: Float32Array, from: number, b: Float32Array, to: number, dims: number): number {
  let sum = 0;
  for (let i = 0; i < dims; i++) sum += a[from + i]! * b[to + i]!;
  return sum;
}
