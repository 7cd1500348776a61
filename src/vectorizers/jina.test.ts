import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type EmbeddingMock, startEmbeddingMock, tokenVector } from '../../test/embedding-mock.ts';
import { createJinaText } from './jina.ts';
import type { ContentInput, Embedding, Vectorizer } from './vectorizer.ts';

const key = 'jina_secret_0123456789';
const options = { headers: { 'x-jinaai-api-key': key } };

function vectorizer(baseUrl: string, settings: Record<string, unknown> = {}): Vectorizer {
  return createJinaText(
    {
      collection: 'Demo',
      vectorName: 'mv',
      module: 'text2colbert-jinaai',
      settings,
      metric: 'cosine',
    },
    { baseUrl, timeoutMs: 2_000, dimsWanted: 128 },
  );
}

function texts(...values: readonly string[]): ContentInput[] {
  return values.map((text) => ({ texts: [text], images: [] }));
}

function outcome(embedding: Embedding | undefined): string {
  if (embedding?.kind === 'failed') return embedding.error.message;
  if (embedding?.kind === 'vector') return `${embedding.vector.values.length / 128} vectors`;
  return 'none';
}

/** A service that answers every call with one fixed body. */
async function fixedService(
  status: number,
  body: string,
  delayMs = 0,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_, response) => {
    setTimeout(() => response.writeHead(status).end(body), delayMs).unref();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function messageFor(body: unknown, count = 1): Promise<string[]> {
  await using service = await fixedService(200, JSON.stringify(body));
  const inputs = texts(...Array.from({ length: count }, (_, index) => `t${index}`));
  const found = await vectorizer(service.url).embedObjects(inputs, options);
  return found.map(outcome);
}

async function withMock(run: (mock: EmbeddingMock) => Promise<void>): Promise<void> {
  await using mock = await startEmbeddingMock();
  await run(mock);
}

test('a batch goes out as one call with exactly the body and headers of the protocol', async () => {
  await withMock(async (mock) => {
    const found = await vectorizer(mock.url).embedObjects(texts('One two', 'x'), options);
    assert.deepEqual(found.map(outcome), ['5 vectors', '4 vectors']);
    assert.equal(mock.requests.length, 1);
    const [request] = mock.requests;
    assert.equal(request?.path, '/v1/multi-vector');
    assert.equal(request?.headers.authorization, `Bearer ${key}`);
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.equal(request?.headers['x-header-vectordb-source'], 'Weaviate');
    assert.deepEqual(request?.body, {
      input: ['One two', 'x'],
      model: 'jina-colbert-v2',
      embedding_type: 'float',
      dimensions: 128,
    });
  });
});

test('the stored vectors are those of the reply, rounded to 32 bits', async () => {
  await withMock(async (mock) => {
    const [found] = await vectorizer(mock.url).embedObjects(texts('word'), options);
    assert.equal(found?.kind, 'vector');
    const row = found.vector.values.subarray(2 * 128, 3 * 128);
    assert.deepEqual(row, Float32Array.from(tokenVector('word', 128)));
  });
});

test('a query is sent as a document is; model and dimensions come from the settings', async () => {
  await withMock(async (mock) => {
    const small = createJinaText(
      {
        collection: 'Demo',
        vectorName: 'mv',
        module: 'text2multivec-jinaai',
        settings: { dimensions: 64, model: 'other' },
        metric: 'cosine',
      },
      { baseUrl: mock.url, timeoutMs: 2_000, dimsWanted: 64 },
    );
    const vector = await small.embedQueryText('red fox', options);
    assert.deepEqual([vector.dims, vector.values.length], [64, 5 * 64]);
    assert.deepEqual(mock.requests[0]?.body, {
      input: ['red fox'],
      model: 'other',
      embedding_type: 'float',
      dimensions: 64,
    });
  });
});

test('without a key nothing is sent and the error is that of the reference', async () => {
  await withMock(async (mock) => {
    const expected =
      'API Key: no api key found neither in request header: X-Jinaai-Api-Key nor in environment variable under JINAAI_APIKEY';
    const [found] = await vectorizer(mock.url).embedObjects(texts('x'), { headers: {} });
    assert.equal(outcome(found), expected);
    await assert.rejects(vectorizer(mock.url).embedQueryText('x', { headers: {} }), {
      message: `vectorize keywords: remote client vectorize: ${expected}`,
      code: 'vectorizer-failed',
    });
    assert.equal(mock.requests.length, 0);
  });
});

test('a failing call fails its objects with the words of the reference, without a retry', async () => {
  await withMock(async (mock) => {
    for (const status of [401, 429, 500]) {
      const message = `connection to: JinaAI API failed with status: ${status} error: mock failure ${status}`;
      const text = `__fail_${status}__`;
      const found = await vectorizer(mock.url).embedObjects(texts('fine', text), options);
      assert.deepEqual(found.map(outcome), [message, message]);
      await assert.rejects(vectorizer(mock.url).embedQueryText(text, options), {
        message: `vectorize keywords: remote client vectorize: ${message}`,
      });
    }
    assert.equal(mock.requests.length, 6);
  });
});

test('in a large batch only the objects of the failing call fail', async () => {
  await withMock(async (mock) => {
    const inputs = texts(
      ...Array.from({ length: 600 }, (_, i) => (i === 300 ? '__fail_500__' : 'a')),
    );
    const found = await vectorizer(mock.url).embedObjects(inputs, options);
    assert.equal(mock.requests.length, 3);
    const failed = found.flatMap((item, index) => (item.kind === 'failed' ? [index] : []));
    assert.deepEqual([failed.length, failed[0], failed.at(-1)], [256, 256, 511]);
  });
});

test('a short reply fails only what is missing', async () => {
  await withMock(async (mock) => {
    const found = await vectorizer(mock.url).embedObjects(texts('fine', '__short__ x'), options);
    assert.deepEqual(found.map(outcome), [
      '4 vectors',
      'vectorizer returned fewer vectors than requested',
    ]);
  });
});

test('an empty embedding stores the object without a vector, but is an error for a query', async () => {
  await withMock(async (mock) => {
    const [found] = await vectorizer(mock.url).embedObjects(texts('__empty__'), options);
    assert.equal(found?.kind, 'none');
    await assert.rejects(vectorizer(mock.url).embedQueryText('__empty__', options), {
      message: /returned no vectors for the query$/,
    });
  });
});

test('malformed vectors fail their own object and say where', async () => {
  const good = [new Array(128).fill(0.5)];
  const bad = (embeddings: unknown, index: number): unknown => ({ index, embeddings });
  const row = (value: unknown): unknown => [Object.assign(new Array(128).fill(0.5), { 7: value })];
  const cases: readonly [unknown, string][] = [
    [[...good, [1, 2]], 'token vector 1 has 2 dimensions, token vector 0 has 128'],
    [row('x'), 'component 7 of token vector 0 is not a finite number'],
    [row(null), 'component 7 of token vector 0 is not a finite number'],
    [row(1e39), 'component 7 of token vector 0 is not a finite number'],
    [[[1, 2, 3]], 'token vectors have 3 dimensions, 128 were asked for'],
    [[[]], 'token vector 0 is empty'],
    [[1, 2], 'token vector 0 is not a list of numbers'],
    ['x', 'expected a list of token vectors'],
  ];
  for (const [embeddings, problem] of cases) {
    const found = await messageFor({ data: [bad(good, 0), bad(embeddings, 1)] }, 2);
    assert.deepEqual(found, ['1 vectors', `vectorizer returned a bad reply: ${problem}`]);
  }
});

test('a reply of another shape fails the call with a reason', async () => {
  assert.match((await messageFor({ nothing: 1 }))[0]!, /"data" is not a list/);
  const two = { data: [{ embeddings: [] }, { embeddings: [] }] };
  assert.match((await messageFor(two))[0]!, /more vectors than requested: 2 for 1 inputs/);
});

test('entries of a reply are matched by their index', async () => {
  const entry = (index: number, count: number): unknown => ({
    index,
    embeddings: Array.from({ length: count }, () => new Array(128).fill(1)),
  });
  const found = await messageFor({ data: [entry(1, 2), entry(0, 3)] }, 2);
  assert.deepEqual(found, ['3 vectors', '2 vectors']);
});

test('an HTML page instead of JSON is named as such', async () => {
  await using page = await fixedService(200, '<!doctype html><title>Login</title>');
  const [found] = await vectorizer(page.url).embedObjects(texts('x'), options);
  assert.match(outcome(found), /expected JSON, got an HTML page/);
  await using broken = await fixedService(502, '<html>Bad Gateway</html>');
  const [failed] = await vectorizer(broken.url).embedObjects(texts('x'), options);
  assert.match(outcome(failed), /failed with status: 502 error: the answer is an HTML page$/);
});

test('a redirect by HTTP is not followed: keys stay with the address that was chosen', async () => {
  await withMock(async (mock) => {
    const server = createServer((_, response) => {
      response.writeHead(307, { location: `${mock.url}/v1/multi-vector` }).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    try {
      const [found] = await vectorizer(`http://127.0.0.1:${port}`).embedObjects(
        texts('x'),
        options,
      );
      assert.match(outcome(found), /cannot reach http:\/\/127\.0\.0\.1:\d+: unexpected redirect/);
      assert.equal(mock.requests.length, 0);
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });
});

test('a key that a service repeats in its answer does not reach the message', async () => {
  await using service = await fixedService(403, JSON.stringify({ detail: `bad key ${key}` }));
  const [found] = await vectorizer(service.url).embedObjects(texts('x'), options);
  assert.match(outcome(found), /error: bad key \*\*\*$/);
  // Nor does a part of it, where the answer is longer than what is told of it.
  const long = `${'x'.repeat(500 - key.length / 2)}${key}`;
  await using wordy = await fixedService(403, JSON.stringify({ detail: long }));
  const [cut] = await vectorizer(wordy.url).embedObjects(texts('x'), options);
  assert.match(outcome(cut), /x\*{1,3}$/);
});

test('an error is read as far as its beginning', async () => {
  await using service = await fixedService(500, 'x'.repeat(2 * 2 ** 20));
  const [found] = await vectorizer(service.url).embedObjects(texts('x'), options);
  assert.match(outcome(found), /with status 500 is longer than 1048576 bytes$/);
});

test('a service that is away, too slow or cancelled gives a reason', async () => {
  const away = await fixedService(200, '{}');
  await away[Symbol.asyncDispose]();
  const [refused] = await vectorizer(away.url).embedObjects(texts('x'), options);
  assert.match(outcome(refused), /cannot reach http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED/);

  await using slow = await fixedService(200, '{}', 60_000);
  const impatient = createJinaText(
    {
      collection: 'D',
      vectorName: 'v',
      module: 'text2colbert-jinaai',
      settings: {},
      metric: 'dot',
    },
    { baseUrl: slow.url, timeoutMs: 30 },
  );
  const [late] = await impatient.embedObjects(texts('x'), options);
  assert.match(outcome(late), /no answer from http:\S+ within 30 ms/);
  const signal = AbortSignal.abort();
  const [cancelled] = await vectorizer(slow.url).embedObjects(texts('x'), { ...options, signal });
  assert.match(outcome(cancelled), /was cancelled/);
});
