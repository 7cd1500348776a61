// What the kernels over float32 rows offer: one quantises rows that come in, one finishes scores exactly
// from originals. As for the MaxSim kernel, WebAssembly (wasm-rows.ts) and plain TypeScript
// (plain-rows.ts) give the same bits: all sums are doubles, added in the order of exact.ts.

/** Where quantised rows go. */
export interface PlaneRows {
  /** Rows of a multiple of 16 bytes each, in 1 … 127 (value / scale + 64), 64 behind the dims. */
  readonly rows: Uint8Array;
  /** Scale of each row. */
  readonly scales: Float32Array;
  /** The row to begin with, in both. */
  readonly at: number;
}

/** The largest norm and error norm of some rows: float32 numbers, rounded up (multivector/quantize.ts). */
export interface LargestNorms {
  norm: number;
  errorNorm: number;
}

/** Quantises rows; see quantizeRow, the reference. */
export interface RowKernel {
  /**
   * Quantises `rowCount` rows of `dims` finite numbers that lie one after another from `values[at]`,
   * of unit length when `normalized`, and raises `norms` to what they need.
   */
  quantize(
    values: Float32Array,
    at: number,
    rowCount: number,
    shape: { readonly dims: number; readonly normalized: boolean },
    into: PlaneRows,
    norms: LargestNorms,
  ): void;
}

/** A query for exact scores; what its parts are: QuantizedQuery in multivector/quantize.ts. */
export interface ExactQuery {
  readonly tokens: number;
  readonly dims: number;
  readonly normalized: boolean;
  readonly values: Float32Array;
  readonly factors: Float64Array;
  readonly scales: Float32Array;
  readonly errorShares: Float64Array;
  readonly normShares: Float64Array;
}

/** A document to finish. */
export interface ExactDocument {
  readonly rowCount: number;
  /** Largest norm and error norm of its plane rows: with them goes how far scores may be off. */
  readonly norm: number;
  readonly errorNorm: number;
}

/** Some rows of the document whose quantised scores are known. */
export interface ScoredRows {
  /** `tokenScores` of the MaxSim kernel: rows of `tokens` rounded up to 4, without the query's scale. */
  readonly matrix: Float32Array;
  /** Number of the first of these rows inside the document. */
  readonly from: number;
  readonly count: number;
}

/**
 * Exact MaxSim of one document at a time: only pairs whose quantised score may be the largest of its
 * query token are computed from the originals. Owns its memory.
 */
export interface ExactKernel {
  /** Takes the query that the next documents are scored with. */
  setQuery(query: ExactQuery): void;
  /**
   * Begins a document: room for its originals, `rowCount × dims`, which the caller fills before it calls
   * anything else.
   */
  begin(document: ExactDocument): Float32Array<ArrayBuffer>;
  /**
   * Raises `best` by what these rows offer. `left` is a number that the document's score can not
   * exceed; returns one that knows of these rows, and stops early when that is below `floor`.
   */
  finish(rows: ScoredRows, left: number, floor: number): number;
  /** Of each query token the best score, as a float32 number; a view, valid until the next call. */
  readonly best: Float64Array;
  /** Of each query token the first row that has it; a view, valid until the next call. */
  readonly winners: Uint32Array;
  /** Bytes of memory held. */
  readonly bytes: number;
}

/** Above this length float32 products could overflow, so that quantised scores mean nothing. */
export const normMax = 1e30;
