// The kernels for single vectors: WebAssembly writes the same bytes as plain TypeScript, and both what
// the arithmetic says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from './kernel-memory.ts';
import { openKernels } from './kernels.ts';
import { openPlainSingles } from './plain-singles.ts';
import { listRowHead, listRowStep, type SingleKernel } from './single-kernel.ts';

const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** The same numbers from the fast kernels and from the plain ones. */
function both(
  run: (kernel: SingleKernel, memory: KernelMemory) => { address: number; count: number },
): [Float32Array, Float32Array] {
  const kernels = openKernels({ forcePlain, clock: performance });
  const [fast, slow] = [KernelMemory.open(), KernelMemory.open()];
  const first = run(kernels.createSingle(fast), fast);
  const second = run(openPlainSingles(slow), slow);
  return [
    fast.f32(first.address, first.count).slice(),
    slow.f32(second.address, second.count).slice(),
  ];
}

function put(memory: KernelMemory, bytes: Uint8Array | Int8Array): number {
  const at = memory.allocate(bytes.length);
  memory.u8(at, bytes.length).set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  return at;
}

/** Signed bytes up to the extremes, and what takes an offset away. */
function makeQuery(random: () => number, length: number): { query: Int8Array; sum: number } {
  const query = Int8Array.from({ length }, (_, i) =>
    i % 13 === 0 ? 127 : i % 17 === 0 ? -127 : Math.floor(random() * 255) - 127,
  );
  return { query, sum: query.reduce((sum, value) => sum + value, 0) };
}

for (const stride of [16, 32, 208, 1024, 4096]) {
  for (const count of [0, 1, 3, 4, 5, 13]) {
    test(`plane rows of ${stride} bytes, ${count} of them, score the same with every kernel`, () => {
      const random = randomFrom(stride + count);
      const { query, sum } = makeQuery(random, stride);
      const rows = Uint8Array.from({ length: stride * count }, (_, i) =>
        i % 19 === 0 ? 127 : Math.floor(random() * 128),
      );
      const scales = Float32Array.from({ length: count }, random);
      const [fast, slow] = both((kernel, memory) => {
        const address = memory.allocate(count * 4);
        const at = [put(memory, query), put(memory, rows)] as const;
        const scalesAt = put(memory, new Uint8Array(scales.buffer));
        kernel.scoreBytes(at[0], -64 * sum, stride, at[1], scalesAt, count, address);
        return { address, count };
      });
      assert.deepEqual(fast, slow);
      for (let i = 0; i < count; i++) {
        let dot = 0;
        for (let j = 0; j < stride; j++) dot += query[j]! * (rows[i * stride + j]! - 64);
        assert.equal(slow[i], Math.fround(dot * scales[i]!));
      }
    });
  }
}

for (const dims of [32, 64, 384, 4096]) {
  for (const count of [0, 1, 3, 4, 6, 9]) {
    test(`list rows of ${dims} components, ${count} of them, score the same with every kernel`, () => {
      const random = randomFrom(dims + count);
      const { query, sum } = makeQuery(random, dims);
      const stride = listRowHead + dims / 2;
      const rows = Uint8Array.from({ length: stride * count }, () => Math.floor(random() * 256));
      const floats = new DataView(rows.buffer);
      for (let i = 0; i < count; i++) {
        floats.setFloat32(i * stride, random(), true);
        floats.setFloat32(i * stride + 4, random() - 0.5, true);
      }
      const [base, factor] = [Math.fround(0.3), Math.fround(1.7)];
      const [fast, slow] = both((kernel, memory) => {
        const address = memory.allocate(count * 4);
        const at = [put(memory, query), put(memory, rows)] as const;
        const steps = dims / listRowStep;
        kernel.scoreHalves(at[0], -15 * sum, steps, at[1], count, base, factor, address);
        return { address, count };
      });
      assert.deepEqual(fast, slow);
      for (let i = 0; i < count; i++) {
        let dot = 0;
        for (let j = 0; j < dims; j++) {
          const byte = rows[i * stride + listRowHead + (j >> 5) * 16 + (j & 15)]!;
          dot += query[j]! * (2 * ((j & 16) === 0 ? byte & 15 : byte >> 4) - 15);
        }
        const wanted =
          base +
          dot * floats.getFloat32(i * stride, true) * factor +
          floats.getFloat32(i * stride + 4, true);
        assert.ok(Math.abs(slow[i]! - wanted) <= Math.abs(wanted) * 1e-6 + 1e-6);
      }
    });
  }
}
