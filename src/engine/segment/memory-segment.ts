// The segment that takes the writes: everything in memory, searchable at once, no training. Recovery
// fills it from the log; a flush encodes it (sealed-segment.ts).

import { assert } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import type { Document, PropertyValue, VectorValue } from '../document.ts';
import { MemoryColumns } from '../filter/columns.ts';
import { plainRowKernel } from '../kernels/plain-rows.ts';
import type { RowKernel } from '../kernels/row-kernels.ts';
import {
  MemoryTokenVectors,
  type SharedTokenVectors,
} from '../multivector/memory-token-vectors.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import type { CollectionSchema, PropertySchema, VectorSchema } from '../schema.ts';
import { analyze } from '../text/analysis.ts';
import { MemoryTextIndex } from '../text/memory-text-index.ts';
import { writeUuid } from '../uuid.ts';
import type { Segment } from './segment.ts';

interface NamedVectors {
  readonly kind: VectorValue['kind'];
  readonly vectors: MemoryTokenVectors;
}

/** A growing segment. Not thread-safe: one thread writes and reads. */
export class MemorySegment implements Segment {
  readonly #documents: Omit<Document, 'vectors'>[] = [];
  readonly #docs = new Map<string, number>();
  readonly #vectors = new Map<string, NamedVectors>();
  readonly #text: MemoryTextIndex = new MemoryTextIndex();
  readonly #columns: MemoryColumns = new MemoryColumns();
  readonly #rows: RowKernel;
  /** Words of the live documents, with room for more; and what of them was asked for last. */
  #liveWords = new Uint32Array(2);
  #live: Bitset | undefined;
  #liveCount = 0;
  #storedBytes = 0;
  #order: Uint32Array | undefined;

  /** `rows` quantises vectors: the thread's kernel. */
  constructor(rows: RowKernel = plainRowKernel) {
    this.#rows = rows;
  }

  get documentCount(): number {
    return this.#documents.length;
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  get live(): Bitset {
    // A copy, so that documents added later are not in the set of a search that has begun.
    const length = this.documentCount;
    this.#live ??= new Bitset(length, this.#liveWords.slice(0, (length + 31) >>> 5));
    return this.#live;
  }

  get text(): MemoryTextIndex {
    return this.#text;
  }

  get columns(): MemoryColumns {
    return this.#columns;
  }

  /** Memory that the segment holds, near enough to decide when to seal it. */
  get bytes(): number {
    let bytes = this.#storedBytes + this.#text.bytes + this.#columns.bytes;
    for (const { vectors } of this.#vectors.values()) bytes += vectors.bytes;
    return bytes;
  }

  get vectorNames(): readonly string[] {
    return [...this.#vectors.keys()];
  }

  vectorKind(name: string): VectorValue['kind'] {
    const named = this.#vectors.get(name);
    assert(named !== undefined, `the segment has vectors named ${name}`);
    return named.kind;
  }

  vectors(name: string): TokenVectors | undefined {
    return this.#vectors.get(name)?.vectors;
  }

  /** The vectors under a name for other threads, as they are now; undefined when there are none. */
  share(name: string): SharedTokenVectors | undefined {
    return this.#vectors.get(name)?.vectors.share();
  }

  /** Never trained: what is in memory is scored exactly. */
  codes(_name: string): undefined {
    return undefined;
  }

  lists(_name: string): undefined {
    return undefined;
  }

  uuid(doc: number): string {
    return this.#documents[doc]!.uuid;
  }

  writeUuid(doc: number, into: Uint8Array, offset: number): void {
    writeUuid(this.#documents[doc]!.uuid, into, offset);
  }

  find(uuid: string): number {
    return this.#docs.get(uuid) ?? -1;
  }

  get order(): Uint32Array {
    this.#order ??= Uint32Array.from(this.#documents.keys()).sort((a, b) =>
      compareText(this.uuid(a), this.uuid(b)),
    );
    return this.#order;
  }

  document(doc: number, parts: { readonly vectors: boolean }): Document {
    const stored = this.#documents[doc];
    assert(stored !== undefined, `document ${doc} is one of ${this.documentCount}`);
    const vectors = new Map<string, VectorValue>();
    if (parts.vectors) {
      for (const [name, named] of this.#vectors) {
        const value = readVector(named.vectors, doc, named.kind);
        if (value) vectors.set(name, value);
      }
    }
    return { ...stored, vectors };
  }

  /**
   * Adds a checked document; an older one with the same uuid stops being live. Vectors must have the
   * dims and kinds of those that are here. Returns the document's number.
   */
  add(document: Document, schema: CollectionSchema): number {
    const older = this.find(document.uuid);
    if (older >= 0) this.remove(older);
    const doc = this.#documents.length;
    const { vectors, ...stored } = document;
    this.#documents.push(stored);
    this.#docs.set(document.uuid, doc);
    this.#setLive(doc);
    this.#storedBytes += 200 + roughBytes(document.properties) + placeBytes(document);
    this.#order = undefined;
    for (const property of schema.properties) this.#indexText(doc, document, property);
    this.#text.grow(doc + 1);
    this.#columns.add(doc, document, schema);
    for (const vector of schema.vectors) this.#addVector(doc, vector, vectors.get(vector.name));
    return doc;
  }

  remove(doc: number): boolean {
    const bit = 1 << (doc & 31);
    if (((this.#liveWords[doc >>> 5] ?? 0) & bit) === 0) return false;
    this.#liveWords[doc >>> 5]! &= ~bit;
    this.#live?.clear(doc);
    this.#liveCount -= 1;
    this.#text.remove(doc);
    this.#docs.delete(this.uuid(doc));
    return true;
  }

  #setLive(doc: number): void {
    const word = doc >>> 5;
    if (word >= this.#liveWords.length) {
      const words = new Uint32Array(this.#liveWords.length * 2);
      words.set(this.#liveWords);
      this.#liveWords = words;
    }
    this.#liveWords[word]! |= 1 << (doc & 31);
    this.#live = undefined;
    this.#liveCount += 1;
  }

  #indexText(doc: number, document: Document, property: PropertySchema): void {
    const { tokenization, analyzer } = property;
    if (tokenization === undefined) return;
    if (!property.filterable && !property.searchable) return;
    const value = document.properties[property.name];
    const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
    for (const text of texts as readonly PropertyValue[]) {
      if (typeof text !== 'string') continue;
      this.#text.add(doc, property.name, analyze(text, { tokenization, analyzer }));
    }
  }

  #addVector(doc: number, schema: VectorSchema, value: VectorValue | undefined): void {
    let named = this.#vectors.get(schema.name);
    if (!named) {
      if (!value) return;
      const normalized = schema.metric === 'cosine';
      const vectors = MemoryTokenVectors.open({ normalized, rows: this.#rows });
      named = { kind: schema.kind, vectors };
      this.#vectors.set(schema.name, named);
    }
    if (value) named.vectors.append(doc, value);
  }
}

/** The vectors of one document as a value; undefined when it has none. */
export function readVector(
  vectors: TokenVectors,
  doc: number,
  kind: VectorValue['kind'],
): VectorValue | undefined {
  if (doc >= vectors.documentCount) return undefined;
  const count = vectors.count(doc);
  if (count === 0) return undefined;
  const values = new Float32Array(count * vectors.dims);
  vectors.readOriginals(doc, values);
  return { kind, dims: vectors.dims, values };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Size of a value on the heap: exact for texts, which are what counts. */
function roughBytes(value: PropertyValue): number {
  if (typeof value === 'string') return value.length + 16;
  if (value === null || typeof value !== 'object') return 8;
  let bytes = 32;
  for (const inner of Object.values(value)) bytes += 16 + roughBytes(inner as PropertyValue);
  return bytes;
}

/** Size of what says where token vectors came from. */
function placeBytes({ pooled, places, words }: Document): number {
  let bytes = 0;
  for (const groups of pooled?.values() ?? []) bytes += 100 + groups.byteLength;
  for (const { boxes, spans, text } of [...(places?.values() ?? []), ...(words?.values() ?? [])]) {
    bytes += 200 + (boxes?.byteLength ?? 0) + (spans?.byteLength ?? 0) + (text?.length ?? 0);
  }
  return bytes;
}
