// Token vectors of a sealed segment: bytes in sections, and the reader over them. Everything that a
// scan needs is held in memory; originals are read by position.

import { DatabaseError } from '../errors.ts';
import { vectorDimsMax } from '../limits.ts';
import type { Section, SectionReader, SectionSource } from '../segment/sections.ts';
import { strideOf } from './quantize.ts';
import type { TokenVectors, VectorParts } from './token-vectors.ts';

/** Parts of a section are about this long, so that no huge buffer has to be found. */
const partBytesMax = 4 * 1024 * 1024;
/** Originals of this size are written from where they lie: smaller ones are faster gathered first. */
const viewBytesMin = 8 * 1024;
/** dims, normalized (0 or 1), documentCount, vectorCount: u32 each. */
const headBytes = 16;

/**
 * Makes six sections, little-endian, for documents d and vectors v in their new order:
 *
 *     PREFIX.head       u32 dims, normalized (0 or 1), documentCount, vectorCount
 *     PREFIX.starts     u32 of d = 0 … documentCount: number of the first vector
 *     PREFIX.norms      f32 norm, f32 errorNorm of each d (TokenVectors)
 *     PREFIX.scales     f32 of each v
 *     PREFIX.plane      of each v: dims bytes (value / scale + 64), bytes 64 up to a multiple of 16
 *     PREFIX.originals  of each v: dims f32 as given
 *
 * New document i is the old document `order[i]`; documents that are not in `order` are left out. Parts
 * may be views of what the vectors hold, which must not change before they are written.
 */
export function encodeTokenVectors(
  prefix: string,
  vectors: TokenVectors,
  order: Uint32Array,
): Section[] {
  const starts = new Uint32Array(order.length + 1);
  const norms = new Float32Array(order.length * 2);
  for (let i = 0; i < order.length; i++) {
    const doc = order[i]!;
    starts[i + 1] = starts[i]! + vectors.count(doc);
    norms[i * 2] = vectors.norm(doc);
    norms[i * 2 + 1] = vectors.errorNorm(doc);
  }
  const vectorCount = starts[order.length]!;
  const dims = vectorCount === 0 ? 0 : vectors.dims;
  const head = Uint32Array.of(dims, vectors.normalized ? 1 : 0, order.length, vectorCount);
  const inView = vectors.appendViews && vectorCount * dims * 4 >= order.length * viewBytesMin;
  const { plane, scales, originals } = inView
    ? viewParts(vectors, order)
    : copyParts(vectors, order, starts);
  return [
    { name: `${prefix}.head`, parts: [bytesOf(head)] },
    { name: `${prefix}.starts`, parts: [bytesOf(starts)] },
    { name: `${prefix}.norms`, parts: [bytesOf(norms)] },
    { name: `${prefix}.scales`, parts: scales },
    { name: `${prefix}.plane`, parts: plane },
    { name: `${prefix}.originals`, parts: originals },
  ];
}

/** What lies in memory, from where it lies. */
function viewParts(vectors: TokenVectors, order: Uint32Array): VectorParts {
  const parts: VectorParts = { plane: [], scales: [], originals: [] };
  for (let i = 0; i < order.length; i++) vectors.appendViews?.(order[i]!, parts);
  return parts;
}

/** Copies in parts of some length. */
function copyParts(vectors: TokenVectors, order: Uint32Array, starts: Uint32Array): VectorParts {
  const parts: VectorParts = { plane: [], scales: [], originals: [] };
  for (const { from, to } of partsOf(starts, vectors.dims)) {
    const part = encodePart(vectors, order, starts, from, to);
    parts.plane.push(part.rows);
    parts.scales.push(bytesOf(part.scales));
    parts.originals.push(bytesOf(part.originals));
  }
  return parts;
}

/** Runs of new documents whose originals are up to partBytesMax long, or one document if longer. */
function* partsOf(starts: Uint32Array, dims: number): Generator<{ from: number; to: number }> {
  const vectorsMax = Math.max(1, Math.floor(partBytesMax / (dims * 4 || 1)));
  const end = starts.length - 1;
  let from = 0;
  while (from < end) {
    let to = from + 1;
    while (to < end && starts[to + 1]! - starts[from]! <= vectorsMax) to++;
    yield { from, to };
    from = to;
  }
}

function encodePart(
  vectors: TokenVectors,
  order: Uint32Array,
  starts: Uint32Array,
  from: number,
  to: number,
): { rows: Uint8Array; scales: Float32Array; originals: Float32Array } {
  const { dims, stride } = vectors;
  const vectorCount = starts[to]! - starts[from]!;
  const rows = new Uint8Array(vectorCount * stride);
  const scales = new Float32Array(vectorCount);
  const originals = new Float32Array(vectorCount * dims);
  for (let i = from; i < to; i++) {
    const doc = order[i]!;
    const at = starts[i]! - starts[from]!;
    if (vectors.count(doc) === 0) continue;
    vectors.readPlane(vectors.start(doc), vectors.count(doc), rows, scales, at);
    vectors.readOriginals(doc, originals.subarray(at * dims));
  }
  return { rows, scales, originals };
}

function bytesOf(array: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * Opens what encodeTokenVectors made; undefined when the source has no such sections. Throws
 * DatabaseError 'corrupt' when they contradict each other. Holds everything but the originals.
 */
export function openTokenVectors(source: SectionSource, prefix: string): TokenVectors | undefined {
  const head = source.section(`${prefix}.head`);
  return head === undefined ? undefined : SealedTokenVectors.open(source, prefix, head);
}

class SealedTokenVectors implements TokenVectors {
  readonly dims: number;
  readonly stride: number;
  readonly normalized: boolean;
  readonly documentCount: number;
  readonly vectorCount: number;
  readonly #starts: Uint32Array;
  /** norm and errorNorm of each document. */
  readonly #norms: Float32Array;
  readonly #scales: Float32Array;
  readonly #plane: Uint8Array;
  readonly #originals: SectionReader;

  private constructor(source: SectionSource, prefix: string, head: Uint32Array) {
    this.dims = head[0]!;
    this.stride = strideOf(this.dims);
    this.normalized = head[1] === 1;
    this.documentCount = head[2]!;
    this.vectorCount = head[3]!;
    const { documentCount, vectorCount } = this;
    const read = (name: string, length: number): Uint8Array<ArrayBuffer> =>
      sized(source, `${prefix}.${name}`, length).bytes(0, length);
    this.#starts = asU32(read('starts', (documentCount + 1) * 4));
    this.#norms = asF32(read('norms', documentCount * 8));
    this.#scales = asF32(read('scales', vectorCount * 4));
    this.#plane = read('plane', vectorCount * this.stride);
    this.#originals = sized(source, `${prefix}.originals`, vectorCount * this.dims * 4);
  }

  static open(source: SectionSource, prefix: string, reader: SectionReader): SealedTokenVectors {
    const name = `${prefix}.head`;
    if (reader.length !== headBytes) throw corrupt(name, 0, `a section of ${headBytes} bytes`);
    const head = asU32(reader.bytes(0, headBytes));
    if (head[0]! > vectorDimsMax) throw corrupt(name, 0, `at most ${vectorDimsMax} dims`);
    if (head[1]! > 1) throw corrupt(name, 4, '0 or 1');
    if ((head[0] === 0) !== (head[3] === 0)) throw corrupt(name, 12, 'vectors where dims are');
    const vectors = new SealedTokenVectors(source, prefix, head);
    vectors.#checkStarts(`${prefix}.starts`);
    return vectors;
  }

  get bytes(): number {
    const { byteLength } = this.#plane;
    return byteLength + this.#starts.byteLength + this.#norms.byteLength + this.#scales.byteLength;
  }

  start(doc: number): number {
    return this.#starts[doc]!;
  }
  count(doc: number): number {
    return this.#starts[doc + 1]! - this.#starts[doc]!;
  }
  norm(doc: number): number {
    return this.#norms[doc * 2]!;
  }
  errorNorm(doc: number): number {
    return this.#norms[doc * 2 + 1]!;
  }

  readPlane(
    vectorStart: number,
    vectorCount: number,
    rows: Uint8Array,
    scales: Float32Array,
    at: number,
  ): void {
    const { stride } = this;
    const end = vectorStart + vectorCount;
    rows.set(this.#plane.subarray(vectorStart * stride, end * stride), at * stride);
    scales.set(this.#scales.subarray(vectorStart, end), at);
  }

  readOriginals(doc: number, into: Float32Array): void {
    const rowBytes = this.dims * 4;
    const bytes = new Uint8Array(into.buffer, into.byteOffset, this.count(doc) * rowBytes);
    if (bytes.length > 0) this.#originals.read(this.start(doc) * rowBytes, bytes);
  }

  #checkStarts(name: string): void {
    const starts = this.#starts;
    if (starts[0] !== 0) throw corrupt(name, 0, 'the first document starts at vector 0');
    for (let i = 1; i < starts.length; i++) {
      if (starts[i]! < starts[i - 1]!) throw corrupt(name, i * 4, 'starts that never fall');
    }
    if (starts[this.documentCount] !== this.vectorCount) {
      throw corrupt(name, this.documentCount * 4, `the last is ${this.vectorCount}`);
    }
  }
}

function asU32(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function asF32(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** The section of that name, which must have that length. */
function sized(source: SectionSource, name: string, length: number): SectionReader {
  const reader = source.section(name);
  if (reader === undefined) throw corrupt(name, 0, 'the section to be there');
  if (reader.length !== length) throw corrupt(name, 0, `${length} bytes, not ${reader.length}`);
  return reader;
}

function corrupt(section: string, offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file: `section ${section}`, offset, expected });
}
