import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../errors.ts';
import type { Section, SectionReader, SectionSource } from '../segment/sections.ts';
import { encodeTextIndex, encodeTextParts } from './encode-text-index.ts';
import { MemoryTextIndex } from './memory-text-index.ts';
import { openTextIndex } from './open-text-index.ts';
import { compareTerms, sortTerms, type TextIndex } from './text-index.ts';

/** Sections as they come back from a file; each read is a copy. */
function sourceOf(sections: readonly Section[]): SectionSource {
  const bytes = new Map(sections.map(({ name, parts }) => [name, joined(parts)]));
  return { names: [...bytes.keys()], section: (name) => reader(bytes.get(name)) };
}

function joined(parts: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...parts]));
}

function reader(bytes: Uint8Array | undefined): SectionReader | undefined {
  if (bytes === undefined) return undefined;
  return {
    length: bytes.length,
    bytes: (offset, length) => {
      assert.ok(offset >= 0 && offset + length <= bytes.length, 'reads stay inside the section');
      return bytes.slice(offset, offset + length);
    },
    read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
  };
}

/** Everything that an index says, as plain data. */
function dump(index: TextIndex): unknown {
  return index.propertyNames.map((name) => {
    const property = index.property(name)!;
    const documents = Array.from({ length: index.documentCount }, (_, doc) => doc);
    return {
      name,
      lengthSum: property.lengthSum,
      lengthCount: property.lengthCount,
      lengths: documents.map((doc) => property.lengthOf(doc)),
      terms: Array.from(property.terms(), (term) => [term, postings(index, name, term)]),
    };
  });
}

function postings(index: TextIndex, name: string, term: string): number[][] | undefined {
  const list = index.property(name)?.postings(term);
  return list && Array.from(list.docs, (doc, i) => [doc, list.frequencies[i]!]);
}

function memoryIndex(documents: readonly Readonly<Record<string, string>>[]): MemoryTextIndex {
  const index = new MemoryTextIndex();
  documents.forEach((document, doc) => {
    for (const [name, text] of Object.entries(document)) {
      index.add(doc, name, text.split(' ').filter(Boolean));
    }
  });
  index.grow(documents.length);
  return index;
}

/** Random documents over a small vocabulary; some properties absent, some empty. */
function randomDocuments(count: number, seed: number): Record<string, string>[] {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const text = (): string =>
    Array.from({ length: random(9) }, () => `t${Math.floor(random(40) ** 2 / 40)}`).join(' ');
  return Array.from({ length: count }, () =>
    Object.fromEntries(['a', 'b', 'c'].filter(() => random(3) > 0).map((name) => [name, text()])),
  );
}

const small = [
  { text: 'b a b', title: 'x' },
  { text: '' },
  { title: 'x x y' },
  { text: '\u{10000} \uffee a é zz' },
];

test('a memory index knows postings, lengths and terms of what was added', () => {
  const index = memoryIndex(small);
  assert.equal(index.documentCount, 4);
  assert.deepEqual(index.propertyNames, ['text', 'title']);
  assert.deepEqual(postings(index, 'text', 'a'), [
    [0, 1],
    [3, 1],
  ]);
  assert.deepEqual(postings(index, 'text', 'b'), [[0, 2]]);
  assert.equal(postings(index, 'text', 'x'), undefined);
  assert.equal(index.property('nope'), undefined);
  assert.equal(index.property('text')?.lengthOf(3), 5);
  assert.equal(index.property('text')?.lengthOf(1), 0);
  assert.equal(index.property('text')?.lengthSum, 8);
  assert.equal(index.property('text')?.lengthCount, 2);
});

test('several additions to one property of a document add up', () => {
  const index = new MemoryTextIndex();
  index.add(0, 'tags', ['a', 'b']);
  index.add(0, 'tags', ['a']);
  assert.deepEqual(postings(index, 'tags', 'a'), [[0, 2]]);
  assert.equal(index.property('tags')?.lengthOf(0), 3);
  assert.equal(index.property('tags')?.lengthCount, 1);
});

test('documents out of order are refused', () => {
  const index = new MemoryTextIndex();
  index.add(3, 'a', ['x']);
  assert.throws(() => index.add(2, 'a', ['x']), /ascending/);
});

test('terms come in the order of code points, from the one that is asked for', () => {
  const expected = ['a', 'b', 'zz', 'é', '\uffee', '\u{10000}'];
  const memory = memoryIndex(small);
  const sealed = openTextIndex(sourceOf(encodeTextIndex(memory, Uint32Array.of(0, 1, 2, 3))), 4);
  for (const index of [memory, sealed]) {
    const property = index.property('text')!;
    assert.deepEqual([...property.terms()], expected);
    assert.deepEqual([...property.terms('b')], expected.slice(1));
    assert.deepEqual([...property.terms('c')], expected.slice(2));
    assert.deepEqual([...property.terms('\uffff')], expected.slice(5));
    assert.deepEqual([...property.terms('\u{10001}')], []);
  }
  for (const list of [
    ['b', 'ab', 'a', 'é', '東', '', 'A'],
    ['\uffee', '😀', 'z', '\ue000', '𝒜'],
  ]) {
    assert.deepEqual(sortTerms([...list]), [...list].sort(compareTerms));
  }
  assert.ok(compareTerms('a', 'ab') < 0);
  assert.equal(compareTerms('é', 'é'), 0);
});

test('a sealed index says what the memory index said', () => {
  const memory = memoryIndex(randomDocuments(300, 7));
  const order = Uint32Array.from({ length: 300 }, (_, doc) => doc);
  const sealed = openTextIndex(sourceOf(encodeTextIndex(memory, order)), 300);
  assert.deepEqual(dump(sealed), dump(memory));
  assert.equal(postings(sealed, 'a', 'no such term'), undefined);
});

test('the bytes are those of the example in docs/format/text.md', () => {
  const memory = memoryIndex([{ text: 'b a b' }, {}, { text: 'a' }]);
  const hex = encodeTextIndex(memory, Uint32Array.of(0, 1, 2)).map(({ name, parts }) => {
    return `${name} ${Buffer.from(joined(parts)).toString('hex')}`;
  });
  assert.deepEqual(hex, [
    'text.properties 0300000001000000040000007465787402000000020000000600000000000000000010' +
      '4002000000',
    'text.dictionary 0000000001000000020000000000000003000000060000006162',
    'text.postings 020103010002',
    'text.lengths 030000000000000001000000',
  ]);
});

test('sealing renumbers documents and leaves out those that are not in the order', () => {
  const documents = randomDocuments(200, 11);
  const order = Uint32Array.from([...documents.keys()].filter((doc) => doc % 3 > 0).reverse());
  const sealed = openTextIndex(
    sourceOf(encodeTextIndex(memoryIndex(documents), order)),
    order.length,
  );
  const expected = memoryIndex(Array.from(order, (doc) => documents[doc]!));
  assert.deepEqual(dump(sealed), dump(expected));
});

test('parts of several indexes, sealed ones too, merge to the index of all their documents', () => {
  const documents = randomDocuments(150, 5);
  const first = memoryIndex(documents.slice(0, 70));
  const second = memoryIndex(documents.slice(70));
  const identity = Uint32Array.from({ length: 80 }, (_, doc) => doc);
  const sealed = openTextIndex(sourceOf(encodeTextIndex(second, identity)), 80);
  const placesEven = Int32Array.from({ length: 70 }, (_, doc) => 149 - doc);
  const placesOdd = Int32Array.from({ length: 80 }, (_, doc) => 79 - doc);
  const merged = encodeTextParts(
    [
      { index: first, places: placesEven },
      { index: sealed, places: placesOdd },
    ],
    150,
  );
  assert.deepEqual(
    dump(openTextIndex(sourceOf(merged), 150)),
    dump(memoryIndex(documents.toReversed())),
  );
});

test('large gaps and frequencies survive', () => {
  const index = new MemoryTextIndex();
  index.add(0, 'a', Array(70_000).fill('x'));
  index.add(1, 'a', ['x', 'y']);
  const documentCount = 1_100_000;
  const places = Int32Array.of(3, documentCount - 1);
  const sections = encodeTextParts([{ index, places }], documentCount);
  assert.deepEqual(postings(openTextIndex(sourceOf(sections), documentCount), 'a', 'x'), [
    [3, 70_000],
    [documentCount - 1, 1],
  ]);
});

test('removed documents stop counting, once', () => {
  const memory = memoryIndex(small);
  const sealed = openTextIndex(sourceOf(encodeTextIndex(memory, Uint32Array.of(0, 1, 2, 3))), 4);
  for (const index of [memory, sealed]) {
    index.remove(0);
    index.remove(0);
    index.remove(1);
    assert.equal(index.property('text')?.lengthSum, 5);
    assert.equal(index.property('text')?.lengthCount, 1);
    assert.equal(index.property('title')?.lengthSum, 3);
  }
});

test('an index without any text seals and opens', () => {
  const sealed = openTextIndex(
    sourceOf(encodeTextIndex(new MemoryTextIndex(), new Uint32Array(3))),
    3,
  );
  assert.deepEqual(sealed.propertyNames, []);
});

test('a memory index that grows takes more bytes', () => {
  const index = memoryIndex(small);
  const before = index.bytes;
  index.add(4, 'text', ['another']);
  assert.ok(before > 0 && index.bytes > before);
});

test('changed, cut or missing bytes are a corrupt error or decode, nothing else', () => {
  const sections = encodeTextIndex(
    memoryIndex(randomDocuments(40, 3)),
    Uint32Array.from({ length: 40 }, (_, doc) => doc),
  ).map(({ name, parts }) => ({ name, bytes: joined(parts) }));
  let refused = 0;
  for (const { name, bytes } of sections) {
    const step = Math.max(1, Math.floor(bytes.length / 60));
    for (let at = 0; at < bytes.length; at += step) {
      for (const damage of [flipped(bytes, at), bytes.slice(0, at)]) {
        refused += readAll(sections.map((s) => (s.name === name ? { name, bytes: damage } : s)));
      }
    }
    refused += readAll(sections.filter((section) => section.name !== name));
  }
  assert.ok(refused > 200, `${refused} damages were noticed`);
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ 0xff;
  return copy;
}

/** Reads every list; 1 when that was refused as corrupt, 0 when it went through. */
function readAll(sections: readonly { name: string; bytes: Uint8Array }[]): number {
  try {
    dump(
      openTextIndex(sourceOf(sections.map(({ name, bytes }) => ({ name, parts: [bytes] }))), 40),
    );
    return 0;
  } catch (error) {
    assert.ok(error instanceof DatabaseError && error.code === 'corrupt', String(error));
    return 1;
  }
}
