// The first search of a process, made before anybody waits for it: small segments of made-up vectors are
// searched until the compilers of JavaScript and WebAssembly have done what they would otherwise do
// during the first real queries.

import type { VectorValue } from '../document.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { encodeTokenVectors } from '../multivector/encode-token-vectors.ts';
import { MaxSimScorer, prepareQuery } from '../multivector/maxsim.ts';
import { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import { openTokenVectors } from '../multivector/sealed-token-vectors.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { encodeCodes } from '../quantize/encode-codes.ts';
import { encodeSingleLists } from '../quantize/encode-single-lists.ts';
import { seededRandom } from '../quantize/seeded-random.ts';
import { SegmentCodes } from '../quantize/segment-codes.ts';
import { SingleLists } from '../quantize/single-lists.ts';
import type { Section, SectionSource } from '../segment/sections.ts';
import { CandidateSearch } from './candidate-search.ts';
import { SingleSearch } from './single-search.ts';

const dims = 128;
const documents = 240;
const documentTokens = 12;
const centroidCount = 512;
const cellCount = 16;
const listCount = 16;
const queryTokens = [32, 20, 3, 1];
/** A page, and one more by which equal scores at its end are seen. */
const wanted = 11;

/** Searches of each kind of query: with half as many the first real ones were still slower. */
const rounds = 4;

const warm = { candidates: false, singles: false };

/**
 * Searches until everything that a search runs is compiled, once in a thread: some 0.3 s of processor time. Plain
 * kernels are left cold: they would take longer than they save.
 */
export function warmUpSearch(kernels: Kernels): void {
  warmUpSingles(kernels);
  if (warm.candidates || kernels.kind === 'plain') return;
  warm.candidates = true;
  warmUpCandidates(kernels, KernelMemory.open(), seededRandom(1));
}

/** The same for searches of single vectors alone: a quarter of it. */
export function warmUpSingles(kernels: Kernels): void {
  if (warm.singles || kernels.kind === 'plain') return;
  warm.singles = true;
  searchSingles(kernels, KernelMemory.open(), seededRandom(2));
}

/** Searches of a trained segment and of one in memory, as they meet in a collection. */
function warmUpCandidates(kernels: Kernels, memory: KernelMemory, random: () => number): void {
  const search = CandidateSearch.open(kernels, memory, MaxSimScorer.open(kernels));
  const fresh = madeUpVectors(kernels, random, documentTokens);
  const vectors = sealed(fresh);
  const codes = madeUpCodes(kernels, memory, vectors, random);
  const options = { approximate: true };
  for (let round = 0; round < rounds; round++) {
    for (const tokens of queryTokens) {
      const query = prepareQuery(madeUp(random, tokens), true);
      search.top(query, [{ vectors, codes, docs: 'all' }], wanted, options);
      const parts = [
        { vectors, codes, docs: everySecond() },
        { vectors: fresh, codes: undefined, docs: everySecond() },
      ];
      search.top(query, parts, wanted, options);
    }
  }
}

/** The same of single vectors, by lists and without. */
function searchSingles(kernels: Kernels, memory: KernelMemory, random: () => number): void {
  const search = SingleSearch.open(kernels, memory);
  const fresh = madeUpVectors(kernels, random, 1);
  const vectors = sealed(fresh);
  const source = sourceOf(encodeSingleLists(kernels, 'warm', fresh, 'cosine', { listCount }));
  const lists = SingleLists.open(source, 'warm', memory);
  const options = { approximate: true };
  for (let round = 0; round < rounds; round++) {
    const query: VectorValue = { ...madeUp(random, 1), kind: 'single' };
    search.top('cosine', query, [{ vectors, lists, docs: 'all' }], wanted, options);
    const parts = [
      { vectors, lists, docs: everySecond() },
      { vectors: fresh, lists: undefined, docs: everySecond() },
    ];
    search.top('cosine', query, parts, wanted, options);
  }
}

function everySecond(): Uint32Array {
  return Uint32Array.from({ length: documents / 2 }, (_, i) => i * 2);
}

function madeUp(random: () => number, tokens: number): VectorValue {
  const values = new Float32Array(tokens * dims);
  for (let i = 0; i < values.length; i++) values[i] = random() - 0.5;
  return { kind: 'multi', dims, values };
}

function madeUpVectors(
  kernels: Kernels,
  random: () => number,
  tokensEach: number,
): MemoryTokenVectors {
  const vectors = MemoryTokenVectors.open({ normalized: true, rows: kernels.createRows() });
  for (let doc = 0; doc < documents; doc++) vectors.append(doc, madeUp(random, tokensEach));
  return vectors;
}

/** The same vectors read as those of a sealed segment are. */
function sealed(vectors: TokenVectors): TokenVectors {
  const order = Uint32Array.from({ length: vectors.documentCount }, (_, doc) => doc);
  return openTokenVectors(sourceOf(encodeTokenVectors('warm', vectors, order)), 'warm')!;
}

/** Codes with vectors of the documents themselves as centroids, which need no training. */
function madeUpCodes(
  kernels: Kernels,
  memory: KernelMemory,
  vectors: TokenVectors,
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
  return SegmentCodes.open(sourceOf(sections), 'warm', memory);
}

/** Sections kept in memory, to be read as those of a file. */
function sourceOf(sections: Iterable<Section>): SectionSource {
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name, parts } of sections) bytes.set(name, joined(parts));
  return {
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
}

function joined(parts: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const copies = Array.from(parts, (part) => part.slice());
  const whole = new Uint8Array(copies.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of copies) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
