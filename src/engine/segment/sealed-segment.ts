// An immutable segment: encodeSegment makes its sections from the live documents of others, ordered by
// uuid, and SealedSegment reads them. Only deletions change, and they live beside the file
// (deletions of the manifest). Layout: docs/FORMAT.md, "Segments".

import { assert } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import type { Document, VectorValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { type Columns, encodeColumns, openColumns } from '../filter/columns.ts';
import { encodeTokenVectors, openTokenVectors } from '../multivector/sealed-token-vectors.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { encodeTextIndex } from '../text/encode-text-index.ts';
import { openTextIndex } from '../text/open-text-index.ts';
import type { TextIndex } from '../text/text-index.ts';
import { readUuid, writeUuid } from '../uuid.ts';
import { decodeStored, encodeStored } from './document-codec.ts';
import { type MemorySegment, readVector } from './memory-segment.ts';
import type { Section, SectionReader, SectionSource } from './sections.ts';
import type { Segment } from './segment.ts';

interface SegmentHead {
  readonly documentCount: number;
  readonly vectors: readonly { readonly name: string; readonly kind: VectorValue['kind'] }[];
}

/** The live documents of a memory segment as the sections of a sealed one, in order of uuid. */
export function encodeSegment(memory: MemorySegment): Section[] {
  const order = memory.order.filter((doc) => memory.live.has(doc));
  const vectors = memory.vectorNames.map((name) => ({ name, kind: memory.vectorKind(name) }));
  const head = new ByteWriter();
  head.text(JSON.stringify({ documentCount: order.length, vectors } satisfies SegmentHead));
  const sections: Section[] = [
    { name: 'head', parts: [head.finish()] },
    ...encodeDocuments(memory, order),
    ...encodeTextIndex(memory.text, order),
    ...encodeColumns(memory.columns, order),
  ];
  for (const [index, { name }] of vectors.entries()) {
    const tokenVectors = memory.vectors(name);
    assert(tokenVectors !== undefined, 'a name of vectorNames has vectors');
    sections.push(...encodeTokenVectors(`vectors.${index}`, tokenVectors, order));
  }
  return sections;
}

function encodeDocuments(memory: MemorySegment, order: Uint32Array): Section[] {
  const uuids = new Uint8Array(order.length * 16);
  const offsets = new Float64Array(order.length + 1);
  const stored = new ByteWriter(order.length * 256);
  for (const [position, doc] of order.entries()) {
    writeUuid(memory.uuid(doc), uuids, position * 16);
    offsets[position] = stored.length;
    encodeStored(memory.document(doc, { vectors: false }), stored);
  }
  offsets[order.length] = stored.length;
  return [
    { name: 'uuids', parts: [uuids] },
    { name: 'stored.offsets', parts: [new Uint8Array(offsets.buffer)] },
    { name: 'stored.data', parts: [stored.finish()] },
  ];
}

/** Reads a segment's sections. Uuids and offsets are resident; stored parts are read by position. */
export class SealedSegment implements Segment {
  readonly documentCount: number;
  readonly text: TextIndex;
  readonly columns: Columns;
  readonly live: Bitset;
  readonly order: Uint32Array;
  readonly vectorNames: readonly string[];
  readonly #vectors = new Map<
    string,
    { readonly kind: VectorValue['kind']; readonly vectors: TokenVectors }
  >();
  readonly #uuids: Uint8Array;
  readonly #offsets: Float64Array;
  readonly #data: SectionReader;
  readonly #file: string;
  #liveCount: number;

  private constructor(source: SectionSource, file: string) {
    this.#file = file;
    const head = readHead(source, file);
    const count = head.documentCount;
    this.documentCount = count;
    this.#liveCount = count;
    this.live = Bitset.full(count);
    this.order = Uint32Array.from({ length: count }, (_, doc) => doc);
    this.#uuids = whole(source, 'uuids', file, count * 16);
    this.#offsets = new Float64Array(whole(source, 'stored.offsets', file, (count + 1) * 8).buffer);
    this.#data = named(source, 'stored.data', file);
    this.text = openTextIndex(source, count);
    this.columns = openColumns(source, count);
    this.vectorNames = head.vectors.map(({ name }) => name);
    for (const [index, { name, kind }] of head.vectors.entries()) {
      const vectors = openTokenVectors(source, `vectors.${index}`);
      if (!vectors) throw missing(file, `vectors.${index}`);
      this.#vectors.set(name, { kind, vectors });
    }
  }

  /** Throws 'corrupt' naming `file` when sections are missing or contradict each other. */
  static open(source: SectionSource, file: string): SealedSegment {
    return new SealedSegment(source, file);
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  vectors(name: string): TokenVectors | undefined {
    return this.#vectors.get(name)?.vectors;
  }

  uuid(doc: number): string {
    return readUuid(this.#uuids, doc * 16);
  }

  find(uuid: string): number {
    writeUuid(uuid, findScratch, 0);
    let low = 0;
    let high = this.documentCount - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = compareUuid(this.#uuids, middle * 16, findScratch);
      if (order === 0) return this.live.has(middle) ? middle : -1;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  document(doc: number, parts: { readonly vectors: boolean }): Document {
    const start = this.#offsets[doc];
    const end = this.#offsets[doc + 1];
    assert(start !== undefined && end !== undefined, `document ${doc} is in the segment`);
    const bytes = this.#data.bytes(start, end - start);
    const stored = decodeStored(new ByteReader(bytes, this.#file));
    const vectors = new Map<string, VectorValue>();
    if (parts.vectors) {
      for (const [name, entry] of this.#vectors) {
        const value = readVector(entry.vectors, doc, entry.kind);
        if (value) vectors.set(name, value);
      }
    }
    return { uuid: this.uuid(doc), ...stored, vectors };
  }

  remove(doc: number): boolean {
    if (!this.live.has(doc)) return false;
    this.live.clear(doc);
    this.#liveCount -= 1;
    this.text.remove(doc);
    return true;
  }
}

const findScratch = new Uint8Array(16);

function compareUuid(uuids: Uint8Array, offset: number, wanted: Uint8Array): number {
  for (let index = 0; index < 16; index += 1) {
    const difference = uuids[offset + index]! - wanted[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function readHead(source: SectionSource, file: string): SegmentHead {
  const section = named(source, 'head', file);
  const reader = new ByteReader(section.bytes(0, section.length), file);
  return JSON.parse(reader.text()) as SegmentHead;
}

function named(source: SectionSource, name: string, file: string): SectionReader {
  const section = source.section(name);
  if (!section) throw missing(file, name);
  return section;
}

function whole(
  source: SectionSource,
  name: string,
  file: string,
  length: number,
): Uint8Array<ArrayBuffer> {
  const section = named(source, name, file);
  if (section.length !== length) {
    const expected = `section ${name} of ${length} bytes, found ${section.length}`;
    throw new DatabaseError('corrupt', { file, offset: 0, expected });
  }
  return section.bytes(0, length);
}

function missing(file: string, name: string): DatabaseError {
  return new DatabaseError('corrupt', { file, offset: 0, expected: `section ${name}` });
}
