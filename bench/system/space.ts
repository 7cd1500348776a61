// What the data takes on disk, and in memory by the server's own account.

import { diskBytes } from '../process-figures.ts';
import type { ServerRun } from './server-run.ts';

/** Disk by kind of file; memory by the gauges of bytes that the server publishes, where it does. */
export async function measureSpace(run: ServerRun): Promise<void> {
  await run.start('space');
  const { vectorCount, dataFolder } = run;
  const segments = diskBytes(dataFolder, (path) => path.includes('.segment'));
  const rest = diskBytes(dataFolder, (path) => !path.includes('.segment'));
  for (const [row, bytes] of [
    ['segments on disk', segments],
    ['log and the rest on disk', rest],
    ...(await publishedBytes(run)),
  ] as const) {
    run.report.row('space', row, {
      MiB: bytes / 2 ** 20,
      'bytes a token vector': bytes / vectorCount,
    });
  }
  run.report.row('space', 'originals alone', {
    MiB: (vectorCount * run.corpus.dims * 4) / 2 ** 20,
    'bytes a token vector': run.corpus.dims * 4,
  });
}

async function publishedBytes(run: ServerRun): Promise<(readonly [string, number])[]> {
  const response = await fetch(`${run.server.url}/metrics`);
  const text = await response.text();
  if (!response.ok) return [];
  return Array.from(
    text.matchAll(/^(\w*_bytes(?:\{[^}]*\})?) (\S+)$/gm),
    ([, name = '', value]) => [`metrics: ${name}`, Number(value)] as const,
  );
}
