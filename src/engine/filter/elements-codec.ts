// Elements of objects as sections of a segment file, and read from there. Layout:
// docs/format/columns.md, "elements".

import { assert } from '../assert.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import type { Section, SectionSource } from '../segment/sections.ts';
import { encodeTextIndex, encodeTextParts, type TextPart } from '../text/encode-text-index.ts';
import { openTextIndex } from '../text/open-text-index.ts';
import type { TextIndex } from '../text/text-index.ts';
import type { Column } from './column.ts';
import {
  bytesOf,
  elementsInOrder,
  encodeFields,
  offsetsInOrder,
  PartReader,
  SealedFields,
} from './column-codec.ts';
import type { ElementSource, Elements } from './elements.ts';

/** The elements of one of the segments that a merge reads. */
export interface MergedElements {
  readonly source: ElementSource;
  /** The new number of each parent, -1 for those that are left out. */
  readonly places: Int32Array;
}

/**
 * The sections of everything inside the objects of a segment whose document i is document `order[i]`
 * of those that `source` knows. With `merged` their terms come from there.
 */
export function encodeElements(
  source: ElementSource,
  order: Uint32Array,
  merged?: readonly MergedElements[],
): Section[] {
  const tables: Table[] = [];
  gather({ source, order, parent: 0, merged }, tables);
  const directory = new ByteWriter();
  directory.u32(tables.length);
  for (const { parent, name, order: elements } of tables) {
    directory.u32(parent);
    directory.text(name);
    directory.u32(elements.length);
  }
  const sections = tables.flatMap(({ elements, offsets, order: own, texts }, index): Section[] => [
    { name: `elements.${index}.offsets`, parts: [bytesOf(offsets)] },
    ...encodeFields(`elements.${index}.columns`, elements, own),
    ...encodeTexts(elements, own, texts).map(({ name, parts }) => ({
      name: `elements.${index}.${name}`,
      parts,
    })),
  ]);
  return [{ name: 'elements.directory', parts: [directory.finish()] }, ...sections];
}

function encodeTexts(
  { text }: Elements,
  order: Uint32Array,
  texts: readonly TextPart[] | undefined,
): Section[] {
  return texts ? encodeTextParts(texts, order.length) : encodeTextIndex(text, order);
}

interface Table {
  /** 0: documents; n: the table before it at n - 1. */
  readonly parent: number;
  readonly name: string;
  readonly elements: Elements;
  /** Of each element of the new segment the element it was. */
  readonly order: Uint32Array;
  /** Elements of each parent of the new segment. */
  readonly offsets: Uint32Array;
  /** Where its terms are instead of with the elements. */
  readonly texts: readonly TextPart[] | undefined;
}

/** Documents, or a table, whose properties are gathered. */
interface Parents {
  readonly source: ElementSource;
  readonly order: Uint32Array;
  readonly parent: number;
  readonly merged: readonly MergedElements[] | undefined;
}

/** Properties without an element in the new segment are left out. */
function gather({ source, order: parents, parent, merged }: Parents, tables: Table[]): void {
  for (const name of source.elementNames) {
    const elements = source.elements(name);
    assert(elements !== undefined, 'every name has its elements');
    const order = elementsInOrder(elements.offsets, parents);
    if (order.length === 0) continue;
    const offsets = offsetsInOrder(elements.offsets, parents);
    const inner = merged?.flatMap((each) => mergedInside(each, name, offsets));
    const texts = inner?.map(({ source: { text }, places }) => ({ index: text, places }));
    tables.push({ parent, name, elements, order, offsets, texts });
    gather({ source: elements, order, parent: tables.length, merged: inner }, tables);
  }
}

/** The elements of a property of one segment, numbered as they are in the new one. */
function mergedInside(
  { source, places: parents }: MergedElements,
  name: string,
  offsets: Uint32Array,
): { readonly source: Elements; readonly places: Int32Array }[] {
  const elements = source.elements(name);
  if (elements === undefined) return [];
  const places = new Int32Array(elements.count).fill(-1);
  for (let parent = 0; parent < parents.length; parent += 1) {
    const to = parents[parent]!;
    if (to < 0) continue;
    const from = elements.offsets[parent]!;
    const count = elements.offsets[parent + 1]! - from;
    assert(offsets[to + 1]! - offsets[to]! === count, 'an object keeps its elements in a merge');
    for (let index = 0; index < count; index += 1) places[from + index] = offsets[to]! + index;
  }
  return [{ source: elements, places }];
}

interface Entry {
  readonly index: number;
  readonly parent: number;
  readonly name: string;
  readonly count: number;
}

/** What encodeElements made; elements become resident when they are first asked for. */
export class SealedElements implements ElementSource {
  readonly elementNames: readonly string[];
  readonly #source: SectionSource;
  readonly #entries: readonly Entry[];
  readonly #own: ReadonlyMap<string, Entry>;
  readonly #parentCount: number;
  readonly #opened = new Map<string, Elements>();

  /** Throws DatabaseError 'corrupt' for a directory that contradicts itself. */
  constructor(
    source: SectionSource,
    parentCount: number,
    entries: readonly Entry[] = readDirectory(source),
    parent = 0,
  ) {
    this.#source = source;
    this.#entries = entries;
    this.#parentCount = parentCount;
    const own = entries.filter((entry) => entry.parent === parent);
    this.#own = new Map(own.map((entry) => [entry.name, entry]));
    this.elementNames = Array.from(this.#own.keys());
  }

  elements(name: string): Elements | undefined {
    const opened = this.#opened.get(name);
    if (opened) return opened;
    const entry = this.#own.get(name);
    if (!entry) return undefined;
    const { index, count } = entry;
    const prefix = `elements.${index}`;
    const parts = new PartReader(this.#source, `${prefix}.offsets`);
    const offsets = parts.offsets(this.#parentCount, count);
    parts.end();
    const elements = new SealedTable({
      count,
      offsets,
      text: openTextIndex(inside(this.#source, prefix), count),
      fields: new SealedFields(`${prefix}.columns`, this.#source, count),
      parts: new SealedElements(this.#source, count, this.#entries, index + 1),
    });
    this.#opened.set(name, elements);
    return elements;
  }
}

class SealedTable implements Elements {
  readonly count: number;
  readonly offsets: Uint32Array;
  readonly text: TextIndex;
  readonly names: readonly string[];
  readonly elementNames: readonly string[];
  readonly #fields: SealedFields;
  readonly #parts: SealedElements;

  constructor(table: {
    readonly count: number;
    readonly offsets: Uint32Array;
    readonly text: TextIndex;
    readonly fields: SealedFields;
    readonly parts: SealedElements;
  }) {
    this.count = table.count;
    this.offsets = table.offsets;
    this.text = table.text;
    this.#fields = table.fields;
    this.#parts = table.parts;
    this.names = table.fields.names;
    this.elementNames = table.parts.elementNames;
  }

  column(name: string): Column | undefined {
    return this.#fields.column(name);
  }

  elements(name: string): Elements | undefined {
    return this.#parts.elements(name);
  }
}

function readDirectory(source: SectionSource): Entry[] {
  const section = 'elements.directory';
  const reader = new ByteReader(new PartReader(source, section).rest(), section);
  const length = reader.u32();
  const entries: Entry[] = [];
  for (let index = 0; index < length; index += 1) {
    const parent = reader.u32();
    if (parent > index) throw reader.corrupt(`a table before table ${index}, found ${parent}`);
    entries.push({ index, parent, name: reader.text(), count: reader.u32() });
  }
  if (reader.remaining > 0) throw reader.corrupt('the end of the section');
  return entries;
}

/** The sections whose names begin with a prefix, under the rest of their names. */
function inside(source: SectionSource, prefix: string): SectionSource {
  const start = `${prefix}.`;
  return {
    section: (name) => source.section(start + name),
    names: source.names
      .filter((name) => name.startsWith(start))
      .map((name) => name.slice(start.length)),
  };
}
