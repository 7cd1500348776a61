// A set of uuids as bytes: filters ask it once for each reference of a segment, so that it makes no texts.

import { assert } from '../assert.ts';
import { writeUuid } from '../uuid.ts';

const scratch = new Uint8Array(16);

/** Grows as needed; 20 to 40 bytes a uuid. */
export class UuidSet {
  #size = 0;
  /** Four words a uuid. */
  #words = new Uint32Array(4 * 8);
  #bytes = new Uint8Array(this.#words.buffer);
  /** Place of a uuid in `#words` plus 1, at a slot that its words choose; 0 where there is none. */
  #slots = new Uint32Array(16);

  /** Of canonical uuids. */
  static from(uuids: Iterable<string>): UuidSet {
    const set = new UuidSet();
    for (const uuid of uuids) {
      writeUuid(uuid, scratch, 0);
      set.add(scratch);
    }
    return set;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the uuid of these 16 bytes; one that is there stays. */
  add(bytes: Uint8Array): void {
    if ((this.#size + 1) * 4 > this.#words.length) this.#grow();
    this.#bytes.set(bytes, this.#size * 16);
    const slot = this.#slotOf(this.#words, this.#size * 4);
    if (this.#slots[slot] !== 0) return;
    this.#size += 1;
    this.#slots[slot] = this.#size;
  }

  /** Whether the four words from `at` are a uuid of the set; see `uuidWords`. */
  has(words: Uint32Array, at: number): boolean {
    return this.#slots[this.#slotOf(words, at)] !== 0;
  }

  /** The slot that holds the uuid, or the empty one where it belongs. */
  #slotOf(words: Uint32Array, at: number): number {
    const slots = this.#slots;
    const own = this.#words;
    const mask = slots.length - 1;
    let slot = hashOf(words, at) & mask;
    for (let place = slots[slot]!; place !== 0; place = slots[slot]!) {
      const there = (place - 1) * 4;
      const isSame =
        own[there] === words[at] &&
        own[there + 1] === words[at + 1] &&
        own[there + 2] === words[at + 2] &&
        own[there + 3] === words[at + 3];
      if (isSame) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Twice the room; at most half of the slots are ever taken. */
  #grow(): void {
    const grown = new Uint32Array(this.#words.length * 2);
    grown.set(this.#words);
    this.#words = grown;
    this.#bytes = new Uint8Array(grown.buffer);
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let place = 0; place < this.#size; place += 1) {
      this.#slots[this.#slotOf(grown, place * 4)] = place + 1;
    }
  }
}

/** The words of uuids that lie one after the other, in the same memory, which must be aligned to words. */
export function uuidWords(bytes: Uint8Array): Uint32Array {
  assert(bytes.byteOffset % 4 === 0, 'uuids of a column begin at a word');
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
}

/** Uuids may be made by counting: every bit has its part in the lowest ones. */
function hashOf(words: Uint32Array, at: number): number {
  let hash = Math.imul(words[at]!, 0x9e3779b1) ^ Math.imul(words[at + 1]!, 0x85ebca6b);
  hash ^= Math.imul(words[at + 2]!, 0xc2b2ae35) ^ Math.imul(words[at + 3]!, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
