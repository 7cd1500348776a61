// What queries cost and how fast they come back: one and eight clients, with and without filters, in
// turns with exhaustive scans in this process.

import type { VectorValue } from '../../src/engine/document.ts';
import { prepareQuery } from '../../src/engine/multivector/maxsim.ts';
import { type AllowedShare, allowedShares, numberBelow, shareWords } from '../filters.ts';
import type { QuerySet } from '../query-sets.ts';
import { median, quantile } from '../statistics.ts';
import { encodeSearch, WireClient } from '../wire.ts';
import type { ServerRun } from './server-run.ts';

/** A way to ask, and what was seen of it: an entry a round. */
interface Load {
  readonly clients: number;
  readonly share: AllowedShare;
  readonly limit: number;
  readonly cpu: number[];
  readonly rates: number[];
  readonly walls: number[];
}

/** Server time, latency and throughput of every query set. */
export async function measureLoads(run: ServerRun): Promise<void> {
  await run.start('queries');
  for (const set of run.corpus.querySets) {
    await ask(run, set.queries, loadOf(1, 1, 10));
    await measureSet(run, set);
  }
  run.reportMemory('after the queries');
}

function loadOf(clients: number, share: AllowedShare, limit: number): Load {
  return { clients, share, limit, cpu: [], rates: [], walls: [] };
}

async function measureSet(run: ServerRun, { name, queries }: QuerySet): Promise<void> {
  const { rounds, scanned } = run.sizes;
  const loads = [
    ...[1, 8].map((clients) => loadOf(clients, 1, 10)),
    loadOf(1, 1, 100),
    ...allowedShares.slice(1).map((share) => loadOf(1, share, 10)),
  ];
  const scans: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const load of loads) await ask(run, queries, load);
    for (let i = 0; i < scanned; i++) {
      const query = queries[(round * scanned + i) % queries.length]!;
      scans.push(run.scan.cpuMs(prepareQuery(query, true)));
    }
  }
  const scan = median(scans);
  const tokens = median(queries.map(({ dims, values }) => values.length / dims));
  for (const { clients, share, limit, cpu, rates, walls } of loads) {
    const words = [
      `${name} (${tokens})`,
      ...(share === 1 ? [] : [shareWords(share)]),
      ...(limit === 10 ? [] : [`${limit} hits`]),
      ...(clients === 1 ? [] : [`${clients} clients`]),
    ];
    const isPlain = share === 1 && limit === 10;
    run.report.row('queries over gRPC', words.join(', '), {
      'server CPU ms': median(cpu),
      'scan CPU ms': isPlain ? scan : undefined,
      'scan / server': isPlain ? scan / median(cpu) : undefined,
      'a second': median(rates),
      'p50 ms': median(walls),
      'p95 ms': quantile(walls, 0.95),
      'p99 ms': quantile(walls, 0.99),
    });
  }
}

/** All queries once, from clients with a connection each. */
async function ask(run: ServerRun, queries: readonly VectorValue[], load: Load): Promise<void> {
  const requests = queries.map((vector) =>
    encodeSearch(run.asked(vector, load.limit, numberBelow(load.share))),
  );
  let next = 0;
  const lane = async (client: WireClient): Promise<void> => {
    while (next < requests.length) {
      const request = requests[next]!;
      next += 1;
      const start = performance.now();
      await client.search(request);
      load.walls.push(performance.now() - start);
    }
  };
  const clients = Array.from({ length: load.clients }, () => WireClient.open(run.server.grpcPort));
  await Promise.all(clients.map((client) => client.search(requests[0]!)));
  const start = performance.now();
  const { cpu } = await run.cpuOf(() => Promise.all(clients.map(lane)));
  load.cpu.push(cpu / requests.length);
  load.rates.push(requests.length / ((performance.now() - start) / 1000));
  for (const client of clients) client.close();
}
