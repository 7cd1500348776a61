// What writers and searchers are told when a module can't embed, in the words of the reference.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmbeddingMock } from '../../../test/embedding-mock.ts';
import { noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Properties } from '../../engine/document.ts';
import type { VectorQuery } from '../../engine/query/query.ts';
import { createVectorizers } from '../../vectorizers/create-vectorizers.ts';
import { retryPolicy } from '../../vectorizers/retries.ts';
import type { Collection } from '../collection.ts';
import type { ObjectInput } from '../object-input.ts';
import { resolveCollection } from '../schema/collection-schema.ts';

const context = { headers: { 'x-jinaai-api-key': 'toy-key', authorization: 'Bearer toy-key' } };

/** A collection with texts under `mv` and images under `page`. */
async function withCollection(run: (collection: Collection) => Promise<void>): Promise<void> {
  await using mock = await startEmbeddingMock();
  const baseURL = mock.url;
  await using vectorizers = createVectorizers({
    modelsDirectory: '/nowhere',
    retryPolicy: retryPolicy(0),
  });
  await using database = await openDatabase({ vectorizers });
  const vectorizer = (module: string, settings: object) => ({
    vectorizer: { module, settings: { baseURL, ...settings } },
  });
  await database.createCollection(
    resolveCollection({
      name: 'Demo',
      properties: [
        { name: 'text', type: 'text' },
        { name: 'poster', type: 'blob' },
      ],
      vectors: [
        { name: 'mv', ...vectorizer('text2multivec-jinaai', { vectorizeClassName: false }) },
        { name: 'page', ...vectorizer('multi2multivec-weaviate', { imageFields: ['poster'] }) },
      ],
    }),
  );
  await run(database.collection('Demo'));
}

function object(n: number, properties: Properties): ObjectInput & { readonly uuid: string } {
  return { uuid: uuidOf(n), properties, vectors: new Map() };
}

const broken = 'connection to: JinaAI API failed with status: 429 error: mock failure 429';

test('a single write that can not be embedded says where, an object of a batch only why', async () => {
  await withCollection(async (collection) => {
    const failing = object(1, { text: '__fail_429__' });
    const message = `vectorize target vector mv: update vector: ${broken}`;
    const expected = { code: 'vectorizer-failed', message };
    await assert.rejects(collection.insert(failing, context), expected);
    await collection.insert(object(2, { text: 'red fox' }), context);
    const { uuid: _, ...patch } = failing;
    await assert.rejects(collection.merge(uuidOf(2), patch, context), expected);
    await assert.rejects(collection.replace(uuidOf(2), patch, context), expected);
    const [result] = await collection.insertMany([failing], context);
    assert.ok(result?.kind === 'failed');
    assert.equal(result.error.message, broken);
    assert.equal(collection.count(), 1);
  });
});

test('without a key a single write says so in the words of the reference', async () => {
  await withCollection(async (collection) => {
    await assert.rejects(collection.insert(object(1, { text: 'red fox' }), noContext), {
      message:
        /^vectorize target vector mv: update vector: API Key: no api key found neither in request header: X-Jinaai-Api-Key nor in/,
    });
  });
});

test('an image query is checked before anything is sent', async () => {
  await withCollection(async (collection) => {
    const fox = Buffer.from('IMG:red fox').toString('base64');
    await collection.insert(object(1, { text: 'a', poster: fox }), context);
    const search = async (base64: string): Promise<readonly string[]> => {
      const targets = { names: ['page'], combination: 'minimum', weights: [1] } as const;
      const query: VectorQuery = {
        kind: 'vector',
        search: { input: { kind: 'image', base64 }, targets },
        offset: 0,
        limit: 5,
        autocut: 0,
      };
      const { hits } = await collection.search(query, { explain: false }, context);
      return hits.map(({ document }) => document.uuid);
    };
    assert.deepEqual(await search(fox), [uuidOf(1)]);
    const cases: readonly [string, RegExp][] = [
      ['not base64!', /^near_image: image is not base64$/],
      [fox.slice(0, -1), /^near_image: image is not base64$/],
      [`data:image/png;base64,${fox}`, /is not base64: leave out "data:image\/png;base64,"$/],
    ];
    for (const [image, message] of cases) {
      await assert.rejects(search(image), { code: 'invalid-argument', message });
    }
  });
});
