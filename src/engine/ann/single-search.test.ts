// Searches of single vectors by lists against brute force, under every metric that has lists.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VectorValue } from '../document.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { openKernels } from '../kernels/kernels.ts';
import type { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import { scoreSingle } from '../multivector/single-metrics.ts';
import {
  bestSingles,
  keepSections,
  randomFrom,
  sourceOf,
  vectorsOf,
} from '../multivector/vectors-for-tests.ts';
import {
  encodeSingleLists,
  type ListMetric,
  listMetrics,
} from '../quantize/encode-single-lists.ts';
import { SingleLists } from '../quantize/single-lists.ts';
import { type SingleOptions, type SinglePart, SingleSearch } from './single-search.ts';

const kernels = openKernels({ forcePlain: process.env['TESSERAE_KERNELS'] === 'plain' });
const memory = KernelMemory.open();
const search = SingleSearch.open(kernels, memory);

type Row = Float32Array;

function single(values: Row): VectorValue {
  return { kind: 'single', dims: values.length, values };
}

/** Rows around topics; `size` gives each row a length of its own. */
function topicRows(
  random: () => number,
  topics: readonly Row[],
  count: number,
  size: () => number = () => 1,
): Row[] {
  return Array.from({ length: count }, () => {
    const topic = topics[Math.floor(random() ** 2 * topics.length)]!;
    const length = size();
    return topic.map((value) => (value + (random() + random() - 1) * 0.9) * length);
  });
}

function makeTopics(random: () => number, count: number, dims: number): Row[] {
  return Array.from({ length: count }, () =>
    new Float32Array(dims).map(() => (random() + random() - 1) * 1.5),
  );
}

function partOf(
  rows: readonly (Row | undefined)[],
  metric: ListMetric,
  listCount = 128,
): SinglePart {
  const values = rows.map((row) => (row === undefined ? undefined : single(row)));
  const vectors = vectorsOf(values, metric === 'cosine');
  const sections = encodeSingleLists(kernels, 'x', vectors, metric, { listCount });
  const lists = SingleLists.open(sourceOf(sections), 'x', memory);
  return { vectors, lists, docs: 'all' };
}

/** Mean share of the best k that a search finds; checks that its hits are right as far as they go. */
function recallOf(
  metric: ListMetric,
  parts: readonly SinglePart[],
  queries: readonly Row[],
  k: number,
  options: SingleOptions = { approximate: true },
): number {
  let share = 0;
  for (const query of queries) {
    const { hits } = search.top(metric, single(query), parts, k, options);
    const best = parts
      .flatMap(({ vectors, docs }) => [...bestSingles(metric, query, vectors, docs, k).scores])
      .sort((a, b) => b - a)
      .slice(0, k);
    const wanted = best.length;
    assert.ok(hits.length <= wanted);
    for (const [i, { part, doc, score }] of hits.entries()) {
      const { vectors, docs } = parts[part]!;
      const original = new Float32Array(vectors.dims);
      vectors.readOriginals(doc, original);
      assert.equal(score, scoreSingle(metric, query, original));
      assert.ok(docs === 'all' || docs.includes(doc));
      assert.ok(score <= best[i]!, 'no search beats the exact one');
    }
    const least = best[wanted - 1]!;
    share += hits.filter(({ score }) => score >= least).length / wanted;
  }
  return share / queries.length;
}

for (const metric of listMetrics) {
  const random = randomFrom(11);
  const topics = makeTopics(random, 60, 24);
  const rows = topicRows(random, topics, 6000);
  const queries = topicRows(random, topics, 15);
  const part = partOf(
    rows.map((row, i) => (i % 50 === 7 ? undefined : row)),
    metric,
  );

  test(`${metric}: nearly all of the best are found by reading a part of the lists`, () => {
    assert.ok(recallOf(metric, [part], queries, 10) >= 0.985);
    assert.ok(recallOf(metric, [part], queries, 100) >= 0.985);
    const { counts } = search.top(metric, single(queries[0]!), [part], 10, { approximate: true });
    assert.equal(counts.exactParts, 0);
    assert.ok(counts.rows < 3000, `${counts.rows} rows are read`);
  });

  test(`${metric}: a filter keeps the recall, whatever it lets through`, () => {
    for (const every of [2, 10, 100, 1000]) {
      const docs = Uint32Array.from({ length: Math.floor(6000 / every) }, (_, i) => i * every);
      const filtered = { ...part, docs };
      assert.ok(recallOf(metric, [filtered], queries, 10) >= 0.98, `one in ${every}`);
      assert.ok(recallOf(metric, [filtered], queries, 10, {}) >= 0.98, `one in ${every}, cheapest`);
    }
  });

  test(`${metric}: a filter that lets through what is far from the query keeps the recall`, () => {
    for (const query of queries.slice(0, 5)) {
      const ranked = bestSingles(metric, query, part.vectors, 'all', 6000).docs;
      const docs = ranked.slice(ranked.length - 1000).sort();
      assert.ok(recallOf(metric, [{ ...part, docs }], [query], 10) >= 0.9);
    }
  });

  test(`${metric}: k may be most of the documents, all of them, or more than are allowed`, () => {
    assert.ok(recallOf(metric, [part], queries.slice(0, 2), 4000) >= 0.98);
    assert.equal(recallOf(metric, [part], queries.slice(0, 2), 10_000), 1);
    const docs = Uint32Array.from({ length: 30 }, (_, i) => i * 5);
    assert.equal(recallOf(metric, [{ ...part, docs }], queries.slice(0, 2), 50), 1);
    assert.deepEqual(search.top(metric, single(queries[0]!), [part], 0).hits, []);
  });

  test(`${metric}: an exact search finds the best, all of them`, () => {
    assert.equal(recallOf(metric, [part], queries, 10, { exact: true }), 1);
  });

  test(`${metric}: the same query gives the same hits, with plain kernels too`, () => {
    const plain = openKernels({ forcePlain: true });
    const other = KernelMemory.open();
    const slow = SingleSearch.open(plain, other);
    const sections = keepSections(
      encodeSingleLists(kernels, 'x', part.vectors, metric, { listCount: 128 }),
    );
    const lists = SingleLists.open(sourceOf(sections), 'x', other);
    for (const query of queries.slice(0, 4)) {
      const options = { approximate: true };
      const found = search.top(metric, single(query), [part], 20, options);
      assert.deepEqual(search.top(metric, single(query), [part], 20, options), found);
      assert.deepEqual(slow.top(metric, single(query), [{ ...part, lists }], 20, options), found);
    }
  });

  test(`${metric}: lists that another thread shares are the same lists`, () => {
    const source = sourceOf(
      encodeSingleLists(kernels, 'x', part.vectors, metric, { listCount: 128 }),
    );
    const opened = SingleLists.open(source, 'x', memory)!;
    const attached = SingleLists.attach(structuredClone(opened.share()), source, 'x', memory);
    const query = single(queries[0]!);
    assert.deepEqual(
      search.top(metric, query, [{ ...part, lists: attached }], 10),
      search.top(metric, query, [{ ...part, lists: opened }], 10),
    );
  });
}

test('vectors of very different lengths keep the recall', () => {
  for (const metric of listMetrics) {
    const random = randomFrom(12);
    const topics = makeTopics(random, 40, 24);
    const size = (): number => Math.exp((random() - 0.5) * 4);
    const part = partOf(topicRows(random, topics, 4000, size), metric);
    const queries = topicRows(random, topics, 15, size);
    assert.ok(recallOf(metric, [part], queries, 10) >= 0.98, metric);
  }
});

test('vectors far from zero keep the recall of distances', () => {
  const random = randomFrom(13);
  const topics = makeTopics(random, 40, 24).map((topic) => topic.map((value) => value + 20));
  const part = partOf(topicRows(random, topics, 6000), 'l2-squared');
  assert.ok(recallOf('l2-squared', [part], topicRows(random, topics, 15), 10) >= 0.98);
});

test('a topic that only one segment has is found there', () => {
  for (const metric of listMetrics) {
    const random = randomFrom(14);
    const [before, after] = [makeTopics(random, 30, 24), makeTopics(random, 5, 24)];
    const parts = [
      partOf(topicRows(random, before, 4000), metric),
      partOf([...topicRows(random, before, 2000), ...topicRows(random, after, 400)], metric, 64),
      { ...partOf(topicRows(random, after, 50), metric, 8), lists: undefined },
    ];
    assert.ok(recallOf(metric, parts, topicRows(random, after, 12), 10) >= 0.98, metric);
    assert.ok(recallOf(metric, parts, topicRows(random, before, 12), 10) >= 0.98, metric);
  }
});

test('equal vectors come in the order of their documents', () => {
  for (const metric of listMetrics) {
    const random = randomFrom(15);
    const rows = topicRows(random, makeTopics(random, 20, 24), 4000);
    for (let i = 0; i < 1500; i++) rows[i * 2] = rows[0]!;
    const { hits } = search.top(metric, single(rows[0]!), [partOf(rows, metric)], 1200, {
      approximate: true,
    });
    const own = hits.filter(({ doc }) => doc % 2 === 0 && doc < 3000);
    if (metric !== 'dot') assert.equal(own.length, 1200);
    assert.deepEqual(
      own.map(({ doc }) => doc),
      own.map((_, i) => i * 2),
    );
  }
});

test('vectors and queries without a direction have cosine distance 1', () => {
  const random = randomFrom(16);
  const rows = topicRows(random, makeTopics(random, 20, 16), 3000);
  for (let i = 0; i < 600; i++) rows[i * 5] = new Float32Array(16);
  const part = partOf(rows, 'cosine', 64);
  const none = search.top('cosine', single(new Float32Array(16)), [part], 5);
  assert.deepEqual(
    none.hits.map(({ doc, score }) => [doc, score]),
    [0, 1, 2, 3, 4].map((doc) => [doc, -1]),
  );
  assert.ok(
    recallOf('cosine', [part], topicRows(random, makeTopics(random, 3, 16), 10), 2000) >= 0.98,
  );
});

test('a larger ef reads more', () => {
  const random = randomFrom(17);
  const topics = makeTopics(random, 60, 24);
  const part = partOf(topicRows(random, topics, 6000), 'cosine');
  const query = single(topicRows(random, topics, 1)[0]!);
  const rows = [0, 1000, 4000].map(
    (ef) => search.top('cosine', query, [part], 10, { ef, approximate: true }).counts.rows,
  );
  assert.ok(rows[0]! < rows[1]! && rows[1]! < rows[2]!, `${rows}`);
});

test('few allowed documents are scored exactly, many are not', () => {
  const random = randomFrom(18);
  const topics = makeTopics(random, 60, 64);
  const part = partOf(topicRows(random, topics, 6000), 'cosine');
  const query = single(topicRows(random, topics, 1)[0]!);
  const docs = Uint32Array.from({ length: 40 }, (_, i) => i * 60);
  assert.equal(search.top('cosine', query, [{ ...part, docs }], 10).counts.exactDocuments, 40);
  assert.equal(search.top('cosine', query, [part], 10).counts.exactDocuments, 0);
});

test('queries too long for squares are scored exactly', () => {
  const random = randomFrom(19);
  const rows = topicRows(random, makeTopics(random, 10, 8), 500);
  const part = partOf(rows, 'dot', 16);
  const query = rows[3]!.map((value) => value * 1e20);
  assert.equal(recallOf('dot', [part], [query], 10), 1);
});

test('metrics without lists are scored exactly', () => {
  const random = randomFrom(20);
  const rows = topicRows(random, makeTopics(random, 10, 8), 500);
  const vectors: MemoryTokenVectors = vectorsOf(rows.map(single), false);
  for (const metric of ['hamming', 'manhattan'] as const) {
    const { hits } = search.top(
      metric,
      single(rows[5]!),
      [{ vectors, lists: undefined, docs: 'all' }],
      9,
    );
    const expected = bestSingles(metric, rows[5]!, vectors, 'all', 9);
    assert.deepEqual(
      hits.map(({ doc }) => doc),
      [...expected.docs],
    );
  }
});
