// How long a server takes from its start until it serves and until it answers, with all data on disk, in
// several fresh processes.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../statistics.ts';
import { encodeSearch, WireClient } from '../wire.ts';
import type { ServerRun } from './server-run.ts';

const queriesEach = 30;
/** An empty server is started no more often, for comparison. */
const emptyStartsMax = 3;

/** Ready, first and later queries of fresh processes; beside them servers with an empty folder. */
export async function measureRestarts(run: ServerRun): Promise<void> {
  const { queries } = run.corpus.querySets[0]!;
  const requests = queries.map((vector) => encodeSearch(run.asked(vector, 10)));
  const figures = { ready: [], empty: [], first: [], again: [], tenth: [], typical: [] } as Record<
    'ready' | 'empty' | 'first' | 'again' | 'tenth' | 'typical',
    number[]
  >;
  await run.stop();
  for (let i = 0; i < run.sizes.restarts; i++) {
    if (i < emptyStartsMax) figures.empty.push(await startEmpty(run));
    const start = performance.now();
    await run.start('restart');
    figures.ready.push(performance.now() - start);
    const walls = await askOneByOne(run, requests);
    figures.first.push(walls[0]!);
    figures.again.push(walls.at(-1)!);
    figures.tenth.push(walls[9]!);
    figures.typical.push(median(walls.slice(9, -1)));
    if (i < run.sizes.restarts - 1) await run.stop();
  }
  run.reportMemory(`restarted, ${queriesEach} queries`);
  for (const [row, values] of [
    ['an empty server is ready', figures.empty],
    ['ready', figures.ready],
    ['first query', figures.first],
    ['the first query again, at the end', figures.again],
    ['tenth query', figures.tenth],
    ['median of the tenth and later', figures.typical],
  ] as const) {
    run.report.row(`restart, ${run.sizes.restarts} fresh processes`, row, {
      'median ms': median(values),
      'worst ms': Math.max(...values),
    });
  }
}

async function startEmpty(run: ServerRun): Promise<number> {
  const start = performance.now();
  const server = await run.startOn(mkdtempSync(join(run.folder, 'empty-')), 'empty');
  const ready = performance.now() - start;
  await server.stop();
  return ready;
}

async function askOneByOne(run: ServerRun, requests: readonly Buffer[]): Promise<number[]> {
  const client = WireClient.open(run.server.grpcPort);
  const walls: number[] = [];
  for (let n = 0; n <= queriesEach; n++) {
    const start = performance.now();
    await client.search(requests[n === queriesEach ? 0 : n % requests.length]!);
    walls.push(performance.now() - start);
  }
  client.close();
  return walls;
}
