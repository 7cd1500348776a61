// How many documents a processor second embeds, how long a query waits beside an import, and what memory
// the workers take: for 1, 2, … workers, taking turns. Small, as a test, unless TESSERAE_BENCH is set.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeTinyFolder } from '../../../test/tiny-model.ts';
import { LocalModels } from './local-models.ts';
import { type LocalModelSettings, locateModel } from './model-location.ts';
import { modelState, modelsDirectory } from './model-store.ts';
import type { TokenEncoder } from './token-encoder.ts';

const isBench = process.env['TESSERAE_BENCH'] === '1';
const rounds = isBench ? 3 : 1;
const passageCount = isBench ? 64 : 8;

interface Measured {
  readonly perProcessorSecond: number;
  readonly perSecond: number;
  readonly queryMs: number;
  readonly megabytes: number;
}

test('documents a second, queries beside them, memory', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-bench-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { name, settings } = await benchModel(folder);
  const counts = isBench ? workerCounts() : [1];
  const found = new Map<string, Measured[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const workers of counts) {
      for (const kind of ['passages', 'titles'] as const) {
        const key = `${kind}, ${workers} workers`;
        const measured = await measure(name, { ...settings, workers }, textsOf(kind));
        found.set(key, [...(found.get(key) ?? []), measured]);
      }
    }
  }
  for (const [key, all] of found) {
    const middle = (of: (one: Measured) => number): string =>
      (all.map(of).toSorted((a, b) => a - b)[all.length >> 1] ?? 0).toFixed(1);
    t.diagnostic(
      `${name}, ${key}: ${middle((one) => one.perProcessorSecond)} a processor second, ` +
        `${middle((one) => one.perSecond)} a second, a query ${middle((one) => one.queryMs)} ms, ` +
        `${middle((one) => one.megabytes)} MB in the workers`,
    );
    assert.ok(all.every((one) => one.perSecond > 0));
  }
});

/** MODEL of the environment, else minilm where it is here, else the tiny one. */
async function benchModel(
  folder: string,
): Promise<{ readonly name: string; readonly settings: LocalModelSettings }> {
  const settings = { directory: modelsDirectory(), ownDirectory: process.env['MODEL_DIR'] };
  const name = process.env['MODEL'] ?? 'minilm';
  const model = locateModel(name, settings);
  const isHere =
    model.from === 'folder' ||
    (await modelState(model.entry, settings.directory, 'quick')).kind === 'present';
  if (isBench && isHere) return { name, settings };
  await writeTinyFolder(join(folder, 'tiny'));
  return { name: 'tiny', settings: { directory: folder, ownDirectory: folder } };
}

function workerCounts(): readonly number[] {
  return [1, 2, 3, 4].filter((count) => count <= availableParallelism());
}

/** About 70 tokens each, or about 10: the words of this project's documents. */
function textsOf(kind: 'passages' | 'titles'): readonly string[] {
  const words = readFileSync(join(import.meta.dirname, '../../../docs/ARCHITECTURE.md'), 'utf8')
    .split(/\s+/)
    .filter((word) => /^[a-z]+$/i.test(word));
  const [least, spread] = kind === 'passages' ? [50, 12] : [6, 5];
  return Array.from({ length: passageCount }, (_, index) => {
    const from = (index * 53) % (words.length - 80);
    return words.slice(from, from + least + (index % spread)).join(' ');
  });
}

async function measure(
  name: string,
  settings: LocalModelSettings,
  texts: readonly string[],
): Promise<Measured> {
  await using models = new LocalModels(settings);
  const encoder = await models.encoder(name);
  // Every worker is started and warm before it counts.
  await encoder.encode(texts);
  const before = processorMs(encoder);
  const start = performance.now();
  await encoder.encode(texts);
  const seconds = (performance.now() - start) / 1000;
  const spent = (processorMs(encoder) - before) / 1000;
  const importing = encoder.encode(texts);
  const waits: number[] = [];
  for (let query = 0; query < 5; query += 1) {
    const asked = performance.now();
    await encoder.encode(['which pages name the record limit'], {
      as: 'query',
      priority: 'urgent',
    });
    waits.push(performance.now() - asked);
  }
  await importing;
  return {
    perProcessorSecond: spent > 0 ? texts.length / spent : 0,
    perSecond: texts.length / seconds,
    queryMs: waits.toSorted((a, b) => a - b)[2] ?? 0,
    megabytes: residentBytes(encoder) / 1e6,
  };
}

/** Processor time of the workers so far; 0 where the system does not tell it. */
function processorMs(encoder: TokenEncoder): number {
  return encoder.workerPids.reduce((sum, pid) => {
    const fields = statusOf(pid, 'stat')
      .replace(/^.*\) /, '')
      .split(' ');
    // Clock ticks, 100 a second.
    return sum + 10 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
  }, 0);
}

function residentBytes(encoder: TokenEncoder): number {
  return encoder.workerPids.reduce((sum, pid) => {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(statusOf(pid, 'status'))?.[1];
    return sum + 1024 * Number(kilobytes ?? 0);
  }, 0);
}

function statusOf(pid: number, file: string): string {
  return process.platform === 'linux' ? readFileSync(`/proc/${pid}/${file}`, 'utf8') : '';
}
