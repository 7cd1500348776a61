// Durable appends per second of the file log, one caller against 64 that share writes and syncs. With
// TESSERAE_BENCH=1 in full size and on the disk that holds the temporary folder; otherwise small: then
// only a test that everything acknowledged is there.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sequence } from '../../test/contract/log.ts';
import { FileLog } from './file-log.ts';
import { NodeDirectory } from './node-directory.ts';

const full = process.env['TESSERAE_BENCH'] === '1';
const sizes = full
  ? { appends: { 1: 1000, 64: 20_000 }, rounds: 3 }
  : { appends: { 1: 10, 64: 128 }, rounds: 1 };
/** A small object, and one with a multi-vector of 70 × 128 float32. */
const recordBytes = [300, 36_000];

test('durable appends with one caller and with 64', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-bench-'));
  try {
    for (const bytes of recordBytes) {
      const rates: number[] = [];
      for (const callers of [1, 64] as const) {
        let best = 0;
        for (let round = 0; round < sizes.rounds; round += 1) {
          const path = join(folder, `${bytes}-${callers}-${round}`);
          best = Math.max(best, await rate(path, callers, sizes.appends[callers], bytes));
        }
        rates.push(best);
        const speed = ((best * bytes) / 1e6).toFixed(1);
        t.diagnostic(
          `${callers} callers, ${bytes} bytes: ${best.toFixed(0)} appends/s, ${speed} MB/s`,
        );
      }
      t.diagnostic(`64 callers against 1: ${((rates[1] ?? 0) / (rates[0] ?? 1)).toFixed(1)} times`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Appends per second; afterwards the log is opened again and counted. */
async function rate(
  path: string,
  callers: number,
  appends: number,
  bytes: number,
): Promise<number> {
  const directory = await NodeDirectory.open(path);
  const log = await FileLog.open(directory);
  const record = new Uint8Array(bytes).map((_, index) => index * 7);
  let left = appends;
  const call = async () => {
    while (left > 0) {
      left -= 1;
      await log.append([record]);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, call));
  const seconds = (performance.now() - start) / 1000;
  await log.close();
  const again = await FileLog.open(directory);
  let count = 0;
  for await (const found of again.read(sequence(1))) count += found.bytes.length === bytes ? 1 : 0;
  assert.equal(count, appends);
  await again.close();
  return appends / seconds;
}
