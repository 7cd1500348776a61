import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SearchProfile } from '../../../database/search.ts';
import type { Query } from '../../../engine/query/query.ts';
import { openCodecs } from '../protocol.ts';
import { explainPlan } from './explain-plan.ts';
import { encodeQueryProfile, goDuration } from './query-profile.ts';

const page = { offset: 0, limit: 10, autocut: 0 } as const;
const targets = { names: [], combination: 'minimum', weights: [] } as const;
const vectorQuery: Query = {
  ...{ kind: 'vector', ...page },
  search: { input: { kind: 'object', uuid: '' }, targets },
};
const fetchQuery: Query = { kind: 'fetch', ...page, sort: [] };
const keywordQuery: Query = {
  ...{ kind: 'keyword', ...page },
  search: { text: 'x', operator: { kind: 'and' } },
};

const counts = {
  ...{ exactParts: 1, exactDocuments: 20, scanned: 9000, firstHalves: 165, secondHalves: 40 },
  ...{ finished: 24, vectors: 8123, tableRows: 99 },
};
const times = { exact: 0.25, estimate: 0.5, race: 1, finish: 0.125 };
const plan = {
  ...{ firstMin: 96, firstMax: 1200, secondMin: 20, secondMax: 400, deviations: 4, probes: 8 },
};
const profile: SearchProfile = {
  stages: [
    { name: 'resolve', ms: 0.01 },
    { name: 'filter', ms: 0.04 },
    { name: 'tokenize', ms: 0.02 },
    { name: 'keyword', ms: 0 },
    { name: 'vector', ms: 2 },
    { name: 'rank', ms: 0.05 },
    { name: 'read', ms: 0.4 },
  ],
  segments: 2,
  allowed: 9020,
  keywordHits: 7,
  vector: { counts, times, plan },
  isExact: false,
};

test('a profile has a section for each leg, in the words of the reference', () => {
  const replies = openCodecs()('weaviate.v1.SearchReply');
  const reply = replies.decode(
    replies.encode({ query_profile: encodeQueryProfile(profile, vectorQuery) }),
  );
  const [shard, ...others] = reply.query_profile?.shards ?? [];
  assert.equal(others.length, 0);
  assert.deepEqual([shard?.name, shard?.node], ['main', 'node1']);
  assert.deepEqual(Object.keys(shard?.searches ?? {}), ['vector']);
  assert.deepEqual(shard?.searches['vector']?.details, {
    total_took: '2.52ms',
    objects_took: '400µs',
    resolve_took: '10µs',
    rank_took: '50µs',
    segments: '2',
    documents_allowed: '9020',
    vector_search_took: '2ms',
    knn_search_layer_0_took: '2ms',
    hnsw_flat_search: 'false',
    exact_segments: '1',
    exact_documents: '20',
    exact_took: '250µs',
    token_vectors_multiplied: '8123',
    plan_first: '96..1200',
    plan_second: '20..400',
    plan_deviations: '4',
    plan_probes: '8',
    candidates_by_centroids: '9000',
    candidates_by_half: '165',
    candidates_by_whole: '40',
    candidates_by_originals: '24',
    estimate_took: '500µs',
    race_took: '1ms',
    finish_took: '125µs',
  });
});

test('what a query does not have is left out', () => {
  const sections = (query: Query, given = profile) =>
    encodeQueryProfile(given, query).shards[0]?.searches ?? {};
  assert.deepEqual(Object.keys(sections(fetchQuery)), ['object']);
  assert.deepEqual(Object.keys(sections(keywordQuery)), ['keyword']);
  assert.equal(sections(keywordQuery)['keyword']?.details['kwd_method'], 'bm25');
  const filter = { kind: 'and', operands: [] } as const;
  const filtered = sections({ ...fetchQuery, filter })['object']?.details;
  assert.equal(filtered?.['filters_ids_matched'], '9020');
  assert.equal(filtered?.['filters_build_allow_list_took'], '40µs');
  const exact = { ...profile, isExact: true };
  assert.equal(sections(keywordQuery)['keyword']?.details['kwd_6_res_count'], '7');
  assert.equal(sections(vectorQuery, exact)['vector']?.details['hnsw_flat_search'], 'true');
  const hybrid: Query = {
    ...{ kind: 'hybrid', ...page, alpha: 0, fusion: 'ranked', vector: { targets } },
  };
  assert.deepEqual(Object.keys(sections(hybrid)), ['keyword', 'vector']);
  const stages = profile.stages.filter(({ name }) => name !== 'vector');
  assert.deepEqual(Object.keys(sections(hybrid, { ...profile, stages })), ['keyword']);
});

test('durations are written as clients read them', () => {
  const cases: readonly [number, string][] = [
    [0, '0s'],
    [0.000_4, '400ns'],
    [0.001, '1µs'],
    [0.242_75, '242.75µs'],
    [15.234, '15.234ms'],
    [2500, '2.5s'],
    [61_000, '61s'],
  ];
  for (const [ms, text] of cases) assert.equal(goDuration(ms), text);
});

test('a plan in words says what was looked at and what that took', () => {
  assert.equal(explainPlan(undefined), '');
  assert.equal(
    explainPlan(profile),
    '\nPlan: 9020 documents of 2 segments; exact in 1 segment: 20 documents in 0.25 ms; candidates ' +
      '(96 to 1200, 4 deviations): 9000 by centroids in 0.50 ms, 165 by half of the query and 40 by ' +
      'all of it in 1.00 ms, 24 from the originals in 0.13 ms; 8123 token vectors multiplied; took ' +
      '2.52 ms (resolve 0.01 ms, filter 0.04 ms, tokenize 0.02 ms, keyword 0.00 ms, vector 2.00 ms, ' +
      'rank 0.05 ms, read 0.40 ms)',
  );
});
