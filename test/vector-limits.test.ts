// The largest and the smallest that the limits allow, in memory, sealed and trained: token vectors of a
// document and of a query, and dims. What is larger is refused and leaves nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collection } from '../src/database/collection.ts';
import type { VectorValue } from '../src/engine/document.ts';
import {
  objectTokenVectorsMax,
  queryTokenVectorsMax,
  vectorDimsMax,
} from '../src/engine/limits.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import type { Query } from '../src/engine/query/query.ts';
import { noContext, openDatabase, passages, uuidOf } from './simulation/world.ts';

const random = randomFrom(21);

function tokens(count: number, dims: number): VectorValue {
  const values = new Float32Array(count * dims).map(() => random() * 2 - 1);
  return { kind: 'multi', dims, values };
}

/** Rows of unit length in double precision. */
function unitRows({ values, dims }: VectorValue): Float64Array {
  const rows = Float64Array.from(values);
  for (let at = 0; at < rows.length; at += dims) {
    let squares = 0;
    for (let i = at; i < at + dims; i += 1) squares += rows[i]! ** 2;
    const length = Math.sqrt(squares);
    for (let i = at; i < at + dims; i += 1) rows[i]! /= length;
  }
  return rows;
}

/** MaxSim under cosine in double precision. */
function maxSim(query: VectorValue, document: VectorValue): number {
  const { dims } = query;
  const [queryRows, rows] = [unitRows(query), unitRows(document)];
  let sum = 0;
  for (let q = 0; q < queryRows.length; q += dims) {
    let best = Number.NEGATIVE_INFINITY;
    for (let d = 0; d < rows.length; d += dims) {
      let dot = 0;
      for (let i = 0; i < dims; i += 1) dot += queryRows[q + i]! * rows[d + i]!;
      if (dot > best) best = dot;
    }
    sum += best;
  }
  return sum;
}

function nearest(query: VectorValue, limit: number): Query {
  return {
    kind: 'vector',
    ...{ offset: 0, limit, autocut: 0 },
    search: {
      input: { kind: 'vectors', vectors: [query] },
      targets: { names: [], combination: 'minimum', weights: [] },
    },
  };
}

async function store(collection: Collection, n: number, vector: VectorValue): Promise<string> {
  const object = { uuid: uuidOf(n), properties: {}, vectors: new Map([['mv', vector]]) };
  const [result] = await collection.insertMany([object], noContext);
  return result?.kind === 'failed' ? result.error.message : 'stored';
}

/** Every score is that of double precision, in memory and once sealed, and a document finds itself. */
async function check(documents: readonly VectorValue[], queries: readonly VectorValue[]) {
  await using database = await openDatabase();
  await database.createCollection(passages());
  const collection = database.collection('Passages');
  for (const [n, document] of documents.entries()) {
    assert.equal(await store(collection, n, document), 'stored');
  }
  for (const state of ['in memory', 'sealed']) {
    for (const query of queries) {
      const search = nearest(query, documents.length);
      const { hits } = await collection.search(search, { explain: false }, noContext);
      assert.equal(hits.length, documents.length, state);
      for (const { document, score } of hits) {
        const vector = documents.find((_, n) => uuidOf(n) === document.uuid);
        assert.ok(vector && score !== undefined);
        const exact = maxSim(query, vector);
        const error = Math.abs(score - exact);
        assert.ok(
          error <= 2e-6 * (query.values.length / query.dims),
          `${state}: ${score}, ${exact}`,
        );
      }
      const stored = documents.indexOf(query);
      if (stored >= 0) assert.equal(hits[0]?.document.uuid, uuidOf(stored), state);
    }
    await database.flush();
    await database.settled();
  }
  const trained = collection.segments.sealed.some(({ segment }) => segment.codes('mv'));
  const vectors = documents.reduce((sum, { values, dims }) => sum + values.length / dims, 0);
  assert.equal(trained, vectors >= 20_000);
}

test('documents of one and of the most token vectors, queries of one and of the most', async () => {
  const dims = 8;
  const counts = [1, 2, objectTokenVectorsMax, 3, 5000, 1, 700];
  const documents = counts.map((count) => tokens(count, dims));
  await check(documents, [tokens(1, dims), tokens(queryTokenVectorsMax, dims), documents[5]!]);
});

test('vectors of one component and of the most', async () => {
  for (const dims of [1, 3, vectorDimsMax]) {
    const documents = [1, 4, 2].map((count) => tokens(count, dims));
    await check(documents, [tokens(2, dims), tokens(5, dims)]);
  }
});

test('one more than the most is refused in words, and leaves nothing', async () => {
  await using database = await openDatabase();
  await database.createCollection(passages());
  const collection = database.collection('Passages');
  const long = await store(collection, 1, tokens(objectTokenVectorsMax + 1, 2));
  assert.match(long, new RegExp(`${objectTokenVectorsMax + 1}.*${objectTokenVectorsMax}`));
  const wide = await store(collection, 2, tokens(1, vectorDimsMax + 1));
  assert.match(wide, new RegExp(`${vectorDimsMax + 1}.*${vectorDimsMax}`));
  assert.equal(collection.count(), 0);
  assert.equal(await store(collection, 3, tokens(1, 2)), 'stored');
  await assert.rejects(
    collection.search(
      nearest(tokens(queryTokenVectorsMax + 1, 2), 1),
      { explain: false },
      noContext,
    ),
    new RegExp(`${queryTokenVectorsMax + 1}.*${queryTokenVectorsMax}`),
  );
});
