// The kernels over float32 rows in WebAssembly (assembly/rows.ts): lay rows out in the module's memory
// and hand out views of it, so that originals are read straight to where they are multiplied.

import { decodeBase64 } from './base64.ts';
import type {
  ExactDocument,
  ExactKernel,
  ExactQuery,
  LargestNorms,
  PlaneRows,
  RowKernel,
  ScoredRows,
} from './row-kernels.ts';
import { rowsWasmBase64 } from './rows.wasm.ts';

const pageBytes = 65_536;
/** Floats that are quantised in one call. They stay in the second-level cache. */
const pieceFloats = 32 * 1024;
/** Nothing lies at address 0. */
const firstAddress = 64;

interface Exports {
  readonly memory: WebAssembly.Memory;
  quantizeRows(
    values: number,
    count: number,
    dims: number,
    stride: number,
    normalized: boolean,
    rows: number,
    scales: number,
    facts: number,
    scratch: number,
  ): void;
  setQuery(
    tokens: number,
    dims: number,
    normalized: boolean,
    rows: number,
    facts: number,
    size: number,
  ): void;
  begin(
    originals: number,
    rowFactors: number,
    rowCount: number,
    norm: number,
    errorNorm: number,
  ): void;
  finish(matrix: number, from: number, count: number, left: number, floor: number): number;
}

/** The compiled module. Only for runtimes that take the MaxSim kernel's, which asks for more. */
export function compileRowKernels(): WebAssembly.Module {
  return new WebAssembly.Module(decodeBase64(rowsWasmBase64));
}

function instantiate(module: WebAssembly.Module): Exports {
  // The module is compiled from the source beside this file, which has these exports.
  return new WebAssembly.Instance(module).exports as unknown as Exports;
}

/** True when the memory grew, so that views of it are void. */
function reserve({ memory }: Exports, bytes: number): boolean {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return false;
  memory.grow(Math.ceil(missing / pageBytes));
  return true;
}

function aligned(offset: number): number {
  return (offset + 63) & ~63;
}

/** Quantises with the compiled module, in an instance of its own. */
export class WasmRowKernel implements RowKernel {
  readonly #exports: Exports;
  /** What the memory is laid out for. */
  #dims = 0;
  #pieceRows = 0;
  #scratch = 0;
  #plane = 0;
  #planeView = new Uint8Array(0);
  #scalesView = new Float32Array(0);
  #factsView = new Float32Array(0);
  #valuesView = new Float32Array(0);

  constructor(module: WebAssembly.Module) {
    this.#exports = instantiate(module);
  }

  quantize(
    values: Float32Array,
    at: number,
    rowCount: number,
    shape: { readonly dims: number; readonly normalized: boolean },
    into: PlaneRows,
    norms: LargestNorms,
  ): void {
    const { dims, normalized } = shape;
    const stride = (dims + 15) & ~15;
    if (dims !== this.#dims) this.#layOut(dims, stride);
    const facts = this.#factsView;
    facts[0] = norms.norm;
    facts[1] = norms.errorNorm;
    for (let done = 0; done < rowCount; done += this.#pieceRows) {
      const count = Math.min(this.#pieceRows, rowCount - done);
      const from = at + done * dims;
      this.#valuesView.set(values.subarray(from, from + count * dims));
      this.#exports.quantizeRows(
        this.#valuesView.byteOffset,
        count,
        dims,
        stride,
        normalized,
        this.#plane,
        this.#scalesView.byteOffset,
        facts.byteOffset,
        this.#scratch,
      );
      const row = into.at + done;
      into.rows.set(this.#planeView.subarray(0, count * stride), row * stride);
      into.scales.set(this.#scalesView.subarray(0, count), row);
    }
    norms.norm = facts[0]!;
    norms.errorNorm = facts[1]!;
  }

  /** Facts, scratch, scales, rows, values. */
  #layOut(dims: number, stride: number): void {
    this.#dims = dims;
    this.#pieceRows = Math.max(1, Math.floor(pieceFloats / dims));
    const rows = this.#pieceRows;
    this.#scratch = firstAddress + 64;
    const scales = aligned(this.#scratch + stride * 4);
    this.#plane = aligned(scales + rows * 4);
    const values = aligned(this.#plane + rows * stride);
    reserve(this.#exports, values + rows * dims * 4);
    const { buffer } = this.#exports.memory;
    this.#factsView = new Float32Array(buffer, firstAddress, 2);
    this.#scalesView = new Float32Array(buffer, scales, rows);
    this.#planeView = new Uint8Array(buffer, this.#plane, rows * stride);
    this.#valuesView = new Float32Array(buffer, values, rows * dims);
    new Float32Array(buffer, this.#scratch, stride).fill(0);
  }
}

/** Finishes scores with the compiled module, in an instance of its own. */
export class WasmExactKernel implements ExactKernel {
  readonly #exports: Exports;
  #tokens = 0;
  #dims = 0;
  // Where things lie in memory, in bytes, each 64-aligned: the query's, then the document's.
  #best = 0;
  #winners = 0;
  #queryEnd = 0;
  #matrix = 0;
  #bestView = new Float64Array(0);
  #winnersView = new Uint32Array(0);
  /** The whole memory. */
  #floats = new Float32Array(0);

  constructor(module: WebAssembly.Module) {
    this.#exports = instantiate(module);
  }

  get best(): Float64Array {
    return this.#bestView;
  }

  get winners(): Uint32Array {
    return this.#winnersView;
  }

  get bytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  setQuery(query: ExactQuery): void {
    const { tokens, dims, values } = query;
    const padded = (dims + 3) & ~3;
    this.#tokens = tokens;
    this.#dims = dims;
    const size = aligned(tokens * 8);
    const facts = aligned(firstAddress + tokens * padded * 8);
    this.#best = facts + 5 * size;
    this.#winners = facts + 6 * size;
    this.#queryEnd = facts + 7 * size;
    reserve(this.#exports, this.#queryEnd);
    this.#view();
    const { buffer } = this.#exports.memory;
    const rows = new Float64Array(buffer, firstAddress, tokens * padded);
    if (padded === dims) rows.set(values);
    else {
      rows.fill(0);
      for (let t = 0; t < tokens; t++) {
        rows.set(values.subarray(t * dims, (t + 1) * dims), t * padded);
      }
    }
    const inOrder = [query.factors, query.scales, query.errorShares, query.normShares];
    for (const [i, fact] of inOrder.entries()) {
      new Float64Array(buffer, facts + i * size, tokens).set(fact);
    }
    this.#exports.setQuery(tokens, dims, query.normalized, firstAddress, facts, size);
  }

  begin(document: ExactDocument): Float32Array<ArrayBuffer> {
    const { rowCount, norm, errorNorm } = document;
    const originals = aligned(this.#queryEnd + rowCount * 8);
    // The kernel reads up to 12 bytes behind the last row.
    this.#matrix = aligned(originals + rowCount * this.#dims * 4 + 12);
    this.#reserve(this.#matrix);
    this.#exports.begin(originals, this.#queryEnd, rowCount, norm, errorNorm);
    return new Float32Array(this.#exports.memory.buffer, originals, rowCount * this.#dims);
  }

  finish(rows: ScoredRows, left: number, floor: number): number {
    const { matrix, from, count } = rows;
    const size = count * ((this.#tokens + 3) & ~3);
    this.#reserve(this.#matrix + size * 4);
    this.#floats.set(matrix.length === size ? matrix : matrix.subarray(0, size), this.#matrix >> 2);
    return this.#exports.finish(this.#matrix, from, count, left, floor);
  }

  #reserve(bytes: number): void {
    if (reserve(this.#exports, bytes)) this.#view();
  }

  #view(): void {
    const { buffer } = this.#exports.memory;
    this.#floats = new Float32Array(buffer);
    this.#bestView = new Float64Array(buffer, this.#best, this.#tokens);
    this.#winnersView = new Uint32Array(buffer, this.#winners, this.#tokens);
  }
}
