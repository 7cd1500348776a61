// Codebooks that segments share: which vectors they fit, codes that are copied, one copy in memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { openKernels } from '../kernels/kernels.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { randomFrom, randomMulti, sourceOf, vectorsOf } from '../multivector/vectors-for-tests.ts';
import { chooseCodebook, trainCodebook } from './codebook.ts';
import { codesOfDocuments, codesStep, encodeCodes } from './encode-codes.ts';
import { SegmentCodes, StoredCodes } from './segment-codes.ts';

const kernels = openKernels({ forcePlain: process.env['TESSERAE_KERNELS'] === 'plain' });

/** Documents of vectors near a topic's middles; some documents have none. */
function topic(seed: number, documents: number, dims = 24): TokenVectors {
  const middle = randomFrom(seed);
  const middles = Array.from({ length: 50 }, () =>
    new Float32Array(dims).map(() => middle() - 0.5),
  );
  const random = randomFrom(seed * 1000 + documents);
  return vectorsOf(
    Array.from({ length: documents }, (_, doc) => {
      if (doc % 11 === 5) return undefined;
      const values = Float32Array.from({ length: (3 + (doc % 7)) * dims }, () => random() - 0.5);
      for (let at = 0; at < values.length; at += dims) {
        const near = middles[Math.floor(random() * 50)]!;
        for (let i = 0; i < dims; i++) values[at + i] = near[i]! + 0.4 * values[at + i]!;
      }
      return { kind: 'multi', dims, values };
    }),
    true,
  );
}

function train(vectors: TokenVectors): ReturnType<typeof trainCodebook> {
  return trainCodebook(kernels, vectors, { seed: 1, centroidCount: 64 });
}

const first = topic(1, 300);
const codebook = train(first);

test('equal vectors make codebooks of one id, others another', () => {
  assert.match(codebook.id, /^[0-9a-f]{16}$/);
  assert.equal(train(first).id, codebook.id);
  assert.notEqual(train(topic(1, 299)).id, codebook.id);
  // Documents that took no part in the training are not counted.
  assert.ok(codebook.trainedCount < first.vectorCount && codebook.trainedCount > 1000);
  assert.ok(codebook.error > 0.01 && codebook.error < 1);
});

test('vectors without a direction, all alike or near the largest float make a codebook of numbers', () => {
  const kinds: Record<string, (random: () => number) => number> = {
    zeros: () => 0,
    alike: () => 0.5,
    huge: (random) => (random() - 0.5) * 6e38,
    mixed: (random) => (random() < 0.5 ? 6e38 : 1) * (random() - 0.5),
    tiny: (random) => (random() - 0.5) * 1e-40,
  };
  for (const [kind, value] of Object.entries(kinds)) {
    for (const normalized of [true, false]) {
      const random = randomFrom(7);
      const documents = Array.from({ length: 100 }, () => {
        const values = Float32Array.from({ length: 10 * 16 }, () => value(random));
        return { kind: 'multi' as const, dims: 16, values };
      });
      const vectors = vectorsOf(documents, normalized);
      const made = train(vectors);
      const { centroids, cells, cellShares, error } = made;
      const numbers = [...centroids.scales, ...cells.scales, ...cellShares, error];
      assert.ok(numbers.every(Number.isFinite), `${kind}, ${normalized}: ${error}`);
      // Nothing that can't be opened again is written.
      const sections = sourceOf(encodeCodes(kernels, 'text', vectors, made));
      const memory = KernelMemory.open();
      const opened = SegmentCodes.open(sections, 'text', memory);
      assert.equal(opened?.codebook.id, made.id);
      opened?.close();
    }
  }
});

test('a codebook fits more vectors of its topic, not of another, and not too many', () => {
  const other = train(topic(2, 300));
  assert.equal(chooseCodebook(kernels, topic(1, 200), [other, codebook]), codebook);
  assert.equal(chooseCodebook(kernels, topic(2, 200), [codebook]), undefined);
  assert.equal(chooseCodebook(kernels, topic(1, 1200), [codebook]), codebook);
  assert.equal(chooseCodebook(kernels, topic(1, 2600), [codebook]), undefined);
  assert.equal(chooseCodebook(kernels, topic(1, 200, 20), [codebook]), undefined);
  assert.equal(chooseCodebook(kernels, first, []), undefined);
});

test('a codebook of noise is used for nothing else, be it near or far', () => {
  for (const normalized of [true, false]) {
    for (const size of [0.01, 1]) {
      const random = randomFrom(3);
      const noise = (): TokenVectors =>
        vectorsOf(
          Array.from({ length: 300 }, () => randomMulti(random, 8, 64, size)),
          normalized,
        );
      const made = train(noise());
      assert.ok(made.error > 1, `${made.error}`);
      assert.equal(chooseCodebook(kernels, noise(), [made]), undefined);
      if (normalized) assert.equal(chooseCodebook(kernels, topic(1, 200, 64), [made]), undefined);
    }
  }
});

test('known codes are copied, those in between are found as they would all be', () => {
  const vectors = topic(1, 250);
  const { offsets, codes } = codesOfDocuments(kernels, vectors, codebook);
  const known = (doc: number): Uint16Array =>
    codes.subarray(offsets[doc]! * codesStep, offsets[doc + 1]! * codesStep);
  const encoded = (some?: (doc: number) => Uint16Array | undefined): Map<string, Uint8Array> => {
    const sections = encodeCodes(
      kernels,
      'x',
      vectors,
      codebook,
      some === undefined ? {} : { known: some },
    );
    const source = sourceOf(sections);
    return new Map(
      source.names.map((name) => {
        const reader = source.section(name)!;
        return [name, reader.bytes(0, reader.length)];
      }),
    );
  };
  const all = encoded();
  assert.deepEqual(
    encoded((doc) => (doc % 3 === 1 ? known(doc) : undefined)),
    all,
  );
  assert.deepEqual(encoded(known), all);
  // A copy is not looked at again.
  const reversed = encoded((doc) => known(doc).slice().reverse());
  assert.notDeepEqual(reversed.get('x.codes'), all.get('x.codes'));
});

test('codes and codebook come back from a file as they were', () => {
  const source = sourceOf(encodeCodes(kernels, 'x', first, codebook));
  const stored = StoredCodes.open(source, 'x')!;
  assert.deepEqual(stored.codebook(), codebook);
  const { offsets, codes } = codesOfDocuments(kernels, first, codebook);
  for (let doc = 0; doc < 300; doc++) {
    assert.deepEqual(stored.of(doc), codes.slice(offsets[doc]! * 4, offsets[doc + 1]! * 4));
  }
  assert.equal(stored.of(300).length, 0);
  assert.equal(StoredCodes.open(source, 'y'), undefined);
});

test('segments of one codebook hold it once, until the last is closed', () => {
  const memory = KernelMemory.open();
  const open = (vectors: TokenVectors, own = codebook): SegmentCodes =>
    SegmentCodes.open(sourceOf(encodeCodes(kernels, 'x', vectors, own)), 'x', memory)!;
  const one = open(first);
  const alone = one.bytes;
  const used = memory.usedBytes;
  const two = open(first);
  assert.equal(two.codebook.centroids, one.codebook.centroids);
  assert.ok(memory.usedBytes < 2 * used - 64 * 32);
  assert.ok(one.bytes < alone, 'each has a part of the codebook');
  const other = open(first, train(topic(2, 300)));
  assert.notEqual(other.codebook.centroids, one.codebook.centroids);
  one.close();
  const { rows } = codebook.centroids;
  const { centroids } = two.codebook;
  assert.deepEqual(new Uint8Array(memory.u8(centroids, rows.length)), new Uint8Array(rows));
  two.close();
  other.close();
  assert.equal(memory.usedBytes, 0);
});

test('a codebook of the same id but other counts is another', () => {
  const memory = KernelMemory.open();
  const fewer = trainCodebook(kernels, first, { seed: 1, centroidCount: 32 });
  const open = (own: typeof codebook): SegmentCodes =>
    SegmentCodes.open(sourceOf(encodeCodes(kernels, 'x', first, own)), 'x', memory)!;
  const parts = [codebook, { ...fewer, id: codebook.id }, codebook].map(open);
  const at = parts.map((codes) => codes.codebook.centroids);
  assert.ok(at[0] !== at[1] && at[0] === at[2]);
  for (const codes of parts) codes.close();
  assert.equal(memory.usedBytes, 0);
});

test('training and coding again and again work in memories that are used again', () => {
  const own = openKernels({ forcePlain: kernels.kind === 'plain' });
  const code = (): void => {
    const made = trainCodebook(own, first, { seed: 1, centroidCount: 64 });
    assert.equal(chooseCodebook(own, first, [made]), made);
    codesOfDocuments(own, first, made);
  };
  code();
  const before = [own.spare.take(), own.spare.take()];
  for (const memory of before) own.spare.giveBack(memory);
  code();
  assert.deepEqual(new Set([own.spare.take(), own.spare.take()]), new Set(before));
});
