// What every MaxSim kernel offers: the same blocks in, the same numbers out, whether WebAssembly
// (wasm-kernel.ts) or plain TypeScript (plain.ts) computes them. Each object owns its memory.

/**
 * Room in the kernel's memory for documents to score. What was written stays until the next call of
 * `block` or `setQuery` on the same kernel; the views are valid until any next call.
 */
export interface KernelBlock {
  /** Plane rows, each `stride` bytes in 0 … 127 (value + 64), one after another. */
  readonly rows: Uint8Array<ArrayBuffer>;
  /** Scale of each row. */
  readonly scales: Float32Array<ArrayBuffer>;
  /** Document d has rows offsets[d] … offsets[d + 1] - 1: one number more than documents. */
  readonly offsets: Uint32Array<ArrayBuffer>;
}

/** 8-bit rows of a query. */
export interface KernelQuery {
  readonly tokens: number;
  /** Bytes of a row, a multiple of 16; components past the dims are 0. */
  readonly stride: number;
  /** tokens × stride. */
  readonly rows: Int8Array;
  /** A component of token t is `rows[t * stride + i] * scales[t]`. */
  readonly scales: Float32Array;
}

export interface MaxSimKernel {
  /** Takes the query that the next calls score; 0 tokens are allowed. */
  setQuery(query: KernelQuery): void;
  /** Makes room for so many rows and documents of the query's stride; the contents are undefined. */
  block(rowCount: number, documentCount: number): KernelBlock;
  /**
   * MaxSim of the first `documentCount` documents of the block into `out` from `at`: the sum over
   * query tokens of scale × largest (integer dot product × row scale). -Infinity without rows.
   */
  maxSim(documentCount: number, out: Float32Array, at: number): void;
  /**
   * The score of every pair of the block's first `rowCount` rows with the query, without the query's
   * scale: row i, token t at `i * tokensPadded + t`. A view, valid until the next call.
   */
  tokenScores(rowCount: number): Float32Array<ArrayBuffer>;
  /** Query tokens rounded up to a multiple of 4: the row length of `tokenScores`. */
  readonly tokensPadded: number;
  /** Bytes of memory held. */
  readonly bytes: number;
}
