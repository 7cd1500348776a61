// The kernels for single vectors in plain TypeScript: the reference for the WebAssembly ones, and what
// runs where relaxed SIMD is missing. Rounds to float32 at the same places.

import type { KernelMemory } from './kernel-memory.ts';
import { listRowHead, type SingleKernel } from './single-kernel.ts';

const f = Math.fround;

/** Kernels over the memory. */
export function openPlainSingles(memory: KernelMemory): SingleKernel {
  return {
    scoreBytes: (query, start, stride, rows, scales, count, out) => {
      const { buffer } = memory.memory;
      const signed = new Int8Array(buffer, query, stride);
      const bytes = new Uint8Array(buffer);
      const floats = new Float32Array(buffer);
      for (let i = 0; i < count; i++) {
        const row = rows + i * stride;
        let sum = start;
        for (let j = 0; j < stride; j++) sum += signed[j]! * bytes[row + j]!;
        floats[(out >>> 2) + i] = f(f(sum) * floats[(scales >>> 2) + i]!);
      }
    },
    scoreHalves: (query, start, steps, rows, count, base, factor, out) => {
      const { buffer } = memory.memory;
      const signed = new Int8Array(buffer, query, steps * 32);
      const bytes = new Uint8Array(buffer);
      const floats = new Float32Array(buffer);
      const stride = listRowHead + steps * 16;
      for (let i = 0; i < count; i++) {
        const row = rows + i * stride;
        const dot = dotHalves(signed, bytes, row + listRowHead, steps);
        const product = f(f(f(dot * 2 + start) * floats[row >>> 2]!) * f(factor));
        floats[(out >>> 2) + i] = f(f(f(base) + product) + floats[(row >>> 2) + 1]!);
      }
    },
  };
}

function dotHalves(query: Int8Array, bytes: Uint8Array, row: number, steps: number): number {
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    for (let j = 0; j < 16; j++) {
      const byte = bytes[row + step * 16 + j]!;
      sum += query[step * 32 + j]! * (byte & 15) + query[step * 32 + 16 + j]! * (byte >> 4);
    }
  }
  return sum;
}
