// A vectorizer whose calls are counted and timed.

import type { VectorValue } from '../../engine/document.ts';
import type { EmbedOptions, Vectorizer } from '../../vectorizers/vectorizer.ts';
import type { DatabaseMetrics } from './database-metrics.ts';

/** The same vectorizer, which tells the metrics of every call. */
export function meteredVectorizer(vectorizer: Vectorizer, metrics: DatabaseMetrics): Vectorizer {
  const { module, kind, accepts, leavesOut, queryTokens } = vectorizer;
  const meterQuery = async (embed: Promise<VectorValue>): Promise<VectorValue> => {
    const start = performance.now();
    let failures = 1;
    try {
      const vector = await embed;
      failures = 0;
      return vector;
    } finally {
      metrics.embedded(module, 'query', performance.now() - start, 1, failures);
    }
  };
  const told = (options: EmbedOptions): EmbedOptions => ({
    ...options,
    onRetry: (reason) => metrics.embeddingRetried(module, reason),
  });
  return {
    ...{ module, kind, accepts },
    ...(leavesOut === undefined ? {} : { leavesOut }),
    ...(queryTokens ? { queryTokens: queryTokens.bind(vectorizer) } : {}),
    embedObjects: async (inputs, options) => {
      const start = performance.now();
      const results = await vectorizer.embedObjects(inputs, told(options));
      const failures = results.filter((result) => result.kind === 'failed').length;
      metrics.embedded(module, 'objects', performance.now() - start, inputs.length, failures);
      return results;
    },
    embedQueryText: (text, options) => meterQuery(vectorizer.embedQueryText(text, told(options))),
    embedQueryImage: (base64, options) =>
      meterQuery(vectorizer.embedQueryImage(base64, told(options))),
  };
}
