// A small library for tests of GraphQL: books with every type of property, a multi-vector and a single
// vector of two dimensions, authors that they refer to, and a service that embeds four words.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createRestApp } from '../src/api/rest/rest-app.ts';
import { Database } from '../src/database/database.ts';
import type { MakeGenerator } from '../src/generators/create-generators.ts';
import type { MakeReranker } from '../src/rerankers/create-rerankers.ts';
import { MemoryLog } from '../src/storage/memory-log.ts';
import { MemoryStore } from '../src/storage/memory-store.ts';
import { createVectorizers, type Vectorizers } from '../src/vectorizers/create-vectorizers.ts';
import { moduleInfo } from '../src/vectorizers/modules.ts';

const words: Readonly<Record<string, readonly number[]>> = {
  east: [1, 0],
  north: [0, 1],
  west: [-1, 0],
  south: [0, -1],
};

export function bookId(number: number): string {
  return `00000000-0000-4000-8000-00000000000${number}`;
}

export function beaconOf(collection: string, uuid: string): string {
  return `weaviate://localhost/${collection}/${uuid}`;
}

const ann = '00000000-0000-4000-9000-000000000001';
const now = 1_700_000_000_000;

const dummyReranker: MakeReranker = ({ module }) => ({
  module,
  score: async (_, texts) => texts.map((each) => each.length),
});
const dummyGenerator: MakeGenerator = ({ module }) => ({
  module,
  generate: async ({ prompt }) => {
    if (prompt.includes('gamma')) throw new Error('the service is asleep');
    return { text: `about ${prompt}` };
  },
});

interface Reply {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string }[];
}

export class GraphqlWorld {
  readonly app: FastifyInstance;
  readonly database: Database;
  /** The author's uuid. */
  readonly ann: string = ann;
  readonly #service: Server;
  readonly #vectorizers: Vectorizers;

  private constructor(
    app: FastifyInstance,
    database: Database,
    service: Server,
    vectorizers: Vectorizers,
  ) {
    this.app = app;
    this.database = database;
    this.#service = service;
    this.#vectorizers = vectorizers;
  }

  /** With the books in it. */
  static async open(): Promise<GraphqlWorld> {
    const service = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const { text } = JSON.parse(body) as { readonly text: string };
      response.end(JSON.stringify({ text, vector: words[text] ?? [1, 1], dims: 2, error: '' }));
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const vectorizers = createVectorizers({ modelsDirectory: '', transformersUrl: url });
    const database = await Database.open({
      ...{ log: new MemoryLog(), store: new MemoryStore(), clock: () => now },
      ...{ newUuid: () => assert.fail('every object has its id'), vectorizers },
      ...{ autoSchema: false, flushBytes: 1 << 30 },
      modules: { rerankers: dummyReranker, generators: dummyGenerator },
    });
    const app = createRestApp({
      database,
      authenticate: () => ({ name: 'anonymous', mayRead: true, mayWrite: true }),
      settings: {
        limits: { defaultLimit: 1, graphqlDefaultLimit: 3, maximumResults: 10_000 },
        ...{ bodyBytesMax: 1 << 24, grpcMessageBytesMax: 1 << 24, modules: moduleInfo },
      },
      clock: () => now,
      address: () => 'http://127.0.0.1:8080',
      isReady: () => true,
      logError: (message, error) => assert.fail(`${message}: ${String(error)}`),
    });
    const world = new GraphqlWorld(app, database, service, vectorizers);
    await world.#fill();
    return world;
  }

  /** The reply to a query, which is always 200. */
  async query(query: string, variables?: unknown): Promise<Reply> {
    const { status, json } = await this.send('POST', '/v1/graphql', { query, variables });
    assert.equal(status, 200, JSON.stringify(json));
    return json as Reply;
  }

  /** What a query found at a path below `data`; it must have no errors. */
  async data(query: string, ...path: readonly string[]): Promise<unknown> {
    const { data, errors } = await this.query(query);
    assert.deepEqual(errors, undefined, JSON.stringify(errors));
    return path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], data);
  }

  async refuses(query: string, message: RegExp): Promise<void> {
    const { errors = [] } = await this.query(query);
    assert.match(errors.map((error) => error.message).join('\n'), message, query.slice(0, 200));
  }

  async send(
    method: 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: unknown,
  ): Promise<{ readonly status: number; readonly json: unknown }> {
    const { statusCode: status, body } = await this.app.inject({
      ...{ method, url },
      ...(payload !== undefined && { payload: payload as object }),
    });
    return { status, json: body === '' ? undefined : JSON.parse(body) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await this.database.close();
    await this.#vectorizers.close();
    this.#service.close();
  }

  async #make(url: string, payload: unknown): Promise<void> {
    const { status, json } = await this.send('POST', url, payload);
    assert.equal(status, 200, JSON.stringify(json));
  }

  async #fill(): Promise<void> {
    await this.#make('/v1/schema', { class: 'Author', properties: [text('name')] });
    await this.#make('/v1/schema', bookClass);
    const wrote = { name: 'wrote', dataType: ['Book'] };
    await this.#make('/v1/schema/Author/properties', wrote);
    await this.#make('/v1/aliases', { alias: 'Volumes', class: 'Book' });
    await this.#make('/v1/objects', { class: 'Author', id: ann, properties: { name: 'Ann' } });
    for (const book of books) await this.#make('/v1/objects', book);
    const refer = async (path: string, collection: string, uuid: string): Promise<void> =>
      await this.#make(path, { beacon: beaconOf(collection, uuid) });
    const author = `/v1/objects/Author/${ann}/references/wrote`;
    await refer(author, 'Book', bookId(1));
    await refer(author, 'Book', bookId(3));
    const first = `/v1/objects/Book/${bookId(1)}/references`;
    await refer(`${first}/by`, 'Author', ann);
    await refer(`${first}/about`, 'Author', ann);
    await refer(`${first}/about`, 'Book', bookId(4));
  }
}

function text(name: string): object {
  return { name, dataType: ['text'] };
}

const bookClass = {
  class: 'Book',
  invertedIndexConfig: { indexNullState: true },
  moduleConfig: { 'reranker-dummy': {}, 'generative-dummy': {} },
  properties: [
    text('title'),
    { name: 'pages', dataType: ['int'] },
    { name: 'price', dataType: ['number'] },
    { name: 'inPrint', dataType: ['boolean'] },
    { name: 'released', dataType: ['date'] },
    { name: 'tags', dataType: ['text[]'], tokenization: 'field' },
    { name: 'years', dataType: ['int[]'] },
    { name: 'place', dataType: ['geoCoordinates'] },
    { name: 'phone', dataType: ['phoneNumber'] },
    { name: 'cover', dataType: ['blob'] },
    {
      name: 'press',
      dataType: ['object'],
      nestedProperties: [
        text('name'),
        { name: 'cities', dataType: ['text[]'] },
        { name: 'offices', dataType: ['object[]'], nestedProperties: [text('street')] },
      ],
    },
    { name: 'by', dataType: ['Author'] },
    { name: 'about', dataType: ['Author', 'Book'] },
  ],
  vectorConfig: {
    mv: {
      vectorizer: { none: {} },
      vectorIndexType: 'hnsw',
      vectorIndexConfig: { multivector: { enabled: true } },
    },
    sv: {
      vectorizer: { 'text2vec-transformers': { sourceProperties: ['title'] } },
      vectorIndexType: 'hnsw',
    },
  },
};

const books = [
  {
    ...{ class: 'Book', id: bookId(1) },
    properties: {
      ...{ title: 'alpha one', pages: Number.MAX_SAFE_INTEGER, price: 1.5, inPrint: true },
      ...{ released: '2020-01-01T00:00:00Z', tags: ['x', 'y'], years: [2001, 2002] },
      place: { latitude: 52.5, longitude: 13.25 },
      phone: { input: '020 1234567', defaultCountry: 'nl' },
      press: { name: 'P', cities: ['A', 'B'], offices: [{ street: 'S' }] },
      cover: 'aGVsbG8=',
    },
    vectors: {
      mv: [
        [1, 0],
        [0, 0.1],
      ],
      sv: [1, 0],
    },
  },
  {
    ...{ class: 'Book', id: bookId(2) },
    properties: { title: 'beta two', pages: 20, price: 2.5, inPrint: false, tags: ['y'] },
    vectors: { mv: [[1, 1]], sv: [1, 1] },
  },
  {
    ...{ class: 'Book', id: bookId(3) },
    properties: { title: 'gamma three', pages: 30, price: 3.5, tags: ['z'] },
    vectors: { mv: [[-1, 0.5]], sv: [-1, 0.5] },
  },
  {
    ...{ class: 'Book', id: bookId(4) },
    properties: { title: 'delta four', pages: 40, price: 4.5 },
    vectors: { mv: [[0, 1]], sv: [0, 1] },
  },
];
