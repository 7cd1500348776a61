// The memory that kernels of the approximate stage work in: codes and centroids of sealed segments lie
// here once, where the kernels read them, beside the room that a query needs.

import { assert } from '../assert.ts';

const pageBytes = 65_536;
/** All that 32-bit addresses reach. */
const pagesMax = 65_536;
/** The memory grows by at least so much. */
const growPagesMin = 16;
/** Pieces start at multiples of this: a cache line. */
const alignment = 64;

/** A piece of a memory that another thread allocates in on its own. */
export interface KernelRoom {
  readonly memory: WebAssembly.Memory<SharedArrayBuffer>;
  readonly at: number;
  readonly length: number;
}

/** A room is too small for what is asked of it. */
export class RoomFullError extends Error {
  /** Bytes of the room that would have been enough so far. */
  readonly needed: number;

  constructor(needed: number) {
    super(`the room for a search is full: ${needed} bytes are needed`);
    this.needed = needed;
  }
}

/**
 * Pieces of one WebAssembly memory by address. Address 0 is never given out. The memory is shared, so
 * that threads may read one copy: one of them allocates and frees in all of it, others in rooms that it
 * gives them.
 */
export class KernelMemory {
  readonly memory: WebAssembly.Memory<SharedArrayBuffer>;
  /** Lengths of pieces by address, and of gaps between them. */
  readonly #pieces = new Map<number, number>();
  readonly #gaps: { at: number; length: number }[] = [];
  #start = alignment;
  #end = alignment;
  /** Where the room ends; undefined for who has the whole memory. */
  #limit: number | undefined;
  #used = 0;

  private constructor(memory: WebAssembly.Memory<SharedArrayBuffer>) {
    this.memory = memory;
  }

  /** For a thread that was given a room. `allocate` throws RoomFullError when it is full. */
  static attach(room: KernelRoom): KernelMemory {
    const attached = new KernelMemory(room.memory);
    attached.moveTo(room);
    return attached;
  }

  /** Goes on in another room of the same memory; nothing may be allocated at this moment. */
  moveTo({ memory, at, length }: KernelRoom): void {
    assert(memory === this.memory, 'a room of the same memory');
    assert(this.#used === 0, 'all pieces of the room before are freed');
    this.#gaps.length = 0;
    this.#start = at;
    this.#end = at;
    this.#limit = at + length;
  }

  static open(): KernelMemory {
    return new KernelMemory(
      new WebAssembly.Memory({ initial: growPagesMin, maximum: pagesMax, shared: true }),
    );
  }

  /** Bytes of the pieces that are held. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Bytes that the memory has grown to; it never shrinks. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Address of `length` bytes with undefined contents. Throws RangeError when memory is exhausted. */
  allocate(length: number): number {
    assert(Number.isInteger(length) && length >= 0, 'a piece has a whole number of bytes');
    const needed = Math.max(alignment, (length + alignment - 1) & ~(alignment - 1));
    assert(needed >= length, 'a piece is smaller than 2 GiB');
    const at = this.#takeGap(needed) ?? this.#takeEnd(needed);
    this.#pieces.set(at, needed);
    this.#used += needed;
    return at;
  }

  /** Gives back a piece of `allocate`. */
  free(address: number): void {
    const length = this.#pieces.get(address);
    assert(length !== undefined, 'only what was allocated is freed, once');
    this.#pieces.delete(address);
    this.#used -= length;
    const gaps = this.#gaps;
    let place = gaps.findIndex(({ at }) => at > address);
    if (place < 0) place = gaps.length;
    gaps.splice(place, 0, { at: address, length });
    this.#join(place);
    if (place > 0) this.#join(place - 1);
    const last = gaps[gaps.length - 1]!;
    if (last.at + last.length === this.#end) {
      this.#end = last.at;
      gaps.pop();
    }
  }

  /** Gives back every piece of who has the whole memory; it keeps its size. */
  freeAll(): void {
    assert(this.#limit === undefined, 'a room belongs to who gave it');
    this.#pieces.clear();
    this.#gaps.length = 0;
    this.#end = this.#start;
    this.#used = 0;
  }

  /** Views of the memory as it is now; a later allocation may leave them behind. */
  u8(address: number, length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.memory.buffer, address, length);
  }
  i8(address: number, length: number): Int8Array<SharedArrayBuffer> {
    return new Int8Array(this.memory.buffer, address, length);
  }
  u16(address: number, length: number): Uint16Array<SharedArrayBuffer> {
    return new Uint16Array(this.memory.buffer, address, length);
  }
  u32(address: number, length: number): Uint32Array<SharedArrayBuffer> {
    return new Uint32Array(this.memory.buffer, address, length);
  }
  i32(address: number, length: number): Int32Array<SharedArrayBuffer> {
    return new Int32Array(this.memory.buffer, address, length);
  }
  f32(address: number, length: number): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.memory.buffer, address, length);
  }

  #takeGap(length: number): number | undefined {
    const place = this.#gaps.findIndex((gap) => gap.length >= length);
    const gap = this.#gaps[place];
    if (gap === undefined) return undefined;
    const { at } = gap;
    if (gap.length === length) this.#gaps.splice(place, 1);
    else {
      gap.at += length;
      gap.length -= length;
    }
    return at;
  }

  #takeEnd(length: number): number {
    const at = this.#end;
    const missing = at + length - this.bytes;
    if (this.#limit !== undefined) {
      if (at + length > this.#limit) throw new RoomFullError(at + length - this.#start);
    } else if (missing > 0) {
      const pages = Math.ceil(missing / pageBytes);
      const wanted = Math.max(pages, growPagesMin, (this.bytes / pageBytes) >> 3);
      const room = pagesMax - this.bytes / pageBytes;
      this.memory.grow(Math.max(pages, Math.min(wanted, room)));
    }
    this.#end = at + length;
    return at;
  }

  /** Makes one gap of two that touch. */
  #join(place: number): void {
    const gap = this.#gaps[place];
    const next = this.#gaps[place + 1];
    if (gap === undefined || next === undefined || gap.at + gap.length !== next.at) return;
    gap.length += next.length;
    this.#gaps.splice(place + 1, 1);
  }
}

/**
 * Memories for work that comes again and again, as training does: the collector does not see how large a
 * WebAssembly memory is, and leaves hundreds of megabytes of them behind.
 */
export class SpareMemories {
  readonly #spare: KernelMemory[] = [];

  /** One that nobody else has, empty. */
  take(): KernelMemory {
    return this.#spare.pop() ?? KernelMemory.open();
  }

  /** For the next who asks; nothing may point into it any more. */
  giveBack(memory: KernelMemory): void {
    memory.freeAll();
    this.#spare.push(memory);
  }
}
