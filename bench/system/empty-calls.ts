// What a call costs when there is nothing to search: the wire alone.

import assert from 'node:assert/strict';
import { median, quantile } from '../statistics.ts';
import { createCollection, decodeHits, encodeSearch, WireClient } from '../wire.ts';
import type { ServerRun } from './server-run.ts';

/** Searches of an empty collection, one after another, with the queries' own size. */
export async function measureEmptyCalls(run: ServerRun): Promise<void> {
  await run.start('empty');
  const { emptyCalls, rounds } = run.sizes;
  await createCollection(run.server.url, 'Empty');
  const client = WireClient.open(run.server.grpcPort);
  for (const { name, queries } of run.corpus.querySets) {
    const asked = { collection: 'Empty', vector: queries[0]!, limit: 10 };
    const request = encodeSearch(asked);
    for (let i = 0; i < emptyCalls; i++) await client.search(request);
    const costs: number[] = [];
    const walls: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { cpu } = await run.cpuOf(async () => {
        for (let i = 0; i < emptyCalls; i++) {
          const start = performance.now();
          assert.equal(decodeHits(await client.search(request)).length, 0);
          walls.push(performance.now() - start);
        }
      });
      costs.push(cpu / emptyCalls);
    }
    run.report.row('call of an empty collection', name, {
      'request bytes': request.length,
      'server CPU ms': median(costs),
      'p50 ms': median(walls),
      'p99 ms': quantile(walls, 0.99),
    });
  }
  client.close();
}
