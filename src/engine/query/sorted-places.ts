// The first documents of a snapshot in the order of some sort keys. Keys at the front that columns
// answer are compared there, for all documents; only those that are among the first so far, or as good
// by those keys, have the rest of their keys read from what is stored.

import type { Document } from '../document.ts';
import type { Column } from '../filter/column.ts';
import type { PropertyType } from '../schema.ts';
import type { Segment } from '../segment/segment.ts';
import type { Place } from './fetch.ts';
import type { SortKey } from './query.ts';
import type { Snapshot } from './snapshot.ts';
import { makeSorter, type Sorter, type SortValues } from './sort.ts';

/**
 * The places of the first `count` documents. Throws DatabaseError as makeSorter does. Works through
 * every document once; memory grows with `count`.
 */
export function sortedPlaces(snapshot: Snapshot, sort: readonly SortKey[], count: number): Place[] {
  const { collection, properties } = snapshot.schema;
  const types = new Map(properties.map(({ name, type }) => [name, type]));
  const end = sort.findIndex((key) => !isLeading(key, types));
  const decided = end < 0 ? sort.length : end;
  const next = sort[decided];
  // A text's column only says how it begins: the key is asked again where that decides nothing.
  const leading = sort.slice(0, next && isText(next, types) ? decided + 1 : decided);
  // All keys are checked, also those that columns answer.
  makeSorter(leading, { collection, properties });
  const rest = makeSorter(sort.slice(decided), { collection, properties });
  const first = new FirstPlaces(count, rest, leading.length * partsPerKey);
  for (const [index, { segment, allowed }] of snapshot.segments.entries()) {
    const keys = leading.map((key) => openKey(key, segment));
    for (let doc = 0; doc < segment.documentCount; doc += 1) {
      if (allowed && !allowed.has(doc)) continue;
      for (let at = 0; at < keys.length; at += 1) readParts(keys[at]!, doc, first.lead, at);
      first.offer(index, segment, doc);
    }
  }
  return first.finish();
}

/**
 * A leading key has two numbers: its value and, of dates, the nanoseconds in the millisecond; of texts
 * both say how it begins.
 */
const partsPerKey = 2;

/** Whether a column has the key's one value of every document as a number. */
function isLeading({ by }: SortKey, types: ReadonlyMap<string, PropertyType>): boolean {
  if (by.kind === 'createdAt' || by.kind === 'updatedAt') return true;
  if (by.kind !== 'property') return false;
  const type = types.get(by.name);
  return type === 'int' || type === 'number' || type === 'boolean' || type === 'date';
}

function isText({ by }: SortKey, types: ReadonlyMap<string, PropertyType>): boolean {
  return by.kind === 'property' && types.get(by.name) === 'text';
}

/** A leading key in one segment; smaller parts come first, also in descending order. */
interface OpenKey {
  readonly sign: 1 | -1;
  /** Undefined for times of the object, which are always there, and where no document has a value. */
  readonly present: Column['present'] | undefined;
  readonly values: Float64Array | Uint8Array | undefined;
  readonly nanos: Uint32Array | undefined;
  /** Of texts, instead of values. */
  readonly starts: Uint32Array | undefined;
}

function openKey({ by, ascending }: SortKey, { columns }: Segment): OpenKey {
  const key = {
    sign: ascending ? 1 : -1,
    ...{ present: undefined, values: undefined, nanos: undefined, starts: undefined },
  } as const;
  if (by.kind === 'createdAt' || by.kind === 'updatedAt')
    return { ...key, values: columns[by.kind] };
  const column = by.kind === 'property' ? columns.column(by.name) : undefined;
  switch (column?.kind) {
    case 'number':
    case 'boolean':
      return { ...key, present: column.present, values: column.values };
    case 'date':
      return { ...key, present: column.present, values: column.ms, nanos: column.nanos };
    case 'length':
      return { ...key, present: column.present, starts: column.starts };
    default:
      return key;
  }
}

/** Absent values are the least, as makeSorter has it. */
function readParts(key: OpenKey, doc: number, into: Float64Array, at: number): void {
  const { sign, present, values, nanos, starts } = key;
  const place = at * partsPerKey;
  const isThere = (values ?? starts) !== undefined && (present === undefined || present.has(doc));
  if (!isThere) {
    into[place] = sign * Number.NEGATIVE_INFINITY;
    into[place + 1] = 0;
  } else if (starts) {
    into[place] = sign * starts[doc * 2]!;
    into[place + 1] = sign * starts[doc * 2 + 1]!;
  } else {
    into[place] = sign * values![doc]!;
    into[place + 1] = nanos ? sign * nanos[doc]! : 0;
  }
}

interface Candidate {
  readonly index: number;
  readonly segment: Segment;
  readonly doc: number;
  readonly lead: Float64Array;
  /** Read when leading keys do not decide. */
  rest: SortValues | undefined;
}

/** Keeps the first documents of those that are offered: a heap with the last of them on top. */
class FirstPlaces {
  /** Leading parts of the document that is offered next. */
  readonly lead: Float64Array;
  readonly #count: number;
  readonly #rest: Sorter;
  readonly #heap: Candidate[] = [];

  constructor(count: number, rest: Sorter, parts: number) {
    this.lead = new Float64Array(parts);
    this.#count = count;
    this.#rest = rest;
  }

  offer(index: number, segment: Segment, doc: number): void {
    const heap = this.#heap;
    const last = heap[0];
    if (heap.length < this.#count) {
      heap.push({ index, segment, doc, lead: this.lead.slice(), rest: undefined });
      this.#rise(heap.length - 1);
      return;
    }
    if (last === undefined || compareParts(this.lead, last.lead) > 0) return;
    const candidate = { index, segment, doc, lead: this.lead.slice(), rest: undefined };
    if (this.#compare(candidate, last) >= 0) return;
    heap[0] = candidate;
    this.#sink();
  }

  finish(): Place[] {
    return this.#heap
      .sort((a, b) => this.#compare(a, b))
      .map(({ index, segment, doc }) => ({ segment: index, doc, uuid: segment.uuid(doc) }));
  }

  #compare(a: Candidate, b: Candidate): number {
    return compareParts(a.lead, b.lead) || this.#rest.compare(this.#restOf(a), this.#restOf(b));
  }

  #restOf(candidate: Candidate): SortValues {
    const { segment, doc } = candidate;
    candidate.rest ??= this.#rest.values(
      this.#rest.readsProperties ? segment.document(doc, { vectors: false }) : headOf(segment, doc),
    );
    return candidate.rest;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#compare(heap[at]!, heap[parent]!) <= 0) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let last = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#compare(heap[child]!, heap[last]!) > 0) last = child;
      }
      if (last === at) return;
      [heap[at], heap[last]] = [heap[last]!, heap[at]!];
      at = last;
    }
  }
}

/** What is known of a document without reading it. */
function headOf(segment: Segment, doc: number): Omit<Document, 'vectors'> {
  const { createdAt, updatedAt } = segment.columns;
  return {
    uuid: segment.uuid(doc),
    createdAt: createdAt[doc]!,
    updatedAt: updatedAt[doc]!,
    properties: {},
  };
}

function compareParts(a: Float64Array, b: Float64Array): number {
  for (let at = 0; at < a.length; at += 1) {
    if (a[at]! < b[at]!) return -1;
    if (a[at]! > b[at]!) return 1;
  }
  return 0;
}
