// Aggregate over the wire: the forms of the answers, and over the hits of which searches. What the
// metrics are is tested where they are computed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveCollection } from '../../src/database/schema/collection-schema.ts';
import { queryCollection } from './golden-config.ts';
import type { JsonObject } from './golden-messages.ts';
import { insertRecorded, replay } from './replay.ts';
import { openWireServer, type WireServer } from './wire-client.ts';

async function openQueryServer(): Promise<WireServer> {
  const server = await openWireServer();
  await server.database.createCollection(queryCollection());
  await insertRecorded(server, 'query_collection', 'insert_all_types');
  return server;
}

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const noContext = { headers: {} };

/** Twenty objects with a single vector each, the n-th one at a distance of n from the first. */
async function openLineServer(): Promise<WireServer> {
  const server = await openWireServer();
  await server.database.createCollection(
    resolveCollection({
      name: 'Line',
      properties: [
        { name: 'n', type: 'int' },
        { name: 'big', type: 'int' },
        { name: 'text', type: 'text' },
        { name: 'place', type: 'geoCoordinates' },
        { name: 'flag', type: 'boolean' },
        { name: 'half', type: 'number' },
        { name: 'when', type: 'date' },
        { name: 'key', type: 'uuid' },
        { name: 'next', type: 'reference', targets: ['Line'] },
      ],
      vectors: [{ name: 'v', kind: 'single', metric: 'l2-squared' }],
    }),
  );
  const objects = Array.from({ length: 20 }, (_, n) => ({
    uuid: uuid(n),
    properties: {
      ...{ n, text: n % 2 === 0 ? 'even word' : 'odd', flag: n < 5, half: n / 2 },
      ...{ place: { latitude: n % 3, longitude: 5 }, when: `20${10 + n}-01-01T00:00:00Z` },
      ...{ key: uuid(n % 2), next: [`Line/${uuid((n + 1) % 20)}`] },
    },
    vectors: new Map([
      ['v', { kind: 'single', dims: 1, values: Float32Array.of(Math.sqrt(n)) } as const],
    ]),
  }));
  const results = await server.database.collection('Line').insertMany(objects, noContext);
  assert.ok(results.every(({ kind }) => kind === 'stored'));
  return server;
}

type Asked = Omit<JsonObject, 'collection'>;

async function ask(server: WireServer, asked: Asked): Promise<JsonObject> {
  const { status, details, reply } = await server.call('Aggregate', {
    collection: 'Line',
    objects_count: true,
    ...asked,
  });
  assert.equal(status, 'OK', details);
  return reply ?? {};
}

/** Objects that the aggregation was made of. */
async function count(server: WireServer, asked: Asked): Promise<number> {
  const { single_result } = await ask(server, asked);
  return Number((single_result as JsonObject)['objects_count'] ?? 0);
}

const origin = {
  vectors: [{ vector_bytes: { $base64: 'AAAAAA==' }, type: 'VECTOR_TYPE_SINGLE_FP32' }],
};

describe('Aggregate', () => {
  test('is answered as recorded', async () => {
    await using server = await openQueryServer();
    const wrong = await replay(server, 'aggregate', 'Aggregate', 'Q');
    // Groups of one size have no order on the reference.
    assert.deepEqual([...wrong.keys()], ['group_by']);
  });

  test('over a vector search is of the best, or of all that are close enough', async () => {
    await using server = await openLineServer();
    assert.equal(await count(server, { near_vector: origin, object_limit: 3 }), 3);
    assert.equal(await count(server, { near_vector: { ...origin, distance: 7 } }), 8);
    assert.equal(
      await count(server, { near_vector: { ...origin, distance: 7 }, object_limit: 3 }),
      3,
    );
    assert.equal(await count(server, { near_object: { id: uuid(0), distance: 1000 } }), 20);
    const filters = { operator: 'OPERATOR_LESS_THAN', value_int: '5', target: { property: 'n' } };
    assert.equal(await count(server, { near_vector: { ...origin, distance: 7 }, filters }), 5);
    const sum = await ask(server, {
      near_vector: { ...origin, distance: 4 },
      aggregations: [{ property: 'n', int: { sum: true } }],
    });
    assert.deepEqual(sum['single_result'], {
      objects_count: '5',
      aggregations: { aggregations: [{ property: 'n', int: { type: '', sum: '10' } }] },
    });
  });

  test('shows sums of integers beyond 64 bits as numbers', async () => {
    await using server = await openLineServer();
    const sumOf = async (): Promise<unknown> => {
      const sum = await ask(server, { aggregations: [{ property: 'big', int: { sum: true } }] });
      return ((sum['single_result'] as JsonObject)['aggregations'] as JsonObject)['aggregations'];
    };
    const big = Number.MAX_SAFE_INTEGER;
    const insert = async (from: number, count: number): Promise<void> => {
      const objects = Array.from({ length: count }, (_, n) => ({
        ...{ uuid: uuid(from + n), properties: { big: -big }, vectors: new Map() },
      }));
      const results = await server.database.collection('Line').insertMany(objects, noContext);
      assert.ok(results.every(({ kind }) => kind === 'stored'));
    };
    await insert(100, 1024);
    assert.deepEqual(await sumOf(), [
      { property: 'big', int: { type: '', sum: String(-big * 1024) } },
    ]);
    await insert(2000, 976);
    assert.deepEqual(await sumOf(), [{ property: 'big', number: { type: '', sum: -big * 2000 } }]);
  });

  test('over a hybrid search is of the best, or of all words and what is close enough', async () => {
    await using server = await openLineServer();
    const words = { query: 'word', use_alpha_param: true, alpha_param: 0 };
    assert.equal(await count(server, { hybrid: words }), 10);
    assert.equal(await count(server, { hybrid: words, object_limit: 4 }), 4);
    const both = { ...words, alpha_param: 0.5, ...origin };
    assert.equal(await count(server, { hybrid: both }), 20);
    assert.equal(await count(server, { hybrid: both, object_limit: 4 }), 4);
    assert.equal(await count(server, { hybrid: { ...both, vector_distance: 3 } }), 4);
  });

  test('shows groups in the form of their property', async () => {
    await using server = await openLineServer();
    const groups = async (property: string): Promise<unknown> => {
      const { grouped_results } = await ask(server, { group_by: { property }, limit: 2 });
      return (grouped_results as { readonly groups: JsonObject[] }).groups.map(
        ({ objects_count, grouped_by }) => {
          const { path, ...value } = grouped_by as JsonObject;
          assert.deepEqual(path, [property]);
          return [objects_count, value];
        },
      );
    };
    assert.deepEqual(await groups('n'), [
      ['1', { int: '0' }],
      ['1', { int: '1' }],
    ]);
    assert.deepEqual(await groups('half'), [
      ['1', { number: 0 }],
      ['1', { number: 0.5 }],
    ]);
    assert.deepEqual(await groups('text'), [
      ['10', { text: 'even word' }],
      ['10', { text: 'odd' }],
    ]);
    assert.deepEqual(await groups('flag'), [
      ['15', { boolean: false }],
      ['5', { boolean: true }],
    ]);
    assert.deepEqual(await groups('place'), [
      ['7', { geo: { longitude: 5 } }],
      ['7', { geo: { latitude: 1, longitude: 5 } }],
    ]);
    assert.deepEqual(await groups('key'), [
      ['10', { text: uuid(0) }],
      ['10', { text: uuid(1) }],
    ]);
    assert.deepEqual(await groups('when'), [
      ['1', { text: '2010-01-01T00:00:00Z' }],
      ['1', { text: '2011-01-01T00:00:00Z' }],
    ]);
    assert.deepEqual(await groups('next'), [
      ['1', { text: `weaviate://localhost/Line/${uuid(0)}` }],
      ['1', { text: `weaviate://localhost/Line/${uuid(1)}` }],
    ]);
  });

  test('says types and where references point to', async () => {
    await using server = await openLineServer();
    const { single_result } = await ask(server, {
      objects_count: false,
      aggregations: [
        { property: 'n', number: { type: true, maximum: true } },
        { property: 'next', reference: { type: true, pointing_to: true } },
        { property: 'place', text: { count: true } },
        { property: 'text', text: { count: true, top_occurences_limit: 1 } },
      ],
    });
    assert.deepEqual(single_result, {
      aggregations: {
        aggregations: [
          { property: 'n', int: { type: 'int', maximum: '19' } },
          { property: 'next', reference: { type: 'cref', pointing_to: ['Line'] } },
          { property: 'place', text: { type: '', count: '20' } },
          {
            property: 'text',
            text: {
              ...{ type: '', count: '20' },
              top_occurences: { items: [{ value: 'even word', occurs: '10' }] },
            },
          },
        ],
      },
    });
  });

  test('refuses what makes no sense, and says why', async () => {
    await using server = await openLineServer();
    const refused = async (asked: Asked, message: RegExp): Promise<void> => {
      const { status, details } = await server.call('Aggregate', { collection: 'Line', ...asked });
      assert.equal(status, 'UNKNOWN');
      assert.match(details, message);
    };
    await refused({ near_vector: origin }, /object_limit, distance or certainty/);
    await refused({ object_limit: 5 }, /object_limit goes with/);
    await refused({ near_audio: { audio: 'AAAA' } }, /near_audio/);
    await refused({ aggregations: [{ property: 'n' }] }, /nothing is asked of property 'n'/);
    await refused({ aggregations: [{ int: { sum: true } }] }, /names no property/);
    await refused({ group_by: {} }, /names no property/);
    await refused({ group_by: { property: 'nope' } }, /'nope'/);
    const text = { property: 'text', int: { sum: true } };
    await refused({ aggregations: [text] }, /'text'.*has no sum: it has count, topOccurrences/);
    assert.deepEqual(server.errors, []);
  });
});
