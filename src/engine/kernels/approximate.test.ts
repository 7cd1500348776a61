// The kernels of the approximate stage: WebAssembly writes the same bytes as plain TypeScript, and a
// few facts that both must get right.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApproximateKernel, packVectors } from './approximate-kernel.ts';
import { KernelMemory } from './kernel-memory.ts';
import { openKernels } from './kernels.ts';
import { openPlainApproximate } from './plain-approximate.ts';

const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Builds the same inputs in two memories, runs both kernels, and compares what `out` names. */
function compare(
  label: string,
  run: (memory: KernelMemory, kernel: ApproximateKernel) => { address: number; length: number }[],
): void {
  const fast = KernelMemory.open();
  const slow = KernelMemory.open();
  const kernels = openKernels({ forcePlain });
  const outs = run(fast, kernels.createApproximate(fast));
  const expected = run(slow, openPlainApproximate(slow));
  for (const [i, { address, length }] of outs.entries()) {
    assert.deepEqual(
      fast.u8(address, length),
      slow.u8(expected[i]!.address, length),
      `${label}, ${i}`,
    );
  }
}

function putBytes(memory: KernelMemory, bytes: Uint8Array): number {
  const at = memory.allocate(bytes.length);
  memory.u8(at, bytes.length).set(bytes);
  return at;
}

function putFloats(memory: KernelMemory, floats: readonly number[]): number {
  return putBytes(memory, new Uint8Array(Float32Array.from(floats).buffer));
}

function putWords(memory: KernelMemory, words: readonly number[]): number {
  return putBytes(memory, new Uint8Array(Uint32Array.from(words).buffer));
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Rows of 0 … 127 with scales, and packed vectors. */
function rowsAndVectors(
  memory: KernelMemory,
  random: () => number,
  count: number,
  vectors: number,
  stride: number,
): { rows: number; scales: number; packed: number; starts: number; quads: number } {
  const bytes = Uint8Array.from({ length: count * stride }, () => Math.floor(random() * 128));
  const rows = putBytes(memory, bytes);
  const scales = putFloats(
    memory,
    times(count, (i) => (i % 7 === 3 ? 0 : random())),
  );
  const padded = (vectors + 3) & ~3;
  const signed = Int8Array.from({ length: vectors * stride }, () => random() * 255 - 127);
  const packed = memory.allocate(padded * stride);
  const starts = memory.allocate(padded * 4);
  packVectors(
    signed,
    vectors,
    stride,
    memory.i8(packed, padded * stride),
    memory.i32(starts, padded),
  );
  return { rows, scales, packed, starts, quads: padded >> 2 };
}

test('assignment kernels agree at odd sizes', () => {
  for (const [count, vectors, stride] of [
    [1, 1, 16],
    [2, 3, 16],
    [5, 16, 48],
    [31, 20, 128],
    [64, 37, 208],
  ] as const) {
    compare(`${count} × ${vectors} × ${stride}`, (memory, kernel) => {
      const random = randomFrom(count * 31 + vectors);
      const it = rowsAndVectors(memory, random, count, vectors, stride);
      const width = it.quads * 4;
      const scores = memory.allocate(count * width * 4);
      const steps = stride >> 2;
      kernel.scoreRows(it.packed, it.starts, it.quads, steps, it.rows, it.scales, count, scores);
      const factors = putFloats(
        memory,
        times(width, () => random()),
      );
      const biases = putFloats(
        memory,
        times(width, () => random() * 100),
      );
      const probes = Math.min(5, vectors);
      const room = memory.allocate((probes + 4) * 4);
      const cells = memory.allocate(count * probes * 4);
      kernel.bestCells(scores, width, factors, biases, count, probes, room, cells);
      const list = putWords(
        memory,
        times(count, (i) => (i * 3) % (count + 1)),
      );
      const best = putFloats(
        memory,
        times(count + 1, () => (random() < 0.5 ? -Infinity : 10)),
      );
      const winners = putWords(
        memory,
        times(count + 1, () => 0),
      );
      kernel.keepBest(scores, width, factors, biases, 7, list, count, best, winners);
      const gathered = memory.allocate(count * stride);
      const gatheredScales = memory.allocate(count * 4);
      const order = putWords(
        memory,
        times(count, (i) => count - 1 - i),
      );
      kernel.gatherRows(it.rows, it.scales, stride, order, count, gathered, gatheredScales);
      const sums = putFloats(
        memory,
        times((width + 8) * stride, () => 0),
      );
      kernel.accumulate(gathered, gatheredScales, stride, count, winners, sums);
      return [
        { address: scores, length: count * width * 4 },
        { address: cells, length: count * probes * 4 },
        { address: best, length: (count + 1) * 4 },
        { address: winners, length: (count + 1) * 4 },
        { address: gathered, length: count * stride },
        { address: gatheredScales, length: count * 4 },
        { address: sums, length: (width + 8) * stride * 4 },
      ];
    });
  }
});

/** Documents with these numbers of fours of codes below `codesBelow`. */
function documents(
  memory: KernelMemory,
  random: () => number,
  fours: readonly number[],
  codesBelow: number,
): { codes: number; offsets: number } {
  const offsets = [0];
  for (const count of fours) offsets.push(offsets.at(-1)! + count);
  const codes = Uint16Array.from({ length: offsets.at(-1)! * 4 }, () => random() * codesBelow);
  return {
    codes: putBytes(memory, new Uint8Array(codes.buffer)),
    offsets: putWords(memory, offsets),
  };
}

for (const width of [16, 32]) {
  test(`table, scan and hit kernels agree for ${width} columns`, () => {
    compare(`${width}`, (memory, kernel) => {
      const random = randomFrom(width);
      const centroids = 301;
      const table = memory.allocate(centroids * width);
      memory
        .u8(table, centroids * width)
        .set(Uint8Array.from({ length: centroids * width }, () => random() * 256));
      const fours = times(203, (i) => (i % 11 === 0 ? 0 : 1 + Math.floor(random() * 20)));
      const { codes, offsets } = documents(memory, random, fours, centroids);
      const docs = putWords(
        memory,
        times(100, (i) => i * 2),
      );
      const all = putFloats(
        memory,
        times(203, () => 1),
      );
      const some = putFloats(
        memory,
        times(100, () => 0),
      );
      const columns = putBytes(memory, new Uint8Array(32).fill(255));
      kernel.scan(table, width, columns, codes, offsets, 0, 203, 0.0123, all);
      memory.u8(columns, 32).set(times(32, (i) => (i % 3 === 1 ? 0 : 255)));
      kernel.scan(table, width, columns, codes, offsets, docs, 100, 0.5, some);
      const thresholds = putBytes(memory, new Uint8Array(width).fill(254));
      const masks = putWords(
        memory,
        times(centroids, () => 0),
      );
      kernel.markCentroids(table, width, centroids, thresholds, masks);
      const lists = documents(
        memory,
        random,
        times(centroids, (i) => i % 5),
        203,
      );
      const listOffsets = memory.u32(lists.offsets, centroids + 1);
      for (let c = 0; c <= centroids; c++) listOffsets[c]! *= 4;
      const hits = putWords(
        memory,
        times(203, () => 0),
      );
      kernel.markDocuments(masks, centroids, lists.offsets, lists.codes, hits);
      const counts = putWords(
        memory,
        times(33, () => 0),
      );
      kernel.countHits(hits, 0, 203, counts);
      kernel.countHits(hits, docs, 100, counts);
      const found = memory.allocate(204 * 4);
      const foundCount = kernel.collectHits(hits, docs, 100, 2, found);
      assert.ok(foundCount > 0 && foundCount < 100);
      return [
        { address: table, length: centroids * width },
        { address: all, length: 203 * 4 },
        { address: some, length: 400 },
        { address: masks, length: centroids * 4 },
        { address: hits, length: 203 * 4 },
        { address: counts, length: 33 * 4 },
        { address: found, length: foundCount * 4 },
      ];
    });
  });
}

test('kernels of the score table agree for any number of tokens and probes', () => {
  for (const [tokens, probes, cells, stride] of [
    [16, 3, 7, 16],
    [13, 1, 20, 48],
    [1, 20, 20, 16],
    [4, 5, 33, 128],
    [7, 64, 65, 32],
  ] as const) {
    compare(`${tokens} tokens, ${probes} of ${cells} cells`, (memory, kernel) => {
      const random = randomFrom(tokens * 7 + cells);
      const starts = [0];
      for (let cell = 0; cell < cells; cell++) starts.push(starts[cell]! + ((cell * 5) % 7));
      const count = starts[cells]!;
      const cellStarts = putWords(memory, starts);
      const shares = putFloats(
        memory,
        times(cells, () => random()),
      );
      const quads = Math.ceil(tokens / 4);
      const rows = rowsAndVectors(memory, random, count, 4, stride);
      const packed = memory.allocate(quads * 4 * stride);
      const sums = memory.allocate(quads * 16);
      for (let quad = 0; quad < quads; quad++) {
        const vectors = Int8Array.from({ length: 4 * stride }, () => random() * 255 - 127);
        const into = memory.i8(packed + quad * 4 * stride, 4 * stride);
        packVectors(vectors, 4, stride, into, memory.i32(sums + quad * 16, 4));
      }
      // Whole numbers, so that some are equal.
      const coarse = putFloats(
        memory,
        times(cells * 16, () => Math.floor(random() * 40 - 20)),
      );
      const near = memory.allocate(cells);
      kernel.nearCells(coarse, cells, tokens, probes, memory.allocate(probes * 16), near);
      const marked = memory.u8(near, cells).filter((bits) => (bits & 1) === 1).length;
      assert.ok(marked >= probes && (marked < cells || probes * 4 >= cells), `${marked} cells`);
      const scores = putFloats(
        memory,
        times(count * 16, () => 0),
      );
      const lanes = putFloats(
        memory,
        times(32, (i) => (i < 16 ? Infinity : -Infinity)),
      );
      kernel.scoreNear(
        ...([packed, sums, quads, stride >> 2, rows.rows, rows.scales] as const),
        ...([cellStarts, cells, near, scores, lanes, lanes + 64] as const),
      );
      kernel.shareCells(coarse, shares, cellStarts, cells, near, lanes, lanes + 64);
      const factors = putFloats(
        memory,
        times(16, () => random()),
      );
      const adds = putFloats(
        memory,
        times(16, () => random() * 200),
      );
      const table = putWords(
        memory,
        times(count * 8, () => 0),
      );
      kernel.quantizeCells(
        ...([scores, coarse, cellStarts, cells, near, factors, adds, table + 16, 32] as const),
      );
      return [
        { address: near, length: cells },
        { address: scores, length: count * 64 },
        { address: coarse, length: cells * 64 },
        { address: lanes, length: 128 },
        { address: table, length: count * 32 },
      ];
    });
  }
});

test('selected scores hold the largest, and agree', () => {
  for (const count of [0, 1, 3, 4, 127, 1000]) {
    const random = randomFrom(count);
    const scores = times(count, (i) => (i % 9 === 4 ? -Infinity : random() + random() ** 8 * 50));
    if (count > 100) scores[7] = NaN;
    const finite = scores.filter((score) => score > -Infinity).sort((a, b) => b - a);
    for (const values of [scores, scores.map((score) => (score > 0 ? 2.5 : score))]) {
      for (const wanted of [0, 1, 5, 60, count]) {
        compare(`${wanted} of ${count}`, (memory, kernel) => {
          const at = putFloats(memory, values);
          const out = putWords(
            memory,
            times(count, () => 0),
          );
          const found = kernel.selectScores(at, count, wanted, memory.allocate(2048 * 4), out);
          const places = Array.from(memory.u32(out, found));
          const least = Math.min(wanted, finite.length);
          assert.ok(found >= least && places.every((place) => values[place]! > -Infinity));
          if (values === scores && found > 0) {
            const chosen = places.map((place) => scores[place]!).sort((a, b) => b - a);
            assert.deepEqual(chosen.slice(0, least), finite.slice(0, least));
            assert.ok(found <= least + finite.length / 4, `${found} found`);
          }
          return [{ address: out, length: count * 4 }];
        });
      }
    }
  }
});

test('pieces of memory do not overlap, gaps are used again', () => {
  const memory = KernelMemory.open();
  const a = memory.allocate(100);
  const b = memory.allocate(3_000_000);
  const c = memory.allocate(1);
  memory.u8(a, 100).fill(1);
  memory.u8(b, 3_000_000).fill(2);
  memory.u8(c, 1).fill(3);
  assert.ok(memory.u8(a, 100).every((byte) => byte === 1));
  assert.ok(memory.u8(b, 3_000_000).every((byte) => byte === 2));
  memory.free(b);
  const d = memory.allocate(64);
  assert.equal(d, b);
  memory.free(a);
  memory.free(d);
  assert.equal(memory.allocate(3_000_000), a);
  assert.equal(memory.u8(c, 1)[0], 3);
  assert.throws(() => memory.free(12), /allocated/);
});
