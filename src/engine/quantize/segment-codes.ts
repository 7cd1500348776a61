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

/** What another thread needs to read the same codes: numbers and addresses. */
export interface SharedCodes {
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
}

/** Centroids and codes by address in a KernelMemory; `close` gives the memory back. */
export class SegmentCodes implements SharedCodes {
  readonly memory: KernelMemory;
  readonly dims: number;
  readonly stride: number;
  readonly normalized: boolean;
  readonly centroidCount: number;
  readonly cellCount: number;
  readonly documentCount: number;
  readonly centroids: number;
  readonly scales: number;
  readonly cells: number;
  readonly cellScales: number;
  readonly cellShares: Float32Array;
  readonly cellStarts: Uint32Array;
  readonly offsets: number;
  readonly codes: number;
  readonly codeCount: number;
  readonly lists: readonly ListBlock[];
  /** Undefined in threads that only read. */
  readonly #pieces: Pieces | undefined;

  private constructor(memory: KernelMemory, shared: SharedCodes, pieces?: Pieces) {
    this.memory = memory;
    this.#pieces = pieces;
    this.dims = shared.dims;
    this.stride = shared.stride;
    this.normalized = shared.normalized;
    this.centroidCount = shared.centroidCount;
    this.cellCount = shared.cellCount;
    this.documentCount = shared.documentCount;
    this.centroids = shared.centroids;
    this.scales = shared.scales;
    this.cells = shared.cells;
    this.cellScales = shared.cellScales;
    this.cellShares = shared.cellShares;
    this.cellStarts = shared.cellStarts;
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
    const pieces = new Pieces(memory);
    try {
      const shared = readCodes(source, prefix, pieces, head);
      const listedMin = options.listedDocumentsMin ?? listedDocumentsMin;
      const lists = shared.documentCount < listedMin ? [] : makeLists(shared, pieces);
      return new SegmentCodes(memory, { ...shared, lists }, pieces);
    } catch (error) {
      pieces.free();
      throw error;
    }
  }

  /** The codes of another thread's `share`, whose memory this is; they stay that thread's to close. */
  static attach(shared: SharedCodes, memory: KernelMemory): SegmentCodes {
    return new SegmentCodes(memory, shared);
  }

  /** What other threads attach to, as long as this is not closed; can be sent to them. */
  share(): SharedCodes {
    const { dims, stride, normalized, centroidCount, cellCount, documentCount } = this;
    const { centroids, scales, cells, cellScales, cellShares, cellStarts } = this;
    const { offsets, codes, codeCount, lists } = this;
    return {
      ...{ dims, stride, normalized, centroidCount, cellCount, documentCount },
      ...{ centroids, scales, cells, cellScales, cellShares, cellStarts },
      ...{ offsets, codes, codeCount, lists },
    };
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return (this.#pieces?.bytes ?? 0) + this.cellShares.byteLength + this.cellStarts.byteLength;
  }

  /** Gives the memory back; nothing may be searched with these codes any more. */
  close(): void {
    this.#pieces?.free();
  }
}

/** What codes hold of a memory. */
class Pieces {
  readonly memory: KernelMemory;
  readonly #addresses: number[] = [];
  #bytes = 0;

  constructor(memory: KernelMemory) {
    this.memory = memory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  allocate(length: number): number {
    const at = this.memory.allocate(length);
    this.#addresses.push(at);
    this.#bytes += length;
    return at;
  }

  read(reader: SectionReader): number {
    const at = this.allocate(reader.length);
    if (reader.length > 0) reader.read(0, this.memory.u8(at, reader.length));
    return at;
  }

  free(): void {
    for (const address of this.#addresses) this.memory.free(address);
    this.#addresses.length = 0;
    this.#bytes = 0;
  }
}

/** Reads the sections into memory; `head` is checked. */
function readCodes(
  source: SectionSource,
  prefix: string,
  pieces: Pieces,
  head: Uint32Array,
): SharedCodes {
  const { memory } = pieces;
  const [dims = 0, normalized, centroidCount = 0, cellCount = 0, documentCount = 0, codeCount = 0] =
    head;
  const stride = (dims + 15) & ~15;
  const factsBytes = cellCount * 12 + 4;
  const facts = sized(source, `${prefix}.cellFacts`, factsBytes).bytes(0, factsBytes);
  const factsAt = facts.byteOffset;
  const read = (name: string, length: number): number =>
    pieces.read(sized(source, `${prefix}.${name}`, length));
  const cellScales = pieces.allocate(cellCount * 4);
  memory.f32(cellScales, cellCount).set(new Float32Array(facts.buffer, factsAt, cellCount));
  const shared: SharedCodes = {
    ...{ dims, stride, normalized: normalized === 1, centroidCount, cellCount, documentCount },
    centroids: read('centroids', centroidCount * stride),
    scales: read('scales', centroidCount * 4),
    cells: read('cells', cellCount * stride),
    cellScales,
    cellShares: new Float32Array(facts.buffer, factsAt + cellCount * 4, cellCount),
    cellStarts: new Uint32Array(facts.buffer, factsAt + cellCount * 8, cellCount + 1),
    offsets: read('offsets', (documentCount + 1) * 4),
    codes: read('codes', codeCount * 2),
    codeCount,
    lists: [],
  };
  checkCodes(shared, memory, prefix);
  return shared;
}

/** Kernels read what offsets and codes say without looking: nothing may point outside. */
function checkCodes(shared: SharedCodes, memory: KernelMemory, prefix: string): void {
  const { cellStarts, cellCount, centroidCount, documentCount, codeCount } = shared;
  ascending(cellStarts, centroidCount, `${prefix}.cellFacts`, cellCount * 8);
  const offsets = memory.u32(shared.offsets, documentCount + 1);
  ascending(offsets, codeCount / codesStep, `${prefix}.offsets`, 0);
  const codes = memory.u16(shared.codes, codeCount);
  for (let i = 0; i < codeCount; i++) {
    if (codes[i]! >= centroidCount) {
      throw corrupt(`${prefix}.codes`, i * 2, `a code below ${centroidCount}`);
    }
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
  const { documentCount, codeCount, centroidCount } = shared;
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
