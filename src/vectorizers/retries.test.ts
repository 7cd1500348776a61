// Services that fail, limit their callers, break off, hang or lie: what is tried again, for how long, and
// which objects that harms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StandInAnswer, startStandIn } from '../../test/service-stand-in.ts';
import { createVectorizers, type VectorizerSettings } from './create-vectorizers.ts';
import { readPatience } from './patience.ts';
import {
  defaultRetryPolicy,
  faultOfConnection,
  faultOfStatus,
  Retries,
  type RetryPolicy,
  type RetryReason,
  readRetryAfter,
} from './retries.ts';
import type { ContentInput, Embedding, Vectorizer } from './vectorizer.ts';

/** Quick, so that tests need not wait. */
const quick: RetryPolicy = {
  objectsMax: 3,
  queryMax: 1,
  pauseMs: 4,
  objectsBudgetMs: 60_000,
  queryBudgetMs: 60_000,
};

const texts = (count: number): ContentInput[] =>
  Array.from({ length: count }, (_, index) => ({ texts: [`text ${index}`], images: [] }));

const reply = (inputs: unknown): StandInAnswer => ({
  body: {
    data: (inputs as unknown[]).map((_, index) => ({ index, embedding: [index, 1] })),
  },
});

const isGood = (embedding: Embedding): boolean => embedding.kind === 'vector';
const messageOf = (embedding: Embedding | undefined): string =>
  embedding?.kind === 'failed' ? embedding.error.message : '';

/** The vectorizer of text2vec-openai, over a stand-in that is the operator's. */
async function withService(
  answer: Parameters<typeof startStandIn>[0],
  run: (vectorizer: Vectorizer, calls: readonly unknown[]) => Promise<void>,
  settings: Partial<VectorizerSettings> = {},
): Promise<void> {
  await using service = await startStandIn(answer);
  await using make = createVectorizers({
    modelsDirectory: '/nowhere',
    openaiBaseUrl: service.url,
    retryPolicy: quick,
    ...settings,
  });
  const config = { collection: 'D', vectorName: 'v', module: 'text2vec-openai', settings: {} };
  await run(make({ ...config, metric: 'cosine' })!, service.calls);
}

test('a rate limit, an error of the server and a broken connection are tried again', async () => {
  const faults: StandInAnswer[] = [
    { status: 429, body: { error: { message: 'slow down' } } },
    { status: 503, body: 'busy' },
    'break off',
  ];
  const reasons: RetryReason[] = [];
  await withService(
    ({ body }, before) => faults[before] ?? reply(body['input']),
    async (vectorizer, calls) => {
      const onRetry = (reason: RetryReason) => void reasons.push(reason);
      const found = await vectorizer.embedObjects(texts(2), { headers: {}, onRetry });
      assert.deepEqual(found.map(isGood), [true, true]);
      assert.equal(calls.length, 4);
    },
  );
  assert.deepEqual(reasons, ['rate_limited', 'server_error', 'connection']);
});

test('after the last attempt the service is quoted; a query is given fewer of them', async () => {
  await withService(
    () => ({ status: 500, body: { error: { message: 'out of order' } } }),
    async (vectorizer, calls) => {
      const found = await vectorizer.embedObjects(texts(1), { headers: {} });
      assert.equal(
        messageOf(found[0]),
        'connection to: OpenAI API failed with status: 500 error: out of order',
      );
      assert.equal(calls.length, 4);
      await assert.rejects(vectorizer.embedQueryText('q', { headers: {} }), /out of order/);
      assert.equal(calls.length, 6);
    },
  );
});

test('what another attempt can not change is reported at once', async () => {
  const answers: StandInAnswer[] = [
    { status: 401, body: { error: { message: 'no' } } },
    { status: 400, body: { error: { message: 'no' } } },
    { status: 501, body: 'no' },
    { status: 200, body: '<html>no</html>' },
    { status: 200, body: { data: 'no' } },
    { status: 200, body: { error: { message: 'no' } } },
  ];
  for (const answer of answers) {
    await withService(
      () => answer,
      async (vectorizer, calls) => {
        const [found] = await vectorizer.embedObjects(texts(1), { headers: {} });
        assert.equal(found?.kind, 'failed', JSON.stringify(answer));
        assert.equal(calls.length, 1);
      },
    );
  }
});

test('a service that never answers is left after its time, and not asked again', async () => {
  await withService(
    () => 'hang',
    async (vectorizer, calls) => {
      const [found] = await vectorizer.embedObjects(texts(1), { headers: {} });
      assert.match(messageOf(found), /no answer from http:\S+ within 30 ms/);
      assert.equal(calls.length, 1);
    },
    { timeoutMs: 30 },
  );
});

test('Retry-After beyond the budget ends the attempts', async () => {
  await withService(
    () => ({
      status: 429,
      body: { error: { message: 'later' } },
      headers: { 'retry-after': '3600' },
    }),
    async (vectorizer, calls) => {
      const [found] = await vectorizer.embedObjects(texts(1), { headers: {} });
      assert.match(messageOf(found), /status: 429 error: later/);
      assert.equal(calls.length, 1);
    },
  );
});

test('the calls of a batch share their patience: a wait of one is a wait of all', async () => {
  const retries = new Retries(quick, 'objects');
  const ends: string[] = [];
  const again = retries.again({ reason: 'rate_limited', afterMs: 50 }, 1).then((is) => {
    ends.push(`again ${is}`);
  });
  await retries.turn();
  await again;
  await retries.turn();
  ends.push('turn');
  assert.deepEqual(ends, ['again true', 'turn']);
  // Nobody waits for what ends after the budget.
  const impatient = new Retries({ ...quick, objectsBudgetMs: 10 }, 'objects');
  assert.equal(await impatient.again({ reason: 'rate_limited', afterMs: 1e9 }, 1), false);
  await impatient.turn();
});

test('a caller who goes away ends the attempts', async () => {
  const abort = new AbortController();
  await withService(
    () => {
      setTimeout(() => abort.abort(), 5);
      return { status: 503, body: 'busy', headers: { 'retry-after': '30' } };
    },
    async (vectorizer, calls) => {
      const options = { headers: {}, signal: abort.signal };
      const [found] = await vectorizer.embedObjects(texts(1), options);
      assert.equal(found?.kind, 'failed');
      assert.equal(calls.length, 1);
    },
  );
});

test('only the objects of a call that failed fail', async () => {
  await withService(
    ({ body }) => {
      const input = body['input'] as string[];
      return input.includes('text 300') ? { status: 500, body: 'odd' } : reply(input);
    },
    async (vectorizer) => {
      const found = await vectorizer.embedObjects(texts(600), { headers: {} });
      const failed = found.flatMap((each, index) => (isGood(each) ? [] : [index]));
      assert.deepEqual([failed[0], failed.at(-1), failed.length], [256, 511, 256]);
    },
  );
});

test('a reply that lies fails its own objects', async () => {
  const cases: readonly [unknown, string[]][] = [
    [[{ embedding: [1, 2] }], ['', 'vectorizer returned fewer vectors than requested']],
    [
      [{ embedding: [1, 2] }, { embedding: [1, null] }],
      ['', 'component 1 is not a finite number'],
    ],
    [
      [{ embedding: [1, 1e39] }, { embedding: [1, 2] }],
      ['component 1 is not a finite number', ''],
    ],
    [
      [{ embedding: [1, 2] }, { embedding: [1, 2, 3] }],
      ['', '3 dimensions, 2 were asked for'],
    ],
    [
      [{ embedding: 'AAAA' }, { embedding: [1, 2] }],
      ['a list of numbers', ''],
    ],
    [
      [{ embedding: [] }, { embedding: [1, 2] }],
      ['', ''],
    ],
    [
      [{}, {}, {}],
      ['more vectors than requested: 3 for 2', 'more vectors than requested'],
    ],
  ];
  for (const [data, problems] of cases) {
    await using service = await startStandIn(() => ({ body: { data } }));
    await using make = createVectorizers({ modelsDirectory: '/nowhere', retryPolicy: quick });
    const vectorizer = make({
      ...{ collection: 'D', vectorName: 'v', module: 'text2vec-openai', metric: 'dot' },
      settings: { baseURL: service.url, dimensions: 2 },
    })!;
    const found = await vectorizer.embedObjects(texts(2), { headers: {} });
    for (const [index, problem] of problems.entries()) {
      const message = messageOf(found[index]);
      assert.ok(message.includes(problem), `${JSON.stringify(data)}: ${message}`);
      assert.equal(message === '', problem === '');
    }
  }
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(readRetryAfter('2', now), 2000);
  assert.equal(readRetryAfter(' 0.5 ', now), 500);
  assert.equal(readRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', now), 5000);
  for (const value of [null, '', '-1', 'soon', 'Wed, 31 Dec 2025 23:59:00 GMT']) {
    assert.equal(readRetryAfter(value, now), undefined, String(value));
  }
});

test('faults that may pass are known by their status or code', () => {
  const passing = [
    200, 302, 400, 401, 403, 404, 408, 413, 422, 429, 500, 501, 502, 503, 504, 505, 529,
  ];
  assert.deepEqual(
    passing.filter((status) => faultOfStatus(status, null)),
    [408, 429, 500, 502, 503, 504, 529],
  );
  assert.deepEqual(
    ['ECONNRESET', 'ECONNREFUSED', 'ENOTFOUND', undefined].map((code) => faultOfConnection(code)),
    [{ reason: 'connection' }, undefined, undefined, undefined],
  );
});

test('an operator says how long and how often', () => {
  assert.deepEqual(readPatience({}), {});
  const timeouts = ['50s', '1m30s', '250ms', '20'].map(
    (value) => readPatience({ MODULES_CLIENT_TIMEOUT: value }).timeoutMs,
  );
  assert.deepEqual(timeouts, [50_000, 90_000, 250, 20_000]);
  const { retryPolicy } = readPatience({ TESSERAE_MODULE_RETRIES: '1' });
  assert.deepEqual(retryPolicy, { ...defaultRetryPolicy, objectsMax: 1, queryMax: 1 });
  for (const value of ['soon', '0s', '2h', '5 s', '-1']) {
    const read = () => readPatience({ MODULES_CLIENT_TIMEOUT: value });
    assert.throws(read, /MODULES_CLIENT_TIMEOUT is .* expected a duration from 1ms to 1h/, value);
  }
  const many = () => readPatience({ TESSERAE_MODULE_RETRIES: '21' });
  assert.throws(many, /TESSERAE_MODULE_RETRIES is "21", expected a whole number from 0 to 20/);
});
