import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageTokens, startEmbeddingMock, textTokens, tokenVector } from './embedding-mock.ts';

interface JinaReply {
  readonly data: readonly {
    readonly index: number;
    readonly embeddings?: readonly (readonly number[])[];
    readonly embedding?: readonly number[];
  }[];
}

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = { authorization: 'Bearer toy-key' },
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

function maxSim(query: readonly string[], document: readonly string[]): number {
  const rows = document.map((token) => tokenVector(token, 128));
  return query.reduce((sum, token) => {
    const vector = tokenVector(token, 128);
    const dots = rows.map((row) => row.reduce((dot, value, i) => dot + value * vector[i]!, 0));
    return sum + Math.max(...dots);
  }, 0);
}

test('token vectors are the published check values', () => {
  const database = tokenVector('database', 128);
  assert.deepEqual(database.slice(0, 4), [-0.152414, 0.047137, -0.096929, -0.086025]);
  assert.equal(database.at(-1), -0.146285);
  assert.deepEqual(tokenVector('[CLS]', 128).slice(0, 3), [0.143461, -0.117887, -0.113144]);
  assert.deepEqual(
    tokenVector('a', 8),
    [0.225943, 0.238248, 0.524374, -0.406476, 0.106609, -0.281992, -0.247057, -0.547791],
  );
});

test('words lose punctuation at their ends and keep it when nothing else remains', () => {
  assert.deepEqual(textTokens('Is "U.S.A." great?! ...', false), [
    '[CLS]',
    '[D]',
    'is',
    'u.s.a',
    'great',
    '...',
    '[SEP]',
  ]);
  assert.equal(textTokens('x', true)[1], '[Q]');
});

test('an image is its words after IMG:, else four tokens of its hash', () => {
  assert.deepEqual(imageTokens(Buffer.from('IMG:Red fox').toString('base64')), [
    '[IMG]',
    'red',
    'fox',
  ]);
  const other = imageTokens(Buffer.from('raw bytes').toString('base64'));
  assert.equal(other.length, 5);
  assert.match(other[4]!, /^img-[0-9a-f]{64}-3$/);
});

test('distances of the tutorial follow from the token rule', () => {
  const query = textTokens('A good database for AI app builders', false);
  const expected: readonly [string, number][] = [
    ['Weaviate is a vector database that is great for AI app builders.', 9.135267],
    [
      'For people building AI driven products, Weaviate is a good database for their tech stack.',
      8.327818,
    ],
    ['PyTorch is a deep learning framework that is great for AI model builders.', 7.526249],
  ];
  for (const [text, score] of expected) {
    const found = maxSim(query, textTokens(`Demo Collection ${text}`, false));
    assert.ok(Math.abs(found - score) < 2e-6, `${found} against ${score}`);
  }
  const fox = maxSim(textTokens('red fox', false), ['[IMG]', 'red', 'fox']);
  assert.ok(Math.abs(fox - 2.3624208) < 2e-6, `${fox} against 2.3624208`);
});

test('the multi-vector endpoint gives one vector for each token of each input', async () => {
  await using mock = await startEmbeddingMock();
  const { status, body } = await post(`${mock.url}/v1/multi-vector`, {
    input: ['One, two', 'x'],
    dimensions: 16,
  });
  assert.equal(status, 200);
  const { data } = body as JinaReply;
  assert.deepEqual(
    data.map((item) => item.embeddings?.length),
    [5, 4],
  );
  assert.deepEqual(data[0]?.embeddings?.[3], tokenVector('two', 16));
  assert.equal(mock.requests.length, 1);
  assert.equal(mock.requests[0]?.headers.authorization, 'Bearer toy-key');
});

test('the embeddings endpoint takes texts and images and pools unless asked not to', async () => {
  await using mock = await startEmbeddingMock();
  const input = [{ image: Buffer.from('IMG:red fox').toString('base64') }, { text: 'red fox' }];
  const multi = await post(`${mock.url}/v1/embeddings`, { input, return_multivector: true });
  const counts = (multi.body as JinaReply).data.map((item) => item.embeddings?.length);
  assert.deepEqual(counts, [3, 5]);
  const pooled = await post(`${mock.url}/v1/embeddings`, { input: ['a'], task: 'retrieval.query' });
  const vector = (pooled.body as JinaReply).data[0]?.embedding ?? [];
  assert.equal(vector.length, 128);
  const length = Math.hypot(...vector);
  assert.ok(Math.abs(length - 1) < 1e-4, `length ${length}`);
});

test('the service endpoint reads images unless the call is a search query', async () => {
  await using mock = await startEmbeddingMock();
  const url = `${mock.url}/v1/embeddings/embed`;
  const image = Buffer.from('IMG:cat').toString('base64');
  const objects = await post(url, { input: [image] });
  const query = await post(url, { input: ['cat'], is_search_query: true });
  const cat = tokenVector('cat', 128);
  assert.deepEqual(objects.body, { embeddings: [[tokenVector('[IMG]', 128), cat]], metadata: {} });
  const tokens = (query.body as { embeddings: number[][][] }).embeddings[0];
  assert.deepEqual(tokens?.[1], tokenVector('[Q]', 128));
  assert.deepEqual(tokens?.[2], cat);
});

test('failure words make the failures that they name', async () => {
  await using mock = await startEmbeddingMock();
  const url = `${mock.url}/v1/multi-vector`;
  assert.deepEqual(await post(url, { input: ['fine', '__fail_429__'] }), {
    status: 429,
    body: { detail: 'mock failure 429' },
  });
  const short = (await post(url, { input: ['fine', '__short__ x'] })).body as JinaReply;
  assert.equal(short.data.length, 1);
  const empty = (await post(url, { input: ['__empty__'] })).body as JinaReply;
  assert.deepEqual(empty.data[0]?.embeddings, []);
  const ragged = (await post(url, { input: ['__ragged__ b'] })).body as JinaReply;
  assert.deepEqual(
    ragged.data[0]?.embeddings?.map((row) => row.length),
    [128, 127, 128, 128, 128],
  );
});

test('a call without a bearer key, without inputs or to another path is refused', async () => {
  await using mock = await startEmbeddingMock();
  const url = `${mock.url}/v1/multi-vector`;
  assert.deepEqual(await post(url, { input: ['x'] }, {}), {
    status: 401,
    body: { detail: 'missing key' },
  });
  assert.equal((await post(url, { input: 'x' })).status, 422);
  assert.equal((await post(`${mock.url}/v1/other`, { input: ['x'] })).status, 404);
});
