// Time and memory of the text index and of keyword search, over words that are as unevenly common as
// those of a language. With TESSERAE_BENCH=1 in full size, otherwise small: then only a test that the
// sealed index answers like the one in memory.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Bitset } from '../bitset.ts';
import type { Section, SectionReader, SectionSource } from '../segment/sections.ts';
import { type KeywordRequest, searchKeywords } from './bm25.ts';
import { encodeTextIndex } from './encode-text-index.ts';
import { MemoryTextIndex } from './memory-text-index.ts';
import { openTextIndex } from './open-text-index.ts';
import { resolveStopwords } from './stopwords.ts';
import type { TextIndex } from './text-index.ts';
import { tokenize } from './tokenizers.ts';

const sizes =
  process.env['TESSERAE_BENCH'] === '1'
    ? { documents: 10_000, words: 70, vocabulary: 30_000, queries: 200, rounds: 7 }
    : { documents: 300, words: 20, vocabulary: 500, queries: 5, rounds: 1 };
const queryWords = 18;

/** Draws words so that the k-th most common is about 1/k as common as the first. */
function wordSource(seed: number): () => string {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return `w${Math.floor(sizes.vocabulary ** (state / 2 ** 32))}`;
  };
}

function texts(count: number, words: number, seed: number): string[] {
  const word = wordSource(seed);
  return Array.from({ length: count }, () => Array.from({ length: words }, word).join(' '));
}

function sourceOf(sections: readonly Section[]): SectionSource {
  const readers = new Map(sections.map(({ name, parts }) => [name, readerOf(parts)]));
  return { names: [...readers.keys()], section: (name) => readers.get(name) };
}

function readerOf(parts: Iterable<Uint8Array>): SectionReader {
  const bytes = new Uint8Array(Buffer.concat([...parts]));
  return {
    length: bytes.length,
    bytes: (offset, length) => bytes.slice(offset, offset + length),
    read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
  };
}

function requestOf(text: string): KeywordRequest {
  return {
    search: { text, operator: { kind: 'or', matchesMin: 1 } },
    properties: [
      { name: 'text', type: 'text', tokenization: 'word', filterable: true, searchable: true },
    ],
    bm25: { b: 0.75, k1: 1.2 },
    stopwords: resolveStopwords({ preset: 'en', additions: [], removals: [] }),
  };
}

/** Best median over the rounds: milliseconds a query, and the best scores as the result. */
function measure(index: TextIndex, queries: readonly string[]): { ms: number; scores: number[][] } {
  const segments = [{ index, live: Bitset.full(sizes.documents) }];
  const limits = {
    limit: 100,
    compareTies: (a: { doc: number }, b: { doc: number }) => a.doc - b.doc,
  };
  let ms = Number.POSITIVE_INFINITY;
  let scores: number[][] = [];
  for (let round = 0; round < sizes.rounds; round++) {
    const times = queries.map((query, i) => {
      const start = performance.now();
      const hits = searchKeywords(segments, requestOf(query), limits);
      if (i === 0) scores = [];
      scores.push(hits.flatMap(({ doc, score }) => [doc, score]));
      return performance.now() - start;
    });
    times.sort((a, b) => a - b);
    ms = Math.min(ms, times[Math.floor(times.length / 2)]!);
  }
  return { ms, scores };
}

function timed<T>(t: TestContext, what: string, run: () => T): T {
  const start = performance.now();
  const result = run();
  t.diagnostic(`${what}: ${(performance.now() - start).toFixed(1)} ms`);
  return result;
}

test('keyword search over memory and sealed index', (t) => {
  const documents = texts(sizes.documents, sizes.words, 1);
  const memory = new MemoryTextIndex();
  timed(t, `index ${sizes.documents} documents of ${sizes.words} words`, () => {
    for (let doc = 0; doc < documents.length; doc++) {
      memory.add(doc, 'text', tokenize(documents[doc]!, 'word'));
    }
  });
  const order = Uint32Array.from({ length: sizes.documents }, (_, doc) => doc);
  const sections = timed(t, 'seal', () => encodeTextIndex(memory, order));
  const source = sourceOf(sections);
  const sealed = timed(t, 'open', () => openTextIndex(source, sizes.documents));
  for (const name of source.names) {
    t.diagnostic(`${name}: ${source.section(name)!.length} bytes`);
  }
  t.diagnostic(`memory index: about ${memory.bytes} bytes`);
  const queries = texts(sizes.queries, queryWords, 2);
  const fromMemory = measure(memory, queries);
  const fromSealed = measure(sealed, queries);
  t.diagnostic(`query of ${queryWords} words, memory: ${fromMemory.ms.toFixed(3)} ms`);
  t.diagnostic(`query of ${queryWords} words, sealed: ${fromSealed.ms.toFixed(3)} ms`);
  assert.deepEqual(fromSealed.scores, fromMemory.scores);
});
