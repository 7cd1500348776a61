// The opened codes of a sealed segment: everything that its approximate stage keeps in memory, where
// the kernels read it, about 2 to 4 bytes a token vector.

import { DatabaseError } from '../errors.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import { vectorDimsMax } from '../limits.ts';
import type { SectionReader, SectionSource } from '../segment/sections.ts';
import { codesStep } from './encode-codes.ts';

/** dims, normalized (0 or 1), centroids, cells, documents, codes: u32 each. */
const headBytes = 24;
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

/** Centroids and codes by address in a KernelMemory; `close` gives the memory back. */
export class SegmentCodes {
  readonly memory: KernelMemory;
  readonly dims: number;
  readonly stride: number;
  readonly normalized: boolean;
  readonly centroidCount: number;
  readonly cellCount: number;
  readonly documentCount: number;
  /** Plane rows and f32 scales of the centroids, by cell. */
  readonly centroids: number;
  readonly scales: number;
  /** Plane rows and f32 scales of the middles of cells. */
  readonly cells: number;
  readonly cellScales: number;
  /** Centroids.cellShares and cellStarts. */
  readonly cellShares: Float32Array;
  readonly cellStarts: Uint32Array;
  /** u32 of each document and one more: where its codes begin, counted in fours. */
  readonly offsets: number;
  /** u16 of each code. */
  readonly codes: number;
  /** How many codes there are. */
  readonly codeCount: number;
  /** Lists of the documents from 0, 65,536, … on; none for a small segment. */
  readonly lists: readonly ListBlock[];
  readonly #pieces: number[] = [];
  #bytes = 0;

  private constructor(
    source: SectionSource,
    prefix: string,
    memory: KernelMemory,
    head: Uint32Array,
    listedMin: number,
  ) {
    const [dims, normalized, centroidCount, cellCount, documentCount, codeCount] = head;
    this.memory = memory;
    this.dims = dims!;
    this.stride = (dims! + 15) & ~15;
    this.normalized = normalized === 1;
    this.centroidCount = centroidCount!;
    this.cellCount = cellCount!;
    this.documentCount = documentCount!;
    this.codeCount = codeCount!;
    const facts = sized(source, `${prefix}.cellFacts`, cellCount! * 12 + 4).bytes(
      0,
      cellCount! * 12 + 4,
    );
    const cellScales = new Float32Array(facts.buffer, facts.byteOffset, cellCount!);
    this.cellShares = new Float32Array(facts.buffer, facts.byteOffset + cellCount! * 4, cellCount!);
    this.cellStarts = new Uint32Array(
      facts.buffer,
      facts.byteOffset + cellCount! * 8,
      cellCount! + 1,
    );
    const read = (name: string, length: number): number =>
      this.#read(sized(source, `${prefix}.${name}`, length));
    try {
      this.centroids = read('centroids', centroidCount! * this.stride);
      this.scales = read('scales', centroidCount! * 4);
      this.cells = read('cells', cellCount! * this.stride);
      this.cellScales = this.#allocate(cellCount! * 4);
      memory.f32(this.cellScales, cellCount!).set(cellScales);
      this.offsets = read('offsets', (documentCount! + 1) * 4);
      this.codes = read('codes', codeCount! * 2);
      this.#check(prefix);
      this.lists = documentCount! < listedMin ? [] : this.#makeLists();
    } catch (error) {
      this.close();
      throw error;
    }
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
    const reader = source.section(`${prefix}.head`);
    if (reader === undefined) return undefined;
    const name = `${prefix}.head`;
    if (reader.length !== headBytes) throw corrupt(name, 0, `a section of ${headBytes} bytes`);
    const bytes = reader.bytes(0, headBytes);
    const head = new Uint32Array(bytes.buffer, bytes.byteOffset, headBytes / 4);
    if (head[0] === 0 || head[0]! > vectorDimsMax) {
      throw corrupt(name, 0, `1 to ${vectorDimsMax} dims`);
    }
    if (head[1]! > 1) throw corrupt(name, 4, '0 or 1');
    if (head[2] === 0 || head[2]! > 65_536) throw corrupt(name, 8, '1 to 65536 centroids');
    if (head[3] === 0 || head[3]! > head[2]!) throw corrupt(name, 12, 'at most a cell a centroid');
    const listedMin = options.listedDocumentsMin ?? listedDocumentsMin;
    return new SegmentCodes(source, prefix, memory, head, listedMin);
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#bytes + this.cellShares.byteLength + this.cellStarts.byteLength;
  }

  /** Gives the memory back; nothing may be searched with these codes any more. */
  close(): void {
    for (const piece of this.#pieces) this.memory.free(piece);
    this.#pieces.length = 0;
    this.#bytes = 0;
  }

  #allocate(length: number): number {
    const at = this.memory.allocate(length);
    this.#pieces.push(at);
    this.#bytes += length;
    return at;
  }

  #read(reader: SectionReader): number {
    const at = this.#allocate(reader.length);
    if (reader.length > 0) reader.read(0, this.memory.u8(at, reader.length));
    return at;
  }

  /** Kernels read what offsets and codes say without looking: nothing may point outside. */
  #check(prefix: string): void {
    const { cellStarts, cellCount, centroidCount, documentCount, codeCount } = this;
    ascending(cellStarts, centroidCount, `${prefix}.cellFacts`, cellCount * 8);
    const offsets = this.memory.u32(this.offsets, documentCount + 1);
    ascending(offsets, codeCount / codesStep, `${prefix}.offsets`, 0);
    const codes = this.memory.u16(this.codes, codeCount);
    for (let i = 0; i < codeCount; i++) {
      if (codes[i]! >= centroidCount) {
        throw corrupt(`${prefix}.codes`, i * 2, `a code below ${centroidCount}`);
      }
    }
  }

  #makeLists(): ListBlock[] {
    const blocks: ListBlock[] = [];
    for (let first = 0; first < this.documentCount; first += listBlockDocuments) {
      blocks.push(this.#makeBlock(first, Math.min(this.documentCount, first + listBlockDocuments)));
    }
    return blocks;
  }

  /** Counting sort of (document, code) pairs by code; repeated codes of a document count once. */
  #makeBlock(first: number, end: number): ListBlock {
    const starts = this.memory.u32(this.offsets, this.documentCount + 1);
    const codes = this.memory.u16(this.codes, this.codeCount);
    const sizes = new Uint32Array(this.centroidCount + 1);
    for (let doc = first; doc < end; doc++) {
      const to = starts[doc + 1]! * codesStep;
      for (let i = starts[doc]! * codesStep; i < to; i++) {
        if (!isRepeated(codes, i, to)) sizes[codes[i]! + 1]! += 1;
      }
    }
    for (let c = 0; c < this.centroidCount; c++) sizes[c + 1]! += sizes[c]!;
    const offsetsAt = this.#allocate(sizes.byteLength);
    const listsAt = this.#allocate(sizes[this.centroidCount]! * 2);
    this.memory.u32(offsetsAt, sizes.length).set(sizes);
    const lists = this.memory.u16(listsAt, sizes[this.centroidCount]!);
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
}

/** Whether the code only fills up: the same comes next in the same document. */
function isRepeated(codes: Uint16Array, i: number, end: number): boolean {
  return i + 1 < end && codes[i + 1] === codes[i];
}

function ascending(numbers: Uint32Array, last: number, section: string, at: number): void {
  if (numbers[0] !== 0) throw corrupt(section, at, 'the first to be 0');
  for (let i = 1; i < numbers.length; i++) {
    if (numbers[i]! < numbers[i - 1]!)
      throw corrupt(section, at + i * 4, 'numbers that never fall');
  }
  if (numbers[numbers.length - 1] !== last) {
    throw corrupt(section, at + (numbers.length - 1) * 4, `the last to be ${last}`);
  }
}

/** The section of that name, which must have that length. */
function sized(source: SectionSource, name: string, length: number): SectionReader {
  const reader = source.section(name);
  if (reader === undefined) throw corrupt(name, 0, 'the section to be there');
  if (reader.length !== length) throw corrupt(name, 0, `${length} bytes, not ${reader.length}`);
  return reader;
}

function corrupt(section: string, offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file: `section ${section}`, offset, expected });
}
