import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goldenBytes, grpcCalls, type JsonObject } from '../../../test/grpc/golden-messages.ts';
import type { ObjectInput } from '../../database/object-input.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { decodeObject } from './batch-objects.ts';
import { openCodecs } from './protocol.ts';

const codec = openCodecs()('weaviate.v1.BatchObjectsRequest');

function decode(json: JsonObject): readonly ObjectInput[] {
  const bytes = goldenBytes('weaviate.v1.BatchObjectsRequest', json);
  assert(bytes);
  return codec.decode(bytes).objects.map(decodeObject);
}

function decodeOne(object: JsonObject): ObjectInput {
  const uuid = '6df95749-fcc1-5494-875c-7a61865898a3';
  const [decoded] = decode({ objects: [{ uuid, collection: 'Raw', ...object }] });
  assert(decoded);
  return decoded;
}

function decodeRecorded(topic: string, name: string): readonly ObjectInput[] {
  const found = grpcCalls(topic, 'BatchObjects').find((each) => each.case === name);
  assert(found);
  return decode(found.call.request);
}

function refuses(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error) => error instanceof DatabaseError && message.test(error.message));
}

test('an object of every property kind keeps its values', () => {
  const [object] = decodeRecorded('autoschema_names', 'grpc_batch');
  assert.deepEqual(object?.properties, {
    d: '2024-01-02T03:04:05Z',
    s: 'text',
    f: 3.5,
    notdate: '2024-01-02',
    i: 3,
    b64: 'aGVsbG8gd29ybGQ=',
    b: true,
    u: '6df95749-fcc1-5494-875c-7a61865898a3',
    na: [1, 2],
    sa: ['a'],
    da: ['2024-01-02T03:04:05Z'],
    ua: ['6df95749-fcc1-5494-875c-7a61865898a3'],
    ba: [true],
    o: { x: 1, y: 'z', k: { deep: true } },
    oa: [{ x: 1 }],
  });
});

test('numbers, nulls, nested structs and empty lists are kept', () => {
  const floats = Buffer.from(Float64Array.of(0.1, -3).buffer).toString('base64');
  const { properties } = decodeOne({
    properties: {
      non_ref_properties: { nothing: null, nested: { list: [1, 'a', { x: null }] } },
      number_array_properties: [
        { prop_name: 'packed', values_bytes: floats },
        { prop_name: 'listed', values: [1.5] },
      ],
      empty_list_props: ['empty'],
    },
  });
  assert.deepEqual(properties, {
    nothing: null,
    nested: { list: [1, 'a', { x: null }] },
    packed: [0.1, -3],
    listed: [1.5],
    empty: [],
  });
});

test('a property named __proto__ stays a property and changes no prototype', () => {
  const struct = JSON.parse('{"__proto__": {"polluted": true}}') as JsonObject;
  const { properties } = decodeOne({ properties: { non_ref_properties: struct } });
  assert.deepEqual(Object.keys(properties), ['__proto__']);
  assert.equal((properties as { polluted?: unknown }).polluted, undefined);
});

test('a multi-vector is one vector of its name', () => {
  const [object] = decodeRecorded('raw_grpc', 'batch_multi_fp32');
  assert.equal(object?.uuid, '281e0d50-5814-57fb-bfe5-64bbfaf7107a');
  assert.deepEqual(object?.vectors.get('mv'), {
    kind: 'multi',
    dims: 4,
    values: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0),
  });
});

test('several vectors under one name are handed over in order', () => {
  for (const name of ['batch_multi_repeated_single_same_name', 'batch_multi_index_field']) {
    const [object] = decodeRecorded('raw_grpc', name);
    assert.deepEqual(object?.vectors.get('mv'), [
      { kind: 'single', dims: 4, values: Float32Array.of(1, 0, 0, 0) },
      { kind: 'single', dims: 4, values: Float32Array.of(0, 1, 0, 0) },
    ]);
  }
});

test('older vector fields are the unnamed vector', () => {
  const [bytes] = decodeRecorded('raw_grpc', 'batch_legacy_vector_bytes');
  assert.deepEqual(bytes?.vectors.get(''), {
    kind: 'single',
    dims: 4,
    values: Float32Array.of(1, 0, 0, 0),
  });
  assert.deepEqual(decodeOne({ vector: [1, 2] }).vectors.get(''), {
    kind: 'single',
    dims: 2,
    values: Float32Array.of(1, 2),
  });
});

test('a uuid in upper case is made canonical, anything else is refused with its length', () => {
  const upper = '6DF95749-FCC1-5494-875C-7A61865898A3';
  assert.equal(decodeOne({ uuid: upper }).uuid, upper.toLowerCase());
  refuses(() => decodeRecorded('raw_grpc', 'batch_bad_uuid'), /invalid UUID length: 4/);
  refuses(() => decodeRecorded('raw_grpc', 'batch_no_uuid'), /invalid UUID length: 0/);
  refuses(() => decodeOne({ uuid: upper.replace('6', 'x') }), /invalid UUID: "x/);
});

test('references come as beacons, those of one property together', () => {
  const [a, b] = ['0bd7908e-c22b-574d-8bba-396d060e2611', '226b9166-974e-57ff-821d-2f24e5a71b00'];
  const { properties } = decodeOne({
    properties: {
      single_target_ref_props: [{ prop_name: 'one', uuids: [a, b] }, { prop_name: 'none' }],
      multi_target_ref_props: [
        { prop_name: 'any', uuids: [a], target_collection: 'A' },
        { prop_name: 'any', uuids: [b], target_collection: 'B' },
        { prop_name: 'sent', uuids: [`weaviate://localhost/B/${b}`], target_collection: 'B' },
      ],
    },
  });
  const beacon = (path: string) => ({ beacon: `weaviate://localhost/${path}` });
  assert.deepEqual(properties, {
    one: [beacon(a), beacon(b)],
    none: [],
    any: [beacon(`A/${a}`), beacon(`B/${b}`)],
    sent: [beacon(`B/${b}`)],
  });
});

test('objects that cannot be written are refused with the reason', () => {
  refuses(() => decodeRecorded('raw_grpc', 'batch_no_collection'), /without a collection/);
  refuses(() => decodeRecorded('raw_grpc', 'batch_dim_header_zero'), /dimension cannot be 0/);
  refuses(() => decodeRecorded('raw_grpc', 'batch_one_byte'), /got 1 byte/);
  refuses(() => decodeRecorded('raw_grpc', 'batch_empty_bytes'), /multi-vector cannot be empty/);
  refuses(
    () =>
      decodeOne({
        properties: { number_array_properties: [{ prop_name: 'n', values_bytes: 'AAAA' }] },
      }),
    /property n: got 3 bytes of numbers/,
  );
});

test('lists that come as whole numbers are told from others, inside objects too', () => {
  const years = { prop_name: 'years', values: [1, 2] };
  const object = decodeOne({
    properties: {
      int_array_properties: [{ prop_name: 'Counts', values: [1] }],
      number_array_properties: [{ prop_name: 'shares', values: [1] }],
      object_properties: [{ prop_name: 'own', value: { int_array_properties: [years] } }],
      object_array_properties: [
        { prop_name: 'cars', values: [{}, { int_array_properties: [years] }] },
      ],
    },
  });
  assert.deepEqual(object.integerLists, new Set(['counts', 'own.years', 'cars.years']));
});

test('an object that is stored elsewhere says when it was created and changed', () => {
  const times = { creation_time_unix: '1700000000001', last_update_time_unix: '1700000000002' };
  const { stored } = decodeOne({ stored: times });
  assert.deepEqual(stored, { createdAt: 1_700_000_000_001, updatedAt: 1_700_000_000_002 });
  assert.equal(decodeOne({}).stored, undefined);
});
