// Every kernel against a computation in plain integers, and against each other, at odd sizes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64 } from './base64.ts';
import { type Kernels, openKernels } from './kernels.ts';
import type { KernelQuery, MaxSimKernel } from './maxsim-kernel.ts';

const dimsCases = [1, 3, 4, 13, 64, 127, 128, 207, 1024];
const tokenCases = [1, 2, 3, 4, 5, 8, 11, 13, 16, 17, 31, 32, 33];
const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';
const all: readonly Kernels[] = [
  openKernels({ forcePlain: true }),
  openKernels({ forcePlain, clock: clockOf(1, 2) }),
  openKernels({ forcePlain, clock: clockOf(2, 1) }),
];

/** A clock by which the fused kernel takes so many milliseconds and the split one so many. */
function clockOf(fusedMs: number, splitMs: number): { now(): number } {
  const steps = [0, fusedMs, 0, splitMs];
  let calls = 0;
  let time = 0;
  return {
    now: () => {
      time += steps[calls++ % 4]!;
      return time;
    },
  };
}

/** A repeatable sequence of numbers in 0 … 1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

interface Case {
  readonly query: KernelQuery;
  readonly rows: Uint8Array;
  readonly scales: Float32Array;
  /** Rows of each document. */
  readonly counts: readonly number[];
}

interface CaseShape {
  readonly tokens: number;
  readonly dims: number;
  readonly counts: readonly number[];
  readonly extreme?: boolean;
}

function makeCase(shape: CaseShape, seed: number): Case {
  const random = randomFrom(seed);
  const { tokens, dims } = shape;
  const stride = Math.ceil(dims / 16) * 16;
  const rowCount = shape.counts.reduce((sum, count) => sum + count, 0);
  const rows = new Uint8Array(rowCount * stride).fill(64);
  const queryRows = new Int8Array(tokens * stride);
  const pick = (low: number, high: number): number =>
    shape.extreme
      ? random() < 0.5
        ? low
        : high
      : Math.min(high, low + Math.floor(random() * (high - low + 1)));
  for (let row = 0; row < rowCount; row++) {
    for (let i = 0; i < dims; i++) rows[row * stride + i] = pick(0, 127);
  }
  for (let t = 0; t < tokens; t++) {
    for (let i = 0; i < dims; i++) queryRows[t * stride + i] = pick(-128, 127);
  }
  const scales = new Float32Array(rowCount).map(() => random() * 3);
  const queryScales = new Float32Array(tokens).map(() => random());
  return {
    query: { tokens, stride, rows: queryRows, scales: queryScales },
    rows,
    scales,
    counts: shape.counts,
  };
}

function load(kernel: MaxSimKernel, it: Case): void {
  kernel.setQuery(it.query);
  const block = kernel.block(it.scales.length, it.counts.length);
  block.rows.set(it.rows);
  block.scales.set(it.scales);
  block.offsets[0] = 0;
  it.counts.forEach((count, d) => {
    block.offsets[d + 1] = block.offsets[d]! + count;
  });
}

/** Integer dot product of the values themselves: without offsets, tiles or packing. */
function dot(it: Case, token: number, row: number): number {
  const { stride } = it.query;
  let sum = 0;
  for (let i = 0; i < stride; i++) {
    sum += it.query.rows[token * stride + i]! * (it.rows[row * stride + i]! - 64);
  }
  return sum;
}

function expectedMaxSim(it: Case): number[] {
  let first = 0;
  return it.counts.map((count) => {
    let sum = 0;
    for (let t = 0; t < it.query.tokens; t++) {
      let best = -Infinity;
      for (let row = first; row < first + count; row++) {
        best = Math.max(best, dot(it, t, row) * it.scales[row]!);
      }
      sum += best * it.query.scales[t]!;
    }
    first += count;
    return count === 0 ? -Infinity : sum;
  });
}

function maxSimOf(kernel: MaxSimKernel, it: Case): Float32Array {
  load(kernel, it);
  const out = new Float32Array(it.counts.length + 2).fill(7);
  kernel.maxSim(it.counts.length, out, 1);
  assert.equal(out[0], 7);
  assert.equal(out[it.counts.length + 1], 7);
  return out.slice(1, -1);
}

function assertCase(kernel: MaxSimKernel, it: Case, label: string): void {
  load(kernel, it);
  const matrix = kernel.tokenScores(it.scales.length);
  const padded = kernel.tokensPadded;
  assert.ok(padded >= it.query.tokens && padded % 4 === 0);
  for (let row = 0; row < it.scales.length; row++) {
    for (let t = 0; t < it.query.tokens; t++) {
      // Equal to the bit: the integers agree exactly and are scaled by one rounded product.
      const exact = Math.fround(Math.fround(dot(it, t, row)) * it.scales[row]!);
      assert.equal(matrix[row * padded + t], exact, `${label}: row ${row}, token ${t}`);
    }
  }
  const expected = expectedMaxSim(it);
  maxSimOf(kernel, it).forEach((score, d) => {
    const tolerance = 1e-6 * Math.max(1, Math.abs(expected[d]!)) * Math.max(8, it.query.tokens);
    const near = score === expected[d] || Math.abs(score - expected[d]!) <= tolerance;
    assert.ok(near, `${label}: document ${d} scores ${score}, not ${expected[d]}`);
  });
}

for (const [i, kernels] of all.entries()) {
  const title = `kernel ${i} (${kernels.kind})`;

  test(`${title} equals integer arithmetic at odd dims and token counts`, () => {
    const kernel = kernels.createMaxSim();
    for (const dims of dimsCases) {
      const tokenCounts = dims > 128 ? [1, 4, 33] : tokenCases;
      for (const tokens of tokenCounts) {
        const it = makeCase({ tokens, dims, counts: [1, 2, 3, 0, 4, 7] }, dims * 100 + tokens);
        assertCase(kernel, it, `${tokens} × ${dims}`);
      }
    }
  });

  test(`${title} takes 1 to 40 document tokens`, () => {
    const kernel = kernels.createMaxSim();
    for (let count = 1; count <= 40; count++) {
      assertCase(kernel, makeCase({ tokens: 19, dims: 20, counts: [count] }, count), `${count}`);
    }
  });

  test(`${title} is exact at the extremes of both operands`, () => {
    const kernel = kernels.createMaxSim();
    for (const dims of [16, 127, 4096]) {
      const it = makeCase({ tokens: 6, dims, counts: [3, 2], extreme: true }, dims);
      assertCase(kernel, it, `random extremes of ${dims}`);
      for (const [q, v] of [
        [-128, 127],
        [127, 127],
        [-128, 0],
        [127, 0],
      ] as const) {
        it.query.rows.fill(q);
        it.rows.fill(v);
        assertCase(kernel, it, `${q} × ${v} of ${dims}`);
      }
    }
  });

  test(`${title} answers nothing for empty sides`, () => {
    const kernel = kernels.createMaxSim();
    assert.deepEqual([...maxSimOf(kernel, makeCase({ tokens: 0, dims: 16, counts: [2] }, 1))], [0]);
    assert.equal(maxSimOf(kernel, makeCase({ tokens: 3, dims: 16, counts: [] }, 1)).length, 0);
    const empty = makeCase({ tokens: 3, dims: 16, counts: [0, 0] }, 1);
    assert.deepEqual([...maxSimOf(kernel, empty)], [-Infinity, -Infinity]);
  });

  test(`${title} forgets longer queries and larger blocks`, () => {
    const kernel = kernels.createMaxSim();
    assertCase(kernel, makeCase({ tokens: 33, dims: 207, counts: [40, 40] }, 5), 'large');
    assertCase(kernel, makeCase({ tokens: 2, dims: 3, counts: [1, 2] }, 6), 'small after large');
    assertCase(kernel, makeCase({ tokens: 17, dims: 64, counts: [3000] }, 7), 'grown');
  });
}

test('all kernels give the same bits', () => {
  const [plain, ...others] = all.map((kernels) => kernels.createMaxSim());
  for (let seed = 0; seed < 60; seed++) {
    const shape = { tokens: 1 + (seed % 37), dims: 1 + ((seed * 29) % 140), counts: [5, 1, 0, 9] };
    const it = makeCase(shape, seed);
    for (const other of others) {
      assert.deepEqual(maxSimOf(other, it), maxSimOf(plain!, it), `seed ${seed}`);
    }
  }
});

test('base64 is decoded at every length', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length * 7) & 255);
    assert.deepEqual(decodeBase64(Buffer.from(bytes).toString('base64')), bytes);
  }
});

test('this runtime runs the WebAssembly kernels unless told otherwise', () => {
  assert.equal(openKernels({ forcePlain: false }).kind, 'wasm');
  assert.equal(openKernels({ forcePlain: true, clock: clockOf(1, 1) }).kind, 'plain');
});

test('the split dot product is taken only where it is clearly faster', () => {
  const reasonBy = (fusedMs: number, splitMs: number): string =>
    openKernels({ forcePlain: false, clock: clockOf(fusedMs, splitMs) }).reason;
  assert.match(reasonBy(2, 1), /split dot product \(fused 1, split 3 G/);
  assert.match(reasonBy(1, 1), /fused dot product/);
  assert.match(reasonBy(1.05, 1), /fused dot product/);
  assert.match(openKernels({ forcePlain: false }).reason, /fused dot product, not timed/);
});
