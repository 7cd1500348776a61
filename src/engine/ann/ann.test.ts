// The approximate stage against exact scoring of everything: recall, filters, several segments, odd
// shapes, the same answer every time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { openKernels } from '../kernels/kernels.ts';
import { type MaxSimQuery, MaxSimScorer, prepareQuery } from '../multivector/maxsim.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { randomFrom, sourceOf, vectorsOf } from '../multivector/vectors-for-tests.ts';
import { trainCodebook } from '../quantize/codebook.ts';
import { encodeCodes } from '../quantize/encode-codes.ts';
import { SegmentCodes } from '../quantize/segment-codes.ts';
import { bestScores } from './best-scores.ts';
import { CandidateSearch, type SearchOptions, type SearchPart } from './candidate-search.ts';
import { isExactCheaper, planSearch } from './search-plan.ts';

const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';
const kernels = openKernels({ forcePlain });
const scorer = MaxSimScorer.open(kernels);
const memory = KernelMemory.open();
const search = CandidateSearch.open(kernels, memory, scorer);
/** The plain kernels multiply a hundred times slower. */
const documentCount = forcePlain ? 300 : 3000;

interface Shape {
  readonly documents: number;
  readonly dims: number;
  readonly tokens: () => number;
  /** Length of each row: 1 unless vectors are not normalised. */
  readonly length?: () => number;
}

/**
 * Documents of words: rows near the middles of a vocabulary, most of them of the document's topic, as
 * token vectors of texts are.
 */
class Words {
  readonly #random: () => number;
  readonly #dims: number;
  readonly #middles: Float32Array;

  constructor(seed: number, dims: number) {
    this.#random = randomFrom(seed);
    this.#dims = dims;
    this.#middles = new Float32Array(1024 * dims).map(() => this.#gaussian());
  }

  document(topic: number, tokens: number, length: () => number = () => 1): VectorValue {
    const dims = this.#dims;
    const values = new Float32Array(tokens * dims);
    for (let t = 0; t < tokens; t++) {
      const spread = this.#random() < 0.6 ? 32 : 1024;
      const word = (topic * 37 + Math.floor(this.#random() * spread)) % 1024;
      let squares = 0;
      for (let i = 0; i < dims; i++) {
        const value = this.#middles[word * dims + i]! + 0.6 * this.#gaussian();
        values[t * dims + i] = value;
        squares += value * value;
      }
      const factor = length() / Math.sqrt(squares);
      for (let i = 0; i < dims; i++) values[t * dims + i]! *= factor;
    }
    return { kind: 'multi', dims, values };
  }

  #gaussian(): number {
    return (this.#random() + this.#random() + this.#random() + this.#random() - 2) * 1.7;
  }
}

function makeVectors(words: Words, shape: Shape, normalized: boolean): TokenVectors {
  const documents = Array.from({ length: shape.documents }, (_, i) =>
    words.document(i % 97, shape.tokens(), shape.length),
  );
  return vectorsOf(documents, normalized);
}

function openPart(vectors: TokenVectors, listedDocumentsMin = 1e9): SearchPart {
  const centroids = trainCodebook(kernels, vectors, { seed: 7 });
  const sections = encodeCodes(kernels, 'x', vectors, centroids);
  const options = { listedDocumentsMin };
  const codes = SegmentCodes.open(sourceOf(sections), 'x', memory, options);
  return { vectors, codes, docs: 'all' };
}

/** The plan with the choice of exact scoring taken away, so that small tests test the other path. */
function topApproximate(
  query: MaxSimQuery,
  parts: readonly SearchPart[],
  k: number,
  options: SearchOptions = {},
): ReturnType<CandidateSearch['top']> {
  return search.top(query, parts, k, { ...options, approximate: true });
}

interface Recall {
  readonly mean: number;
  readonly exactParts: number;
}

/** Recall against exact scoring; asserts that scores are exact and in order. */
function recallOf(
  queries: readonly VectorValue[],
  parts: readonly SearchPart[],
  k: number,
  normalized = true,
): Recall {
  let found = 0;
  let wanted = 0;
  let exactParts = 0;
  for (const query of queries.map((values) => prepareQuery(values, normalized))) {
    const exact = search.top(query, parts, k, { exact: true }).hits;
    const { hits, counts } = topApproximate(query, parts, k);
    exactParts += counts.exactParts;
    assert.equal(hits.length, exact.length);
    const names = new Set(exact.map(({ part, doc }) => `${part}/${doc}`));
    for (const [i, hit] of hits.entries()) {
      const { vectors, docs } = parts[hit.part]!;
      assert.equal(hit.score, scorer.scoreExact(query, vectors, hit.doc));
      assert.ok(hit.score <= exact[i]!.score, 'approximate search never beats exact');
      assert.ok(docs === 'all' || docs.includes(hit.doc));
      if (names.has(`${hit.part}/${hit.doc}`)) found++;
    }
    wanted += exact.length;
  }
  return { mean: found / wanted, exactParts };
}

const words = new Words(11, 64);
const random = randomFrom(5);
const tokens = (): number => 12 + Math.floor(random() * 24);
const shape: Shape = { documents: documentCount, dims: 64, tokens };
const part = openPart(makeVectors(words, shape, true));
const queries = Array.from({ length: forcePlain ? 8 : 40 }, (_, i) => words.document(i * 13, 24));

test('recall at 10 and 100 is at least 0.99 on clustered vectors', () => {
  const ten = recallOf(queries, [part], 10);
  const hundred = recallOf(queries, [part], 100);
  assert.equal(ten.exactParts + hundred.exactParts, 0);
  assert.ok(ten.mean >= 0.99, `recall@10 ${ten.mean}`);
  assert.ok(hundred.mean >= 0.99, `recall@100 ${hundred.mean}`);
});

test('lists leave documents out and hardly any of the best', () => {
  const listed = openPart(part.vectors, 1);
  let scanned = 0;
  for (const query of queries.map((values) => prepareQuery(values, true))) {
    assert.equal(topApproximate(query, [part], 10).counts.scanned, documentCount);
    scanned += topApproximate(query, [listed], 10).counts.scanned / queries.length;
  }
  // The few documents of the plain kernels are all wanted.
  assert.ok(forcePlain || scanned < documentCount * 0.9, `${scanned} documents scanned`);
  const { mean } = recallOf(queries, [listed], 10);
  assert.ok(mean >= 0.99, `recall@10 ${mean}`);
  const docs = Uint32Array.from({ length: documentCount / 2 }, (_, i) => i * 2);
  const half = recallOf(queries, [{ ...listed, docs }], 10);
  assert.ok(half.mean >= 0.99, `half allowed: recall@10 ${half.mean}`);
  listed.codes?.close();
});

test('queries of 1 to 3 and of 100 token vectors are found as well', () => {
  for (const count of [1, 2, 3, 100]) {
    const short = queries.slice(0, 20).map((_, i) => words.document(i * 5, count));
    const { mean } = recallOf(short, [part], 10);
    assert.ok(mean >= 0.98, `${count} tokens: recall@10 ${mean}`);
  }
});

test('only allowed documents are found, with the same recall', () => {
  for (const share of [0.01, 0.1, 0.9]) {
    const docs = Uint32Array.from({ length: documentCount }, (_, doc) => doc).filter(
      () => random() < share,
    );
    const { mean } = recallOf(queries, [{ ...part, docs }], 10);
    assert.ok(mean >= 0.99, `${share} allowed: recall@10 ${mean}`);
  }
});

test('segments with centroids of their own are searched as one', () => {
  const others = new Words(12, 64);
  const drifted = openPart(
    makeVectors(others, { ...shape, documents: forcePlain ? 200 : 500 }, true),
  );
  const untrained = {
    vectors: makeVectors(words, { ...shape, documents: 50 }, true),
    codes: undefined,
    docs: 'all' as const,
  };
  const parts = [part, drifted, untrained];
  const mixed = [
    ...queries.slice(0, 10),
    ...queries.slice(0, 10).map((_, i) => others.document(i, 24)),
  ];
  const { mean } = recallOf(mixed, parts, 10);
  assert.ok(mean >= 0.99, `recall@10 ${mean}`);
  const { hits } = topApproximate(prepareQuery(mixed[15]!, true), parts, 10);
  assert.ok(hits.every((hit) => hit.part === 1));
  drifted.codes?.close();
});

test('segments of one codebook are searched with one table', () => {
  const codebook = trainCodebook(kernels, part.vectors, { seed: 7 });
  const openWith = (documents: number): SearchPart => {
    const vectors = makeVectors(words, { ...shape, documents }, true);
    const sections = encodeCodes(kernels, 'x', vectors, codebook);
    return { vectors, codes: SegmentCodes.open(sourceOf(sections), 'x', memory), docs: 'all' };
  };
  const parts = [part, ...[documentCount >> 1, documentCount >> 2].map(openWith)];
  const { mean } = recallOf(queries, parts, 10);
  assert.ok(mean >= 0.99, `recall@10 ${mean}`);
  const query = prepareQuery(queries[3]!, true);
  const one = topApproximate(query, [part], 10).counts;
  const all = topApproximate(query, parts, 10).counts;
  assert.equal(all.tableRows, one.tableRows);
  assert.ok(all.scanned > one.scanned);
  for (const { codes } of parts.slice(1)) codes?.close();
});

test('vectors of other lengths and negative scores are scored right', () => {
  const lengths = { length: (): number => 0.2 + random() * 8 };
  const documents = forcePlain ? 200 : 2000;
  const plain = openPart(makeVectors(words, { ...shape, ...lengths, documents }, false));
  const scaled = queries.map((_, i) => words.document(i * 3, 12, () => 5 * random()));
  const { mean } = recallOf(scaled, [plain], 10, false);
  assert.ok(mean >= 0.98, `recall@10 ${mean}`);
  const opposite = scaled.map(({ dims, values }): VectorValue => {
    return { kind: 'multi', dims, values: values.map((value) => -value) };
  });
  const negative = recallOf(opposite, [plain], 10, false);
  assert.ok(negative.mean >= 0.98, `opposite queries: recall@10 ${negative.mean}`);
  plain.codes?.close();
});

test('documents of one token, of none, equal ones and long ones are searched', () => {
  const one = words.document(3, 1);
  const documents = Array.from(
    { length: forcePlain ? 300 : 1200 },
    (_, i): VectorValue | undefined => {
      if (i % 10 === 0) return undefined;
      if (i % 10 === 1) return one;
      return words.document(i, i === 77 ? 1000 : 1 + (i % 3));
    },
  );
  const odd = openPart(vectorsOf(documents, true));
  const { mean } = recallOf(queries.slice(0, 10), [odd], 10);
  assert.ok(mean >= 0.98, `recall@10 ${mean}`);
  const { hits } = topApproximate(prepareQuery(one, true), [odd], 5);
  assert.deepEqual(
    hits.map(({ doc }) => doc),
    [1, 11, 21, 31, 41],
  );
  odd.codes?.close();
});

test('the same search gives the same hits, whatever was searched before', () => {
  const query = prepareQuery(queries[0]!, true);
  const before = topApproximate(query, [part], 20);
  topApproximate(prepareQuery(words.document(1, 200), true), [part], 100);
  assert.deepEqual(topApproximate(query, [part], 20), before);
  const again = CandidateSearch.open(kernels, memory, MaxSimScorer.open(kernels));
  assert.deepEqual(again.top(query, [part], 20, { approximate: true }), before);
  again.close();
});

test('k of 0, no parts, no documents and more than there are', () => {
  const query = prepareQuery(queries[0]!, true);
  assert.equal(topApproximate(query, [part], 0).hits.length, 0);
  assert.equal(topApproximate(query, [], 10).hits.length, 0);
  assert.equal(topApproximate(query, [{ ...part, docs: new Uint32Array(0) }], 10).hits.length, 0);
  const few = { ...part, docs: Uint32Array.of(3, 4, 250) };
  assert.equal(topApproximate(query, [few], 10).hits.length, 3);
  const everything = topApproximate(query, [part], documentCount * 2);
  assert.equal(everything.hits.length, documentCount);
});

test('a larger ef and a larger k raise every number of the plan', () => {
  const shape = { k: 10, queryTokens: 32, documentTokens: 70 };
  const usual = planSearch(shape);
  for (const larger of [planSearch({ ...shape, ef: 2000 }), planSearch({ ...shape, k: 500 })]) {
    assert.ok(larger.firstMin > usual.firstMin && larger.firstMax > usual.firstMax);
    assert.ok(larger.secondMin > usual.secondMin && larger.secondMax > usual.secondMax);
  }
  assert.ok(planSearch({ ...shape, queryTokens: 1 }).firstMin > usual.firstMin);
});

test('few allowed documents are scored exactly, many are not', () => {
  const shape = {
    ...{ queryTokens: 32, stride: 128, centroids: 8192, cells: 256, codesPerVector: 0.6 },
    ...{ allowedVectors: 70 * 100, allowedDocuments: 100 },
  };
  assert.equal(isExactCheaper(shape), true);
  const all = { ...shape, allowedVectors: 70 * 10_000, allowedDocuments: 10_000 };
  assert.equal(isExactCheaper(all), false);
});

test('the best of scores are what sorting finds, ties and infinities included', () => {
  for (const length of [0, 1, 5, 1000]) {
    const scores = new Float32Array(length).map(() => Math.floor(random() * 40 - 20) / 4);
    if (length > 4) scores.set([-Infinity, NaN, -0, 1e30, -1e30]);
    const places = Array.from(scores, (_, place) => place).filter(
      (place) => scores[place]! > -Infinity,
    );
    places.sort((a, b) => scores[b]! - scores[a]! || a - b);
    for (const count of [0, 1, 7, length]) {
      const found = Array.from(bestScores(scores, length, count), (place) => scores[place]!);
      assert.deepEqual(
        found.map((score) => score + 0),
        places.slice(0, count).map((place) => scores[place]! + 0),
      );
    }
  }
});

test('a search tells how many token vectors it multiplied', () => {
  const query = prepareQuery(queries[0]!, true);
  const { vectors } = part;
  const exact = search.top(query, [part], 10, { exact: true }).counts;
  assert.equal(exact.vectors, vectors.vectorCount);
  const docs = Uint32Array.of(1, 4, 9);
  const allowed = search.top(query, [{ ...part, docs }], 10, { exact: true }).counts;
  assert.equal(allowed.vectors, vectors.count(1) + vectors.count(4) + vectors.count(9));
  const { counts } = topApproximate(query, [part], 10);
  const halves = counts.firstHalves + counts.secondHalves;
  assert.ok(counts.vectors >= halves * 12 && counts.vectors <= halves * 36, `${counts.vectors}`);
});
