// One interface for everything that writes a text for a prompt. The database calls it with one prompt for
// each hit, or with one for all of them.

import type { OnRetry } from '../vectorizers/retries.ts';
import type { RequestHeaders } from '../vectorizers/vectorizer.ts';

/** What is asked for. */
export interface GenerateTask {
  readonly prompt: string;
  /** Base64, without a data URI prefix. */
  readonly images: readonly string[];
}

export interface GenerateOptions {
  readonly headers: RequestHeaders;
  readonly signal?: AbortSignal;
  /** Told each time that a call to a service is made again. */
  readonly onRetry?: OnRetry;
}

/** What it cost, where the service says so. */
export interface TokenUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
}

export interface GeneratedText {
  readonly text: string;
  readonly usage?: TokenUsage;
}

/** A configured generator. Safe to call concurrently. */
export interface Generator {
  readonly module: string;
  /** Throws DatabaseError 'vectorizer-failed'. */
  generate(task: GenerateTask, options: GenerateOptions): Promise<GeneratedText>;
}

/** What a generator is made from: the module's settings of a collection, and what a query says besides. */
export interface GeneratorConfig {
  readonly collection: string;
  readonly module: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the query says; counts before the collection's. */
  readonly ofQuery: Readonly<Record<string, unknown>>;
}
