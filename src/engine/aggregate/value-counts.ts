// How often each value of a property occurs, and where it was found first: values themselves are read
// only of the few that are shown.

import type { Column } from '../filter/column.ts';
import { type ColumnValues, keysOf } from './column-values.ts';
import { KeyTable } from './key-table.ts';

/** An object that has the value, and its place in the column. */
export interface Found {
  /** Position among the parts that were counted. */
  readonly part: number;
  readonly doc: number;
  readonly place: number;
}

/** Values with the number of each, as `ValueCounts` gives it. */
export interface CountedValue extends Found {
  readonly value: number;
  readonly count: number;
}

/** Values in addition to those asked for that are read where equal counts meet at the end of a list. */
const tiesMax = 100;

/** Counts values part by part; documents come in ascending order. */
export class ValueCounts {
  readonly #table = new KeyTable();
  #counts = new Uint32Array(64);
  /** Part, document and place of each value's first occurrence. */
  #found = new Uint32Array(3 * 64);
  /** The last document counted for each value, and 1; anew in every part. */
  #last = new Uint32Array(64);
  #lastPart = -1;

  /** Counts every value; the number of each one's value comes back beside it. */
  addValues(part: number, column: Column, values: ColumnValues): Uint32Array {
    const numbers = this.#number(part, column, values);
    for (let i = 0; i < numbers.length; i += 1) this.#counts[numbers[i]!]! += 1;
    return numbers;
  }

  /** Counts documents: one that has a value twice counts once. */
  addDocuments(part: number, column: Column, values: ColumnValues): Uint32Array {
    const numbers = this.#number(part, column, values);
    if (part !== this.#lastPart) this.#last.fill(0);
    this.#lastPart = part;
    const { docs } = values;
    for (let i = 0; i < numbers.length; i += 1) {
      const value = numbers[i]!;
      if (this.#last[value] === docs[i]! + 1) continue;
      this.#last[value] = docs[i]! + 1;
      this.#counts[value]! += 1;
    }
    return numbers;
  }

  /** Different values. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * The `max` most frequent values, in no order, and up to a hundred more that are as frequent as the last
   * of them: of these the caller, who knows the values, takes the first. Where still more are, the keys
   * choose, which are the same wherever the objects lie.
   */
  top(max: number): CountedValue[] {
    if (max <= 0) return [];
    const counts = this.#counts.subarray(0, this.size);
    if (counts.length <= max) return Array.from(counts.keys(), (value) => this.#counted(value));
    const least = counts.toSorted()[counts.length - max]!;
    const sure: number[] = [];
    const tied: number[] = [];
    for (let value = 0; value < counts.length; value += 1) {
      if (counts[value]! > least) sure.push(value);
      else if (counts[value] === least) tied.push(value);
    }
    const chosen = this.#chosen(tied, max - sure.length);
    return [...sure, ...chosen].map((value) => this.#counted(value));
  }

  #chosen(tied: readonly number[], wanted: number): readonly number[] {
    if (tied.length <= wanted + tiesMax) return tied;
    const ranks = Float64Array.from(tied, (value) => this.#table.rank(value)).sort();
    const greatest = ranks[wanted - 1]!;
    return tied.filter((value) => this.#table.rank(value) <= greatest);
  }

  #counted(value: number): CountedValue {
    return {
      value,
      count: this.#counts[value]!,
      part: this.#found[value * 3]!,
      doc: this.#found[value * 3 + 1]!,
      place: this.#found[value * 3 + 2]!,
    };
  }

  #number(part: number, column: Column, { docs, places }: ColumnValues): Uint32Array {
    const keys = keysOf(column, places);
    const numbers = new Uint32Array(places.length);
    for (let i = 0; i < places.length; i += 1) {
      const before = this.#table.size;
      const value = this.#table.add(keys[i * 2]!, keys[i * 2 + 1]!);
      numbers[i] = value;
      if (value < before) continue;
      if (value === this.#counts.length) this.#grow();
      this.#found[value * 3] = part;
      this.#found[value * 3 + 1] = docs[i]!;
      this.#found[value * 3 + 2] = places[i]!;
    }
    return numbers;
  }

  #grow(): void {
    const capacity = this.#counts.length * 2;
    this.#counts = grown(this.#counts, capacity);
    this.#found = grown(this.#found, capacity * 3);
    this.#last = grown(this.#last, capacity);
  }
}

function grown(words: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(length);
  result.set(words);
  return result;
}
