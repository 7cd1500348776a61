import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Document, VectorValue } from '../document.ts';
import type { Filter, FilterOperator, FilterValue } from '../filter/filter.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import { openKernels } from '../kernels/kernels.ts';
import { keepSections, sourceOf } from '../multivector/vectors-for-tests.ts';
import { type Executable, execute, keywordLegOf, vectorRequestOf } from '../query/execute.ts';
import { openSearchEngine, type SearchEngine } from '../query/search-engine.ts';
import { type Snapshot, takeSnapshot } from '../query/snapshot.ts';
import { findVectors, vectorSegments } from '../query/vector-search.ts';
import type { CollectionSchema, PropertySchema } from '../schema.ts';
import { encodeSegment } from './encode-segment.ts';
import { MemorySegment } from './memory-segment.ts';
import { SealedSegment } from './sealed-segment.ts';
import type { Section } from './sections.ts';
import type { Segment } from './segment.ts';

const word = { type: 'text', tokenization: 'word', filterable: true, searchable: true } as const;
const car: readonly PropertySchema[] = [
  { name: 'make', ...word },
  { name: 'codes', ...word, type: 'text[]' },
  {
    name: 'tires',
    type: 'object[]',
    filterable: true,
    searchable: false,
    nested: [
      { name: 'width', type: 'int', filterable: true, searchable: false },
      { name: 'brand', ...word },
    ],
  },
];
const schema: CollectionSchema = {
  collection: 'C',
  properties: [
    { name: 'text', type: 'text', tokenization: 'word', filterable: true, searchable: true },
    { name: 'number', type: 'int', filterable: true, searchable: false },
    { name: 'cars', type: 'object[]', filterable: true, searchable: false, nested: car },
  ],
  vectors: [
    { name: 'mv', kind: 'multi', metric: 'cosine' },
    { name: 'one', kind: 'single', metric: 'l2-squared' },
  ],
  bm25: { b: 0.75, k1: 1.2 },
  stopwords: { preset: 'en', additions: [], removals: [] },
};

function seal(segments: readonly Segment[]): SealedSegment {
  return SealedSegment.open(sourceOf(encodeSegment(segments, schema)), 'test');
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function document(n: number, next: () => number): Document {
  const rows = 1 + Math.floor(next() * 4);
  const vectors = new Map<string, VectorValue>();
  const values = (length: number): Float32Array =>
    Float32Array.from({ length }, () => next() * 2 - 1);
  if (n % 5 !== 0) vectors.set('mv', { kind: 'multi', dims: 6, values: values(6 * rows) });
  if (n % 3 !== 0) vectors.set('one', { kind: 'single', dims: 3, values: values(3) });
  const uuid = `00000000-0000-4000-8000-${String((n * 7919) % 1009).padStart(12, '0')}`;
  const text = `word${n % 7} word${n % 4} the`;
  const cars = Array.from({ length: n % 3 }, (_, at) => ({
    make: `make${(n + at) % 4} word${at}`,
    codes: [`code${n % 5}`, `code${at}`].slice(n % 2),
    ...(n % 4 === 0 ? {} : { tires: [{ width: n % 9, brand: `brand${n % 6}` }, { width: at }] }),
  }));
  const properties = { text, number: n, ...(n % 7 === 0 ? {} : { cars }) };
  return { uuid, createdAt: n, updatedAt: n + 1, properties, vectors };
}

function filled(from: number, to: number): MemorySegment {
  const segment = new MemorySegment();
  const next = random(from + 1);
  for (let n = from; n < to; n += 1) segment.add(document(n, next), schema);
  return segment;
}

/** Runs every leg of a query in this thread. */
function runQuery(
  engine: SearchEngine,
  snapshot: Snapshot,
  executable: Executable,
): ReturnType<typeof execute> {
  const request = vectorRequestOf(executable);
  const vector = request ? findVectors(engine, vectorSegments(snapshot), request).places : [];
  return execute(
    snapshot,
    executable,
    { vector, keyword: keywordLegOf(snapshot, executable) },
    true,
  );
}

/** Every answer that a user could see: objects, vector and keyword hits, a filter. */
function answers(segments: readonly Segment[]): unknown {
  const engine = openSearchEngine(openKernels({ forcePlain: true }));
  const page = { offset: 0, limit: 1000, autocut: 0 };
  const vectors = {
    kind: 'multi',
    dims: 6,
    values: Float32Array.of(1, 0.5, -1, 0, 0.2, 0.1),
  } as const;
  const run = (executable: Executable, filter?: Parameters<typeof takeSnapshot>[2]) => {
    const snapshot = takeSnapshot(segments, schema, filter);
    return runQuery(engine, snapshot, executable).map(({ uuid, score, explanation }) => ({
      uuid,
      score,
      explanation,
    }));
  };
  const documents = segments.flatMap((segment) =>
    Array.from({ length: segment.documentCount }, (_, doc) => doc)
      .filter((doc) => segment.live.has(doc))
      .map((doc) => segment.document(doc, { vectors: true })),
  );
  const inside = (name: string, operator: FilterOperator, value: FilterValue) =>
    ({ kind: 'compare', operator, target: { kind: 'property', name }, value }) as const;
  const insides: readonly Filter[] = [
    inside('cars.make', 'equal', 'make2 word1'),
    inside('cars.codes', 'containsAll', ['code1', 'code0']),
    inside('cars.tires.brand', 'like', 'brand*'),
    {
      kind: 'and',
      operands: [
        inside('cars.tires.brand', 'equal', 'brand2'),
        inside('cars.tires.width', 'greaterThan', 2),
        inside('cars[1].make', 'isNull', false),
      ],
    },
  ];
  return {
    inside: insides.map((filter) => {
      const found = run(
        { kind: 'fetch', page, query: { kind: 'fetch', ...page, sort: [] } },
        filter,
      );
      assert.ok(found.length > 0 || documents.length < 50, JSON.stringify(filter));
      return found;
    }),
    documents: documents.sort((a, b) => (a.uuid < b.uuid ? -1 : 1)),
    nearest: run({
      kind: 'vector',
      page,
      vector: {
        targets: [{ schema: schema.vectors[0]!, vector: vectors, weight: 1 }],
        combination: 'minimum',
      },
    }),
    keyword: run({
      kind: 'keyword',
      page,
      keyword: { text: 'word1 word3', operator: { kind: 'or', matchesMin: 1 } },
    }),
    filtered: run(
      { kind: 'fetch', page, query: { kind: 'fetch', ...page, sort: [] } },
      {
        kind: 'compare',
        operator: 'lessThan',
        target: { kind: 'property', name: 'number' },
        value: 20,
      },
    ),
  };
}

describe('segments', () => {
  test('a sealed segment answers like the memory segment that it was made of', () => {
    const memory = filled(0, 60);
    memory.remove(3);
    memory.remove(17);
    const sealed = seal([memory]);
    assert.equal(sealed.documentCount, 58);
    assert.deepEqual(answers([sealed]), answers([memory]));
  });

  test('what is deleted while a segment is encoded is in it, and can be deleted of it', () => {
    for (const after of ['head', 'uuids', 'stored.data', 'vectors.0.head']) {
      const memory = filled(0, 60);
      const deleted: string[] = [];
      const sections = function* (): Generator<Section> {
        for (const { name, parts } of encodeSegment([memory], schema)) {
          yield { name, parts };
          if (name !== after) continue;
          for (const doc of [3, 17, 40]) {
            deleted.push(memory.uuid(doc));
            memory.remove(doc);
          }
        }
      };
      const sealed = SealedSegment.open(sourceOf(sections()), 'test');
      assert.equal(sealed.liveCount, 60);
      for (const uuid of deleted) assert.ok(sealed.remove(sealed.find(uuid)), uuid);
      assert.deepEqual(answers([sealed]), answers([memory]), after);
    }
  });

  test('a merge answers like the segments that it was made of, deletions included', () => {
    const parts = [seal([filled(0, 30)]), seal([filled(30, 75)]), seal([filled(75, 80)])];
    for (const doc of [0, 4, 9]) parts[0]!.remove(doc);
    for (let doc = 0; doc < 5; doc += 1) parts[2]!.remove(doc);
    const before = answers(parts);
    const merged = seal(parts);
    assert.equal(merged.documentCount, 72);
    assert.deepEqual(answers([merged]), before);
    assert.deepEqual(answers([seal([merged])]), before);
  });

  test('segments without vectors of some name merge with those that have them', () => {
    const bare = new MemorySegment();
    const plain: CollectionSchema = { ...schema, vectors: [] };
    for (let n = 100; n < 110; n += 1) bare.add(document(n, random(n)), plain);
    const parts = [seal([bare]), seal([filled(1, 5)])];
    assert.deepEqual(answers([seal(parts)]), answers(parts));
  });

  test('a trained segment finds what exact scoring finds, in one segment and beside others', () => {
    const kernels = openKernels({ forcePlain: true });
    const engine = openSearchEngine(kernels);
    const memory = filled(0, 900);
    const sections = encodeSegment([memory], schema, {
      training: { kernels, vectorsMin: 100 },
    });
    const trained = SealedSegment.open(sourceOf(sections), 'test', engine.memory);
    assert.ok(trained.codes('mv'), 'it has centroids');
    const next = random(77);
    let found = 0;
    let wanted = 0;
    for (let query = 0; query < 20; query += 1) {
      const values = Float32Array.from({ length: 6 * 3 }, () => next() * 2 - 1);
      const vector = { kind: 'multi', dims: 6, values } as const;
      const top = (segments: readonly Segment[]): string[] =>
        runQuery(engine, takeSnapshot(segments, schema, undefined), {
          kind: 'vector',
          page: { offset: 0, limit: 10, autocut: 0 },
          vector: {
            targets: [{ schema: schema.vectors[0]!, vector, weight: 1 }],
            combination: 'minimum',
          },
        }).map(({ uuid, score }) => `${uuid} ${score}`);
      const exact = new Set(top([memory]));
      for (const hit of top([trained])) found += exact.has(hit) ? 1 : 0;
      wanted += exact.size;
    }
    assert.ok(found >= wanted * 0.98, `${found} of ${wanted}`);
    trained.close();
  });

  test('an object is found by uuid until it is removed', () => {
    const sealed = seal([filled(0, 40)]);
    for (let doc = 0; doc < 40; doc += 1) {
      const uuid = sealed.uuid(doc);
      assert.equal(sealed.find(uuid), doc);
      if (doc % 2 === 0) assert.equal(sealed.remove(doc), true);
      assert.equal(sealed.find(uuid), doc % 2 === 0 ? -1 : doc);
      assert.equal(sealed.remove(doc), doc % 2 === 1 && true);
      if (doc % 2 === 1) assert.equal(sealed.find(uuid), -1);
    }
    assert.equal(sealed.liveCount, 0);
    assert.equal(sealed.find('ffffffff-0000-4000-8000-000000000000'), -1);
  });

  test('missing and cut sections are named', () => {
    const sections = keepSections(encodeSegment([filled(0, 10)], schema));
    for (const { name } of sections) {
      if (!/^(head|uuids|stored)/.test(name)) continue;
      const others = sections.filter((section) => section.name !== name);
      assert.throws(
        () => SealedSegment.open(sourceOf(others), 'f'),
        new RegExp(`corrupt file f.*${name}`),
      );
    }
    const cut = sections.map((section) =>
      section.name === 'uuids' ? { name: 'uuids', parts: [new Uint8Array(7)] } : section,
    );
    assert.throws(() => SealedSegment.open(sourceOf(cut), 'f'), /uuids of 160 bytes, found 7/);
  });

  test('a segment that can not be opened keeps no memory', () => {
    const kernels = openKernels({ forcePlain: true });
    const sections = keepSections(
      encodeSegment([filled(0, 900)], schema, { training: { kernels, vectorsMin: 100 } }),
    );
    const memory = KernelMemory.open();
    const before = memory.usedBytes;
    const whole = SealedSegment.open(sourceOf(sections), 'f', memory);
    assert.ok(whole.codes('mv') && memory.usedBytes > before);
    whole.close();
    assert.equal(memory.usedBytes, before);
    const second = sections.filter(({ name }) => name.startsWith('vectors.1'));
    assert.ok(second.length > 0);
    for (const { name } of second) {
      const others = sections.filter((section) => section.name !== name);
      try {
        SealedSegment.open(sourceOf(others), 'f', memory).close();
      } catch (error) {
        assert.match(String(error), /corrupt/);
      }
      assert.equal(memory.usedBytes, before, name);
    }
  });
});

test('live documents are those of the moment, also where words of the set begin and end', () => {
  const segment = new MemorySegment();
  const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
  const removed = new Set<number>();
  for (let n = 0; n < 200; n += 1) {
    const before = segment.live;
    const { length } = before;
    const document = { uuid: uuid(n), properties: {}, vectors: new Map() };
    segment.add({ ...document, createdAt: 1, updatedAt: 1 }, { ...schema, properties: [] });
    assert.deepEqual([before.length, before.has(n)], [length, false]);
    if (n % 7 === 3) {
      removed.add(n - 2);
      assert.equal(segment.remove(n - 2), true);
      assert.equal(segment.remove(n - 2), false);
    }
    assert.equal(segment.live.length, n + 1);
    assert.equal(segment.live.count(), n + 1 - removed.size);
    assert.equal(segment.liveCount, segment.live.count());
  }
  for (let n = 0; n < 200; n += 1) assert.equal(segment.live.has(n), !removed.has(n), `${n}`);
});
