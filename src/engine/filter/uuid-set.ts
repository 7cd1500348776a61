// A set of uuids as bytes: filters ask it once for each reference of a segment, so that it makes no texts.

import { writeUuid } from '../uuid.ts';

/** Grows as needed; 20 to 40 bytes a uuid. */
export class UuidSet {
  #size = 0;
  #bytes = new Uint8Array(16 * 8);
  /** Place of a uuid in `#bytes` plus 1, at a slot that its bytes choose; 0 where there is none. */
  #slots = new Uint32Array(16);

  /** Of canonical uuids. */
  static from(uuids: Iterable<string>): UuidSet {
    const set = new UuidSet();
    for (const uuid of uuids) set.add(uuid);
    return set;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a canonical uuid; one that is there stays. */
  add(uuid: string): void {
    if ((this.#size + 1) * 16 > this.#bytes.length) this.#grow();
    writeUuid(uuid, this.#bytes, this.#size * 16);
    const slot = this.#slotOf(this.#bytes, this.#size * 16);
    if (this.#slots[slot] !== 0) return;
    this.#size += 1;
    this.#slots[slot] = this.#size;
  }

  /** Whether the 16 bytes from `offset` are a uuid of the set. */
  has(bytes: Uint8Array, offset: number): boolean {
    return this.#slots[this.#slotOf(bytes, offset)] !== 0;
  }

  /** The slot that holds the uuid, or the empty one where it belongs. */
  #slotOf(bytes: Uint8Array, offset: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(bytes, offset) & mask;
    while (slots[slot] !== 0 && !this.#isAt(slots[slot]! - 1, bytes, offset)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isAt(place: number, bytes: Uint8Array, offset: number): boolean {
    const own = this.#bytes;
    for (let index = 0; index < 16; index += 1) {
      if (own[place * 16 + index] !== bytes[offset + index]) return false;
    }
    return true;
  }

  /** Twice the room; at most half of the slots are ever taken. */
  #grow(): void {
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let place = 0; place < this.#size; place += 1) {
      this.#slots[this.#slotOf(grown, place * 16)] = place + 1;
    }
  }
}

/** Uuids may be made by counting: every byte has its part in every bit. */
function hashOf(bytes: Uint8Array, offset: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < 16; index += 1) {
    hash = Math.imul(hash ^ bytes[offset + index]!, 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
