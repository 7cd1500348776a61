import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmbeddingMock, tokenVector } from '../../test/embedding-mock.ts';
import { createJinaMultimodal } from './jina.ts';
import type { ContentInput, Embedding } from './vectorizer.ts';
import { createWeaviateEmbeddings } from './weaviate-embeddings.ts';

const fox = Buffer.from('IMG:red fox').toString('base64');
const cat = Buffer.from('IMG:cat').toString('base64');
const jinaOptions = { headers: { 'x-jinaai-api-key': 'toy-key' } };
const serviceHeaders = {
  authorization: 'Bearer wcd-key',
  'x-weaviate-cluster-url': 'http://my-cluster.example',
  'x-jinaai-api-key': 'toy-key',
};

function config(module: string) {
  return { collection: 'Demo', vectorName: 'mv', module, settings: {}, metric: 'cosine' as const };
}

function images(...values: readonly string[]): ContentInput[] {
  return values.map((image) => ({ texts: [], images: [image] }));
}

function counts(found: readonly Embedding[]): (number | string)[] {
  return found.map((item) =>
    item.kind === 'vector' ? item.vector.values.length / item.vector.dims : item.kind,
  );
}

test('the Jina module sends one object a call, queries as plain text', async () => {
  await using mock = await startEmbeddingMock();
  const jina = createJinaMultimodal(config('multi2multivec-jinaai'), {
    baseUrl: mock.url,
    timeoutMs: 2_000,
  });
  const found = await jina.embedObjects(
    [...images(fox, cat), { texts: [], images: [] }, { texts: ['red fox'], images: [] }],
    jinaOptions,
  );
  assert.deepEqual(counts(found), [3, 2, 'none', 5]);
  await jina.embedQueryText('red fox', jinaOptions);
  await jina.embedQueryImage(fox, jinaOptions);
  const body = { model: 'jina-embeddings-v4', embedding_type: 'float', return_multivector: true };
  const sent = mock.requests.map((request) => request.body);
  assert.equal(mock.requests[0]?.path, '/v1/embeddings');
  const expected = [
    { input: [{ image: fox }], ...body },
    { input: [{ image: cat }], ...body },
    { input: [{ text: 'red fox' }], ...body },
  ];
  const byText = (a: unknown, b: unknown): number =>
    JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
  assert.deepEqual(sent.slice(0, 3).toSorted(byText), expected.toSorted(byText));
  assert.deepEqual(sent.slice(3), [
    { input: ['red fox'], ...body },
    { input: [{ image: fox }], ...body },
  ]);
});

test('several images of one object become one multi-vector, in the order of its fields', async () => {
  await using mock = await startEmbeddingMock();
  const service = createWeaviateEmbeddings(config('multi2multivec-weaviate'), {
    baseUrl: mock.url,
    timeoutMs: 2_000,
  });
  const [first, second] = await service.embedObjects(
    [...images(cat), { texts: [], images: [fox, cat] }],
    { headers: serviceHeaders },
  );
  assert.deepEqual(counts([first!, second!]), [2, 5]);
  assert.equal(second?.kind, 'vector');
  const row = (index: number): Float32Array =>
    second.vector.values.subarray(index * 128, (index + 1) * 128);
  assert.deepEqual(row(1), Float32Array.from(tokenVector('red', 128)));
  assert.deepEqual(row(4), Float32Array.from(tokenVector('cat', 128)));
});

test('the embeddings service gets two images a call and the headers of the caller', async () => {
  await using mock = await startEmbeddingMock();
  const service = createWeaviateEmbeddings(config('multi2multivec-weaviate'), {
    baseUrl: mock.url,
    timeoutMs: 2_000,
  });
  const found = await service.embedObjects(images(fox, cat, fox, cat, fox), {
    headers: serviceHeaders,
  });
  assert.deepEqual(counts(found), [3, 2, 3, 2, 3]);
  const model = 'ModernVBERT/colmodernvbert';
  const sizes = mock.requests.map((request) => (request.body as { input: string[] }).input.length);
  assert.deepEqual(
    sizes.toSorted((a, b) => b - a),
    [2, 2, 1],
  );
  assert.deepEqual(mock.requests[0]?.body, { input: [fox, cat], model });
  const [request] = mock.requests;
  assert.equal(request?.path, '/v1/embeddings/embed');
  assert.equal(request?.headers.authorization, serviceHeaders.authorization);
  assert.equal(request?.headers['x-weaviate-cluster-url'], 'http://my-cluster.example');
  assert.equal(request?.headers['x-jinaai-api-key'], undefined);
  await service.embedQueryText('red fox', { headers: serviceHeaders });
  assert.deepEqual(mock.requests.at(-1)?.body, {
    input: ['red fox'],
    is_search_query: true,
    model,
  });
});

test('failures of the embeddings service have its own words, and no key is demanded', async () => {
  await using mock = await startEmbeddingMock();
  const service = createWeaviateEmbeddings(config('multi2multivec-weaviate'), {
    baseUrl: mock.url,
    timeoutMs: 2_000,
  });
  await assert.rejects(service.embedQueryText('__fail_500__', { headers: serviceHeaders }), {
    message:
      'vectorize keywords: remote client vectorize: multi2multivec-weaviate module: Weaviate embed API error: 500 mock failure 500',
  });
  const [bare] = await service.embedObjects(images(fox), { headers: {} });
  assert.equal(mock.requests.at(-1)?.headers.authorization, undefined);
  assert.equal(bare?.kind, 'failed');
  assert.match(bare.error.message, /Weaviate embed API error: 401 missing key$/);
  const [text] = await service.embedObjects([{ texts: ['x'], images: [] }], { headers: {} });
  assert.equal(text?.kind, 'failed');
  assert.match(text.error.message, /from imageFields only/);
});
