// The façade over the kernels: chooses once between WebAssembly and plain TypeScript, and warms the
// choice up. Nothing outside this folder knows which one runs.

import type { MaxSimKernel } from './maxsim-kernel.ts';
import { PlainMaxSimKernel } from './plain.ts';
import { compileKernels, WasmMaxSimKernel } from './wasm-kernel.ts';

export interface KernelOptions {
  /** Use the plain TypeScript kernels even where WebAssembly SIMD works. */
  readonly forcePlain: boolean;
}

/** The kernels of this thread, chosen once. */
export interface Kernels {
  readonly kind: 'wasm' | 'plain';
  /** Why this kind, for the log. */
  readonly reason: string;
  /** A MaxSim kernel with memory of its own, already warm. */
  createMaxSim(): MaxSimKernel;
}

/** Chooses the fastest kernels that this runtime can run and warms them up. */
export function openKernels(options: KernelOptions): Kernels {
  if (options.forcePlain) return plain('plain kernels were asked for');
  const module = compileKernels();
  if (module === undefined) return plain('this runtime has no WebAssembly relaxed SIMD');
  warmUp(new WasmMaxSimKernel(module));
  return {
    kind: 'wasm',
    reason: 'WebAssembly relaxed SIMD',
    createMaxSim: () => new WasmMaxSimKernel(module),
  };
}

function plain(reason: string): Kernels {
  warmUp(new PlainMaxSimKernel());
  return { kind: 'plain', reason, createMaxSim: () => new PlainMaxSimKernel() };
}

/** Runs every function of a kernel, so that the first query does not wait for the compiler. */
function warmUp(kernel: MaxSimKernel): void {
  const out = new Float32Array(1);
  for (let tokens = 4; tokens <= 32; tokens += 4) {
    const rows = new Int8Array(tokens * 16);
    kernel.setQuery({ tokens, stride: 16, rows, scales: new Float32Array(tokens) });
    const block = kernel.block(3, 1);
    block.rows.fill(64);
    block.scales.fill(1);
    block.offsets[0] = 0;
    block.offsets[1] = 3;
    for (let i = 0; i < 50; i++) {
      kernel.maxSim(1, out, 0);
      kernel.tokenScores(3);
    }
  }
}
