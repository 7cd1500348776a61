// Lists of single vectors: the same with every kernel, every vector in one of them and recoverable, safe to
// open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../errors.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { openKernels } from '../kernels/kernels.ts';
import { listRowHead } from '../kernels/single-kernel.ts';
import type { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import {
  type KeptSection,
  keepSections,
  randomFrom,
  randomMulti,
  sourceOf,
  vectorsOf,
} from '../multivector/vectors-for-tests.ts';
import type { Section } from '../segment/sections.ts';
import { encodeSingleLists, type ListMetric } from './encode-single-lists.ts';
import { noList } from './list-assignment.ts';
import { SingleLists } from './single-lists.ts';

const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';
const kernels = openKernels({ forcePlain });

/** Every seventh document has no vector. */
function someVectors(documents: number, dims: number, normalized = true): MemoryTokenVectors {
  const random = randomFrom(documents + dims);
  return vectorsOf(
    Array.from({ length: documents }, (_, i) =>
      i % 7 === 3 ? undefined : randomMulti(random, 1, dims, 1 + (i % 5)),
    ),
    normalized,
  );
}

function encode(vectors: MemoryTokenVectors, metric: ListMetric, listCount: number): KeptSection[] {
  return keepSections(encodeSingleLists(kernels, 'x', vectors, metric, { listCount }));
}

function open(sections: Iterable<Section>, memory = KernelMemory.open()): SingleLists {
  const lists = SingleLists.open(sourceOf(sections), 'x', memory);
  assert.ok(lists);
  return lists;
}

test('plain kernels make the same lists as the fast ones, and always the same', () => {
  for (const [dims, metric] of [
    [40, 'cosine'],
    [5, 'l2-squared'],
  ] as const) {
    const vectors = someVectors(600, dims, metric === 'cosine');
    const made = [kernels, openKernels({ forcePlain: true }), kernels].map((some) =>
      keepSections(encodeSingleLists(some, 'x', vectors, metric, { listCount: 20 })),
    );
    assert.deepEqual(made[0], made[1]);
    assert.deepEqual(made[0], made[2]);
  }
});

test('a row says what its vector is, to half a step in each component', () => {
  for (const metric of ['cosine', 'dot', 'l2-squared'] as const) {
    const [dims, documents] = [37, 500];
    const vectors = someVectors(documents, dims, metric === 'cosine');
    const lists = open(encode(vectors, metric, 16));
    const listOf = lists.memory.u16(lists.listOf, documents);
    const centroids = lists.memory.u8(lists.centroids, lists.listCount * lists.stride);
    const scales = lists.memory.f32(lists.scales, lists.listCount);
    const seen = new Set<number>();
    const row = new Uint8Array(lists.rowBytes);
    const head = new DataView(row.buffer);
    const original = new Float32Array(dims);
    for (let list = 0; list < lists.listCount; list++) {
      for (let i = lists.starts[list]!; i < lists.starts[list + 1]!; i++) {
        lists.readRows(i, row);
        const [scale, doc] = [head.getFloat32(0, true), head.getUint32(8, true)];
        assert.equal(listOf[doc], list);
        seen.add(doc);
        vectors.readOriginals(doc, original);
        const length = metric === 'cosine' ? Math.hypot(...original) : 1;
        for (let j = 0; j < dims; j++) {
          const byte = row[listRowHead + (j >> 5) * 16 + (j & 15)]!;
          const half = (j & 16) === 0 ? byte & 15 : byte >> 4;
          const middle = (centroids[list * lists.stride + j]! - 64) * scales[list]!;
          const value = lists.centre[j]! + middle + (2 * half - 15) * scale;
          assert.ok(Math.abs(value - original[j]! / length) <= scale * 1.001 + 1e-6);
        }
      }
    }
    assert.equal(seen.size, vectors.vectorCount);
    for (let doc = 0; doc < documents; doc++) {
      assert.equal(listOf[doc] === noList, vectors.count(doc) === 0);
    }
  }
});

test('vectors without a direction have a list of their own', () => {
  const random = randomFrom(4);
  const documents = Array.from({ length: 300 }, (_, i) =>
    randomMulti(random, 1, 16, i % 5 ? 1 : 0),
  );
  const lists = open(encode(vectorsOf(documents, true), 'cosine', 16));
  const listOf = lists.memory.u16(lists.listOf, 300);
  const own = listOf[0]!;
  for (let doc = 0; doc < 300; doc++) assert.equal(listOf[doc] === own, doc % 5 === 0);
});

test('vectors too long for squares have no lists, and the sections say so', () => {
  const random = randomFrom(5);
  const documents = Array.from({ length: 40 }, (_, i) => randomMulti(random, 1, 8, i ? 1 : 1e16));
  const lists = open(encode(vectorsOf(documents, false), 'dot', 8));
  assert.equal(lists.listCount, 0);
});

test('a segment without such sections has no lists, one without vectors none either', () => {
  assert.equal(SingleLists.open(sourceOf([]), 'x', KernelMemory.open()), undefined);
  assert.equal(open(encode(vectorsOf([undefined, undefined], true), 'cosine', 8)).listCount, 0);
});

test('closing gives the memory back', () => {
  const memory = KernelMemory.open();
  const lists = open(encode(someVectors(300, 16), 'cosine', 16), memory);
  assert.ok(memory.usedBytes > 0 && lists.bytes >= 600);
  lists.close();
  assert.equal(memory.usedBytes, 0);
});

test('what contradicts itself is corrupt, and takes no memory', () => {
  const sections = encode(someVectors(300, 16), 'cosine', 16);
  const changed = (name: string, change: (bytes: Uint8Array) => Uint8Array): KeptSection[] =>
    sections.map((section) => {
      if (section.name !== `x.${name}`) return section;
      const source = sourceOf([section]).section(section.name)!;
      return { name: section.name, parts: [change(source.bytes(0, source.length))] };
    });
  const shorter = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length - 1);
  const set =
    (at: number, value: number) =>
    (bytes: Uint8Array): Uint8Array => {
      new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, value, true);
      return bytes;
    };
  const last = (bytes: Uint8Array): Uint8Array => set(bytes.length - 4, 7)(bytes);
  const cases = [
    ...['head', 'centre', 'centroids', 'listOf', 'rows', 'facts'].map((name) =>
      changed(name, shorter),
    ),
    ...[set(0, 5000), set(4, 3), set(12, 301), set(16, 400)].map((one) => changed('head', one)),
    changed('listOf', set(0, 5000)),
    changed('facts', last),
    sections.filter(({ name }) => name !== 'x.rows'),
  ];
  for (const [index, broken] of cases.entries()) {
    const memory = KernelMemory.open();
    assert.throws(
      () => SingleLists.open(sourceOf(broken), 'x', memory),
      (error) => error instanceof DatabaseError && error.code === 'corrupt',
      `case ${index}`,
    );
    assert.equal(memory.usedBytes, 0, `case ${index}`);
  }
});
