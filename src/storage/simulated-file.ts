// The bytes of one file of the simulated directory: what was written, what a sync made durable, and
// what a crash may make of the difference.

import type { RandomBelow } from './random.ts';

/** A change that no sync has made durable yet. */
type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

/** Blocks of a write reach the medium in any order. */
const blockBytes = 512;

/** Grows by appending, shrinks by cutting; remembers what is durable. */
export class SimulatedFile {
  #buffer = new Uint8Array(1024);
  #length = 0;
  #pending: Change[] = [];
  /** The durable bytes are this prefix of the written ones ... */
  #durableLength = 0;
  /** ... unless a cut or a failed sync made them differ: then they are these. */
  #durable: Uint8Array<ArrayBuffer> | undefined;
  #syncFailed = false;

  /** A file whose bytes are durable. */
  static of(bytes: Uint8Array): SimulatedFile {
    const file = new SimulatedFile();
    file.append(bytes.slice());
    file.sync();
    return file;
  }

  get length(): number {
    return this.#length;
  }

  /** A view of what was written, synced or not. */
  get content(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Keeps the bytes; the caller must not change them afterwards. */
  append(bytes: Uint8Array): void {
    this.write(this.#length, bytes);
  }

  /** As append, at any offset up to the end. */
  write(offset: number, bytes: Uint8Array): void {
    if (offset < this.#durableLength) this.#durable ??= this.durable();
    this.#reserve(offset + bytes.length);
    this.#buffer.set(bytes, offset);
    this.#length = Math.max(this.#length, offset + bytes.length);
    this.#pending.push({ kind: 'write', offset, bytes });
  }

  truncate(length: number): void {
    this.#durable ??= this.#buffer.slice(0, this.#durableLength);
    this.#length = Math.min(length, this.#length);
    this.#pending.push({ kind: 'truncate', length });
  }

  sync(): void {
    if (this.#syncFailed) {
      this.#durable = this.#pending.reduce(applied, this.durable());
    } else {
      this.#durable = undefined;
      this.#durableLength = this.#length;
    }
    this.#pending = [];
  }

  /**
   * As systems do: pages that could not be written count as clean afterwards, so that a later sync
   * succeeds without them, although reading still shows them.
   */
  failSync(random: RandomBelow): void {
    this.#durable = this.torn(random);
    this.#pending = [];
    this.#syncFailed = true;
  }

  /** What survives for certain; a copy. */
  durable(): Uint8Array<ArrayBuffer> {
    return (this.#durable ?? this.#buffer.subarray(0, this.#durableLength)).slice();
  }

  /** What may survive: the first few changes, the last of them torn. */
  torn(random: RandomBelow): Uint8Array<ArrayBuffer> {
    const kept = this.#pending.slice(0, random(this.#pending.length + 1));
    const last = kept.at(-1);
    if (last?.kind === 'write') kept[kept.length - 1] = tornWrite(last, random);
    return kept.reduce(applied, this.durable());
  }

  /** Changes one byte for good, as a failing disk does. */
  flip(offset: number): void {
    for (const bytes of [this.#buffer, this.#durable]) {
      if (bytes !== undefined && offset < bytes.length) {
        bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
      }
    }
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(length, this.#buffer.length * 2));
    grown.set(this.content);
    this.#buffer = grown;
  }
}

/** Ends at any byte; in half of the cases some blocks before the end never arrived and are zero. */
function tornWrite(change: Change & { readonly kind: 'write' }, random: RandomBelow): Change {
  const reach = random(change.bytes.length + 1);
  const bytes = change.bytes.slice(0, reach);
  const holes = random(2) === 1;
  for (let block = 0; holes && block < reach; block += blockBytes) {
    if (random(4) === 0) bytes.fill(0, block, block + blockBytes);
  }
  return { kind: 'write', offset: change.offset, bytes };
}

function applied(bytes: Uint8Array<ArrayBuffer>, change: Change): Uint8Array<ArrayBuffer> {
  if (change.kind === 'truncate') return bytes.slice(0, change.length);
  const grown = new Uint8Array(Math.max(bytes.length, change.offset + change.bytes.length));
  grown.set(bytes);
  grown.set(change.bytes, change.offset);
  return grown;
}
