// Objects whose single vectors a service makes: when it is asked again, what fails with it, and what is
// counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type StandInAnswer,
  type StandInCall,
  startStandIn,
} from '../../../test/service-stand-in.ts';
import { noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Properties } from '../../engine/document.ts';
import { createVectorizers } from '../../vectorizers/create-vectorizers.ts';
import { retryPolicy } from '../../vectorizers/retries.ts';
import type { Collection } from '../collection.ts';
import type { Database } from '../database.ts';
import type { ObjectInput } from '../object-input.ts';
import { resolveCollection } from '../schema/collection-schema.ts';

/** Vectors of two numbers: how many characters, and 1; as OpenAI and as CLIP answer. */
function answer({ body }: StandInCall): StandInAnswer {
  const { input, texts = [], images = [] } = body as Record<string, string[] | undefined>;
  const vectorOf = (text: string): number[] =>
    text.includes('wide') ? [1, 2, 3] : [text.length, text.includes('lie') ? Number.NaN : 1];
  if (input?.some((text) => text.includes('limited'))) return { status: 429, body: 'slow down' };
  if (input) return { body: { data: input.map((text) => ({ embedding: vectorOf(text) })) } };
  return { body: { textVectors: texts.map(vectorOf), imageVectors: images.map(vectorOf) } };
}

interface World {
  readonly collection: Collection;
  readonly database: Database;
  readonly calls: StandInCall[];
}

async function withCollection(retries: number, run: (world: World) => Promise<void>) {
  await using service = await startStandIn(answer);
  const policy = { ...retryPolicy(retries), pauseMs: 2 };
  await using vectorizers = createVectorizers({ modelsDirectory: '/nowhere', retryPolicy: policy });
  await using database = await openDatabase({ vectorizers });
  await database.createCollection(
    resolveCollection({
      name: 'Demo',
      properties: [
        { name: 'title', type: 'text' },
        { name: 'note', type: 'text' },
        { name: 'poster', type: 'blob' },
      ],
      vectors: [
        {
          name: 'words',
          vectorizer: {
            module: 'text2vec-openai',
            settings: { baseURL: service.url, properties: ['title'], vectorizeClassName: false },
          },
        },
        {
          name: 'page',
          vectorizer: {
            module: 'multi2vec-clip',
            settings: { inferenceUrl: service.url, imageFields: ['poster'], textFields: ['title'] },
          },
        },
      ],
    }),
  );
  await run({ collection: database.collection('Demo'), database, calls: service.calls });
}

function object(n: number, properties: Properties): ObjectInput & { readonly uuid: string } {
  return { uuid: uuidOf(n), properties, vectors: new Map() };
}

test('only a changed source of a vector embeds again', async () => {
  await withCollection(0, async ({ collection, calls }) => {
    await collection.insert(object(1, { title: 'four', note: 'n', poster: 'AAAA' }), noContext);
    const stored = collection.get(uuidOf(1));
    assert.deepEqual([...(stored?.vectors.get('words')?.values ?? [])], [4, 1]);
    assert.deepEqual([...(stored?.vectors.get('page')?.values ?? [])], [4, 1]);
    // The text goes to both services, the image to one of them in a call of its own.
    const paths = (): string[] => calls.splice(0).map(({ path }) => path);
    assert.deepEqual(paths().toSorted(), ['/v1/embeddings', '/vectorize', '/vectorize']);
    await collection.merge(uuidOf(1), { properties: { note: 'm' }, vectors: new Map() }, noContext);
    assert.deepEqual(paths(), []);
    const poster = { properties: { poster: 'BBBBBBBB' }, vectors: new Map() };
    await collection.merge(uuidOf(1), poster, noContext);
    assert.deepEqual(paths(), ['/vectorize', '/vectorize']);
    const page = collection.get(uuidOf(1))?.vectors.get('page');
    assert.deepEqual([...(page?.values ?? [])], [6, 1]);
    const title = { properties: { title: 'longer' }, vectors: new Map() };
    await collection.merge(uuidOf(1), title, noContext);
    assert.ok(paths().includes('/v1/embeddings'));
  });
});

test('a service that lies harms only its own objects', async () => {
  await withCollection(0, async ({ collection }) => {
    await collection.insert(object(1, { title: 'first' }), noContext);
    const titles = ['good', 'a lie', 'wide', 'fine'];
    const results = await collection.insertMany(
      titles.map((title, n) => object(n + 2, { title })),
      noContext,
    );
    const problems = results.map((result) => ('error' in result ? result.error.message : ''));
    assert.equal(problems[0], '');
    assert.match(problems[1] ?? '', /component 1 is not a finite number/);
    assert.match(problems[2] ?? '', /dimensions|vector lengths/);
    assert.equal(problems[3], '');
    assert.deepEqual(
      [2, 3, 4, 5].map((n) => collection.get(uuidOf(n)) !== undefined),
      [true, false, false, true],
    );
  });
});

test('calls that are made again are counted', async () => {
  await withCollection(2, async ({ collection, database, calls }) => {
    const limited = collection.insert(object(1, { title: 'limited' }), noContext);
    await assert.rejects(limited, { code: 'vectorizer-failed', message: /status: 429/ });
    assert.equal(calls.length, 3);
    const counted =
      /tesserae_embedding_retries_total\{module="text2vec-openai",reason="rate_limited"\} 2/;
    assert.match(database.metrics.registry.text(), counted);
  });
});
