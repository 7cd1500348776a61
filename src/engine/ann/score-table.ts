// The score table of a query and a segment: a byte for every pair of query token and centroid, from
// which a document's score is estimated by looking at its codes only. Computed in two levels: the
// cells nearest to a token's chunk in full, the rest from their middles.

import { assert } from '../assert.ts';
import { type ApproximateKernel, packVectors } from '../kernels/approximate-kernel.ts';
import type { MaxSimQuery } from '../multivector/maxsim.ts';
import type { SegmentCodes } from '../quantize/segment-codes.ts';
import type { Scratch } from './scratch.ts';

/** Query tokens of one group: what a scan takes in one pass. */
export const groupTokens = 32;
/** A token's group is its number shifted right by this. */
export const groupShift = 5;
/** Query tokens of one chunk: bytes of a vector register. */
const chunkTokens = 16;
const byteMax = 255;

/** Query tokens scored on one scale: an estimate is `base + step × Σ bytes`. */
export interface TableGroup {
  readonly firstToken: number;
  /** Bytes of a row, 16 or 32; those past the tokens are 0. */
  readonly width: number;
  /** Address of centroids × width bytes. */
  readonly table: number;
  readonly step: number;
  /** Σ of the score that byte 0 stands for, of each token. */
  readonly base: number;
}

/** Estimates scores from codes; made anew for each query and segment. */
export interface ScoreTable {
  readonly groups: readonly TableGroup[];
  /** Of each query token: the score that byte 0 stands for. */
  readonly lows: Float64Array;
  /** Of each query token: its largest estimated score. */
  readonly highs: Float64Array;
  /** Pairs of centroid and 16 tokens that were computed. */
  readonly rowsComputed: number;
}

interface Chunk {
  readonly firstToken: number;
  readonly tokens: number;
  /** Of each cell: whether its centroids are computed. */
  readonly isNear: Uint8Array;
  /** f32 scores by address: 16 of each centroid of a near cell. */
  readonly scores: number;
  /** 16 of each cell, times its share: what stands for the centroids of other cells. */
  readonly coarse: Float32Array;
  readonly lows: Float32Array;
  readonly highs: Float32Array;
}

/** Fills score tables. */
export class TableMaker {
  readonly #kernel: ApproximateKernel;
  readonly #scratch: Scratch;

  constructor(kernel: ApproximateKernel, scratch: Scratch) {
    this.#kernel = kernel;
    this.#scratch = scratch;
  }

  /**
   * The table of the query over the segment's centroids, of which each token looks into `probes` cells;
   * undefined when scores are too large for it. It is good until the next one with the same `slot`.
   */
  make(
    query: MaxSimQuery,
    codes: SegmentCodes,
    probes: number,
    slot: number,
  ): ScoreTable | undefined {
    assert(query.dims === codes.dims, 'query and centroids have the same dims');
    const lows = new Float64Array(query.tokens);
    const highs = new Float64Array(query.tokens);
    const groups: TableGroup[] = [];
    const padded = Math.ceil(query.tokens / chunkTokens) * chunkTokens;
    let at = this.#scratch.room(`table ${slot}`, codes.centroidCount * padded);
    let rowsComputed = 0;
    for (let first = 0; first < query.tokens; first += groupTokens) {
      const chunks: Chunk[] = [];
      const end = Math.min(query.tokens, first + groupTokens);
      for (let token = first; token < end; token += chunkTokens) {
        const tokens = Math.min(chunkTokens, end - token);
        chunks.push(this.#chunk(query, codes, probes, token, tokens, chunks.length));
      }
      const group = this.#group(query, codes, chunks, at, lows, highs);
      if (group === undefined) return undefined;
      groups.push(group);
      at += codes.centroidCount * group.width;
      for (const chunk of chunks) rowsComputed += nearRows(chunk, codes);
    }
    return { groups, lows, highs, rowsComputed };
  }

  /** Scores one chunk of tokens with all cells and with the centroids of near ones. */
  #chunk(
    query: MaxSimQuery,
    codes: SegmentCodes,
    probes: number,
    firstToken: number,
    tokens: number,
    index: number,
  ): Chunk {
    const kernel = this.#kernel;
    const { memory } = codes;
    const { packed, starts } = this.#pack(query, codes, firstToken, tokens);
    const steps = codes.stride >> 2;
    const { cellCount, centroidCount } = codes;
    const coarseAt = this.#scratch.room('coarse', cellCount * chunkTokens * 4);
    kernel.scoreRows(packed, starts, 4, steps, codes.cells, codes.cellScales, cellCount, coarseAt);
    const coarse = memory.f32(coarseAt, cellCount * chunkTokens).slice();
    const isNear = nearCells(coarse, cellCount, tokens, probes);
    const chunkBytes = centroidCount * chunkTokens * 4;
    const scores = this.#scratch.room('scores', chunkBytes * 2) + index * chunkBytes;
    const lanes = this.#scratch.room('lanes', chunkTokens * 4 * 2);
    const lowLanes = memory.f32(lanes, chunkTokens).fill(Infinity);
    const highLanes = memory.f32(lanes + chunkTokens * 4, chunkTokens).fill(-Infinity);
    forRuns(isNear, 1, codes, (from, count) => {
      const rows = codes.centroids + from * codes.stride;
      const scales = codes.scales + from * 4;
      const out = scores + from * chunkTokens * 4;
      kernel.scoreRows(packed, starts, 4, steps, rows, scales, count, out);
      kernel.extend(out, chunkTokens, count, lanes, lanes + chunkTokens * 4);
    });
    const lows = lowLanes.slice();
    const highs = highLanes.slice();
    for (let cell = 0; cell < cellCount; cell++) {
      const share = codes.cellShares[cell]!;
      const isUsed = codes.cellStarts[cell + 1]! > codes.cellStarts[cell]! && isNear[cell] === 0;
      for (let t = 0; t < chunkTokens; t++) {
        const score = Math.fround(coarse[cell * chunkTokens + t]! * share);
        coarse[cell * chunkTokens + t] = score;
        if (!isUsed) continue;
        if (score < lows[t]!) lows[t] = score;
        if (score > highs[t]!) highs[t] = score;
      }
    }
    return { firstToken, tokens, isNear, scores, coarse, lows, highs };
  }

  #pack(
    query: MaxSimQuery,
    codes: SegmentCodes,
    firstToken: number,
    tokens: number,
  ): { packed: number; starts: number } {
    const { stride } = codes;
    const packed = this.#scratch.room('packed', chunkTokens * stride);
    const starts = this.#scratch.room('starts', chunkTokens * 4);
    const bytes = codes.memory.i8(packed, chunkTokens * stride);
    const sums = codes.memory.i32(starts, chunkTokens);
    const rows = new Int8Array(chunkTokens * stride);
    rows.set(query.rows.subarray(firstToken * stride, (firstToken + tokens) * stride));
    packVectors(rows, chunkTokens, stride, bytes, sums);
    return { packed, starts };
  }

  /** Brings the chunks' scores on one scale and writes the group's table at the address. */
  #group(
    query: MaxSimQuery,
    codes: SegmentCodes,
    chunks: readonly Chunk[],
    table: number,
    lows: Float64Array,
    highs: Float64Array,
  ): TableGroup | undefined {
    let range = 0;
    let base = 0;
    for (const chunk of chunks) {
      for (let t = 0; t < chunk.tokens; t++) {
        const token = chunk.firstToken + t;
        lows[token] = chunk.lows[t]! * query.scales[token]!;
        highs[token] = chunk.highs[t]! * query.scales[token]!;
        const spread = highs[token]! - lows[token]!;
        if (!(spread < Infinity)) return undefined;
        range = Math.max(range, spread);
        base += lows[token]!;
      }
    }
    // As a float32, because that is what the scan multiplies with.
    const step = range === 0 ? 1 : Math.fround(range / byteMax);
    if (!(step > 0)) return undefined;
    const width = chunks.length * chunkTokens;
    for (const [index, chunk] of chunks.entries()) {
      this.#write(query, codes, chunk, step, table + index * chunkTokens, width);
    }
    return { firstToken: chunks[0]!.firstToken, width, table, step, base };
  }

  #write(
    query: MaxSimQuery,
    codes: SegmentCodes,
    chunk: Chunk,
    step: number,
    table: number,
    width: number,
  ): void {
    const kernel = this.#kernel;
    const { memory } = codes;
    const lanes = this.#scratch.room('lanes', chunkTokens * 4 * 2);
    const factors = memory.f32(lanes, chunkTokens).fill(0);
    const adds = memory.f32(lanes + chunkTokens * 4, chunkTokens).fill(0);
    for (let t = 0; t < chunk.tokens; t++) {
      factors[t] = query.scales[chunk.firstToken + t]! / step;
      adds[t] = 0.5 - chunk.lows[t]! * factors[t]!;
    }
    forRuns(chunk.isNear, 1, codes, (from, count) => {
      const scores = chunk.scores + from * chunkTokens * 4;
      const to = table + from * width;
      kernel.quantize(scores, count, lanes, lanes + chunkTokens * 4, to, width);
    });
    const bytesAt = this.#scratch.room('bytes', chunkTokens);
    const bytes = memory.u8(bytesAt, chunkTokens);
    for (let cell = 0; cell < codes.cellCount; cell++) {
      if (chunk.isNear[cell] === 1) continue;
      const from = codes.cellStarts[cell]!;
      const count = codes.cellStarts[cell + 1]! - from;
      for (let t = 0; t < chunkTokens; t++) {
        const value = Math.trunc(chunk.coarse[cell * chunkTokens + t]! * factors[t]! + adds[t]!);
        bytes[t] = Math.max(0, Math.min(byteMax, value));
      }
      kernel.fillRows(bytesAt, count, table + from * width, width);
    }
  }
}

/** Marks the `probes` cells of the largest scores of each token. */
function nearCells(
  coarse: Float32Array,
  cellCount: number,
  tokens: number,
  probes: number,
): Uint8Array {
  const isNear = new Uint8Array(cellCount);
  if (probes >= cellCount) return isNear.fill(1);
  const top = new Float32Array(probes);
  const cells = new Uint32Array(probes);
  for (let t = 0; t < tokens; t++) {
    top.fill(-Infinity);
    let least = -Infinity;
    for (let cell = 0; cell < cellCount; cell++) {
      const score = coarse[cell * chunkTokens + t]!;
      if (score <= least) continue;
      let place = probes - 1;
      while (place > 0 && score > top[place - 1]!) {
        top[place] = top[place - 1]!;
        cells[place] = cells[place - 1]!;
        place--;
      }
      top[place] = score;
      cells[place] = cell;
      least = top[probes - 1]!;
    }
    for (const cell of cells) isNear[cell] = 1;
  }
  return isNear;
}

/** Calls with each run of centroids whose cells all have that mark. */
function forRuns(
  marks: Uint8Array,
  mark: number,
  { cellStarts }: SegmentCodes,
  call: (from: number, count: number) => void,
): void {
  for (let cell = 0; cell < marks.length; cell++) {
    if (marks[cell] !== mark) continue;
    const from = cellStarts[cell]!;
    while (cell + 1 < marks.length && marks[cell + 1] === mark) cell++;
    const count = cellStarts[cell + 1]! - from;
    if (count > 0) call(from, count);
  }
}

function nearRows({ isNear }: Chunk, { cellStarts }: SegmentCodes): number {
  let rows = 0;
  for (let cell = 0; cell < isNear.length; cell++) {
    if (isNear[cell] === 1) rows += cellStarts[cell + 1]! - cellStarts[cell]!;
  }
  return rows;
}
