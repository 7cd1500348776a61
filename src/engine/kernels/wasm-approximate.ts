// The kernels of the approximate stage in WebAssembly (assembly/approximate.ts).

import { approximateWasmBase64 } from './approximate.wasm.ts';
import type { ApproximateKernel } from './approximate-kernel.ts';
import { decodeBase64 } from './base64.ts';
import type { KernelMemory } from './kernel-memory.ts';

interface Exports extends Omit<ApproximateKernel, 'scoreRows' | 'scoreNear'> {
  scoreRows(fused: boolean, ...rest: Parameters<ApproximateKernel['scoreRows']>): void;
  scoreNear(fused: boolean, ...rest: Parameters<ApproximateKernel['scoreNear']>): void;
}

/** The compiled module; only where `compileKernels` gave one too. */
export function compileApproximate(): WebAssembly.Module {
  return new WebAssembly.Module(decodeBase64(approximateWasmBase64));
}

/** An instance over the memory. `fused` as in WasmMaxSimKernel. */
export function openWasmApproximate(
  module: WebAssembly.Module,
  memory: KernelMemory,
  fused: boolean,
): ApproximateKernel {
  const imports = { env: { memory: memory.memory } };
  // The module is compiled from the source beside this file, which has these exports.
  const exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
  return {
    gatherRows: exports.gatherRows,
    bestCells: exports.bestCells,
    keepBest: exports.keepBest,
    accumulate: exports.accumulate,
    nearCells: exports.nearCells,
    shareCells: exports.shareCells,
    quantizeCells: exports.quantizeCells,
    scan: exports.scan,
    selectScores: exports.selectScores,
    markCentroids: exports.markCentroids,
    markDocuments: exports.markDocuments,
    countHits: exports.countHits,
    collectHits: exports.collectHits,
    scoreRows: (packed, starts, quads, steps, rows, scales, count, out) =>
      exports.scoreRows(fused, packed, starts, quads, steps, rows, scales, count, out),
    scoreNear: (...rest) => exports.scoreNear(fused, ...rest),
  };
}
