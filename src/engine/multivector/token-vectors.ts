// All token vectors of one vector name in one segment: for each document its 7-bit plane rows, which
// searches scan, and its originals, which finish the best scores in f32. Appended in memory
// (memory-token-vectors.ts), encoded to sections and opened again (sealed-token-vectors.ts).

/**
 * Read access. Documents are numbered 0 … documentCount - 1 (DocId); their vectors lie one after
 * another, so `start(doc) + i` numbers the i-th vector of a document inside the segment.
 */
export interface TokenVectors {
  /** Components of every vector; 0 while no document has one. */
  readonly dims: number;
  /** True: the scores are cosines, so plane scales and norms are those of rows of unit length. */
  readonly normalized: boolean;
  /** Documents with and without vectors. */
  readonly documentCount: number;
  /** Vectors of all documents together. */
  readonly vectorCount: number;
  /** Bytes of one plane row: `dims` rounded up to a multiple of 16. */
  readonly stride: number;
  /** Number of the document's first vector; `doc` may be `documentCount`, which gives vectorCount. */
  start(doc: number): number;
  /** How many vectors the document has; may be 0. */
  count(doc: number): number;
  /** Largest Euclidean length among the document's dequantized plane rows; 0 without vectors. */
  norm(doc: number): number;
  /** Largest Euclidean distance between a row and its dequantized plane row, rounded up. */
  errorNorm(doc: number): number;
  /**
   * Copies plane rows and their scales: row i goes to `rows` at `(at + i) * stride`, its scale to
   * `scales[at + i]`. A component is `(byte - 64) * scale`; bytes lie in 0 … 127.
   */
  readPlane(
    vectorStart: number,
    vectorCount: number,
    rows: Uint8Array,
    scales: Float32Array,
    at: number,
  ): void;
  /** Copies the document's vectors as given (not normalised) to the start of `into`: count × dims. */
  readOriginals(doc: number, into: Float32Array): void;
  /** Bytes of memory that this object holds. */
  readonly bytes: number;
}
