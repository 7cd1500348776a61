// The best single vectors of several segments without scoring all of them: lists whose middles are near
// the query are read until the others can hold next to none of the best, and the originals decide.
// Segments without lists, or with few allowed documents, are scored exactly.

import { assert } from '../assert.ts';
import type { VectorValue } from '../document.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { prepareSingle, type SingleQuery } from '../multivector/single-metrics.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { TopK } from '../multivector/top-k.ts';
import type { SingleLists } from '../quantize/single-lists.ts';
import type { Metric } from '../schema.ts';
import { bestScores } from './best-scores.ts';
import type { FoundDocument } from './candidate-search.ts';
import { ListReader, type ReadPart } from './list-reader.ts';
import { SingleScan } from './single-scan.ts';

/** One segment's share of a search. */
export interface SinglePart {
  readonly vectors: TokenVectors;
  /** Undefined while the segment has none: it is scored exactly. */
  readonly lists: SingleLists | undefined;
  /** Documents that may be returned, ascending. */
  readonly docs: Uint32Array | 'all';
}

export interface SingleOptions {
  /** Score every allowed document exactly. */
  readonly exact?: boolean;
  /** Never score a segment with lists exactly because that is cheaper: to measure the other way. */
  readonly approximate?: boolean;
  /** The wire's `ef`: larger is more thorough. */
  readonly ef?: number;
  /** Hits that may be missed, by expectation, as a part of k: to measure what it does. */
  readonly missedShare?: number;
}

/** What a search did. */
export interface SingleCounts {
  /** Parts that were scored exactly, and their documents. */
  exactParts: number;
  exactDocuments: number;
  /** Lists read, rows in them, and how often lists were chosen. */
  lists: number;
  rows: number;
  rounds: number;
  /** Documents scored from their originals. */
  finished: number;
}

export interface SingleResult {
  /** Best first; equal scores by part, then by document. */
  readonly hits: readonly FoundDocument[];
  readonly counts: SingleCounts;
}

/** Rows read before anything is known of how scores spread. */
const firstRows = 384;
/** A later round reads so many times the rows read before, or what is left. */
const roundGrowth = 2;
/** Deviation of scores in widths, as long as none is known: of vectors in some 40 dims. */
const firstDeviation = 0.15;
/** Hits that may be missed, by expectation, as a part of k. */
const missedShareDefault = 0.0005;
/** An `ef` up to this changes nothing. */
const usualEf = 128;
/** Documents are finished until the next estimate is so many deviations of the errors seen too low. */
const finishDeviations = 4;
/** Documents finished before their errors count. */
const finishedMin = 16;
/** Lengths beyond this could overflow in squares: queries are scored exactly. */
const lengthMax = 1e15;

/** One search in progress. */
interface Search {
  readonly query: SingleQuery;
  readonly parts: readonly SinglePart[];
  readonly firstIds: Float64Array;
  readonly k: number;
  readonly options: SingleOptions;
  readonly top: TopK;
  readonly counts: SingleCounts;
}

/**
 * Searches the segments whose lists lie in its memory. Owns kernels and buffers: one per thread, used for
 * every query. The same query over the same parts gives the same hits.
 */
export class SingleSearch {
  readonly #scan: SingleScan;
  readonly #reader: ListReader;

  private constructor(kernels: Kernels, memory: KernelMemory) {
    this.#scan = new SingleScan(kernels, memory);
    this.#reader = new ListReader(kernels, memory);
  }

  static open(kernels: Kernels, memory: KernelMemory): SingleSearch {
    return new SingleSearch(kernels, memory);
  }

  /** Bytes held beside the segments' lists. */
  get bytes(): number {
    return this.#reader.bytes + this.#scan.bytes;
  }

  /** Gives its room in the memory back. */
  close(): void {
    this.#reader.close();
    this.#scan.close();
  }

  /** The k best documents; scores are those of scoreSingle. Documents without a vector never appear. */
  top(
    metric: Metric,
    query: VectorValue,
    parts: readonly SinglePart[],
    k: number,
    options: SingleOptions = {},
  ): SingleResult {
    const counts: SingleCounts = {
      ...{ exactParts: 0, exactDocuments: 0, lists: 0, rows: 0, rounds: 0, finished: 0 },
    };
    const firstIds = numberParts(parts);
    const prepared = prepareSingle(metric, query);
    const top = new TopK(k);
    const search: Search = { query: prepared, parts, firstIds, k, options, top, counts };
    const listed: ReadPart[] = [];
    for (const [index, part] of parts.entries()) {
      if (k === 0 || part.vectors.vectorCount === 0 || part.docs.length === 0) continue;
      const { lists } = part;
      if (lists !== undefined && isByLists(search, part, lists)) {
        listed.push({ part: index, firstId: firstIds[index]!, lists, docs: part.docs });
      } else this.#exactly(search, index);
    }
    if (listed.length > 0) this.#byLists(search, listed);
    const { docs: ids, scores } = top.take();
    const hits = Array.from(ids, (id, i): FoundDocument => {
      const part = partOf(firstIds, id);
      return { part, doc: id - firstIds[part]!, score: scores[i]! };
    });
    return { hits, counts };
  }

  #exactly({ query, parts, firstIds, k, top, counts }: Search, index: number): void {
    const { vectors, docs } = parts[index]!;
    const found = this.#scan.top(query, vectors, docs, k);
    for (let i = 0; i < found.docs.length; i++) {
      top.push(firstIds[index]! + found.docs[i]!, found.scores[i]!);
    }
    counts.exactParts += 1;
    counts.exactDocuments += docs === 'all' ? vectors.documentCount : docs.length;
  }

  #byLists(search: Search, listed: readonly ReadPart[]): void {
    const { query, k, top, options, counts } = search;
    const reader = this.#reader;
    const ef = options.ef ?? 0;
    const missedMax = ((options.missedShare ?? missedShareDefault) * k) / Math.max(1, ef / usualEf);
    reader.begin(query, listed, new TopK(k));
    const { pool } = reader;
    for (;;) {
      const deviation = pool.deviation(firstDeviation);
      const threshold = Math.max(reader.threshold, top.threshold);
      let chosen: Uint32Array;
      if (threshold === -Infinity) {
        chosen = pool.start(deviation, Math.max(firstRows, ef), 2 * k);
      } else {
        const rowsMax = roundGrowth * counts.rows;
        const { lists, end } = pool.select(threshold, deviation, missedMax, rowsMax);
        chosen = lists;
        if (lists.length > 0 && this.#leaveSome(search, listed, end)) continue;
      }
      if (chosen.length === 0) break;
      const { rows } = reader.read(chosen, top.threshold);
      counts.rounds += 1;
      counts.lists += chosen.length;
      counts.rows += rows;
    }
    this.#finish(search);
  }

  /** Scores parts exactly where that is cheaper than reading on; whether there were such. */
  #leaveSome(search: Search, listed: readonly ReadPart[], end: number): boolean {
    if (search.options.approximate) return false;
    let some = false;
    for (const { part, lists, docs } of listed) {
      if (docs === 'all') continue;
      const rowsLeft = this.#reader.rowsBelow(end, part);
      if (rowsLeft === 0) continue;
      if (exactCost(lists, docs.length) > rowsLeft * rowCost(lists)) continue;
      this.#reader.drop(part);
      this.#exactly(search, part);
      some = true;
    }
    return some;
  }

  /** Exact scores in descending order of the estimates until the next can hardly get in any more. */
  #finish({ query, parts, firstIds, k, top, counts }: Search): void {
    const { estimates, ids, kept } = this.#reader;
    const vector = new Float32Array(query.values.length);
    let [done, mean, squares] = [0, 0, 0];
    for (let wanted = Math.max(64, 2 * k + 16); ; wanted *= 4) {
      const places = bestScores(estimates, kept, wanted);
      for (; done < places.length; done++) {
        const place = places[done]!;
        const estimate = estimates[place]!;
        if (done >= finishedMin) {
          const reach = mean + finishDeviations * Math.sqrt(squares / done);
          if (estimate + reach < top.threshold) return;
        }
        const part = partOf(firstIds, ids[place]!);
        parts[part]!.vectors.readOriginals(ids[place]! - firstIds[part]!, vector);
        const score = query.score(vector);
        top.push(ids[place]!, score);
        counts.finished += 1;
        const away = score - estimate - mean;
        mean += away / (done + 1);
        squares += away * (score - estimate - mean);
      }
      if (places.length < wanted) return;
    }
  }
}

function isByLists(
  { query, options }: Search,
  { docs, vectors }: SinglePart,
  lists: SingleLists,
): boolean {
  if (options.exact || lists.listCount === 0) return false;
  // Nothing tells lists apart for a query without a direction.
  const { length } = query;
  if (!(length < lengthMax) || (length === 0 && query.metric !== 'l2-squared')) return false;
  assert(lists.documentCount === vectors.documentCount, 'lists of the same documents');
  assert(lists.metric === query.metric, 'lists of the same metric');
  if (options.approximate) return true;
  const allowed = docs === 'all' ? vectors.documentCount : docs.length;
  const begun = fixedCost + lists.listCount * centroidCost(lists) + firstRows * rowCost(lists);
  return exactCost(lists, allowed) > begun;
}

// Costs in nanoseconds, measured: docs/decisions/0014-single-vectors.md. Only their ratios matter.

/** What a search by lists takes beside rows and centroids. */
const fixedCost = 60_000;

/** One row of a list: read and multiplied. */
function rowCost({ dims }: SingleLists): number {
  return 15 + dims * 0.16;
}

/** One centroid: multiplied twice. */
function centroidCost({ dims }: SingleLists): number {
  return 10 + dims * 0.2;
}

/** Some documents scored exactly: each plane row is a read of its own. */
function exactCost({ dims }: SingleLists, documents: number): number {
  return documents * (1200 + dims * 0.6);
}

/** A number for each document of all parts: the part's first id + doc. */
function numberParts(parts: readonly SinglePart[]): Float64Array {
  const firstIds = new Float64Array(parts.length + 1);
  for (const [index, { vectors }] of parts.entries()) {
    firstIds[index + 1] = firstIds[index]! + vectors.documentCount;
  }
  assert(firstIds[parts.length]! < 2 ** 32, 'documents of a search are numbered with 32 bits');
  return firstIds;
}

function partOf(firstIds: Float64Array, id: number): number {
  let part = 0;
  while (firstIds[part + 1]! <= id) part++;
  return part;
}
