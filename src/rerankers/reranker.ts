// One interface for everything that compares texts with a query once they are found: services, the local
// model. The database calls it with the texts of a page of hits.

import type { OnRetry } from '../vectorizers/retries.ts';
import type { RequestHeaders } from '../vectorizers/vectorizer.ts';

export interface RerankOptions {
  readonly headers: RequestHeaders;
  readonly signal?: AbortSignal;
  /** Told each time that a call to a service is made again. */
  readonly onRetry?: OnRetry;
}

/** A configured reranker of one collection. Safe to call concurrently. */
export interface Reranker {
  readonly module: string;
  /**
   * One finite score beside each text, larger is closer; how large is the module's own business. No text
   * is empty. Throws DatabaseError 'vectorizer-failed'.
   */
  score(
    query: string,
    texts: readonly string[],
    options: RerankOptions,
  ): Promise<readonly number[]>;
}

/** What a reranker is made from: the effective module settings of a collection. */
export interface RerankerConfig {
  readonly collection: string;
  readonly module: string;
  readonly settings: Readonly<Record<string, unknown>>;
}
