// An immutable segment, read over the sections that encode-segment.ts made of it. Only deletions change, and they live beside the file
// (deletions of the manifest). Layout: docs/FORMAT.md, "Segments".

import { assert } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import { ByteReader } from '../bytes.ts';
import type { Document, VectorValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { type Columns, openColumns } from '../filter/columns.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import { openTokenVectors, type SealedTokenVectors } from '../multivector/sealed-token-vectors.ts';
import { SegmentCodes, StoredCodes } from '../quantize/segment-codes.ts';
import { SingleLists } from '../quantize/single-lists.ts';
import { openTextIndex } from '../text/open-text-index.ts';
import type { TextIndex } from '../text/text-index.ts';
import { readUuid, writeUuid } from '../uuid.ts';
import { decodeStored } from './document-codec.ts';
import { readVector } from './memory-segment.ts';
import type { SectionReader, SectionSource } from './sections.ts';
import type { Segment } from './segment.ts';

/** What the section `head` holds, in JSON. */
export interface SegmentHead {
  readonly documentCount: number;
  readonly vectors: readonly { readonly name: string; readonly kind: VectorValue['kind'] }[];
}

interface NamedVectors {
  readonly kind: VectorValue['kind'];
  readonly vectors: SealedTokenVectors;
  readonly codes: SegmentCodes | undefined;
  readonly lists: SingleLists | undefined;
}

/** Reads a segment's sections. Uuids and offsets are resident; stored parts are read by position. */
export class SealedSegment implements Segment {
  readonly documentCount: number;
  readonly text: TextIndex;
  readonly columns: Columns;
  readonly live: Bitset;
  readonly order: Uint32Array;
  readonly vectorNames: readonly string[];
  readonly #source: SectionSource;
  readonly #vectors = new Map<string, NamedVectors>();
  readonly #uuids: Uint8Array;
  readonly #offsets: Float64Array;
  readonly #data: SectionReader;
  /** Where it lies: its key in the store. */
  readonly file: string;
  #liveCount: number;

  private constructor(source: SectionSource, file: string, memory: KernelMemory | undefined) {
    this.file = file;
    this.#source = source;
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
    try {
      for (const index of head.vectors.keys()) this.#openVectors(head, index, memory);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #openVectors({ vectors: named }: SegmentHead, index: number, memory?: KernelMemory): void {
    const { name, kind } = named[index]!;
    const prefix = `vectors.${index}`;
    const vectors = openTokenVectors(this.#source, prefix);
    if (!vectors) throw missing(this.file, prefix);
    const codes = memory && SegmentCodes.open(this.#source, `${prefix}.codes`, memory);
    // Known before the lists are opened: what fails then gives the codes back as well.
    this.#vectors.set(name, { kind, vectors, codes, lists: undefined });
    const lists = memory && SingleLists.open(this.#source, `${prefix}.lists`, memory);
    this.#vectors.set(name, { kind, vectors, codes, lists });
  }

  /**
   * Throws 'corrupt' naming `file` when sections are missing or contradict each other. Codes are opened
   * into `memory`; without one the segment can be read, not searched by candidates.
   */
  static open(source: SectionSource, file: string, memory?: KernelMemory): SealedSegment {
    return new SealedSegment(source, file, memory);
  }

  /** Gives the room of its codes and lists back. */
  close(): void {
    for (const { codes, lists } of this.#vectors.values()) {
      codes?.close();
      lists?.close();
    }
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  vectors(name: string): SealedTokenVectors | undefined {
    return this.#vectors.get(name)?.vectors;
  }

  lists(name: string): SingleLists | undefined {
    return this.#vectors.get(name)?.lists;
  }

  codes(name: string): SegmentCodes | undefined {
    return this.#vectors.get(name)?.codes;
  }

  /** Codes as the file holds them, for a segment that is made of this one. */
  storedCodes(name: string): StoredCodes | undefined {
    const index = this.vectorNames.indexOf(name);
    return index < 0 ? undefined : StoredCodes.open(this.#source, `vectors.${index}.codes`);
  }

  vectorKind(name: string): VectorValue['kind'] {
    const named = this.#vectors.get(name);
    assert(named !== undefined, `the segment has vectors named ${name}`);
    return named.kind;
  }

  uuid(doc: number): string {
    return readUuid(this.#uuids, doc * 16);
  }

  writeUuid(doc: number, into: Uint8Array, offset: number): void {
    for (let index = 0; index < 16; index += 1) {
      into[offset + index] = this.#uuids[doc * 16 + index]!;
    }
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
    const stored = decodeStored(new ByteReader(bytes, this.file));
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
