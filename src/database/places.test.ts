// Where token vectors came from, through a database: stored, checked, kept as long as their vector is.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { multi, noContext, openDatabase, uuidOf } from '../../test/simulation/world.ts';
import type { Document, TokenPlaces, VectorValue } from '../engine/document.ts';
import { MemoryDirectory } from '../storage/memory-directory.ts';
import type { ContentInput, Embedding, Vectorizer } from '../vectorizers/vectorizer.ts';
import type { Collection } from './collection.ts';
import type { ObjectInput } from './object-input.ts';
import { resolveCollection } from './schema/collection-schema.ts';

const vector = multi([
  [1, 0],
  [0, 1],
  [0.99, 0.1],
]);
const places: TokenPlaces = {
  boxes: Uint16Array.of(0, 0, 0, 0, 1, 2, 3, 4, 65_000, 0, 535, 65_535),
  spans: Uint32Array.of(0, 0, 0, 3, 4, 7),
  text: 'red fox',
  page: { width: 595, height: 842 },
};
const words: TokenPlaces = { spans: Uint32Array.of(0, 3, 4, 7), page: { width: 5, height: 8 } };

const properties = [
  { name: 'text', type: 'text' },
  { name: 'number', type: 'int' },
] as const;
const pages = resolveCollection({
  ...{ name: 'Pages', properties },
  vectors: [
    { name: 'plain', kind: 'multi' },
    { name: 'pooled', kind: 'multi', pooling: { factor: 2 } },
  ],
});

function page(change: Partial<ObjectInput> = {}): ObjectInput {
  const vectors = new Map([['plain', vector]]);
  return { uuid: uuidOf(1), properties: { text: 'red fox', number: 1 }, vectors, ...change };
}

async function refusalOf(collection: Collection, object: ObjectInput): Promise<string> {
  const [result] = await collection.insertMany([object], noContext);
  assert.equal(result?.kind, 'failed');
  return result?.kind === 'failed' ? result.error.message : '';
}

describe('places', () => {
  test('come back as they were given, from the log, a segment and a merge', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const given = new Map([
      ['plain', places],
      ['pooled', { spans: places.spans as Uint32Array<ArrayBuffer> }],
    ]);
    const vectors = new Map([
      ['plain', vector],
      ['pooled', vector],
    ]);
    let stored: Document | undefined;
    for (let round = 0; round < 4; round += 1) {
      await using database = await openDatabase({ directory });
      if (round === 0) await database.createCollection(pages);
      const collection = database.collection('Pages');
      if (round === 0) {
        const object = page({ vectors, places: given, words: new Map([['text', words]]) });
        await collection.insert(object, noContext);
        stored = collection.get(uuidOf(1));
        assert.deepEqual(stored?.places, given);
        assert.deepEqual(stored?.words, new Map([['text', words]]));
        assert.equal(stored?.pooled?.get('pooled')?.length, 3);
        assert.equal(stored?.vectors.get('pooled')?.values.length, 4);
      }
      assert.deepEqual(collection.get(uuidOf(1)), stored);
      await collection.insert(page({ uuid: uuidOf(10 + round) }), noContext);
      await database.flush();
      await database.settled();
      assert.deepEqual(collection.get(uuidOf(1)), stored);
    }
  });

  test('stay while their vector or text stays, and go with it', async () => {
    await using database = await openDatabase();
    await database.createCollection(pages);
    const collection = database.collection('Pages');
    const given = new Map([['plain', places]]);
    const ofText = new Map([['text', words]]);
    await collection.insert(page({ places: given, words: ofText }), noContext);
    const change = async (changed: ObjectInput['properties'], vectors: ObjectInput['vectors']) =>
      collection.merge(uuidOf(1), { properties: changed, vectors }, noContext);
    await change({ number: 2 }, new Map());
    assert.deepEqual(collection.get(uuidOf(1))?.places, given);
    assert.deepEqual(collection.get(uuidOf(1))?.words, ofText);
    await change({ text: 'blue fox' }, new Map());
    assert.deepEqual(collection.get(uuidOf(1))?.places, given);
    assert.equal(collection.get(uuidOf(1))?.words, undefined);
    await change({}, new Map([['plain', multi([[1, 1]])]]));
    assert.equal(collection.get(uuidOf(1))?.places, undefined);
    await collection.replace(uuidOf(1), page({ places: given }), noContext);
    assert.deepEqual(collection.get(uuidOf(1))?.places, given);
    await collection.replace(uuidOf(1), page(), noContext);
    assert.equal(collection.get(uuidOf(1))?.places, undefined);
  });

  test('that a vectorizer gives are stored, and kept while the source is the same', async () => {
    const seen: ContentInput[] = [];
    let row: Embedding = { kind: 'vector', vector, places };
    const maker: Vectorizer = {
      ...{ module: 'text2colbert-jinaai', kind: 'multi', accepts: { text: true, image: false } },
      embedObjects: async (inputs) => {
        seen.push(...inputs);
        return inputs.map(() => row);
      },
      embedQueryText: async (): Promise<VectorValue> => vector,
      embedQueryImage: async (): Promise<VectorValue> => vector,
    };
    const vectorizers = Object.assign(() => maker, {
      close: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    });
    await using database = await openDatabase({ vectorizers });
    const vectorizer = { module: 'text2colbert-jinaai', settings: { properties: ['text'] } };
    await database.createCollection(
      resolveCollection({ name: 'Pages', properties, vectors: [{ name: 'made', vectorizer }] }),
    );
    const collection = database.collection('Pages');
    await collection.insert(page({ vectors: new Map() }), noContext);
    assert.deepEqual(collection.get(uuidOf(1))?.places, new Map([['made', places]]));
    await collection.merge(uuidOf(1), { properties: { number: 2 }, vectors: new Map() }, noContext);
    assert.deepEqual(collection.get(uuidOf(1))?.places, new Map([['made', places]]));
    assert.equal(seen.length, 1);
    row = { kind: 'vector', vector, places: { spans: Uint32Array.of(0, 1) } };
    const refusal = await refusalOf(collection, page({ uuid: uuidOf(2), vectors: new Map() }));
    assert.match(refusal, /spans have 2 numbers, 2 for each of 3 rows/);
    assert.equal(collection.count(), 1);
  });

  test('that do not fit their vector, page or text are refused, each with what is wrong', async () => {
    await using database = await openDatabase();
    await database.createCollection(pages);
    const collection = database.collection('Pages');
    const wrong: readonly [TokenPlaces, RegExp][] = [
      [{}, /neither boxes nor spans/],
      [{ boxes: new Uint16Array(8) }, /boxes have 8 numbers, 4 for each of 3 rows/],
      [{ spans: new Uint32Array(7) }, /spans have 7 numbers, 2 for each of 3 rows/],
      [{ ...places, boxes: new Uint16Array(12).fill(40_000) }, /box 0 is \[40000, 40000/],
      [{ ...places, spans: Uint32Array.of(0, 1, 3, 2, 4, 4) }, /span 1 is \[3, 2\]/],
      [{ ...places, text: 'red fo' }, /span 2 is \[4, 7\].*within the text/],
      [{ ...places, page: { width: 0, height: 5 } }, /page is 0 by 5/],
      [{ ...places, page: { width: 5, height: Number.NaN } }, /page is 5 by NaN/],
    ];
    for (const [given, message] of wrong) {
      const refusal = await refusalOf(collection, page({ places: new Map([['plain', given]]) }));
      assert.match(refusal, message);
      assert.match(refusal, /vector "plain" in collection "Pages"/);
    }
    const other = page({ places: new Map([['pooled', places]]) });
    assert.match(await refusalOf(collection, other), /come with the vector/);
    const unknown = page({ places: new Map([['nobody', places]]) });
    assert.match(await refusalOf(collection, unknown), /nobody/);
    for (const [name, given] of [
      ['number', words],
      ['absent', words],
      ['text', { boxes: new Uint16Array(8) }],
      ['text', { spans: Uint32Array.of(0, 8) }],
    ] as const) {
      const refusal = await refusalOf(collection, page({ words: new Map([[name, given]]) }));
      assert.match(refusal, new RegExp(`words of property "${name}" in collection "Pages"`));
    }
    assert.equal(collection.count(), 0);
  });

  test('of a pooled vector that a client writes back are those that are stored', async () => {
    await using database = await openDatabase();
    await database.createCollection(pages);
    const collection = database.collection('Pages');
    const vectors = new Map([['pooled', vector]]);
    await collection.insert(page({ vectors, places: new Map([['pooled', places]]) }), noContext);
    const back = new Map([
      ['pooled', collection.get(uuidOf(1))?.vectors.get('pooled') as VectorValue],
    ]);
    await collection.replace(uuidOf(1), page({ vectors: back }), noContext);
    assert.deepEqual(collection.get(uuidOf(1))?.places, new Map([['pooled', places]]));
  });
});
