// The MaxSim kernel over WebAssembly (assembly/maxsim.ts): lays query and block out in the module's
// memory and hands out views of it, so that planes are copied once, to where they are read.

import { assert } from '../assert.ts';
import { packVectors } from './approximate-kernel.ts';
import { decodeBase64 } from './base64.ts';
import { kernelsWasmBase64 } from './kernels.wasm.ts';
import type { KernelBlock, KernelQuery, MaxSimKernel } from './maxsim-kernel.ts';

const pageBytes = 65_536;

interface Exports {
  readonly memory: WebAssembly.Memory;
  maxSim(
    fused: boolean,
    query: number,
    starts: number,
    tokenScales: number,
    quads: number,
    steps: number,
    rows: number,
    scales: number,
    offsets: number,
    documents: number,
    maxima: number,
    out: number,
  ): void;
  tokenScores(
    fused: boolean,
    query: number,
    starts: number,
    quads: number,
    steps: number,
    rows: number,
    scales: number,
    count: number,
    out: number,
  ): void;
}

/** The compiled module, or undefined where the runtime does not know relaxed SIMD. */
export function compileKernels(): WebAssembly.Module | undefined {
  const bytes = decodeBase64(kernelsWasmBase64);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}

/** Scores with the compiled module, in an instance of its own. */
export class WasmMaxSimKernel implements MaxSimKernel {
  readonly #exports: Exports;
  readonly #fused: boolean;
  tokensPadded = 0;
  #stride = 16;
  // Where things lie in memory, in bytes, each 64-aligned. First the query's, which stay, then the
  // block's, of which outputs come last so that a longer matrix moves nothing.
  #query = 0;
  #starts = 0;
  #tokenScales = 0;
  #maxima = 0;
  #queryEnd = 0;
  #offsets = 0;
  #scales = 0;
  #rows = 0;
  #out = 0;

  /** `fused`: which of the two ways to the dot product, assembly/maxsim.ts; the numbers agree. */
  constructor(module: WebAssembly.Module, fused: boolean) {
    this.#fused = fused;
    // The module is compiled from the source beside this file, which has these exports.
    this.#exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  }

  get bytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  setQuery(query: KernelQuery): void {
    this.#stride = query.stride;
    this.tokensPadded = (query.tokens + 3) & ~3;
    this.#query = 64;
    this.#starts = aligned(this.#query + this.tokensPadded * query.stride);
    this.#tokenScales = aligned(this.#starts + this.tokensPadded * 4);
    this.#maxima = aligned(this.#tokenScales + this.tokensPadded * 4);
    this.#queryEnd = aligned(this.#maxima + this.tokensPadded * 4);
    this.#reserve(this.#queryEnd);
    const buffer = this.#exports.memory.buffer;
    const packed = new Int8Array(buffer, this.#query, this.tokensPadded * query.stride);
    const starts = new Int32Array(buffer, this.#starts, this.tokensPadded);
    const scales = new Float32Array(buffer, this.#tokenScales, this.tokensPadded);
    scales.fill(0);
    scales.set(query.scales);
    assert(query.stride % 16 === 0, 'rows are padded to a multiple of 16 bytes');
    packVectors(query.rows, query.tokens, query.stride, packed, starts);
  }

  block(rowCount: number, documentCount: number): KernelBlock {
    this.#offsets = this.#queryEnd;
    this.#scales = aligned(this.#offsets + (documentCount + 1) * 4);
    this.#rows = aligned(this.#scales + rowCount * 4);
    this.#out = aligned(this.#rows + rowCount * this.#stride);
    this.#reserve(this.#out + documentCount * 4);
    const buffer = this.#exports.memory.buffer;
    return {
      rows: new Uint8Array(buffer, this.#rows, rowCount * this.#stride),
      scales: new Float32Array(buffer, this.#scales, rowCount),
      offsets: new Uint32Array(buffer, this.#offsets, documentCount + 1),
    };
  }

  maxSim(documentCount: number, out: Float32Array, at: number): void {
    this.#exports.maxSim(
      this.#fused,
      this.#query,
      this.#starts,
      this.#tokenScales,
      this.tokensPadded >> 2,
      this.#stride >> 2,
      this.#rows,
      this.#scales,
      this.#offsets,
      documentCount,
      this.#maxima,
      this.#out,
    );
    out.set(new Float32Array(this.#exports.memory.buffer, this.#out, documentCount), at);
  }

  tokenScores(rowCount: number): Float32Array<ArrayBuffer> {
    this.#reserve(this.#out + rowCount * this.tokensPadded * 4);
    this.#exports.tokenScores(
      this.#fused,
      this.#query,
      this.#starts,
      this.tokensPadded >> 2,
      this.#stride >> 2,
      this.#rows,
      this.#scales,
      rowCount,
      this.#out,
    );
    return new Float32Array(this.#exports.memory.buffer, this.#out, rowCount * this.tokensPadded);
  }

  #reserve(bytes: number): void {
    const { memory } = this.#exports;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  }
}

function aligned(offset: number): number {
  return (offset + 63) & ~63;
}
