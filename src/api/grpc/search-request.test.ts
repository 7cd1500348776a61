import assert from 'node:assert/strict';
import { test } from 'node:test';
import { multiTargetCollection, queryCollection } from '../../../test/grpc/golden-config.ts';
import {
  type GrpcCall,
  goldenBytes,
  grpcCalls,
  type JsonObject,
} from '../../../test/grpc/golden-messages.ts';
import type { CollectionConfig } from '../../database/collection-config.ts';
import type { VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { HybridQuery, VectorQuery } from '../../engine/query/query.ts';
import { openCodecs } from './protocol.ts';
import { type DecodedSearch, decodeSearchRequest } from './search-request.ts';

const codec = openCodecs()('weaviate.v1.SearchRequest');
const limits = { defaultLimit: 25, maximumResults: 10_000 };
const q = queryCollection();
const mt = multiTargetCollection();
const uuid = '00000000-0000-4000-8000-000000000001';

function decode(json: JsonObject, config: CollectionConfig = q): DecodedSearch {
  const bytes = goldenBytes('weaviate.v1.SearchRequest', json);
  assert(bytes, 'the recording leaves out its vectors');
  return decodeSearchRequest(codec.decode(bytes), { config, limits, find: () => undefined });
}

function recorded(topic: string, name: string): GrpcCall {
  const found = grpcCalls(topic, 'Search').find((each) => each.case === name);
  assert(found, `${topic}#${name}`);
  return found.call;
}

function decodeRecorded(topic: string, name: string, config?: CollectionConfig): DecodedSearch {
  return decode(recorded(topic, name).request, config);
}

function vectorQuery(decoded: DecodedSearch): VectorQuery {
  assert.equal(decoded.query.kind, 'vector');
  return decoded.query as VectorQuery;
}

function hybridQuery(decoded: DecodedSearch): HybridQuery {
  assert.equal(decoded.query.kind, 'hybrid');
  return decoded.query as HybridQuery;
}

function refuses(json: JsonObject, message: RegExp, config?: CollectionConfig): void {
  assert.throws(
    () => decode(json, config),
    (error) => error instanceof DatabaseError && message.test(error.message),
    JSON.stringify(json),
  );
}

const bytesOf = (dims: number, ...values: readonly number[]): JsonObject => ({
  $base64: Buffer.concat([
    Buffer.from(Uint16Array.of(dims).buffer),
    Buffer.from(Float32Array.from(values).buffer),
  ]).toString('base64'),
});
const multi = (dims: number, ...values: readonly number[]): JsonObject => ({
  type: 'VECTOR_TYPE_MULTI_FP32',
  vector_bytes: bytesOf(dims, ...values),
});
const queryTokens = Float32Array.of(1, 0, 0, 0, 0, 0.6, 0.8, 0);

test('a request without a limit gets the default, one above the maximum is refused', () => {
  assert.deepEqual(decode({ collection: 'Q' }).query, {
    kind: 'fetch',
    offset: 0,
    limit: 25,
    autocut: 0,
    sort: [],
  });
  const { query } = decodeRecorded('fetch', 'limit_offset');
  assert.deepEqual([query.offset, query.limit], [1, 2]);
  refuses({ limit: 10_001 }, /offset 0 and limit 10001 together are above 10000/);
  refuses({ limit: 1, offset: 10_000 }, /offset 10000 and limit 1/);
  assert.equal(decode({ limit: 1, offset: 9_999 }).query.limit, 1);
});

test('near_vector takes its vector, target and no threshold', () => {
  const { search } = vectorQuery(decodeRecorded('near_vector', 'basic'));
  assert.deepEqual(search, {
    input: { kind: 'vectors', vectors: [{ kind: 'multi', dims: 4, values: queryTokens }] },
    targets: { names: ['mv'], combination: 'minimum', weights: [1] },
  });
});

test('without a target the names stay empty', () => {
  const { search } = vectorQuery(decodeRecorded('near_vector', 'no_target_single_named_vector'));
  assert.deepEqual(search.targets.names, []);
});

test('a vector that carries a name names the target', () => {
  const { search } = vectorQuery(decodeRecorded('raw_grpc', 'near_vector_multi_fp32'));
  assert.deepEqual(search.targets.names, ['mv']);
});

test('distance and certainty become the least score, with room for float32 rounding', () => {
  const scoreMin = (name: string) =>
    vectorQuery(decodeRecorded('near_vector', name)).search.scoreMin ?? Number.NaN;
  const cases: readonly [string, number][] = [
    ['distance_-1.5', 1.5],
    ['distance_0.5', -0.5],
    ['distance_0.0', 0],
    ['certainty_0.5', -1],
    ['certainty_1.9', 1.8],
  ];
  for (const [name, expected] of cases) {
    const actual = scoreMin(name);
    assert(actual <= Math.fround(expected), `${name}: ${actual}`);
    assert(actual >= expected - 1e-5, `${name}: ${actual}`);
  }
  assert.throws(
    () => decodeRecorded('near_vector', 'distance_and_certainty'),
    /near_vector: cannot provide distance and certainty/,
  );
});

test('a certainty of 0 is a threshold, not an absent one', () => {
  const { search } = vectorQuery(decode({ near_vector: { certainty: 0, vectors: [multi(1, 1)] } }));
  assert(search.scoreMin !== undefined && search.scoreMin <= -2 && search.scoreMin > -2.1);
});

test('vectors for targets stand beside the names of their targets', () => {
  const { search } = vectorQuery(
    decodeRecorded('multi_target', 'two_targets_dict_default_minimum', mt),
  );
  assert.deepEqual(search.targets, {
    names: ['mv1', 'mv2'],
    combination: 'minimum',
    weights: [1, 1],
  });
  assert.equal(search.input.kind === 'vectors' && search.input.vectors.length, 2);
});

test('combinations and weights are those of the request', () => {
  const targets = (name: string) =>
    vectorQuery(decodeRecorded('multi_target', name, mt)).search.targets;
  assert.deepEqual(targets('manual_weights'), {
    names: ['mv1', 'mv2'],
    combination: 'manual',
    weights: [0.25, 2],
  });
  assert.equal(targets('sum').combination, 'sum');
  assert.equal(targets('average').combination, 'average');
  assert.equal(targets('minimum').combination, 'minimum');
  assert.equal(targets('relative_score').combination, 'relativeScore');
});

test('several queries for one multi-vector repeat its name', () => {
  const { search } = vectorQuery(
    decodeRecorded('multi_target', 'list_of_queries_one_target_sum', mt),
  );
  assert.deepEqual(search.targets.names, ['mv1', 'mv1']);
});

test('a packed list for a single vector is a list of queries', () => {
  const { search } = vectorQuery(
    decodeRecorded('multi_target', 'list_of_queries_single_vector_target_sum', mt),
  );
  assert.deepEqual(search.targets.names, ['sv', 'sv']);
  assert(search.input.kind === 'vectors');
  assert.deepEqual(
    search.input.vectors.map((vector: VectorValue) => [vector.kind, ...vector.values]),
    [
      ['single', 1, 0, 0],
      ['single', 0, 1, 0],
    ],
  );
});

test('a target that stands there twice takes its weights in order', () => {
  const entry = (target: string, weight: number): JsonObject => ({ target, weight });
  const { search } = vectorQuery(
    decode(
      {
        near_vector: {
          targets: {
            combination: 'COMBINATION_METHOD_TYPE_MANUAL',
            target_vectors: ['mv1', 'mv1', 'mv2'],
            weights_for_targets: [entry('mv1', 2), entry('mv2', 3), entry('mv1', 4)],
          },
          vector_for_targets: [
            { name: 'mv1', vectors: [multi(1, 1), multi(1, 2)] },
            { name: 'mv2', vectors: [multi(1, 3)] },
          ],
        },
      },
      mt,
    ),
  );
  assert.deepEqual(search.targets.weights, [2, 4, 3]);
});

test('so many targets, weights or query vectors are refused that each would be a search', () => {
  const many = <T>(each: T): T[] => new Array(257).fill(each);
  const named = (targets: JsonObject) => ({ near_object: { id: uuid, targets } });
  refuses(named({ target_vectors: many('mv1') }), /257 target vectors, the maximum is 256/, mt);
  const weights_for_targets = many({ target: 'mv1', weight: 1 });
  refuses(named({ target_vectors: ['mv1'], weights_for_targets }), /257 weights, .* 256/, mt);
  const vector_for_targets = [{ name: 'mv1', vectors: many(multi(1, 1)) }];
  refuses({ near_vector: { vector_for_targets } }, /257 query vectors, .* 256/, mt);
});

test('older fields of near_vector are single vectors', () => {
  const { search } = vectorQuery(decode({ near_vector: { vector: [0.5, 1] } }));
  assert.deepEqual(search.input, {
    kind: 'vectors',
    vectors: [{ kind: 'single', dims: 2, values: Float32Array.of(0.5, 1) }],
  });
  const base64 = Buffer.from(Float32Array.of(2, 3).buffer).toString('base64');
  const perTarget = vectorQuery(
    decode({ near_vector: { vector_per_target: { sv: base64 }, target_vectors: ['sv'] } }, mt),
  );
  assert.deepEqual(perTarget.search.targets.names, ['sv']);
});

test('queries without a vector, for targets without one, or with bad numbers are refused', () => {
  refuses({ near_vector: {} }, /near_vector: vector is required/);
  refuses({ near_vector: { vectors: [multi(2, 1, Number.NaN)] } }, /token 0, component 1 is NaN/);
  refuses(
    { near_vector: { vectors: [{ type: 'VECTOR_TYPE_MULTI_FP32' }] } },
    /multi-vector cannot be empty/,
  );
  refuses(
    {
      near_vector: {
        targets: { target_vectors: ['mv1', 'mv2'] },
        vector_for_targets: [{ name: 'mv1', vectors: [multi(1, 1)] }],
      },
    },
    /no vector is given for mv2/,
    mt,
  );
  refuses(
    {
      near_vector: {
        targets: { target_vectors: ['mv1', 'mv2'] },
        vectors: [multi(1, 1), multi(1, 1), multi(1, 1)],
      },
    },
    /got 3 vectors for 2 targets/,
    mt,
  );
});

test('near_object, near_text and near_image keep what they look for', () => {
  const object = vectorQuery(decodeRecorded('near_vector', 'near_object'));
  assert.deepEqual(object.search.input, {
    kind: 'object',
    uuid: 'a40a7e57-4c4d-51b7-9e3e-a7b972231f5c',
  });
  const text = vectorQuery(decodeRecorded('seed_python', 'near_text_two_concepts'));
  assert.deepEqual(text.search.input, {
    kind: 'text',
    concepts: ['zebra', 'apple'],
  });
  const moved = vectorQuery(decodeRecorded('seed_python', 'near_text_move_to'));
  assert(moved.search.input.kind === 'text');
  assert.deepEqual(moved.search.input.moveTo, { force: 0.5, concepts: ['PyTorch'], uuids: [] });
  refuses({ near_text: { query: ['x'], move_away: { uuids: ['y'] } } }, /move_away: "y" is not/);
  const image = vectorQuery(decodeRecorded('seed_multimodal', 'near_image'));
  assert.deepEqual(image.search.input, { kind: 'image', base64: 'SU1HOnJlZCBmb3g=' });
  refuses({ near_object: { id: 'x' } }, /"x" is not a uuid/);
});

test('keyword search takes boosts and operators', () => {
  const search = (json: JsonObject) => {
    const { query } = decode({ bm25_search: json });
    assert(query.kind === 'keyword');
    return query.search;
  };
  assert.deepEqual(search({ query: 'database' }), {
    text: 'database',
    operator: { kind: 'or', matchesMin: 1 },
  });
  // No number, after so many digits that trying all their parts would take minutes.
  const long = `e^${'1'.repeat(500_000)}x`;
  const properties = ['text', 'title^3', 'a^0.5', 'b^x', 'c^', 'd^1e39', long];
  assert.deepEqual(search({ query: 'x', properties }).properties, [
    { name: 'text', boost: 1 },
    { name: 'title', boost: 3 },
    { name: 'a', boost: 0.5 },
    { name: 'b', boost: 0 },
    { name: 'c', boost: 0 },
    { name: 'd', boost: 0 },
    { name: 'e', boost: 0 },
  ]);
  const operator = { operator: 'OPERATOR_OR', minimum_or_tokens_match: 2 };
  assert.deepEqual(search({ query: 'x', search_operator: operator }).operator, {
    kind: 'or',
    matchesMin: 2,
  });
  assert.deepEqual(search({ query: 'x', search_operator: { operator: 'OPERATOR_AND' } }).operator, {
    kind: 'and',
  });
  refuses({ bm25_search: {} }, /keyword search \(bm25\) must have query set/);
});

test('alpha is the new field when it counts, 0.75 when that is absent, else the old field', () => {
  const alpha = (json: JsonObject) => hybridQuery(decode({ hybrid_search: json })).alpha;
  assert.equal(alpha({ query: 'x', use_alpha_param: true }), 0.75);
  assert.equal(alpha({ query: 'x', use_alpha_param: true, alpha_param: 0, alpha: 1 }), 0);
  assert.equal(alpha({ query: 'x', alpha: 0.5 }), 0.5);
  assert.equal(alpha({ query: 'x' }), 0);
  refuses({ hybrid_search: { use_alpha_param: true, alpha_param: 2 } }, /from 0 to 1, got 2/);
  refuses({ hybrid_search: { alpha: -1 } }, /from 0 to 1, got -1/);
});

test('a hybrid search has a vector of its own, of a sub-search, or none', () => {
  const own = decodeRecorded('hybrid', 'vector_no_target');
  assert.equal(hybridQuery(own).vector.input?.kind, 'vectors');
  assert.equal(own.fields.vectorLeg, 'hybridVector');
  const sub = decodeRecorded('hybrid', 'vector_dict');
  assert.deepEqual(hybridQuery(sub).vector.targets.names, ['mv']);
  assert.equal(sub.fields.vectorLeg, 'nearVector');
  const none = hybridQuery(decodeRecorded('hybrid', 'no_vector_self_provided'));
  assert.equal(none.vector.input, undefined);
  assert.deepEqual(none.vector.targets.names, ['mv']);
  const text = hybridQuery(decodeRecorded('hybrid', 'near_text_subsearch'));
  assert.deepEqual(text.vector.input, { kind: 'text', concepts: ['x'] });
  const two = hybridQuery(decodeRecorded('multi_target', 'hybrid_two_targets', mt));
  assert.deepEqual(two.vector.targets.names, ['mv1', 'mv2']);
});

test('an empty hybrid query keeps its weights', () => {
  const query = hybridQuery(decodeRecorded('hybrid', 'query_empty'));
  assert.equal(query.keyword?.text, '');
  assert.equal(query.alpha, 0.75);
  assert.equal(hybridQuery(decodeRecorded('hybrid', 'query_none')).alpha, 1);
});

test('a vector distance of 0 counts as a threshold of the vector leg', () => {
  const threshold = (json: JsonObject) =>
    hybridQuery(decode({ hybrid_search: { query: 'x', ...json } })).vector.scoreMin;
  assert.equal(threshold({}), undefined);
  const zero = threshold({ vector_distance: 0 });
  assert(zero !== undefined && Math.abs(zero) < 1e-5);
  const recordedOne = hybridQuery(decodeRecorded('hybrid', 'max_vector_distance')).vector.scoreMin;
  assert(recordedOne !== undefined && Math.abs(recordedOne - 1) < 1e-5);
});

test('fusions are relative score unless ranked is asked for', () => {
  assert.equal(hybridQuery(decodeRecorded('hybrid', 'ranked_alpha_0.5')).fusion, 'ranked');
  assert.equal(
    hybridQuery(decodeRecorded('hybrid', 'relative_score_alpha_0.5')).fusion,
    'relativeScore',
  );
  assert.equal(
    hybridQuery(decodeRecorded('hybrid', 'default_alpha_and_fusion')).fusion,
    'relativeScore',
  );
});

test('sort keys are properties, the uuid and the two times', () => {
  const sort = (path: string) => {
    const { query } = decode({ sort_by: [{ path: [path], ascending: true }] });
    assert(query.kind === 'fetch');
    return query.sort[0]?.by;
  };
  assert.deepEqual(sort('num'), { kind: 'property', name: 'num' });
  assert.deepEqual(sort('_id'), { kind: 'uuid' });
  assert.deepEqual(sort('_creationTimeUnix'), { kind: 'createdAt' });
  assert.deepEqual(sort('_lastUpdateTimeUnix'), { kind: 'updatedAt' });
  const two = decodeRecorded('fetch', 'sort_two').query;
  assert(two.kind === 'fetch');
  assert.deepEqual(
    two.sort.map(({ ascending }) => ascending),
    [true, false],
  );
  refuses({ sort_by: [{ path: ['ofDoc', 'Doc', 'text'] }] }, /sorting by references/);
});

test('the cursor is refused beside a filter, an offset, a sort and a search', () => {
  const after = '4f3f2898-69e3-5a0d-820a-c4e87987dbce';
  const { query } = decode({ after: after.toUpperCase(), limit: 2 });
  assert.equal(query.kind === 'fetch' && query.after, after);
  assert.throws(
    () => decodeRecorded('batch', 'after_with_where_error'),
    /cursor api: invalid 'after' parameter: where cannot be set with after and limit parameters/,
  );
  assert.throws(() => decodeRecorded('batch', 'after_with_offset'), /offset cannot be set/);
  refuses({ after, sort_by: [{ path: ['num'] }] }, /sort cannot be set/);
  refuses({ after, bm25_search: { query: 'x' } }, /bm25_search cannot be set/);
  refuses({ after: 'nope' }, /"nope" is not a uuid/);
});

test('groups take one property and two positive counts', () => {
  const { query } = decodeRecorded('near_vector', 'group_by');
  assert.deepEqual(query.groupBy, { property: 'tag', groupsMax: 2, objectsPerGroupMax: 2 });
  refuses({ group_by: { path: ['tag'], number_of_groups: 0 } }, /at least 1, got 0 and 0/);
  refuses(
    { group_by: { path: [], number_of_groups: 1, objects_per_group: 1 } },
    /must be one property, got 0/,
  );
});

test('no properties named means all but blobs, an empty list means none', () => {
  const names = (json: JsonObject) => decode(json).fields.properties.map(({ name }) => name);
  assert.equal(names({}).length, 15);
  assert.equal(names({ properties: { return_all_nonref_properties: true } }).length, 15);
  assert.deepEqual(names({ properties: {} }), []);
  assert.deepEqual(names({ properties: { non_ref_properties: ['num', 'tag'] } }), ['num', 'tag']);
  refuses({ properties: { non_ref_properties: ['nope'] } }, /no such prop with name 'nope'/);
  const references = (name: string) => ({
    properties: { ref_properties: [{ reference_property: name }] },
  });
  refuses(references('nope'), /no such prop with name 'nope'/);
  refuses(references('num'), /invalid int property 'num' .* it does not refer to objects/);
});

test('parts of an object property can be chosen', () => {
  const { properties } = decodeRecorded('fetch', 'nested_property').fields;
  assert.deepEqual(properties, [
    { name: 'obj', type: 'object', parts: [{ name: 'name', type: 'text' }] },
  ]);
});

test('a request for two searches, or for what no module offers, is refused', () => {
  assert.throws(() => decodeRecorded('raw_grpc', 'near_vector_and_bm25_both'), /conflict/);
  refuses({ near_audio: { audio: 'x' } }, /near_audio/);
});

test('every recorded search that the reference answers decodes', () => {
  const skipped = new Set(['alpha_2', 'alpha_negative', 'nan_query', 'inf_query', 'ragged_query']);
  skipped.add('near_vector_empty_bytes');
  const topics = ['near_vector', 'bm25', 'hybrid', 'filters', 'fetch', 'raw_grpc', 'batch'];
  const calls = topics.flatMap((topic) => grpcCalls(topic, 'Search'));
  assert(calls.length > 180);
  for (const { case: name, call } of calls) {
    const bytes = goldenBytes('weaviate.v1.SearchRequest', call.request);
    if (call.status !== 'OK' || skipped.has(name) || bytes === undefined) continue;
    if (call.request['collection'] !== 'Q') continue;
    assert.doesNotThrow(() => decode(call.request), name);
  }
});
