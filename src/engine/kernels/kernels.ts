// The façade over the kernels: chooses once between WebAssembly and plain TypeScript, and warms the
// choice up. Nothing outside this folder knows which one runs.

import type { ApproximateKernel } from './approximate-kernel.ts';
import { type KernelMemory, SpareMemories } from './kernel-memory.ts';
import type { MaxSimKernel } from './maxsim-kernel.ts';
import { PlainMaxSimKernel } from './plain.ts';
import { openPlainApproximate } from './plain-approximate.ts';
import { PlainExactKernel, plainRowKernel } from './plain-rows.ts';
import { openPlainSingles } from './plain-singles.ts';
import type { ExactKernel, RowKernel } from './row-kernels.ts';
import type { SingleKernel } from './single-kernel.ts';
import { compileApproximate, openWasmApproximate } from './wasm-approximate.ts';
import { compileKernels, WasmMaxSimKernel } from './wasm-kernel.ts';
import { compileRowKernels, WasmExactKernel, WasmRowKernel } from './wasm-rows.ts';
import { compileSingles, openWasmSingles } from './wasm-singles.ts';

export interface KernelOptions {
  /** Use the plain TypeScript kernels even where WebAssembly SIMD works. */
  readonly forcePlain: boolean;
  /**
   * Milliseconds (`performance`): times both forms of the WebAssembly dot product for some 10 ms and
   * takes the faster. Without it the form for processors with VNNI is taken.
   */
  readonly clock?: { now(): number };
}

/** The kernels of this thread, chosen once. */
export interface Kernels {
  readonly kind: 'wasm' | 'plain';
  /** Why this kind, for the log. */
  readonly reason: string;
  /** A MaxSim kernel with memory of its own, already warm. */
  createMaxSim(): MaxSimKernel;
  /** The kernels of the approximate stage over a memory. */
  createApproximate(memory: KernelMemory): ApproximateKernel;
  /** The kernels for one query vector against many rows, over a memory. */
  createSingle(memory: KernelMemory): SingleKernel;
  /** A kernel that finishes scores exactly, with memory of its own, already warm. */
  createExact(): ExactKernel;
  /** A kernel that quantises rows, already warm. */
  createRows(): RowKernel;
  /** Memories of this thread for `createApproximate`. */
  readonly spare: SpareMemories;
}

/** Chooses the fastest kernels that this runtime can run and warms them up. */
export function openKernels(options: KernelOptions): Kernels {
  if (options.forcePlain) return plain('plain kernels were asked for');
  const module = compileKernels();
  if (module === undefined) return plain('this runtime has no WebAssembly relaxed SIMD');
  const fused = new WasmMaxSimKernel(module, true);
  warmUp(fused);
  const { clock } = options;
  const chosen = clock ? faster(fused, new WasmMaxSimKernel(module, false), clock) : unmeasured;
  const approximate = compileApproximate();
  const singles = compileSingles();
  const rowModule = compileRowKernels();
  warmUpRows(new WasmRowKernel(rowModule), new WasmExactKernel(rowModule));
  return {
    kind: 'wasm',
    reason: `WebAssembly relaxed SIMD, ${chosen.reason}`,
    createMaxSim: () => new WasmMaxSimKernel(module, chosen.fused),
    createApproximate: (memory) => openWasmApproximate(approximate, memory, chosen.fused),
    createSingle: (memory) => openWasmSingles(singles, memory, chosen.fused),
    createExact: () => new WasmExactKernel(rowModule),
    createRows: () => new WasmRowKernel(rowModule),
    spare: new SpareMemories(),
  };
}

function plain(reason: string): Kernels {
  warmUp(new PlainMaxSimKernel());
  warmUpRows(plainRowKernel, new PlainExactKernel());
  return {
    kind: 'plain',
    reason,
    createMaxSim: () => new PlainMaxSimKernel(),
    createApproximate: openPlainApproximate,
    createSingle: openPlainSingles,
    createExact: () => new PlainExactKernel(),
    createRows: () => plainRowKernel,
    spare: new SpareMemories(),
  };
}

interface Choice {
  readonly fused: boolean;
  readonly reason: string;
}
const unmeasured: Choice = { fused: true, reason: 'fused dot product, not timed' };

/** The split form must win by so much: a wrong choice costs most where the fused one is fast. */
const splitGainMin = 1.1;

function faster(fused: MaxSimKernel, split: MaxSimKernel, clock: { now(): number }): Choice {
  warmUp(split);
  fillSample(fused);
  fillSample(split);
  let [fusedMs, splitMs] = [Infinity, Infinity];
  for (let round = 0; round < sampleRounds; round++) {
    fusedMs = Math.min(fusedMs, sampleTime(fused, clock));
    splitMs = Math.min(splitMs, sampleTime(split, clock));
  }
  const choice = fusedMs > splitMs * splitGainMin ? 'split' : 'fused';
  const rates = `fused ${sampleRate(fusedMs)}, split ${sampleRate(splitMs)}`;
  const reason = `${choice} dot product (${rates} G multiply-adds/s)`;
  return { fused: choice === 'fused', reason };
}

const sampleTokens = 32;
const sampleStride = 128;
const sampleRowCount = 690;
const sampleRounds = 20;

function fillSample(kernel: MaxSimKernel): void {
  fill(kernel, sampleTokens, sampleStride, sampleRowCount);
}

function sampleTime(kernel: MaxSimKernel, clock: { now(): number }): number {
  const start = clock.now();
  kernel.maxSim(1, sampleOut, 0);
  return clock.now() - start;
}
const sampleOut = new Float32Array(1);

function sampleRate(ms: number): string {
  const products = sampleTokens * sampleStride * sampleRowCount;
  return (products / ms / 1e6).toFixed(0);
}

/** One document of neutral rows and a query of zeros. */
function fill(kernel: MaxSimKernel, tokens: number, stride: number, rowCount: number): void {
  const rows = new Int8Array(tokens * stride);
  kernel.setQuery({ tokens, stride, rows, scales: new Float32Array(tokens) });
  const block = kernel.block(rowCount, 1);
  block.rows.fill(64);
  block.scales.fill(1);
  block.offsets[0] = 0;
  block.offsets[1] = rowCount;
}

/** Runs every function of a kernel, so that the first query does not wait for the compiler. */
function warmUp(kernel: MaxSimKernel): void {
  for (let tokens = 4; tokens <= 32; tokens += 4) {
    fill(kernel, tokens, 16, 3);
    for (let i = 0; i < 50; i++) {
      kernel.maxSim(1, sampleOut, 0);
      kernel.tokenScores(3);
    }
  }
}

/** The same for the kernels over float32 rows: one row against a query of one token. */
function warmUpRows(rows: RowKernel, exact: ExactKernel): void {
  const dims = 16;
  const values = new Float32Array(dims).fill(1);
  const into = { rows: new Uint8Array(dims), scales: new Float32Array(1), at: 0 };
  const one = new Float64Array([1]);
  const scales = new Float32Array([1]);
  const shares = { errorShares: one, normShares: one };
  exact.setQuery({ tokens: 1, dims, normalized: true, values, factors: one, scales, ...shares });
  const matrix = new Float32Array(4);
  for (let i = 0; i < 200; i++) {
    rows.quantize(values, 0, 1, { dims, normalized: true }, into, { norm: 0, errorNorm: 0 });
    exact.begin({ rowCount: 1, norm: 1, errorNorm: 1 }).set(values);
    exact.finish({ matrix, from: 0, count: 1 }, Infinity, -Infinity);
  }
}
