import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  multi,
  noContext,
  openDatabase,
  passages,
  uuidOf,
} from '../../../test/simulation/world.ts';
import type { Query } from '../../engine/query/query.ts';
import type { Vectorizer } from '../../vectorizers/vectorizer.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import { DatabaseMetrics } from './database-metrics.ts';
import { meteredVectorizer } from './metered-vectorizer.ts';

function sampleOf({ metrics }: Pick<Database, 'metrics'>, series: string): number | undefined {
  const lines = metrics.registry.text().split('\n');
  const found = lines.find((line) => line.startsWith(`${series} `));
  return found === undefined ? undefined : Number(found.slice(series.length + 1));
}

const object = (n: number, rows = [[n, 1]]) => ({
  uuid: uuidOf(n),
  properties: { text: 'red' },
  vectors: new Map([['mv', multi(rows)]]),
});

const page = { offset: 0, limit: 10, autocut: 0 };
const nearest: Query = {
  ...{ kind: 'vector', ...page },
  search: {
    input: { kind: 'vectors', vectors: [multi([[1, 0]])] },
    targets: { names: [], combination: 'minimum', weights: [] },
  },
};
const words: Query = {
  ...{ kind: 'keyword', ...page },
  search: { text: 'red', operator: { kind: 'and' } },
};

describe('a database counts', () => {
  test('writes, deletions, searches, flushes and what it holds', async () => {
    await using database = await openDatabase();
    await database.createCollection(passages());
    const collection = database.collection('Passages');
    await collection.insertMany(
      [
        object(1),
        object(2),
        object(3, [
          [1, 1],
          [2, 1],
        ]),
      ],
      noContext,
    );
    await collection.insert({ properties: {}, vectors: new Map() }, noContext);
    await collection.delete(uuidOf(1));
    await collection.delete(uuidOf(99));
    await collection.search(nearest, { explain: false }, noContext);
    await collection.search(words, { explain: false }, noContext);
    await collection.search(words, { explain: false }, noContext);
    const of = '{collection="Passages"}';
    assert.equal(sampleOf(database, `tesserae_objects_written_total${of}`), 4);
    assert.equal(sampleOf(database, `tesserae_objects_deleted_total${of}`), 1);
    assert.equal(sampleOf(database, 'tesserae_query_seconds_count{kind="vector"}'), 1);
    assert.equal(sampleOf(database, 'tesserae_query_seconds_count{kind="keyword"}'), 2);
    assert.equal(sampleOf(database, 'tesserae_query_documents_total{look="exact"}'), 2);
    assert.ok((sampleOf(database, 'tesserae_log_bytes') ?? 0) > 0);
    const states = (): unknown => ({
      objects: sampleOf(database, `tesserae_objects${of}`),
      unsealed: sampleOf(database, `tesserae_objects_unsealed${of}`),
      sealed: sampleOf(database, 'tesserae_segments{collection="Passages",state="sealed"}'),
      vectors: sampleOf(database, 'tesserae_token_vectors{collection="Passages",vector="mv"}'),
      flushes: sampleOf(database, 'tesserae_flush_seconds_count'),
    });
    assert.deepEqual(states(), {
      ...{ objects: 3, unsealed: 4, sealed: 0, vectors: 4, flushes: undefined },
    });
    await database.flush();
    // What was deleted before is not written.
    assert.deepEqual(states(), { objects: 3, unsealed: 0, sealed: 1, vectors: 3, flushes: 1 });
    const bytes = sampleOf(database, `tesserae_disk_bytes${of}`);
    assert.equal(sampleOf(database, 'tesserae_flush_bytes_total'), bytes);
    await database.deleteCollection('Passages');
    assert.doesNotMatch(database.metrics.registry.text(), /Passages/);
  });

  test('merges', async () => {
    await using database = await openDatabase();
    await database.createCollection(passages());
    for (let n = 1; n <= 4; n += 1) {
      await database.collection('Passages').insert(object(n), noContext);
      await database.flush();
    }
    await database.settled();
    assert.equal(sampleOf(database, 'tesserae_flush_seconds_count'), 4);
    assert.equal(sampleOf(database, 'tesserae_merge_seconds_count'), 1);
    const bytes = sampleOf(database, 'tesserae_disk_bytes{collection="Passages"}');
    assert.equal(sampleOf(database, 'tesserae_merge_bytes_total'), bytes);
  });

  test('calls of vectorizers and what they fail on', async () => {
    const metrics = new DatabaseMetrics();
    const vector = multi([[1, 0]]);
    const vectorizer: Vectorizer = {
      ...{ module: 'module', kind: 'multi', accepts: { text: true, image: false } },
      embedObjects: async (inputs) =>
        inputs.map(({ texts }) =>
          texts.length > 0
            ? { kind: 'vector', vector }
            : { kind: 'failed', error: new Error('no text') },
        ),
      embedQueryText: async () => vector,
      embedQueryImage: async () => {
        throw new Error('no images');
      },
    };
    const metered = meteredVectorizer(vectorizer, metrics);
    const options = { headers: {} };
    const inputs = [
      { texts: ['a'], images: [] },
      { texts: [], images: [] },
    ];
    assert.equal((await metered.embedObjects(inputs, options)).length, 2);
    assert.equal(await metered.embedQueryText('a', options), vector);
    await assert.rejects(metered.embedQueryImage('', options), /no images/);
    const counted = (name: string, call: string): number | undefined =>
      sampleOf({ metrics }, `tesserae_embedding_${name}{module="module",call="${call}"}`);
    assert.deepEqual(
      ['objects', 'query'].map((call) => [
        counted('seconds_count', call),
        counted('inputs_total', call),
        counted('failures_total', call),
      ]),
      [
        [1, 2, 1],
        [2, 2, 1],
      ],
    );
  });

  test('collections and vector names apart', async () => {
    await using database = await openDatabase();
    for (const name of ['First', 'Second']) {
      const vectors = [
        { name: 'a', kind: 'multi' },
        { name: 'b', kind: 'single' },
      ] as const;
      await database.createCollection(resolveCollection({ name, vectors }));
    }
    const text = database.metrics.registry.text();
    for (const name of ['First', 'Second']) {
      for (const vector of ['a', 'b']) {
        assert.ok(
          text.includes(`tesserae_token_vectors{collection="${name}",vector="${vector}"} 0`),
        );
      }
    }
  });
});
