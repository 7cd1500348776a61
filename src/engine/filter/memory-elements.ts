// The elements of one object property in the memory segment: grows with every document.

import { assert } from '../assert.ts';
import type { Properties, PropertyValue } from '../document.ts';
import type { PropertySchema } from '../schema.ts';
import { analyze } from '../text/analysis.ts';
import { MemoryTextIndex } from '../text/memory-text-index.ts';
import { type Elements, isPlainList, valueColumn, valueSchema } from './elements.ts';
import { MemoryColumn } from './memory-column.ts';

/**
 * What of elements is made: all of it, or everything but terms, where a merge takes those from the
 * segments that it reads.
 */
export type ElementParts = 'all' | 'columns';

/** Parents are added in ascending order; those without a value are left out. Values were checked. */
export class MemoryElements {
  readonly #made: ElementParts;
  readonly #columns = new Map<string, MemoryColumn>();
  readonly #text: MemoryTextIndex = new MemoryTextIndex();
  readonly #parts = new Map<string, MemoryElements>();
  #offsets = new Uint32Array(2);
  #parentCount = 0;
  #count = 0;

  constructor(made: ElementParts) {
    this.#made = made;
  }

  /** Memory that they hold. */
  get bytes(): number {
    let bytes = this.#offsets.byteLength + this.#text.bytes;
    for (const column of this.#columns.values()) bytes += column.bytes;
    for (const part of this.#parts.values()) bytes += part.bytes;
    return bytes;
  }

  /** Adds the value of one parent: an object, or a list of objects or plain values. */
  add(parent: number, value: Exclude<PropertyValue, null>, property: PropertySchema): void {
    assert(parent >= this.#parentCount, 'parents are added in ascending order');
    this.#pad(parent);
    const values = Array.isArray(value) ? (value as readonly PropertyValue[]) : [value];
    if (isPlainList(property.type)) {
      const schema = valueSchema(property);
      for (const each of values) this.#addElement({ [valueColumn]: each }, [schema]);
    } else {
      for (const each of values) this.#addElement(each as Properties, property.nested ?? []);
    }
    this.#pad(parent + 1);
  }

  /** As they are now, for `parentCount` parents. */
  view(parentCount: number): Elements {
    this.#pad(parentCount);
    const columns = this.#columns;
    const parts = this.#parts;
    const count = this.#count;
    return {
      count,
      offsets: this.#offsets,
      text: this.#text,
      names: Array.from(columns.keys()).sort(),
      column: (name) => columns.get(name)?.view(count),
      elementNames: Array.from(parts.keys()).sort(),
      elements: (name) => parts.get(name)?.view(count),
    };
  }

  #addElement(object: Properties, properties: readonly PropertySchema[]): void {
    const element = this.#count;
    this.#count += 1;
    for (const property of properties) {
      const { name, type, tokenization, analyzer } = property;
      const value = Object.hasOwn(object, name) ? object[name] : undefined;
      if (value === undefined || value === null) continue;
      if (isPlainList(type) || type === 'object' || type === 'object[]') {
        this.#own(this.#parts, name, () => new MemoryElements(this.#made)).add(
          element,
          value,
          property,
        );
        continue;
      }
      this.#own(this.#columns, name, () => new MemoryColumn(type)).add(element, value);
      if (this.#made === 'columns') continue;
      if (tokenization === undefined || typeof value !== 'string') continue;
      if (property.filterable || property.searchable) {
        this.#text.add(element, name, analyze(value, { tokenization, analyzer }));
      }
    }
    this.#text.grow(this.#count);
  }

  #own<T>(all: Map<string, T>, name: string, make: () => T): T {
    const known = all.get(name);
    if (known !== undefined) return known;
    const made = make();
    all.set(name, made);
    return made;
  }

  /** Gives parents that were left out their place: no elements. */
  #pad(parentCount: number): void {
    if (parentCount >= this.#offsets.length) {
      const grown = new Uint32Array(Math.max(parentCount + 1, this.#offsets.length * 2));
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets.fill(this.#count, this.#parentCount + 1, parentCount + 1);
    this.#parentCount = Math.max(this.#parentCount, parentCount);
  }
}
