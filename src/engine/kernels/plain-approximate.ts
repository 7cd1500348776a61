// The kernels of the approximate stage in plain TypeScript: the reference for the WebAssembly ones, and
// what runs where relaxed SIMD is missing. Rounds to float32 at the same places.

import type { ApproximateKernel } from './approximate-kernel.ts';
import type { KernelMemory } from './kernel-memory.ts';

const f = Math.fround;

/** Kernels over the memory. */
export function openPlainApproximate(memory: KernelMemory): ApproximateKernel {
  return {
    ...trainingKernels(memory),
    ...tableKernels(memory),
    ...scanKernels(memory),
    ...hitKernels(memory),
  };
}

function wholeMemory(memory: KernelMemory): {
  i8: Int8Array;
  u8: Uint8Array;
  u16: Uint16Array;
  u32: Uint32Array;
  i32: Int32Array;
  f32: Float32Array;
} {
  const { buffer } = memory.memory;
  return {
    i8: new Int8Array(buffer),
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
    f32: new Float32Array(buffer),
  };
}

type Training = 'gatherRows' | 'bestCells' | 'keepBest' | 'accumulate';

function trainingKernels(memory: KernelMemory): Pick<ApproximateKernel, Training> {
  return {
    gatherRows: (rows, scales, stride, list, count, outRows, outScales) => {
      const { u8, u32, f32 } = wholeMemory(memory);
      for (let i = 0; i < count; i++) {
        const row = u32[(list >>> 2) + i]!;
        u8.copyWithin(outRows + i * stride, rows + row * stride, rows + (row + 1) * stride);
        f32[(outScales >>> 2) + i] = f32[(scales >>> 2) + row]!;
      }
    },
    bestCells: (scores, width, factors, biases, count, probes, room, out) => {
      const { u32, f32 } = wholeMemory(memory);
      const top = f32.subarray(room >>> 2, (room >>> 2) + probes);
      for (let row = 0; row < count; row++) {
        const winners = u32.subarray((out >>> 2) + row * probes, (out >>> 2) + (row + 1) * probes);
        const from = (scores >>> 2) + row * width;
        top.fill(-Infinity);
        winners.fill(0);
        for (let cell = 0; cell < width; cell++) {
          const product = f(f32[from + cell]! * f32[(factors >>> 2) + cell]!);
          const score = f(product - f32[(biases >>> 2) + cell]!);
          if (!(score > top[probes - 1]!)) continue;
          let place = probes - 1;
          while (place > 0 && score > top[place - 1]!) {
            top[place] = top[place - 1]!;
            winners[place] = winners[place - 1]!;
            place--;
          }
          top[place] = score;
          winners[place] = cell;
        }
      }
    },
    keepBest: (scores, width, factors, biases, first, list, count, best, winners) => {
      const { u32, f32 } = wholeMemory(memory);
      for (let row = 0; row < count; row++) {
        const vector = u32[(list >>> 2) + row]!;
        const from = (scores >>> 2) + row * width;
        for (let c = 0; c < width; c++) {
          const product = f(f32[from + c]! * f32[(factors >>> 2) + c]!);
          const score = f(product - f32[(biases >>> 2) + c]!);
          if (!(score > f32[(best >>> 2) + vector]!)) continue;
          f32[(best >>> 2) + vector] = score;
          u32[(winners >>> 2) + vector] = first + c;
        }
      }
    },
    accumulate: (rows, scales, stride, count, winners, sums) => {
      const { u8, u32, f32 } = wholeMemory(memory);
      for (let row = 0; row < count; row++) {
        const scale = f32[(scales >>> 2) + row]!;
        const out = (sums >>> 2) + u32[(winners >>> 2) + row]! * stride;
        for (let i = 0; i < stride; i++) {
          f32[out + i] = f32[out + i]! + f((u8[rows + row * stride + i]! - 64) * scale);
        }
      }
    },
  };
}

type Table = 'scoreRows' | 'nearCells' | 'scoreNear' | 'shareCells' | 'quantizeCells';

function tableKernels(memory: KernelMemory): Pick<ApproximateKernel, Table> {
  return {
    scoreRows: (packed, starts, quads, steps, rows, scales, count, out) => {
      const { i8, u8, i32, f32 } = wholeMemory(memory);
      const vectors = quads * 4;
      for (let row = 0; row < count; row++) {
        const scale = f32[(scales >>> 2) + row]!;
        for (let v = 0; v < vectors; v++) {
          const chunk = v - (v % 16);
          const width = Math.min(16, vectors - chunk);
          let sum = i32[(starts >>> 2) + v]!;
          let at = packed + chunk * steps * 4 + (v - chunk) * 4;
          let byte = rows + row * steps * 4;
          for (let step = 0; step < steps; step++) {
            for (let i = 0; i < 4; i++) sum += i8[at + i]! * u8[byte + i]!;
            at += width * 4;
            byte += 4;
          }
          f32[(out >>> 2) + row * vectors + v] = f(sum) * scale;
        }
      }
    },
    nearCells: (scores, cells, tokens, probes, _room, near) => {
      const { u8, f32 } = wholeMemory(memory);
      u8.fill(0, near, near + cells);
      for (let t = 0; t < tokens; t++) {
        const ofToken = Float32Array.from(
          { length: cells },
          (_, cell) => f32[(scores >>> 2) + cell * 16 + t]!,
        );
        const least = ofToken.slice().sort()[cells - probes] ?? -Infinity;
        for (let cell = 0; cell < cells; cell++) {
          if (ofToken[cell]! >= least) u8[near + cell]! |= 1 << (t >> 2);
        }
      }
    },
    ...plainNear(memory),
    shareCells: (scores, shares, cellStarts, cells, near, lows, highs) => {
      const { u8, u32, f32 } = wholeMemory(memory);
      for (let cell = 0; cell < cells; cell++) {
        const start = (cellStarts >>> 2) + cell;
        const isEmpty = u32[start] === u32[start + 1];
        for (let c = 0; c < 16; c++) {
          const at = (scores >>> 2) + cell * 16 + c;
          const score = f(f32[at]! * f32[(shares >>> 2) + cell]!);
          f32[at] = score;
          if (!isEmpty && (u8[near + cell]! & (1 << (c >> 2))) === 0) {
            widen(f32, lows, highs, c, score);
          }
        }
      }
    },
  };
}

function plainNear(memory: KernelMemory): Pick<ApproximateKernel, 'scoreNear' | 'quantizeCells'> {
  return {
    scoreNear: (
      packed,
      starts,
      quads,
      steps,
      rows,
      scales,
      cellStarts,
      cells,
      near,
      out,
      lows,
      highs,
    ) => {
      const { i8, u8, u32, i32, f32 } = wholeMemory(memory);
      for (let cell = 0; cell < cells; cell++) {
        const end = u32[(cellStarts >>> 2) + cell + 1]!;
        for (let row = u32[(cellStarts >>> 2) + cell]!; row < end; row++) {
          for (let c = 0; c < quads * 4; c++) {
            if ((u8[near + cell]! & (1 << (c >> 2))) === 0) continue;
            let sum = i32[(starts >>> 2) + c]!;
            for (let i = 0; i < steps * 4; i++) {
              const vector = packed + (c >> 2) * steps * 16 + (i >> 2) * 16 + (c & 3) * 4;
              sum += i8[vector + (i & 3)]! * u8[rows + row * steps * 4 + i]!;
            }
            const score = f(f(sum) * f32[(scales >>> 2) + row]!);
            f32[(out >>> 2) + row * 16 + c] = score;
            widen(f32, lows, highs, c, score);
          }
        }
      }
    },
    quantizeCells: (
      scores,
      cellScores,
      cellStarts,
      cells,
      near,
      factors,
      adds,
      table,
      tableStride,
    ) => {
      const { u8, u32, f32 } = wholeMemory(memory);
      for (let cell = 0; cell < cells; cell++) {
        const end = u32[(cellStarts >>> 2) + cell + 1]!;
        for (let row = u32[(cellStarts >>> 2) + cell]!; row < end; row++) {
          for (let c = 0; c < 16; c++) {
            const isNear = (u8[near + cell]! & (1 << (c >> 2))) !== 0;
            const at = isNear ? (scores >>> 2) + row * 16 : (cellScores >>> 2) + cell * 16;
            const product = f(f32[at + c]! * f32[(factors >>> 2) + c]!);
            const value = Math.trunc(f(product + f32[(adds >>> 2) + c]!));
            u8[table + row * tableStride + c] = Math.max(0, Math.min(255, value));
          }
        }
      }
    },
  };
}

/** Widens the extent of one column. */
function widen(
  f32: Float32Array,
  lows: number,
  highs: number,
  column: number,
  score: number,
): void {
  if (score < f32[(lows >>> 2) + column]!) f32[(lows >>> 2) + column] = score;
  if (score > f32[(highs >>> 2) + column]!) f32[(highs >>> 2) + column] = score;
}

type Scan = 'scan' | 'selectScores';

function scanKernels(memory: KernelMemory): Pick<ApproximateKernel, Scan> {
  const largest = (
    table: number,
    width: number,
    codes: number,
    ends: { from: number; end: number },
    column: number,
  ): number => {
    const { u8, u16 } = wholeMemory(memory);
    let best = 0;
    for (let i = ends.from; i < ends.end; i++) {
      best = Math.max(best, u8[table + u16[(codes >>> 1) + i]! * width + column]!);
    }
    return best;
  };
  const endsOf = (offsets: number, doc: number): { from: number; end: number } => {
    const at = memory.u32(offsets + doc * 4, 2);
    return { from: at[0]! * 4, end: at[1]! * 4 };
  };
  return {
    scan: (table, width, columns, codes, offsets, docs, count, step, out) => {
      const { u8, u32, f32 } = wholeMemory(memory);
      for (let i = 0; i < count; i++) {
        const ends = endsOf(offsets, docs === 0 ? i : u32[(docs >>> 2) + i]!);
        const at = (out >>> 2) + i;
        let sum = 0;
        for (let c = 0; c < width; c++) {
          if (u8[columns + c] === 255) sum += largest(table, width, codes, ends, c);
        }
        f32[at] = ends.from === ends.end ? -Infinity : f(f32[at]! + f(f(step) * sum));
      }
    },
    selectScores: (scores, count, wanted, bins, out) => {
      const { u32, f32 } = wholeMemory(memory);
      const all = f32.subarray(scores >>> 2, (scores >>> 2) + count);
      const known = all.filter((score) => score > -Infinity);
      if (known.length === 0 || wanted === 0) return 0;
      const low = known.reduce((a, b) => Math.min(a, b));
      const binned = u32.subarray(bins >>> 2, (bins >>> 2) + binCount);
      const cut = known.length <= wanted ? low : cutOf(known, wanted, low, binned);
      let found = 0;
      for (let i = 0; i < count; i++) if (all[i]! >= cut) u32[(out >>> 2) + found++] = i;
      return found;
    },
  };
}

const binCount = 2048;

/** The lowest score of the bins from the highest down that together hold `wanted`. */
function cutOf(known: Float32Array, wanted: number, low: number, bins: Uint32Array): number {
  const high = known.reduce((a, b) => Math.max(a, b));
  const factor = f((binCount - 1) / (high - low));
  if (!(factor > 0 && factor < Infinity)) return low;
  bins.fill(0);
  for (const score of known) bins[Math.trunc(f(f(score - low) * factor))]! += 1;
  let bin = binCount - 1;
  let reached = bins[bin]!;
  while (reached < wanted && bin > 0) reached += bins[--bin]!;
  return bin === 0 ? low : f(low + (bin - 0.01) / factor);
}

type Hits = 'markCentroids' | 'markDocuments' | 'countHits' | 'collectHits';

function hitKernels(memory: KernelMemory): Pick<ApproximateKernel, Hits> {
  return {
    markCentroids: (table, width, count, thresholds, masks) => {
      const { u8, u32 } = wholeMemory(memory);
      for (let c = 0; c < count; c++) {
        let mask = 0;
        for (let t = 0; t < width; t++) {
          if (u8[table + c * width + t]! >= u8[thresholds + t]!) mask |= 1 << t;
        }
        u32[(masks >>> 2) + c]! |= mask;
      }
    },
    markDocuments: (masks, centroids, offsets, lists, hits) => {
      const { u16, u32 } = wholeMemory(memory);
      for (let c = 0; c < centroids; c++) {
        const mask = u32[(masks >>> 2) + c]!;
        if (mask === 0) continue;
        const end = u32[(offsets >>> 2) + c + 1]!;
        for (let i = u32[(offsets >>> 2) + c]!; i < end; i++) {
          u32[(hits >>> 2) + u16[(lists >>> 1) + i]!]! |= mask;
        }
      }
    },
    countHits: (hits, docs, count, counts) => {
      const { u32 } = wholeMemory(memory);
      for (let i = 0; i < count; i++) {
        const doc = docs === 0 ? i : u32[(docs >>> 2) + i]!;
        u32[(counts >>> 2) + bitCount(u32[(hits >>> 2) + doc]!)]! += 1;
      }
    },
    collectHits: (hits, docs, count, bitsMin, out) => {
      const { u32 } = wholeMemory(memory);
      let found = 0;
      for (let i = 0; i < count; i++) {
        const doc = docs === 0 ? i : u32[(docs >>> 2) + i]!;
        u32[(out >>> 2) + found] = doc;
        if (bitCount(u32[(hits >>> 2) + doc]!) >= bitsMin) found++;
      }
      return found;
    },
  };
}

function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
