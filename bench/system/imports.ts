// What an import costs: over gRPC from a lean client, part by part, until everything is searchable, and
// until segments are merged and trained.

import assert from 'node:assert/strict';
import { cpuMs } from '../process-figures.ts';
import { createCollection, decodeHits, encodeSearch, WireClient } from '../wire.ts';
import { collection, type ServerRun } from './server-run.ts';

/** Stores the corpus in an empty server. */
export async function measureImport(run: ServerRun): Promise<void> {
  await run.start('import');
  await createCollection(run.server.url, collection);
  await run.untilIdle();
  run.reportMemory('before the import');
  const { parts, count } = run.corpus;
  for (const [n, from] of parts.entries()) {
    const to = parts[n + 1] ?? count;
    const name = parts.length === 1 ? 'lean client, gRPC' : `lean client, gRPC, part ${n + 1}`;
    await importPart(run, name, from, to);
  }
}

async function importPart(run: ServerRun, name: string, from: number, to: number): Promise<void> {
  const client = WireClient.open(run.server.grpcPort);
  const before = cpuMs(run.pid);
  const own = process.cpuUsage();
  const start = performance.now();
  await run.write(client, from, to);
  const wall = performance.now() - start;
  const acknowledged = cpuMs(run.pid) - before;
  const { user, system } = process.cpuUsage(own);
  const searchable = await untilFound(run, client, to - 1);
  run.reportMemory(`${to} passages acknowledged`);
  const settled = searchable + (await run.untilIdle());
  const whole = cpuMs(run.pid) - before;
  client.close();
  const count = to - from;
  run.report.row('import', name, {
    passages: count,
    'passages a second': count / (wall / 1000),
    'server CPU ms a passage, acknowledged': acknowledged / count,
    'server CPU ms a passage, settled': whole / count,
    'client CPU ms a passage': (user + system) / 1000 / count,
    'last one found after ms': searchable,
    'settled after s': settled / 1000,
  });
  run.reportMemory(`${to} passages settled`);
}

/** Milliseconds until the last passage is the best answer to itself. */
async function untilFound(run: ServerRun, client: WireClient, index: number): Promise<number> {
  const start = performance.now();
  const vector = run.corpus.passage(index);
  const asked = run.asked({ ...vector, values: vector.values.slice(0, 32 * vector.dims) }, 1);
  const hits = decodeHits(await client.search(encodeSearch(asked)));
  assert.equal(hits[0]?.uuid, run.uuidOf(index), 'what is acknowledged is found');
  return performance.now() - start;
}
