import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageTokens, textTokens, tokenVector } from '../../test/embedding-mock.ts';
import { type PoolingMock, poolingDims, startPoolingMock } from '../../test/pooling-mock.ts';
import { createVectorizers, type VectorizerSettings } from './create-vectorizers.ts';
import { dataUri } from './other-services.ts';
import type { ContentInput, Embedding, Vectorizer } from './vectorizer.ts';

const fox = Buffer.from('IMG:red fox').toString('base64');
const cat = Buffer.from('IMG:cat').toString('base64');
const none = { headers: {} };

interface Wanted {
  readonly module?: string;
  readonly settings?: Record<string, unknown>;
  readonly operator?: Partial<VectorizerSettings>;
}

/** The vectorizer of a collection whose own address it is. */
function at(baseURL: string, { module, settings, operator }: Wanted = {}): Vectorizer {
  const make = createVectorizers({ modelsDirectory: '/nowhere', ...operator });
  const name = module ?? 'text2multivec-jinaai';
  return make({
    collection: 'Demo',
    vectorName: 'mv',
    module: name,
    settings: { model: 'ColBERT', dimensions: 128, ...settings, baseURL },
    metric: 'cosine',
  })!;
}

function texts(...values: readonly string[]): ContentInput[] {
  return values.map((text) => ({ texts: [text], images: [] }));
}

function images(...values: readonly string[]): ContentInput[] {
  return values.map((image) => ({ texts: [], images: [image] }));
}

function valuesOf(tokens: readonly string[]): Float32Array {
  return Float32Array.from(tokens.flatMap((token) => tokenVector(token, poolingDims)));
}

function check(found: Embedding | undefined, tokens: readonly string[]): void {
  assert.ok(found?.kind === 'vector', found?.kind === 'failed' ? found.error.message : 'no vector');
  assert.equal(found.vector.dims, poolingDims);
  assert.deepEqual(found.vector.values, valuesOf(tokens));
}

async function checkTexts(vectorizer: Vectorizer): Promise<void> {
  const found = await vectorizer.embedObjects(texts('Red fox', 'x'), none);
  check(found[0], textTokens('Red fox', false));
  check(found[1], textTokens('x', false));
  const query = await vectorizer.embedQueryText('red fox', none);
  assert.deepEqual(query.values, valuesOf(textTokens('red fox', true)));
}

function bodies(mock: PoolingMock): unknown[] {
  return mock.requests.map(({ body }) => body);
}

test('vLLM is told what a text is for, and gives decimals where no width is known', async () => {
  await using mock = await startPoolingMock();
  await checkTexts(at(`vllm+${mock.url}`));
  const common = { model: 'ColBERT', task: 'token_embed', encoding_format: 'float' };
  assert.deepEqual(bodies(mock), [
    { ...common, input: ['Red fox', 'x'], embedding_mode: 'document' },
    { ...common, input: ['red fox'], embedding_mode: 'query' },
  ]);
  assert.equal(mock.requests[0]?.path, '/pooling');
});

test('with a width vLLM gives bytes; the model and the markers come from the address', async () => {
  await using mock = await startPoolingMock();
  const parameters = 'model=org/Other&width=16&query_prefix=[Q]%20&document_prefix=[D]%20';
  await checkTexts(at(`vllm+${mock.url}/?${parameters}`));
  const common = {
    model: 'org/Other',
    task: 'token_embed',
    encoding_format: 'base64',
    embed_dtype: 'float32',
    endianness: 'little',
  };
  assert.deepEqual(bodies(mock), [
    { ...common, input: ['[D] Red fox', '[D] x'] },
    { ...common, input: ['[Q] red fox'] },
  ]);
});

test('models whose markers are known are marked by text, unless told otherwise', async () => {
  await using mock = await startPoolingMock();
  const model = 'lightonai/GTE-ModernColBERT-v1';
  await checkTexts(at(`vllm+${mock.url}`, { settings: { model } }));
  await checkTexts(at(`infinity+${mock.url}`, { settings: { model } }));
  const inputs = mock.requests.map(({ body }) => body['input']);
  const expected = [['[D] Red fox', '[D] x'], ['[Q] red fox']];
  assert.deepEqual(inputs, [...expected, ...expected]);
  assert.ok(mock.requests.every(({ body }) => !('embedding_mode' in body)));
  await at(`vllm+${mock.url}?mark=none`, { settings: { model } }).embedQueryText('x', none);
  assert.deepEqual(mock.requests.at(-1)?.body['input'], ['x']);
});

test('images go to vLLM one a call as messages, to Infinity as data URIs, beside texts', async () => {
  await using mock = await startPoolingMock();
  const module = 'multi2multivec-weaviate';
  const both: ContentInput = { texts: ['x'], images: [fox] };
  for (const protocol of ['vllm', 'infinity']) {
    const vectorizer = at(`${protocol}+${mock.url}`, { module });
    assert.deepEqual(vectorizer.accepts, { text: true, image: true });
    const found = await vectorizer.embedObjects([...images(fox, cat), both], none);
    check(found[0], imageTokens(fox));
    check(found[1], imageTokens(cat));
    check(found[2], [...textTokens('x', false), ...imageTokens(fox)]);
    const query = await vectorizer.embedQueryImage(cat, none);
    assert.deepEqual(query.values, valuesOf(imageTokens(cat)));
  }
  const sizes = mock.requests.map(({ path, body }) => [
    path,
    ((body['messages'] ?? body['input']) as unknown[]).length,
    body['modality'] ?? (body['messages'] === undefined ? 'text' : 'image'),
  ]);
  const [pooling, embeddings] = ['/pooling', '/embeddings'].map((path) =>
    sizes.filter(([seen]) => seen === path).map(([, count, kind]) => `${count} ${kind}`),
  );
  assert.deepEqual(pooling?.toSorted(), ['1 image', '1 image', '1 image', '1 image', '1 text']);
  assert.deepEqual(embeddings?.toSorted(), ['1 image', '1 text', '3 image']);
});

test('Infinity gives bytes where the width is known, and is not told what a text is for', async () => {
  await using mock = await startPoolingMock();
  const [found] = await at(`infinity+${mock.url}?width=16`).embedObjects(texts('x'), none);
  check(found, textTokens('x', false));
  const expected = { model: 'ColBERT', input: ['x'], modality: 'text', encoding_format: 'base64' };
  assert.deepEqual(bodies(mock), [expected]);
});

test('NextPlaid gets the purpose of a text and gives bytes with their shapes', async () => {
  await using mock = await startPoolingMock();
  await checkTexts(at(`next-plaid+${mock.url}`));
  assert.deepEqual(bodies(mock), [
    { texts: ['Red fox', 'x'], input_type: 'document' },
    { texts: ['red fox'], input_type: 'query' },
  ]);
  assert.equal(mock.requests[0]?.headers['x-embeddings-format'], 'base64');
  const pages = at(`next-plaid+${mock.url}`, { module: 'multi2multivec-weaviate' });
  assert.deepEqual(pages.accepts, { text: true, image: false });
  const [refused] = await pages.embedObjects(images(fox), none);
  assert.ok(refused?.kind === 'failed');
  assert.match(refused.error.message, /NextPlaid embeds text only, not imageFields/);
});

test('a width that the vectors do not have is a failure of their object', async () => {
  await using mock = await startPoolingMock();
  const cases = [
    ['vllm', '320 bytes are not token vectors of 15 dimensions'],
    ['infinity', '320 bytes are not token vectors of 15 dimensions'],
    ['next-plaid', 'token vectors have 16 dimensions, 15 were asked for'],
  ];
  for (const [protocol, problem] of cases) {
    const [found] = await at(`${protocol}+${mock.url}?width=15`).embedObjects(texts('a b'), none);
    assert.ok(found?.kind === 'failed', protocol);
    assert.equal(found.error.message, `vectorizer returned a bad reply: ${problem}`);
  }
});

test('many texts are cut into calls by their number and by their bytes', async () => {
  await using mock = await startPoolingMock();
  const vectorizer = at(`next-plaid+${mock.url}`);
  const many = Array.from({ length: 130 }, (_, index) => `t${index}`);
  const found = await vectorizer.embedObjects(texts(...many), none);
  for (const [index, text] of many.entries()) check(found[index], textTokens(text, false));
  const long = 'é'.repeat(20_000);
  await vectorizer.embedObjects(texts(long, long, 'x'), none);
  const sizes = mock.requests.map(({ body }) => (body['texts'] as unknown[]).length);
  assert.deepEqual(sizes.slice(0, 3).toSorted(), [2, 64, 64]);
  assert.deepEqual(sizes.slice(3).toSorted(), [1, 2]);
});

test('no key is demanded; one that is there is sent, and stays out of messages', async () => {
  await using mock = await startPoolingMock('secret-key');
  const address = `vllm+${mock.url}`;
  const jina = at(address);
  await assert.rejects(jina.embedQueryText('x', none), {
    code: 'vectorizer-failed',
    message:
      'vectorize keywords: remote client vectorize: vLLM failed with status: 401 error: Unauthorized',
  });
  await jina.embedQueryText('x', { headers: { 'x-jinaai-api-key': 'secret-key' } });
  assert.equal(mock.requests.at(-1)?.headers.authorization, 'Bearer secret-key');
  const pages = (baseURL: string): Vectorizer =>
    at(baseURL, {
      module: 'multi2multivec-weaviate',
      operator: { embeddingsBaseUrl: address, embeddingsApiKey: 'secret-key' },
    });
  const caller = { headers: { authorization: 'Bearer for-the-database' } };
  await pages('').embedQueryText('x', caller);
  assert.equal(mock.requests.at(-1)?.headers.authorization, 'Bearer secret-key');
  await assert.rejects(pages(address).embedQueryText('x', caller), /401/);
  assert.equal(mock.requests.at(-1)?.headers.authorization, undefined);
});

test('the type of an image is read from its first bytes', () => {
  const types: readonly (readonly [number[], string])[] = [
    [[0x89, 0x50, 0x4e, 0x47], 'png'],
    [[0xff, 0xd8, 0xff, 0xe0], 'jpeg'],
    [[...Buffer.from('GIF89a')], 'gif'],
    [[...Buffer.from('RIFF0000WEBP')], 'webp'],
  ];
  for (const [bytes, type] of types) {
    const base64 = Buffer.from(bytes).toString('base64');
    assert.equal(dataUri(base64), `data:image/${type};base64,${base64}`);
  }
});
