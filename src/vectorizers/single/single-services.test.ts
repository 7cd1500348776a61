// Every module of single vectors against a stand-in: what goes out for objects and for a query, with which
// key, and what comes of the reply.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StandIn, startStandIn } from '../../../test/service-stand-in.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { randomFrom } from '../../engine/multivector/vectors-for-tests.ts';
import { createVectorizers, type VectorizerSettings } from '../create-vectorizers.ts';
import { type SingleModule, vectorizerModules } from '../modules.ts';
import { readProviderKeys } from '../provider-keys.ts';
import { retryPolicy } from '../retries.ts';
import type { Embedding, Vectorizer } from '../vectorizer.ts';
import { singleProtocols } from './single-services.ts';

type Settings = Readonly<Record<string, unknown>>;

interface Case {
  readonly module: SingleModule;
  readonly settings?: Settings;
  /** Where the settings have the address; `baseURL` unless said otherwise. */
  readonly field?: string;
  /** Below the stand-in; appended to the address in the settings. */
  readonly below?: string;
  readonly sent: Settings;
  readonly headers?: Settings;
  readonly path: string;
  /** Body of the call with two texts, and that of the query where it differs in more than its texts. */
  readonly body: unknown;
  readonly query?: unknown;
  /** The reply to two texts with [1, 2] and [3, 4]. */
  readonly reply: unknown;
}

const data = {
  data: [
    { index: 1, embedding: [3, 4] },
    { index: 0, embedding: [1, 2] },
  ],
};
const key = { authorization: 'Bearer secret-key' };

const cases: readonly Case[] = [
  {
    module: 'text2vec-openai',
    sent: { 'x-openai-api-key': 'secret-key', 'x-openai-organization': 'org' },
    headers: { ...key, 'openai-organization': 'org' },
    path: '/v1/embeddings',
    body: { input: ['a', 'b'], model: 'text-embedding-3-small', dimensions: 1536 },
    query: { input: ['q'], model: 'text-embedding-3-small', dimensions: 1536 },
    reply: data,
  },
  {
    module: 'text2vec-openai',
    settings: { model: 'ada', type: 'code', modelVersion: '001' },
    below: '/v1/',
    sent: {},
    path: '/v1/embeddings',
    body: { input: ['a', 'b'], model: 'code-search-ada-code-001' },
    query: { input: ['q'], model: 'code-search-ada-text-001' },
    reply: data,
  },
  {
    module: 'text2vec-openai',
    settings: { isAzure: true, resourceName: 'r', deploymentId: 'my dep', dimensions: 2 },
    sent: { 'x-azure-api-key': 'secret-key' },
    headers: { 'api-key': 'secret-key' },
    path: '/openai/deployments/my%20dep/embeddings?api-version=2024-02-01',
    body: { input: ['a', 'b'], dimensions: 2 },
    query: { input: ['q'], dimensions: 2 },
    reply: data,
  },
  {
    module: 'text2vec-cohere',
    settings: { dimensions: 2 },
    sent: { 'x-cohere-api-key': 'secret-key' },
    headers: key,
    path: '/v2/embed',
    body: {
      texts: ['a', 'b'],
      model: 'embed-multilingual-v3.0',
      embedding_types: ['float'],
      output_dimension: 2,
      input_type: 'search_document',
      truncate: 'END',
    },
    query: {
      texts: ['q'],
      model: 'embed-multilingual-v3.0',
      embedding_types: ['float'],
      output_dimension: 2,
      input_type: 'search_query',
      truncate: 'END',
    },
    reply: {
      embeddings: {
        float: [
          [1, 2],
          [3, 4],
        ],
      },
    },
  },
  {
    module: 'text2vec-jinaai',
    sent: { 'x-jinaai-api-key': 'secret-key' },
    headers: key,
    path: '/v1/embeddings',
    body: {
      input: ['a', 'b'],
      model: 'jina-embeddings-v4',
      embedding_type: 'float',
      task: 'retrieval.passage',
    },
    query: {
      input: ['q'],
      model: 'jina-embeddings-v4',
      embedding_type: 'float',
      task: 'retrieval.query',
    },
    reply: data,
  },
  {
    module: 'text2vec-jinaai',
    settings: { model: 'jina-embeddings-v2-base-en' },
    sent: {},
    path: '/v1/embeddings',
    body: { input: ['a', 'b'], model: 'jina-embeddings-v2-base-en', embedding_type: 'float' },
    reply: data,
  },
  {
    module: 'text2vec-voyageai',
    settings: { truncate: false, dimensions: 2, model: 'voyage-3-large' },
    sent: { 'x-voyageai-api-key': 'secret-key' },
    headers: key,
    path: '/embeddings',
    body: {
      input: ['a', 'b'],
      model: 'voyage-3-large',
      truncation: false,
      input_type: 'document',
      output_dimension: 2,
    },
    reply: data,
  },
  {
    module: 'text2vec-mistral',
    below: '/v1/embeddings',
    sent: { 'x-mistral-api-key': 'secret-key' },
    headers: key,
    path: '/v1/embeddings',
    body: { input: ['a', 'b'], model: 'mistral-embed', encoding_format: 'float' },
    reply: data,
  },
  {
    module: 'text2vec-ollama',
    field: 'apiEndpoint',
    sent: { authorization: 'Bearer of-this-server' },
    headers: { authorization: undefined },
    path: '/api/embed',
    body: { input: ['a', 'b'], model: 'nomic-embed-text' },
    reply: {
      embeddings: [
        [1, 2],
        [3, 4],
      ],
    },
  },
  {
    module: 'text2vec-huggingface',
    field: 'endpointURL',
    below: '/my/endpoint',
    settings: { options: { waitForModel: true } },
    sent: { 'x-huggingface-api-key': 'secret-key' },
    headers: key,
    path: '/my/endpoint',
    body: {
      inputs: ['a', 'b'],
      options: { wait_for_model: true, use_gpu: false, use_cache: true },
    },
    // Token vectors have a mean.
    reply: [
      [
        [0, 4],
        [2, 0],
      ],
      [[3, 4]],
    ],
  },
  {
    module: 'text2vec-google',
    field: 'apiEndpoint',
    settings: { projectId: 'my project', modelId: 'text-embedding-005', dimensions: 2 },
    sent: { 'x-goog-vertex-api-key': 'secret-key' },
    headers: key,
    path: '/v1/projects/my%20project/locations/us-central1/publishers/google/models/text-embedding-005:predict',
    body: {
      instances: [
        { content: 'a', task_type: 'RETRIEVAL_DOCUMENT' },
        { content: 'b', task_type: 'RETRIEVAL_DOCUMENT' },
      ],
      parameters: { outputDimensionality: 2 },
    },
    reply: {
      predictions: [{ embeddings: { values: [1, 2] } }, { embeddings: { values: [3, 4] } }],
    },
  },
  {
    module: 'text2vec-nvidia',
    settings: { truncate: true },
    sent: { 'x-nvidia-api-key': 'secret-key' },
    headers: key,
    path: '/v1/embeddings',
    body: {
      input: ['a', 'b'],
      model: 'nvidia/nv-embed-v1',
      encoding_format: 'float',
      input_type: 'passage',
      truncate: 'END',
    },
    reply: data,
  },
  {
    module: 'text2vec-databricks',
    field: 'endpoint',
    below: '/serving-endpoints/e/invocations',
    settings: { instruction: 'Represent' },
    sent: { 'x-databricks-token': 'secret-key' },
    headers: key,
    path: '/serving-endpoints/e/invocations',
    body: { input: ['a', 'b'], instruction: 'Represent' },
    reply: data,
  },
  {
    module: 'text2vec-morph',
    sent: { 'x-morph-api-key': 'secret-key' },
    headers: key,
    path: '/v1/embeddings',
    body: { input: ['a', 'b'], model: 'morph-embedding-v3' },
    reply: data,
  },
  {
    module: 'text2vec-digitalocean',
    settings: { model: 'gte' },
    sent: { 'x-digitalocean-api-key': 'secret-key' },
    headers: key,
    path: '/v1/embeddings',
    body: { input: ['a', 'b'], model: 'gte' },
    reply: data,
  },
  {
    module: 'text2vec-weaviate',
    sent: { authorization: 'Bearer caller', 'x-weaviate-cluster-url': 'http://c' },
    headers: { authorization: 'Bearer caller', 'x-weaviate-cluster-url': 'http://c' },
    path: '/v1/embeddings/embed',
    body: { input: ['a', 'b'], model: 'Snowflake/snowflake-arctic-embed-l-v2.0' },
    query: {
      input: ['q'],
      is_search_query: true,
      model: 'Snowflake/snowflake-arctic-embed-l-v2.0',
    },
    reply: {
      embeddings: [
        [1, 2],
        [3, 4],
      ],
    },
  },
  {
    module: 'multi2vec-clip',
    field: 'inferenceUrl',
    sent: {},
    path: '/vectorize',
    body: { texts: ['a', 'b'], images: [] },
    reply: {
      textVectors: [
        [1, 2],
        [3, 4],
      ],
      imageVectors: [],
    },
  },
  {
    module: 'multi2vec-jinaai',
    sent: { 'x-jinaai-api-key': 'secret-key' },
    headers: key,
    path: '/v1/embeddings',
    body: {
      input: [{ text: 'a' }, { text: 'b' }],
      model: 'jina-clip-v2',
      embedding_type: 'float',
      normalized: true,
    },
    reply: data,
  },
  {
    module: 'multi2vec-voyageai',
    sent: { 'x-voyageai-api-key': 'secret-key' },
    headers: key,
    path: '/multimodalembeddings',
    body: {
      inputs: [
        { content: [{ type: 'text', text: 'a' }] },
        { content: [{ type: 'text', text: 'b' }] },
      ],
      model: 'voyage-multimodal-3',
      truncation: true,
      input_type: 'document',
    },
    reply: data,
  },
  {
    module: 'multi2vec-nvidia',
    sent: { 'x-nvidia-api-key': 'secret-key' },
    headers: key,
    path: '/v1/embeddings',
    body: { input: ['a', 'b'], model: 'nvidia/nvclip', encoding_format: 'float' },
    reply: data,
  },
  {
    module: 'multi2vec-cohere',
    sent: { 'x-cohere-api-key': 'secret-key' },
    headers: key,
    path: '/v2/embed',
    body: {
      texts: ['a', 'b'],
      model: 'embed-multilingual-v3.0',
      embedding_types: ['float'],
      input_type: 'search_document',
      truncate: 'END',
    },
    reply: {
      embeddings: {
        float: [
          [1, 2],
          [3, 4],
        ],
      },
    },
  },
];

const quiet = { modelsDirectory: '/nowhere', retryPolicy: retryPolicy(0) };

function valuesOf(embedding: Embedding | undefined): number[] | string {
  if (embedding?.kind === 'failed') return embedding.error.message;
  if (embedding?.kind !== 'vector') return 'none';
  assert.equal(embedding.vector.kind, 'single');
  return [...embedding.vector.values];
}

async function withVectorizer(
  module: string,
  settings: Settings,
  run: (vectorizer: Vectorizer) => Promise<void>,
  operator: Partial<VectorizerSettings> = {},
): Promise<void> {
  await using make = createVectorizers({ ...quiet, ...operator });
  const config = { collection: 'Demo', vectorName: 'v', module, settings };
  const vectorizer = make({ ...config, metric: 'cosine' });
  assert.ok(vectorizer);
  await run(vectorizer);
}

for (const { module, field = 'baseURL', below = '', ...one } of cases) {
  test(`${module}${one.settings ? ' with settings' : ''}: what is sent, and what comes of the reply`, async () => {
    await using service = await startStandIn((_, before) => ({
      body: before === 0 ? one.reply : 'nothing',
    }));
    const settings = { ...one.settings, [field]: `${service.url}${below}` };
    await withVectorizer(module, settings, async (vectorizer) => {
      assert.equal(vectorizer.kind, 'single');
      const headers = one.sent as Record<string, string>;
      const inputs = ['a', 'b'].map((text) => ({ texts: [text], images: [] }));
      const found = await vectorizer.embedObjects(inputs, { headers });
      assert.deepEqual(found.map(valuesOf), [
        [1, 2],
        [3, 4],
      ]);
      const [call] = service.calls;
      assert.equal(call?.path, one.path);
      assert.deepEqual(call?.body, one.body);
      for (const [name, value] of Object.entries(one.headers ?? {})) {
        assert.equal(call?.headers[name], value, name);
      }
      await assert.rejects(vectorizer.embedQueryText('q', { headers }), {
        message: /^vectorize keywords: remote client vectorize: .* expected JSON/,
      });
      if (one.query) assert.deepEqual(service.calls[1]?.body, one.query);
    });
  });
}

test('every module that asks a service of its own is among the cases', () => {
  const tested = new Set<string>(cases.map(({ module }) => module));
  const others = [
    'text2vec-transformers',
    'text2vec-contextionary',
    'text2vec-model2vec',
    'text2vec-palm',
  ];
  const missing = vectorizerModules.filter(
    (module) => module.includes('2vec-') && !tested.has(module) && !others.includes(module),
  );
  assert.deepEqual(missing, []);
});

test('whatever a service replies, each object gets a result or the call a reason', () => {
  const random = randomFrom(33);
  const words = ['data', 'embeddings', 'embedding', 'float', 'values', 'predictions', 'error'];
  const more = ['index', 'message', 'vector', 'textVectors', 'imageVectors'];
  const names = [...words, ...more];
  const scalars = [0, 1, -1.5, 1e300, null, true, '', 'text', [], {}];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const make = (depth: number): unknown => {
    const kind = depth === 0 ? 0 : random();
    if (kind < 0.15) return pick(scalars);
    const length = Math.floor(random() * 4);
    if (kind < 0.6) return Array.from({ length }, () => make(depth - 1));
    return Object.fromEntries(Array.from({ length }, () => [pick(names), make(depth - 1)]));
  };
  let good = 0;
  for (const module of vectorizerModules.filter((name) => name.includes('2vec-'))) {
    const settings = { projectId: 'p' };
    const config = { collection: 'D', vectorName: '', module, settings, metric: 'cosine' } as const;
    const protocol = singleProtocols[module as SingleModule](config, {
      baseUrl: 'http://x',
      timeoutMs: 1,
    });
    for (let round = 0; round < 400; round += 1) {
      const reply = make(5);
      try {
        const results = protocol.read(reply, 2);
        assert.ok(results.length <= 2);
        for (const result of results) if (typeof valuesOf(result) !== 'string') good += 1;
      } catch (error) {
        const isOurs = error instanceof DatabaseError && error.code === 'vectorizer-failed';
        assert.ok(isOurs, `${module}: ${String(error)} of ${JSON.stringify(reply)}`);
      }
    }
  }
  assert.ok(good > 0, 'some replies are good ones');
});

test('AI Studio has calls of its own, behind the address that the operator gives for both', async () => {
  await using service = await startStandIn(() => ({
    body: { embeddings: [{ values: [1, 2] }, { values: [3, 4] }] },
  }));
  const settings = { apiEndpoint: 'generativelanguage.googleapis.com', modelId: 'm@001' };
  await withVectorizer(
    'text2vec-palm',
    settings,
    async (vectorizer) => {
      const inputs = ['a', 'b'].map((text) => ({ texts: [text], images: [] }));
      const found = await vectorizer.embedObjects(inputs, { headers: {} });
      assert.deepEqual(found.map(valuesOf), [
        [1, 2],
        [3, 4],
      ]);
      const [call] = service.calls;
      assert.equal(call?.path, '/v1beta/models/m%40001:batchEmbedContents');
      assert.equal(call?.headers['x-goog-api-key'], 'operator-key');
      const request = (text: string) => ({
        model: 'models/m@001',
        content: { parts: [{ text }] },
        taskType: 'RETRIEVAL_DOCUMENT',
      });
      assert.deepEqual(call?.body, { requests: [request('a'), request('b')] });
    },
    { googleBaseUrl: service.url, apiKeys: readProviderKeys({ GOOGLE_APIKEY: 'operator-key' }) },
  );
});

test('Hugging Face is asked for the model of the purpose where no endpoint is named', async () => {
  await using service = await startStandIn(() => ({ body: [[[[1, 2]]]] }));
  const settings = { passageModel: 'org/passages', queryModel: 'org/queries' };
  await withVectorizer(
    'text2vec-huggingface',
    settings,
    async (vectorizer) => {
      const [found] = await vectorizer.embedObjects([{ texts: ['a'], images: [] }], {
        headers: {},
      });
      assert.deepEqual(valuesOf(found), [1, 2]);
      await vectorizer.embedQueryText('q', { headers: {} });
      assert.deepEqual(
        service.calls.map(({ path }) => path),
        ['passages', 'queries'].map((name) => `/models/org/${name}/pipeline/feature-extraction`),
      );
    },
    { huggingfaceBaseUrl: service.url },
  );
});

async function startImages(): Promise<StandIn> {
  return await startStandIn(({ body }) => {
    const { texts = [], images = [] } = body as { texts?: string[]; images?: string[] };
    return {
      body: {
        textVectors: texts.map((text) => [text.length, 0]),
        imageVectors: images.map((image) => [0, image.length]),
      },
    };
  });
}

test('texts and images of an object have one vector: their mean, by weights where there are any', async () => {
  await using service = await startImages();
  await withVectorizer('multi2vec-clip', { inferenceUrl: service.url }, async (vectorizer) => {
    assert.deepEqual(vectorizer.accepts, { text: true, image: true });
    const found = await vectorizer.embedObjects(
      [
        { texts: ['four'], images: ['aaaa'] },
        { texts: ['four'], images: ['aaaa'], weights: [1, 3] },
        { texts: ['four'], images: ['aaaa'], weights: [0, 0] },
        { texts: [], images: ['aaaa', 'bbbbbbbb'] },
        { texts: [], images: [] },
      ],
      { headers: {} },
    );
    assert.deepEqual(found.map(valuesOf), [[2, 2], [1, 3], [2, 2], [0, 6], 'none']);
    const image = await vectorizer.embedQueryImage('aaaa', { headers: {} });
    assert.deepEqual([...image.values], [0, 4]);
  });
});

test('without a key nothing goes to a public address; a key of the operator goes there', async () => {
  const publicly = async (operator: Partial<VectorizerSettings>, expected: RegExp) => {
    await withVectorizer(
      'text2vec-openai',
      {},
      async (vectorizer) => {
        const [found] = await vectorizer.embedObjects([{ texts: ['a'], images: [] }], {
          headers: {},
          signal: AbortSignal.abort(),
        });
        assert.match(String(valuesOf(found)), expected);
      },
      operator,
    );
  };
  await publicly(
    {},
    /^API Key: no api key found neither in request header: X-Openai-Api-Key nor in environment variable under OPENAI_APIKEY$/,
  );
  await publicly(
    { apiKeys: { openai: 'k' } },
    /request to https:\/\/api\.openai\.com was cancelled/,
  );
});

test("the operator's key does not go to an address that a collection or a request names", async () => {
  await using service = await startStandIn(() => ({ body: { data: [{ embedding: [1, 2] }] } }));
  const operator = { apiKeys: { openai: 'operator-key' } };
  const embed = (vectorizer: Vectorizer, headers: Record<string, string>) =>
    vectorizer.embedObjects([{ texts: ['a'], images: [] }], { headers });
  const settings = { baseURL: service.url };
  await withVectorizer(
    'text2vec-openai',
    settings,
    async (vectorizer) => {
      await embed(vectorizer, {});
      await embed(vectorizer, { 'x-openai-api-key': 'own' });
      const keys = service.calls.map(({ headers }) => headers.authorization);
      assert.deepEqual(keys, [undefined, 'Bearer own']);
    },
    operator,
  );
  service.calls.length = 0;
  const there = { 'x-openai-baseurl': service.url };
  await withVectorizer(
    'text2vec-openai',
    {},
    async (vectorizer) => {
      const [refused] = await embed(vectorizer, there);
      assert.match(String(valuesOf(refused)), /the key of this server is not sent there/);
      const [found] = await embed(vectorizer, { ...there, 'x-openai-api-key': 'own' });
      assert.deepEqual(valuesOf(found), [1, 2]);
      const [odd] = await embed(vectorizer, {
        'x-openai-baseurl': 'local:minilm',
        'x-openai-api-key': 'o',
      });
      assert.match(String(valuesOf(odd)), /x-openai-baseurl: expected an http or https URL/);
      assert.equal(service.calls.length, 1);
    },
    operator,
  );
  await withVectorizer(
    'text2vec-openai',
    {},
    async (vectorizer) => {
      const [found] = await embed(vectorizer, { ...there, 'x-openai-api-key': 'own' });
      assert.match(String(valuesOf(found)), /callers of this server choose no addresses/);
    },
    { hasOwnKeys: true },
  );
  await using operators = await startStandIn(() => ({ body: { data: [{ embedding: [7, 7] }] } }));
  await withVectorizer(
    'text2vec-openai',
    {},
    async (vectorizer) => {
      const [found] = await embed(vectorizer, there);
      assert.deepEqual(valuesOf(found), [7, 7]);
    },
    { hasOwnKeys: true, openaiBaseUrl: operators.url },
  );
});

test('a module without an address says what to set; Azure needs a name of a resource', async () => {
  const embed = async (module: string, settings: Settings = {}) => {
    let message = '';
    await withVectorizer(module, settings, async (vectorizer) => {
      assert.equal(vectorizer.kind, 'single');
      const found = await vectorizer.embedObjects([{ texts: ['a'], images: [] }], { headers: {} });
      message = String(valuesOf(found[0]));
    });
    return message;
  };
  assert.match(await embed('multi2vec-clip'), /set CLIP_INFERENCE_API, or inferenceUrl in/);
  assert.match(await embed('text2vec-databricks'), /configured; set endpoint in the collection's/);
  assert.match(await embed('text2vec-weaviate'), /set WEAVIATE_EMBEDDINGS_BASE_URL, or baseURL in/);
  const azure = { isAzure: true, deploymentId: 'd', resourceName: 'evil.example/' };
  await assert.rejects(
    embed('text2vec-openai', azure),
    /resourceName is "evil\.example\/"; allowed/,
  );
});

test('a key that a service repeats does not reach the message, whichever header it went in', async () => {
  await using service = await startStandIn(({ headers }) => ({
    status: 403,
    body: { error: { message: `bad key ${headers['api-key']}` } },
  }));
  const settings = { isAzure: true, deploymentId: 'd', resourceName: 'r', baseURL: service.url };
  await withVectorizer('text2vec-openai', settings, async (vectorizer) => {
    const headers = { 'x-azure-api-key': 'azure-secret' };
    const [found] = await vectorizer.embedObjects([{ texts: ['a'], images: [] }], { headers });
    assert.match(String(valuesOf(found)), /status: 403 error: bad key \*\*\*$/);
  });
});
