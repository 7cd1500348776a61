// A query over several segments: each with centroids of its own, or all with the codebook of the first
// that was sealed. Both ways take turns in one process; times are processor time of the thread. For
// numbers: node --no-liftoff bench/approximate-segments.bench.ts [passages] [queries]. Real passages where
// they are at hand, else made-up ones. As a test it runs once with tiny sizes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CandidateSearch,
  type FoundDocument,
  type SearchPart,
} from '../src/engine/ann/candidate-search.ts';
import { KernelMemory } from '../src/engine/kernels/kernel-memory.ts';
import { type Kernels, openKernels } from '../src/engine/kernels/kernels.ts';
import { type MaxSimQuery, MaxSimScorer, prepareQuery } from '../src/engine/multivector/maxsim.ts';
import { MemoryTokenVectors } from '../src/engine/multivector/memory-token-vectors.ts';
import type { TokenVectors } from '../src/engine/multivector/token-vectors.ts';
import { sourceOf } from '../src/engine/multivector/vectors-for-tests.ts';
import { type Codebook, trainCodebook } from '../src/engine/quantize/codebook.ts';
import { encodeCodes } from '../src/engine/quantize/encode-codes.ts';
import { SegmentCodes } from '../src/engine/quantize/segment-codes.ts';
import { type Corpus, madeUpCorpus, openCorpus } from './corpus.ts';

/** Passages of each segment right after an import of 10,000: a merge of four, two and a rest. */
const shares = [0.614, 0.1535, 0.1535];
const rounds = 3;

interface Way {
  readonly name: string;
  readonly parts: readonly SearchPart[];
}

function segmentsOf(corpus: Corpus, kernels: Kernels): TokenVectors[] {
  const ends = shares.map((_, i) =>
    Math.floor(corpus.count * shares.slice(0, i + 1).reduce((sum, share) => sum + share, 0)),
  );
  let from = 0;
  return [...ends, corpus.count].map((end) => {
    const vectors = MemoryTokenVectors.open({ normalized: true, rows: kernels.createRows() });
    for (let doc = from; doc < end; doc++) vectors.append(doc - from, corpus.passage(doc));
    from = end;
    return vectors;
  });
}

/** What a segment took for itself before codebooks were shared. */
function ownCount(vectorCount: number): number {
  return 2 ** Math.round(Math.log2(11 * Math.sqrt(vectorCount)));
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function train(kernels: Kernels, vectors: TokenVectors, count?: number): Codebook {
  const limit = count === undefined ? {} : { centroidCount: count };
  return trainCodebook(kernels, vectors, { seed: 1, ...limit });
}

function recall(hits: readonly FoundDocument[], best: ReadonlySet<string>): number {
  return hits.filter(({ part, doc }) => best.has(`${part}/${doc}`)).length / best.size;
}

/** One set of queries, all ways taking turns. */
function measure(
  search: CandidateSearch,
  ways: readonly Way[],
  queries: readonly MaxSimQuery[],
  k: number,
): string[] {
  const totals = ways.map(() => ({ ms: 0, recall: 0, firstHalves: 0, tableRows: 0 }));
  for (const query of queries) {
    const { hits } = search.top(query, ways[0]!.parts, k, { exact: true });
    const best = new Set(hits.map(({ part, doc }) => `${part}/${doc}`));
    for (let round = 0; round < rounds; round++) {
      for (const [i, { parts }] of ways.entries()) {
        const start = cpuMs();
        const found = search.top(query, parts, k);
        const total = totals[i]!;
        total.ms += (cpuMs() - start) / rounds / queries.length;
        total.recall += recall(found.hits, best) / rounds / queries.length;
        total.firstHalves += found.counts.firstHalves / rounds / queries.length;
        total.tableRows += found.counts.tableRows / rounds / queries.length;
      }
    }
  }
  return totals.map(({ ms, recall: share, firstHalves, tableRows }, i) => {
    const figures = `${ms.toFixed(2)} ms, recall@${k} ${share.toFixed(4)}`;
    const counts = `${firstHalves.toFixed(0)} first halves, ${tableRows.toFixed(0)} rows of tables`;
    return `  ${ways[i]!.name}: ${figures}, ${counts}`;
  });
}

function report(corpus: Corpus, firstPassages: number): string {
  const kernels = openKernels({ forcePlain: false, clock: performance });
  const memory = KernelMemory.open();
  const search = CandidateSearch.open(kernels, memory, MaxSimScorer.open(kernels));
  const segments = segmentsOf(corpus, kernels);
  const partsWith = (codebooks: readonly Codebook[]): SearchPart[] =>
    segments.map((vectors, i) => {
      const sections = encodeCodes(kernels, 'x', vectors, codebooks[i]!);
      return { vectors, codes: SegmentCodes.open(sourceOf(sections), 'x', memory), docs: 'all' };
    });
  const bytes = (parts: readonly SearchPart[]): string => {
    const held = parts.reduce((sum, { codes }) => sum + (codes?.bytes ?? 0), 0);
    const count = parts.reduce((sum, { vectors }) => sum + vectors.vectorCount, 0);
    return (held / count).toFixed(2);
  };
  const first = MemoryTokenVectors.open({ normalized: true, rows: kernels.createRows() });
  for (let doc = 0; doc < firstPassages; doc++) first.append(doc, corpus.passage(doc));
  const own = segments.map((one) => train(kernels, one, ownCount(one.vectorCount)));
  const shared = train(kernels, first);
  const merged = train(kernels, segments[0]!, ownCount(segments[0]!.vectorCount));
  const ways = [
    { name: 'own centroids', parts: partsWith(own) },
    {
      name: `the codebook of the first one sealed, ${shared.count}`,
      parts: partsWith(segments.map(() => shared)),
    },
    {
      name: `a codebook of the merged ones, ${merged.count}`,
      parts: partsWith(segments.map(() => merged)),
    },
  ];
  const lines = [
    `${corpus.source}`,
    `segments of ${segments.map(({ documentCount }) => documentCount).join(', ')} passages`,
    ...ways.map(({ name, parts }) => `${name}: ${bytes(parts)} bytes a vector`),
  ];
  for (const { name, queries } of corpus.querySets) {
    const prepared = queries.map((value) => prepareQuery(value, true));
    for (const k of [10, 100]) {
      lines.push(`${name}, ${k} hits`, ...measure(search, ways, prepared, k));
    }
  }
  return `${lines.join('\n')}\n`;
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  const [count = 10_000, queries = 40] = process.argv.slice(2).map(Number);
  const corpus = await openCorpus('passages', { count, queries, dims: 128 });
  process.stdout.write(report(corpus, Math.floor(count * shares[1]!)));
} else {
  test('the benchmark of several segments runs', () => {
    const corpus = madeUpCorpus({ count: 200, queries: 2, dims: 128, tokens: 20 });
    assert.match(report(corpus, 100), /first one sealed, \d+: [\d.]+ ms, recall@10 (1\.0|0\.9)/);
  });
}
