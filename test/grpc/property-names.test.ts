// Properties as clients name them in requests, and which of them a reply shows.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveCollection } from '../../src/database/schema/collection-schema.ts';
import type { JsonObject } from './golden-messages.ts';
import { openWireServer, type WireServer } from './wire-client.ts';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const noContext = { headers: {} };

/** Three objects, made with capital letters; each refers to the one before it. */
async function openNamed(): Promise<WireServer> {
  const server = await openWireServer();
  const image = { name: 'image', type: 'blob' } as const;
  const size = { name: 'Size', type: 'int' } as const;
  await server.database.createCollection(
    resolveCollection({
      name: 'Book',
      properties: [
        { name: 'Title', type: 'text' },
        { name: 'Part', type: 'object', nested: [image, size] },
        { name: 'Before', type: 'reference', targets: ['Book'] },
      ],
    }),
  );
  const objects = [1, 2, 3].map((n) => ({
    uuid: uuid(n),
    properties: {
      Title: `book ${'x'.repeat(n)}`,
      Part: { image: 'aGVsbG8=', Size: n },
      Before: n > 1 ? [`Book/${uuid(n - 1)}`] : [],
    },
    vectors: new Map(),
  }));
  const results = await server.database.collection('Book').insertMany(objects, noContext);
  assert.ok(results.every(({ kind }) => kind === 'stored'));
  return server;
}

async function search(server: WireServer, asked: JsonObject): Promise<JsonObject[]> {
  const request = { collection: 'Book', metadata: { uuid: true }, ...asked };
  const { status, details, reply } = await server.call('Search', request);
  assert.equal(status, 'OK', details);
  return (reply?.['results'] ?? []) as JsonObject[];
}

const idsOf = (hits: readonly JsonObject[]): unknown[] =>
  hits.map((hit) => (hit['metadata'] as JsonObject)['id']);

function fieldsOf(hit: JsonObject | undefined): JsonObject {
  assert.ok(hit, 'there is a hit');
  const properties = hit['properties'] as JsonObject;
  return (properties['non_ref_props'] as JsonObject)['fields'] as JsonObject;
}

describe('a property', () => {
  test('is found by its name with a capital letter, as it was given', async () => {
    await using server = await openNamed();
    const equal = { operator: 'OPERATOR_EQUAL' };
    const title = { property: 'Title' };
    const before = { single_target: { on: 'Before', target: title } };
    for (const [asked, expected] of [
      [{ filters: { ...equal, target: title, value_text: 'xx' } }, [2]],
      [{ filters: { ...equal, on: ['Title'], value_text: 'xx' } }, [2]],
      [{ filters: { ...equal, target: { property: 'len(Title)' }, value_int: '7' } }, [2]],
      [{ filters: { ...equal, target: { property: 'Part.Size' }, value_int: '3' } }, [3]],
      [{ filters: { ...equal, target: before, value_text: 'xx' } }, [3]],
      [{ filters: { ...equal, on: ['Before', 'Book', 'Title'], value_text: 'x' } }, [2]],
      [{ filters: { ...equal, target: { count: { on: 'Before' } }, value_int: '0' } }, [1]],
      [{ sort_by: [{ path: ['Title'], ascending: false }] }, [3, 2, 1]],
      [{ bm25_search: { query: 'xx', properties: ['Title^2'] } }, [2]],
    ] as const) {
      assert.deepEqual(idsOf(await search(server, asked)), expected.map(uuid));
    }
    const group_by = { path: ['Title'], number_of_groups: 5, objects_per_group: 1 };
    const { status, details, reply } = await server.call('Search', {
      ...{ collection: 'Book', bm25_search: { query: 'book' }, group_by },
    });
    assert.equal(status, 'OK', details);
    const groups = (reply ?? {})['group_by_results'] as readonly unknown[];
    assert.equal(groups.length, 3);
  });

  test('is shown under the name that is kept', async () => {
    await using server = await openNamed();
    const object_properties = [{ prop_name: 'Part', primitive_properties: ['Size'] }];
    const properties = { non_ref_properties: ['Title'], object_properties };
    assert.deepEqual(fieldsOf((await search(server, { properties }))[1]), {
      title: { text_value: 'book xx' },
      part: { object_value: { fields: { Size: { int_value: '2' } } } },
    });
  });

  test('that is not there is told of, whatever letters its endless name has', async () => {
    await using server = await openNamed();
    for (const before of ['', 'x']) {
      const filters = {
        ...{ operator: 'OPERATOR_EQUAL', value_text: 'x' },
        target: { property: before + '😀'.repeat(3_000) },
      };
      const { status, details } = await server.call('Search', { collection: 'Book', filters });
      assert.equal(status, 'UNKNOWN');
      assert.match(details, /^no such prop with name 'x?😀/);
    }
  });

  test('of type blob is shown when it is named, inside objects too', async () => {
    await using server = await openNamed();
    const size = { Size: { int_value: '1' } };
    const shown = async (properties: JsonObject) =>
      fieldsOf((await search(server, { properties }))[0])['part'];
    assert.deepEqual(await shown({ return_all_nonref_properties: true }), {
      object_value: { fields: size },
    });
    assert.deepEqual(await shown({ non_ref_properties: ['part'] }), {
      object_value: { fields: { ...size, image: { blob_value: 'aGVsbG8=' } } },
    });
  });
});
