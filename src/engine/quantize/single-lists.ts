// The opened lists of a segment's single vectors (encode-single-lists.ts): centroids and the list of each
// document lie in memory, 2 bytes a vector and the centroids; rows are read list by list.

import { DatabaseError } from '../errors.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import { vectorDimsMax } from '../limits.ts';
import { planeZero, strideOf } from '../multivector/quantize.ts';
import type { SectionReader, SectionSource } from '../segment/sections.ts';
import { type ListMetric, listMetrics } from './encode-single-lists.ts';
import { noList } from './list-assignment.ts';
import { listRowBytes } from './list-rows.ts';

/** dims, metric, documents, vectors, lists: u32 each. */
const headBytes = 20;

/** What another thread needs to read the same lists beside their rows: numbers and addresses. */
export interface SharedSingleLists {
  readonly dims: number;
  /** Bytes of a centroid's row. */
  readonly stride: number;
  readonly metric: ListMetric;
  readonly documentCount: number;
  readonly vectorCount: number;
  /** 0: these vectors can only be scored exactly. */
  readonly listCount: number;
  /** Mean of all vectors; centroids and rows are less this. */
  readonly centre: Float32Array;
  /** Plane rows and f32 scales of the centroids, by address. */
  readonly centroids: number;
  readonly scales: number;
  /** Of each list: root mean squared distance of its vectors from the centroid. */
  readonly spreads: Float32Array;
  /** Mean squared distance of its vectors from the centre. */
  readonly squares: Float32Array;
  /** Root mean squared distance of its vectors from their rows. */
  readonly errors: Float32Array;
  /** Squared length of its centroid. */
  readonly lengths: Float32Array;
  /** List l has rows starts[l] … starts[l + 1] - 1. */
  readonly starts: Uint32Array;
  /** u16 of each document by address: its list, or noList. */
  readonly listOf: number;
}

/** Centroids by address in a KernelMemory; `close` gives the memory back. */
export class SingleLists implements SharedSingleLists {
  readonly memory: KernelMemory;
  readonly dims: number;
  readonly stride: number;
  readonly metric: ListMetric;
  readonly documentCount: number;
  readonly vectorCount: number;
  readonly listCount: number;
  readonly centre: Float32Array;
  readonly centroids: number;
  readonly scales: number;
  readonly spreads: Float32Array;
  readonly squares: Float32Array;
  readonly errors: Float32Array;
  readonly lengths: Float32Array;
  readonly starts: Uint32Array;
  readonly listOf: number;
  /** Bytes of a row of a list: kernels/single-kernel.ts. */
  readonly rowBytes: number;
  readonly #rows: SectionReader;
  /** Addresses that this object must free. */
  readonly #pieces: number[];

  private constructor(
    memory: KernelMemory,
    shared: SharedSingleLists,
    rows: SectionReader,
    pieces: number[],
  ) {
    this.memory = memory;
    this.dims = shared.dims;
    this.stride = shared.stride;
    this.metric = shared.metric;
    this.documentCount = shared.documentCount;
    this.vectorCount = shared.vectorCount;
    this.listCount = shared.listCount;
    this.centre = shared.centre;
    this.centroids = shared.centroids;
    this.scales = shared.scales;
    this.spreads = shared.spreads;
    this.squares = shared.squares;
    this.errors = shared.errors;
    this.lengths = shared.lengths;
    this.starts = shared.starts;
    this.listOf = shared.listOf;
    this.rowBytes = listRowBytes(shared.dims);
    this.#rows = rows;
    this.#pieces = pieces;
  }

  /**
   * Reads what encodeSingleLists made; undefined when the source has no such sections. Throws
   * DatabaseError 'corrupt' when they contradict each other.
   */
  static open(
    source: SectionSource,
    prefix: string,
    memory: KernelMemory,
  ): SingleLists | undefined {
    const head = readHead(source, `${prefix}.head`);
    if (head === undefined) return undefined;
    const pieces: number[] = [];
    try {
      const shared = readLists(source, prefix, memory, head, pieces);
      return new SingleLists(memory, shared, rowsOf(source, prefix, shared), pieces);
    } catch (error) {
      for (const piece of pieces) memory.free(piece);
      throw error;
    }
  }

  /**
   * The lists of another thread's `share`, whose memory this is; they stay that thread's to close. Rows
   * come from the source.
   */
  static attach(
    shared: SharedSingleLists,
    source: SectionSource,
    prefix: string,
    memory: KernelMemory,
  ): SingleLists {
    return new SingleLists(memory, shared, rowsOf(source, prefix, shared), []);
  }

  /** What other threads attach to, as long as this is not closed; can be sent to them. */
  share(): SharedSingleLists {
    const { dims, stride, metric, documentCount, vectorCount, listCount } = this;
    const { centre, centroids, scales, spreads, squares, errors, lengths, starts, listOf } = this;
    return {
      ...{ dims, stride, metric, documentCount, vectorCount, listCount },
      ...{ centre, centroids, scales, spreads, squares, errors, lengths, starts, listOf },
    };
  }

  /** Bytes of memory held. */
  get bytes(): number {
    const { listCount, stride, documentCount } = this;
    const own = this.centre.byteLength + listCount * 20;
    if (this.#pieces.length === 0) return own;
    return own + listCount * (stride + 4) + documentCount * 2;
  }

  /** Gives the memory back; nothing may be searched with these lists any more. */
  close(): void {
    for (const piece of this.#pieces) this.memory.free(piece);
    this.#pieces.length = 0;
  }

  /** Copies rows from row `from` on until `into`, whole rows long, is full. */
  readRows(from: number, into: Uint8Array): void {
    if (into.length > 0) this.#rows.read(from * this.rowBytes, into);
  }
}

/** Checked numbers of the head; undefined without such a section. */
function readHead(source: SectionSource, name: string): Uint32Array | undefined {
  const reader = source.section(name);
  if (reader === undefined) return undefined;
  if (reader.length !== headBytes) throw corrupt(name, 0, `a section of ${headBytes} bytes`);
  const bytes = reader.bytes(0, headBytes);
  const head = new Uint32Array(bytes.buffer, bytes.byteOffset, headBytes / 4);
  if (head[0]! > vectorDimsMax) throw corrupt(name, 0, `at most ${vectorDimsMax} dims`);
  if (head[1]! >= listMetrics.length) throw corrupt(name, 4, 'a metric');
  if (head[3]! > head[2]!) throw corrupt(name, 12, 'at most a vector a document');
  if (head[4]! > head[3]! || head[4]! > noList) throw corrupt(name, 16, 'a vector in each list');
  return head;
}

/** Reads the sections into memory; what is allocated goes to `pieces`. */
function readLists(
  source: SectionSource,
  prefix: string,
  memory: KernelMemory,
  head: Uint32Array,
  pieces: number[],
): SharedSingleLists {
  const [dims = 0, metric = 0, documentCount = 0, vectorCount = 0, listCount = 0] = head;
  const stride = strideOf(dims);
  const read = (name: string, length: number): Uint8Array<ArrayBuffer> =>
    sized(source, `${prefix}.${name}`, length).bytes(0, length);
  const load = (bytes: Uint8Array): number => {
    const at = memory.allocate(bytes.length);
    pieces.push(at);
    memory.u8(at, bytes.length).set(bytes);
    return at;
  };
  const centre = new Float32Array(read('centre', dims * 4).buffer);
  const facts = read('facts', listCount * 20 + 4).buffer;
  const floats = (i: number): Float32Array => new Float32Array(facts, i * listCount * 4, listCount);
  const starts = new Uint32Array(facts, listCount * 16, listCount + 1);
  const rows = read('centroids', listCount * stride);
  const listOf = read('listOf', documentCount * 2);
  checkStarts(starts, vectorCount, `${prefix}.facts`);
  checkListOf(new Uint16Array(listOf.buffer), listCount, `${prefix}.listOf`);
  const scales = new Uint8Array(facts, 0, listCount * 4);
  return {
    ...{ dims, stride, metric: listMetrics[metric]!, documentCount, vectorCount, listCount },
    ...{ centre, centroids: load(rows), scales: load(scales), starts, listOf: load(listOf) },
    ...{ spreads: floats(1), squares: floats(2), errors: floats(3) },
    lengths: squaredLengths(rows, floats(0), stride),
  };
}

function rowsOf(
  source: SectionSource,
  prefix: string,
  { vectorCount, dims }: SharedSingleLists,
): SectionReader {
  return sized(source, `${prefix}.rows`, vectorCount * listRowBytes(dims));
}

/** Searches read what starts and lists say without looking: nothing may point outside. */
function checkStarts(starts: Uint32Array, vectorCount: number, section: string): void {
  const listCount = starts.length - 1;
  const at = listCount * 16;
  if (starts[0] !== 0) throw corrupt(section, at, 'the first start to be 0');
  for (let list = 1; list <= listCount; list++) {
    if (starts[list]! <= starts[list - 1]!) throw corrupt(section, at + list * 4, 'rising starts');
  }
  if (starts[listCount] !== vectorCount) {
    throw corrupt(section, at + listCount * 4, `the last start to be ${vectorCount}`);
  }
}

function checkListOf(listOf: Uint16Array, listCount: number, section: string): void {
  for (let doc = 0; doc < listOf.length; doc++) {
    if (listOf[doc]! !== noList && listOf[doc]! >= listCount) {
      throw corrupt(section, doc * 2, `a list below ${listCount}`);
    }
  }
}

function squaredLengths(rows: Uint8Array, scales: Float32Array, stride: number): Float32Array {
  return scales.map((scale, list) => {
    let squares = 0;
    for (let i = list * stride; i < (list + 1) * stride; i++)
      squares += (rows[i]! - planeZero) ** 2;
    return squares * scale * scale;
  });
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
