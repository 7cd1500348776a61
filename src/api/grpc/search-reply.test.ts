import assert from 'node:assert/strict';
import { test } from 'node:test';
import { multiTargetCollection, queryCollection } from '../../../test/grpc/golden-config.ts';
import {
  alike,
  goldenBytes,
  goldenJson,
  grpcCalls,
  type JsonObject,
  normalised,
} from '../../../test/grpc/golden-messages.ts';
import type { CollectionConfig } from '../../database/collection-config.ts';
import { resolveCollection } from '../../database/schema/collection-schema.ts';
import type { SearchHit, SearchResult } from '../../database/search.ts';
import type { Properties, VectorValue } from '../../engine/document.ts';
import { openCodecs } from './protocol.ts';
import { encodeSearchReply } from './search-reply.ts';
import { decodeSearchRequest } from './search-request.ts';

const codecs = openCodecs();
const requests = codecs('weaviate.v1.SearchRequest');
const replies = codecs('weaviate.v1.SearchReply');
const limits = { defaultLimit: 25, maximumResults: 10_000 };
const q = queryCollection();

const objects: Readonly<Record<string, { readonly uuid: string; readonly p: Properties }>> = {
  one: {
    uuid: 'a40a7e57-4c4d-51b7-9e3e-a7b972231f5c',
    p: {
      text: 'Weaviate is a vector database for AI',
      title: 'vector database',
      tag: 'Red Apple',
      ws: 'Foo-Bar baz',
      lc: 'Foo-Bar BAZ',
      tri: 'database',
      num: 1,
      price: 1.5,
      flag: true,
      when: '2020-01-02T03:04:05Z',
      uid: 'fceebf69-12bb-57f7-8eba-bb86ca669ff4',
      tags: ['a', 'b'],
      nums: [1, 2],
      geo: { latitude: 52.37, longitude: 4.9 },
      obj: { name: 'one', n: 1 },
    },
  },
  two: {
    uuid: 'd5d04142-7e2c-53df-ac95-7ff699b875b9',
    p: {
      text: 'PyTorch is a deep learning framework',
      title: 'deep learning',
      tag: 'Red',
      ws: 'foo-bar Baz',
      lc: 'qux',
      tri: 'framework',
      num: 2,
      price: 2.5,
      flag: false,
      when: '2021-01-02T03:04:05Z',
      uid: '6bc3cff1-202d-503b-9b31-51f659b91b30',
      tags: ['b', 'c'],
      nums: [2, 3],
      obj: { name: 'two', n: 2 },
    },
  },
  three: {
    uuid: '6e7740e0-23e2-5228-9742-8e8604b06baf',
    p: {
      text: 'database database database',
      title: 'the database',
      tag: 'Green',
      ws: 'baz',
      lc: 'foo',
      tri: 'data',
      num: 3,
      price: -1,
      flag: true,
      when: '2022-01-02T03:04:05Z',
      tags: ['d'],
      nums: [],
    },
  },
  four: {
    uuid: '09dcb1e5-e7fe-5ef2-aee8-a855929b2105',
    p: {
      text: 'a good vector search engine with a long text that goes on and on for AI builders',
      title: 'search',
      tag: 'Red Apple',
      num: 4,
      price: 10,
      when: '2023-01-02T03:04:05Z',
    },
  },
  five: {
    uuid: '812ee8e2-e8d3-5fef-b14a-29b75378d2ed',
    p: { text: 'the of and', title: '', num: 5 },
  },
};

const none: ReadonlyMap<string, VectorValue> = new Map();

function hit(name: string, score?: number, vectors = none): SearchHit {
  const object = objects[name];
  assert(object);
  const { uuid, p: properties } = object;
  const document = { uuid, createdAt: 1, updatedAt: 2, properties, vectors };
  return { document, ...(score !== undefined && { score: Math.fround(score) }) };
}

function recordedCall(topic: string, name: string) {
  const found = grpcCalls(topic, 'Search').find((each) => each.case === name);
  assert(found, `${topic}#${name}`);
  return found.call;
}

function reply(request: JsonObject, result: SearchResult, config: CollectionConfig): JsonObject {
  const bytes = goldenBytes('weaviate.v1.SearchRequest', request);
  assert(bytes);
  const search = decodeSearchRequest(requests.decode(bytes), {
    config,
    limits,
    find: () => undefined,
  });
  const encoded = replies.encode(encodeSearchReply(result, search, config, 0.25));
  return goldenJson('weaviate.v1.SearchReply', encoded);
}

/** Asserts that hits with these scores make the recorded reply. */
function matches(
  topic: string,
  name: string,
  result: SearchResult,
  config: CollectionConfig = q,
): void {
  const call = recordedCall(topic, name);
  const expected = normalised(call.reply ?? {});
  const actual = normalised(reply(call.request, result, config));
  if (!alike(actual, expected)) assert.deepEqual(actual, expected);
}

test('a near_vector reply carries distance, certainty and empty scores', () => {
  const hits = [hit('four', 1.8), hit('one', 1.6), hit('three', 1.08), hit('two', 0.8)];
  matches('near_vector', 'basic', { hits });
});

test('a reply without named properties shows all, absent ones as null, an empty list as list', () => {
  const hits = [hit('one', 1), hit('two', 1), hit('three', 0.6), hit('four', 0.8)];
  const call = recordedCall('near_vector', 'zero_query');
  const results = call.reply?.['results'] as readonly JsonObject[];
  const actual = reply(call.request, { hits }, q)['results'] as readonly JsonObject[];
  const propertiesById = new Map(
    results.map((each) => [(each['metadata'] as JsonObject)['id'], each['properties']]),
  );
  assert.equal(actual.length, 4);
  for (const each of actual) {
    const expected = propertiesById.get((each['metadata'] as JsonObject)['id'] ?? '');
    assert(expected !== undefined);
    const [left, right] = [normalised(each['properties'] ?? null), normalised(expected)];
    if (!alike(left, right)) assert.deepEqual(left, right);
  }
});

test('parts of an object are shown as chosen, null where the object is absent', () => {
  const hits = ['four', 'three', 'five', 'one', 'two'].map((name) => hit(name));
  matches('fetch', 'nested_property', { hits });
});

test('an empty list of properties leaves them out altogether', () => {
  const hits = ['four', 'three', 'five', 'one', 'two'].map((name) => hit(name));
  matches('fetch', 'return_properties_empty', { hits });
});

test('a fetch shows scores of 0 when they are asked for, and no distance', () => {
  const hits = ['four', 'three', 'five', 'one', 'two'].map((name) => hit(name));
  matches('bm25', 'none_query', { hits });
});

test('without metadata a hit has not even its id', () => {
  const config = resolveCollection({
    name: 'Raw',
    properties: [{ name: 'text', type: 'text' }],
    vectors: [{ name: 'mv', kind: 'multi' }],
  });
  const document = {
    uuid: '09dcb1e5-e7fe-5ef2-aee8-a855929b2105',
    createdAt: 1,
    updatedAt: 1,
    properties: { text: 'nm' },
    vectors: none,
  };
  matches('raw_grpc', 'search_without_uses_flags', { hits: [{ document }] }, config);
});

test('vectors come by name, all of them or those asked for', () => {
  const values = Float32Array.of(0.8, 0, 0.6, 0, 0, 0.6, 0.8, 0, 0, 0, 0, 1);
  const vectors = new Map([['mv', { kind: 'multi', dims: 4, values } as const]]);
  for (const name of ['include_vector', 'include_vector_named', 'include_vector_unknown']) {
    matches('near_vector', name, { hits: [hit('four', 1.8, vectors)] });
  }
});

test('the unnamed vector has the older field', () => {
  const values = Float32Array.of(1, 2);
  const vectors = new Map([['', { kind: 'single', dims: 2, values } as const]]);
  const request = { metadata: { vector: true }, properties: {} };
  const actual = reply(request, { hits: [hit('four', undefined, vectors)] }, q);
  const [first] = actual['results'] as readonly JsonObject[];
  assert.deepEqual(first?.['metadata'], {
    vector_bytes: Buffer.from(values.buffer).toString('base64'),
  });
});

test('times are flagged as present', () => {
  matches('near_vector', 'metadata_all', { hits: [hit('four', 1.8)] });
});

test('groups show their distances', () => {
  const groups = [
    { name: 'Red Apple', hits: [hit('four', 1.8), hit('one', 1.6)] },
    { name: 'Green', hits: [hit('three', 1.08)] },
  ];
  matches('near_vector', 'group_by', { hits: [], groups });
});

test('groups of a keyword search have a distance of 0', () => {
  const groups = [
    { name: 'Red Apple', hits: [hit('one', 5), hit('four', 4)] },
    { name: 'Green', hits: [hit('three', 2)] },
  ];
  matches('bm25', 'group_by', { hits: [], groups });
});

test('groups of a hybrid search show the distance of what the vector leg alone found', () => {
  const legs = (...scores: readonly (readonly ['keyword' | 'vector', number])[]) => ({
    terms: [],
    legs: scores.map(([leg, score]) => ({ leg, score, contribution: 0.5 })),
    notes: [],
  });
  const both = legs(['keyword', 2], ['vector', 1.5]);
  const groups = [
    {
      name: 'Red Apple',
      hits: [
        { ...hit('one', 0.85), explanation: both },
        { ...hit('four', 0.75), explanation: both },
      ],
    },
    { name: 'Green', hits: [{ ...hit('three', 0.3), explanation: both }] },
    { name: 'Red', hits: [{ ...hit('two', 0), explanation: legs(['vector', 0.8]) }] },
  ];
  matches('hybrid', 'group_by', { hits: [], groups });
});

test('a keyword reply carries score and explanation', () => {
  const term = (frequency: number, propertyLength: number) => ({
    terms: [{ property: 'text', term: 'database', frequency, propertyLength }],
    legs: [],
    notes: [],
  });
  const hits = [
    { ...hit('three', 0.71466833), explanation: term(3, 3) },
    { ...hit('one', 0.40251434), explanation: term(1, 7) },
  ];
  matches('bm25', 'database_text_only', { hits });
});

test('a hybrid reply carries score and explanation', () => {
  const legs = [
    { leg: 'keyword', score: 5.0767946, contribution: 0.25 },
    { leg: 'vector', score: 1.6, contribution: 0.59999996 },
  ] as const;
  const explanation = { terms: [], legs, notes: [] };
  matches('hybrid', 'limit_1', { hits: [{ ...hit('one', 0.84999996), explanation }] });
});

test('certainty is left out for several targets and for other metrics than cosine', () => {
  const mt = multiTargetCollection();
  const certainty = (request: JsonObject, config: CollectionConfig) => {
    const actual = reply(request, { hits: [hit('one', 1)] }, config);
    const [first] = actual['results'] as readonly { metadata: JsonObject }[];
    return first?.metadata['certainty_present'];
  };
  const metadata = { certainty: true };
  const object = { id: 'a40a7e57-4c4d-51b7-9e3e-a7b972231f5c' };
  const near = (...target_vectors: readonly string[]): JsonObject => ({
    metadata,
    properties: {},
    near_object: { ...object, targets: { target_vectors } },
  });
  assert.equal(certainty(near('mv1'), mt), true);
  assert.equal(certainty(near('mv1', 'mv2'), mt), undefined);
  const dot = resolveCollection({
    name: 'Dot',
    vectors: [{ name: 'mv', kind: 'multi', index: { settings: { distance: 'dot' } } }],
  });
  assert.equal(certainty(near('mv'), dot), undefined);
  assert.equal(certainty(near(), dot), undefined);
});

test('every kind of list keeps its elements', () => {
  const kinds = {
    text: ['text[]', ['x', '']],
    numbers: ['number[]', [1.5, -2]],
    bools: ['boolean[]', [true, false]],
    dates: ['date[]', ['2024-01-02T03:04:05Z']],
    uuids: ['uuid[]', ['fceebf69-12bb-57f7-8eba-bb86ca669ff4']],
    objects: ['object[]', [{ x: 1, y: 'z' }, {}]],
    blob: ['blob', 'aGk='],
    phone: ['phoneNumber', { input: '020 1234567', defaultCountry: 'nl', countryCode: 31 }],
  } as const;
  const config = resolveCollection({
    name: 'Kinds',
    properties: Object.entries(kinds).map(([name, [type]]) => ({
      name,
      type,
      ...(type === 'object[]' && {
        nested: [
          { name: 'x', type: 'number' as const },
          { name: 'y', type: 'text' as const },
        ],
      }),
    })),
  });
  const properties: Properties = Object.fromEntries(
    Object.entries(kinds).map(([name, [, value]]) => [name, value]),
  );
  const document = { ...hit('one').document, properties };
  const request = { properties: { non_ref_properties: Object.keys(kinds) } };
  const actual = reply(request, { hits: [{ document }] }, config);
  const [first] = actual['results'] as readonly {
    properties: { non_ref_props: { fields: JsonObject } };
  }[];
  const floats = Buffer.from(Float64Array.of(1.5, -2).buffer).toString('base64');
  const empty = { x: { number_value: 1 }, y: { text_value: 'z' } };
  assert.deepEqual(first?.properties.non_ref_props.fields, {
    text: { list_value: { text_values: { values: ['x', ''] } } },
    numbers: { list_value: { number_values: { values: floats } } },
    bools: { list_value: { bool_values: { values: [true, false] } } },
    dates: { list_value: { date_values: { values: ['2024-01-02T03:04:05Z'] } } },
    uuids: { list_value: { uuid_values: { values: ['fceebf69-12bb-57f7-8eba-bb86ca669ff4'] } } },
    objects: { list_value: { object_values: { values: [{ fields: empty }, {}] } } },
    blob: { blob_value: 'aGk=' },
    phone: {
      phone_value: { country_code: '31', default_country: 'nl', input: '020 1234567' },
    },
  });
});
