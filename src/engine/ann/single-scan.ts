// The exact best single vectors of a segment: a scan of the 7-bit planes says what each document can
// score at most, and only those that can be among the best are scored from their originals.

import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { normMax } from '../kernels/row-kernels.ts';
import type { SingleKernel } from '../kernels/single-kernel.ts';
import type { MaxSimQuery } from '../multivector/maxsim.ts';
import type { SingleQuery } from '../multivector/single-metrics.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { type TopHits, TopK } from '../multivector/top-k.ts';
import { bestScores } from './best-scores.ts';
import { Scratch } from './scratch.ts';

/** Plane bytes of a block: it stays in the second-level cache. */
const blockBytes = 256 * 1024;
/** Reading so many rows of others beside each costs no more than a read of its own. */
const skippedMax = 16;
/** What rounding may take from a sum of squares, as a part of it. */
const squareSlack = 4e-6;
/** A float32 of a number times this is not below it. */
const roundUp = 2 ** -22;

/** The lowest finite float32. */
const lowest = -3.4028234663852886e38;

/** Where a scanned query lies, and how far its scores may be off: quantize.ts. */
interface LoadedQuery {
  readonly scan: MaxSimQuery;
  readonly address: number;
  readonly start: number;
  readonly scale: number;
}

/** Owns a kernel and buffers; one per thread. */
export class SingleScan {
  readonly #kernel: SingleKernel;
  readonly #memory: KernelMemory;
  readonly #scratch: Scratch;
  #reaches = new Float32Array(0);

  constructor(kernels: Kernels, memory: KernelMemory) {
    this.#kernel = kernels.createSingle(memory);
    this.#memory = memory;
    this.#scratch = new Scratch(memory);
  }

  get bytes(): number {
    return this.#scratch.bytes + this.#reaches.byteLength;
  }

  close(): void {
    this.#scratch.close();
  }

  /**
   * The k best of the allowed documents (ascending), what scoring every original would give. Each
   * document has one vector or none. Metrics that planes say nothing about read every original.
   */
  top(query: SingleQuery, vectors: TokenVectors, docs: Uint32Array | 'all', k: number): TopHits {
    const top = new TopK(k);
    if (k === 0 || vectors.vectorCount === 0) return top.take();
    const count = docs === 'all' ? vectors.documentCount : docs.length;
    if (this.#reaches.length < count) this.#reaches = new Float32Array(count);
    this.#fillReaches(query, vectors, docs, count);
    const vector = new Float32Array(vectors.dims);
    let done = 0;
    for (let wanted = Math.max(2 * k, 64); ; wanted *= 4) {
      const places = bestScores(this.#reaches, count, wanted);
      for (; done < places.length; done++) {
        const place = places[done]!;
        if (this.#reaches[place]! < top.threshold) return top.take();
        const doc = docs === 'all' ? place : docs[place]!;
        vectors.readOriginals(doc, vector);
        top.push(doc, query.score(vector));
      }
      if (places.length < wanted) return top.take();
    }
  }

  /** The largest score that each document can have; -Infinity without a vector. */
  #fillReaches(
    query: SingleQuery,
    vectors: TokenVectors,
    docs: Uint32Array | 'all',
    count: number,
  ): void {
    const reaches = this.#reaches;
    const byPlane = query.metric !== 'hamming' && query.metric !== 'manhattan';
    if (!byPlane) {
      for (let i = 0; i < count; i++) {
        const doc = docs === 'all' ? i : docs[i]!;
        reaches[i] = vectors.count(doc) === 0 ? -Infinity : Infinity;
      }
      return;
    }
    const loaded = this.#load(query.scan);
    const rowsMax = Math.max(1, Math.floor(blockBytes / vectors.stride));
    for (let from = 0; from < count; ) {
      const block = blockOf(vectors, docs, from, count, rowsMax);
      this.#fillBlock(query, loaded, vectors, docs, block);
      from = block.to;
    }
  }

  #fillBlock(
    query: SingleQuery,
    { scan, address, start, scale }: LoadedQuery,
    vectors: TokenVectors,
    docs: Uint32Array | 'all',
    { from, to, firstRow, rowCount: room }: Block,
  ): void {
    const { stride } = vectors;
    const rows = this.#scratch.room('rows', room * stride);
    const scales = this.#scratch.room('scales', room * 4);
    const out = this.#scratch.room('scores', room * 4);
    const into = {
      rows: this.#memory.u8(rows, room * stride),
      scales: this.#memory.f32(scales, room),
    };
    const isWhole = firstRow !== undefined;
    if (isWhole) vectors.readPlane(firstRow, room, into.rows, into.scales, 0);
    const filled = isWhole ? room : readRows(vectors, docs, from, to, into);
    this.#kernel.scoreBytes(address, start, stride, rows, scales, filled, out);
    const scores = this.#memory.f32(out, filled);
    let next = 0;
    for (let i = from; i < to; i++) {
      const doc = docs === 'all' ? i : docs[i]!;
      if (vectors.count(doc) === 0) {
        this.#reaches[i] = -Infinity;
        continue;
      }
      const row = isWhole ? vectors.start(doc) - firstRow : next++;
      this.#reaches[i] = reachOf(query, scan, vectors, doc, scores[row]! * scale);
    }
  }

  #load(scan: MaxSimQuery): LoadedQuery {
    const address = this.#scratch.room('query', scan.stride);
    this.#memory.i8(address, scan.stride).set(scan.rows);
    let sum = 0;
    for (const value of scan.rows) sum += value;
    return { scan, address, start: -64 * sum, scale: scan.scales[0]! };
  }
}

/** Some allowed documents whose rows are read together. */
interface Block {
  readonly from: number;
  readonly to: number;
  /** All rows from here on are read, also those of others; undefined: only those of the documents. */
  readonly firstRow: number | undefined;
  /** Rows that there must be room for. */
  readonly rowCount: number;
}

/** The documents from `docs[from]` on that fit in a block. */
function blockOf(
  vectors: TokenVectors,
  docs: Uint32Array | 'all',
  from: number,
  count: number,
  rowsMax: number,
): Block {
  const docOf = (i: number): number => (docs === 'all' ? i : docs[i]!);
  const firstRow = vectors.start(docOf(from));
  let to = from + 1;
  while (to < count && vectors.start(docOf(to) + 1) - firstRow <= rowsMax) to++;
  const rowCount = vectors.start(docOf(to - 1) + 1) - firstRow;
  if ((to - from) * skippedMax >= rowCount) return { from, to, firstRow, rowCount };
  const end = Math.min(count, from + rowsMax);
  return { from, to: end, firstRow: undefined, rowCount: end - from };
}

/** Copies the rows of `docs[from … to - 1]`, neighbours in one go; returns how many there are. */
function readRows(
  vectors: TokenVectors,
  docs: Uint32Array | 'all',
  from: number,
  to: number,
  { rows, scales }: { readonly rows: Uint8Array; readonly scales: Float32Array },
): number {
  let filled = 0;
  let runStart = 0;
  let runCount = 0;
  for (let i = from; i < to; i++) {
    const doc = docs === 'all' ? i : docs[i]!;
    const start = vectors.start(doc);
    if (start !== runStart + runCount) {
      vectors.readPlane(runStart, runCount, rows, scales, filled);
      filled += runCount;
      runStart = start;
      runCount = 0;
    }
    runCount += vectors.count(doc);
  }
  vectors.readPlane(runStart, runCount, rows, scales, filled);
  return filled + runCount;
}

/** The largest score of a document whose row has this product with the query; as a float32. */
function reachOf(
  { metric, length }: SingleQuery,
  { errorShare, normShare }: MaxSimQuery,
  vectors: TokenVectors,
  doc: number,
  product: number,
): number {
  const norm = vectors.norm(doc);
  // Overflowing scores are bounded by nothing.
  if (!(norm < normMax)) return Infinity;
  const errorNorm = vectors.errorNorm(doc);
  let reach: number;
  if (metric === 'l2-squared') {
    const squares = length * length + norm * norm;
    const square = squares * (1 - squareSlack) - 2 * (product + normShare * norm);
    const distance = Math.max(0, Math.sqrt(Math.max(0, square)) * (1 - squareSlack) - errorNorm);
    reach = -distance * distance;
  } else {
    reach = product + errorShare * errorNorm + normShare * norm;
    if (metric === 'cosine') reach += roundUp - 1;
  }
  if (Number.isNaN(reach)) return Infinity;
  // Scores stay finite (exact.ts); -Infinity is for documents without a vector.
  return Math.max(lowest, reach + Math.abs(reach) * roundUp);
}
