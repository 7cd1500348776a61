// A vector is added to a filled collection of a running server: stored objects get it, also when the
// server is killed meanwhile, and clients see how far that is where they look.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { scratchFolder } from './cli-process.ts';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import { type EmbeddingMock, startEmbeddingMock } from './embedding-mock.ts';
import { uuidOf } from './simulation/world.ts';

/** A server that is gone after the test, whatever comes of it. */
async function serve(t: TestContext, data: string, mock: EmbeddingMock): Promise<ServerProcess> {
  const server = await startServerProcess({ data, env: { JINAAI_BASE_URL: mock.url } });
  t.after(() => server.kill());
  return server;
}

const count = 400;
const key = { 'x-jinaai-api-key': 'key' };
const job = '/v1/tesserae/backfill/Notes/jina';

async function ask<Answer>(
  { url }: ServerProcess,
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await reply.text();
  assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

interface Job {
  readonly status: string;
  readonly remaining: number;
  readonly message?: string;
  readonly progress?: { readonly stored: number; readonly done: number };
}

async function reaching(server: ServerProcess, status: string): Promise<Job> {
  for (;;) {
    const seen = await ask<Job>(server, 'GET', job);
    if (seen.status === status) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Notes 0 … count - 1 with a vector of their own. */
async function fill(server: ServerProcess): Promise<void> {
  const own = { vectorizer: { none: {} }, vectorIndexType: 'hnsw' };
  const properties = [{ name: 'text', dataType: ['text'] }];
  await ask(server, 'POST', '/v1/schema', {
    ...{ class: 'Notes', properties, vectorConfig: { own } },
  });
  const objects = Array.from({ length: count }, (_, n) => ({
    ...{ class: 'Notes', id: uuidOf(n), properties: { text: `note ${n}` } },
    vectors: { own: [n, 1] },
  }));
  await ask(server, 'POST', '/v1/batch/objects', { objects });
}

async function addVector(server: ServerProcess): Promise<void> {
  const config = await ask<{ readonly vectorConfig: object }>(server, 'GET', '/v1/schema/Notes');
  const settings = { vectorizeClassName: false, properties: ['text'] };
  const jina = {
    vectorizer: { 'text2colbert-jinaai': settings },
    vectorIndexType: 'hnsw',
  };
  const vectorConfig = { ...config.vectorConfig, jina };
  const changed = await ask<object>(
    server,
    'PUT',
    '/v1/schema/Notes',
    { ...config, vectorConfig },
    key,
  );
  assert.ok(!JSON.stringify(changed).includes('pending'), 'clients see no marks');
}

async function embeddedCount(server: ServerProcess): Promise<number> {
  const path = `/v1/objects?class=Notes&limit=${count}&include=vector`;
  const { objects } = await ask<{ objects: { vectors: Record<string, unknown> }[] }>(
    server,
    'GET',
    path,
  );
  assert.equal(objects.length, count);
  return objects.filter(({ vectors }) => vectors['jina'] !== undefined).length;
}

interface Shard {
  readonly vectorIndexingStatus: string;
  readonly vectorQueueLength: number;
}

async function shardOf(server: ServerProcess): Promise<Shard> {
  const { nodes } = await ask<{ nodes: [{ shards: [Shard] }] }>(
    server,
    'GET',
    '/v1/nodes?output=verbose',
  );
  return nodes[0].shards[0];
}

/** Kills the server as soon as it has sent so many requests of the job. */
async function killAfter(mock: EmbeddingMock, requests: number, server: ServerProcess) {
  while (mock.requests.length < requests) await new Promise((resolve) => setImmediate(resolve));
  await server.kill();
}

test('a job starts by itself, survives kill -9, and is seen by clients', async (t) => {
  await using mock = await startEmbeddingMock();
  const data = scratchFolder(t);
  const first = await serve(t, data, mock);
  await fill(first);
  await addVector(first);
  await killAfter(mock, 3, first);
  mock.requests.length = 0;

  const second = await serve(t, data, mock);
  const waiting = await reaching(second, 'waiting');
  assert.match(waiting.message ?? '', /no api key found/);
  const before = await embeddedCount(second);
  assert.ok(before >= 32 && before < count, `${before} objects were embedded before the kill`);
  assert.equal(waiting.remaining, count - before);
  const queued = { vectorIndexingStatus: 'INDEXING', vectorQueueLength: count - before };
  const { vectorIndexingStatus, vectorQueueLength } = await shardOf(second);
  assert.deepEqual({ vectorIndexingStatus, vectorQueueLength }, queued);
  const [shard] = await ask<{ status: string; vectorQueueSize: number }[]>(
    second,
    'GET',
    '/v1/schema/Notes/shards',
  );
  assert.deepEqual([shard?.status, shard?.vectorQueueSize], ['INDEXING', count - before]);
  mock.requests.length = 0;

  await ask(second, 'POST', job, { batch: 16 }, key);
  const done = await reaching(second, 'done');
  assert.equal(done.progress?.stored, count - before);
  assert.equal(await embeddedCount(second), count);
  assert.equal((await shardOf(second)).vectorIndexingStatus, 'READY');
  const sizes = mock.requests.map(({ body }) => (body as { input: unknown[] }).input.length);
  assert.equal(Math.max(...sizes), 16);
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    count - before,
    'nothing is embedded again',
  );
  assert.equal(await second.stop(), 0);

  const third = await serve(t, data, mock);
  assert.deepEqual(await ask(third, 'GET', '/v1/tesserae/backfill'), { jobs: [] });
  assert.equal((await ask<Job>(third, 'GET', job)).status, 'none');
  await third.stop();
});

test('a job is stopped and started, and what makes no sense is refused', async (t) => {
  await using mock = await startEmbeddingMock();
  const server = await serve(t, scratchFolder(t), mock);
  await fill(server);
  await addVector(server);
  const stopped = await ask<Job>(server, 'DELETE', job);
  assert.ok(['stopped', 'done'].includes(stopped.status), stopped.status);
  await ask(server, 'POST', job, undefined, key);
  await reaching(server, 'done');
  assert.equal(await embeddedCount(server), count);
  const refusal = async (method: string, path: string, body?: object): Promise<string> => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const reply = await fetch(`${server.url}/v1/tesserae/backfill/${path}`, init);
    return `${reply.status} ${await reply.text()}`;
  };
  assert.match(await refusal('GET', 'Nobody/jina'), /^404 .*Nobody/);
  assert.match(await refusal('GET', 'Notes/other'), /^422 .*other.*own, jina/);
  assert.match(await refusal('POST', 'Notes/own'), /^422 .*vector own .* has no vectorizer/);
  assert.match(await refusal('POST', 'Notes/jina', { batch: 0 }), /^422 .*1 to 1000/);
  assert.match(await refusal('POST', 'Notes/jina', { size: 1 }), /^400 .*there are \[batch\]/);
  assert.equal(await server.stop(), 0);
});
