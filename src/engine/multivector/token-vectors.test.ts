// One suite for everything that implements TokenVectors, and the way from memory to bytes and back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import type { Section, SectionReader, SectionSource } from '../segment/sections.ts';
import { encodeTokenVectors } from './encode-token-vectors.ts';
import { joinTokenVectors } from './joined-token-vectors.ts';
import { MemoryTokenVectors } from './memory-token-vectors.ts';
import { openTokenVectors, type SealedTokenVectors } from './sealed-token-vectors.ts';
import type { TokenVectors } from './token-vectors.ts';
import {
  type KeptSection,
  keepSections,
  randomFrom,
  randomMulti,
  sourceOf,
  vectorsOf,
} from './vectors-for-tests.ts';

type Documents = readonly (VectorValue | undefined)[];

function randomDocuments(seed: number, count: number, dims: number): Documents {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const tokens = Math.floor(random() * 9) - 2;
    return tokens < 0 ? undefined : randomMulti(random, tokens, dims, 5);
  });
}

/** Asserts that two structures answer alike, to the bit. */
function assertSame(actual: TokenVectors, expected: TokenVectors): void {
  assert.equal(actual.documentCount, expected.documentCount);
  assert.equal(actual.vectorCount, expected.vectorCount);
  assert.equal(actual.normalized, expected.normalized);
  assert.equal(actual.dims, expected.dims);
  assert.equal(actual.stride, expected.stride);
  for (let doc = 0; doc < expected.documentCount; doc++) {
    assert.equal(actual.start(doc), expected.start(doc));
    assert.equal(actual.count(doc), expected.count(doc));
    if (expected.count(doc) === 0) continue;
    assert.equal(actual.norm(doc), expected.norm(doc));
    assert.equal(actual.errorNorm(doc), expected.errorNorm(doc));
    assert.deepEqual(originalsOf(actual, doc), originalsOf(expected, doc));
  }
  assert.equal(actual.start(actual.documentCount), actual.vectorCount);
  assert.deepEqual(planeOf(actual), planeOf(expected));
}

function originalsOf(vectors: TokenVectors, doc: number): Float32Array {
  const into = new Float32Array(vectors.count(doc) * vectors.dims + 3).fill(99);
  vectors.readOriginals(doc, into);
  assert.deepEqual([...into.slice(-3)], [99, 99, 99]);
  return into.slice(0, -3);
}

function planeOf(vectors: TokenVectors): { rows: Uint8Array; scales: Float32Array } {
  const rows = new Uint8Array((vectors.vectorCount + 1) * vectors.stride);
  const scales = new Float32Array(vectors.vectorCount + 1);
  if (vectors.vectorCount > 0) vectors.readPlane(0, vectors.vectorCount, rows, scales, 1);
  return { rows, scales };
}

function sealed(
  vectors: TokenVectors,
  order = Uint32Array.from({ length: vectors.documentCount }, (_, i) => i),
): SealedTokenVectors {
  const opened = openTokenVectors(sourceOf(encodeTokenVectors('v', vectors, order)), 'v');
  assert.ok(opened);
  return opened;
}

test('appended documents come back as given', () => {
  const documents = randomDocuments(1, 200, 7);
  const vectors = vectorsOf(documents, true);
  assert.equal(vectors.documentCount, 200);
  documents.forEach((document, doc) => {
    assert.equal(vectors.count(doc), (document?.values.length ?? 0) / 7);
    assert.deepEqual(originalsOf(vectors, doc), document?.values ?? new Float32Array(0));
  });
});

test('documents that are passed over have no vectors', () => {
  const vectors = MemoryTokenVectors.open({ normalized: false });
  assert.equal(vectors.documentCount, 0);
  assert.equal(vectors.dims, 0);
  vectors.append(200, randomMulti(randomFrom(1), 2, 5));
  vectors.append(203, undefined);
  assert.equal(vectors.documentCount, 204);
  assert.deepEqual(
    [0, 199, 200, 201, 203].map((doc) => vectors.count(doc)),
    [0, 0, 2, 0, 0],
  );
  assert.equal(vectors.start(204), 2);
  assert.throws(() => vectors.append(203, undefined), /ascending/);
  assert.throws(() => vectors.append(204, randomMulti(randomFrom(1), 2, 6)), /same dims/);
});

test('reported bytes grow with the vectors and cover them', () => {
  const vectors = MemoryTokenVectors.open({ normalized: true });
  const random = randomFrom(4);
  for (let doc = 0; doc < 100; doc++) vectors.append(doc, randomMulti(random, 30, 128));
  const needed = 3000 * (128 + 4 + 512);
  assert.ok(vectors.bytes >= needed && vectors.bytes < needed * 2.2, String(vectors.bytes));
});

test('decoding gives what was encoded, for any dims and empty documents', () => {
  for (const dims of [1, 3, 16, 127, 128]) {
    for (const normalized of [true, false]) {
      const vectors = vectorsOf(randomDocuments(dims, 60, dims), normalized);
      assertSame(sealed(vectors), vectors);
      assertSame(sealed(sealed(vectors)), vectors);
    }
  }
  for (const documents of [[], [undefined, undefined]]) {
    const vectors = vectorsOf(documents, true);
    assertSame(sealed(vectors), vectors);
  }
});

test('sections of several parts decode like one', () => {
  const random = randomFrom(8);
  const documents = Array.from({ length: 30 }, () => randomMulti(random, 100, 1024));
  const vectors = vectorsOf(documents, true);
  const order = Uint32Array.from(documents.keys());
  const plane = keepSections(encodeTokenVectors('v', vectors, order)).find(
    ({ name }) => name === 'v.plane',
  );
  assert.ok(plane && plane.parts.length > 1);
  assertSame(sealed(vectors, order), vectors);
});

test('encoding takes documents in the given order and leaves out the others', () => {
  const documents = randomDocuments(5, 50, 12);
  const vectors = vectorsOf(documents, true);
  const order = Uint32Array.of(49, 3, 0, 17, 18, 5, 30, 31, 32, 1);
  const expected = vectorsOf(
    Array.from(order, (doc) => documents[doc]),
    true,
  );
  assertSame(sealed(vectors, order), expected);
});

test('large documents are encoded in any order, some left out', () => {
  const random = randomFrom(9);
  const documents = Array.from({ length: 90 }, (_, doc) =>
    doc % 9 === 4 ? undefined : randomMulti(random, 1 + (doc % 80), 257),
  );
  const vectors = vectorsOf(documents, true);
  const order = Uint32Array.from(documents.keys())
    .filter((doc) => doc % 5 !== 2)
    .reverse();
  const expected = vectorsOf(
    Array.from(order, (doc) => documents[doc]),
    true,
  );
  assertSame(sealed(vectors, order), expected);
});

/** Small documents beside some that are read in other ways: of 36, 200 and 400 KiB of plane rows. */
function documentsOfAllSizes(): Documents {
  const random = randomFrom(31);
  const tokens = [3, 0, 1, 280, 5, 0, 0, 7, 1500, 2, 3000, 0, 4, ...new Array<number>(90).fill(61)];
  return tokens.map((count) => (count === 0 ? undefined : randomMulti(random, count, 120)));
}

test('any rows of the plane are read alike from disk and from memory', () => {
  const memory = vectorsOf(documentsOfAllSizes(), true);
  const onDisk = sealed(memory);
  const resident = sealed(memory);
  const { planeSection } = resident;
  const plane = new Uint8Array(new SharedArrayBuffer(planeSection.length + 4)).subarray(4);
  planeSection.read(0, plane);
  resident.residentPlane = plane;
  assertSame(onDisk, memory);
  assertSame(resident, memory);
  const random = randomFrom(32);
  const { stride, vectorCount } = memory;
  for (let round = 0; round < 150; round++) {
    const start = Math.floor(random() * vectorCount);
    const longest = round % 3 === 0 ? 1 : round % 3 === 1 ? 90 : 4000;
    const count = Math.min(vectorCount - start, 1 + Math.floor(random() * longest));
    const [expected, ...others] = [memory, onDisk, resident].map((vectors) => {
      const rows = new Uint8Array((count + 4) * stride);
      const scales = new Float32Array(count + 4);
      vectors.readPlane(start, count, rows, scales, 2);
      return { rows, scales };
    });
    for (const other of others) assert.deepEqual(other, expected, `${count} from ${start}`);
  }
});

test('a resident plane is used while it is lent, and must be whole', () => {
  const memory = vectorsOf(documentsOfAllSizes(), true);
  const vectors = sealed(memory);
  const before = vectors.bytes;
  const marked = new Uint8Array(vectors.planeSection.length).fill(9);
  vectors.residentPlane = marked;
  assert.equal(vectors.residentPlane, marked);
  assert.equal(vectors.bytes, before);
  assert.equal(planeOf(vectors).rows[vectors.stride], 9);
  vectors.residentPlane = undefined;
  assert.equal(vectors.residentPlane, undefined);
  assertSame(vectors, memory);
  assert.throws(() => {
    vectors.residentPlane = marked.subarray(1);
  }, /a resident plane has/);
});

test('places beyond 4 GiB of a section are read where they are', () => {
  const [dims, many] = [128, 40_000_000];
  const vectorCount = 2 * many + 3;
  const numbers = (name: string, values: readonly number[]): KeptSection => ({
    name,
    parts: [new Uint8Array(Uint32Array.from(values).buffer)],
  });
  const small = sourceOf([
    numbers('v.head', [dims, 0, 3, vectorCount]),
    numbers('v.starts', [0, many, 2 * many, vectorCount]),
    numbers('v.norms', [0, 0, 0, 0, 0, 0]),
  ]);
  const reads: string[] = [];
  const huge = (name: string, length: number): SectionReader => ({
    length,
    bytes: () => assert.fail('nothing so large is read as a whole'),
    read: (offset, into) => {
      assert.ok(offset + into.length <= length);
      reads.push(`${name} ${offset} ${into.length}`);
    },
  });
  const source: SectionSource = {
    names: [],
    section: (name) => {
      if (name === 'v.plane') return huge('plane', vectorCount * 132);
      return name === 'v.originals' ? huge('originals', vectorCount * 512) : small.section(name);
    },
  };
  const vectors = openTokenVectors(source, 'v');
  assert.ok(vectors);
  const [rows, scales] = [new Uint8Array(8 * 128), new Float32Array(8)];
  vectors.readPlane(2 * many, 3, rows, scales, 1);
  vectors.readPlane(many + 5, 2, rows, scales, 0);
  vectors.readOriginals(2, new Float32Array(3 * dims));
  assert.deepEqual(reads, [
    `plane ${2 * many * 132} ${3 * 132}`,
    `plane ${many * 132 + 5 * 128} ${2 * 128}`,
    `plane ${many * 132 + many * 128 + 5 * 4} ${2 * 4}`,
    `originals ${2 * many * 512} ${3 * 512}`,
  ]);
});

test('what is on disk takes 12 bytes of memory a document', () => {
  const vectors = sealed(vectorsOf(documentsOfAllSizes(), true));
  assert.equal(vectors.bytes, vectors.documentCount * 12 + 4);
});

test('joined vectors answer like one structure of all documents', () => {
  const parts = [0, 13, 0, 1, 40, 0].map((count, i) => randomDocuments(i + 20, count, 9));
  parts.splice(3, 0, [undefined, undefined]);
  const whole = vectorsOf(parts.flat(), true);
  const joined = joinTokenVectors(
    parts.map((documents, i) => {
      const vectors = vectorsOf(documents, true);
      return i % 2 === 0 ? vectors : sealed(vectors);
    }),
  );
  assertSame(joined, whole);
  assertSame(sealed(joined), whole);
  assertSame(joinTokenVectors([]), vectorsOf([], false));
});

test('a source without the sections has no vectors', () => {
  assert.equal(openTokenVectors(sourceOf([]), 'v'), undefined);
});

test('missing, cut and contradicting sections are corrupt, and say where', () => {
  const vectors = vectorsOf(randomDocuments(6, 20, 5), true);
  const order = Uint32Array.from({ length: 20 }, (_, i) => i);
  const sections = keepSections(encodeTokenVectors('v', vectors, order));
  const assertCorrupt = (changed: readonly Section[], message: RegExp): void => {
    assert.throws(
      () => openTokenVectors(sourceOf(changed), 'v'),
      (error) => {
        assert.ok(error instanceof DatabaseError && error.code === 'corrupt');
        assert.match(error.message, message);
        return true;
      },
    );
  };
  for (const { name } of sections) {
    const cut = sections.map((section) =>
      section.name === name ? { name, parts: [section.parts[0]!.subarray(0, 3)] } : section,
    );
    assertCorrupt(cut, new RegExp(`section ${name}`));
    if (name === 'v.head') continue;
    assertCorrupt(
      sections.filter((section) => section.name !== name),
      new RegExp(`section ${name}`),
    );
  }
  for (const [at, value] of [
    [0, 5000],
    [0, 0],
    [4, 2],
    [8, 19],
    [12, 1],
  ] as const) {
    const head = Uint8Array.from(sections[0]!.parts[0]!);
    new DataView(head.buffer).setUint32(at, value, true);
    assertCorrupt([{ name: 'v.head', parts: [head] }, ...sections.slice(1)], /section v\./);
  }
  const starts = Uint8Array.from(sections[1]!.parts[0]!);
  new DataView(starts.buffer).setUint32(4, 4_000_000_000, true);
  const falling = [sections[0]!, { name: 'v.starts', parts: [starts] }, ...sections.slice(2)];
  assertCorrupt(falling, /starts that never fall/);
});
