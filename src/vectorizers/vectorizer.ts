// One interface for everything that turns content into token vectors: remote services, local models.
// The database calls it with whole batches; nothing else here knows of objects or collections.

import type { TokenPlaces, VectorValue } from '../engine/document.ts';
import type { Metric } from '../engine/schema.ts';
import type { OnRetry } from './retries.ts';

/** Headers of the caller's request, lower-case names: providers find their keys here. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** Content of one object to embed, in the order in which the module sends it. */
export interface ContentInput {
  readonly texts: readonly string[];
  /** Base64, without a data URI prefix. */
  readonly images: readonly string[];
  /** How much each text, then each image, counts where one vector is made of all; absent: alike. */
  readonly weights?: readonly number[];
}

/**
 * Result for one input: a vector, nothing (there was no content), or why it failed. `places` say where
 * in the input each row of the vector came from, and are stored with it.
 */
export type Embedding =
  | { readonly kind: 'vector'; readonly vector: VectorValue; readonly places?: TokenPlaces }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: Error };

export interface EmbedOptions {
  readonly headers: RequestHeaders;
  readonly signal?: AbortSignal;
  /** Told each time that a call to a service is made again. */
  readonly onRetry?: OnRetry;
}

/** A configured provider of one named vector. Safe to call concurrently. */
export interface Vectorizer {
  readonly module: string;
  /** What the vectors are. */
  readonly kind: 'multi' | 'single';
  readonly accepts: { readonly text: boolean; readonly image: boolean };
  /** One result beside each input; never throws for a fault of one input or of the provider. */
  embedObjects(
    inputs: readonly ContentInput[],
    options: EmbedOptions,
  ): Promise<readonly Embedding[]>;
  /** Embeds a text query. Throws DatabaseError 'vectorizer-failed'. */
  embedQueryText(text: string, options: EmbedOptions): Promise<VectorValue>;
  /** Embeds an image query (base64). Throws DatabaseError. */
  embedQueryImage(base64: string, options: EmbedOptions): Promise<VectorValue>;
  /**
   * Where in a query's text the token vectors of `embedQueryText` stand, for explanations: `[tokens × 2]`,
   * start and end (UTF-16), equal for markers. Absent where nobody knows. Throws as embedQueryText.
   */
  queryTokens?(text: string, options: EmbedOptions): Promise<Uint32Array<ArrayBuffer>>;
  /** What the vectors leave out of what is given, as a sentence for people; absent: nothing. */
  readonly leavesOut?: string;
}

/** What a vectorizer is made from: the effective module settings of one named vector. */
export interface VectorizerConfig {
  readonly collection: string;
  readonly vectorName: string;
  readonly module: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly metric: Metric;
}
