// Passages and queries for whole-system benchmarks: token vectors of real text where they are at hand,
// clustered made-up ones elsewhere. The same sizes give the same data every time.

import type { VectorValue } from '../src/engine/document.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import { loadRealPassages, type RealPassages } from './real-passages.ts';

export interface WorkloadSizes {
  readonly passages: number;
  /** Of each set. */
  readonly queries: number;
}

export interface QuerySet {
  readonly name: string;
  readonly queries: readonly VectorValue[];
}

export interface Workload {
  /** Where the vectors come from, in words for the report. */
  readonly source: string;
  readonly dims: number;
  readonly passages: readonly VectorValue[];
  /** A text beside each passage, of about as many words as a text with so many tokens has. */
  readonly texts: readonly string[];
  readonly querySets: readonly QuerySet[];
}

/** Real passages that are used whole, the longest there are; what goes beyond is spliced. */
const wholeMax = 10_000;
/** Tokens of a query that is cut from a passage that is not stored, and of the passage's start left out. */
const cutTokens = 32;
const cutFrom = 4;
/** Length of the noise that a spliced token vector gets, as a part of its own. */
const jitter = 0.1;
const wordsPerToken = 0.75;

/** Real token vectors if the test collections and the model can be had, else made-up ones of 128 dims. */
export async function makeWorkload(sizes: WorkloadSizes): Promise<Workload> {
  const real = await loadRealPassages();
  if (real === undefined) return madeUpWorkload({ ...sizes, tokens: 70, dims: 128 });
  return realWorkload(real, sizes);
}

function realWorkload({ dims, passages: pool, questions }: RealPassages, sizes: WorkloadSizes) {
  const isLong = ({ values }: VectorValue): boolean =>
    values.length >= (cutFrom + cutTokens) * dims;
  const held = new Set(pool.filter(isLong).slice(0, sizes.queries));
  const whole = pool
    .filter((passage) => !held.has(passage))
    .sort((a, b) => b.values.length - a.values.length)
    .slice(0, Math.min(wholeMax, sizes.passages));
  const random = randomFrom(1);
  // Long and short ones are mixed again: segments hold passages in the order of their arrival.
  for (let i = whole.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [whole[i], whole[j]] = [whole[j]!, whole[i]!];
  }
  const spliced = Array.from({ length: sizes.passages - whole.length }, () => {
    const [a, b] = [pick(whole, random), pick(whole, random)];
    return splice(a, b, random);
  });
  const source =
    `real text embedded by a local model, projected to ${dims} dims: ${whole.length} whole passages` +
    (spliced.length === 0 ? '' : `, ${spliced.length} spliced from halves of two with noise`);
  const cuts = [...held].map(({ values }): VectorValue => {
    const part = values.slice(cutFrom * dims, (cutFrom + cutTokens) * dims);
    return { kind: 'multi', dims, values: part };
  });
  return finish(source, dims, whole.concat(spliced), [
    { name: 'questions', queries: questions.slice(0, sizes.queries) },
    { name: `${cutTokens} tokens`, queries: cuts },
  ]);
}

/** The first half of one, the second half of another, each component moved a little. */
function splice(a: VectorValue, b: VectorValue, random: () => number): VectorValue {
  const { dims } = a;
  const firstTokens = Math.ceil(a.values.length / dims / 2);
  const from = Math.floor(b.values.length / dims / 2) * dims;
  const values = new Float32Array(firstTokens * dims + b.values.length - from);
  values.set(a.values.subarray(0, firstTokens * dims));
  values.set(b.values.subarray(from), firstTokens * dims);
  // Uniform noise in -1 … 1 has a length of √(dims / 3); token vectors are about one long.
  const size = jitter / Math.sqrt(dims / 3);
  for (let i = 0; i < values.length; i++) values[i]! += (random() * 2 - 1) * size;
  return { kind: 'multi', dims, values };
}

/** Topics of tokens that lie around a few hundred words' directions; queries are cut from passages. */
export function madeUpWorkload(
  sizes: WorkloadSizes & { readonly tokens: number; readonly dims: number },
): Workload {
  const { passages: count, queries: queryCount, tokens, dims } = sizes;
  const random = randomFrom(1);
  const wordCount = 2048;
  const words = new Float32Array(wordCount * dims).map(() => random() + random() - 1);
  const passages = Array.from({ length: count }, (_, topic): VectorValue => {
    const values = new Float32Array(tokens * dims);
    for (let t = 0; t < tokens; t++) {
      const word = (topic * 31 + Math.floor(random() * 2 * tokens)) % wordCount;
      for (let i = 0; i < dims; i++) {
        values[t * dims + i] = words[word * dims + i]! + 0.8 * (random() - 0.5);
      }
    }
    return { kind: 'multi', dims, values };
  });
  const queryTokens = Math.max(1, Math.min(cutTokens, Math.floor(tokens / 2)));
  const queries = Array.from({ length: queryCount }, (): VectorValue => {
    const values = pick(passages, random).values.slice(0, queryTokens * dims);
    return { kind: 'multi', dims, values: values.map((value) => value + 0.4 * (random() - 0.5)) };
  });
  return finish('made-up vectors in clusters', dims, passages, [
    { name: `${queryTokens} tokens`, queries },
  ]);
}

function finish(
  source: string,
  dims: number,
  passages: readonly VectorValue[],
  querySets: readonly QuerySet[],
): Workload {
  const random = randomFrom(2);
  const texts = passages.map(({ values }) => {
    const count = Math.ceil((values.length / dims) * wordsPerToken);
    // Words are as unevenly frequent as in texts.
    return Array.from({ length: count }, () => `word${Math.floor(20_000 ** random())}`).join(' ');
  });
  return { source, dims, passages, texts, querySets };
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!;
}
