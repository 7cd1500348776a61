// Little-endian writing into a growing buffer and checked reading out of one: the log's records and
// the small sections of a segment are made with these.

import { DatabaseError } from './errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

const shortTextMax = 32;

/** Collects numbers, texts and raw bytes; grows by doubling. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes that there is room for. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** UTF-8 with its length in bytes before it. */
  text(text: string): void {
    const start = this.#length;
    this.u32(0);
    this.characters(text);
    this.#view.setUint32(start, this.#length - start - 4, true);
  }

  /** UTF-8. */
  characters(text: string): void {
    this.#reserve(text.length * 3);
    const start = this.#length;
    if (text.length > shortTextMax) {
      this.#length += encoder.encodeInto(text, this.#bytes.subarray(start)).written;
      return;
    }
    // The encoder takes longer to be called than to encode so little.
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.#length = start + encoder.encodeInto(text, this.#bytes.subarray(start)).written;
        return;
      }
      this.#bytes[start + index] = unit;
    }
    this.#length = start + text.length;
  }

  /** Float32 values in the machine's order, which is little-endian wherever this runs. */
  floats(values: Float32Array): void {
    this.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  /** Forgets what was written and makes room for so many bytes. */
  restart(capacity: number): void {
    this.#length = 0;
    if (this.#bytes.length >= capacity) return;
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** A view of what was written; later writes may move away from it. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what ByteWriter wrote. Running past the end is a 'corrupt' error that names `file`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #offset = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(): string {
    const length = this.u32();
    const start = this.#take(length);
    try {
      return decoder.decode(this.#bytes.subarray(start, start + length));
    } catch (cause) {
      throw this.corrupt('valid UTF-8', cause);
    }
  }

  /** A copy, aligned whatever the offset was. */
  floats(count: number): Float32Array<ArrayBuffer> {
    const start = this.#take(count * 4);
    return new Float32Array(this.#bytes.slice(start, start + count * 4).buffer);
  }

  /** The error to throw when what was read makes no sense. */
  corrupt(expected: string, cause?: unknown): DatabaseError {
    const params = { file: this.#file, offset: this.#offset, expected };
    return new DatabaseError('corrupt', params, { cause });
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.remaining) {
      throw this.corrupt(`${length} more bytes, found ${this.remaining}`);
    }
    this.#offset += length;
    return start;
  }
}
