// Time of a search over two targets against scoring every document under both, and of later pages
// against searches for as many hits. With TESSERAE_BENCH=1 in full size, otherwise small: then only a
// test that the same hits are found.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { openKernels } from '../kernels/kernels.ts';
import { prepareQuery } from '../multivector/maxsim.ts';
import { TopK } from '../multivector/top-k.ts';
import { randomFrom, sourceOf, vectorsOf } from '../multivector/vectors-for-tests.ts';
import { trainCodebook } from '../quantize/codebook.ts';
import { encodeCodes } from '../quantize/encode-codes.ts';
import { SegmentCodes } from '../quantize/segment-codes.ts';
import { combinations } from './query.ts';
import { openSearchEngine } from './search-engine.ts';
import {
  findVectors,
  type SearchTarget,
  type VectorRequest,
  type VectorSegment,
} from './vector-search.ts';

const sizes =
  process.env['TESSERAE_BENCH'] === '1'
    ? { documents: 25_000, tokens: 16, dims: 64, queries: 11 }
    : { documents: 200, tokens: 6, dims: 16, queries: 1 };
const topicCount = 197;
const wordCount = 2048;
const engine = openSearchEngine(openKernels({ forcePlain: false }));
const random = randomFrom(4);

function gaussian(): number {
  return (random() + random() + random() + random() - 2) * 1.7;
}

/** Words of a vocabulary of its own, most of them of the topic. */
function vocabulary(): (topic: number, tokens: number, noise: number) => VectorValue {
  const { dims } = sizes;
  const middles = new Float32Array(wordCount * dims).map(gaussian);
  return (topic, tokens, noise) => {
    const values = new Float32Array(tokens * dims);
    for (let row = 0; row < tokens; row++) {
      const spread = random() < 0.6 ? 32 : wordCount;
      const word = (topic * 37 + Math.floor(random() * spread)) % wordCount;
      for (let i = 0; i < dims; i++) {
        values[row * dims + i] = middles[word * dims + i]! + noise * gaussian();
      }
    }
    return { kind: 'multi', dims, values };
  };
}

interface Target {
  readonly vectors: ReturnType<typeof vectorsOf>;
  readonly codes: SegmentCodes;
  readonly query: (topic: number) => VectorValue;
}

function targetOf(topics: readonly number[]): Target {
  const words = vocabulary();
  const vectors = vectorsOf(
    topics.map((topic) => words(topic, sizes.tokens, 0.6)),
    true,
  );
  const centroids = trainCodebook(engine.kernels, vectors, { seed: 1 });
  const sections = encodeCodes(engine.kernels, 'v', vectors, centroids);
  const codes = SegmentCodes.open(sourceOf(sections), 'v', engine.memory);
  assert(codes);
  return { vectors, codes, query: (topic) => words(topic, 16, 0.5) };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

function timed<T>(run: () => T, into: number[]): T {
  const began = performance.now();
  const result = run();
  into.push(performance.now() - began);
  return result;
}

test('a search over two targets, and its pages', (t: TestContext) => {
  const topic = (): number => Math.floor(random() * topicCount);
  const topics = Array.from({ length: sizes.documents }, topic);
  const text = targetOf(topics);
  const targets = { text, alike: targetOf(topics), unlike: targetOf(topics.map(topic)) };
  const segment: VectorSegment = {
    documentCount: sizes.documents,
    docs: 'all',
    vectors: (name) => targets[name as keyof typeof targets].vectors,
    codes: (name) => targets[name as keyof typeof targets].codes,
    lists: () => undefined,
  };
  const find = (request: VectorRequest) => findVectors(engine, [segment], request).places;
  const docs = Uint32Array.from(topics.keys());
  for (const other of ['alike', 'unlike'] as const) {
    for (const limit of [10, 100]) {
      for (const combination of combinations.filter((one) => one !== 'average')) {
        const times: readonly [number[], number[], number[]] = [[], [], []];
        let found = 0;
        let wanted = 0;
        for (let i = 0; i < sizes.queries; i++) {
          const asked = topic();
          const names = ['text', other] as const;
          const request: VectorRequest = {
            targets: names.map(
              (name): SearchTarget => ({
                schema: { name, kind: 'multi', metric: 'cosine' },
                vector: targets[name].query(name === 'unlike' ? topic() : asked),
                weight: 1,
              }),
            ),
            ...{ combination, limit },
          };
          const hits = timed(() => find(request), times[0]);
          const second = { ...request, limit: 2 * limit, limitFirst: limit };
          timed(() => find(second), times[1]);
          timed(() => scoreAll(request, docs), times[2]);
          const best = new Set(find({ ...request, exact: true }).map(({ doc }) => doc));
          found += hits.filter(({ doc }) => best.has(doc)).length;
          wanted += best.size;
        }
        const recall = found / wanted;
        assert.ok(recall > 0.9, `${combination}: recall ${recall}`);
        const [one, page, all] = times.map(median) as [number, number, number];
        t.diagnostic(
          `${other}, ${combination}, k ${limit}: ${one.toFixed(1)} ms, all documents ` +
            `${(all / one).toFixed(1)} times as long, page 2 ${(page / one).toFixed(1)} times, ` +
            `recall ${recall.toFixed(4)}`,
        );
      }
    }
  }

  /** Every document under every target on the planes: the least that going without lists costs. */
  function scoreAll(request: VectorRequest, all: Uint32Array): void {
    const top = new TopK(request.limit);
    const scores = request.targets.map(({ schema, vector }) => {
      const out = new Float32Array(all.length);
      const { vectors } = targets[schema.name as keyof typeof targets];
      engine.scorer.scoreDocuments(prepareQuery(vector, true), vectors, all, all.length, out);
      return out;
    });
    for (let doc = 0; doc < all.length; doc++) top.push(doc, scores[0]![doc]! + scores[1]![doc]!);
  }
});
