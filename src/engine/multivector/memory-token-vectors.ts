// The token vectors of the memory segment: quantised as they come, so that a document is searchable as
// soon as it is appended. They lie in chunks of shared memory: what is there is never copied to make
// room, and other threads search it where it lies.

import { assert } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import { plainRowKernel } from '../kernels/plain-rows.ts';
import type { RowKernel } from '../kernels/row-kernels.ts';
import { strideOf } from './quantize.ts';
import type { TokenVectors } from './token-vectors.ts';

export interface MemoryTokenVectorsOptions {
  /** True for cosine: planes are made of rows of unit length. Originals stay as given. */
  readonly normalized: boolean;
  /** What quantises; plain TypeScript when absent. */
  readonly rows?: RowKernel;
}

/** Originals of a chunk are about this long. */
const chunkBytes = 2 * 1024 * 1024;
/** Rows that the first chunk has room for in the beginning. */
const firstRows = 64;

/** Some rows in one buffer: originals, plane rows and scales, all of the same room. */
interface Chunk {
  readonly originals: Float32Array;
  readonly rows: Uint8Array;
  readonly scales: Float32Array;
}

/** What another thread needs to read the vectors that were there at a moment. */
export interface SharedTokenVectors {
  readonly normalized: boolean;
  readonly dims: number;
  readonly documentCount: number;
  readonly vectorCount: number;
  readonly starts: Uint32Array;
  readonly norms: Float32Array;
  readonly errorNorms: Float32Array;
  readonly chunks: readonly SharedArrayBuffer[];
}

/** Token vectors that grow. */
export class MemoryTokenVectors implements TokenVectors {
  readonly normalized: boolean;
  #dims = 0;
  #stride = 0;
  #documentCount = 0;
  #vectorCount = 0;
  #starts: Uint32Array = new Uint32Array(new SharedArrayBuffer(64 * 4));
  #norms: Float32Array = new Float32Array(new SharedArrayBuffer(64 * 4));
  #errorNorms: Float32Array = new Float32Array(new SharedArrayBuffer(64 * 4));
  readonly #kernel: RowKernel;
  /** Row r is row `r % (1 << #shift)` of chunk `r >> #shift`. Only the first may have less room. */
  readonly #chunks: Chunk[] = [];
  #shift = 0;
  /** Rows that there is room for. */
  #room = 0;
  #isShared = false;

  private constructor(normalized: boolean, kernel: RowKernel) {
    this.normalized = normalized;
    this.#kernel = kernel;
  }

  static open(options: MemoryTokenVectorsOptions): MemoryTokenVectors {
    return new MemoryTokenVectors(options.normalized, options.rows ?? plainRowKernel);
  }

  /** Reads what `share` gave; nothing can be appended to it. */
  static attach(shared: SharedTokenVectors): MemoryTokenVectors {
    const vectors = new MemoryTokenVectors(shared.normalized, plainRowKernel);
    vectors.#setDims(shared.dims);
    vectors.#documentCount = shared.documentCount;
    vectors.#vectorCount = shared.vectorCount;
    vectors.#starts = shared.starts;
    vectors.#norms = shared.norms;
    vectors.#errorNorms = shared.errorNorms;
    for (const buffer of shared.chunks) vectors.#chunks.push(vectors.#viewChunk(buffer));
    vectors.#isShared = true;
    return vectors;
  }

  /** The vectors as they are now, for other threads; appending goes on without harm to them. */
  share(): SharedTokenVectors {
    return {
      normalized: this.normalized,
      dims: this.#dims,
      documentCount: this.#documentCount,
      vectorCount: this.#vectorCount,
      starts: this.#starts,
      norms: this.#norms,
      errorNorms: this.#errorNorms,
      chunks: this.#chunks.map(({ originals }) => originals.buffer as SharedArrayBuffer),
    };
  }

  get dims(): number {
    return this.#dims;
  }
  get stride(): number {
    return this.#stride;
  }
  get documentCount(): number {
    return this.#documentCount;
  }
  get vectorCount(): number {
    return this.#vectorCount;
  }
  get bytes(): number {
    return this.#starts.byteLength * 3 + this.#room * (this.#dims * 4 + this.#stride + 4);
  }

  /**
   * Adds the next documents up to and including `doc`: those between the last one and `doc` have no
   * vectors. `doc` must be at least documentCount. The first vector fixes `dims`; the values must be
   * finite, which the database checks.
   */
  append(doc: number, vector: VectorValue | undefined): void {
    assert(doc >= this.#documentCount, 'documents are appended in ascending order');
    assert(!this.#isShared, "another thread's vectors are only read");
    this.#reserveDocuments(doc + 2);
    const starts = this.#starts;
    for (let d = this.#documentCount; d <= doc; d++) starts[d + 1] = this.#vectorCount;
    this.#documentCount = doc + 1;
    if (vector === undefined || vector.values.length === 0) return;
    if (this.#dims === 0) this.#setDims(vector.dims);
    assert(vector.dims === this.#dims, 'vectors of one name have the same dims');
    assert(vector.values.length % vector.dims === 0, 'vectors are whole rows');
    this.#add(doc, vector.values);
  }

  start(doc: number): number {
    return this.#starts[doc]!;
  }
  count(doc: number): number {
    return this.#starts[doc + 1]! - this.#starts[doc]!;
  }
  norm(doc: number): number {
    return this.#norms[doc]!;
  }
  errorNorm(doc: number): number {
    return this.#errorNorms[doc]!;
  }

  readPlane(
    vectorStart: number,
    vectorCount: number,
    rows: Uint8Array,
    scales: Float32Array,
    at: number,
  ): void {
    const { stride } = this;
    let done = 0;
    while (done < vectorCount) {
      const first = vectorStart + done;
      const chunk = this.#chunks[first >>> this.#shift]!;
      const from = first & this.#rowMask;
      const to = Math.min(from + vectorCount - done, this.#rowMask + 1);
      rows.set(chunk.rows.subarray(from * stride, to * stride), (at + done) * stride);
      scales.set(chunk.scales.subarray(from, to), at + done);
      done += to - from;
    }
  }

  readOriginals(doc: number, into: Float32Array): void {
    const dims = this.#dims;
    const start = this.start(doc);
    const count = this.count(doc);
    let done = 0;
    while (done < count) {
      const chunk = this.#chunks[(start + done) >>> this.#shift]!;
      const from = (start + done) & this.#rowMask;
      const to = Math.min(from + count - done, this.#rowMask + 1);
      into.set(chunk.originals.subarray(from * dims, to * dims), done * dims);
      done += to - from;
    }
  }

  #add(doc: number, values: Float32Array): void {
    const dims = this.#dims;
    const first = this.#vectorCount;
    const end = first + values.length / dims;
    this.#reserveVectors(end);
    const norms = { norm: 0, errorNorm: 0 };
    let done = 0;
    while (first + done < end) {
      const chunk = this.#chunks[(first + done) >>> this.#shift]!;
      const at = (first + done) & this.#rowMask;
      const count = Math.min(end - first - done, this.#rowMask + 1 - at);
      const from = done * dims;
      chunk.originals.set(values.subarray(from, from + count * dims), at * dims);
      const into = { rows: chunk.rows, scales: chunk.scales, at };
      this.#kernel.quantize(values, from, count, this, into, norms);
      done += count;
    }
    this.#norms[doc] = norms.norm;
    this.#errorNorms[doc] = norms.errorNorm;
    this.#vectorCount = end;
    this.#starts[doc + 1] = end;
  }

  /** Rows of a whole chunk, less one. */
  get #rowMask(): number {
    return (1 << this.#shift) - 1;
  }

  #reserveDocuments(count: number): void {
    if (count <= this.#starts.length) return;
    const room = Math.max(count, this.#starts.length * 2);
    this.#starts = grownU32(this.#starts, room);
    this.#norms = grownF32(this.#norms, room);
    this.#errorNorms = grownF32(this.#errorNorms, room);
  }

  /** The first chunk doubles until it is whole, so that few vectors take little; then come whole ones. */
  #reserveVectors(count: number): void {
    const whole = 1 << this.#shift;
    const [first] = this.#chunks;
    if (this.#room < whole && this.#room < count) {
      const room = Math.min(whole, Math.max(firstRows, this.#room * 2, ceilPower(count)));
      this.#chunks[0] = this.#makeChunk(room, first);
      this.#room = room;
    }
    while (this.#room < count) {
      this.#chunks.push(this.#makeChunk(whole, undefined));
      this.#room += whole;
    }
  }

  #setDims(dims: number): void {
    this.#dims = dims;
    this.#stride = strideOf(dims);
    this.#shift = Math.floor(Math.log2(Math.max(firstRows, chunkBytes / Math.max(1, dims * 4))));
  }

  #makeChunk(room: number, smaller: Chunk | undefined): Chunk {
    const rowBytes = this.#dims * 4 + 4 + this.#stride;
    const chunk = this.#viewChunk(new SharedArrayBuffer(room * rowBytes));
    if (smaller) {
      chunk.originals.set(smaller.originals);
      chunk.rows.set(smaller.rows);
      chunk.scales.set(smaller.scales);
    }
    return chunk;
  }

  #viewChunk(buffer: SharedArrayBuffer): Chunk {
    const dims = this.#dims;
    const room = buffer.byteLength / (dims * 4 + 4 + this.#stride);
    return {
      originals: new Float32Array(buffer, 0, room * dims),
      scales: new Float32Array(buffer, room * dims * 4, room),
      rows: new Uint8Array(buffer, room * (dims * 4 + 4), room * this.#stride),
    };
  }
}

/** The smallest power of two that is not below the number. */
function ceilPower(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}

function grownU32(array: Uint32Array, room: number): Uint32Array {
  const grown = new Uint32Array(new SharedArrayBuffer(room * 4));
  grown.set(array);
  return grown;
}

function grownF32(array: Float32Array, room: number): Float32Array {
  const grown = new Float32Array(new SharedArrayBuffer(room * 4));
  grown.set(array);
  return grown;
}
