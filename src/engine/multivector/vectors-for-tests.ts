// Repeatable vectors and sections for the tests and benchmarks of this folder.

import type { VectorValue } from '../document.ts';
import type { Metric } from '../schema.ts';
import type { Section, SectionSource } from '../segment/sections.ts';
import { MemoryTokenVectors } from './memory-token-vectors.ts';
import { scoreSingle } from './single-metrics.ts';
import type { TokenVectors } from './token-vectors.ts';
import { type TopHits, TopK } from './top-k.ts';

/** A repeatable sequence of numbers in 0 … 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `tokens` rows of `dims` numbers in -size … size. */
export function randomMulti(
  random: () => number,
  tokens: number,
  dims: number,
  size = 1,
): VectorValue {
  const values = new Float32Array(tokens * dims).map(() => (random() * 2 - 1) * size);
  return { kind: 'multi', dims, values };
}

/** A memory segment's vectors of these documents; undefined has none. */
export function vectorsOf(
  documents: readonly (VectorValue | undefined)[],
  normalized: boolean,
): MemoryTokenVectors {
  const vectors = MemoryTokenVectors.open({ normalized });
  documents.forEach((document, doc) => {
    vectors.append(doc, document);
  });
  return vectors;
}

/** A section whose parts are all there. */
export interface KeptSection extends Section {
  readonly parts: readonly Uint8Array[];
}

/** The k best single vectors by scoring all of the allowed ones; each document has one or none. */
export function bestSingles(
  metric: Metric,
  query: Float32Array,
  vectors: TokenVectors,
  docs: Uint32Array | 'all',
  k: number,
): TopHits {
  const top = new TopK(k);
  const vector = new Float32Array(vectors.dims);
  const allowed = docs === 'all' ? new Uint32Array(vectors.documentCount).map((_, i) => i) : docs;
  for (const doc of allowed) {
    if (vectors.count(doc) === 0) continue;
    vectors.readOriginals(doc, vector);
    top.push(doc, scoreSingle(metric, query, vector));
  }
  return top.take();
}

/** Takes the sections as storage does: in order, each part copied before the next is taken. */
export function keepSections(sections: Iterable<Section>): KeptSection[] {
  return Array.from(sections, ({ name, parts }) => ({
    name,
    parts: Array.from(parts, (part) => part.slice()),
  }));
}

/** Sections held in memory, as storage would give them back. */
export function sourceOf(sections: Iterable<Section>): SectionSource {
  const joined = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name, parts } of keepSections(sections)) {
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    joined.set(name, bytes);
  }
  return {
    names: [...joined.keys()],
    section: (name) => {
      const bytes = joined.get(name);
      if (bytes === undefined) return undefined;
      return {
        length: bytes.length,
        bytes: (offset, length) => bytes.slice(offset, offset + length),
        read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
      };
    },
  };
}
