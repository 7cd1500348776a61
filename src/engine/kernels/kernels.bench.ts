// How fast the kernels multiply, and how long a full scan of 10,000 passages takes. For numbers:
// node --no-liftoff src/engine/kernels/kernels.bench.ts (a quiet core; several runs, take medians).
// As a test it runs once with tiny sizes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { MaxSimScorer, prepareQuery } from '../multivector/maxsim.ts';
import { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import { randomFrom } from '../multivector/vectors-for-tests.ts';
import { type Kernels, openKernels } from './kernels.ts';
import type { MaxSimKernel } from './maxsim-kernel.ts';

interface Sizes {
  readonly passages: number;
  readonly passageTokens: number;
  readonly queryTokens: number;
  readonly dims: number;
  readonly queries: number;
  readonly repetitions: number;
}

const fullSizes: Sizes = {
  passages: 10_000,
  passageTokens: 69,
  queryTokens: 32,
  dims: 128,
  queries: 10,
  repetitions: 7,
};
const tinySizes: Sizes = { ...fullSizes, passages: 40, queries: 2, repetitions: 2 };
/** Passages that the multiplying part takes: planes of so many stay in the second-level cache. */
const cachedPassages = 30;

function best(repetitions: number, work: () => void): number {
  let shortest = Infinity;
  for (let i = 0; i < repetitions; i++) {
    const start = performance.now();
    work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

/** Billions of multiply-adds a second of one kernel on cached rows. */
function kernelRate(kernel: MaxSimKernel, sizes: Sizes, calls: number): number {
  const { queryTokens, passageTokens, dims } = sizes;
  const random = randomFrom(1);
  const rows = new Int8Array(queryTokens * dims).map(() => random() * 254 - 127);
  const scales = new Float32Array(queryTokens).fill(1);
  kernel.setQuery({ tokens: queryTokens, stride: dims, rows, scales });
  const block = kernel.block(cachedPassages * passageTokens, cachedPassages);
  for (let i = 0; i < block.rows.length; i++) block.rows[i] = random() * 128;
  block.scales.fill(1);
  for (let d = 0; d <= cachedPassages; d++) block.offsets[d] = d * passageTokens;
  const out = new Float32Array(cachedPassages);
  const time = best(sizes.repetitions, () => {
    for (let call = 0; call < calls; call++) kernel.maxSim(cachedPassages, out, 0);
  });
  assert.ok(out.every((score) => Number.isFinite(score)));
  return (calls * cachedPassages * passageTokens * queryTokens * dims) / time / 1e6;
}

/** The same MaxSim as float32 arithmetic in a plain loop, four sums at a time. */
function float32Rate(sizes: Sizes): number {
  const { queryTokens, passageTokens, dims } = sizes;
  const random = randomFrom(2);
  const query = new Float32Array(queryTokens * dims).map(() => random() - 0.5);
  const rows = new Float32Array(passageTokens * dims).map(() => random() - 0.5);
  let total = 0;
  const time = best(sizes.repetitions, () => {
    for (let q = 0; q < query.length; q += dims) {
      let largest = -Infinity;
      for (let r = 0; r < rows.length; r += dims) {
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        for (let i = 0; i < dims; i += 4) {
          a += query[q + i]! * rows[r + i]!;
          b += query[q + i + 1]! * rows[r + i + 1]!;
          c += query[q + i + 2]! * rows[r + i + 2]!;
          d += query[q + i + 3]! * rows[r + i + 3]!;
        }
        largest = Math.max(largest, a + b + (c + d));
      }
      total += largest;
    }
  });
  assert.ok(total > 0);
  return (queryTokens * passageTokens * dims) / time / 1e6;
}

/**
 * Passages of words from a vocabulary, most of them from the passage's topic, each word vector moved
 * a little by its context; a query is made of words of one passage.
 */
class Corpus {
  readonly #random = randomFrom(3);
  readonly #sizes: Sizes;
  readonly #words: Float32Array;
  readonly vectors: MemoryTokenVectors;

  constructor(kernels: Kernels, sizes: Sizes) {
    this.#sizes = sizes;
    this.#words = new Float32Array(4096 * sizes.dims).map(() => this.#gaussian());
    this.vectors = MemoryTokenVectors.open({ normalized: true, rows: kernels.createRows() });
  }

  /** Appends all passages; returns microseconds a passage for appending alone. */
  fill(): number {
    let time = 0;
    for (let doc = 0; doc < this.#sizes.passages; doc++) {
      const passage = this.text(doc, this.#sizes.passageTokens);
      const start = performance.now();
      this.vectors.append(doc, passage);
      time += performance.now() - start;
    }
    return (time * 1000) / this.#sizes.passages;
  }

  text(doc: number, tokens: number): VectorValue {
    const { dims } = this.#sizes;
    const values = new Float32Array(tokens * dims);
    for (let t = 0; t < tokens; t++) {
      // The topic's words are 64 of the vocabulary; half of a passage is about its topic.
      const spread = this.#random() < 0.5 ? 64 : 4096;
      const word = (((doc % 200) * 331 + Math.floor(this.#random() * spread)) % 4096) * dims;
      for (let i = 0; i < dims; i++) {
        values[t * dims + i] = this.#words[word + i]! + 0.7 * this.#gaussian();
      }
    }
    return { kind: 'multi', dims, values };
  }

  #gaussian(): number {
    return (this.#random() + this.#random() + this.#random() + this.#random() - 2) * 1.7;
  }
}

interface ScanTimes {
  readonly appendUs: number;
  /** Medians over queries, of the best repetition of each. */
  readonly scanMs: number;
  readonly topMs: number;
  readonly exactUs: number;
}

function scanTimes(kernels: Kernels, sizes: Sizes): ScanTimes {
  const corpus = new Corpus(kernels, sizes);
  const appendUs = corpus.fill();
  const { vectors } = corpus;
  const scorer = MaxSimScorer.open(kernels);
  const docs = Uint32Array.from({ length: sizes.passages }, (_, doc) => doc);
  const out = new Float32Array(sizes.passages);
  const scans: number[] = [];
  const tops: number[] = [];
  const exacts: number[] = [];
  for (let q = 0; q < sizes.queries; q++) {
    const query = prepareQuery(corpus.text(q * 7, sizes.queryTokens), true);
    const repetitions = Math.min(3, sizes.repetitions);
    const scan = (): void => scorer.scoreDocuments(query, vectors, docs, docs.length, out);
    scans.push(best(repetitions, scan));
    tops.push(best(repetitions, () => assert.ok(scorer.topExact(query, vectors, 'all', 10))));
    const exact = (): void => {
      for (let doc = 0; doc < 20; doc++) scorer.scoreExact(query, vectors, doc);
    };
    exacts.push((best(repetitions, exact) * 1000) / 20);
  }
  const [scanMs, topMs, exactUs] = [median(scans), median(tops), median(exacts)];
  return { appendUs, scanMs, topMs, exactUs };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function report(sizes: Sizes): string {
  const calls = sizes === fullSizes ? 20 : 1;
  const chosen = openKernels({ forcePlain: false, clock: performance });
  const fast = kernelRate(chosen.createMaxSim(), sizes, calls);
  const plain = kernelRate(openKernels({ forcePlain: true }).createMaxSim(), sizes, 1);
  const float32 = float32Rate(sizes);
  const { appendUs, scanMs, topMs, exactUs } = scanTimes(chosen, sizes);
  const { passages, passageTokens, queryTokens, dims } = sizes;
  const scanRate = (passages * passageTokens * queryTokens * dims) / scanMs / 1e6;
  return `${chosen.reason}
kernel ${chosen.kind}: ${fast.toFixed(1)} G multiply-adds/s
plain int8: ${plain.toFixed(2)} G (kernel is ${(fast / plain).toFixed(0)} times as fast)
float32 in JavaScript: ${float32.toFixed(2)} G (${(fast / float32).toFixed(0)} times)
append: ${appendUs.toFixed(0)} us a passage
scan of ${passages} × ${passageTokens} × ${dims} with ${queryTokens} query vectors: \
${scanMs.toFixed(1)} ms (${scanRate.toFixed(1)} G)
exact top 10 by it: ${topMs.toFixed(1)} ms; exact score of a passage: ${exactUs.toFixed(1)} us
`;
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) process.stdout.write(report(fullSizes));
else {
  test('the kernel benchmark runs', () => {
    assert.match(report(tinySizes), /G multiply-adds/);
  });
}
