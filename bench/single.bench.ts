// Single vectors by lists against our own scan of everything, in one process: recall, time, training,
// memory. For numbers: node --no-liftoff bench/single.bench.ts [workload] [vectors] [dims] [queries]; the workloads are
// made-up clusters ("clusters"), windows of real passages ("windows") and their token vectors ("tokens"). A
// quiet core; several runs, take medians. As a test it runs once with tiny sizes.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type SingleOptions,
  type SinglePart,
  SingleSearch,
} from '../src/engine/ann/single-search.ts';
import type { VectorValue } from '../src/engine/document.ts';
import { KernelMemory } from '../src/engine/kernels/kernel-memory.ts';
import { type Kernels, openKernels } from '../src/engine/kernels/kernels.ts';
import { encodeTokenVectors } from '../src/engine/multivector/encode-token-vectors.ts';
import { MemoryTokenVectors } from '../src/engine/multivector/memory-token-vectors.ts';
import { openTokenVectors } from '../src/engine/multivector/sealed-token-vectors.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import { encodeSingleLists, type ListMetric } from '../src/engine/quantize/encode-single-lists.ts';
import { SingleLists } from '../src/engine/quantize/single-lists.ts';
import type { Section } from '../src/engine/segment/sections.ts';
import { DirectoryStore } from '../src/storage/directory-store.ts';
import { NodeDirectory } from '../src/storage/node-directory.ts';
import { openSegment, writeSegment } from '../src/storage/segment-files.ts';
import { loadRealPassages } from './real-passages.ts';

interface Workload {
  readonly vectors: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
}

/** Topics of uneven size in a space of few latent dims, seen through a random matrix, with noise. */
function clusters(count: number, dims: number, queryCount: number): Workload {
  const random = randomFrom(dims + 1);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const latent = 48;
  const topics = Math.max(8, Math.round(Math.sqrt(count) / 2));
  const matrix = new Float32Array(latent * dims).map(() => normal() / Math.sqrt(dims));
  const middles = new Float32Array(topics * latent).map(() => normal());
  const mean = new Float32Array(dims).map(() => (normal() * 4) / Math.sqrt(dims));
  const make = (): Float32Array => {
    const topic = Math.floor(topics * random() ** 2);
    const values = mean.slice();
    for (let l = 0; l < latent; l++) {
      const weight = middles[topic * latent + l]! + 0.7 * normal();
      for (let i = 0; i < dims; i++) values[i]! += weight * matrix[l * dims + i]!;
    }
    for (let i = 0; i < dims; i++) values[i]! += (1.5 * normal()) / Math.sqrt(dims);
    return values;
  };
  const many = Array.from({ length: count + queryCount }, make);
  return { vectors: many.slice(0, count), queries: many.slice(count) };
}

/** Means of 12 neighbouring token vectors of real passages, or the token vectors. */
async function real(
  count: number,
  queryCount: number,
  windowTokens: number,
): Promise<Workload | undefined> {
  const loaded = await loadRealPassages();
  if (loaded === undefined) return undefined;
  const { dims, passages } = loaded;
  const windows = (value: VectorValue): Float32Array[] => {
    const found: Float32Array[] = [];
    for (let from = 0; (from + windowTokens) * dims <= value.values.length; from++) {
      const window = new Float32Array(dims);
      for (let i = 0; i < windowTokens * dims; i++)
        window[i % dims]! += value.values[from * dims + i]!;
      found.push(window);
    }
    return found;
  };
  const queries = passages.slice(-queryCount).map((value, i) => {
    const own = windows(value);
    return own[(i * 7) % own.length] ?? value.values.slice(0, dims);
  });
  const vectors: Float32Array[] = [];
  for (const value of passages.slice(0, -queryCount)) {
    for (const window of windows(value)) vectors.push(window);
    if (vectors.length >= count) break;
  }
  return { vectors: vectors.slice(0, count), queries };
}

interface Prepared extends AsyncDisposable {
  readonly part: SinglePart;
  readonly report: string;
}

/** Vectors and lists in a file, as in a sealed segment. */
async function prepare(
  kernels: Kernels,
  memory: KernelMemory,
  metric: ListMetric,
  rows: readonly Float32Array[],
): Promise<Prepared> {
  const dims = rows[0]!.length;
  const given = MemoryTokenVectors.open({
    normalized: metric === 'cosine',
    rows: kernels.createRows(),
  });
  for (const [doc, values] of rows.entries()) given.append(doc, { kind: 'single', dims, values });
  const folder = await mkdtemp(join(tmpdir(), 'tesserae-bench-'));
  const store = await DirectoryStore.open(await NodeDirectory.open(folder));
  const order = Uint32Array.from(rows.keys());
  let trainingUs = 0;
  function* sections(): Generator<Section> {
    yield* encodeTokenVectors('v', given, order);
    const start = process.cpuUsage();
    yield* encodeSingleLists(kernels, 'v.lists', given, metric);
    const { user, system } = process.cpuUsage(start);
    trainingUs = user + system;
  }
  await writeSegment(store, 'segment', sections());
  const file = await openSegment(store, 'segment');
  const vectors = openTokenVectors(file, 'v')!;
  const lists = SingleLists.open(file, 'v.lists', memory)!;
  const perVector = (amount: number): string => (amount / rows.length).toFixed(1);
  const disk = file.names
    .filter((name) => name.startsWith('v.lists'))
    .reduce((sum, name) => sum + file.section(name)!.length, 0);
  const report = `${rows.length} vectors of ${dims}, ${metric}: ${lists.listCount} lists, training \
${perVector(trainingUs)} us CPU a vector; resident ${perVector(lists.bytes)}, on disk ${perVector(disk)} bytes a vector`;
  const close = async (): Promise<void> => {
    file.close();
    await rm(folder, { recursive: true });
  };
  return { part: { vectors, lists, docs: 'all' }, report, [Symbol.asyncDispose]: close };
}

/** Exact and by lists in turns. */
function measure(
  search: SingleSearch,
  metric: ListMetric,
  part: SinglePart,
  queries: readonly Float32Array[],
  k: number,
  options: SingleOptions = {},
): string {
  const [ms, exactMs]: [number[], number[]] = [[], []];
  let [recall, worst, rows, lists, rounds, finished, exactly] = [0, 1, 0, 0, 0, 0, 0];
  const n = queries.length;
  for (const values of queries) {
    const query: VectorValue = { kind: 'single', dims: values.length, values };
    const began = performance.now();
    const { hits, counts } = search.top(metric, query, [part], k, options);
    ms.push(performance.now() - began);
    const exactBegan = performance.now();
    const { hits: exact } = search.top(metric, query, [part], k, { exact: true });
    exactMs.push(performance.now() - exactBegan);
    const least = exact[exact.length - 1]!.score;
    const found = hits.filter(({ score }) => score >= least).length / exact.length;
    recall += Math.min(1, found) / n;
    worst = Math.min(worst, found);
    rows += counts.rows / n;
    lists += counts.lists / n;
    rounds += counts.rounds / n;
    finished += counts.finished / n;
    exactly += counts.exactParts / n;
  }
  const [fast, slow] = [median(ms), median(exactMs)];
  return `recall@${k} ${recall.toFixed(4)} (worst ${worst.toFixed(2)}), ${fast.toFixed(3)} ms, exact \
${slow.toFixed(2)}: ${(slow / fast).toFixed(1)} times; ${rows.toFixed(0)} rows of ${lists.toFixed(0)} lists \
in ${rounds.toFixed(1)} rounds, finished ${finished.toFixed(0)}, exactly ${exactly.toFixed(2)}`;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

async function report(workload: Workload, metric: ListMetric): Promise<string> {
  const kernels = openKernels({
    forcePlain: process.env['TESSERAE_KERNELS'] === 'plain',
    clock: performance,
  });
  const memory = KernelMemory.open();
  const search = SingleSearch.open(kernels, memory);
  await using prepared = await prepare(kernels, memory, metric, workload.vectors);
  const { part, report: training } = prepared;
  const lines = [kernels.reason, training];
  const count = workload.vectors.length;
  measure(search, metric, part, workload.queries.slice(0, 20), 10);
  for (const k of [1, 10, 100, 1000]) {
    lines.push(`  ${measure(search, metric, part, workload.queries, k)}`);
  }
  for (const ef of [256, 1024]) {
    lines.push(`  ef ${ef}: ${measure(search, metric, part, workload.queries, 10, { ef })}`);
  }
  for (const every of [2, 10, 30, 100, 1000]) {
    const docs = Uint32Array.from({ length: Math.floor(count / every) }, (_, i) => i * every);
    const some = { ...part, docs };
    lines.push(`  1/${every}: ${measure(search, metric, some, workload.queries, 10)}`);
    lines.push(
      `    lists: ${measure(search, metric, some, workload.queries, 10, { approximate: true })}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  const [name = 'clusters', count = '100000', dims = '384', queries = '100', metric = 'cosine'] =
    process.argv.slice(2);
  const made =
    name === 'clusters'
      ? clusters(Number(count), Number(dims), Number(queries))
      : await real(Number(count), Number(queries), name === 'windows' ? 12 : 1);
  if (made === undefined) process.stdout.write('the passages are not beside the project\n');
  else process.stdout.write(`${name}\n${await report(made, metric as ListMetric)}`);
} else {
  test('the benchmark of single vectors runs', async () => {
    assert.match(await report(clusters(2000, 24, 6), 'cosine'), /recall@10 (1\.0|0\.9)/);
  });
}
