// Generation over the wire: settings of the messages become those of the modules, and what was written gets
// the fields that newer and older clients read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryCollection } from '../../../../test/grpc/golden-config.ts';
import type { JsonObject } from '../../../../test/grpc/golden-messages.ts';
import type { Generated } from '../../../database/search/generate-hits.ts';
import type { SearchHit, SearchResult } from '../../../database/search.ts';
import { openCodecs } from '../protocol.ts';
import { encodeSearchReply } from '../search-reply.ts';
import { type DecodedSearch, decodeSearchRequest } from '../search-request.ts';

const codecs = openCodecs();
const requests = codecs('weaviate.v1.SearchRequest');
const replies = codecs('weaviate.v1.SearchReply');
const config = queryCollection();

function decode(json: JsonObject): DecodedSearch {
  const request = requests.decode(requests.encode({ collection: 'Q', ...json }));
  const limits = { defaultLimit: 25, maximumResults: 100 };
  return decodeSearchRequest(request, { config, limits, find: () => undefined });
}

const openai = {
  return_metadata: true,
  openai: {
    base_url: 'http://here',
    max_tokens: 5,
    stop: { values: ['x'] },
    is_azure: false,
    images: { values: ['aGk='] },
    image_properties: { values: ['picture'] },
    reasoning_effort: 2,
    verbosity: 0,
  },
};

test('a generator of a query has its settings under the names of the module', () => {
  const { afterwards } = decode({
    generative: { single: { prompt: 'say {text}', queries: [openai, { dummy: {} }] } },
  });
  assert.deepEqual(afterwards.generate, {
    single: {
      prompt: 'say {text}',
      by: [
        {
          module: 'generative-openai',
          settings: {
            baseURL: 'http://here',
            maxTokens: 5,
            stop: ['x'],
            isAzure: false,
            reasoningEffort: 'low',
          },
          images: ['aGk='],
          imageProperties: ['picture'],
        },
        { module: 'generative-dummy', settings: {}, images: [], imageProperties: [] },
      ],
    },
  });
});

test('fields of older clients mean the same', () => {
  const { afterwards, fields } = decode({
    generative: {
      single_response_prompt: 'one',
      grouped_response_task: 'all',
      grouped_properties: ['text'],
    },
    rerank: { property: 'text', query: 'x' },
  });
  assert.deepEqual(afterwards, {
    rerank: { property: 'text', query: 'x' },
    generate: {
      single: { prompt: 'one', by: [] },
      grouped: { task: 'all', properties: ['text'], by: [] },
    },
  });
  assert.equal(fields.generative?.older, true);
});

test('without a prompt and a task nothing is written', () => {
  for (const generative of [{}, { single: { prompt: '' } }, { grouped: { task: '' } }]) {
    const { afterwards, fields } = decode({ generative });
    assert.deepEqual(afterwards, {});
    assert.equal(fields.generative, undefined);
  }
});

test('an empty list is a setting that was not set', () => {
  const { afterwards } = decode({
    generative: { single: { prompt: 'x', queries: [{ openai: { stop: { values: [] } } }] } },
  });
  const by = [{ module: 'generative-openai', settings: {}, images: [], imageProperties: [] }];
  assert.deepEqual(afterwards?.generate, { single: { prompt: 'x', by } });
});

test("a generator without a name is the collection's own", () => {
  const { afterwards } = decode({
    generative: { single: { prompt: 'x', queries: [{ return_metadata: true }] } },
  });
  assert.deepEqual(afterwards?.generate, { single: { prompt: 'x', by: [{}] } });
});

const uuid = '00000000-0000-4000-8000-000000000001';
const document = { uuid, createdAt: 1, updatedAt: 1, properties: {}, vectors: new Map() };
const text = (result: string): Generated => ({
  kind: 'text',
  module: 'generative-openai',
  prompt: 'asked',
  text: result,
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
});
const failed: Generated = {
  kind: 'failed',
  module: 'generative-openai',
  prompt: 'asked',
  error: new Error('too slow'),
};

function reply(json: JsonObject, result: SearchResult) {
  const message = encodeSearchReply(result, decode(json), config, 0);
  return replies.decode(replies.encode(message));
}

const hit = (generated: readonly Generated[]): SearchHit => ({ document, generated });

test('a text comes with its prompt and its cost where these are asked for', () => {
  const result = { hits: [hit([text('written'), text('too')])], generated: [text('of all')] };
  const asked = { single: { prompt: 'x', queries: [openai, { dummy: {} }], debug: true } };
  const { results, generative_grouped_results, generative_grouped_result } = reply(
    { generative: { ...asked, grouped: { task: 'y' } } },
    result,
  );
  const [first, second] = results[0]?.generative?.values ?? [];
  assert.equal(first?.result, 'written');
  assert.equal(first?.debug?.full_prompt, 'asked');
  assert.deepEqual(
    { ...first?.metadata?.openai?.usage },
    {
      ...{ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    },
  );
  assert.equal(second?.metadata, undefined);
  assert.equal(generative_grouped_results?.values[0]?.result, 'of all');
  assert.equal(generative_grouped_results?.values[0]?.debug, undefined);
  assert.equal(generative_grouped_result, '');
});

test('a text that failed has no value, and the reason in the prompt that is shown', () => {
  const result = { hits: [hit([failed]), hit([text('written')])] };
  const values = (debug: boolean): unknown =>
    reply({ generative: { single: { prompt: 'x', debug } } }, result).results.map((one) =>
      one.generative?.values.map((each) => [each.result, each.debug?.full_prompt]),
    );
  assert.deepEqual(values(false), [[], [['written', undefined]]]);
  assert.deepEqual(values(true), [[['', 'asked\n\nfailed: too slow']], [['written', 'asked']]]);
});

test('older clients and those that read groups find the texts in fields of their own', () => {
  const older = { single_response_prompt: 'x', grouped_response_task: 'y' };
  const flat = reply(
    { generative: older },
    { hits: [hit([text('one')])], generated: [text('all')] },
  );
  assert.equal(flat.results[0]?.metadata?.generative, 'one');
  assert.equal(flat.results[0]?.metadata?.generative_present, true);
  assert.equal(flat.generative_grouped_result, 'all');
  const grouped = reply(
    { generative: { single: { prompt: 'x' } } },
    {
      hits: [],
      groups: [{ name: 'g', hits: [hit([])], generated: [text('one')], rerankScore: 4 }],
      generated: [text('all')],
    },
  );
  const [group] = grouped.group_by_results;
  assert.equal(group?.generative?.result, 'one');
  assert.equal(group?.generative_result?.values[0]?.result, 'one');
  assert.equal(group?.rerank?.score, 4);
  assert.equal(grouped.generative_grouped_result, 'all');
});
