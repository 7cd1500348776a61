// Sets of document ids inside one segment: live documents, allow lists, presence of a property. One
// bit a document; bits at and past `length` are always zero, so counts and iteration need no checks.

import { assert } from './assert.ts';

/** A set of numbers below `length`. */
export class Bitset {
  readonly length: number;
  /** Bit i is bit `i % 32` of word `i >> 5`. Whoever writes here keeps the bits past `length` zero. */
  readonly words: Uint32Array<ArrayBuffer>;

  /** `words`, when given, is kept, not copied; it must have `ceil(length / 32)` words. */
  constructor(length: number, words?: Uint32Array<ArrayBuffer>) {
    assert(length >= 0, 'a bitset has a length of at least 0');
    const wordCount = (length + 31) >>> 5;
    this.length = length;
    this.words = words ?? new Uint32Array(wordCount);
    assert(this.words.length === wordCount, 'a bitset of n bits has ceil(n / 32) words');
    this.#trim();
  }

  /** The empty set. */
  static of(length: number): Bitset {
    return new Bitset(length);
  }

  /** The set of all numbers below `length`. */
  static full(length: number): Bitset {
    return new Bitset(length).fill();
  }

  /** False for anything that is not below `length`. */
  has(index: number): boolean {
    return ((this.words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  /** Adds `index`, which must be below `length`. */
  set(index: number): void {
    assert(index >>> 0 === index && index < this.length, 'only bits below the length are set');
    this.words[index >>> 5]! |= 1 << (index & 31);
  }

  /** Removes `index`, which must be below `length`. */
  clear(index: number): void {
    assert(index >>> 0 === index && index < this.length, 'only bits below the length are cleared');
    this.words[index >>> 5]! &= ~(1 << (index & 31));
  }

  /** How many numbers are in the set. */
  count(): number {
    let count = 0;
    for (let index = 0; index < this.words.length; index += 1) {
      count += bitCount(this.words[index]!);
    }
    return count;
  }

  get isEmpty(): boolean {
    return this.words.every((word) => word === 0);
  }

  /** A new set: what is in both. Lengths must be equal. */
  and(other: Bitset): Bitset {
    assert(this.length === other.length, 'both sets have the same length');
    const result = new Uint32Array(this.words.length);
    for (let index = 0; index < result.length; index += 1) {
      result[index] = this.words[index]! & other.words[index]!;
    }
    return new Bitset(this.length, result);
  }

  /** A new set: what is in either. Lengths must be equal. */
  or(other: Bitset): Bitset {
    assert(this.length === other.length, 'both sets have the same length');
    const result = new Uint32Array(this.words.length);
    for (let index = 0; index < result.length; index += 1) {
      result[index] = this.words[index]! | other.words[index]!;
    }
    return new Bitset(this.length, result);
  }

  /** A new set: everything below `length` that is not in this one. */
  not(): Bitset {
    const result = new Uint32Array(this.words.length);
    for (let index = 0; index < result.length; index += 1) result[index] = ~this.words[index]!;
    return new Bitset(this.length, result);
  }

  /** A copy that shares nothing with this one. */
  clone(): Bitset {
    return new Bitset(this.length, this.words.slice());
  }

  /** Adds every number below `length`; returns this set. */
  fill(): Bitset {
    this.words.fill(0xffffffff);
    this.#trim();
    return this;
  }

  /** Calls back with every number of the set, ascending. */
  forEach(callback: (index: number) => void): void {
    for (let index = 0; index < this.words.length; index += 1) {
      let word = this.words[index]!;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        callback(index * 32 + bit);
        word &= word - 1;
      }
    }
  }

  /** Every number of the set, ascending. */
  toArray(): Uint32Array<ArrayBuffer> {
    const result = new Uint32Array(this.count());
    let count = 0;
    this.forEach((index) => {
      result[count++] = index;
    });
    return result;
  }

  #trim(): void {
    const used = this.length & 31;
    if (used !== 0) this.words[this.words.length - 1]! &= (1 << used) - 1;
  }
}

function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
