// What an import costs by other ways than the lean client: the official Python client over gRPC, and the
// library in this process.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { open } from '../../src/index.ts';
import { hasPython, pythonWithClient } from '../../test/clients/python.ts';
import { cpuMs, untilIdle } from '../process-figures.ts';
import { writeVectorFile } from '../vector-file.ts';
import type { ServerRun } from './server-run.ts';

const execute = promisify(execFile);

/** What the Python program prints. */
interface Told {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly failed: number;
  readonly stored: number;
}

/** The official Python client, in both of its manners, each into a fresh server. */
export async function measurePythonImport(run: ServerRun): Promise<void> {
  if (!(await hasPython())) {
    run.report.fact('Python', 'no python3 that makes virtual environments: left out');
    return;
  }
  await run.stop();
  const python = await pythonWithClient();
  const { corpus, sizes, report } = run;
  const count = Math.min(corpus.count, sizes.otherImports);
  const folder = mkdtempSync(join(run.folder, 'python-'));
  const file = join(folder, 'vectors.bin');
  writeVectorFile(file, corpus.dims, count, (index) => corpus.passage(index));
  const program = join(import.meta.dirname, 'official_import.py');
  for (const manner of ['batch', 'insert_many']) {
    const server = await run.startOn(join(folder, manner), 'python');
    await untilIdle(server.process.pid!, sizes.quietMs, sizes.settleMs);
    const before = cpuMs(server.process.pid!);
    const ports = [server.port, server.grpcPort].map(String);
    const args = [program, ...ports, 'Python', file, manner, String(sizes.batch)];
    const { stdout } = await execute(python, args);
    const told = JSON.parse(stdout) as Told;
    assert.equal(told.failed, 0, 'the client reports no failed objects');
    assert.equal(told.stored, count, 'the server has all objects');
    const acknowledged = cpuMs(server.process.pid!) - before;
    const settled = await untilIdle(server.process.pid!, sizes.quietMs, sizes.settleMs);
    const whole = cpuMs(server.process.pid!) - before;
    await server.stop();
    report.row('import', `official Python client, ${manner}`, {
      passages: count,
      'passages a second': count / told.seconds,
      'server CPU ms a passage, acknowledged': acknowledged / count,
      'server CPU ms a passage, settled': whole / count,
      'client CPU ms a passage': (told.cpuSeconds * 1000) / count,
      'settled after s': settled / 1000,
    });
  }
  rmSync(folder, { recursive: true });
}

/** The library, in this process: no wire, no other process. */
export async function measureLibraryImport(run: ServerRun): Promise<void> {
  await run.stop();
  const { corpus, sizes, report } = run;
  const count = Math.min(corpus.count, sizes.otherImports);
  const folder = mkdtempSync(join(run.folder, 'library-'));
  const objects = Array.from({ length: count }, (_, i) => run.objectAt(i));
  await using database = await open(folder);
  const library = await database.createCollection<{ text: string; number: number }>({
    name: 'Library',
    properties: [
      { name: 'text', type: 'text' },
      { name: 'number', type: 'int' },
    ],
    vectors: [{ name: 'mv', kind: 'multi' }],
  });
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let from = 0; from < count; from += sizes.batch) {
    const batch = objects.slice(from, from + sizes.batch).map(({ uuid, vector, text, number }) => ({
      ...{ uuid, properties: { text, number }, vectors: { mv: vector } },
    }));
    const results = await library.insertMany(batch);
    assert.ok(results.every(({ kind }) => kind === 'stored'));
  }
  const seconds = (performance.now() - start) / 1000;
  const acknowledged = cpuSince(cpu);
  const settled = await untilOwnIdle(sizes.quietMs, sizes.settleMs);
  report.row('import', 'library, in process', {
    passages: count,
    'passages a second': count / seconds,
    'server CPU ms a passage, acknowledged': acknowledged / count,
    'server CPU ms a passage, settled': cpuSince(cpu) / count,
    'settled after s': settled / 1000,
  });
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** As untilIdle, of this process. */
async function untilOwnIdle(quietMs: number, maxMs: number): Promise<number> {
  const start = performance.now();
  let lastWork = start;
  while (performance.now() - lastWork < quietMs) {
    if (performance.now() - start > maxMs) throw new Error(`still busy after ${maxMs} ms`);
    const before = process.cpuUsage();
    await wait(100);
    if (cpuSince(before) > 10) lastWork = performance.now();
  }
  return lastWork - start;
}
