// Searches over several targets against scoring everything: every combination, mixed kinds and metrics,
// objects without some of the vectors, filters, and how much is missed where segments go by candidates.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { openKernels } from '../kernels/kernels.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { randomFrom, sourceOf, vectorsOf } from '../multivector/vectors-for-tests.ts';
import { trainCodebook } from '../quantize/codebook.ts';
import { encodeCodes } from '../quantize/encode-codes.ts';
import { SegmentCodes } from '../quantize/segment-codes.ts';
import type { Metric, VectorSchema } from '../schema.ts';
import { type Combination, combinations } from './query.ts';
import { openSearchEngine } from './search-engine.ts';
import {
  type FoundPlace,
  findVectors,
  type SearchTarget,
  type VectorRequest,
  type VectorSegment,
} from './vector-search.ts';

const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';
const engine = openSearchEngine(openKernels({ forcePlain }));
const schemas: readonly VectorSchema[] = [
  { name: 'text', kind: 'multi', metric: 'cosine' },
  { name: 'image', kind: 'multi', metric: 'dot' },
  { name: 'gist', kind: 'single', metric: 'cosine' },
  { name: 'place', kind: 'single', metric: 'l2-squared' },
];
const dims: Readonly<Record<string, number>> = { text: 24, image: 32, gist: 16, place: 3 };

/** Vectors around the middles of topics, so that neighbours of one target are rarely those of another. */
class Topics {
  readonly #random: () => number;
  readonly #middles = new Map<string, Float32Array>();

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    for (const { name } of schemas) {
      const values = new Float32Array(64 * dims[name]!).map(() => this.#random() * 2 - 1);
      this.#middles.set(name, values);
    }
  }

  number(below: number): number {
    return Math.floor(this.#random() * below);
  }

  vector({ name, kind }: VectorSchema, tokens: number): VectorValue {
    const middles = this.#middles.get(name)!;
    const size = dims[name]!;
    const topic = this.number(64);
    const values = new Float32Array(tokens * size);
    for (let t = 0; t < tokens; t++) {
      const word = (topic + this.number(6)) % 64;
      for (let i = 0; i < size; i++) {
        values[t * size + i] = middles[word * size + i]! + (this.#random() - 0.5) * 0.9;
      }
    }
    return { kind, dims: size, values };
  }
}

type Documents = readonly ReadonlyMap<string, VectorValue>[];

function documentsOf(topics: Topics, count: number, everyLacking: number): Documents {
  return Array.from({ length: count }, (_, i) => {
    const own = schemas.filter(
      (_schema, at) => everyLacking === 0 || (i + at) % everyLacking !== 0,
    );
    return new Map(
      own.map((schema): [string, VectorValue] => [
        schema.name,
        topics.vector(schema, schema.kind === 'multi' ? 3 + topics.number(6) : 1),
      ]),
    );
  });
}

function segmentOf(documents: Documents, docs: VectorSegment['docs'], trained: boolean) {
  const vectors = new Map<string, TokenVectors>();
  const codes = new Map<string, SegmentCodes>();
  for (const { name, kind, metric } of schemas) {
    const own = vectorsOf(
      documents.map((document) => document.get(name)),
      metric === 'cosine',
    );
    vectors.set(name, own);
    if (!trained || kind === 'single') continue;
    const centroids = trainCodebook(engine.kernels, own, { seed: 3 });
    const sections = encodeCodes(engine.kernels, name, own, centroids);
    const opened = SegmentCodes.open(sourceOf(sections), name, engine.memory);
    assert.ok(opened);
    codes.set(name, opened);
  }
  return {
    documentCount: documents.length,
    docs,
    vectors: (name: string) => vectors.get(name),
    codes: (name: string) => codes.get(name),
    lists: () => undefined,
  };
}

function targetsOf(topics: Topics, names: readonly string[], weights: readonly number[]) {
  return names.map((name, i): SearchTarget => {
    const schema = schemas.find((one) => one.name === name)!;
    const tokens = schema.kind === 'multi' ? 5 : 1;
    return { schema, vector: topics.vector(schema, tokens), weight: weights[i] ?? 1 };
  });
}

/** Rows, of unit length for cosine. */
function rowsOf(metric: Metric, { values, dims: size }: VectorValue): Float64Array {
  const rows = Float64Array.from(values);
  for (let at = 0; at < rows.length && metric === 'cosine'; at += size) {
    const length = Math.hypot(...rows.subarray(at, at + size));
    for (let i = 0; i < size; i++) rows[at + i]! /= length;
  }
  return rows;
}

function scoreOf(metric: Metric, query: VectorValue, document: VectorValue): number {
  const { dims: size } = query;
  const asked = rowsOf(metric, query);
  const rows = rowsOf(metric, document);
  if (metric === 'l2-squared')
    return -rows.reduce((sum, one, i) => sum + (one - asked[i]!) ** 2, 0);
  let sum = 0;
  for (let q = 0; q < asked.length; q += size) {
    let best = -Infinity;
    for (let d = 0; d < rows.length; d += size) {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += asked[q + i]! * rows[d + i]!;
      best = Math.max(best, dot);
    }
    sum += best;
  }
  return query.kind === 'single' && metric === 'cosine' ? sum - 1 : sum;
}

interface Part {
  readonly documents: Documents;
  readonly docs: VectorSegment['docs'];
}

interface Scored {
  readonly key: string;
  /** Beside the targets; NaN without a vector. */
  readonly scores: readonly number[];
}

function scoreAll(parts: readonly Part[], targets: readonly SearchTarget[]): Scored[] {
  return parts.flatMap(({ documents, docs }, segment) =>
    documents.flatMap((document, doc) => {
      if (docs !== 'all' && !docs.includes(doc)) return [];
      const scores = targets.map(({ schema, vector }) => {
        const own = document.get(schema.name);
        return own ? scoreOf(schema.metric, vector, own) : Number.NaN;
      });
      return [{ key: `${segment}/${doc}`, scores }];
    }),
  );
}

/** Every document's combined score, best first: the definition, without any short cut. */
function combineAll(
  all: readonly Scored[],
  { targets, combination, limit }: VectorRequest,
): { readonly key: string; readonly score: number }[] {
  const complete = all.filter(({ scores }) => !scores.some(Number.isNaN));
  const some = all.filter(({ scores }) => !scores.every(Number.isNaN));
  const scaled = new Set(
    targets.flatMap((_, t) =>
      [...complete].sort((a, b) => b.scores[t]! - a.scores[t]!).slice(0, Math.max(100, limit)),
    ),
  );
  const scales = targets.map((_, t) => {
    const scores = [...scaled].map((one) => one.scores[t]!);
    return { least: Math.min(...scores), most: Math.max(...scores) };
  });
  const combine: Readonly<Record<Combination, (score: number, t: number) => number>> = {
    minimum: (score) => score,
    sum: (score) => score,
    average: (score) => score / targets.length,
    manual: (score, t) => score * targets[t]!.weight,
    relativeScore: (score, t) => {
      const { least, most } = scales[t]!;
      return ((score - most) / (most - least)) * targets[t]!.weight;
    },
  };
  const joined = (combination === 'minimum' ? some : complete).map(({ key, scores }) => {
    const parts = scores.map(combine[combination]).filter((one) => !Number.isNaN(one));
    const sum = parts.reduce((total, one) => total + one, 0);
    return { key, score: combination === 'minimum' ? Math.max(...parts) : sum };
  });
  return joined.sort((a, b) => b.score - a.score);
}

function keyed(places: readonly FoundPlace[]): { readonly key: string; readonly score: number }[] {
  return places
    .map(({ segment, doc, score }) => ({ key: `${segment}/${doc}`, score }))
    .sort((a, b) => b.score - a.score);
}

const cases: readonly { readonly names: readonly string[]; readonly weights: readonly number[] }[] =
  [
    { names: ['text', 'image'], weights: [0.3, 2] },
    { names: ['text', 'gist'], weights: [1, 4] },
    { names: ['image', 'gist', 'place'], weights: [0.2, 0, 1] },
    { names: ['text', 'text', 'place'], weights: [1, 0.5, 3] },
    { names: ['gist', 'place'], weights: [1, -0.5] },
  ];

test('combined searches find what scoring everything finds', () => {
  const topics = new Topics(11);
  const counts = forcePlain ? [60, 40] : [4500, 300];
  const parts = counts.map((count, i): Part => {
    const documents = documentsOf(topics, count, i === 0 ? 0 : 3);
    const third = Uint32Array.from({ length: count }, (_, doc) => doc).filter((doc) => doc % 3 > 0);
    return { documents, docs: i === 0 ? 'all' : third };
  });
  const segments = parts.map(({ documents, docs }) => segmentOf(documents, docs, false));
  for (const { names, weights } of cases) {
    const targets = targetsOf(topics, names, weights);
    const all = scoreAll(parts, targets);
    for (const combination of combinations) {
      for (const limit of [1, 40]) {
        const request = { targets, combination, limit };
        const seen = keyed(findVectors(engine, segments, request).places).slice(0, limit);
        const wanted = combineAll(all, request);
        const what = `${combination} of ${names} with ${weights}, ${limit}`;
        assert.equal(seen.length, Math.min(limit, wanted.length), what);
        const scores = new Map(wanted.map(({ key, score }) => [key, score]));
        for (const [place, { key, score }] of seen.entries()) {
          const near = 1e-4 * Math.max(1, Math.abs(score));
          const off = Math.abs(score - scores.get(key)!);
          assert.ok(off < near, `${what}: ${key} scores ${score}, not ${scores.get(key)}`);
          assert.ok(Math.abs(score - wanted[place]!.score) < near, `${what}: place ${place}`);
        }
      }
    }
  }
});

test('where segments go by candidates, combined searches miss at most a hundredth', (t) => {
  if (forcePlain) return t.skip('training takes minutes with plain kernels');
  const topics = new Topics(12);
  const documents = documentsOf(topics, 4000, 0);
  const segments = [segmentOf(documents, 'all', true)];
  for (const combination of combinations satisfies readonly Combination[]) {
    let found = 0;
    let wanted = 0;
    for (let i = 0; i < 12; i++) {
      const targets = targetsOf(
        topics,
        i % 2 === 0 ? ['text', 'image'] : ['image', 'gist'],
        [1, 1],
      );
      const request = { targets, combination, limit: 10 };
      const exact = keyed(findVectors(engine, segments, { ...request, exact: true }).places);
      const best = new Set(exact.slice(0, 10).map(({ key }) => key));
      const hits = keyed(findVectors(engine, segments, request).places).slice(0, 10);
      found += hits.filter(({ key }) => best.has(key)).length;
      wanted += best.size;
    }
    assert.ok(found / wanted >= 0.99, `${combination}: recall ${found / wanted}`);
  }
});

test('equal documents are all found, to be ordered by uuid', () => {
  const topics = new Topics(13);
  const same = documentsOf(topics, 1, 0)[0]!;
  const others = documentsOf(topics, 50, 0);
  const documents = Array.from({ length: 90 }, (_, i) => (i % 3 === 0 ? same : others[i % 50]!));
  const segments = [segmentOf(documents, 'all', false), segmentOf([same, same], 'all', false)];
  for (const combination of combinations) {
    const targets = ['text', 'place'].map((name): SearchTarget => {
      const schema = schemas.find((one) => one.name === name)!;
      return { schema, vector: same.get(name)!, weight: 1 };
    });
    const { places } = findVectors(engine, segments, { targets, combination, limit: 4 });
    const best = keyed(places);
    const equal = best.filter(({ score }) => score === best[0]!.score);
    assert.equal(equal.length, 32, combination);
  }
});
