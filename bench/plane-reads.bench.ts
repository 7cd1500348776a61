// What it costs that planes are on disk: the same queries over the same segment with its planes read by
// position and with its planes in memory, taking turns. For numbers: node --no-liftoff
// bench/plane-reads.bench.ts [passages] [queries]. As a test it runs once with tiny sizes.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CandidateSearch, type SearchResult } from '../src/engine/ann/candidate-search.ts';
import type { VectorValue } from '../src/engine/document.ts';
import { KernelMemory } from '../src/engine/kernels/kernel-memory.ts';
import { openKernels } from '../src/engine/kernels/kernels.ts';
import { encodeTokenVectors } from '../src/engine/multivector/encode-token-vectors.ts';
import { MaxSimScorer, prepareQuery } from '../src/engine/multivector/maxsim.ts';
import { openTokenVectors } from '../src/engine/multivector/sealed-token-vectors.ts';
import { randomFrom, randomMulti, vectorsOf } from '../src/engine/multivector/vectors-for-tests.ts';
import { trainCodebook } from '../src/engine/quantize/codebook.ts';
import { encodeCodes } from '../src/engine/quantize/encode-codes.ts';
import { SegmentCodes } from '../src/engine/quantize/segment-codes.ts';
import { DirectoryStore } from '../src/storage/directory-store.ts';
import { NodeDirectory } from '../src/storage/node-directory.ts';
import { openSegment, type SegmentFile, writeSegment } from '../src/storage/segment-files.ts';
import { loadRealPassages } from './real-passages.ts';

const repetitions = 5;
const queryTokens = 32;

interface Workload {
  readonly passages: readonly VectorValue[];
  readonly queries: readonly VectorValue[];
}

async function workload(passages: number, queries: number): Promise<Workload> {
  const real = passages < 1000 ? undefined : await loadRealPassages();
  const random = randomFrom(1);
  const all =
    real?.passages ??
    Array.from({ length: passages + queries }, () => randomMulti(random, 64, 128));
  const cut = ({ dims, values }: VectorValue): VectorValue => ({
    ...{ kind: 'multi', dims, values: values.slice(0, queryTokens * dims) },
  });
  return {
    passages: all.slice(0, passages),
    queries: all.slice(passages, passages + queries).map(cut),
  };
}

async function report(passages: number, queries: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tesserae-planes-'));
  try {
    const store = await DirectoryStore.open(await NodeDirectory.open(folder));
    const kernels = openKernels({ forcePlain: false, clock: performance });
    const given = await workload(passages, queries);
    const vectors = vectorsOf(given.passages, true);
    const order = Uint32Array.from(given.passages.keys());
    const centroids = trainCodebook(kernels, vectors, { seed: 1 });
    await writeSegment(store, 'planes', [
      ...encodeTokenVectors('v', vectors, order),
      ...encodeCodes(kernels, 'c', vectors, centroids),
    ]);
    const file = await openSegment(store, 'planes');
    const lines = measure(file, given.queries);
    file.close();
    return lines;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function measure(file: SegmentFile, queries: readonly VectorValue[]): string {
  const kernels = openKernels({ forcePlain: false, clock: performance });
  const memory = KernelMemory.open();
  const search = CandidateSearch.open(kernels, memory, MaxSimScorer.open(kernels));
  const codes = SegmentCodes.open(file, 'c', memory);
  const [onDisk, resident] = [openTokenVectors(file, 'v'), openTokenVectors(file, 'v')];
  assert.ok(onDisk && resident);
  const plane = new Uint8Array(new SharedArrayBuffer(resident.planeSection.length));
  resident.planeSection.read(0, plane);
  resident.residentPlane = plane;
  const prepared = queries.map((query) => prepareQuery(query, true));
  const lines = [`${onDisk.documentCount} documents, ${onDisk.vectorCount} vectors`];
  for (const exact of [false, true]) {
    const times: [number[], number[]] = [[], []];
    for (let repetition = 0; repetition < (exact ? 2 : repetitions); repetition++) {
      for (const query of prepared) {
        const run = (i: 0 | 1): SearchResult => {
          const part = { vectors: i === 0 ? onDisk : resident, codes, docs: 'all' } as const;
          const start = performance.now();
          const outcome = search.top(query, [part], 10, exact ? { exact } : {});
          times[i].push(performance.now() - start);
          return outcome;
        };
        const first = run(repetition % 2 === 0 ? 0 : 1);
        const second = run(repetition % 2 === 0 ? 1 : 0);
        assert.deepEqual(first.hits, second.hits);
      }
    }
    const [disk, ram] = times.map(median) as [number, number];
    const ratio = (disk / ram).toFixed(2);
    const kind = exact ? 'exact scan' : 'candidates';
    lines.push(`${kind}: on disk ${disk.toFixed(2)} ms, resident ${ram.toFixed(2)} ms: ${ratio}`);
  }
  return `${lines.join('\n')}\n`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  const [passages = 10_000, queries = 100] = process.argv.slice(2).map(Number);
  process.stdout.write(await report(passages, queries));
} else {
  test('the benchmark of plane reads runs', async () => {
    assert.match(await report(100, 3), /candidates: on disk .* ms, resident .* ms: \d/);
  });
}
