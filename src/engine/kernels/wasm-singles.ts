// The kernels for single vectors in WebAssembly (assembly/singles.ts).

import { decodeBase64 } from './base64.ts';
import type { KernelMemory } from './kernel-memory.ts';
import type { SingleKernel } from './single-kernel.ts';
import { singlesWasmBase64 } from './singles.wasm.ts';

interface Exports {
  scoreBytes(fused: boolean, ...rest: Parameters<SingleKernel['scoreBytes']>): void;
  scoreHalves(fused: boolean, ...rest: Parameters<SingleKernel['scoreHalves']>): void;
}

/** The compiled module; only where `compileKernels` gave one too. */
export function compileSingles(): WebAssembly.Module {
  return new WebAssembly.Module(decodeBase64(singlesWasmBase64));
}

/** An instance over the memory. `fused` as in WasmMaxSimKernel. */
export function openWasmSingles(
  module: WebAssembly.Module,
  memory: KernelMemory,
  fused: boolean,
): SingleKernel {
  const imports = { env: { memory: memory.memory } };
  // The module is compiled from the source beside this file, which has these exports.
  const exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
  return {
    scoreBytes: (query, start, stride, rows, scales, count, out) =>
      exports.scoreBytes(fused, query, start, stride, rows, scales, count, out),
    scoreHalves: (query, start, steps, rows, count, base, factor, out) =>
      exports.scoreHalves(fused, query, start, steps, rows, count, base, factor, out),
  };
}
