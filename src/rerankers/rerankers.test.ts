// Rerankers: what each service is posted, with whose key, and what becomes of replies that lie; late
// interaction over vectors.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StandInAnswer, startStandIn } from '../../test/service-stand-in.ts';
import type { VectorValue } from '../engine/document.ts';
import type { ServiceSettings } from '../vectorizers/module-service.ts';
import type { Vectorizer } from '../vectorizers/vectorizer.ts';
import { createRerankers } from './create-rerankers.ts';
import type { Reranker } from './reranker.ts';

const texts = ['one', 'two', 'three'];
const impatient = {
  objectsMax: 0,
  queryMax: 0,
  pauseMs: 1,
  objectsBudgetMs: 100,
  queryBudgetMs: 100,
};
const nobody = (): undefined => undefined;

function make(
  module: string,
  settings: Readonly<Record<string, unknown>> = {},
  operator: ServiceSettings = {},
): Reranker {
  const all = { retryPolicy: impatient, ...operator };
  return createRerankers({ vectorizers: nobody, settings: all })({
    collection: 'C',
    module,
    settings,
  });
}

const services = [
  {
    module: 'reranker-cohere',
    key: 'x-cohere-api-key',
    reply: { results: [2, 0, 1].map((index) => ({ index, relevance_score: index / 10 })) },
    path: '/v2/rerank',
    body: { model: 'rerank-v3.5', query: 'q', documents: texts },
  },
  {
    module: 'reranker-jinaai',
    key: 'x-jinaai-api-key',
    reply: { results: [2, 0, 1].map((index) => ({ index, relevance_score: index / 10 })) },
    path: '/v1/rerank',
    body: {
      model: 'jina-reranker-v2-base-multilingual',
      query: 'q',
      documents: texts,
      return_documents: false,
    },
  },
  {
    module: 'reranker-voyageai',
    key: 'x-voyageai-api-key',
    reply: { data: [2, 0, 1].map((index) => ({ index, relevance_score: index / 10 })) },
    path: '/rerank',
    body: { model: 'rerank-2', query: 'q', documents: texts, return_documents: false },
  },
  {
    module: 'reranker-nvidia',
    key: 'x-nvidia-api-key',
    reply: { rankings: [2, 0, 1].map((index) => ({ index, logit: index / 10 })) },
    path: '/v1/retrieval/nvidia/reranking',
    body: {
      model: 'nvidia/rerank-qa-mistral-4b',
      query: { text: 'q' },
      passages: texts.map((text) => ({ text })),
    },
  },
  {
    module: 'reranker-contextualai',
    key: 'x-contextual-api-key',
    reply: { results: [2, 0, 1].map((index) => ({ index, relevance_score: index / 10 })) },
    path: '/v1/rerank',
    body: { model: 'ctxl-rerank-v2-instruct-multilingual', query: 'q', documents: texts },
  },
];

for (const { module, key, reply, path, body } of services) {
  test(`${module} posts the texts with the caller's key and reads scores by their index`, async () => {
    await using service = await startStandIn(() => ({ body: reply }));
    const reranker = make(module, { baseURL: service.url });
    const scores = await reranker.score('q', texts, { headers: { [key]: 'secret' } });
    assert.deepEqual(scores, [0, 0.1, 0.2]);
    const [call] = service.calls;
    assert.equal(call?.path, path);
    assert.deepEqual(call?.body, body);
    assert.equal(call?.headers.authorization, 'Bearer secret');
  });
}

test('reranker-transformers reads scores that stand beside the texts, or repeat them', async () => {
  const replies = [
    { scores: texts.map((_, at) => ({ score: at })) },
    { scores: [2, 0, 1].map((at) => ({ document: texts[at], score: at })) },
  ];
  await using service = await startStandIn((_, before) => ({ body: replies[before] }));
  const reranker = make('reranker-transformers', {}, { rerankerUrl: service.url });
  assert.deepEqual(await reranker.score('q', texts, { headers: {} }), [0, 1, 2]);
  assert.deepEqual(await reranker.score('q', texts, { headers: {} }), [0, 1, 2]);
  assert.deepEqual(service.calls[0]?.body, { query: 'q', documents: texts });
});

test('the key of the server goes where the operator says, not where a collection says', async () => {
  const reply = { results: texts.map((_, index) => ({ index, relevance_score: 1 })) };
  await using service = await startStandIn(() => ({ body: reply }));
  const apiKeys = { cohere: 'own' };
  const sent = async (settings: object, operator: ServiceSettings): Promise<unknown> => {
    await make('reranker-cohere', { ...settings }, { apiKeys, ...operator }).score('q', texts, {
      headers: {},
    });
    return service.calls.at(-1)?.headers.authorization;
  };
  assert.equal(await sent({}, { cohereBaseUrl: service.url }), 'Bearer own');
  assert.equal(await sent({ baseURL: service.url }, {}), undefined);
});

test('a caller may name the address in a header, not where callers have keys of the server', async () => {
  const reply = { results: texts.map((_, index) => ({ index, relevance_score: 1 })) };
  await using service = await startStandIn(() => ({ body: reply }));
  const headers = { 'x-cohere-baseurl': service.url, 'x-cohere-api-key': 'mine' };
  const apiKeys = { cohere: 'own' };
  await make('reranker-cohere', {}, { apiKeys }).score('q', texts, { headers });
  assert.equal(service.calls[0]?.headers.authorization, 'Bearer mine');
  const { 'x-cohere-api-key': _, ...keyless } = headers;
  await make('reranker-cohere', {}, { apiKeys }).score('q', texts, { headers: keyless });
  assert.equal(service.calls[1]?.headers.authorization, undefined);
  await assert.rejects(
    make('reranker-cohere', {}, { hasOwnKeys: true }).score('q', texts, { headers }),
    /callers of this server choose no addresses/,
  );
  assert.equal(service.calls.length, 2);
});

test('without a key nothing is sent to the public service', async () => {
  await assert.rejects(
    make('reranker-cohere').score('q', texts, { headers: {} }),
    /Cohere API Key: no api key found neither in request header: X-Cohere-Api-Key/,
  );
});

const lies: Readonly<Record<string, [StandInAnswer, RegExp]>> = {
  'too few scores': [{ body: { results: [{ index: 0, relevance_score: 1 }] } }, /1 scores for 3/],
  'an index twice': [
    { body: { results: [0, 0, 1].map((index) => ({ index, relevance_score: 1 })) } },
    /entry 1 is of no text/,
  ],
  'an index that there is not': [
    { body: { results: [0, 1, 7].map((index) => ({ index, relevance_score: 1 })) } },
    /entry 2 is of no text/,
  ],
  'no number': [
    { body: { results: texts.map((_, index) => ({ index, relevance_score: 'much' })) } },
    /entry 0 has no finite "relevance_score"/,
  ],
  'no list': [{ body: { results: 'none' } }, /"results" is not a list/],
  'a page': [{ body: '<html>' }, /HTML/],
  'a refused key': [
    { status: 401, body: { message: 'secret is wrong' } },
    /Cohere API failed with status: 401 error: \*\*\* is wrong/,
  ],
  'no answer': ['hang', /no answer from .* within 200 ms/],
};

for (const [what, [answer, message]] of Object.entries(lies)) {
  test(`a service that sends ${what} is an error that says so`, async () => {
    await using service = await startStandIn(() => answer);
    const reranker = make('reranker-cohere', { baseURL: service.url }, { timeoutMs: 200 });
    const scores = reranker.score('q', texts, { headers: { 'x-cohere-api-key': 'secret' } });
    await assert.rejects(scores, message);
  });
}

test('many texts go in several calls', async () => {
  await using service = await startStandIn(({ body }) => {
    const documents = body['documents'] as string[];
    const results = documents.map((text, index) => ({ index, relevance_score: Number(text) }));
    return { body: { results } };
  });
  const many = Array.from({ length: 600 }, (_, index) => String(index));
  const reranker = make('reranker-jinaai', { baseURL: service.url });
  const scores = await reranker.score('q', many, { headers: {} });
  assert.deepEqual(scores, many.map(Number));
  assert.equal(service.calls.length, 3);
});

test('late interaction scores by MaxSim of vectors at length one', async () => {
  const vectors: Readonly<Record<string, readonly number[]>> = {
    near: [2, 0, 0, 5],
    half: [3, 4],
    far: [-1, 0],
  };
  const multiVector = (values: readonly number[]): VectorValue => ({
    kind: 'multi',
    dims: 2,
    values: Float32Array.from(values),
  });
  const embedder: Vectorizer = {
    module: 'text2multivec-jinaai',
    kind: 'multi',
    accepts: { text: true, image: false },
    embedObjects: async (inputs) =>
      inputs.map((input) => ({
        kind: 'vector',
        vector: multiVector(vectors[input.texts[0] ?? ''] ?? []),
      })),
    embedQueryText: async () => multiVector([1, 0, 0, 3]),
    embedQueryImage: async () => multiVector([]),
  };
  const asked: unknown[] = [];
  const rerankers = createRerankers({
    vectorizers: (config) => {
      asked.push(config.settings);
      return embedder;
    },
    settings: {},
  });
  const config = { collection: 'C', module: 'reranker-tesserae', settings: { model: 'tiny' } };
  const scores = await rerankers(config).score('q', ['near', 'half', 'far'], { headers: {} });
  assert.deepEqual(
    scores.map((score) => Math.round(score * 1000) / 1000),
    [2, 1.4, -1],
  );
  rerankers({ ...config, module: 'reranker-transformers', settings: {} });
  assert.deepEqual(asked, [{ baseURL: 'local:tiny' }, { baseURL: 'local:minilm' }]);
});

test('a module that nobody knows is refused, with those that there are', () => {
  assert.throws(
    () => make('reranker-x'),
    /no reranker module with name "reranker-x".*reranker-cohere/,
  );
});
