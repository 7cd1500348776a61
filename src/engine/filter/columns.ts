// What filters and aggregates read of a segment besides text: one column per property, and the times of
// the objects.
// MemoryColumns fills them, encodeColumns makes their bytes, openColumns reads those. A filter scans a
// whole column, so a column becomes resident when it is first asked for. Layout: docs/format/columns.md.

import { assert } from '../assert.ts';
import type { Document, PropertyValue } from '../document.ts';
import type { CollectionSchema, PropertySchema } from '../schema.ts';
import type { Section, SectionSource } from '../segment/sections.ts';
import type { Column } from './column.ts';
import { bytesOf, encodeFields, type Fields, PartReader, SealedFields } from './column-codec.ts';
import type { ElementSource, Elements } from './elements.ts';
import { encodeElements, type MergedElements, SealedElements } from './elements-codec.ts';
import { MemoryColumn } from './memory-column.ts';
import { type ElementParts, MemoryElements } from './memory-elements.ts';

/** The columns of one segment. */
export interface Columns extends Fields, ElementSource {
  readonly documentCount: number;
  /** Milliseconds since 1970 of each document; may be longer than the segment has documents. */
  readonly createdAt: Float64Array;
  readonly updatedAt: Float64Array;
}

/** The columns of the memory segment. */
export class MemoryColumns implements Columns {
  #documentCount = 0;
  #createdAt = new Float64Array(64);
  #updatedAt = new Float64Array(64);
  readonly #columns = new Map<string, MemoryColumn>();
  readonly #elements = new Map<string, MemoryElements>();
  readonly #made: ElementParts;

  /** `made`: what there is to be of elements. */
  constructor(made: ElementParts = 'all') {
    this.#made = made;
  }

  get documentCount(): number {
    return this.#documentCount;
  }

  get createdAt(): Float64Array {
    return this.#createdAt;
  }

  get updatedAt(): Float64Array {
    return this.#updatedAt;
  }

  get names(): readonly string[] {
    return Array.from(this.#columns.keys()).sort();
  }

  /** Memory that the columns hold. */
  get bytes(): number {
    let bytes = this.#createdAt.byteLength + this.#updatedAt.byteLength;
    for (const column of this.#columns.values()) bytes += column.bytes;
    for (const elements of this.#elements.values()) bytes += elements.bytes;
    return bytes;
  }

  /**
   * Adds the next document: `doc` is the count of those before. Its values were checked against the
   * schema; the schema may have gained properties since the last document.
   */
  add(
    doc: number,
    document: Pick<Document, 'createdAt' | 'updatedAt' | 'properties'>,
    schema: Pick<CollectionSchema, 'properties'>,
  ): void {
    assert(doc === this.#documentCount, 'every document gets its columns, in order');
    if (doc === this.#createdAt.length) {
      this.#createdAt = doubled(this.#createdAt);
      this.#updatedAt = doubled(this.#updatedAt);
    }
    this.#createdAt[doc] = document.createdAt;
    this.#updatedAt[doc] = document.updatedAt;
    this.#documentCount += 1;
    for (const property of schema.properties) {
      const { name, type } = property;
      // A property may be called `constructor`: what the prototype has there is no value.
      if (!Object.hasOwn(document.properties, name)) continue;
      const value = document.properties[name];
      if (value === undefined || value === null) continue;
      let column = this.#columns.get(name);
      if (!column) {
        column = new MemoryColumn(type);
        this.#columns.set(name, column);
      }
      column.add(doc, value);
      if (type === 'object' || type === 'object[]') this.#addElements(doc, value, property);
    }
  }

  column(name: string): Column | undefined {
    return this.#columns.get(name)?.view(this.#documentCount);
  }

  get elementNames(): readonly string[] {
    return Array.from(this.#elements.keys()).sort();
  }

  elements(name: string): Elements | undefined {
    return this.#elements.get(name)?.view(this.#documentCount);
  }

  #addElements(doc: number, value: Exclude<PropertyValue, null>, property: PropertySchema): void {
    let elements = this.#elements.get(property.name);
    if (!elements) {
      elements = new MemoryElements(this.#made);
      this.#elements.set(property.name, elements);
    }
    elements.add(doc, value, property);
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
}

/**
 * The sections of a sealed segment whose document i is document `order[i]` of `columns`; others are
 * left out, and so are columns without any value. Columns that were made of several segments' documents,
 * in order, have the terms of their elements from `merged`.
 */
export function encodeColumns(
  columns: Columns,
  order: Uint32Array,
  merged?: readonly MergedElements[],
): Section[] {
  const times = new Float64Array(order.length * 2);
  for (let place = 0; place < order.length; place += 1) {
    times[place] = columns.createdAt[order[place]!]!;
    times[order.length + place] = columns.updatedAt[order[place]!]!;
  }
  return [
    ...encodeFields('columns', columns, order),
    { name: 'columns.times', parts: [bytesOf(times)] },
    ...encodeElements(columns, order, merged),
  ];
}

/** Opens what encodeColumns made. Throws DatabaseError 'corrupt', here or on the first use of a column. */
export function openColumns(source: SectionSource, documentCount: number): Columns {
  return new SealedColumns(source, documentCount);
}

class SealedColumns implements Columns {
  readonly documentCount: number;
  readonly createdAt: Float64Array;
  readonly updatedAt: Float64Array;
  readonly #fields: SealedFields;
  readonly #elements: SealedElements;

  constructor(source: SectionSource, documentCount: number) {
    this.documentCount = documentCount;
    this.#fields = new SealedFields('columns', source, documentCount);
    this.#elements = new SealedElements(source, documentCount);
    const times = new PartReader(source, 'columns.times');
    this.createdAt = times.floats(documentCount);
    this.updatedAt = times.floats(documentCount);
    times.end();
  }

  get names(): readonly string[] {
    return this.#fields.names;
  }

  get elementNames(): readonly string[] {
    return this.#elements.elementNames;
  }

  column(name: string): Column | undefined {
    return this.#fields.column(name);
  }

  elements(name: string): Elements | undefined {
    return this.#elements.elements(name);
  }
}
