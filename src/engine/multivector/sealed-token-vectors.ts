// Token vectors of a sealed segment, read over their sections. In memory: where documents begin, and
// their norms. Planes and originals are read by position; planes from memory instead while somebody
// lends some for them.

import { assert } from '../assert.ts';
import { DatabaseError } from '../errors.ts';
import { vectorDimsMax } from '../limits.ts';
import type { SectionReader, SectionSource } from '../segment/sections.ts';
import { strideOf } from './quantize.ts';
import type { TokenVectors } from './token-vectors.ts';

/** dims, normalized (0 or 1), documentCount, vectorCount: u32 each. */
const headBytes = 16;
/** Neighbouring documents are read in one go up to this size, and put in their places from here. */
const stagingBytes = 256 * 1024;
/**
 * Larger documents are read to their place in two goes, rows and scales: copying so much takes longer
 * than a second read (measured: 2 us against 0.08 a KiB).
 */
const stagedDocumentMax = 32 * 1024;

/** One of each thread; nothing in it outlives a call. */
const staging = new Uint8Array(stagingBytes);
const stagingScales = new Float32Array(staging.buffer);

/**
 * Opens what encodeTokenVectors made; undefined when the source has no such sections. Throws
 * DatabaseError 'corrupt' when they contradict each other. The source must stay open.
 */
export function openTokenVectors(
  source: SectionSource,
  prefix: string,
): SealedTokenVectors | undefined {
  const head = source.section(`${prefix}.head`);
  return head === undefined ? undefined : SealedTokenVectors.open(source, prefix, head);
}

/** Token vectors that stay on disk: 12 bytes of memory a document. */
export class SealedTokenVectors implements TokenVectors {
  readonly dims: number;
  readonly stride: number;
  readonly normalized: boolean;
  readonly documentCount: number;
  readonly vectorCount: number;
  /** The section that holds all plane rows and scales: its length is what `residentPlane` takes. */
  readonly planeSection: SectionReader;
  /** Bytes of a plane row and its scale. */
  readonly #rowBytes: number;
  readonly #starts: Uint32Array;
  /** norm and errorNorm of each document. */
  readonly #norms: Float32Array;
  readonly #originals: SectionReader;
  #resident: Uint8Array | undefined;
  /** The same bytes. */
  #residentScales: Float32Array = new Float32Array(0);

  private constructor(source: SectionSource, prefix: string, head: Uint32Array) {
    this.dims = head[0]!;
    this.stride = strideOf(this.dims);
    this.normalized = head[1] === 1;
    this.documentCount = head[2]!;
    this.vectorCount = head[3]!;
    this.#rowBytes = this.stride + 4;
    const { documentCount, vectorCount } = this;
    const read = (name: string, length: number): Uint8Array<ArrayBuffer> =>
      sized(source, `${prefix}.${name}`, length).bytes(0, length);
    this.#starts = asU32(read('starts', (documentCount + 1) * 4));
    this.#norms = asF32(read('norms', documentCount * 8));
    this.planeSection = sized(source, `${prefix}.plane`, vectorCount * this.#rowBytes);
    this.#originals = sized(source, `${prefix}.originals`, vectorCount * this.dims * 4);
  }

  /** @internal Called by openTokenVectors. */
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

  /** A resident plane is not counted: it belongs to who lends it. */
  get bytes(): number {
    return this.#starts.byteLength + this.#norms.byteLength;
  }

  /** The whole plane section in memory, when it is there. */
  get residentPlane(): Uint8Array | undefined {
    return this.#resident;
  }

  /**
   * Lends memory that holds the whole of `planeSection`, also shared with other threads, aligned to 4;
   * undefined takes it away again, and planes are read by position as before.
   */
  set residentPlane(plane: Uint8Array | undefined) {
    assert(
      plane === undefined || plane.length === this.planeSection.length,
      `a resident plane has ${this.planeSection.length} bytes`,
    );
    this.#resident = plane;
    this.#residentScales = plane
      ? new Float32Array(plane.buffer, plane.byteOffset, plane.length / 4)
      : new Float32Array(0);
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
    if (vectorCount === 0) return;
    const starts = this.#starts;
    const end = vectorStart + vectorCount;
    let next = vectorStart;
    for (let doc = this.#documentOf(vectorStart); next < end; ) {
      const place = at + next - vectorStart;
      const to = next === starts[doc] ? this.#stagedUpTo(doc, end) : doc;
      if (to > doc) {
        this.#readDocuments(doc, to, rows, scales, place);
        doc = to;
      } else {
        const count = Math.min(starts[doc + 1]!, end) - next;
        this.#readRows(doc, next - starts[doc]!, count, rows, scales, place);
        doc += 1;
      }
      next = starts[doc]!;
    }
  }

  readOriginals(doc: number, into: Float32Array): void {
    const rowBytes = this.dims * 4;
    const bytes = new Uint8Array(into.buffer, into.byteOffset, this.count(doc) * rowBytes);
    if (bytes.length > 0) this.#originals.read(this.start(doc) * rowBytes, bytes);
  }

  /** The document that the vector is of. */
  #documentOf(vector: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = this.documentCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle + 1]! <= vector) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The end of the run of small whole documents from `doc` that is read in one go; `doc` for none. */
  #stagedUpTo(doc: number, end: number): number {
    const starts = this.#starts;
    const first = starts[doc]!;
    const staged = Math.floor(stagingBytes / this.#rowBytes);
    const small = Math.floor(stagedDocumentMax / this.#rowBytes);
    let to = doc;
    while (starts[to]! < end) {
      const next = starts[to + 1]!;
      if (next > end || next - first > staged || next - starts[to]! > small) break;
      to += 1;
    }
    return to;
  }

  /** Whole documents, which lie one after another, rows before scales. */
  #readDocuments(
    doc: number,
    to: number,
    rows: Uint8Array,
    scales: Float32Array,
    at: number,
  ): void {
    const starts = this.#starts;
    const { stride } = this;
    const resident = this.#resident;
    const first = starts[doc]!;
    const offset = first * this.#rowBytes;
    const bytes = resident ?? staging;
    const floats = resident ? this.#residentScales : stagingScales;
    if (resident === undefined) {
      const length = (starts[to]! - first) * this.#rowBytes;
      this.planeSection.read(offset, staging.subarray(0, length));
    }
    let from = resident === undefined ? 0 : offset;
    for (let d = doc; d < to; d++) {
      const count = starts[d + 1]! - starts[d]!;
      const place = at + starts[d]! - first;
      const middle = from + count * stride;
      rows.set(bytes.subarray(from, middle), place * stride);
      scales.set(floats.subarray(middle / 4, middle / 4 + count), place);
      from = middle + count * 4;
    }
  }

  /** Some rows of one document. */
  #readRows(
    doc: number,
    within: number,
    count: number,
    rows: Uint8Array,
    scales: Float32Array,
    at: number,
  ): void {
    const { stride } = this;
    const offset = this.#starts[doc]! * this.#rowBytes;
    const rowsAt = offset + within * stride;
    const scalesAt = offset + this.count(doc) * stride + within * 4;
    const resident = this.#resident;
    if (resident) {
      rows.set(resident.subarray(rowsAt, rowsAt + count * stride), at * stride);
      scales.set(this.#residentScales.subarray(scalesAt / 4, scalesAt / 4 + count), at);
      return;
    }
    this.planeSection.read(rowsAt, rows.subarray(at * stride, (at + count) * stride));
    const scaleBytes = new Uint8Array(scales.buffer, scales.byteOffset + at * 4, count * 4);
    this.planeSection.read(scalesAt, scaleBytes);
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
