// Kills the real server with SIGKILL at random moments of an import, again and again on the same data.
// After each restart: what was acknowledged is there with its vectors, vector search and keyword
// search reach exactly what is counted, and the top 10 are those of a brute-force model.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import weaviate, { configure, dataType, type WeaviateClient } from 'weaviate-client';
import type { VectorValue } from '../src/engine/document.ts';
import { randomFrom } from '../src/storage/random.ts';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import { cosineMaxSim, multi, uuidOf } from './simulation/world.ts';

const kills = 22;
const batchSize = 20;
const dims = 8;
/** Writers at the same time: their batches share syncs and are cut off together. */
const writers = 3;

const random = randomFrom(20_261_121);
const data = mkdtempSync(join(tmpdir(), 'tesserae-crash-'));
/** What a uuid holds follows from its number: no bookkeeping can go wrong. */
const rowsOf = (n: number): number[][] => {
  const own = randomFrom(n);
  return Array.from({ length: 2 + own(5) }, () =>
    Array.from({ length: dims }, () => (own(2001) - 1000) / 500),
  );
};

const vectors = new Map<number, VectorValue>();
const vectorOf = (n: number): VectorValue => {
  const known = vectors.get(n) ?? multi(rowsOf(n));
  vectors.set(n, known);
  return known;
};

interface Running {
  readonly server: ServerProcess;
  readonly client: WeaviateClient;
}

async function start(): Promise<Running> {
  const server = await startServerProcess({ data, env: { TESSERAE_FLUSH_BYTES: '150000' } });
  const client = await weaviate.connectToLocal({
    host: '127.0.0.1',
    port: server.port,
    grpcPort: server.grpcPort,
  });
  return { server, client };
}

async function postBatch(
  url: string,
  objects: readonly unknown[],
): Promise<readonly { readonly result: { readonly status: string } }[]> {
  const reply = await fetch(`${url}/v1/batch/objects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ objects }),
  });
  assert.equal(reply.status, 200);
  return (await reply.json()) as Awaited<ReturnType<typeof postBatch>>;
}

describe('kill -9', () => {
  const acknowledged = new Set<number>();
  const attempted = new Set<number>();
  let next = 1;
  after(() => rmSync(data, { recursive: true }));

  /** Imports batch after batch until the server is gone. */
  async function importUntilKilled({ server }: Running): Promise<void> {
    for (;;) {
      const numbers = Array.from({ length: batchSize }, () => next++);
      for (const n of numbers) attempted.add(n);
      const objects = numbers.map((n) => ({
        class: 'Crash',
        id: uuidOf(n),
        properties: { text: `common word${n % 7}`, n },
        vectors: { mv: rowsOf(n) },
      }));
      // Not through the client: it would go on trying a dead port.
      const reply = await postBatch(server.url, objects).catch((error: unknown) => {
        if (error instanceof assert.AssertionError) throw error;
        return undefined;
      });
      if (reply === undefined) return;
      for (const { result } of reply) assert.equal(result.status, 'SUCCESS');
      for (const n of numbers) acknowledged.add(n);
    }
  }

  async function check({ client }: Running, round: number): Promise<void> {
    const collection = client.collections.use('Crash');
    const query = vectorOf(1_000_000 + round);
    const rows = rowsOf(1_000_000 + round);
    const all = await collection.query.nearVector(rows, {
      targetVector: 'mv',
      limit: 10_000,
      returnMetadata: ['distance'],
      returnProperties: ['n'],
    });
    const stored = new Map(all.objects.map((o) => [o.properties['n'] as number, o]));
    const { totalCount } = await collection.aggregate.overAll();
    assert.equal(all.objects.length, totalCount, `round ${round}: reached by vector search`);
    const words = await collection.query.bm25('common', { limit: 10_000, returnProperties: ['n'] });
    assert.equal(words.objects.length, totalCount, `round ${round}: reached by keyword search`);
    for (const n of acknowledged) assert.ok(stored.has(n), `round ${round}: object ${n} is lost`);
    for (const n of stored.keys()) assert.ok(attempted.has(n), `round ${round}: object ${n}`);
    const expected = [...stored.keys()]
      .map((n) => ({ n, score: cosineMaxSim(query, vectorOf(n)) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 10);
    for (const [place, object] of all.objects.slice(0, 10).entries()) {
      const n = object.properties['n'] as number;
      const own = cosineMaxSim(query, vectorOf(n));
      assert.ok(Math.abs(own + object.metadata!.distance!) < 1e-4, `round ${round}: score of ${n}`);
      assert.ok(Math.abs(own - expected[place]!.score) < 1e-4, `round ${round}: place ${place}`);
    }
    for (const n of [...acknowledged].slice(-40)) {
      const object = await collection.query.fetchObjectById(uuidOf(n), { includeVector: true });
      const vector = object?.vectors['mv'] as number[][] | undefined;
      assert.deepEqual(
        vector,
        rowsOf(n).map((row) => row.map(Math.fround)),
        `round ${round}: vectors of ${n}`,
      );
    }
  }

  test(`${kills} kills during an import lose nothing and leave nothing half stored`, async (t) => {
    let running = await start();
    await running.client.collections.create({
      name: 'Crash',
      properties: [
        { name: 'text', dataType: dataType.TEXT },
        { name: 'n', dataType: dataType.INT },
      ],
      vectorizers: [configure.multiVectors.selfProvided({ name: 'mv' })],
    });
    for (let round = 0; round < kills; round += 1) {
      const importing = Array.from({ length: writers }, () => importUntilKilled(running));
      await wait(20 + random(250));
      await running.server.kill();
      await Promise.all(importing);
      await running.client.close().catch(() => undefined);
      running = await start();
      await check(running, round);
    }
    assert.ok(acknowledged.size > kills * batchSize, `${acknowledged.size} were acknowledged`);
    t.diagnostic(`${acknowledged.size} objects acknowledged, ${attempted.size} attempted`);
    await running.client.close();
    assert.equal(await running.server.stop(), 0);
  });
});
