// Documents as bytes: what goes in comes out, also where token vectors came from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, ByteWriter } from '../bytes.ts';
import type { Document, TokenPlaces, VectorValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { decodeDocument, encodeDocument } from './document-codec.ts';

const vector: VectorValue = { kind: 'multi', dims: 2, values: Float32Array.of(1, 2, 3, 4) };
const placed: TokenPlaces = {
  boxes: Uint16Array.of(1, 2, 3, 4, 0, 0, 0, 0),
  spans: Uint32Array.of(0, 4, 4, 4),
};

function documentWith(change: Partial<Document>): Document {
  return {
    uuid: '00000000-0000-4000-8000-000000000001',
    createdAt: 1,
    updatedAt: 2.5,
    properties: { text: 'größer', list: [1, null] },
    vectors: new Map([['mv', vector]]),
    ...change,
  };
}

function bytesOf(documents: readonly Document[]): Uint8Array {
  const into = new ByteWriter();
  for (const document of documents) encodeDocument(document, into);
  return into.finish();
}

test('decoding gives back what was encoded', () => {
  const long = Uint32Array.from({ length: 2 ** 16 + 1 }, (_, i) => i);
  const documents = [
    documentWith({}),
    documentWith({ vectors: new Map() }),
    documentWith({ pooled: new Map([['mv', Uint32Array.of(0, 1, 0)]]) }),
    documentWith({
      pooled: new Map([
        ['short', long.subarray(0, 2 ** 16).slice()],
        ['long', long],
        ['none', new Uint32Array(0)],
      ]),
    }),
    documentWith({ places: new Map([['mv', placed]]) }),
    documentWith({
      pooled: new Map([['mv', Uint32Array.of(0, 1, 0)]]),
      places: new Map<string, TokenPlaces>([
        ['boxes', { boxes: Uint16Array.of(0, 1, 65_535, 3) }],
        ['spans', { spans: Uint32Array.of(0, 65_535) }],
        ['wide', { spans: Uint32Array.of(0, 65_536, 2 ** 32 - 1, 7) }],
        ['text', { ...placed, text: '' }],
        ['page', { ...placed, page: { width: 595.28, height: 841.89 } }],
      ]),
      words: new Map([['text', { ...placed, text: 'größer', page: { width: 1, height: 2 } }]]),
    }),
  ];
  const from = new ByteReader(bytesOf(documents), 'file');
  for (const document of documents) assert.deepEqual(decodeDocument(from), document);
  assert.equal(from.remaining, 0);
});

test('a row of a pooled vector takes two bytes', () => {
  const pooled = (count: number) => new Map([['mv', new Uint32Array(count)]]);
  const [shorter, longer] = [100, 1100].map(
    (count) => bytesOf([documentWith({ pooled: pooled(count) })]).length,
  );
  assert.equal((longer ?? 0) - (shorter ?? 0), 2000);
});

test('places are stored as they came: eight bytes a box, four bytes a span of a short text', () => {
  const places = (count: number) => {
    const both = { boxes: new Uint16Array(4 * count), spans: new Uint32Array(2 * count) };
    return bytesOf([documentWith({ places: new Map([['mv', both]]) })]).length;
  };
  assert.equal(places(1100) - places(100), 12_000);
});

test('places of neither boxes nor spans are corrupt', () => {
  const bytes = bytesOf([documentWith({ places: new Map([['mv', placed]]) })]);
  const parts = bytes.findIndex(
    (_, at) => at > 0 && bytes[at - 1] === 118 && bytes[at - 2] === 109,
  );
  assert.equal(bytes[parts], 3);
  for (const wrong of [0, 4, 28, 33, 255]) {
    bytes[parts] = wrong;
    assert.throws(
      () => decodeDocument(new ByteReader(bytes, 'file')),
      (error) => error instanceof DatabaseError && error.code === 'corrupt',
      `${wrong}`,
    );
  }
});

test('bytes that end too early are corrupt, wherever they end', () => {
  const pooled = new Map([['mv', Uint32Array.of(0, 1, 0)]]);
  const words = new Map([['text', { ...placed, text: 'two', page: { width: 3, height: 4 } }]]);
  const bytes = bytesOf([documentWith({ pooled, places: new Map([['mv', placed]]), words })]);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(
      () => decodeDocument(new ByteReader(bytes.subarray(0, length), 'file')),
      (error) => error instanceof DatabaseError && error.code === 'corrupt',
      `${length} of ${bytes.length} bytes`,
    );
  }
});
