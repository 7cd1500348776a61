// Numbers different keys of two words in the order in which they come: 0, 1, 2 … Open addressing over
// typed arrays: counting a hundred thousand texts makes no objects.

/** Grows by doubling; at most half of its slots are taken. */
export class KeyTable {
  /** Number of the key of each slot, and 1; 0 is free. */
  #slots = new Int32Array(64);
  #keys = new Uint32Array(64);
  #size = 0;

  /** Different keys. */
  get size(): number {
    return this.#size;
  }

  /** The number of a key: `size` as it was before, when the key is new. */
  add(first: number, second: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = slotOf(first, second) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]! - 1;
      if (number < 0) return this.#insert(first, second, slot);
      if (this.#keys[number * 2] === first && this.#keys[number * 2 + 1] === second) return number;
    }
  }

  /** An order of keys: the upper 53 bits of the two words, the second one being the upper. */
  rank(number: number): number {
    return this.#keys[number * 2 + 1]! * 2 ** 21 + (this.#keys[number * 2]! >>> 11);
  }

  #insert(first: number, second: number, slot: number): number {
    const number = this.#size;
    if (number * 2 === this.#keys.length) this.#keys = doubled(this.#keys);
    this.#keys[number * 2] = first;
    this.#keys[number * 2 + 1] = second;
    this.#slots[slot] = number + 1;
    this.#size = number + 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#size; number += 1) {
      let slot = slotOf(this.#keys[number * 2]!, this.#keys[number * 2 + 1]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/** Keys may be numbers as they lie in memory, whose lower word is often 0: both words decide. */
function slotOf(first: number, second: number): number {
  const mixed = Math.imul(second ^ Math.imul(first, 0x2c1b3c6d), 0x297a2d39);
  return mixed ^ (mixed >>> 15);
}

function doubled(words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(words.length * 2);
  grown.set(words);
  return grown;
}
