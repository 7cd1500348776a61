// Reads lists for a search of single vectors: puts the lists of all segments into one pool, estimates the
// scores of the rows of those that are chosen, and keeps what may be among the best.

import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { listRowStep, type SingleKernel } from '../kernels/single-kernel.ts';
import type { SingleQuery } from '../multivector/single-metrics.ts';
import type { TopK } from '../multivector/top-k.ts';
import { noList } from '../quantize/list-assignment.ts';
import type { SingleLists } from '../quantize/single-lists.ts';
import { ListPool } from './list-pool.ts';
import { Scratch } from './scratch.ts';
import { type CentredQuery, centreQuery, fineShare, packQuery } from './single-query.ts';

/** A segment whose lists are read. */
export interface ReadPart {
  readonly part: number;
  /** Number of its first document among those of all parts. */
  readonly firstId: number;
  readonly lists: SingleLists;
  /** Documents that may be returned, ascending. */
  readonly docs: Uint32Array | 'all';
}

interface Entrant extends ReadPart {
  readonly query: CentredQuery;
  /** Signed bytes by address, their scale, and what takes the offset of half bytes away. */
  readonly bytes: number;
  readonly scale: number;
  readonly start: number;
  /** Numbers of its lists in the pool. */
  readonly firstList: number;
  readonly endList: number;
  /** A bit of each document that may be returned; undefined when all may. */
  readonly allowed: Uint32Array | undefined;
}

/** Rows are read in pieces of about this many bytes. */
const readBytesMax = 256 * 1024;
/** Rows whose estimate is so many expected errors below the k-th best are forgotten. */
const keptErrors = 8;
/** Where more documents than this may be returned, all of a list are taken for allowed. */
const countedShareMax = 0.5;

/** Owns a kernel and buffers; used for one search after the other. */
export class ListReader {
  readonly pool: ListPool = new ListPool();
  /** Estimates that are kept, and the documents' numbers over all parts, as many as `kept`. */
  estimates: Float32Array = new Float32Array(4096);
  ids: Uint32Array = new Uint32Array(4096);
  kept = 0;
  readonly #kernel: SingleKernel;
  readonly #scratch: Scratch;
  #entrants: Entrant[] = [];
  /** Bits of allowed documents, by slot. */
  readonly #marks: Uint32Array[] = [];
  /** The best estimates. */
  #best: TopK | undefined;

  constructor(kernels: Kernels, memory: KernelMemory) {
    this.#kernel = kernels.createSingle(memory);
    this.#scratch = new Scratch(memory);
  }

  get bytes(): number {
    return this.#scratch.bytes + this.estimates.byteLength + this.ids.byteLength;
  }

  close(): void {
    this.#scratch.close();
  }

  /** The k-th best estimate, -Infinity before there are k. */
  get threshold(): number {
    return this.#best?.threshold ?? -Infinity;
  }

  /** Fills the pool with the lists of the parts. `best` gets the estimates. */
  begin(query: SingleQuery, parts: readonly ReadPart[], best: TopK): void {
    this.pool.clear();
    this.kept = 0;
    this.#best = best;
    this.#entrants = parts.map((part, slot) => this.#enter(query, part, slot));
  }

  /** Rows of a part's lists below that place of the last selection. */
  rowsBelow(end: number, part: number): number {
    const entrant = this.#entrants.find((one) => one.part === part);
    return entrant === undefined ? 0 : this.pool.rowsBelow(end, entrant.firstList, entrant.endList);
  }

  /** Takes a part out, also what was kept of it. */
  drop(part: number): void {
    const entrant = this.#entrants.find((one) => one.part === part);
    if (entrant === undefined) return;
    for (let list = entrant.firstList; list < entrant.endList; list++) this.pool.remove(list);
    const { firstId, lists } = entrant;
    const { ids, estimates } = this;
    let kept = 0;
    for (let i = 0; i < this.kept; i++) {
      const doc = ids[i]! - firstId;
      if (doc >= 0 && doc < lists.documentCount) continue;
      ids[kept] = ids[i]!;
      estimates[kept++] = estimates[i]!;
    }
    this.kept = kept;
  }

  /** Reads lists of the pool, in ascending order; `floor` is a score that others reached. */
  read(chosen: Uint32Array, floor: number): { rows: number } {
    let rows = 0;
    let i = 0;
    for (const entrant of this.#entrants) {
      while (i < chosen.length && chosen[i]! < entrant.endList) {
        // Neighbours lie one after another in the file.
        let to = i + 1;
        while (to < chosen.length && chosen[to] === chosen[to - 1]! + 1) {
          if (chosen[to]! >= entrant.endList) break;
          to++;
        }
        const from = chosen[i]! - entrant.firstList;
        rows += this.#run(entrant, from, from + to - i, floor);
        i = to;
      }
    }
    return { rows };
  }

  #enter(query: SingleQuery, part: ReadPart, slot: number): Entrant {
    const { lists } = part;
    const centred = centreQuery(query, lists);
    const steps = Math.ceil(lists.dims / listRowStep);
    const length = Math.max(lists.stride, steps * listRowStep);
    const bytes = this.#scratch.room(`query ${slot}`, length);
    const fine = this.#scratch.room('fine', length);
    const out = this.#scratch.room('out', padded(lists.listCount) * 4 * 2);
    const { memory } = lists;
    const packed = packQuery(centred.values, memory.i8(bytes, length), memory.i8(fine, length));
    const { stride, centroids, scales, listCount } = lists;
    const { coarseSum, fineSum, scale } = packed;
    this.#kernel.scoreBytes(bytes, -64 * coarseSum, stride, centroids, scales, listCount, out);
    const coarseDots = memory.f32(out, listCount);
    const fineDots = memory.f32(out + padded(listCount) * 4, listCount).fill(0);
    // Distances may be small beside the lengths that they are made of.
    if (centred.factor === 2) {
      const to = fineDots.byteOffset;
      this.#kernel.scoreBytes(fine, -64 * fineSum, stride, centroids, scales, listCount, to);
    }
    const counts = allowedCounts(part);
    const firstList = this.pool.size;
    for (let list = 0; list < listCount; list++) {
      const dot = (coarseDots[list]! + fineDots[list]! * fineShare) * scale;
      const rows = lists.starts[list + 1]! - lists.starts[list]!;
      const { mean, width } = outlook(centred, lists, list, dot);
      this.pool.add(mean, width, rows, counts === undefined ? rows : counts[list]!);
    }
    return {
      ...part,
      ...{ query: centred, bytes, scale, start: -15 * coarseSum },
      ...{ firstList, endList: firstList + listCount },
      allowed: part.docs === 'all' ? undefined : this.#mark(slot, part.docs, lists.documentCount),
    };
  }

  /** Bits of the documents, in a room that is used again. */
  #mark(slot: number, docs: Uint32Array, documentCount: number): Uint32Array {
    const words = (documentCount + 31) >>> 5;
    let marks = this.#marks[slot];
    if (marks === undefined || marks.length < words) marks = new Uint32Array(words);
    else marks.fill(0, 0, words);
    this.#marks[slot] = marks;
    for (let i = 0; i < docs.length; i++) marks[docs[i]! >>> 5]! |= 1 << (docs[i]! & 31);
    return marks;
  }

  /** Lists `from … to - 1` of a segment; returns how many rows they have. */
  #run(entrant: Entrant, from: number, to: number, floor: number): number {
    const { lists } = entrant;
    const { rowBytes, starts, memory } = lists;
    const rowsMax = Math.max(1, Math.floor(readBytesMax / rowBytes));
    const room = this.#scratch.room('rows', rowsMax * rowBytes);
    const out = this.#scratch.room('scores', padded(rowsMax) * 4);
    const end = starts[to]!;
    let list = from;
    for (let first = starts[from]!; first < end; ) {
      const count = Math.min(rowsMax, end - first);
      const bytes = memory.u8(room, count * rowBytes);
      lists.readRows(first, bytes);
      for (let row = first; row < first + count; ) {
        const part = Math.min(starts[list + 1]!, first + count) - row;
        this.#score(entrant, list, room + (row - first) * rowBytes, part, out);
        this.#keep(entrant, list, room + (row - first) * rowBytes, part, out, floor);
        row += part;
        if (row === starts[list + 1]) list++;
      }
      first += count;
    }
    for (let i = from; i < to; i++) this.pool.remove(entrant.firstList + i);
    return end - starts[from]!;
  }

  #score(entrant: Entrant, list: number, rows: number, count: number, out: number): void {
    const { lists, query, bytes, start, scale } = entrant;
    const steps = Math.ceil(lists.dims / listRowStep);
    const base = this.pool.mean(entrant.firstList + list);
    this.#kernel.scoreHalves(bytes, start, steps, rows, count, base, query.factor * scale, out);
  }

  /** Notes how far scores are from the list's mean, and keeps those that may be among the best. */
  #keep(
    entrant: Entrant,
    list: number,
    rows: number,
    count: number,
    out: number,
    floor: number,
  ): void {
    const { lists, query, allowed, firstId } = entrant;
    const { pool } = this;
    const best = this.#best!;
    const scores = lists.memory.f32(out, count);
    const words = lists.memory.u32(rows, (count * lists.rowBytes) / 4);
    const step = lists.rowBytes / 4;
    const mean = pool.mean(entrant.firstList + list);
    const error = errorOf(query, lists, list, pool.deviation(1));
    this.#reserve(count);
    const { estimates, ids } = this;
    let { kept } = this;
    let squares = 0;
    let threshold = Math.max(best.threshold, floor);
    for (let i = 0; i < count; i++) {
      const score = scores[i]!;
      const away = score - mean;
      squares += away * away;
      if (score < threshold - error) continue;
      const doc = words[i * step + 2]!;
      if (allowed !== undefined && ((allowed[doc >>> 5]! >>> (doc & 31)) & 1) === 0) continue;
      ids[kept] = firstId + doc;
      estimates[kept++] = score;
      if (score > best.threshold && best.push(firstId + doc, score)) {
        threshold = Math.max(best.threshold, floor);
      }
    }
    this.kept = kept;
    const width = pool.width(entrant.firstList + list);
    if (width > 0) pool.note(squares / (width * width), count);
  }

  #reserve(count: number): void {
    const needed = this.kept + count;
    if (needed <= this.ids.length) return;
    const { estimates, ids } = this;
    this.estimates = new Float32Array(Math.max(needed, ids.length * 2));
    this.ids = new Uint32Array(this.estimates.length);
    this.estimates.set(estimates);
    this.ids.set(ids);
  }
}

function padded(count: number): number {
  return (count + 3) & ~3;
}

/** Mean score of a list's vectors, and what a deviation is worth; `dot` is query · centroid. */
function outlook(
  { square, offset, factor }: CentredQuery,
  { squares, lengths, spreads }: SingleLists,
  list: number,
  dot: number,
): { mean: number; width: number } {
  if (factor === 1) return { mean: offset + dot, width: Math.sqrt(square) * spreads[list]! };
  const distance = Math.max(0, square - 2 * dot + lengths[list]!);
  const mean = offset + 2 * dot - squares[list]!;
  return { mean, width: 2 * Math.sqrt(distance) * spreads[list]! };
}

/** How far below the k-th best an estimate of the list is hopeless. */
function errorOf(
  { square, factor }: CentredQuery,
  { errors, dims }: SingleLists,
  list: number,
  deviation: number,
): number {
  // Errors have directions of their own: they are at least as spread as random ones.
  const spread = Math.max(deviation, 1 / Math.sqrt(dims));
  return keptErrors * factor * Math.sqrt(square) * errors[list]! * spread;
}

/** Allowed documents of each list; undefined where they are most of them. */
function allowedCounts({ lists, docs }: ReadPart): Uint32Array | undefined {
  if (docs === 'all' || docs.length > lists.documentCount * countedShareMax) return undefined;
  const listOf = lists.memory.u16(lists.listOf, lists.documentCount);
  const counts = new Uint32Array(lists.listCount);
  for (let i = 0; i < docs.length; i++) {
    const list = listOf[docs[i]!]!;
    if (list !== noList) counts[list]! += 1;
  }
  return counts;
}
