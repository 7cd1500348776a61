// Reranking by late interaction: the texts and the query become token vectors, and MaxSim says how close
// they are. Whatever embeds multi-vectors can do it; by default that is the local text model.

import { setImmediate } from 'node:timers/promises';
import type { VectorValue } from '../engine/document.ts';
import { dotProduct } from '../engine/multivector/exact.ts';
import { providerError } from '../vectorizers/http-provider.ts';
import type { Vectorizer } from '../vectorizers/vectorizer.ts';
import type { Reranker } from './reranker.ts';

/** Texts that are scored before other work has its turn; some milliseconds. */
const turnTexts = 2;

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
      const scores: number[] = [];
      for (const [index, found] of embedded.entries()) {
        if (found.kind === 'failed') throw found.error;
        if (found.kind === 'none') {
          throw providerError(`${module}: text ${index} has no token vectors`);
        }
        scores.push(maxSim(rows, normalised(found.vector)));
        if (scores.length % turnTexts === 0) await setImmediate();
      }
      return scores;
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
