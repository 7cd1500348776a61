// What a merge of four segments costs: time, and the most memory of a process that does nothing else.
// For numbers: node --no-liftoff bench/merge.bench.ts [megabytes of the merged segment]. As a test it
// runs once with tiny sizes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BuildTask, buildSegment } from '../src/database/segment-builder.ts';
import type { Document } from '../src/engine/document.ts';
import { openKernels } from '../src/engine/kernels/kernels.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import { encodeSegment } from '../src/engine/segment/encode-segment.ts';
import { MemorySegment } from '../src/engine/segment/memory-segment.ts';
import { DirectoryStore } from '../src/storage/directory-store.ts';
import { NodeDirectory } from '../src/storage/node-directory.ts';
import { openSegment, writeSegment } from '../src/storage/segment-files.ts';
import { passages, uuidOf } from '../test/simulation/world.ts';

const dims = 128;
const tokens = 64;
const sourceCount = 4;
/** f32 and plane row with scale of each vector; the rest is small beside it. */
const documentBytes = tokens * (dims * 5 + 4) + 800;
const config = passages();
const schema = { ...config, collection: config.name, ...config.invertedIndex };

/** Token vectors near the words of a few topics, so that there is something to train on. */
function documents(count: number, seed: number): Iterable<Document> {
  const random = randomFrom(seed);
  const words = new Float32Array(4096 * dims).map(() => random() - 0.5);
  return (function* () {
    for (let n = 0; n < count; n += 1) {
      const topic = Math.floor(random() * 4096);
      const values = new Float32Array(tokens * dims);
      const text: string[] = [];
      for (let t = 0; t < tokens; t += 1) {
        const word = (topic * 31 + Math.floor(random() ** 2 * 200)) % 4096;
        text.push(`word${word}`);
        for (let i = 0; i < dims; i += 1) {
          values[t * dims + i] = words[word * dims + i]! + 0.3 * (random() - 0.5);
        }
      }
      yield {
        uuid: uuidOf(Math.floor(random() * 2 ** 46)),
        ...{ createdAt: 1, updatedAt: 1, properties: { text: text.join(' '), number: n } },
        vectors: new Map([['mv', { kind: 'multi', dims, values }]]),
      };
    }
  })();
}

/** Segments as sealing makes them. */
async function makeSources(store: DirectoryStore, bytes: number): Promise<void> {
  const rows = openKernels({ forcePlain: false }).createRows();
  for (let source = 0; source < sourceCount; source += 1) {
    const segment = new MemorySegment(rows);
    const count = Math.ceil(bytes / sourceCount / documentBytes);
    for (const document of documents(count, source + 1)) segment.add(document, schema);
    await writeSegment(store, `source-${source}`, encodeSegment([segment], schema));
  }
}

const task: BuildTask = {
  kind: 'build',
  sources: Array.from({ length: sourceCount }, (_, source) => ({
    key: `source-${source}`,
    deleted: new Uint32Array(0),
  })),
  ...{ codebooks: [], schema, trainedVectorsMin: 1000, target: 'merged' },
};

interface Outcome {
  readonly ms: number;
  readonly cpuMs: number;
  readonly rssBefore: number;
  readonly rssMax: number;
}

/** Runs alone in a process that a small one has started, so that its memory can be told. */
async function merge(folder: string): Promise<Outcome> {
  const store = await DirectoryStore.open(await NodeDirectory.open(folder));
  openKernels({ forcePlain: false, clock: performance });
  const rssBefore = process.memoryUsage.rss();
  const start = performance.now();
  const cpu = process.cpuUsage();
  await buildSegment(store, task);
  const { user, system } = process.cpuUsage(cpu);
  const rssMax = process.resourceUsage().maxRSS * 1024;
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000, rssBefore, rssMax };
}

/** Runs one of the commands below in a process of its own; a child starts with its parent's peak. */
function inProcess(...given: readonly string[]): string {
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--no-liftoff', import.meta.filename, ...given],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  assert.equal(status, 0, `${given[0]} ended well`);
  return stdout;
}

async function report(megabytes: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-merge-'));
  try {
    inProcess('make', folder, String(megabytes));
    const outcome = JSON.parse(inProcess('merge', folder)) as Outcome;
    const { ms, cpuMs, rssBefore, rssMax } = outcome;
    const store = await DirectoryStore.open(await NodeDirectory.open(folder));
    const file = await openSegment(store, 'merged');
    const { bytes } = file;
    file.close();
    const mb = (some: number): string => (some / 1e6).toFixed(0);
    return `merged ${mb(bytes)} MB in ${(ms / 1000).toFixed(1)} s (${(cpuMs / 1000).toFixed(1)} s CPU), \
${(bytes / 1e3 / ms).toFixed(0)} MB/s; memory ${mb(rssBefore)} MB before, ${mb(rssMax)} MB at most\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
const [command, folder = '', given = ''] = process.argv.slice(2);
if (import.meta.main && command === 'make') {
  const store = await DirectoryStore.open(await NodeDirectory.open(folder));
  await makeSources(store, Number(given) * 1e6);
} else if (import.meta.main && command === 'merge') {
  process.stdout.write(JSON.stringify(await merge(folder)));
} else if (import.meta.main && !underTest) {
  process.stdout.write(await report(Number(command ?? 1200)));
} else {
  test('the benchmark of merges runs', async () => {
    assert.match(await report(2), /merged 2 MB in .* MB at most/);
  });
}
