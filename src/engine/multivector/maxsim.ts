// Scores documents by MaxSim: quantised over planes for a scan, exact over originals for the best.
// An approximate stage, which names candidates instead of scanning all, will stand before
// scoreDocuments; what follows it is here already.

import { assert } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { KernelBlock, MaxSimKernel } from '../kernels/maxsim-kernel.ts';
import { normMax } from '../kernels/row-kernels.ts';
import { type Alignment, ExactMaxSim } from './exact-maxsim.ts';
import { type QuantizedQuery, quantizeQuery } from './quantize.ts';
import type { TokenVectors } from './token-vectors.ts';
import { type TopHits, TopK } from './top-k.ts';

/** Plane bytes of a block: small enough to be scored while still in the second-level cache. */
const blockBytes = 256 * 1024;

/** A query ready to be scored against any segment; immutable, made once a query. */
export type MaxSimQuery = QuantizedQuery;

/**
 * Quantises a query. `normalized` must be that of the vectors it will meet: true for cosine. The
 * values must be finite, which the database checks, and must not change afterwards.
 */
export function prepareQuery(query: VectorValue, normalized: boolean): MaxSimQuery {
  return quantizeQuery(query.values, query.dims, normalized);
}

/**
 * Scores documents by MaxSim. Owns the kernel's memory and buffers: one per thread, used for every
 * query. Query and vectors must agree in dims (unless the vectors have none yet) and in `normalized`.
 */
export class MaxSimScorer {
  readonly #kernel: MaxSimKernel;
  readonly #exact: ExactMaxSim;
  /** The query that the kernel holds. */
  #loaded: MaxSimQuery | undefined;
  /** Of each allowed document: the largest score that it can have. */
  #scores = new Float32Array(0);
  #everyDoc = new Uint32Array(0);

  private constructor(kernels: Kernels) {
    this.#kernel = kernels.createMaxSim();
    this.#exact = new ExactMaxSim(kernels, this.#kernel);
  }

  static open(kernels: Kernels): MaxSimScorer {
    return new MaxSimScorer(kernels);
  }

  /** Bytes of memory held; grows with the largest document and segment met. */
  get bytes(): number {
    const own = this.#scores.byteLength + this.#everyDoc.byteLength;
    return this.#kernel.bytes + this.#exact.bytes + own;
  }

  /**
   * Quantised MaxSim of the documents `docs[0 … count - 1]` into `out`; -Infinity for a document
   * without vectors. Ascending docs are fastest. Exact scores differ by at most `boundOf`.
   */
  scoreDocuments(
    query: MaxSimQuery,
    vectors: TokenVectors,
    docs: Uint32Array,
    count: number,
    out: Float32Array,
  ): void {
    if (vectors.vectorCount === 0) {
      out.fill(-Infinity, 0, count);
      return;
    }
    this.#load(query, vectors);
    const rowsMax = Math.max(1, Math.floor(blockBytes / vectors.stride));
    let from = 0;
    while (from < count) {
      let rowCount = vectors.count(docs[from]!);
      let to = from + 1;
      while (to < count && rowCount + vectors.count(docs[to]!) <= rowsMax) {
        rowCount += vectors.count(docs[to]!);
        to++;
      }
      const block = this.#kernel.block(rowCount, to - from);
      fillBlock(block, vectors, docs, from, to);
      this.#kernel.maxSim(to - from, out, from);
      from = to;
    }
  }

  /** How far a quantised score of the document can be from its exact score, either way. */
  boundOf(query: MaxSimQuery, vectors: TokenVectors, doc: number): number {
    const norm = vectors.norm(doc);
    // Overflowing scores are bounded by nothing.
    if (!(norm < normMax)) return Infinity;
    return query.errorShare * vectors.errorNorm(doc) + query.normShare * norm;
  }

  /** MaxSim over the originals, as a float32 number; -Infinity for a document without vectors. */
  scoreExact(query: MaxSimQuery, vectors: TokenVectors, doc: number): number {
    if (vectors.count(doc) === 0) return -Infinity;
    this.#load(query, vectors);
    return this.#exact.score(query, vectors, doc);
  }

  /** The exact winners; undefined for a document without vectors. */
  align(query: MaxSimQuery, vectors: TokenVectors, doc: number): Alignment | undefined {
    if (vectors.count(doc) === 0) return undefined;
    this.#load(query, vectors);
    return this.#exact.align(query, vectors, doc);
  }

  /**
   * The k best of the allowed documents (ascending), the same as exact scoring of all of them would
   * give, with exact float32 scores. Documents without vectors never appear.
   */
  topExact(
    query: MaxSimQuery,
    vectors: TokenVectors,
    docs: Uint32Array | 'all',
    k: number,
  ): TopHits {
    const allowed = docs === 'all' ? this.#every(vectors.documentCount) : docs;
    const count = docs === 'all' ? vectors.documentCount : docs.length;
    const top = new TopK(k);
    if (k === 0 || vectors.vectorCount === 0) return top.take();
    if (this.#scores.length < count) this.#scores = new Float32Array(count);
    const scores = this.#scores;
    this.scoreDocuments(query, vectors, allowed, count, scores);
    for (let i = 0; i < count; i++) {
      scores[i] = this.#reachOf(query, vectors, allowed[i]!, scores[i]!);
    }
    this.#finish(query, vectors, allowed, count, top, k);
    return top.take();
  }

  /** The largest exact score that the quantised one allows, as a float32; -Infinity without vectors. */
  #reachOf(query: MaxSimQuery, vectors: TokenVectors, doc: number, score: number): number {
    if (vectors.count(doc) === 0) return -Infinity;
    const reach = score + this.boundOf(query, vectors, doc);
    // Not a number: an overflowed score. Nothing is known, so the document must be finished. The
    // reach is stored as a float32 and must not be rounded down.
    return Number.isNaN(reach) ? Infinity : reach + Math.abs(reach) * 2 ** -22;
  }

  /**
   * Finishes documents in descending order of reach until the next one can not get in any more. They
   * come in rounds of growing size, so that only those that count are ever sorted.
   */
  #finish(
    query: MaxSimQuery,
    vectors: TokenVectors,
    docs: Uint32Array,
    count: number,
    top: TopK,
    k: number,
  ): void {
    const reaches = this.#scores;
    let lastReach = Infinity;
    let lastPlace = -1;
    for (let size = Math.min(count, Math.max(2 * k, 64)); ; size = Math.min(count, size * 4)) {
      const round = new TopK(size);
      for (let i = 0; i < count; i++) {
        const reach = reaches[i]!;
        // The places behind the last round's in the order of TopK, as far as they can get in.
        if (reach > lastReach || (reach === lastReach && i <= lastPlace)) continue;
        if (reach < top.threshold || reach === -Infinity) continue;
        round.push(i, reach);
      }
      if (round.size === 0) return;
      const { docs: places, scores } = round.take();
      for (let i = 0; i < places.length; i++) {
        if (scores[i]! < top.threshold) return;
        const doc = docs[places[i]!]!;
        const score = this.#exact.scoreAbove(query, vectors, doc, scores[i]!, top.threshold);
        if (score > -Infinity) top.push(doc, score);
      }
      lastReach = scores[places.length - 1]!;
      lastPlace = places[places.length - 1]!;
    }
  }

  #load(query: MaxSimQuery, vectors: TokenVectors): void {
    assert(query.dims === vectors.dims, 'query and vectors have the same dims');
    assert(query.normalized === vectors.normalized, 'query and vectors are scored alike');
    if (this.#loaded === query) return;
    this.#kernel.setQuery(query);
    this.#loaded = query;
  }

  #every(count: number): Uint32Array {
    if (this.#everyDoc.length < count) {
      this.#everyDoc = new Uint32Array(Math.max(count, this.#everyDoc.length * 2));
      for (let doc = 0; doc < this.#everyDoc.length; doc++) this.#everyDoc[doc] = doc;
    }
    return this.#everyDoc;
  }
}

/** Copies the planes of `docs[from … to - 1]` to the block; neighbours in one go. */
function fillBlock(
  block: KernelBlock,
  vectors: TokenVectors,
  docs: Uint32Array,
  from: number,
  to: number,
): void {
  const { rows, scales, offsets } = block;
  let filled = 0;
  let runStart = vectors.start(docs[from]!);
  let runCount = 0;
  offsets[0] = 0;
  for (let i = from; i < to; i++) {
    const doc = docs[i]!;
    const start = vectors.start(doc);
    if (start !== runStart + runCount) {
      vectors.readPlane(runStart, runCount, rows, scales, filled);
      filled += runCount;
      runStart = start;
      runCount = 0;
    }
    runCount += vectors.count(doc);
    offsets[i - from + 1] = filled + runCount;
  }
  vectors.readPlane(runStart, runCount, rows, scales, filled);
}
