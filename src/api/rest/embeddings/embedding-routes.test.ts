// The embedding protocols over models that are served, here ones that a service of its own makes, so
// that every vector is known beforehand.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import {
  type EmbeddingMock,
  imageTokens,
  startEmbeddingMock,
  textTokens,
  tokenVector,
} from '../../../../test/embedding-mock.ts';
import { Database } from '../../../database/database.ts';
import { MemoryLog } from '../../../storage/memory-log.ts';
import { MemoryStore } from '../../../storage/memory-store.ts';
import { createVectorizers } from '../../../vectorizers/create-vectorizers.ts';
import { retryPolicy } from '../../../vectorizers/retries.ts';
import type { ServedModels } from '../../../vectorizers/served-models.ts';
import { createRestApp } from '../rest-app.ts';

interface World extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly mock: EmbeddingMock;
}

const dims = 24;

/** `text` takes texts only, `page` takes images too; both mark queries. */
function servedModels(mock: EmbeddingMock): ServedModels {
  const make = createVectorizers({
    retryPolicy: retryPolicy(0),
    modelsDirectory: '/nowhere',
    apiKeys: { jinaai: 'toy-key' },
    jinaBaseUrl: `${mock.url}?mark=server`,
  });
  const vectorizer = (module: string) =>
    make({
      collection: '',
      vectorName: '',
      module,
      settings: { dimensions: dims },
      metric: 'dot',
    })!;
  const models = new Map([
    ['text', vectorizer('text2multivec-jinaai')],
    ['page', vectorizer('multi2multivec-jinaai')],
  ]);
  return {
    names: ['text', 'page'],
    vectorizer: (name) => {
      const found = models.get(name ?? 'text');
      assert.ok(found, 'the tests name models that there are');
      return found;
    },
  };
}

async function openWorld(mayRead = true): Promise<World> {
  const mock = await startEmbeddingMock();
  const database = await Database.open({
    log: new MemoryLog(),
    store: new MemoryStore(),
    clock: Date.now,
    newUuid: () => crypto.randomUUID(),
    vectorizers: () => undefined,
    autoSchema: true,
    flushBytes: 1 << 30,
  });
  const app = createRestApp({
    database,
    authenticate: () => ({ name: 'someone', mayRead, mayWrite: false }),
    settings: {
      limits: { defaultLimit: 25, maximumResults: 10_000 },
      bodyBytesMax: 2_000_000,
      grpcMessageBytesMax: 1000,
      modules: {},
    },
    clock: Date.now,
    address: () => '',
    isReady: () => true,
    logError: (message, error) => assert.fail(`${message}: ${String(error)}`),
    served: servedModels(mock),
  });
  return {
    app,
    mock,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await database.close();
      await mock.close();
    },
  };
}

async function post({ app }: World, url: string, payload: unknown) {
  const { statusCode, body } = await app.inject({
    method: 'POST',
    url,
    payload: JSON.stringify(payload),
    headers: { 'content-type': 'application/json' },
  });
  return { status: statusCode, json: JSON.parse(body) as unknown };
}

async function detail(world: World, url: string, payload: unknown): Promise<string> {
  const { status, json } = await post(world, url, payload);
  const { detail: text, ...rest } = json as { readonly detail: string };
  assert.deepEqual(rest, {}, 'an error holds its detail and nothing else');
  return `${status} ${text}`;
}

function rows(tokens: readonly string[], width = dims): number[][] {
  return tokens.map((token) => tokenVector(token, width));
}

const fox = Buffer.from('IMG:red fox').toString('base64');

test('Jina multi-vector: token vectors of each text, queries marked, tokens counted', async () => {
  await using world = await openWorld();
  const documents = await post(world, '/v1/multi-vector', {
    model: 'text',
    input: ['red fox', 'x'],
    dimensions: dims,
    embedding_type: 'float',
  });
  assert.deepEqual(documents, {
    status: 200,
    json: {
      model: 'text',
      object: 'list',
      usage: { total_tokens: 9, prompt_tokens: 9 },
      data: [
        { object: 'embeddings', index: 0, embeddings: rows(textTokens('red fox', false)) },
        { object: 'embeddings', index: 1, embeddings: rows(textTokens('x', false)) },
      ],
    },
  });
  const query = await post(world, '/v1/multi-vector', {
    model: 'text',
    input: 'red fox',
    input_type: 'query',
  });
  const { data } = query.json as { data: { embeddings: number[][] }[] };
  assert.deepEqual(data[0]?.embeddings, rows(textTokens('red fox', true)));
});

test('Jina embeddings: texts and images, as base64 or data URI, with a task', async () => {
  await using world = await openWorld();
  const ask = async (input: unknown, task?: string): Promise<number[][][]> => {
    const body = { model: 'page', input, return_multivector: true, ...(task ? { task } : {}) };
    const { status, json } = await post(world, '/v1/embeddings', body);
    assert.equal(status, 200, JSON.stringify(json));
    return (json as { data: { embeddings: number[][] }[] }).data.map(
      ({ embeddings }) => embeddings,
    );
  };
  const image = rows(imageTokens(fox), 128);
  const inputs = [{ image: fox }, { image: `data:image/png;base64,${fox}` }, { text: 'a' }, 'a'];
  const text = rows(textTokens('a', false), 128);
  assert.deepEqual(await ask(inputs, 'retrieval.passage'), [image, image, text, text]);
  const query = rows(textTokens('a', true), 128);
  assert.deepEqual(await ask(['a', { image: fox }], 'retrieval.query'), [query, image]);
});

test('Weaviate embeddings: strings are images, of a search they are texts', async () => {
  await using world = await openWorld();
  const url = '/v1/embeddings/embed';
  const images = await post(world, url, { model: 'page', input: [fox, { text: 'a' }] });
  assert.deepEqual(images, {
    status: 200,
    json: {
      embeddings: [rows(imageTokens(fox), 128), rows(textTokens('a', false), 128)],
      metadata: { model: 'page', num_embeddings_inferred: 2 },
    },
  });
  const query = await post(world, url, { model: 'text', input: ['a'], is_search_query: true });
  const { embeddings } = query.json as { embeddings: unknown };
  assert.deepEqual(embeddings, [rows(textTokens('a', true))]);
});

interface RecordedRequest {
  readonly module: string;
  readonly path: string;
  readonly body: {
    readonly input: readonly (string | Readonly<Record<string, string>>)[];
    readonly model: string;
    readonly dimensions?: number;
  };
}

test("every request that the reference's modules were recorded to send is answered", async () => {
  await using world = await openWorld();
  const file = new URL(
    '../../../../test/golden/wire/outgoing_embedding_requests.json',
    import.meta.url,
  );
  const { records } = JSON.parse(readFileSync(file, 'utf8')) as { records: RecordedRequest[] };
  const models = { 'text2multivec-jinaai': 'text', 'multi2multivec-jinaai': 'page' };
  let answered = 0;
  for (const { module, path, body } of records) {
    // Some make the mock behind the model fail, in a way that other tests show.
    if (/__(fail|ragged|short)/.test(JSON.stringify(body))) continue;
    const model = models[module as keyof typeof models] ?? 'page';
    const dimensions = body.dimensions === undefined ? {} : { dimensions: dims };
    const { status, json } = await post(world, path, { ...body, model, ...dimensions });
    assert.equal(status, 200, JSON.stringify([path, body, json]));
    const { data, embeddings } = json as { data?: unknown[]; embeddings?: unknown[] };
    assert.equal((data ?? embeddings)?.length, body.input.length);
    answered += 1;
  }
  assert.ok(answered > 20, `${answered} requests`);
});

test('an input without vectors has an empty list', async () => {
  await using world = await openWorld();
  const { json } = await post(world, '/v1/multi-vector', { model: 'text', input: ['__empty__'] });
  const { data } = json as { data: unknown };
  assert.deepEqual(data, [{ object: 'embeddings', index: 0, embeddings: [] }]);
});

test('vectors longer than a piece of the reply come whole', async () => {
  await using world = await openWorld();
  const words = Array.from({ length: 3_000 }, (_, index) => `w${index}`).join(' ');
  const { json } = await post(world, '/v1/multi-vector', { model: 'text', input: [words] });
  const { data } = json as { data: { embeddings: number[][] }[] };
  assert.deepEqual(data[0]?.embeddings, rows(textTokens(words, false)));
});

test('requests that make no sense are answered 422 with the field and what is allowed', async () => {
  await using world = await openWorld();
  const cases: readonly [string, unknown, RegExp][] = [
    ['multi-vector', [], /the body must be an object, got \[\]/],
    ['multi-vector', { input: [] }, /"input" is \[\]; allowed: a list with at least one entry/],
    ['multi-vector', { input: [1] }, /"input\[0\]" is 1; allowed: a string, \{"text"/],
    ['multi-vector', { input: [{ text: 'a', image: fox }] }, /"input\[0\]" is \{/],
    ['multi-vector', { input: ['a'], model: 3 }, /"model" is 3/],
    ['multi-vector', { input: ['a'], input_type: 'x' }, /"input_type" is "x"; allowed: "query"/],
    ['multi-vector', { input: ['a'], embedding_type: 'base64' }, /"embedding_type" is "base64"/],
    ['multi-vector', { input: ['a'], dimensions: 0 }, /"dimensions" is 0; allowed: whole/],
    ['multi-vector', { input: ['a'], dimensions: 25 }, /is 25; the model makes vectors of 24/],
    [
      'multi-vector',
      { input: [{ image: fox }], model: 'text' },
      /input\[0\]: the model text does not embed images/,
    ],
    ['multi-vector', { input: Array(513).fill('a') }, /has 513 entries, the maximum is 512/],
    ['multi-vector', { input: ['a'.repeat(200_001)] }, /200001 characters, the maximum is 200000/],
    ['embeddings', { input: ['a'] }, /"return_multivector" must be true/],
    [
      'embeddings',
      { input: Array(17).fill({ image: fox }), return_multivector: true },
      /17 images/,
    ],
    ['embeddings', { input: ['a'], return_multivector: true, task: 1 }, /"task" is 1/],
    [
      'embeddings/embed',
      { input: ['a b'], model: 'page' },
      /input\[0\] is not base64; here a string is an image/,
    ],
    ['embeddings/embed', { input: ['https://x/y.png'] }, /images are not fetched/],
    ['embeddings/embed', { input: [''] }, /input\[0\] is empty/],
    ['embeddings/embed', { input: ['a'], is_search_query: 1 }, /"is_search_query" is 1/],
  ];
  for (const [path, body, message] of cases) {
    const text = await detail(world, `/v1/${path}`, body);
    assert.match(text, /^422 /);
    assert.match(text, message);
  }
});

test('failures of the model are 500 and name the input, other errors have the same form', async () => {
  await using world = await openWorld();
  const failed = await detail(world, '/v1/multi-vector', {
    model: 'text',
    input: ['__fail_500__'],
  });
  assert.match(failed, /^500 input\[0\]: .*mock failure 500$/);
  const { statusCode, body } = await world.app.inject({
    method: 'POST',
    url: '/v1/multi-vector',
    payload: '{"input":',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(statusCode, 400);
  assert.match((JSON.parse(body) as { detail: string }).detail, /Unexpected end of JSON/);
});

test('who may not read may not embed', async () => {
  await using world = await openWorld(false);
  const text = await detail(world, '/v1/multi-vector', { model: 'text', input: ['x'] });
  assert.match(text, /^403 .*forbidden.*R \[embeddings\/models\/\*\]/);
  assert.equal(world.mock.requests.length, 0);
});

test('the models that are served are listed with what they take', async () => {
  await using world = await openWorld();
  const { body } = await world.app.inject({ method: 'GET', url: '/v1/tesserae/models' });
  assert.deepEqual(JSON.parse(body), {
    models: [
      { name: 'text', accepts: { text: true, image: false } },
      { name: 'page', accepts: { text: true, image: true } },
    ],
  });
});
