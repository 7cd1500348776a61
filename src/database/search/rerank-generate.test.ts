// What is done with hits once they are found: ranking them anew by a text, and having texts written about
// them; through a collection, with the dummy modules and with services that fail.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startStandIn } from '../../../test/service-stand-in.ts';
import { noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Properties } from '../../engine/document.ts';
import type { FetchQuery, KeywordQuery } from '../../engine/query/query.ts';
import { createGenerators } from '../../generators/create-generators.ts';
import { createRerankers } from '../../rerankers/create-rerankers.ts';
import type { ServiceSettings } from '../../vectorizers/module-service.ts';
import type { Collection } from '../collection.ts';
import type { JsonObject } from '../collection-config.ts';
import type { Database } from '../database.ts';
import type { PropertyInput } from '../schema/collection-input.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import type { SearchOptions, SearchResult } from '../search.ts';
import type { GenerateRequest } from './generate-hits.ts';

const dummies: JsonObject = { 'reranker-dummy': {}, 'generative-dummy': {} };
const plain: SearchOptions = { explain: false };
const everything: FetchQuery = { kind: 'fetch', offset: 0, limit: 10, autocut: 0, sort: [] };

const objects: readonly Properties[] = [
  { title: 'a', text: 'tile', tags: ['x', 'y'], count: 3, image: 'aGk=' },
  { title: 'b', text: 'tile of glass', tags: ['x'], count: 5 },
  { title: 'c', text: 'longer tile of stone', tags: ['y'] },
  { title: 'd', tags: ['x'] },
];

async function open(
  moduleConfig: JsonObject = dummies,
  settings: ServiceSettings = {},
  defaultGenerator?: string,
): Promise<{ readonly database: Database; readonly collection: Collection }> {
  const vectorizers = (): undefined => undefined;
  const database = await openDatabase({
    modules: {
      rerankers: createRerankers({ vectorizers, settings }),
      generators: createGenerators(settings),
      ...(defaultGenerator && { defaultGenerator }),
    },
  });
  const types: Readonly<Record<string, PropertyInput['type']>> = {
    title: 'text',
    text: 'text',
    tags: 'text[]',
    count: 'int',
    image: 'blob',
  };
  const config = resolveCollection({
    name: 'Hits',
    properties: Object.entries(types).map(([name, type]) => ({ name, type })),
    moduleConfig,
    vectors: [],
  });
  await database.createCollection(config);
  const collection = database.collection('Hits');
  const inputs = objects.map((properties, index) => ({
    uuid: uuidOf(index + 1),
    properties,
    vectors: new Map(),
  }));
  await Promise.all(inputs.map((input) => collection.insert(input, noContext)));
  return { database, collection };
}

const titles = ({ hits }: Pick<SearchResult, 'hits'>): unknown[] =>
  hits.map(({ document }) => document.properties['title']);

describe('reranking', () => {
  const keyword: KeywordQuery = {
    ...{ kind: 'keyword', offset: 0, limit: 10, autocut: 0 },
    search: { text: 'tile', operator: { kind: 'or', matchesMin: 1 } },
  };

  test('orders the page by what the reranker says; hits without the text follow', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const rerank = { property: 'text', query: 'x' };
    const result = await collection.search(everything, { ...plain, rerank }, noContext);
    assert.deepEqual(titles(result), ['c', 'b', 'a', 'd']);
    assert.deepEqual(
      result.hits.map(({ rerankScore }) => rerankScore),
      [20, 13, 4, undefined],
    );
    const page = { ...everything, limit: 2 };
    const first = await collection.search(page, { ...plain, rerank }, noContext);
    assert.deepEqual(titles(first), ['b', 'a']);
    assert.ok(result.profile?.stages.some(({ name }) => name === 'rerank'));
  });

  test('takes lists of texts, and the text that was searched for as its query', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const found = await collection.search(
      keyword,
      { ...plain, rerank: { property: 'tags' } },
      noContext,
    );
    assert.deepEqual(
      found.hits.map(({ rerankScore }) => rerankScore),
      [3, 1, 1],
    );
    await assert.rejects(
      collection.search(everything, { ...plain, rerank: { property: 'text' } }, noContext),
      /rerank: no query was given, and the search has no text/,
    );
  });

  test('orders the hits of groups, and groups by their best hit', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const groupBy = { property: 'tags', groupsMax: 5, objectsPerGroupMax: 5 };
    const rerank = { property: 'text', query: 'x' };
    const { groups = [] } = await collection.search(
      { ...everything, groupBy },
      { ...plain, rerank },
      noContext,
    );
    assert.deepEqual(
      groups.map((group) => [group.name, group.rerankScore, ...titles(group)]),
      [
        ['y', 20, 'c', 'a'],
        ['x', 13, 'b', 'a', 'd'],
      ],
    );
  });

  test('is refused without a reranker, and for properties that are no text', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const by = (property: string): Promise<SearchResult> =>
      collection.search(everything, { ...plain, rerank: { property, query: 'x' } }, noContext);
    await assert.rejects(by('count'), /property 'count' is int; allowed: text/);
    await assert.rejects(by('nope'), /nope/);
    const other = await open({});
    await using __ = other.database;
    await assert.rejects(
      other.collection.search(
        everything,
        { ...plain, rerank: { property: 'text', query: 'x' } },
        noContext,
      ),
      /unknown capability: rerank: collection Hits has no reranker/,
    );
  });

  test('the failure of its service is the failure of the search', async () => {
    await using service = await startStandIn(() => ({ status: 400, body: { message: 'no' } }));
    const { database, collection } = await open({ 'reranker-cohere': { baseURL: service.url } });
    await using _ = database;
    const rerank = { property: 'text', query: 'x' };
    await assert.rejects(
      collection.search(everything, { ...plain, rerank }, noContext),
      /Cohere API failed with status: 400 error: no/,
    );
    assert.deepEqual(service.calls[0]?.body['documents'], [
      'tile',
      'tile of glass',
      'longer tile of stone',
    ]);
  });
});

describe('generation', () => {
  async function generate(
    collection: Collection,
    request: GenerateRequest,
    query = everything,
  ): Promise<SearchResult> {
    return await collection.search(query, { ...plain, generate: request }, noContext);
  }

  /** The prompts, where they went through. */
  const prompts = ({ generated = [] }: Pick<SearchResult, 'generated'>): string[] =>
    generated.map((one) => (one.kind === 'text' ? one.prompt : `failed: ${one.error.message}`));

  test('fills the places of a prompt; an object without the value has no text of its own', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const prompt = '{title}: { text } {"json": 1} {tags} {count}';
    const { hits, profile } = await generate(collection, { single: { prompt } });
    assert.deepEqual(hits.flatMap(prompts), [
      'a: tile {"json": 1} ["x","y"] 3',
      'b: tile of glass {"json": 1} ["x"] 5',
      "failed: prompt: property 'count' of this object is empty",
      "failed: prompt: property 'text' of this object is empty",
    ]);
    const [first] = hits[0]?.generated ?? [];
    assert.match(first?.kind === 'text' ? first.text : '', /following prompt: a: tile/);
    assert.ok(profile?.stages.some(({ name }) => name === 'generate'));
  });

  test('a task gets all that can be read, or what is named, as JSON', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const page = { ...everything, limit: 2 };
    const all = await generate(collection, { grouped: { task: 'sum up' } }, page);
    assert.deepEqual(prompts(all), [
      'sum up: [{"count":3,"tags":["x","y"],"text":"tile","title":"a"},{"count":5,"tags":["x"],"text":"tile of glass","title":"b"}]',
    ]);
    assert.equal(all.hits[0]?.generated, undefined);
    const some = { task: 'sum up', properties: ['title'] };
    assert.deepEqual(prompts(await generate(collection, { grouped: some }, page)), [
      'sum up: [{"title":"a"},{"title":"b"}]',
    ]);
  });

  test('of groups it is about the first hits, and about each object once', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const groupBy = { property: 'tags', groupsMax: 5, objectsPerGroupMax: 5 };
    const { groups = [], ...result } = await generate(
      collection,
      {
        single: { prompt: '{title}' },
        grouped: { task: 'all', properties: ['title'] },
      },
      { ...everything, groupBy },
    );
    assert.deepEqual(
      groups.map((group) => [group.name, ...prompts(group)]),
      [
        ['x', 'a'],
        ['y', 'a'],
      ],
    );
    assert.deepEqual(prompts(result), [
      'all: [{"title":"a"},{"title":"b"},{"title":"d"},{"title":"c"}]',
    ]);
  });

  test('nothing found is nothing written', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const none = { ...everything, offset: 50 };
    const request = { single: { prompt: 'x' }, grouped: { task: 'y' } };
    const { hits, generated } = await generate(collection, request, none);
    assert.deepEqual([hits, generated], [[], undefined]);
  });

  test('what makes no sense is refused', async () => {
    const { database, collection } = await open();
    await using _ = database;
    await assert.rejects(generate(collection, {}), /neither a prompt for each hit nor a task/);
    const single = (prompt: string): GenerateRequest => ({ single: { prompt } });
    await assert.rejects(
      generate(collection, single('x'.repeat(100_001))),
      /a prompt has 100001 characters; the maximum is 100000/,
    );
    const seventeen = Array.from({ length: 17 }, () => ({}));
    await assert.rejects(
      generate(collection, { single: { prompt: 'x', by: seventeen } }),
      /17 generators are named; the maximum is 16/,
    );
    await assert.rejects(generate(collection, single('{nope}')), /nope/);
    await assert.rejects(generate(collection, single('{image}')), /'image' is blob/);
    const grouped = { task: 'x', properties: ['nope'] };
    await assert.rejects(generate(collection, { grouped }), /nope/);
    const far = [{ images: ['http://here/picture.png'] }];
    await assert.rejects(
      generate(collection, { single: { prompt: 'x', by: far } }),
      /generate: image is an address; images are not fetched/,
    );
    const by = [{ imageProperties: ['text'] }];
    await assert.rejects(
      generate(collection, { single: { prompt: 'x', by } }),
      /image property 'text' is text; allowed: blob/,
    );
    const other = await open({});
    await using __ = other.database;
    await assert.rejects(
      generate(other.collection, single('x')),
      /client not found, empty provider/,
    );
    const choice = [{ module: 'generative-dummy' }];
    const result = await generate(other.collection, { single: { prompt: 'x', by: choice } });
    assert.equal(result.hits.length, 4);
  });

  test('a default generator writes where neither query nor collection names one', async () => {
    const { database, collection } = await open({}, {}, 'generative-dummy');
    await using _ = database;
    const result = await generate(collection, { single: { prompt: 'x' } });
    const [written] = result.hits[0]?.generated ?? [];
    assert.equal(written?.module, 'generative-dummy');
  });

  test('too many texts or texts to compare are refused before a service hears of them', async () => {
    const { database, collection } = await open();
    await using _ = database;
    const many = Array.from({ length: 1000 }, (__, index) => ({
      uuid: uuidOf(index + 10),
      properties: { text: 'many' },
      vectors: new Map(),
    }));
    await collection.insertMany(many, noContext);
    const all = { ...everything, limit: 2000 };
    await assert.rejects(
      generate(collection, { single: { prompt: 'x' } }, all),
      /1004 texts about single hits; the maximum is 1000/,
    );
    const rerank = { property: 'text', query: 'x' };
    await assert.rejects(
      collection.search(all, { ...plain, rerank }, noContext),
      /rerank: 1003 hits; the maximum is 1000/,
    );
  });

  const chat = (content: string): object => ({ choices: [{ message: { content } }] });

  test('a service that fails for one prompt leaves the others their texts', async () => {
    await using service = await startStandIn(({ body }) => {
      const said = JSON.stringify(body['messages']);
      return said.includes('about b') ? { status: 400, body: 'no' } : { body: chat('fine') };
    });
    const { database, collection } = await open({ 'generative-openai': { baseURL: service.url } });
    await using _ = database;
    const single = { prompt: 'about {title}' };
    const { hits } = await generate(collection, { single });
    assert.deepEqual(
      hits.map(({ generated: [one] = [] }) => one?.kind),
      ['text', 'failed', 'text', 'text'],
    );
    const metrics = database.metrics.registry.text();
    assert.match(metrics, /tesserae_module_failures_total\{module="generative-openai"\} 1\n/);
    assert.match(metrics, /tesserae_module_seconds_count\{module="generative-openai"\} 4\n/);
    const grouped = { task: 'about b' };
    await assert.rejects(generate(collection, { single, grouped }), /status: 400 error: no/);
  });

  test('a service that fails always is the failure of the search', async () => {
    await using service = await startStandIn(() => ({ status: 401, body: 'wrong key' }));
    const { database, collection } = await open({ 'generative-openai': { baseURL: service.url } });
    await using _ = database;
    await assert.rejects(
      generate(collection, { single: { prompt: 'about {title}' } }),
      /status: 401 error: wrong key/,
    );
  });

  test('a query names generators and settings of its own, and images go along', async () => {
    await using service = await startStandIn(() => ({ body: { response: 'seen' } }));
    const { database, collection } = await open({ 'generative-dummy': {} });
    await using _ = database;
    const ollama = {
      module: 'generative-ollama',
      settings: { apiEndpoint: service.url, model: 'eyes' },
      images: ['data:image/png;base64,Zmlyc3Q='],
      imageProperties: ['image'],
    };
    const by = [ollama, { module: 'generative-dummy' }];
    const page = { ...everything, limit: 2 };
    const { hits } = await generate(collection, { single: { prompt: '{title}', by } }, page);
    assert.deepEqual(
      hits.map(({ generated = [] }) => generated.map((one) => one.kind === 'text' && one.module)),
      [
        ['generative-ollama', 'generative-dummy'],
        ['generative-ollama', 'generative-dummy'],
      ],
    );
    assert.deepEqual(
      service.calls.map(({ body }) => [body['model'], body['prompt'], body['images']]),
      [
        ['eyes', 'a', ['Zmlyc3Q=', 'aGk=']],
        ['eyes', 'b', ['Zmlyc3Q=']],
      ],
    );
  });
});
