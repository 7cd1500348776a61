// Reranking by late interaction: the texts and the query become token vectors, and MaxSim says how close
// they are. Whatever embeds multi-vectors can do it; by default that is the local text model.

import type { VectorValue } from '../engine/document.ts';
import { dotProduct } from '../engine/multivector/exact.ts';
import { providerError } from '../vectorizers/http-provider.ts';
import type { Vectorizer } from '../vectorizers/vectorizer.ts';
import type { Reranker } from './reranker.ts';

/** Scores are MaxSim over vectors of length one: between minus and plus the number of query tokens. */
export function createLateInteraction(module: string, vectorizer: Vectorizer): Reranker {
  return {
    module,
    score: async (query, texts, options) => {
      const inputs = texts.map((text) => ({ texts: [text], images: [] }));
      const [asked, embedded] = await Promise.all([
        vectorizer.embedQueryText(query, options),
        vectorizer.embedObjects(inputs, options),
      ]);
      const rows = normalised(asked);
      return texts.map((_, index) => {
        const found = embedded[index];
        if (found?.kind === 'vector') return maxSim(rows, normalised(found.vector));
        if (found?.kind === 'failed') throw found.error;
        throw providerError(`${module}: text ${index} has no token vectors`);
      });
    },
  };
}

/** Every row at length one; rows of zeros stay. */
function normalised({ kind, dims, values }: VectorValue): VectorValue {
  const lengths = Array.from({ length: values.length / dims }, (_, row) =>
    Math.sqrt(dotProduct(values, row * dims, values, row * dims, dims)),
  );
  const scaled = values.map((value, at) => value / (lengths[Math.floor(at / dims)] || 1));
  return { kind, dims, values: scaled };
}

function maxSim(query: VectorValue, document: VectorValue): number {
  const { dims } = query;
  let sum = 0;
  for (let q = 0; q < query.values.length; q += dims) {
    let best = -Infinity;
    for (let d = 0; d < document.values.length; d += dims) {
      best = Math.max(best, dotProduct(query.values, q, document.values, d, dims));
    }
    sum += best;
  }
  return sum;
}
