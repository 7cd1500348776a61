// Codebooks of segments as their files hold them, opened: once in a memory however many segments use
// them, or as plain numbers for who makes segments.

import { DatabaseError } from '../errors.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import { vectorDimsMax } from '../limits.ts';
import type { SectionReader, SectionSource } from '../segment/sections.ts';
import { type Codebook, digitsOf } from './codebook.ts';

/** What every thread needs to read a codebook of the shared memory: numbers and addresses. */
export interface SharedCodebook {
  /** Codebook.id. */
  readonly id: string;
  readonly dims: number;
  readonly stride: number;
  readonly normalized: boolean;
  readonly trainedCount: number;
  readonly error: number;
  readonly centroidCount: number;
  readonly cellCount: number;
  /** Plane rows and f32 scales of the centroids, by cell. */
  readonly centroids: number;
  readonly scales: number;
  /** Plane rows and f32 scales of the middles of cells. */
  readonly cells: number;
  readonly cellScales: number;
  /** Centroids.cellShares and cellStarts. */
  readonly cellShares: Float32Array;
  readonly cellStarts: Uint32Array;
}

/** What the section `head` of codes says. */
export interface CodesHead {
  readonly id: string;
  readonly dims: number;
  readonly normalized: boolean;
  readonly centroidCount: number;
  readonly cellCount: number;
  readonly documentCount: number;
  readonly codeCount: number;
  readonly trainedCount: number;
  readonly error: number;
}

/** Six u32, the id, then trainedCount and error as f64. */
const headBytes = 48;

/** Undefined when the source has no codes under the prefix; throws 'corrupt' for what can not be. */
export function readCodesHead(source: SectionSource, prefix: string): CodesHead | undefined {
  const name = `${prefix}.head`;
  const reader = source.section(name);
  if (reader === undefined) return undefined;
  if (reader.length !== headBytes) throw corrupt(name, 0, `a section of ${headBytes} bytes`);
  const { buffer, byteOffset } = reader.bytes(0, headBytes);
  const words = new Uint32Array(buffer, byteOffset, 8);
  const [dims = 0, flag = 0, centroidCount = 0, cellCount = 0] = words;
  const [trainedCount = 0, error = 0] = new Float64Array(buffer, byteOffset + 32, 2);
  if (dims === 0 || dims > vectorDimsMax) throw corrupt(name, 0, `1 to ${vectorDimsMax} dims`);
  if (flag > 1) throw corrupt(name, 4, '0 or 1');
  if (centroidCount === 0 || centroidCount > 65_536) throw corrupt(name, 8, '1 to 65536 centroids');
  if (cellCount === 0 || cellCount > centroidCount) {
    throw corrupt(name, 12, 'at most a cell a centroid');
  }
  if (!(trainedCount >= 0 && error >= 0)) throw corrupt(name, 32, 'two numbers of at least 0');
  return {
    ...{ id: digitsOf(words[7]!) + digitsOf(words[6]!), dims, normalized: flag === 1 },
    ...{ centroidCount, cellCount, documentCount: words[4]!, codeCount: words[5]! },
    ...{ trainedCount, error },
  };
}

/** The codebook of a segment's codes as encodeCodes took it. */
export function readCodebook(source: SectionSource, prefix: string, head: CodesHead): Codebook {
  const { id, dims, normalized, centroidCount: count, cellCount, trainedCount, error } = head;
  const stride = strideOf(dims);
  const bytes = (name: string, length: number): Uint8Array<ArrayBuffer> =>
    sized(source, `${prefix}.${name}`, length).bytes(0, length);
  const { cellScales, cellShares, cellStarts } = readCellFacts(source, prefix, head);
  const scales = bytes('scales', count * 4);
  return {
    ...{ id, dims, stride, normalized, count, cellCount, trainedCount, error },
    centroids: {
      rows: bytes('centroids', count * stride),
      scales: new Float32Array(scales.buffer, scales.byteOffset, count),
    },
    cells: { rows: bytes('cells', cellCount * stride), scales: cellScales },
    ...{ cellStarts, cellShares },
  };
}

/** The codebook as plain numbers again. */
export function copyCodebook(memory: KernelMemory, shared: SharedCodebook): Codebook {
  const { id, dims, stride, normalized, centroidCount: count, cellCount } = shared;
  const { trainedCount, error, cellShares, cellStarts } = shared;
  return {
    ...{ id, dims, stride, normalized, count, cellCount, trainedCount, error },
    centroids: {
      rows: memory.u8(shared.centroids, count * stride).slice(),
      scales: memory.f32(shared.scales, count).slice(),
    },
    cells: {
      rows: memory.u8(shared.cells, cellCount * stride).slice(),
      scales: memory.f32(shared.cellScales, cellCount).slice(),
    },
    ...{ cellStarts, cellShares },
  };
}

/** A codebook in a memory, with how many hold it. */
interface HeldCodebook {
  readonly codebook: SharedCodebook;
  readonly pieces: Pieces;
  holders: number;
}

/** Codebooks that are open, of each memory by id. */
const openCodebooks = new WeakMap<KernelMemory, Map<string, HeldCodebook>>();

/** A codebook of a memory, held until it is released. */
export class CodebookHold {
  readonly #held: HeldCodebook;
  readonly #memory: KernelMemory;

  private constructor(memory: KernelMemory, held: HeldCodebook) {
    this.#memory = memory;
    this.#held = held;
    held.holders += 1;
  }

  /**
   * Reads the codebook of codes into the memory, unless another segment has brought the same one there.
   * Throws 'corrupt' when sections have other lengths than the head says or contradict it.
   */
  static open(
    source: SectionSource,
    prefix: string,
    head: CodesHead,
    memory: KernelMemory,
  ): CodebookHold {
    const known = openCodebooks.get(memory) ?? new Map<string, HeldCodebook>();
    openCodebooks.set(memory, known);
    const { cellStarts } = readCellFacts(source, prefix, head);
    ascending(cellStarts, head.centroidCount, `${prefix}.cellFacts`, head.cellCount * 8);
    const same = known.get(head.id);
    if (same !== undefined && isLike(same.codebook, head)) return new CodebookHold(memory, same);
    const pieces = new Pieces(memory);
    try {
      const codebook = readIntoMemory(source, prefix, head, pieces);
      const held = { codebook, pieces, holders: 0 };
      if (same === undefined) known.set(head.id, held);
      return new CodebookHold(memory, held);
    } catch (error) {
      pieces.free();
      throw error;
    }
  }

  get codebook(): SharedCodebook {
    return this.#held.codebook;
  }

  /** Bytes of memory of the codebook, divided by how many hold it. */
  get bytes(): number {
    const { codebook, pieces, holders } = this.#held;
    const facts = codebook.cellShares.byteLength + codebook.cellStarts.byteLength;
    return (pieces.bytes + facts) / holders;
  }

  /** Called once; the last one frees the memory. */
  release(): void {
    const held = this.#held;
    held.holders -= 1;
    if (held.holders > 0) return;
    held.pieces.free();
    const known = openCodebooks.get(this.#memory);
    if (known?.get(held.codebook.id) === held) known.delete(held.codebook.id);
  }
}

/** Codes trust the counts: a codebook of other ones is another, whatever its id. */
function isLike(codebook: SharedCodebook, head: CodesHead): boolean {
  return (
    codebook.dims === head.dims &&
    codebook.normalized === head.normalized &&
    codebook.centroidCount === head.centroidCount &&
    codebook.cellCount === head.cellCount
  );
}

function readIntoMemory(
  source: SectionSource,
  prefix: string,
  head: CodesHead,
  pieces: Pieces,
): SharedCodebook {
  const { memory } = pieces;
  const { id, dims, normalized, centroidCount, cellCount, trainedCount, error } = head;
  const stride = strideOf(dims);
  const read = (name: string, length: number): number =>
    pieces.read(sized(source, `${prefix}.${name}`, length));
  const facts = readCellFacts(source, prefix, head);
  const cellScales = pieces.allocate(cellCount * 4);
  memory.f32(cellScales, cellCount).set(facts.cellScales);
  const { cellShares, cellStarts } = facts;
  return {
    ...{ id, dims, stride, normalized, centroidCount, cellCount, trainedCount, error },
    centroids: read('centroids', centroidCount * stride),
    scales: read('scales', centroidCount * 4),
    cells: read('cells', cellCount * stride),
    ...{ cellScales, cellShares, cellStarts },
  };
}

interface CellFacts {
  readonly cellScales: Float32Array<ArrayBuffer>;
  readonly cellShares: Float32Array<ArrayBuffer>;
  readonly cellStarts: Uint32Array<ArrayBuffer>;
}

function readCellFacts(source: SectionSource, prefix: string, { cellCount }: CodesHead): CellFacts {
  const length = cellCount * 12 + 4;
  const { buffer, byteOffset: at } = sized(source, `${prefix}.cellFacts`, length).bytes(0, length);
  return {
    cellScales: new Float32Array(buffer, at, cellCount),
    cellShares: new Float32Array(buffer, at + cellCount * 4, cellCount),
    cellStarts: new Uint32Array(buffer, at + cellCount * 8, cellCount + 1),
  };
}

function strideOf(dims: number): number {
  return (dims + 15) & ~15;
}

/** Pieces of a memory that are freed together. */
export class Pieces {
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

/** Throws 'corrupt' unless the numbers begin with 0, never fall and end with `last`. */
export function ascending(numbers: Uint32Array, last: number, section: string, at: number): void {
  if (numbers[0] !== 0) throw corrupt(section, at, 'the first to be 0');
  for (let i = 1; i < numbers.length; i++) {
    if (numbers[i]! < numbers[i - 1]!)
      throw corrupt(section, at + i * 4, 'numbers that never fall');
  }
  if (numbers[numbers.length - 1] !== last) {
    throw corrupt(section, at + (numbers.length - 1) * 4, `the last to be ${last}`);
  }
}

/** The section of that name, which must have that length; throws 'corrupt'. */
export function sized(source: SectionSource, name: string, length: number): SectionReader {
  const reader = source.section(name);
  if (reader === undefined) throw corrupt(name, 0, 'the section to be there');
  if (reader.length !== length) throw corrupt(name, 0, `${length} bytes, not ${reader.length}`);
  return reader;
}

/** What a section holds can not be. */
export function corrupt(section: string, offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file: `section ${section}`, offset, expected });
}
