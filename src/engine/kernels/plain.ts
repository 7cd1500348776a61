// The MaxSim kernel in plain TypeScript: the reference for the WebAssembly one, and what runs where
// relaxed SIMD is missing. Rounds to float32 at the same places, so that both give the same bits.

import type { KernelBlock, KernelQuery, MaxSimKernel } from './maxsim-kernel.ts';

const noRows = new Int8Array(0);

/** Scores with plain TypeScript. */
export class PlainMaxSimKernel implements MaxSimKernel {
  tokensPadded = 0;
  #tokens = 0;
  #stride = 16;
  #query: Int8Array = noRows;
  #tokenScales = new Float32Array(0);
  /** -64 × sum of each query row: what the offset of 64 adds, taken away in advance. */
  #starts = new Int32Array(0);
  #maxima = new Float32Array(0);
  #matrix = new Float32Array(0);
  #rows = new Uint8Array(0);
  #scales = new Float32Array(0);
  #offsets = new Uint32Array(0);

  get bytes(): number {
    const arrays = [this.#query, this.#tokenScales, this.#starts, this.#maxima, this.#matrix];
    const blocks = [this.#rows, this.#scales, this.#offsets];
    return [...arrays, ...blocks].reduce((sum, array) => sum + array.byteLength, 0);
  }

  setQuery(query: KernelQuery): void {
    this.#tokens = query.tokens;
    this.#stride = query.stride;
    this.#query = query.rows;
    this.tokensPadded = (query.tokens + 3) & ~3;
    if (this.#maxima.length < this.tokensPadded) {
      this.#tokenScales = new Float32Array(this.tokensPadded);
      this.#starts = new Int32Array(this.tokensPadded);
      this.#maxima = new Float32Array(this.tokensPadded);
    }
    this.#maxima.fill(0);
    this.#tokenScales.fill(0);
    this.#tokenScales.set(query.scales);
    for (let t = 0; t < query.tokens; t++) {
      let sum = 0;
      for (let i = t * query.stride; i < (t + 1) * query.stride; i++) sum += query.rows[i]!;
      this.#starts[t] = -64 * sum;
    }
  }

  block(rowCount: number, documentCount: number): KernelBlock {
    if (this.#rows.length < rowCount * this.#stride) {
      this.#rows = new Uint8Array(rowCount * this.#stride);
    }
    if (this.#scales.length < rowCount) this.#scales = new Float32Array(rowCount);
    if (this.#offsets.length <= documentCount) this.#offsets = new Uint32Array(documentCount + 1);
    return { rows: this.#rows, scales: this.#scales, offsets: this.#offsets };
  }

  maxSim(documentCount: number, out: Float32Array, at: number): void {
    for (let d = 0; d < documentCount; d++) {
      const first = this.#offsets[d]!;
      const end = this.#offsets[d + 1]!;
      if (first === end) {
        out[at + d] = -Infinity;
        continue;
      }
      for (let t = 0; t < this.#tokens; t++) {
        let best = -Infinity;
        for (let row = first; row < end; row++) {
          const score = Math.fround(this.#dot(t, row) * this.#scales[row]!);
          if (best < score) best = score;
        }
        this.#maxima[t] = best;
      }
      out[at + d] = this.#weighted();
    }
  }

  tokenScores(rowCount: number): Float32Array<ArrayBuffer> {
    const size = rowCount * this.tokensPadded;
    if (this.#matrix.length < size) this.#matrix = new Float32Array(size);
    for (let row = 0; row < rowCount; row++) {
      for (let t = 0; t < this.#tokens; t++) {
        this.#matrix[row * this.tokensPadded + t] = this.#dot(t, row) * this.#scales[row]!;
      }
    }
    return this.#matrix;
  }

  /** The integer dot product, rounded to float32. */
  #dot(token: number, row: number): number {
    const query = this.#query;
    const rows = this.#rows;
    const stride = this.#stride;
    let sum = this.#starts[token]!;
    let q = token * stride;
    const end = q + stride;
    for (let r = row * stride; q < end; q += 4, r += 4) {
      sum +=
        query[q]! * rows[r]! +
        query[q + 1]! * rows[r + 1]! +
        query[q + 2]! * rows[r + 2]! +
        query[q + 3]! * rows[r + 3]!;
    }
    return Math.fround(sum);
  }

  /** The sum of scale × maximum in four lanes, then (0 + 1) + (2 + 3). */
  #weighted(): number {
    const f = Math.fround;
    const maxima = this.#maxima;
    const scales = this.#tokenScales;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let t = 0; t < this.tokensPadded; t += 4) {
      a = f(a + f(maxima[t]! * scales[t]!));
      b = f(b + f(maxima[t + 1]! * scales[t + 1]!));
      c = f(c + f(maxima[t + 2]! * scales[t + 2]!));
      d = f(d + f(maxima[t + 3]! * scales[t + 3]!));
    }
    return f(f(a + b) + f(c + d));
  }
}
