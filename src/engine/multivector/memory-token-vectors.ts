// The token vectors of the memory segment: arrays that grow by doubling, quantised as they come, so
// that a document is searchable as soon as it is appended.

import { assert } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import { quantizeRow, strideOf } from './quantize.ts';
import type { TokenVectors } from './token-vectors.ts';

export interface MemoryTokenVectorsOptions {
  /** True for cosine: planes are made of rows of unit length. Originals stay as given. */
  readonly normalized: boolean;
}

/** Token vectors that grow. */
export class MemoryTokenVectors implements TokenVectors {
  readonly normalized: boolean;
  #dims = 0;
  #stride = 0;
  #documentCount = 0;
  #vectorCount = 0;
  #starts: Uint32Array = new Uint32Array(64);
  #norms: Float32Array = new Float32Array(64);
  #errorNorms: Float32Array = new Float32Array(64);
  #scales: Float32Array = new Float32Array(0);
  #plane: Uint8Array = new Uint8Array(0);
  #originals: Float32Array = new Float32Array(0);
  readonly #facts = { scale: 0, norm: 0, errorNorm: 0 };

  private constructor(normalized: boolean) {
    this.normalized = normalized;
  }

  static open(options: MemoryTokenVectorsOptions): MemoryTokenVectors {
    return new MemoryTokenVectors(options.normalized);
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
    return (
      this.#starts.byteLength * 3 +
      this.#scales.byteLength +
      this.#plane.byteLength +
      this.#originals.byteLength
    );
  }

  /**
   * Adds the next documents up to and including `doc`: those between the last one and `doc` have no
   * vectors. `doc` must be at least documentCount. The first vector fixes `dims`; the values must be
   * finite, which the database checks.
   */
  append(doc: number, vector: VectorValue | undefined): void {
    assert(doc >= this.#documentCount, 'documents are appended in ascending order');
    this.#reserveDocuments(doc + 2);
    const starts = this.#starts;
    for (let d = this.#documentCount; d <= doc; d++) starts[d + 1] = this.#vectorCount;
    this.#documentCount = doc + 1;
    if (vector === undefined || vector.values.length === 0) return;
    if (this.#dims === 0) {
      this.#dims = vector.dims;
      this.#stride = strideOf(vector.dims);
    }
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
    const end = vectorStart + vectorCount;
    rows.set(
      this.#plane.subarray(vectorStart * this.#stride, end * this.#stride),
      at * this.#stride,
    );
    scales.set(this.#scales.subarray(vectorStart, end), at);
  }

  readOriginals(doc: number, into: Float32Array): void {
    const dims = this.#dims;
    into.set(this.#originals.subarray(this.start(doc) * dims, this.start(doc + 1) * dims));
  }

  #add(doc: number, values: Float32Array): void {
    const dims = this.#dims;
    const rowCount = values.length / dims;
    const first = this.#vectorCount;
    const end = first + rowCount;
    this.#reserveVectors(end);
    this.#originals.set(values, first * dims);
    const facts = this.#facts;
    let norm = 0;
    let errorNorm = 0;
    for (let i = 0; i < rowCount; i++) {
      const row = first + i;
      const at = row * this.#stride;
      quantizeRow(values, i * dims, dims, this.normalized, this.#plane, at, facts);
      this.#scales[row] = facts.scale;
      norm = Math.max(norm, facts.norm);
      errorNorm = Math.max(errorNorm, facts.errorNorm);
    }
    this.#norms[doc] = norm;
    this.#errorNorms[doc] = errorNorm;
    this.#vectorCount = end;
    this.#starts[doc + 1] = end;
  }

  #reserveDocuments(count: number): void {
    if (count <= this.#starts.length) return;
    const room = Math.max(count, this.#starts.length * 2);
    this.#starts = grownU32(this.#starts, room);
    this.#norms = grownF32(this.#norms, room);
    this.#errorNorms = grownF32(this.#errorNorms, room);
  }

  #reserveVectors(count: number): void {
    if (count <= this.#scales.length) return;
    const room = Math.max(count, this.#scales.length * 2, 64);
    this.#scales = grownF32(this.#scales, room);
    this.#originals = grownF32(this.#originals, room * this.#dims);
    const plane = new Uint8Array(room * this.#stride);
    plane.set(this.#plane);
    this.#plane = plane;
  }
}

function grownU32(array: Uint32Array, room: number): Uint32Array {
  const grown = new Uint32Array(room);
  grown.set(array);
  return grown;
}

function grownF32(array: Float32Array, room: number): Float32Array {
  const grown = new Float32Array(room);
  grown.set(array);
  return grown;
}
