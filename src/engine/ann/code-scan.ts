// Documents of one segment by their estimated score: inverted lists leave out what few query tokens
// hit, the codes of the rest are scanned, the best come out with what exact scoring needs of them.

import { assert } from '../assert.ts';
import type { ApproximateKernel } from '../kernels/approximate-kernel.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import { listBlockDocuments, type SegmentCodes } from '../quantize/segment-codes.ts';
import { bestFirst } from './best-scores.ts';
import { groupShift, groupTokens, type ScoreTable, type TableGroup } from './score-table.ts';
import type { Scratch } from './scratch.ts';

/** Where the estimates of a scan lie, by address. */
interface Scanned {
  /** f32 of each document looked at. */
  readonly scores: number;
  /** u32 number of each; 0 when they are all of the segment's. */
  readonly docs: number;
  readonly count: number;
  /** What makes a score of a number of the scan, for scores of several segments to compare. */
  readonly base: number;
}

/** Documents of one segment by estimated score: best first, of equals the lower document first. */
export class EstimatedDocuments {
  readonly #kernel: ApproximateKernel;
  readonly #scratch: Scratch;
  readonly #scanned: Scanned;
  #docs = new Uint32Array(0);
  #scores = new Float64Array(0);

  constructor(kernel: ApproximateKernel, scratch: Scratch, scanned: Scanned, first: number) {
    this.#kernel = kernel;
    this.#scratch = scratch;
    this.#scanned = scanned;
    this.#find(first);
  }

  /** As many as were asked for; more of them after `more`. */
  get docs(): Uint32Array {
    return this.#docs;
  }
  /** The estimate of each of `docs`. */
  get scores(): Float64Array {
    return this.#scores;
  }
  /** Documents whose codes were looked at. */
  get scanned(): number {
    return this.#scanned.count;
  }

  /** Finds more documents; false when there are none. */
  more(): boolean {
    const known = this.#docs.length;
    if (known === this.#scanned.count) return false;
    this.#find(known * 4);
    return this.#docs.length > known;
  }

  #find(wanted: number): void {
    const { scores, docs, count, base } = this.#scanned;
    const { memory } = this.#scratch;
    const bins = this.#scratch.room('bins', selectionBins * 4);
    const chosen = this.#scratch.room('chosen', count * 4);
    const found = this.#kernel.selectScores(scores, count, wanted, bins, chosen);
    const all = memory.f32(scores, count);
    const numbers = docs === 0 ? undefined : memory.u32(docs, count);
    const places = bestFirst(all, memory.u32(chosen, found)).subarray(0, wanted);
    this.#docs = places;
    this.#scores = new Float64Array(places.length);
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      this.#scores[i] = base + all[place]!;
      if (numbers !== undefined) places[i] = numbers[place]!;
    }
  }
}

/** Words that the selection of the best estimates counts in. */
const selectionBins = 2048;
/** A hit is a centroid within this part of the table's range of the token's best. */
const hitRange = 0.1;
/** Documents that hits leave: so many times what is asked for, less at need, and this part of all. */
const listedPerWanted = 8;
const listedPerWantedMin = 2;
const listedShareMin = 0.1;
/** Query tokens whose hits are counted: a bit of a word each. */
const hitTokensMax = 32;
const hitTokensMin = 8;

/** Scans codes. */
export class CodeScan {
  readonly #kernel: ApproximateKernel;
  readonly #scratch: Scratch;
  readonly #memory: KernelMemory;

  constructor(kernel: ApproximateKernel, scratch: Scratch) {
    this.#kernel = kernel;
    this.#scratch = scratch;
    this.#memory = scratch.memory;
  }

  /**
   * The `wanted` documents of the highest estimates among the allowed ones (ascending), and more if
   * need be: good until the next scan with the same `slot`.
   */
  best(
    table: ScoreTable,
    codes: SegmentCodes,
    allowed: Uint32Array | 'all',
    { wanted, slot }: { readonly wanted: number; readonly slot: number },
  ): EstimatedDocuments {
    let docs = 0;
    let count = codes.documentCount;
    if (allowed !== 'all') {
      count = allowed.length;
      docs = this.#scratch.room(`docs ${slot}`, count * 4);
      this.#memory.u32(docs, count).set(allowed);
    }
    const listed = this.#listed(table, codes, docs, count, wanted, slot);
    if (listed !== undefined) {
      docs = listed.docs;
      count = listed.count;
    }
    const scores = this.#scratch.room(`estimates ${slot}`, count * 4);
    this.#memory.f32(scores, count).fill(0);
    let base = 0;
    const columns = this.#scratch.room('columns', groupTokens);
    this.#memory.u8(columns, groupTokens).fill(255);
    for (const group of table.groups) {
      base += group.base;
      this.#scanGroup(group, columns, codes, docs, count, scores);
    }
    const scanned = { scores, docs, count, base };
    return new EstimatedDocuments(this.#kernel, this.#scratch, scanned, wanted);
  }

  /** The sum of the estimates of these query tokens for each of `docs[0 … count - 1]`, to `out`. */
  estimate(
    table: ScoreTable,
    codes: SegmentCodes,
    tokens: Uint32Array,
    docs: Uint32Array,
    count: number,
    out: Float64Array,
  ): void {
    const docsAt = this.#scratch.room('few docs', count * 4);
    const scoresAt = this.#scratch.room('few estimates', count * 4);
    const columnsAt = this.#scratch.room('columns', groupTokens);
    const columns = this.#memory.u8(columnsAt, groupTokens);
    const numbers = this.#memory.u32(docsAt, count);
    for (let i = 0; i < count; i++) numbers[i] = docs[i]!;
    const scores = this.#memory.f32(scoresAt, count).fill(0);
    let base = 0;
    for (let i = 0; i < tokens.length; i++) base += table.lows[tokens[i]!]!;
    for (const [number, group] of table.groups.entries()) {
      columns.fill(0);
      for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i]!;
        if (token >> groupShift === number) columns[token & (groupTokens - 1)] = 255;
      }
      this.#scanGroup(group, columnsAt, codes, docsAt, count, scoresAt);
    }
    for (let i = 0; i < count; i++) out[i] = base + scores[i]!;
  }

  #scanGroup(
    { table, width, step }: TableGroup,
    columns: number,
    codes: SegmentCodes,
    docs: number,
    count: number,
    out: number,
  ): void {
    const { codes: all, offsets } = codes;
    this.#kernel.scan(table, width, columns, all, offsets, docs, count, step, out);
  }

  /** Documents that enough query tokens hit; undefined where lists would not help. */
  #listed(
    table: ScoreTable,
    codes: SegmentCodes,
    docs: number,
    count: number,
    wanted: number,
    slot: number,
  ): { docs: number; count: number } | undefined {
    const least = Math.max(listedPerWanted * wanted, count * listedShareMin);
    const tokens = table.lows.length;
    if (codes.lists.length === 0 || tokens < hitTokensMin || least * 2 > count) return undefined;
    const hits = this.#markHits(table, codes);
    const countsAt = this.#scratch.room('counts', (hitTokensMax + 1) * 4);
    const counts = this.#memory.u32(countsAt, hitTokensMax + 1).fill(0);
    this.#kernel.countHits(hits, docs, count, countsAt);
    let bitsMin = hitTokensMax;
    let reached = counts[bitsMin]!;
    while (reached < least && bitsMin > 1) reached += counts[--bitsMin]!;
    // Where topics are far apart, few documents are hit at all: enough if there are some to spare.
    if (reached < wanted * listedPerWantedMin) return undefined;
    const listed = this.#scratch.room(`listed ${slot}`, count * 4);
    const found = this.#kernel.collectHits(hits, docs, count, bitsMin, listed);
    assert(found === reached, 'as many documents are collected as were counted');
    return { docs: listed, count: found };
  }

  /** A word for each document: bit t says that token t of the first group hits it. */
  #markHits(table: ScoreTable, codes: SegmentCodes): number {
    const group = table.groups[0]!;
    const { documentCount } = codes;
    const { centroidCount } = codes.codebook;
    const masks = this.#scratch.room('masks', centroidCount * 4);
    const hits = this.#scratch.room('hits', documentCount * 4);
    this.#memory.u32(masks, centroidCount).fill(0);
    this.#memory.u32(hits, documentCount).fill(0);
    const thresholds = this.#thresholds(table, group);
    this.#kernel.markCentroids(group.table, group.width, centroidCount, thresholds, masks);
    for (const [block, { offsets, lists }] of codes.lists.entries()) {
      const to = hits + block * listBlockDocuments * 4;
      this.#kernel.markDocuments(masks, centroidCount, offsets, lists, to);
    }
    return hits;
  }

  /** Bytes of each column that count as a hit; 255 keeps columns without a token from hitting. */
  #thresholds(table: ScoreTable, group: TableGroup): number {
    const at = this.#scratch.room('thresholds', hitTokensMax);
    const bytes = this.#memory.u8(at, hitTokensMax).fill(255);
    for (let t = 0; t < group.width && group.firstToken + t < table.lows.length; t++) {
      const token = group.firstToken + t;
      const highest = (table.highs[token]! - table.lows[token]!) / group.step;
      bytes[t] = Math.max(1, Math.floor(highest - hitRange * 255));
    }
    return at;
  }
}
