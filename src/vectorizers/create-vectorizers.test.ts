import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { startEmbeddingMock } from '../../test/embedding-mock.ts';
import { minilmOrSkip } from '../../test/require-or-skip.ts';
import { tinyDims, writeTinyFolder } from '../../test/tiny-model.ts';
import { createVectorizers, vectorizerSettings } from './create-vectorizers.ts';
import type { ContentInput, Vectorizer, VectorizerConfig } from './vectorizer.ts';

let empty = '';
before(async () => {
  empty = await mkdtemp(join(tmpdir(), 'tesserae-none-'));
});
after(() => rm(empty, { recursive: true }));

function config(module: string, settings: Record<string, unknown> = {}): VectorizerConfig {
  return { collection: 'Demo', vectorName: 'mv', module, settings, metric: 'cosine' };
}

const withKey = { headers: { 'x-jinaai-api-key': 'toy-key' } };
const textInput: readonly ContentInput[] = [{ texts: ['red fox'], images: [] }];
const imageInput: readonly ContentInput[] = [{ texts: [], images: ['SU1HOnJlZCBmb3g='] }];

async function firstMessage(vectorizer: Vectorizer | undefined, input = textInput) {
  const [found] = await vectorizer!.embedObjects(input, { headers: {} });
  return found?.kind === 'failed' ? found.error.message : found?.kind;
}

test('the module none has no vectorizer, an unknown one is an error', async () => {
  await using make = createVectorizers({ modelsDirectory: empty });
  assert.equal(make(config('none')), undefined);
  assert.throws(() => make(config('text2vec-other')), {
    code: 'invalid-argument',
    message: /no vectorizer module "text2vec-other"; known modules: none, text2colbert-jinaai/,
  });
});

test('both names of the text module reach the same endpoint', async () => {
  await using mock = await startEmbeddingMock();
  await using make = createVectorizers({ modelsDirectory: empty });
  for (const module of ['text2colbert-jinaai', 'text2multivec-jinaai']) {
    const vectorizer = make(config(module, { baseURL: `${mock.url}/` }));
    assert.equal(vectorizer?.module, module);
    await vectorizer.embedQueryText('red fox', withKey);
  }
  const paths = mock.requests.map((request) => request.path);
  assert.deepEqual(paths, ['/v1/multi-vector', '/v1/multi-vector']);
});

test('a collection with the public address, or none, follows the redirection', async () => {
  await using mock = await startEmbeddingMock();
  await using make = createVectorizers({ modelsDirectory: empty, jinaBaseUrl: `${mock.url}/` });
  for (const settings of [{}, { baseURL: 'https://api.jina.ai' }, { baseURL: '' }]) {
    await make(config('text2colbert-jinaai', settings))?.embedQueryText('x', withKey);
  }
  assert.equal(mock.requests.length, 3);
});

test("a collection's own address wins over the redirection", async () => {
  await using mock = await startEmbeddingMock();
  await using other = await startEmbeddingMock();
  await using make = createVectorizers({
    modelsDirectory: empty,
    jinaBaseUrl: other.url,
    embeddingsBaseUrl: other.url,
  });
  const own = { baseURL: mock.url };
  await make(config('text2colbert-jinaai', own))?.embedQueryText('x', withKey);
  const caller = { headers: { authorization: 'Bearer k' } };
  await make(config('multi2multivec-weaviate', own))?.embedQueryText('x', caller);
  await make(config('multi2multivec-weaviate'))?.embedQueryText('x', caller);
  assert.deepEqual([mock.requests.length, other.requests.length], [2, 1]);
});

test("the server's own key goes to the operator's addresses only", async () => {
  await using mock = await startEmbeddingMock();
  await using make = createVectorizers({
    modelsDirectory: empty,
    jinaBaseUrl: mock.url,
    apiKeys: { jinaai: 'operator-key' },
  });
  await make(config('text2colbert-jinaai'))?.embedQueryText('x', { headers: {} });
  assert.equal(mock.requests[0]?.headers.authorization, 'Bearer operator-key');
  await make(config('text2colbert-jinaai'))?.embedQueryText('x', withKey);
  assert.equal(mock.requests[1]?.headers.authorization, 'Bearer toy-key');
  await using stranger = await startEmbeddingMock();
  const redirected = make(config('text2colbert-jinaai', { baseURL: stranger.url }));
  assert.match((await firstMessage(redirected)) ?? '', /no api key found/);
  assert.equal(stranger.requests.length, 0);
});

test('bad addresses and unknown local models are refused when they are given', async () => {
  const create = (jinaBaseUrl: string) => () =>
    createVectorizers({ modelsDirectory: empty, jinaBaseUrl });
  assert.throws(create('ftp://x'), /JINAAI_BASE_URL: expected an http or https URL or local:MODEL/);
  assert.throws(create('http://u:secret@x'), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /must not carry a user name or password/);
    assert.ok(!error.message.includes('secret'));
    return true;
  });
  assert.throws(create('local:gpt'), /unknown local model "gpt"; known models: minilm/);
  await using make = createVectorizers({ modelsDirectory: empty });
  assert.throws(() => make(config('text2colbert-jinaai', { baseURL: 'nowhere' })), {
    code: 'invalid-argument',
    message: /^vector "mv" in collection "Demo": baseURL: expected/,
  });
});

test('without an address the embeddings service is an error only when something is embedded', async () => {
  await using make = createVectorizers({ modelsDirectory: empty });
  const vectorizer = make(config('multi2multivec-weaviate', { baseURL: '' }));
  const expected = /no embedding service is configured; set WEAVIATE_EMBEDDINGS_BASE_URL/;
  assert.match((await firstMessage(vectorizer, imageInput)) ?? '', expected);
  assert.equal(await firstMessage(vectorizer, [{ texts: [], images: [] }]), 'none');
  await assert.rejects(vectorizer!.embedQueryText('x', { headers: {} }), expected);
});

test('a local model that was not pulled names the command that pulls it', async () => {
  await using make = createVectorizers({ modelsDirectory: empty, jinaBaseUrl: 'local:minilm' });
  const message = await firstMessage(make(config('text2colbert-jinaai')));
  assert.match(message ?? '', /local model minilm is not in .*; run: tesserae models pull minilm$/);
});

test('a redirection to a local model embeds without a key, in its own width', async (context) => {
  const path = await minilmOrSkip(context);
  if (path === undefined) return;
  await using make = createVectorizers({
    modelsDirectory: dirname(path),
    jinaBaseUrl: 'local:minilm',
    embeddingsBaseUrl: 'local:minilm',
  });
  const vectorizer = make(config('text2colbert-jinaai', { dimensions: 128 }))!;
  assert.deepEqual(vectorizer.accepts, { text: true, image: false });
  const inputs = [...textInput, { texts: [], images: [] }];
  const [vector, none] = await vectorizer.embedObjects(inputs, { headers: {} });
  assert.equal(vector?.kind, 'vector');
  assert.deepEqual([vector.vector.dims, vector.vector.values.length], [384, 4 * 384]);
  assert.equal(none?.kind, 'none');
  const query = await vectorizer.embedQueryText('red fox', { headers: {} });
  assert.deepEqual(query.values, vector.vector.values);
  await assert.rejects(vectorizer.embedQueryImage('SU1H', { headers: {} }), /it embeds text only/);
  const images = make(config('multi2multivec-weaviate', { imageFields: ['poster'] }))!;
  assert.deepEqual(images.accepts, { text: true, image: true }, 'it reads the words of images');
  assert.match((await firstMessage(images, imageInput)) ?? '', /is neither a PDF nor a PNG/);
  await make.close();
  assert.equal(await firstMessage(vectorizer), 'the database is closed');
});

test('the settings come from the environment', () => {
  const settings = vectorizerSettings({
    JINAAI_BASE_URL: 'local:minilm',
    JINAAI_APIKEY: 'k',
    WEAVIATE_EMBEDDINGS_BASE_URL: '',
    TESSERAE_MODELS: '/models',
    MODEL_DIR: '/own',
    TESSERAE_MODEL_WORKERS: '3',
    TESSERAE_LONG_TEXT: 'truncate',
  });
  assert.deepEqual(settings, {
    jinaBaseUrl: 'local:minilm',
    apiKeys: { jinaai: 'k' },
    embeddingsApiKey: undefined,
    servedModels: undefined,
    modelsDirectory: '/models',
    ownModels: '/own',
    modelWorkers: 3,
    longText: 'truncate',
  });
  assert.throws(() => vectorizerSettings({ TESSERAE_MODEL_WORKERS: '0' }), {
    code: 'invalid-argument',
    message: 'TESSERAE_MODEL_WORKERS is "0", expected a whole number from 1 to 64',
  });
  assert.throws(() => vectorizerSettings({ TESSERAE_LONG_TEXT: 'cut' }), /windows or truncate/);
});

test('the address can name the model and have queries marked, with the Jina protocol too', async () => {
  await using mock = await startEmbeddingMock();
  const make = createVectorizers({
    modelsDirectory: empty,
    jinaBaseUrl: `${mock.url}?model=minilm&mark=server`,
  });
  const text = make(config('text2multivec-jinaai', { model: 'jina-colbert-v2', dimensions: 64 }))!;
  await text.embedObjects(textInput, withKey);
  await text.embedQueryText('x', withKey);
  const pages = make(config('multi2multivec-jinaai', { imageFields: ['poster'] }))!;
  await pages.embedObjects(imageInput, withKey);
  await pages.embedQueryText('x', withKey);
  const common = { model: 'minilm', embedding_type: 'float' };
  assert.deepEqual(
    mock.requests.map(({ body }) => body),
    [
      { ...common, input: ['red fox'], input_type: 'document' },
      { ...common, input: ['x'], input_type: 'query' },
      {
        ...common,
        input: [{ image: imageInput[0]!.images[0] }],
        return_multivector: true,
        task: 'retrieval.passage',
      },
      { ...common, input: ['x'], return_multivector: true, task: 'retrieval.query' },
    ],
  );
  await make.close();
});

test("the operator's key for the embeddings service goes in place of the caller's, to him only", async () => {
  await using mock = await startEmbeddingMock();
  await using make = createVectorizers({
    modelsDirectory: empty,
    embeddingsBaseUrl: mock.url,
    embeddingsApiKey: 'operator-key',
  });
  const caller = { headers: { authorization: 'Bearer k' } };
  await make(config('multi2multivec-weaviate'))?.embedQueryText('x', caller);
  await make(config('multi2multivec-weaviate', { baseURL: mock.url }))?.embedQueryText('x', caller);
  const keys = mock.requests.map(({ headers }) => headers.authorization);
  assert.deepEqual(keys, ['Bearer operator-key', 'Bearer k']);
});

test('what callers say to a server with keys goes to no address that a collection chose', async () => {
  await using mock = await startEmbeddingMock();
  await using make = createVectorizers({
    modelsDirectory: empty,
    embeddingsBaseUrl: mock.url,
    hasOwnKeys: true,
  });
  const cluster = { 'x-weaviate-cluster-url': 'http://c' };
  const caller = { headers: { authorization: 'Bearer k', ...cluster } };
  await make(config('multi2multivec-weaviate'))?.embedQueryText('x', caller);
  const chosen = make(config('multi2multivec-weaviate', { baseURL: mock.url }));
  await assert.rejects(chosen!.embedQueryText('x', caller), /401 missing key/);
  const keys = mock.requests.map(({ headers }) => headers.authorization);
  assert.deepEqual(keys, ['Bearer k', undefined]);
  assert.equal(mock.requests[1]?.headers['x-weaviate-cluster-url'], 'http://c');
});

test('served models are known by their names and other names, whatever stands before a slash', async () => {
  const create = (servedModels?: string) =>
    createVectorizers({ modelsDirectory: empty, servedModels });
  await using all = create();
  assert.deepEqual(all.served.names, [], 'nothing is there yet');
  assert.throws(() => all.served.vectorizer(undefined), /is missing; this server serves none/);
  assert.equal(all.served.vectorizer('minilm'), all.served.vectorizer('minilm'));
  const folder = join(empty, 'minilm');
  await mkdir(folder);
  for (const file of ['model.onnx', 'tokenizer.json']) await writeFile(join(folder, file), '');
  // What an unfinished pull left, and a folder that no name means, are no models.
  const others = ['.minilm.partial', 'somebody'].map((name) => join(empty, name));
  for (const other of others) await cp(folder, other, { recursive: true });
  assert.deepEqual(all.served.names, ['minilm']);
  assert.equal(all.served.vectorizer(undefined), all.served.vectorizer('minilm'));
  for (const each of [folder, ...others]) await rm(each, { recursive: true });
  await using some = create(' minilm , jina-colbert-v2=minilm ');
  assert.deepEqual(some.served.names, ['minilm', 'jina-colbert-v2']);
  const found = ['minilm', 'jina-colbert-v2', 'jinaai/Jina-ColBERT-v2'].map((name) =>
    some.served.vectorizer(name),
  );
  assert.equal(new Set(found).size, 1);
  const unknown = 'unknown model "gpt"; known are minilm, jina-colbert-v2';
  assert.throws(() => some.served.vectorizer('gpt'), {
    code: 'invalid-argument',
    message: unknown,
  });
  assert.throws(() => some.served.vectorizer(undefined), /"model" is missing; known are minilm, /);
  await using one = create('minilm');
  assert.equal(one.served.vectorizer(undefined), one.served.vectorizer('minilm'));
  await using off = create('none');
  assert.throws(() => off.served.vectorizer('minilm'), /"minilm"; this server serves none$/);
  assert.throws(() => create('a=gpt'), /TESSERAE_SERVED_MODELS: unknown local model "gpt"/);
});

test('an own folder embeds documents and queries with their markers, and tokens know their places', async () => {
  const own = join(empty, 'own');
  await writeTinyFolder(join(own, 'house'));
  await using make = createVectorizers({ modelsDirectory: empty, ownModels: own });
  const vectorizer = make(config('text2colbert-jinaai', { baseURL: 'local:house' }))!;
  const [embedding] = await vectorizer.embedObjects([{ texts: ['red, fox'], images: [] }], {
    headers: {},
  });
  assert.ok(embedding?.kind === 'vector');
  assert.equal(embedding.vector.values.length, 5 * tinyDims);
  assert.deepEqual([...(embedding.places?.spans ?? [])].slice(4, 8), [0, 3, 5, 8]);
  const query = await vectorizer.embedQueryText('red, fox', { headers: {} });
  assert.equal(query.values.length, 8 * tinyDims);
  assert.notDeepEqual(
    query.values.subarray(tinyDims, 2 * tinyDims),
    embedding.vector.values.subarray(tinyDims, 2 * tinyDims),
  );
  assert.throws(() => make(config('text2colbert-jinaai', { baseURL: 'local:shed' })), {
    message: /unknown local model "shed"; known models: house, minilm, /,
  });
});
