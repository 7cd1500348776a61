// Rerankers and generators whose calls are counted and timed.

import type { Generator } from '../../generators/generator.ts';
import type { Reranker } from '../../rerankers/reranker.ts';
import type { OnRetry } from '../../vectorizers/retries.ts';
import type { DatabaseMetrics } from './database-metrics.ts';

/** The same reranker, which tells the metrics of every call. */
export function meteredReranker(reranker: Reranker, metrics: DatabaseMetrics): Reranker {
  const { module } = reranker;
  return {
    module,
    score: (query, texts, options) =>
      metered(module, metrics, (onRetry) => reranker.score(query, texts, { ...options, onRetry })),
  };
}

/** The same generator, which tells the metrics of every call. */
export function meteredGenerator(generator: Generator, metrics: DatabaseMetrics): Generator {
  const { module } = generator;
  return {
    module,
    generate: (task, options) =>
      metered(module, metrics, (onRetry) => generator.generate(task, { ...options, onRetry })),
  };
}

async function metered<Result>(
  module: string,
  metrics: DatabaseMetrics,
  call: (onRetry: OnRetry) => Promise<Result>,
): Promise<Result> {
  const start = performance.now();
  let hasFailed = true;
  try {
    const result = await call((reason) => metrics.moduleRetried(module, reason));
    hasFailed = false;
    return result;
  } finally {
    metrics.moduleCalled(module, performance.now() - start, hasFailed);
  }
}
