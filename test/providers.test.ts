// A running server whose collection's vectors a service makes: keys from headers of both wires, a rate
// limit that passes, a service that fails for good, and no key in anything that the server writes.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import weaviate from 'weaviate-client';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import { type StandInAnswer, type StandInCall, startStandIn } from './service-stand-in.ts';

const folder = mkdtempSync(join(tmpdir(), 'tesserae-providers-'));
after(() => rmSync(folder, { recursive: true }));

const callersKey = 'sk-callers-0123456789';
const operatorsKey = 'sk-operators-0123456789';

/** How often each word stands in a text. */
function vectorOf(text: string): number[] {
  return ['fox', 'whale', 'red'].map((word) => text.split(word).length - 1 + 0.01);
}

/** Limits the first call; fails for texts that say so and quotes the key that it was given. */
function answer({ body, headers }: StandInCall, before: number): StandInAnswer {
  const input = body['input'] as string[];
  if (before === 0) return { status: 429, body: 'slow down', headers: { 'retry-after': '0.05' } };
  if (input.some((text) => text.includes('broken'))) {
    return { status: 400, body: { error: { message: `no, ${headers.authorization}` } } };
  }
  return { body: { data: input.map((text) => ({ embedding: vectorOf(text) })) } };
}

async function connect({ port, grpcPort }: ServerProcess, headers: Record<string, string>) {
  return await weaviate.connectToLocal({ port, grpcPort, headers, skipInitChecks: true });
}

test('vectors by a service, over both wires', async () => {
  await using service = await startStandIn(answer);
  const env = {
    OPENAI_BASE_URL: service.url,
    OPENAI_APIKEY: operatorsKey,
    DEFAULT_VECTORIZER_MODULE: 'text2vec-openai',
    LOG_LEVEL: 'trace',
  };
  const server = await startServerProcess({ data: join(folder, 'data'), env });
  let errors = '';
  server.process.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const client = await connect(server, { 'X-OpenAI-Api-Key': callersKey });
  try {
    const animals = await client.collections.create({
      name: 'Animals',
      properties: [{ name: 'text', dataType: 'text' }],
    });
    // REST: the rate limit passes.
    await animals.data.insert({ text: 'a red fox' });
    assert.equal(service.calls.length, 2);
    // gRPC: what can't be embedded fails with the service's words, without the key; the rest is stored.
    const batch = await animals.data.insertMany([{ text: 'a whale' }, { text: 'another fox' }]);
    assert.equal(batch.hasErrors, false);
    const failed = await animals.data.insertMany([{ text: 'broken' }]);
    const problem = failed.errors[0]?.message ?? '';
    assert.match(problem, /OpenAI API failed with status: 400 error: no, \*\*\*/);
    const found = await animals.query.nearText('whale', { limit: 1 });
    assert.equal(found.objects[0]?.properties['text'], 'a whale');
    const hybrid = await animals.query.hybrid('red fox', { limit: 1, alpha: 1 });
    assert.equal(hybrid.objects[0]?.properties['text'], 'a red fox');
    const keys = new Set(service.calls.map(({ headers }) => headers.authorization));
    assert.deepEqual([...keys], [`Bearer ${callersKey}`]);

    const other = await connect(server, {});
    await other.collections.get('Animals').query.nearText('fox', { limit: 1 });
    assert.equal(service.calls.at(-1)?.headers.authorization, `Bearer ${operatorsKey}`);
    await other.close();

    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const retries =
      'tesserae_embedding_retries_total{module="text2vec-openai",reason="rate_limited"} 1';
    assert.ok(metrics.includes(retries), metrics);
  } finally {
    await client.close();
    await server.stop();
  }
  const written = server.printed() + errors;
  assert.ok(written.includes('stopped'), 'the server wrote its log');
  for (const key of [callersKey, operatorsKey]) assert.equal(written.includes(key), false);
});
