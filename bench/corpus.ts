// What is searched in a benchmark: passages that are made when they are asked for, one by one, so that
// any number fits in memory, and queries on them. The same name and count give the same data every time,
// and a smaller corpus is the beginning of a larger one of its kind (but for the drift).

import type { VectorValue } from '../src/engine/document.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import { cutQueries, heldOutOf, pick, pickCount, type QuerySet } from './query-sets.ts';
import {
  type Domain,
  type DomainText,
  type LabelledPassages,
  loadRealPassages,
} from './real-passages.ts';

export type CorpusKind = 'passages' | 'pages' | 'drift';

/** Passages by number, and queries. */
export interface Corpus {
  /** Names the data: the same key, the same vectors. */
  readonly key: string;
  /** Where the vectors come from, in words for the report. */
  readonly source: string;
  readonly dims: number;
  readonly count: number;
  /** The number of the first passage of each part; each part is imported when the one before is settled. */
  readonly parts: readonly number[];
  readonly querySets: readonly QuerySet[];
  /** The token vectors of a passage; the same every time. */
  passage(index: number): VectorValue;
  /** Its text, or what stands for one. */
  text(index: number): string;
}

export interface CorpusSizes {
  readonly count: number;
  /** Of each set. */
  readonly queries: number;
  readonly dims: 128 | 384;
}

/** A passage with its text. */
interface Passage {
  readonly vector: VectorValue;
  readonly text: string;
}

/** Real passages that are used whole, the longest there are; what goes beyond is spliced. */
const wholeMax = 10_000;
/** Length of the noise that a spliced token vector gets, as a part of its own. */
const jitter = 0.1;
/** Token vectors of a page. */
const pageTokens = 1024;
/** The part of a drift's passages that comes before the new topic. */
const oldShare = 0.8;

/** Real token vectors if the test collections and the model can be had, else made-up ones. */
export async function openCorpus(kind: CorpusKind, sizes: CorpusSizes): Promise<Corpus> {
  const real = await loadRealPassages(sizes.dims);
  if (real === undefined) return madeUpCorpus({ ...sizes, tokens: 70 });
  if (kind === 'pages') return pagesOf(real, sizes);
  if (kind === 'drift') return driftOf(real, sizes);
  return passagesOf(real, sizes);
}

function passagesOf(real: LabelledPassages, { count, queries }: CorpusSizes): Corpus {
  const held = heldOutOf(real, () => true);
  const pool = wholePassages(real, () => true, held.passages);
  const whole = Math.min(pool.length, count);
  const spliced = count - whole;
  return {
    key: `passages-${real.dims}-${count}`,
    source:
      `real text embedded by a local model, ${widthWords(real.dims)}: ${whole} whole passages` +
      (spliced === 0 ? '' : `, ${spliced} spliced from halves of two with noise`),
    dims: real.dims,
    count,
    parts: [0],
    querySets: [
      { name: 'questions', queries: held.questions.slice(0, queries) },
      ...cutQueries(held, queries),
    ],
    passage: (index) => passageAt(pool, index, 1).vector,
    text: (index) => passageAt(pool, index, 1).text,
  };
}

function pagesOf(real: LabelledPassages, { count, queries }: CorpusSizes): Corpus {
  const held = heldOutOf(real, () => true);
  const pool = wholePassages(real, () => true, held.passages);
  return {
    key: `pages-${real.dims}-${count}`,
    source:
      `${pageTokens} token vectors a page, joined with noise from passages of real text ` +
      `embedded by a local model, ${widthWords(real.dims)}`,
    dims: real.dims,
    count,
    parts: [0],
    querySets: [
      { name: 'questions', queries: held.questions.slice(0, queries) },
      ...cutQueries(held, queries).slice(0, 1),
    ],
    passage: (index) => pageAt(pool, index).vector,
    text: (index) => pageAt(pool, index).text,
  };
}

/** Electrical engineering first; a fifth comes later and is of aerodynamics. */
function driftOf(real: LabelledPassages, { count, queries }: CorpusSizes): Corpus {
  const of = (domain: Domain) => {
    const held = heldOutOf(real, (text) => text.domain === domain);
    return { held, pool: wholePassages(real, (text) => text.domain === domain, held.passages) };
  };
  const [before, after] = [of('npl'), of('cranfield')];
  const oldCount = Math.round(count * oldShare);
  const at = (index: number): Passage =>
    index < oldCount
      ? passageAt(before.pool, index, 2)
      : passageAt(after.pool, index - oldCount, 3);
  return {
    key: `drift-${real.dims}-${count}`,
    source:
      `real text embedded by a local model, ${widthWords(real.dims)}: ${oldCount} passages of ` +
      `electrical engineering, then ${count - oldCount} of aerodynamics, spliced where these do not suffice`,
    dims: real.dims,
    count,
    parts: [0, oldCount],
    querySets: [
      { name: 'old topic', queries: before.held.questions.slice(0, queries) },
      { name: 'new topic', queries: after.held.questions.slice(0, queries) },
      ...cutQueries(after.held, queries)
        .slice(0, 1)
        .map((set) => ({ ...set, name: `new topic, ${set.name}` })),
    ],
    passage: (index) => at(index).vector,
    text: (index) => at(index).text,
  };
}

function widthWords(dims: number): string {
  return dims === 384 ? '384 dims as the model makes them' : `projected to ${dims} dims`;
}

/** The longest passages that no query is cut from, long and short ones mixed. */
function wholePassages(
  real: LabelledPassages,
  belongs: (text: DomainText) => boolean,
  held: ReadonlySet<VectorValue>,
): Passage[] {
  const whole = real.passages
    .map((vector, i) => ({ vector, ...real.passageTexts[i]! }))
    .filter((passage) => belongs(passage) && !held.has(passage.vector))
    .sort((a, b) => b.vector.values.length - a.vector.values.length)
    .slice(0, wholeMax);
  const random = randomFrom(1);
  for (let i = whole.length - 1; i > 0; i--) {
    const j = pickCount(i + 1, random);
    [whole[i], whole[j]] = [whole[j]!, whole[i]!];
  }
  return whole;
}

/** A whole passage of the pool, or one spliced from two of them. */
function passageAt(pool: readonly Passage[], index: number, seed: number): Passage {
  const whole = pool[index];
  if (whole !== undefined) return whole;
  const random = randomFrom(Math.imul(index, 0x9e37_79b1) ^ Math.imul(seed, 0x85eb_ca6b));
  const [a, b] = [pick(pool, random), pick(pool, random)];
  return { vector: splice(a.vector, b.vector, random), text: spliceTexts(a.text, b.text) };
}

/** The first half of one, the second half of another, each component moved a little. */
function splice(a: VectorValue, b: VectorValue, random: () => number): VectorValue {
  const { dims } = a;
  const firstTokens = Math.ceil(a.values.length / dims / 2);
  const from = Math.floor(b.values.length / dims / 2) * dims;
  const values = new Float32Array(firstTokens * dims + b.values.length - from);
  values.set(a.values.subarray(0, firstTokens * dims));
  values.set(b.values.subarray(from), firstTokens * dims);
  addNoise(values, dims, random);
  return { kind: 'multi', dims, values };
}

function spliceTexts(a: string, b: string): string {
  const [first, second] = [a.split(' '), b.split(' ')];
  const half = first.slice(0, Math.ceil(first.length / 2));
  return [...half, ...second.slice(Math.floor(second.length / 2))].join(' ');
}

function pageAt(pool: readonly Passage[], index: number): Passage {
  const random = randomFrom(Math.imul(index + 1, 0x9e37_79b1));
  const dims = pool[0]!.vector.dims;
  const values = new Float32Array(pageTokens * dims);
  const texts: string[] = [];
  for (let filled = 0; filled < values.length; ) {
    const { vector, text } = pick(pool, random);
    const part = vector.values.subarray(0, values.length - filled);
    values.set(part, filled);
    texts.push(text);
    filled += part.length;
  }
  addNoise(values, dims, random);
  return { vector: { kind: 'multi', dims, values }, text: texts.join('\n') };
}

function addNoise(values: Float32Array, dims: number, random: () => number): void {
  // Uniform noise in -1 … 1 has a length of √(dims / 3); token vectors are about one long.
  const size = jitter / Math.sqrt(dims / 3);
  for (let i = 0; i < values.length; i++) values[i]! += (random() * 2 - 1) * size;
}

/** Tokens around a few thousand words' directions, a topic a passage; queries are cut from passages. */
export function madeUpCorpus(sizes: {
  readonly count: number;
  readonly queries: number;
  readonly tokens: number;
  readonly dims: number;
}): Corpus {
  const { count, queries: queryCount, tokens, dims } = sizes;
  const wordCount = 2048;
  const random = randomFrom(1);
  const words = new Float32Array(wordCount * dims).map(() => random() + random() - 1);
  const passage = (topic: number): VectorValue => {
    const own = randomFrom(Math.imul(topic + 1, 0x9e37_79b1));
    const values = new Float32Array(tokens * dims);
    for (let t = 0; t < tokens; t++) {
      const word = (topic * 31 + pickCount(2 * tokens, own)) % wordCount;
      for (let i = 0; i < dims; i++) {
        values[t * dims + i] = words[word * dims + i]! + 0.8 * (own() - 0.5);
      }
    }
    return { kind: 'multi', dims, values };
  };
  const queryTokens = Math.max(1, Math.min(32, Math.floor(tokens / 2)));
  const queries = Array.from({ length: queryCount }, (): VectorValue => {
    const { values } = passage(pickCount(count, random));
    const moved = values.slice(0, queryTokens * dims);
    return { kind: 'multi', dims, values: moved.map((value) => value + 0.4 * (random() - 0.5)) };
  });
  return {
    key: `made-up-${dims}-${tokens}-${count}`,
    source: 'made-up vectors in clusters',
    dims,
    count,
    parts: [0],
    querySets: [{ name: `${queryTokens} tokens`, queries }],
    passage,
    text: (index) => madeUpText(index, Math.ceil(tokens * 0.75)),
  };
}

/** Words as unevenly frequent as in texts. */
function madeUpText(index: number, words: number): string {
  const random = randomFrom(index + 1);
  return Array.from({ length: words }, () => `word${Math.floor(20_000 ** random())}`).join(' ');
}
