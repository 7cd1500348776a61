// Documents of one segment by their estimated score: inverted lists leave out what few query tokens
// hit, the codes of the rest are scanned, the best come out with what exact scoring needs of them.

import { assert } from '../assert.ts';
import type { ApproximateKernel } from '../kernels/approximate-kernel.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import { listBlockDocuments, type SegmentCodes } from '../quantize/segment-codes.ts';
import { BestScores } from './best-scores.ts';
import { groupShift, groupTokens, type ScoreTable, type TableGroup } from './score-table.ts';
import type { Scratch } from './scratch.ts';

/** Estimated documents, best first, of equals the lower document first. */
export interface Estimates {
  readonly docs: Uint32Array;
  readonly scores: Float64Array;
  /** Documents whose codes were looked at. */
  readonly scanned: number;
}

/** A hit is a centroid within this part of the table's range of the token's best. */
const hitRange = 0.1;
/** Documents that hits leave: at least so many times what is asked for, and this part of all. */
const listedPerWanted = 6;
const listedShareMin = 0.08;
/** Query tokens whose hits are counted: a bit of a word each. */
const hitTokensMax = 32;
const hitTokensMin = 8;

/** Scans codes. */
export class CodeScan {
  readonly #kernel: ApproximateKernel;
  readonly #scratch: Scratch;
  readonly #memory: KernelMemory;
  readonly #best = new BestScores();

  constructor(kernel: ApproximateKernel, scratch: Scratch) {
    this.#kernel = kernel;
    this.#scratch = scratch;
    this.#memory = scratch.memory;
  }

  /** The `wanted` documents of the highest estimates among the allowed ones (ascending). */
  best(
    table: ScoreTable,
    codes: SegmentCodes,
    allowed: Uint32Array | 'all',
    wanted: number,
  ): Estimates {
    let docs = 0;
    let count = codes.documentCount;
    if (allowed !== 'all') {
      count = allowed.length;
      docs = this.#scratch.room('docs', count * 4);
      this.#memory.u32(docs, count).set(allowed);
    }
    const listed = this.#listed(table, codes, docs, count, wanted);
    if (listed !== undefined) {
      docs = listed.docs;
      count = listed.count;
    }
    const estimates = this.#scratch.room('estimates', count * 4);
    const scores = this.#memory.f32(estimates, count).fill(0);
    let base = 0;
    for (const group of table.groups) {
      base += group.base;
      this.#kernel.scan(
        group.table,
        group.width,
        codes.codes,
        codes.offsets,
        docs,
        count,
        group.step,
        estimates,
      );
    }
    const places = this.#best.find(scores, count, wanted);
    const numbers = docs === 0 ? undefined : this.#memory.u32(docs, count);
    return {
      docs: numbers === undefined ? places : places.map((place) => numbers[place]!),
      scores: Float64Array.from(places, (place) => base + scores[place]!),
      scanned: count,
    };
  }

  /** The sum of the estimates of these query tokens for one document. */
  estimateOf(table: ScoreTable, codes: SegmentCodes, doc: number, tokens: Uint32Array): number {
    const at = this.#scratch.room('maxima', table.groups.length * groupTokens);
    for (const [i, { table: bytes, width }] of table.groups.entries()) {
      const to = at + i * groupTokens;
      this.#kernel.maxima(bytes, width, codes.codes, codes.offsets, doc, to);
    }
    const maxima = this.#memory.u8(at, table.groups.length * groupTokens);
    let sum = 0;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      const { step } = table.groups[token >> groupShift]!;
      sum += table.lows[token]! + step * maxima[token]!;
    }
    return sum;
  }

  /** Documents that enough query tokens hit; undefined where lists would not help. */
  #listed(
    table: ScoreTable,
    codes: SegmentCodes,
    docs: number,
    count: number,
    wanted: number,
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
    while (reached < least && bitsMin > 0) reached += counts[--bitsMin]!;
    if (bitsMin === 0) return undefined;
    const listed = this.#scratch.room('listed', count * 4);
    const found = this.#kernel.collectHits(hits, docs, count, bitsMin, listed);
    assert(found === reached, 'as many documents are collected as were counted');
    return { docs: listed, count: found };
  }

  /** A word for each document: bit t says that token t of the first group hits it. */
  #markHits(table: ScoreTable, codes: SegmentCodes): number {
    const group = table.groups[0]!;
    const { centroidCount, documentCount } = codes;
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
