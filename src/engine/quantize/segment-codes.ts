// The opened codes of a sealed segment: everything that its approximate stage keeps in memory, where
// the kernels read it, about 2 to 4 bytes a token vector.

import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { SectionSource } from '../segment/sections.ts';
import type { Codebook } from './codebook.ts';
import { codesStep } from './encode-codes.ts';
import {
  ascending,
  CodebookHold,
  type CodesHead,
  corrupt,
  Pieces,
  readCodebook,
  readCodesHead,
  type SharedCodebook,
  sized,
} from './open-codebook.ts';

/** Inverted lists number the documents of a block with 16 bits. */
export const listBlockDocuments = 65_536;
/** In a smaller segment lists save a few hundredths of a query and cost as much memory as the codes. */
const listedDocumentsMin = 16_384;

export interface CodesOpenOptions {
  /** Documents from which a segment gets inverted lists; by default 16,384. */
  readonly listedDocumentsMin?: number;
}

/** Inverted lists of a block of documents, by address. */
export interface ListBlock {
  /** u32 of each centroid and one more: where its list begins, counted in documents. */
  readonly offsets: number;
  /** u16 of each entry: document minus the first of the block. */
  readonly lists: number;
}

/** What another thread needs to read the same codes: numbers and addresses. */
export interface SharedCodes {
  /** Several segments may have the same one, at the same addresses. */
  readonly codebook: SharedCodebook;
  readonly documentCount: number;
  /** u32 of each document and one more: where its codes begin, counted in fours. */
  readonly offsets: number;
  /** u16 of each code. */
  readonly codes: number;
  /** How many codes there are. */
  readonly codeCount: number;
  /** Lists of the documents from 0, 65,536, … on; none for a small segment. */
  readonly lists: readonly ListBlock[];
}

/** A codebook and codes by address in a KernelMemory; `close` gives the memory back. */
export class SegmentCodes implements SharedCodes {
  readonly memory: KernelMemory;
  readonly codebook: SharedCodebook;
  readonly documentCount: number;
  readonly offsets: number;
  readonly codes: number;
  readonly codeCount: number;
  readonly lists: readonly ListBlock[];
  /** Undefined in threads that only read. */
  readonly #held: { readonly pieces: Pieces; readonly hold: CodebookHold } | undefined;

  private constructor(
    memory: KernelMemory,
    shared: SharedCodes,
    held?: { readonly pieces: Pieces; readonly hold: CodebookHold },
  ) {
    this.memory = memory;
    this.#held = held;
    this.codebook = shared.codebook;
    this.documentCount = shared.documentCount;
    this.offsets = shared.offsets;
    this.codes = shared.codes;
    this.codeCount = shared.codeCount;
    this.lists = shared.lists;
  }

  /**
   * Reads what encodeCodes made; undefined when the source has no such sections. Throws DatabaseError
   * 'corrupt' when they contradict each other.
   */
  static open(
    source: SectionSource,
    prefix: string,
    memory: KernelMemory,
    options: CodesOpenOptions = {},
  ): SegmentCodes | undefined {
    const head = readCodesHead(source, prefix);
    if (head === undefined) return undefined;
    const hold = CodebookHold.open(source, prefix, head, memory);
    const pieces = new Pieces(memory);
    try {
      const shared = readCodes(source, prefix, head, pieces, hold.codebook);
      const listedMin = options.listedDocumentsMin ?? listedDocumentsMin;
      const lists = shared.documentCount < listedMin ? [] : makeLists(shared, pieces);
      return new SegmentCodes(memory, { ...shared, lists }, { pieces, hold });
    } catch (error) {
      pieces.free();
      hold.release();
      throw error;
    }
  }

  /** The codes of another thread's `share`, whose memory this is; they stay that thread's to close. */
  static attach(shared: SharedCodes, memory: KernelMemory): SegmentCodes {
    return new SegmentCodes(memory, shared);
  }

  /** What other threads attach to, as long as this is not closed; can be sent to them. */
  share(): SharedCodes {
    const { codebook, documentCount, offsets, codes, codeCount, lists } = this;
    return { codebook, documentCount, offsets, codes, codeCount, lists };
  }

  /** Bytes of memory held, and this one's part of the codebook. */
  get bytes(): number {
    return this.#held === undefined ? 0 : this.#held.pieces.bytes + this.#held.hold.bytes;
  }

  /** Gives the memory back; nothing may be searched with these codes any more. */
  close(): void {
    this.#held?.pieces.free();
    this.#held?.hold.release();
  }
}

/** Reads offsets and codes into memory. */
function readCodes(
  source: SectionSource,
  prefix: string,
  { documentCount, codeCount }: CodesHead,
  pieces: Pieces,
  codebook: SharedCodebook,
): SharedCodes {
  const read = (name: string, length: number): number =>
    pieces.read(sized(source, `${prefix}.${name}`, length));
  const offsets = read('offsets', (documentCount + 1) * 4);
  const codes = read('codes', codeCount * 2);
  const { memory } = pieces;
  checkCodes(
    memory.u32(offsets, documentCount + 1),
    memory.u16(codes, codeCount),
    codebook.centroidCount,
    prefix,
  );
  return { codebook, documentCount, offsets, codes, codeCount, lists: [] };
}

/** Kernels read what offsets and codes say without looking: nothing may point outside. */
function checkCodes(
  offsets: Uint32Array,
  codes: Uint16Array,
  centroidCount: number,
  prefix: string,
): void {
  ascending(offsets, codes.length / codesStep, `${prefix}.offsets`, 0);
  for (let i = 0; i < codes.length; i++) {
    if (codes[i]! >= centroidCount) {
      throw corrupt(`${prefix}.codes`, i * 2, `a code below ${centroidCount}`);
    }
  }
}

/** The codes of a segment as its file holds them, to be written into another one. */
export class StoredCodes {
  readonly head: CodesHead;
  readonly #source: SectionSource;
  readonly #prefix: string;
  #read: { readonly offsets: Uint32Array; readonly codes: Uint16Array } | undefined;

  private constructor(source: SectionSource, prefix: string, head: CodesHead) {
    this.head = head;
    this.#source = source;
    this.#prefix = prefix;
  }

  /** Undefined when the source has none. */
  static open(source: SectionSource, prefix: string): StoredCodes | undefined {
    const head = readCodesHead(source, prefix);
    return head && new StoredCodes(source, prefix, head);
  }

  /** Reads the codebook. */
  codebook(): Codebook {
    return readCodebook(this.#source, this.#prefix, this.head);
  }

  /** The codes of a document, filled up; reads all of them at the first call. Throws 'corrupt'. */
  of(doc: number): Uint16Array {
    this.#read ??= this.#readAll();
    const { offsets, codes } = this.#read;
    if (doc >= this.head.documentCount) return codes.subarray(0, 0);
    return codes.subarray(offsets[doc]! * codesStep, offsets[doc + 1]! * codesStep);
  }

  #readAll(): { readonly offsets: Uint32Array; readonly codes: Uint16Array } {
    const { documentCount, codeCount, centroidCount } = this.head;
    const bytes = (name: string, length: number): Uint8Array<ArrayBuffer> =>
      sized(this.#source, `${this.#prefix}.${name}`, length).bytes(0, length);
    const offsetBytes = bytes('offsets', (documentCount + 1) * 4);
    const codeBytes = bytes('codes', codeCount * 2);
    const offsets = new Uint32Array(offsetBytes.buffer, offsetBytes.byteOffset, documentCount + 1);
    const codes = new Uint16Array(codeBytes.buffer, codeBytes.byteOffset, codeCount);
    checkCodes(offsets, codes, centroidCount, this.#prefix);
    return { offsets, codes };
  }
}

function makeLists(shared: SharedCodes, pieces: Pieces): ListBlock[] {
  const blocks: ListBlock[] = [];
  const { documentCount } = shared;
  for (let first = 0; first < documentCount; first += listBlockDocuments) {
    const end = Math.min(documentCount, first + listBlockDocuments);
    blocks.push(makeBlock(shared, pieces, first, end));
  }
  return blocks;
}

/** Counting sort of (document, code) pairs by code; repeated codes of a document count once. */
function makeBlock(shared: SharedCodes, pieces: Pieces, first: number, end: number): ListBlock {
  const { memory } = pieces;
  const { documentCount, codeCount } = shared;
  const { centroidCount } = shared.codebook;
  const starts = memory.u32(shared.offsets, documentCount + 1);
  const codes = memory.u16(shared.codes, codeCount);
  const sizes = new Uint32Array(centroidCount + 1);
  for (let doc = first; doc < end; doc++) {
    const to = starts[doc + 1]! * codesStep;
    for (let i = starts[doc]! * codesStep; i < to; i++) {
      if (!isRepeated(codes, i, to)) sizes[codes[i]! + 1]! += 1;
    }
  }
  for (let c = 0; c < centroidCount; c++) sizes[c + 1]! += sizes[c]!;
  const offsetsAt = pieces.allocate(sizes.byteLength);
  const listsAt = pieces.allocate(sizes[centroidCount]! * 2);
  memory.u32(offsetsAt, sizes.length).set(sizes);
  const lists = memory.u16(listsAt, sizes[centroidCount]!);
  for (let doc = first; doc < end; doc++) {
    const to = starts[doc + 1]! * codesStep;
    for (let i = starts[doc]! * codesStep; i < to; i++) {
      if (isRepeated(codes, i, to)) continue;
      lists[sizes[codes[i]!]!] = doc - first;
      sizes[codes[i]!]! += 1;
    }
  }
  return { offsets: offsetsAt, lists: listsAt };
}

/** Whether the code only fills up: the same comes next in the same document. */
function isRepeated(codes: Uint16Array, i: number, end: number): boolean {
  return i + 1 < end && codes[i + 1] === codes[i];
}
