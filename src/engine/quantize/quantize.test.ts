// Training and codes: the same with every kernel, good enough to be worth it, safe to open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../errors.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { openKernels } from '../kernels/kernels.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { randomFrom, randomMulti, sourceOf, vectorsOf } from '../multivector/vectors-for-tests.ts';
import type { Section } from '../segment/sections.ts';
import { cellCountFor, centroidCountFor, trainedVectorsMin } from './centroids.ts';
import { trainCodebook } from './codebook.ts';
import { encodeCodes } from './encode-codes.ts';
import { SegmentCodes } from './segment-codes.ts';
import { trainCentroids } from './train-centroids.ts';

const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';
const kernels = openKernels({ forcePlain });

function someVectors(documents: number, dims: number, normalized = true): TokenVectors {
  const random = randomFrom(documents + dims);
  return vectorsOf(
    Array.from({ length: documents }, (_, i) =>
      i % 9 === 4 ? undefined : randomMulti(random, 1 + (i % 8), dims),
    ),
    normalized,
  );
}

/** The codes of each document as encoded, without the repeats at its end. */
function codesOf(sections: readonly Section[], documents: number): number[][] {
  const source = sourceOf(sections);
  const words = (name: string): Uint8Array<ArrayBuffer> => {
    const reader = source.section(name)!;
    return reader.bytes(0, reader.length);
  };
  const offsets = new Uint32Array(words('x.offsets').buffer);
  const codes = new Uint16Array(words('x.codes').buffer);
  return Array.from({ length: documents }, (_, doc) => [
    ...new Set(codes.subarray(offsets[doc]! * 4, offsets[doc + 1]! * 4)),
  ]);
}

test('plain kernels train the same centroids and codes as the fast ones', () => {
  for (const [dims, normalized] of [
    [20, true],
    [5, false],
  ] as const) {
    const vectors = someVectors(300, dims, normalized);
    const made = [kernels, openKernels({ forcePlain: true })].map((some) => {
      const centroids = trainCodebook(some, vectors, { seed: 3, centroidCount: 100 });
      return { centroids, sections: encodeCodes(some, 'x', vectors, centroids) };
    });
    assert.deepEqual(made[0], made[1]);
  }
});

test('the seed decides', () => {
  const vectors = someVectors(300, 16);
  const train = (seed: number): Uint8Array =>
    trainCentroids(kernels, vectors, { seed, centroidCount: 64 }).centroids.rows;
  assert.deepEqual(train(1), train(1));
  assert.notDeepEqual(train(1), train(2));
});

test('every vector has the nearest centroid, or one that is as near but for a little', () => {
  const vectors = someVectors(400, 32);
  const centroids = trainCodebook(kernels, vectors, { seed: 1, centroidCount: 128 });
  const codes = codesOf(encodeCodes(kernels, 'x', vectors, centroids), 400);
  const { rows, scales } = centroids.centroids;
  let [best, chosen] = [0, 0];
  const row = new Uint8Array(32);
  const scale = new Float32Array(1);
  for (let doc = 0; doc < 400; doc++) {
    const nearest = new Set<number>();
    for (let i = 0; i < vectors.count(doc); i++) {
      vectors.readPlane(vectors.start(doc) + i, 1, row, scale, 0);
      const dots = Array.from(scales, (centroidScale, c) => {
        let dot = 0;
        for (let j = 0; j < 32; j++) dot += (row[j]! - 64) * (rows[c * 32 + j]! - 64);
        return dot * centroidScale * scale[0]!;
      });
      const winner = dots.indexOf(Math.max(...dots));
      nearest.add(winner);
      best += dots[winner]!;
      chosen += Math.max(...codes[doc]!.map((code) => dots[code]!));
    }
    assert.equal(codes[doc]!.length === 0, vectors.count(doc) === 0);
  }
  assert.ok(chosen <= best + 1e-3 && chosen >= best * 0.98, `${chosen} of ${best}`);
});

test('centroids of cosines have unit length, cells hold them all', () => {
  const vectors = someVectors(500, 24);
  const { centroids, cellStarts, count, cellCount, stride } = trainCentroids(kernels, vectors, {
    seed: 5,
    centroidCount: 256,
  });
  assert.equal(count, 256);
  assert.equal(cellStarts.length, cellCount + 1);
  assert.equal(cellStarts[cellCount], count);
  for (let c = 0; c < count; c++) {
    let squares = 0;
    for (let i = 0; i < 24; i++) {
      squares += ((centroids.rows[c * stride + i]! - 64) * centroids.scales[c]!) ** 2;
    }
    assert.ok(Math.abs(Math.sqrt(squares) - 1) < 0.02, `length² ${squares}`);
  }
});

test('training tells how far it is and ends when told to', () => {
  const vectors = someVectors(300, 16);
  const seen: number[] = [];
  const options = { seed: 1, centroidCount: 64 };
  trainCentroids(kernels, vectors, { ...options, onProgress: (done) => seen.push(done) });
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.equal(seen.at(-1), 1);
  const stop = (): void => {
    throw new Error('enough');
  };
  assert.throws(() => trainCentroids(kernels, vectors, { ...options, onProgress: stop }), /enough/);
});

test('equal and zero vectors can be trained on', () => {
  const same = { kind: 'multi', dims: 8, values: new Float32Array(8 * 40).fill(0.5) } as const;
  const zero = { kind: 'multi', dims: 8, values: new Float32Array(8 * 40) } as const;
  for (const documents of [
    [same, same],
    [zero, zero],
    [same, zero],
  ]) {
    for (const normalized of [true, false]) {
      const vectors = vectorsOf(documents, normalized);
      const centroids = trainCodebook(kernels, vectors, { seed: 1, centroidCount: 16 });
      const codes = codesOf(encodeCodes(kernels, 'x', vectors, centroids), 2);
      assert.ok(codes.every((list) => list.length === 1));
    }
  }
});

test('codes open as they were encoded and give their memory back', () => {
  const vectors = someVectors(200, 16);
  const centroids = trainCodebook(kernels, vectors, { seed: 1, centroidCount: 64 });
  const sections = encodeCodes(kernels, 'x', vectors, centroids);
  const memory = KernelMemory.open();
  const codes = SegmentCodes.open(sourceOf(sections), 'x', memory)!;
  assert.equal(codes.documentCount, 200);
  assert.equal(codes.codebook.centroidCount, 64);
  assert.deepEqual(codes.codebook.cellStarts, centroids.cellStarts);
  assert.deepEqual(
    new Uint8Array(memory.u8(codes.codebook.centroids, 64 * 16)),
    new Uint8Array(centroids.centroids.rows),
  );
  assert.ok(codes.bytes > 0 && memory.usedBytes >= codes.bytes - 1000);
  codes.close();
  assert.equal(memory.usedBytes, 0);
  assert.equal(SegmentCodes.open(sourceOf([]), 'x', memory), undefined);
});

test('sections that contradict each other are corrupt, and hold no memory', () => {
  const vectors = someVectors(200, 16);
  const centroids = trainCodebook(kernels, vectors, { seed: 1, centroidCount: 64 });
  const sections = encodeCodes(kernels, 'x', vectors, centroids);
  const memory = KernelMemory.open();
  const isCorrupt = (error: unknown): boolean =>
    error instanceof DatabaseError && error.code === 'corrupt';
  const open = (change: (bytes: Uint8Array) => Uint8Array, name: string): void => {
    const changed = sections.map((section): Section => {
      if (section.name !== name) return section;
      const reader = sourceOf(sections).section(name)!;
      return { name, parts: [change(reader.bytes(0, reader.length))] };
    });
    assert.throws(() => SegmentCodes.open(sourceOf(changed), 'x', memory), isCorrupt, name);
    assert.equal(memory.usedBytes, 0);
  };
  for (const { name } of sections) open((bytes) => bytes.subarray(0, bytes.length - 1), name);
  open((bytes) => bytes.fill(255, bytes.length - 2), 'x.codes');
  open((bytes) => bytes.fill(255, 4, 8), 'x.offsets');
  open((bytes) => bytes.fill(255, bytes.length - 8), 'x.cellFacts');
  open((bytes) => bytes.fill(9, 4, 8), 'x.head');
});

test('numbers of centroids are powers of two near 11 × √vectors', () => {
  assert.equal(centroidCountFor(694_201), 8192);
  assert.equal(centroidCountFor(3_400_000), 16_384);
  assert.equal(centroidCountFor(100_000_000), 32_768);
  assert.equal(centroidCountFor(2500), 512);
  assert.equal(centroidCountFor(100), 16);
  assert.equal(centroidCountFor(trainedVectorsMin), 256);
  assert.equal(cellCountFor(8192), 256);
  assert.equal(cellCountFor(16), 1);
});
