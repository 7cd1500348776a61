// (skeleton: signatures first, bodies follow)
import type { VectorValue } from '../document.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { TokenVectors } from './token-vectors.ts';
import type { TopHits } from './top-k.ts';

/** A query ready to be scored against any segment; immutable, made once a query. */
export interface MaxSimQuery {
  readonly tokens: number;
  readonly dims: number;
  readonly normalized: boolean;
}

/** Which document token won for each query token. */
export interface Alignment {
  /** Number of the winning token inside the document, beside each query token. */
  readonly documentTokens: Uint32Array;
  /** Its dot product (cosine when normalised), beside each query token. */
  readonly scores: Float32Array;
}

/** Quantizes a query. `normalized` must be that of the vectors it will meet: true for cosine. */
export function prepareQuery(_query: VectorValue, _normalized: boolean): MaxSimQuery {
  throw new Error('not yet');
}

/**
 * Scores documents by MaxSim. Owns the kernel's memory and buffers: one per thread, used for every
 * query. Dims of query and vectors must agree, unless the vectors are still empty (dims 0).
 */
export class MaxSimScorer {
  static open(_kernels: Kernels): MaxSimScorer {
    throw new Error('not yet');
  }
  /**
   * Quantised MaxSim of the documents `docs[0 … count - 1]` into `out`; -Infinity for a document
   * without vectors. Ascending docs are fastest.
   */
  scoreDocuments(
    _query: MaxSimQuery,
    _vectors: TokenVectors,
    _docs: Uint32Array,
    _count: number,
    _out: Float32Array,
  ): void {
    throw new Error('not yet');
  }
  /** MaxSim over the originals, as a float32 number; -Infinity for a document without vectors. */
  scoreExact(_query: MaxSimQuery, _vectors: TokenVectors, _doc: number): number {
    throw new Error('not yet');
  }
  /** The exact winners; undefined for a document without vectors. */
  align(_query: MaxSimQuery, _vectors: TokenVectors, _doc: number): Alignment | undefined {
    throw new Error('not yet');
  }
  /**
   * The k best of the allowed documents (ascending), the same as exact scoring of all of them would
   * give, with exact float32 scores. Documents without vectors never appear.
   */
  topExact(
    _query: MaxSimQuery,
    _vectors: TokenVectors,
    _docs: Uint32Array | 'all',
    _k: number,
  ): TopHits {
    throw new Error('not yet');
  }
}
