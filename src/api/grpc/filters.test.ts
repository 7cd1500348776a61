import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goldenBytes, grpcCalls, type JsonObject } from '../../../test/grpc/golden-messages.ts';
import { decodeFilter } from './filters.ts';
import type { Filters } from './generated/messages.ts';
import { openCodecs } from './protocol.ts';

const codec = openCodecs()('weaviate.v1.Filters');

function filter(json: JsonObject): Filters {
  const bytes = goldenBytes('weaviate.v1.Filters', json);
  assert(bytes);
  return codec.decode(bytes);
}

function compare(operator: string, target: unknown, value: unknown): unknown {
  return { kind: 'compare', operator, target, value };
}

const recorded = new Map(
  grpcCalls('filters', 'Search').map((each) => [each.case, each.call.request['filters']]),
);

function decodeRecorded(name: string): unknown {
  return decodeFilter(filter(recorded.get(name) as JsonObject));
}

test('recorded filters decode to the tree they mean', () => {
  const num = { kind: 'property', name: 'num' };
  assert.deepEqual(decodeRecorded('int_gte'), compare('greaterThanEqual', num, 2));
  assert.deepEqual(
    decodeRecorded('number_neg'),
    compare('lessThan', { kind: 'property', name: 'price' }, 0),
  );
  assert.deepEqual(
    decodeRecorded('bool_false'),
    compare('equal', { kind: 'property', name: 'flag' }, false),
  );
  assert.deepEqual(
    decodeRecorded('text_equal_empty'),
    compare('equal', { kind: 'property', name: 'title' }, ''),
  );
  assert.deepEqual(
    decodeRecorded('length_array0'),
    compare('equal', { kind: 'length', name: 'nums' }, 0),
  );
  assert.deepEqual(
    decodeRecorded('contains_any_int'),
    compare('containsAny', { kind: 'property', name: 'nums' }, [3]),
  );
  assert.deepEqual(
    decodeRecorded('id_contains'),
    compare('containsAny', { kind: 'uuid' }, [
      'a40a7e57-4c4d-51b7-9e3e-a7b972231f5c',
      'd5d04142-7e2c-53df-ac95-7ff699b875b9',
    ]),
  );
  assert.deepEqual(
    decodeRecorded('creation_time_gt'),
    compare('greaterThan', { kind: 'createdAt' }, '2020-01-02T03:04:05.000000+00:00'),
  );
  assert.deepEqual(decodeRecorded('not'), {
    kind: 'not',
    operand: compare('equal', num, 1),
  });
  assert.deepEqual(decodeRecorded('and'), {
    kind: 'and',
    operands: [compare('greaterThan', num, 1), compare('lessThan', num, 4)],
  });
  const geo = decodeRecorded('geo_far') as { value: unknown };
  assert.deepEqual(geo.value, { latitude: 0, longitude: 0, distance: 10000 });
});

test('every recorded filter decodes', () => {
  const failed = [...recorded].filter(([, json]) => {
    try {
      decodeFilter(filter(json as JsonObject));
      return false;
    } catch {
      return true;
    }
  });
  assert(recorded.size > 50);
  assert.deepEqual(
    failed.map(([name]) => name),
    [],
  );
});

test('the older field `on` names a property too', () => {
  const decoded = decodeFilter(
    filter({ operator: 'OPERATOR_LIKE', on: ['_id'], value_text: 'a*' }),
  );
  assert.deepEqual(decoded, compare('like', { kind: 'uuid' }, 'a*'));
});

test('a time in milliseconds becomes RFC 3339', () => {
  const decoded = decodeFilter(
    filter({ operator: 'OPERATOR_EQUAL', on: ['_creationTimeUnix'], value_text: '1577934245006' }),
  );
  assert.deepEqual(decoded, compare('equal', { kind: 'createdAt' }, '2020-01-02T03:04:05.006Z'));
});

test('malformed filters are refused', () => {
  const property = { target: { property: 'num' } };
  const cases: readonly [JsonObject, RegExp][] = [
    [{ ...property, value_int: 1 }, /operator 0 is unknown/],
    [{ operator: 'OPERATOR_EQUAL', ...property }, /has no value/],
    [{ operator: 'OPERATOR_EQUAL', value_int: 1 }, /no property is named/],
    [{ operator: 'OPERATOR_AND' }, /And has no operands/],
    [{ operator: 'OPERATOR_NOT' }, /Not has no operands/],
  ];
  for (const [json, message] of cases) {
    assert.throws(() => decodeFilter(filter(json)), message, JSON.stringify(json));
  }
});

test('targets lead through references, to one collection or a named one, and count them', () => {
  const decode = (target: JsonObject) =>
    decodeFilter(filter({ operator: 'OPERATOR_EQUAL', value_int: '1', target }));
  const compare = { kind: 'compare', operator: 'equal', value: 1 };
  const counted = { ...compare, target: { kind: 'referenceCount', name: 'by' } };
  assert.deepEqual(decode({ count: { on: 'by' } }), counted);
  const single = { single_target: { on: 'ofDoc', target: { count: { on: 'by' } } } };
  const ofDoc = { kind: 'reference', property: 'ofDoc', filter: counted };
  assert.deepEqual(decode(single), ofDoc);
  const multi = { on: 'any', target: single, target_collection: 'Page' };
  const any = { kind: 'reference', property: 'any', collection: 'Page', filter: ofDoc };
  assert.deepEqual(decode({ multi_target: multi }), any);
  assert.throws(() => decode({ single_target: { on: 'ofDoc' } }), /no property is named/);
});

test('the older form leads through references by a path', () => {
  const on = ['ofDoc', 'Doc', 'num'];
  const target = { kind: 'property', name: 'num' };
  assert.deepEqual(decodeFilter(filter({ operator: 'OPERATOR_EQUAL', value_int: '1', on })), {
    ...{ kind: 'reference', property: 'ofDoc', collection: 'Doc' },
    filter: { kind: 'compare', operator: 'equal', target, value: 1 },
  });
});
