// The first search of a process, made before anybody waits for it: a small segment of made-up vectors is
// searched until the compilers of JavaScript and WebAssembly have done what they would otherwise do
// during the first real queries.

import type { VectorValue } from '../document.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { MaxSimScorer, prepareQuery } from '../multivector/maxsim.ts';
import { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import { encodeCodes } from '../quantize/encode-codes.ts';
import { seededRandom } from '../quantize/seeded-random.ts';
import { SegmentCodes } from '../quantize/segment-codes.ts';
import type { SectionSource } from '../segment/sections.ts';
import { CandidateSearch } from './candidate-search.ts';

const dims = 128;
const documents = 400;
const documentTokens = 12;
const centroidCount = 512;
const cellCount = 16;
/** Searches of each kind of query: with half as many the first real ones were still slower. */
const rounds = 4;
const queryTokens = [32, 20, 3, 1];

let isWarm = false;

/**
 * Searches until everything that a search runs is compiled, once in a thread: some 0.3 s of processor time. Plain
 * kernels are left cold: they would take longer than they save.
 */
export function warmUpSearch(kernels: Kernels): void {
  if (isWarm || kernels.kind === 'plain') return;
  isWarm = true;
  const memory = KernelMemory.open();
  const search = CandidateSearch.open(kernels, memory, MaxSimScorer.open(kernels));
  const random = seededRandom(1);
  const vectors = MemoryTokenVectors.open({ normalized: true, rows: kernels.createRows() });
  for (let doc = 0; doc < documents; doc++) vectors.append(doc, madeUp(random, documentTokens));
  const codes = madeUpCodes(kernels, memory, vectors, random);
  const everySecond = Uint32Array.from({ length: documents / 2 }, (_, i) => i * 2);
  for (let round = 0; round < rounds; round++) {
    for (const tokens of queryTokens) {
      const query = prepareQuery(madeUp(random, tokens), true);
      search.top(query, [{ vectors, codes, docs: 'all' }], 11, { approximate: true });
      search.top(query, [{ vectors, codes, docs: everySecond }], 11, { approximate: true });
      search.top(query, [{ vectors, codes: undefined, docs: everySecond }], 11);
    }
  }
}

function madeUp(random: () => number, tokens: number): VectorValue {
  const values = new Float32Array(tokens * dims).map(() => random() - 0.5);
  return { kind: 'multi', dims, values };
}

/** Codes with vectors of the documents themselves as centroids, which need no training. */
function madeUpCodes(
  kernels: Kernels,
  memory: KernelMemory,
  vectors: MemoryTokenVectors,
  random: () => number,
): SegmentCodes | undefined {
  const { stride } = vectors;
  const rowsOf = (count: number): { rows: Uint8Array; scales: Float32Array } => {
    const rows = new Uint8Array(count * stride);
    const scales = new Float32Array(count);
    const start = Math.floor(random() * (vectors.vectorCount - count));
    vectors.readPlane(start, count, rows, scales, 0);
    return { rows, scales };
  };
  const cellSize = centroidCount / cellCount;
  const facts = { id: '0'.repeat(16), trainedCount: vectors.vectorCount, error: 0 };
  const sections = encodeCodes(kernels, 'warm', vectors, {
    ...facts,
    ...{ dims, stride, normalized: true, count: centroidCount, cellCount },
    ...{ centroids: rowsOf(centroidCount), cells: rowsOf(cellCount) },
    cellStarts: Uint32Array.from({ length: cellCount + 1 }, (_, cell) => cell * cellSize),
    cellShares: new Float32Array(cellCount).fill(0.7),
  });
  const bytes = new Map(
    sections.map(({ name, parts }) => [name, joined([...parts].map((part) => part.slice()))]),
  );
  const source: SectionSource = {
    names: [...bytes.keys()],
    section: (name) => {
      const whole = bytes.get(name);
      return (
        whole && {
          length: whole.length,
          bytes: (offset, length) => whole.slice(offset, offset + length),
          read: (offset, into) => into.set(whole.subarray(offset, offset + into.length)),
        }
      );
    },
  };
  return SegmentCodes.open(source, 'warm', memory);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
