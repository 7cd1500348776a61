// Codes of a segment: for each document the distinct centroids of its token vectors, as sections beside
// the vectors' own. Layout: docs/format/centroids.md.

import { assert } from '../assert.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { orderTokenVectors } from '../multivector/ordered-token-vectors.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import type { Section } from '../segment/sections.ts';
import { Assigner } from './assigner.ts';
import { type Centroids, finalProbes, floatsOf } from './centroids.ts';
import type { Codebook } from './codebook.ts';

/** Codes of a document fill up to a multiple of this by repeating the last. */
export const codesStep = 4;
/** Codes of one part of their section. */
const partCodes = 65_536;

/**
 * The codes of a document where they are known already, of the same codebook and filled up to a multiple
 * of 4; undefined where they are to be found.
 */
export type KnownCodes = (doc: number) => Uint16Array | undefined;

export interface CodesOptions {
  /** Called now and then with the part done, 0 … 1; what it throws ends the work. */
  readonly onProgress?: (done: number) => void;
  /** By default no codes are known. */
  readonly known?: KnownCodes;
}

/** Codes of documents one after another. */
export interface DocumentCodes {
  /** In steps of codes, of each document and one more: where its codes begin. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  readonly codes: Uint16Array<ArrayBuffer>;
}

/**
 * The codebook and the codes of all documents as sections whose names begin with `PREFIX.`. Codes are
 * made while their parts are taken; nothing of them is kept but where each document's begin. `kernels` may
 * be undefined where all codes are known.
 */
export function encodeCodes(
  kernels: Kernels | undefined,
  prefix: string,
  vectors: TokenVectors,
  codebook: Codebook,
  options: CodesOptions = {},
): Section[] {
  const codes = new CodeWriter(kernels, vectors, codebook, options);
  const section = (name: string, parts: Iterable<Uint8Array>): Section => ({
    ...{ name: `${prefix}.${name}`, parts },
  });
  const { cells, cellShares, cellStarts, centroids } = codebook;
  return [
    section('centroids', [centroids.rows]),
    section('scales', [bytesOf(centroids.scales)]),
    section('cells', [cells.rows]),
    section('cellFacts', [bytesOf(cells.scales), bytesOf(cellShares), bytesOf(cellStarts)]),
    section('codes', codes.parts()),
    section('offsets', [bytesOf(codes.offsets)]),
    section('head', headParts(vectors, codebook, codes)),
  ];
}

/** The codes of all documents at once, for vectors in memory. */
export function codesOfDocuments(
  kernels: Kernels,
  vectors: TokenVectors,
  centroids: Centroids,
): DocumentCodes {
  const writer = new CodeWriter(kernels, vectors, centroids, {});
  const parts = Array.from(writer.parts(), (part) => part.slice());
  const codes = new Uint16Array(writer.count);
  const bytes = new Uint8Array(codes.buffer);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { offsets: writer.offsets, codes };
}

function* headParts(
  { documentCount }: TokenVectors,
  { dims, normalized, count, cellCount, id, trainedCount, error }: Codebook,
  codes: CodeWriter,
): Generator<Uint8Array> {
  assert(codes.isWhole, 'codes are taken before the head that counts them');
  const flag = normalized ? 1 : 0;
  const [high, low] = [id.slice(0, 8), id.slice(8)].map((digits) => Number.parseInt(digits, 16));
  yield bytesOf(Uint32Array.of(dims, flag, count, cellCount, documentCount, codes.count));
  yield bytesOf(Uint32Array.of(low!, high!));
  yield bytesOf(Float64Array.of(trainedCount, error));
}

/** Gives the codes of one document after another, those that are known and those that it finds. */
class CodeWriter {
  readonly offsets: Uint32Array<ArrayBuffer>;
  readonly #kernels: Kernels | undefined;
  readonly #vectors: TokenVectors;
  readonly #centroids: Centroids;
  readonly #known: KnownCodes;
  readonly #onProgress: (done: number) => void;
  #count = 0;
  #isWhole = false;

  constructor(
    kernels: Kernels | undefined,
    vectors: TokenVectors,
    centroids: Centroids,
    { known = () => undefined, onProgress = () => undefined }: CodesOptions,
  ) {
    const { dims, normalized } = centroids;
    assert(dims === vectors.dims && normalized === vectors.normalized, 'centroids of such vectors');
    this.#kernels = kernels;
    this.#vectors = vectors;
    this.#centroids = centroids;
    this.#known = known;
    this.#onProgress = onProgress;
    this.offsets = new Uint32Array(vectors.documentCount + 1);
  }

  /** Codes of all documents so far. */
  get count(): number {
    return this.#count;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  *parts(): Generator<Uint8Array> {
    const { documentCount } = this.#vectors;
    const finder = this.#openFinder();
    let room = new Uint16Array(partCodes * 2);
    let size = 0;
    for (let doc = 0; doc < documentCount; doc++) {
      const codes = this.#known(doc) ?? finder?.next();
      assert(codes !== undefined, 'codes are known or found');
      if (size + codes.length > room.length) room = grown(room, size + codes.length);
      room.set(codes, size);
      size += codes.length;
      this.#count += codes.length;
      this.offsets[doc + 1] = this.#count / codesStep;
      if (size < partCodes) continue;
      yield bytesOf(room.subarray(0, size));
      size = 0;
      this.#onProgress((doc + 1) / documentCount);
    }
    yield bytesOf(room.subarray(0, size));
    finder?.close();
    this.#isWhole = true;
    this.#onProgress(1);
  }

  /** Undefined when everything is known. */
  #openFinder(): CodeFinder | undefined {
    const { documentCount } = this.#vectors;
    const unknown = new Uint32Array(documentCount);
    let count = 0;
    for (let doc = 0; doc < documentCount; doc++) {
      if (this.#known(doc) === undefined) unknown[count++] = doc;
    }
    if (count === 0) return undefined;
    assert(this.#kernels !== undefined, 'there are kernels to find codes with');
    const isAll = count === documentCount;
    const vectors = isAll
      ? this.#vectors
      : orderTokenVectors(this.#vectors, unknown.slice(0, count));
    return new CodeFinder(this.#kernels, vectors, this.#centroids);
  }
}

function grown(room: Uint16Array<ArrayBuffer>, length: number): Uint16Array<ArrayBuffer> {
  const larger = new Uint16Array(length + (length >> 1));
  larger.set(room);
  return larger;
}

/** Finds the centroids of vectors block by block and gives the distinct ones of each document. */
class CodeFinder {
  readonly #vectors: TokenVectors;
  readonly #kernels: Kernels;
  readonly #memory: KernelMemory;
  readonly #assigner: Assigner;
  readonly #probes: number;
  /** The last document, counted from 1, that has the centroid. */
  readonly #seen: Uint32Array;
  // Of a block, by address.
  readonly #rows: number;
  readonly #scales: number;
  readonly #winners: number;
  /** The winners of the block, and where it begins and ends. */
  #block = new Uint32Array(0);
  #from = 0;
  #end = 0;
  #doc = 0;
  #room = new Uint16Array(256);

  constructor(kernels: Kernels, vectors: TokenVectors, centroids: Centroids) {
    const { dims, stride, normalized, cellCount, count, cells, cellStarts } = centroids;
    this.#kernels = kernels;
    this.#memory = kernels.spare.take();
    this.#vectors = vectors;
    this.#probes = Math.min(finalProbes, cellCount);
    this.#seen = new Uint32Array(count);
    this.#assigner = new Assigner(kernels.createApproximate(this.#memory), this.#memory, {
      ...{ dims, stride, normalized, cellCountMax: cellCount, probesMax: finalProbes },
    });
    this.#assigner.setCells(floatsOf(cells, dims, stride));
    this.#assigner.setCentroids(floatsOf(centroids.centroids, dims, stride), cellStarts);
    const { blockVectors } = this.#assigner;
    this.#rows = this.#memory.allocate(blockVectors * stride);
    this.#scales = this.#memory.allocate(blockVectors * 4);
    this.#winners = this.#memory.allocate(blockVectors * 4);
  }

  /** The codes of the next document, until the next call. */
  next(): Uint16Array {
    const doc = this.#doc++;
    const end = this.#vectors.start(doc + 1);
    let size = 0;
    for (let vector = this.#vectors.start(doc); vector < end; vector++) {
      if (vector >= this.#end) this.#read();
      const code = this.#block[vector - this.#from]!;
      if (this.#seen[code] === doc + 1) continue;
      this.#seen[code] = doc + 1;
      // Room for this one and those that fill up.
      if (size + codesStep > this.#room.length) this.#room = grown(this.#room, size + codesStep);
      this.#room[size++] = code;
    }
    while (size % codesStep !== 0) {
      this.#room[size] = this.#room[size - 1]!;
      size += 1;
    }
    return this.#room.subarray(0, size);
  }

  close(): void {
    this.#kernels.spare.giveBack(this.#memory);
  }

  /** The next block of vectors. */
  #read(): void {
    const memory = this.#memory;
    const { stride, vectorCount } = this.#vectors;
    const from = this.#end;
    const count = Math.min(this.#assigner.blockVectors, vectorCount - from);
    const rows = memory.u8(this.#rows, count * stride);
    this.#vectors.readPlane(from, count, rows, memory.f32(this.#scales, count), 0);
    this.#assigner.assign(this.#rows, this.#scales, count, this.#probes, this.#winners);
    this.#block = memory.u32(this.#winners, count).slice();
    this.#from = from;
    this.#end = from + count;
  }
}

function bytesOf(array: Uint16Array | Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
