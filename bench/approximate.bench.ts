// The approximate stage against our own scan of everything, in one process: queries a second, recall,
// training, memory. For numbers: node --no-liftoff bench/approximate.bench.ts [passages] [queries] (a
// quiet core; several runs, take medians). Real passages where they are at hand (real-passages.ts), else
// made-up ones. As a test it runs once with tiny sizes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CandidateSearch, type SearchPart } from '../src/engine/ann/candidate-search.ts';
import type { VectorValue } from '../src/engine/document.ts';
import { KernelMemory } from '../src/engine/kernels/kernel-memory.ts';
import { type Kernels, openKernels } from '../src/engine/kernels/kernels.ts';
import { type MaxSimQuery, MaxSimScorer, prepareQuery } from '../src/engine/multivector/maxsim.ts';
import { MemoryTokenVectors } from '../src/engine/multivector/memory-token-vectors.ts';
import type { TokenVectors } from '../src/engine/multivector/token-vectors.ts';
import { randomFrom, sourceOf } from '../src/engine/multivector/vectors-for-tests.ts';
import { trainCodebook } from '../src/engine/quantize/codebook.ts';
import { encodeCodes } from '../src/engine/quantize/encode-codes.ts';
import { SegmentCodes } from '../src/engine/quantize/segment-codes.ts';
import { loadRealPassages, type RealPassages } from './real-passages.ts';

const repetitions = 3;
/** Tokens of a query that is cut from a passage that is not in the segment. */
const cutTokens = 32;

interface Workload {
  readonly vectors: TokenVectors;
  readonly querySets: readonly (readonly [string, readonly VectorValue[]])[];
}

function madeUp(passages: number): RealPassages {
  const random = randomFrom(1);
  const dims = 64;
  const words = new Float32Array(512 * dims).map(() => random() - 0.5);
  const document = (topic: number, tokens: number): VectorValue => {
    const values = new Float32Array(tokens * dims);
    for (let t = 0; t < tokens; t++) {
      const word = (topic * 31 + Math.floor(random() * 40)) % 512;
      for (let i = 0; i < dims; i++) {
        values[t * dims + i] = words[word * dims + i]! + 0.4 * (random() - 0.5);
      }
    }
    return { kind: 'multi', dims, values };
  };
  const many = Array.from({ length: passages + 60 }, (_, i) => document(i, 48));
  return { dims, passages: many, questions: many.slice(0, 20) };
}

function workload(
  { passages, questions, dims }: RealPassages,
  count: number,
  queries: number,
): Workload {
  const vectors = MemoryTokenVectors.open({ normalized: true });
  for (let doc = 0; doc < count; doc++) vectors.append(doc, passages[doc]);
  const part = (tokens: number): VectorValue[] =>
    passages
      .slice(count)
      .filter(({ values }) => values.length >= (cutTokens + 4) * dims)
      .slice(0, queries)
      .map(({ values }, i) => {
        const from = (tokens === cutTokens ? 4 : i % cutTokens) * dims;
        return { kind: 'multi', dims, values: values.slice(from, from + tokens * dims) };
      });
  const asked = questions.slice(0, queries);
  return {
    vectors,
    querySets: [
      ['questions', asked],
      [`${cutTokens} tokens`, part(cutTokens)],
      ['3 tokens', part(3)],
      ['1 token', part(1)],
    ],
  };
}

interface Trained {
  readonly codes: SegmentCodes;
  readonly report: string;
}

function train(kernels: Kernels, vectors: TokenVectors, memory: KernelMemory): Trained {
  const start = process.cpuUsage();
  const centroids = trainCodebook(kernels, vectors, { seed: 1 });
  const trainedUs = cpuUs(start);
  const source = sourceOf(encodeCodes(kernels, 'codes', vectors, centroids));
  const encodedUs = cpuUs(start) - trainedUs;
  const opening = performance.now();
  const codes = SegmentCodes.open(source, 'codes', memory);
  assert.ok(codes);
  const openMs = performance.now() - opening;
  const perPassage = (us: number): string => (us / vectors.documentCount).toFixed(0);
  const perVector = (bytes: number): string => (bytes / vectors.vectorCount).toFixed(2);
  const report = `${codes.codebook.centroidCount} centroids: training ${perPassage(trainedUs)}, codes \
${perPassage(encodedUs)} us CPU a passage; opened in ${openMs.toFixed(0)} ms
resident ${perVector(codes.bytes)} bytes a vector: codes ${perVector(codes.codeCount * 2)}, centroids \
${perVector(codes.codebook.centroidCount * (codes.codebook.stride + 4))}, lists ${codes.lists.length > 0 ? perVector(codes.codeCount * 2) : 'none'}
`;
  return { codes, report };
}

function cpuUs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

/** One set of queries, exact and approximate taking turns. */
function measure(
  search: CandidateSearch,
  part: SearchPart,
  queries: readonly MaxSimQuery[],
  k: number,
): string {
  const exactMs: number[] = [];
  const ms: number[] = [];
  const totals = { recall: 0, worst: 1, scanned: 0, firstHalves: 0, secondHalves: 0, finished: 0 };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const query of queries) {
      const start = performance.now();
      const { hits, counts } = search.top(query, [part], k);
      ms.push(performance.now() - start);
      if (repetition > 0) continue;
      const exactStart = performance.now();
      const exact = search.top(query, [part], k, { exact: true });
      exactMs.push(performance.now() - exactStart);
      const best = new Set(exact.hits.map(({ doc }) => doc));
      const recall = hits.filter(({ doc }) => best.has(doc)).length / best.size;
      totals.recall += recall / queries.length;
      totals.worst = Math.min(totals.worst, recall);
      totals.scanned += counts.scanned / queries.length;
      totals.firstHalves += counts.firstHalves / queries.length;
      totals.secondHalves += counts.secondHalves / queries.length;
      totals.finished += counts.finished / queries.length;
    }
  }
  const [fast, slow] = [median(ms), median(exactMs)];
  const { recall, worst, scanned, firstHalves, secondHalves, finished } = totals;
  return `recall@${k} ${recall.toFixed(4)} (worst ${worst.toFixed(2)}), ${fast.toFixed(2)} ms, \
exact ${slow.toFixed(1)}: ${(slow / fast).toFixed(1)} times as fast; scanned ${scanned.toFixed(0)}, \
halves ${firstHalves.toFixed(0)} and ${secondHalves.toFixed(0)}, finished ${finished.toFixed(0)}`;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function report(real: RealPassages, count: number, queries: number): string {
  const clock = performance;
  const kernels = openKernels({ forcePlain: process.env['TESSERAE_KERNELS'] === 'plain', clock });
  const { vectors, querySets } = workload(real, count, queries);
  const memory = KernelMemory.open();
  const search = CandidateSearch.open(kernels, memory, MaxSimScorer.open(kernels));
  const { codes, report: training } = train(kernels, vectors, memory);
  const lines = [
    kernels.reason,
    `${count} passages, ${vectors.vectorCount} vectors of ${vectors.dims}`,
    training,
  ];
  const everyHundredth = Uint32Array.from({ length: Math.floor(count / 100) }, (_, i) => i * 100);
  const tenth = Uint32Array.from({ length: Math.floor(count / 10) }, (_, i) => i * 10);
  const all: SearchPart = { vectors, codes, docs: 'all' };
  for (const [name, values] of querySets) {
    // A small number of queries may leave a kind without any.
    if (values.length === 0) continue;
    const prepared = values.map((value) => prepareQuery(value, true));
    lines.push(`${name}: ${measure(search, all, prepared, 10)}`);
    if (name === '1 token') continue;
    lines.push(`  ${measure(search, all, prepared, 100)}`);
    lines.push(`  10 % allowed: ${measure(search, { ...all, docs: tenth }, prepared, 10)}`);
    lines.push(`  1 % allowed: ${measure(search, { ...all, docs: everyHundredth }, prepared, 10)}`);
  }
  return `${lines.join('\n')}\n`;
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  const [passages = 10_000, queries = 200] = process.argv.slice(2).map(Number);
  const real = await loadRealPassages();
  if (real === undefined) process.stdout.write('no real passages: made-up ones\n');
  process.stdout.write(report(real ?? madeUp(passages), passages, queries));
} else {
  test('the benchmark of the approximate stage runs', () => {
    assert.match(report(madeUp(300), 300, 4), /recall@10 1\.0|recall@10 0\.9/);
  });
}
