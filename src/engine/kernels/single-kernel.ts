// What the kernels for one query vector against many rows offer, whether WebAssembly (wasm-singles.ts) or
// plain TypeScript (plain-singles.ts) computes: the same bytes in a KernelMemory before, the same after.

/** Bytes before the half bytes of a list row: f32 scale, f32 bias, u32 document. */
export const listRowHead = 12;
/** Components of one 16-byte step of a list row. */
export const listRowStep = 32;
/** Half byte that stands for 0, twice: half bytes h are (2 h - 15) × scale. */
export const halfZero = 15;

/**
 * Arrays are given by address. A query is signed bytes, as long as the rows that it meets have
 * components, zeros behind the dims; `start` is what its offset takes away.
 */
export interface SingleKernel {
  /**
   * Plane rows of `stride` bytes: (dot product + start) × the row's scale, as f32 to `out`. `start` is
   * -64 × the sum of the query.
   */
  scoreBytes(
    query: number,
    start: number,
    stride: number,
    rows: number,
    scales: number,
    count: number,
    out: number,
  ): void;
  /**
   * List rows, each a head and `steps` × 16 bytes; a step holds 32 components, the first 16 in the low
   * halves: base + (2 × dot product + start) × scale × factor + bias, as f32 to `out`. `start` is -15 × the
   * sum of the query.
   */
  scoreHalves(
    query: number,
    start: number,
    steps: number,
    rows: number,
    count: number,
    base: number,
    factor: number,
    out: number,
  ): void;
}
