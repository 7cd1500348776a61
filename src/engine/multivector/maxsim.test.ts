// Scores against MaxSim in double precision, and the exact top k against scoring everything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { type Kernels, openKernels } from '../kernels/kernels.ts';
import { encodeTokenVectors } from './encode-token-vectors.ts';
import { MaxSimScorer, prepareQuery } from './maxsim.ts';
import { openTokenVectors } from './sealed-token-vectors.ts';
import type { TokenVectors } from './token-vectors.ts';
import type { TopHits } from './top-k.ts';
import { randomFrom, randomMulti, sourceOf, vectorsOf } from './vectors-for-tests.ts';

const all: readonly Kernels[] = [
  openKernels({ forcePlain: true }),
  openKernels({ forcePlain: process.env['TESSERAE_KERNELS'] === 'plain' }),
];

interface Reference {
  readonly score: number;
  readonly winners: readonly number[];
  readonly tokenScores: readonly number[];
}

/** MaxSim in double precision, written as its definition; token scores are rounded to float32. */
function reference(query: VectorValue, document: VectorValue, normalized: boolean): Reference {
  const { dims } = query;
  const lengthsOf = ({ values }: VectorValue): number[] =>
    Array.from({ length: values.length / dims }, (_, row) =>
      normalized ? Math.hypot(...values.subarray(row * dims, (row + 1) * dims)) : 1,
    );
  const queryLengths = lengthsOf(query);
  const documentLengths = lengthsOf(document);
  const similarity = (q: number, d: number): number => {
    let dot = 0;
    for (let i = 0; i < dims; i++)
      dot += query.values[q * dims + i]! * document.values[d * dims + i]!;
    return dot === 0 ? 0 : finite(dot / (queryLengths[q]! * documentLengths[d]!));
  };
  const winners: number[] = [];
  const tokenScores: number[] = [];
  for (let q = 0; q < queryLengths.length; q++) {
    let best = -Infinity;
    let winner = -1;
    for (let d = 0; d < documentLengths.length; d++) {
      const score = similarity(q, d);
      if (score > best) {
        best = score;
        winner = d;
      }
    }
    winners.push(winner);
    tokenScores.push(best);
  }
  const sum = tokenScores.reduce((total, score) => total + score, 0);
  return { score: finite(sum), winners, tokenScores };
}

/** The nearest finite float32. */
function finite(value: number): number {
  const largest = 3.4028234663852886e38;
  return Math.fround(Math.max(-largest, Math.min(largest, value)));
}

function assertNear(actual: number, expected: number, message: string): void {
  const close = Math.abs(actual - expected) <= 1e-5 * Math.abs(expected) + 1e-30;
  assert.ok(close, `${message}: ${actual}, not ${expected}`);
}

function allDocs(vectors: TokenVectors): Uint32Array {
  return Uint32Array.from({ length: vectors.documentCount }, (_, doc) => doc);
}

/** The top k by exact scores of every allowed document. */
function bruteForce(
  scoreOf: (doc: number) => number,
  docs: Uint32Array,
  k: number,
): { doc: number; score: number }[] {
  return Array.from(docs, (doc) => ({ doc, score: scoreOf(doc) }))
    .filter(({ score }) => score > -Infinity)
    .sort((a, b) => b.score - a.score || a.doc - b.doc)
    .slice(0, k);
}

function pairsOf(hits: TopHits): { doc: number; score: number }[] {
  return Array.from(hits.docs, (doc, i) => ({ doc, score: hits.scores[i]! }));
}

/** Documents around a few topics, so that scores crowd together as those of real text do. */
function crowdedDocuments(seed: number, count: number, dims: number): (VectorValue | undefined)[] {
  const random = randomFrom(seed);
  const topics = randomMulti(random, 12, dims);
  return Array.from({ length: count }, (_, doc) => {
    if (doc % 17 === 5) return undefined;
    const tokens = 1 + Math.floor(random() * 12);
    const document = randomMulti(random, tokens, dims, 0.4);
    for (let row = 0; row < tokens; row++) {
      const topic = Math.floor(random() * 12) * dims;
      for (let i = 0; i < dims; i++) document.values[row * dims + i]! += topics.values[topic + i]!;
    }
    return document;
  });
}

for (const [i, kernels] of all.entries()) {
  const title = `kernel ${i} (${kernels.kind})`;

  test(`${title}: exact scores and alignments equal double precision`, () => {
    const scorer = MaxSimScorer.open(kernels);
    const random = randomFrom(10);
    for (const dims of [1, 3, 13, 64, 127, 128, 207]) {
      for (const normalized of [true, false]) {
        for (const size of [1, 1e4, 1e-4]) {
          const documents = [1, 2, 5, 40].map((tokens) => randomMulti(random, tokens, dims, size));
          const vectors = vectorsOf(documents, normalized);
          const given = randomMulti(random, 1 + Math.floor(random() * 33), dims, size);
          const query = prepareQuery(given, normalized);
          documents.forEach((document, doc) => {
            const expected = reference(given, document, normalized);
            const message = `${dims} dims, size ${size}, document ${doc}`;
            const score = scorer.scoreExact(query, vectors, doc);
            assert.equal(score, Math.fround(score));
            assertNear(score, expected.score, message);
            const alignment = scorer.align(query, vectors, doc);
            assert.ok(alignment);
            assert.deepEqual([...alignment.documentTokens], expected.winners, message);
            alignment.scores.forEach((token, t) => {
              assertNear(token, expected.tokenScores[t]!, message);
            });
          });
        }
      }
    }
  });

  test(`${title}: quantised scores lie within their bound of the exact ones`, () => {
    const scorer = MaxSimScorer.open(kernels);
    const random = randomFrom(11);
    for (const normalized of [true, false]) {
      for (const dims of [3, 16, 128, 1024]) {
        const documents = Array.from({ length: 60 }, (_, doc) =>
          doc % 7 === 3 ? undefined : randomMulti(random, 1 + (doc % 40), dims, 1 + doc),
        );
        const vectors = vectorsOf(documents, normalized);
        const query = prepareQuery(randomMulti(random, 9, dims), normalized);
        const out = new Float32Array(60);
        scorer.scoreDocuments(query, vectors, allDocs(vectors), 60, out);
        documents.forEach((document, doc) => {
          const exact = scorer.scoreExact(query, vectors, doc);
          if (document === undefined) assert.equal(out[doc], -Infinity);
          else {
            const bound = scorer.boundOf(query, vectors, doc);
            const error = Math.abs(out[doc]! - exact);
            assert.ok(error <= bound, `${dims} dims, document ${doc}: ${error} > ${bound}`);
            assert.ok(bound < 0.5 * Math.sqrt(dims) * 9 * (normalized ? 1 : 1 + doc) * dims);
          }
        });
      }
    }
  });

  test(`${title}: any order and repetition of documents gives each the same score`, () => {
    const scorer = MaxSimScorer.open(kernels);
    const vectors = vectorsOf(crowdedDocuments(3, 300, 48), true);
    const query = prepareQuery(randomMulti(randomFrom(4), 7, 48), true);
    const once = new Float32Array(300);
    scorer.scoreDocuments(query, vectors, allDocs(vectors), 300, once);
    const docs = Uint32Array.of(299, 5, 0, 1, 2, 2, 2, 150, 149, 151, 5, 22, 0);
    const out = new Float32Array(docs.length).fill(7);
    scorer.scoreDocuments(query, vectors, docs, docs.length - 1, out);
    docs.forEach((doc, place) => {
      assert.equal(out[place], place === docs.length - 1 ? 7 : once[doc]);
    });
  });

  test(`${title}: the exact top k equals exact scoring of every allowed document`, () => {
    const scorer = MaxSimScorer.open(kernels);
    for (const normalized of [true, false]) {
      for (const seed of [1, 2, 3]) {
        const vectors = vectorsOf(crowdedDocuments(seed, 400, 20), normalized);
        const given = randomMulti(randomFrom(seed + 50), 8, 20);
        const query = prepareQuery(given, normalized);
        const some = allDocs(vectors).filter((doc) => doc % 3 !== 1);
        const exact = (doc: number): number => scorer.scoreExact(query, vectors, doc);
        for (const k of [0, 1, 2, 10, 100, 399, 1000]) {
          assert.deepEqual(
            pairsOf(scorer.topExact(query, vectors, 'all', k)),
            bruteForce(exact, allDocs(vectors), k),
          );
          assert.deepEqual(
            pairsOf(scorer.topExact(query, vectors, some, k)),
            bruteForce(exact, some, k),
          );
        }
      }
    }
  });

  test(`${title}: equal documents come in ascending order`, () => {
    const scorer = MaxSimScorer.open(kernels);
    const random = randomFrom(12);
    const twins = [randomMulti(random, 4, 32), randomMulti(random, 4, 32)];
    const vectors = vectorsOf(
      Array.from({ length: 200 }, (_, doc) => twins[doc % 2]),
      true,
    );
    const query = prepareQuery(twins[1]!, true);
    const hits = scorer.topExact(query, vectors, 'all', 120);
    const odd = Array.from({ length: 100 }, (_, place) => place * 2 + 1);
    const even = Array.from({ length: 20 }, (_, place) => place * 2);
    assert.deepEqual([...hits.docs], [...odd, ...even]);
  });
}

test('both kernels give the same hits to the bit', () => {
  const vectors = vectorsOf(crowdedDocuments(7, 200, 33), true);
  const query = prepareQuery(randomMulti(randomFrom(8), 5, 33), true);
  const [plain, chosen] = all.map((kernels) =>
    MaxSimScorer.open(kernels).topExact(query, vectors, 'all', 50),
  );
  assert.deepEqual(plain, chosen);
});

test('a sealed segment answers like the memory segment it came from', () => {
  const scorer = MaxSimScorer.open(all[1]!);
  const vectors = vectorsOf(crowdedDocuments(9, 150, 24), true);
  const sealed = openTokenVectors(
    sourceOf(encodeTokenVectors('v', vectors, allDocs(vectors))),
    'v',
  );
  assert.ok(sealed);
  const query = prepareQuery(randomMulti(randomFrom(8), 5, 24), true);
  assert.deepEqual(
    scorer.topExact(query, sealed, 'all', 20),
    scorer.topExact(query, vectors, 'all', 20),
  );
});

test('a document longer than a block and a matrix piece is scored whole', () => {
  const scorer = MaxSimScorer.open(all[1]!);
  const random = randomFrom(13);
  const long = randomMulti(random, 16_384, 5);
  const vectors = vectorsOf([randomMulti(random, 3, 5), long, randomMulti(random, 2, 5)], true);
  const given = randomMulti(random, 70, 5);
  const query = prepareQuery(given, true);
  const expected = reference(given, long, true);
  assertNear(scorer.scoreExact(query, vectors, 1), expected.score, 'long document');
  assert.deepEqual([...scorer.align(query, vectors, 1)!.documentTokens], expected.winners);
  assert.equal(scorer.topExact(query, vectors, 'all', 1).docs[0], 1);
});

test('the first of equal document tokens wins', () => {
  const scorer = MaxSimScorer.open(all[1]!);
  const token = randomMulti(randomFrom(14), 1, 40);
  const values = new Float32Array(40 * 6);
  for (const row of [2, 3, 5]) values.set(token.values, row * 40);
  const vectors = vectorsOf([{ kind: 'multi', dims: 40, values }], true);
  const alignment = scorer.align(prepareQuery(token, true), vectors, 0);
  assert.deepEqual([...alignment!.documentTokens], [2]);
  assert.equal(alignment!.scores[0], 1);
});

test('zero rows score 0 under cosine and dot', () => {
  const scorer = MaxSimScorer.open(all[1]!);
  const zero: VectorValue = { kind: 'multi', dims: 20, values: new Float32Array(60) };
  const some = randomMulti(randomFrom(15), 2, 20);
  for (const normalized of [true, false]) {
    const vectors = vectorsOf([zero, some], normalized);
    assert.equal(scorer.scoreExact(prepareQuery(some, normalized), vectors, 0), 0);
    const hits = scorer.topExact(prepareQuery(zero, normalized), vectors, 'all', 5);
    assert.deepEqual(pairsOf(hits), [
      { doc: 0, score: 0 },
      { doc: 1, score: 0 },
    ]);
  }
});

test('values near the ends of float32 still give the exact top k', () => {
  const scorer = MaxSimScorer.open(all[1]!);
  const random = randomFrom(16);
  for (const normalized of [true, false]) {
    for (const sizes of [[3e38], [1e36], [1e37], [1e-42], [1e-45, 1, 1e19, 1e37]]) {
      const documents = Array.from({ length: 80 }, (_, doc) =>
        randomMulti(random, 3, 24, sizes[doc % sizes.length]!),
      );
      const vectors = vectorsOf(documents, normalized);
      for (const querySize of [1, 1e-40, 3e38]) {
        const given = randomMulti(random, 6, 24, querySize);
        const query = prepareQuery(given, normalized);
        const exact = (doc: number): number => scorer.scoreExact(query, vectors, doc);
        const hits = pairsOf(scorer.topExact(query, vectors, 'all', 10));
        assert.deepEqual(hits, bruteForce(exact, allDocs(vectors), 10));
        for (const { doc, score } of hits) {
          assertNear(score, reference(given, documents[doc]!, normalized).score, `size ${sizes}`);
        }
      }
    }
  }
});

test('vectors that do not exist are never found', () => {
  const scorer = MaxSimScorer.open(all[1]!);
  const query = prepareQuery(randomMulti(randomFrom(17), 3, 8), true);
  const vectors = vectorsOf([undefined, undefined], true);
  const out = new Float32Array(2);
  scorer.scoreDocuments(query, vectors, Uint32Array.of(0, 1), 2, out);
  assert.deepEqual([...out], [-Infinity, -Infinity]);
  assert.equal(scorer.scoreExact(query, vectors, 1), -Infinity);
  assert.equal(scorer.align(query, vectors, 1), undefined);
  assert.equal(scorer.topExact(query, vectors, 'all', 3).docs.length, 0);
});

test('a query of other dims or another normalisation is a fault of the caller', () => {
  const scorer = MaxSimScorer.open(all[1]!);
  const vectors = vectorsOf([randomMulti(randomFrom(18), 3, 8)], true);
  const other = prepareQuery(randomMulti(randomFrom(18), 3, 9), true);
  assert.throws(() => scorer.scoreExact(other, vectors, 0), /same dims/);
  const given = prepareQuery(randomMulti(randomFrom(18), 3, 8), false);
  assert.throws(() => scorer.topExact(given, vectors, 'all', 1), /scored alike/);
});
