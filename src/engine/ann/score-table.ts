// The score table of a query and a codebook: a byte for every pair of query token and centroid, from
// which a document's score is estimated by looking at its codes only. Computed in two levels: the
// cells nearest to a token's chunk in full, the rest from their middles.

import { assert } from '../assert.ts';
import { type ApproximateKernel, packVectors } from '../kernels/approximate-kernel.ts';
import type { MaxSimQuery } from '../multivector/maxsim.ts';
import type { SharedCodebook } from '../quantize/open-codebook.ts';
import type { Scratch } from './scratch.ts';

/** Query tokens of one group: what a scan takes in one pass. */
export const groupTokens = 32;
/** A token's group is its number shifted right by this. */
export const groupShift = 5;
/** Query tokens of one chunk: bytes of a vector register. */
const chunkTokens = 16;
/** Query tokens that look into cells together. */
const quadTokens = 4;
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

/** Estimates scores from codes; made anew for each query and codebook. */
export interface ScoreTable {
  readonly groups: readonly TableGroup[];
  /** Of each query token: the score that byte 0 stands for. */
  readonly lows: Float64Array;
  /** Of each query token: its largest estimated score. */
  readonly highs: Float64Array;
  /** Pairs of centroid and 4 tokens that were computed. */
  readonly rowsComputed: number;
}

/** What lies in the memory of a chunk's own, by address. */
interface Chunk {
  readonly firstToken: number;
  readonly tokens: number;
  /** u8 of each cell: bit q when its centroids were computed for quad q. */
  readonly near: number;
  /** f32 scores: 16 of each centroid, of those computed. */
  readonly scores: number;
  /** 16 of each cell, times its share: what stands for the centroids that were not computed. */
  readonly coarse: number;
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
   * The table of the query over the centroids, of which each token looks into `probes` cells;
   * undefined when scores are too large for it. It is good until the next one with the same `slot`.
   */
  make(
    query: MaxSimQuery,
    codebook: SharedCodebook,
    probes: number,
    slot: number,
  ): ScoreTable | undefined {
    assert(query.dims === codebook.dims, 'query and centroids have the same dims');
    const lows = new Float64Array(query.tokens);
    const highs = new Float64Array(query.tokens);
    const groups: TableGroup[] = [];
    const padded = Math.ceil(query.tokens / chunkTokens) * chunkTokens;
    let at = this.#scratch.room(`table ${slot}`, codebook.centroidCount * padded);
    let rowsComputed = 0;
    for (let first = 0; first < query.tokens; first += groupTokens) {
      const chunks: Chunk[] = [];
      const end = Math.min(query.tokens, first + groupTokens);
      for (let token = first; token < end; token += chunkTokens) {
        const tokens = Math.min(chunkTokens, end - token);
        chunks.push(this.#chunk(query, codebook, probes, token, tokens, chunks.length));
      }
      const group = this.#group(query, codebook, chunks, at, lows, highs);
      if (group === undefined) return undefined;
      groups.push(group);
      at += codebook.centroidCount * group.width;
      for (const chunk of chunks) rowsComputed += this.#quadRows(chunk, codebook);
    }
    return { groups, lows, highs, rowsComputed };
  }

  /** Scores one chunk of tokens with all cells and with the centroids of near ones. */
  #chunk(
    query: MaxSimQuery,
    codebook: SharedCodebook,
    probes: number,
    firstToken: number,
    tokens: number,
    index: number,
  ): Chunk {
    const kernel = this.#kernel;
    const scratch = this.#scratch;
    const { memory } = scratch;
    const { cellCount, centroidCount, centroids, scales } = codebook;
    const { wide, quads, starts } = this.#pack(query, codebook, firstToken, tokens);
    const { cellStarts, cellShares } = this.#cellFacts(codebook);
    const steps = codebook.stride >> 2;
    const coarseBytes = cellCount * chunkTokens * 4;
    const coarse = scratch.room('coarse', coarseBytes * 2) + index * coarseBytes;
    kernel.scoreRows(
      wide,
      starts,
      4,
      steps,
      codebook.cells,
      codebook.cellScales,
      cellCount,
      coarse,
    );
    const near = scratch.room('near', cellCount * 2) + index * cellCount;
    const probed = Math.min(probes, cellCount);
    const room = scratch.room('probes', probed * quadTokens * 4);
    kernel.nearCells(coarse, cellCount, tokens, probed, room, near);
    const chunkBytes = centroidCount * chunkTokens * 4;
    const scores = scratch.room('scores', chunkBytes * 2) + index * chunkBytes;
    const lows = scratch.room('lanes', chunkTokens * 4 * 2);
    const highs = lows + chunkTokens * 4;
    memory.f32(lows, chunkTokens).fill(Infinity);
    memory.f32(highs, chunkTokens).fill(-Infinity);
    kernel.scoreNear(
      ...([quads, starts, Math.ceil(tokens / quadTokens), steps, centroids, scales] as const),
      ...([cellStarts, cellCount, near, scores, lows, highs] as const),
    );
    kernel.shareCells(coarse, cellShares, cellStarts, cellCount, near, lows, highs);
    return {
      ...{ firstToken, tokens, near, scores, coarse },
      lows: memory.f32(lows, chunkTokens).slice(),
      highs: memory.f32(highs, chunkTokens).slice(),
    };
  }

  /** The cells' starts and shares where kernels read them. */
  #cellFacts(codebook: SharedCodebook): { cellStarts: number; cellShares: number } {
    const { memory } = this.#scratch;
    const { cellCount } = codebook;
    const cellStarts = this.#scratch.room('cell starts', (cellCount + 1) * 4);
    const cellShares = this.#scratch.room('cell shares', cellCount * 4);
    memory.u32(cellStarts, cellCount + 1).set(codebook.cellStarts);
    memory.f32(cellShares, cellCount).set(codebook.cellShares);
    return { cellStarts, cellShares };
  }

  /** The chunk's tokens packed together and quad by quad. */
  #pack(
    query: MaxSimQuery,
    codebook: SharedCodebook,
    firstToken: number,
    tokens: number,
  ): { wide: number; quads: number; starts: number } {
    const { memory } = this.#scratch;
    const { stride } = codebook;
    const length = chunkTokens * stride;
    const wide = this.#scratch.room('packed', length * 2);
    const quads = wide + length;
    const starts = this.#scratch.room('starts', chunkTokens * 4);
    const rows = new Int8Array(length);
    rows.set(query.rows.subarray(firstToken * stride, (firstToken + tokens) * stride));
    const sums = memory.i32(starts, chunkTokens);
    packVectors(rows, chunkTokens, stride, memory.i8(wide, length), sums);
    for (let quad = 0; quad < chunkTokens / quadTokens; quad++) {
      const bytes = quadTokens * stride;
      const own = rows.subarray(quad * bytes, (quad + 1) * bytes);
      const into = memory.i8(quads + quad * bytes, bytes);
      packVectors(own, quadTokens, stride, into, sums.subarray(quad * quadTokens));
    }
    return { wide, quads, starts };
  }

  /** Brings the chunks' scores on one scale and writes the group's table at the address. */
  #group(
    query: MaxSimQuery,
    codebook: SharedCodebook,
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
      this.#write(query, codebook, chunk, step, table + index * chunkTokens, width);
    }
    return { firstToken: chunks[0]!.firstToken, width, table, step, base };
  }

  #write(
    query: MaxSimQuery,
    codebook: SharedCodebook,
    chunk: Chunk,
    step: number,
    table: number,
    width: number,
  ): void {
    const { memory } = this.#scratch;
    const { cellCount } = codebook;
    const { cellStarts } = this.#cellFacts(codebook);
    const factorsAt = this.#scratch.room('lanes', chunkTokens * 4 * 2);
    const addsAt = factorsAt + chunkTokens * 4;
    const factors = memory.f32(factorsAt, chunkTokens).fill(0);
    const adds = memory.f32(addsAt, chunkTokens).fill(0);
    for (let t = 0; t < chunk.tokens; t++) {
      factors[t] = query.scales[chunk.firstToken + t]! / step;
      adds[t] = 0.5 - chunk.lows[t]! * factors[t]!;
    }
    const { scores, coarse, near } = chunk;
    this.#kernel.quantizeCells(
      ...([scores, coarse, cellStarts, cellCount, near, factorsAt, addsAt, table, width] as const),
    );
  }

  /** Pairs of centroid and 4 tokens that were computed. */
  #quadRows({ near }: Chunk, { cellStarts, cellCount }: SharedCodebook): number {
    const bits = this.#scratch.memory.u8(near, cellCount);
    let rows = 0;
    for (let cell = 0; cell < cellCount; cell++) {
      const size = cellStarts[cell + 1]! - cellStarts[cell]!;
      for (let left = bits[cell]!; left !== 0; left &= left - 1) rows += size;
    }
    return rows;
  }
}
