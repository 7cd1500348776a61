// Books and their authors for two tenants, red and blue, with the same uuids in both, and every call that
// reads or writes objects: REST, gRPC, the stream and GraphQL.

import assert from 'node:assert/strict';
import type { Json, JsonObject } from './grpc/golden-messages.ts';
import type { TwoWires } from './two-wires.ts';

/** The n-th uuid. */
export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const beacon = (path: string): string => `weaviate://localhost/${path}`;
/** Books 1 to 3 are of author 11 and stand in shop 21, which belongs to nobody. */
export const [book1, book2, book3, author, shop] = [1, 2, 3, 11, 21].map(uuid) as [
  string,
  string,
  string,
  string,
  string,
];
/** No tenant has it until a call writes it. */
export const newBook: string = uuid(4);

/** What a call answered: the whole reply as text, and what went wrong, if anything. */
export interface Answer {
  readonly reply: string;
  readonly error: string;
}

export interface TenantCall {
  readonly name: string;
  readonly run: (world: TwoWires, tenant: string) => Promise<Answer>;
}

export async function fillTenants(
  world: TwoWires,
  multiTenancyConfig: JsonObject = { enabled: true },
): Promise<void> {
  const text = { name: 'text', dataType: ['text'] };
  const count = { name: 'count', dataType: ['int'] };
  const vectorIndexConfig = { multivector: { enabled: true } };
  const mv = { vectorizer: { none: {} }, vectorIndexType: 'hnsw', vectorIndexConfig };
  const send = (path: string, body: unknown) => accepted(world, 'POST', path, body);
  await send('/schema', { class: 'Shop', properties: [text] });
  await send('/objects', { class: 'Shop', id: shop, properties: { text: 'corner shop' } });
  await send('/schema', { class: 'Author', properties: [text], multiTenancyConfig });
  const ofAuthor = { name: 'ofAuthor', dataType: ['Author'] };
  const inShop = { name: 'inShop', dataType: ['Shop'] };
  await send('/schema', {
    ...{ class: 'Book', properties: [text, count, ofAuthor, inShop], multiTenancyConfig },
    vectorConfig: { mv },
  });
  for (const collection of ['Book', 'Author']) {
    const tenants = [{ name: 'red' }, { name: 'blue' }, { name: 'empty' }];
    await send(`/schema/${collection}/tenants`, tenants);
  }
  for (const tenant of ['red', 'blue']) await fillTenant(world, tenant);
}

async function fillTenant(world: TwoWires, tenant: string): Promise<void> {
  const send = (body: object) => accepted(world, 'POST', '/objects', { ...body, tenant });
  await send({ class: 'Author', id: author, properties: { text: `${tenant} author` } });
  for (const [index, id] of [book1, book2, book3].entries()) {
    const properties = {
      text: `${tenant} book ${index + 1}`,
      count: index + 1,
      ofAuthor: [{ beacon: beacon(`Author/${author}`) }],
      inShop: [{ beacon: beacon(`Shop/${shop}`) }],
    };
    const vectors = { mv: tenant === 'red' ? [[1, index]] : [[index, 1]] };
    await send({ class: 'Book', id, properties, vectors });
  }
}

/** Sends what must be accepted; what it answered. */
export async function accepted(
  { rest }: TwoWires,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const { status, json } = await rest(method, path, body);
  assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(json)}`);
  return json;
}

/** Everything that a tenant has, vectors and references included. */
export async function everythingOf(world: TwoWires, tenant: string): Promise<string> {
  const lists = [];
  for (const collection of ['Author', 'Book']) {
    const path = `/objects?class=${collection}&tenant=${tenant}&include=vector&limit=100`;
    lists.push(await accepted(world, 'GET', path));
  }
  return JSON.stringify(lists);
}

type RestCall = readonly [method: string, path: string, body?: unknown];

const rest = (name: string, make: (tenant: string) => RestCall): TenantCall => ({
  name: `REST ${name}`,
  run: async (world, tenant) => {
    const { status, json } = await world.rest(...make(tenant));
    const reply = JSON.stringify(json);
    // Batches tell of each item what went wrong with it.
    const failed = /"message":"((?:[^"\\]|\\.)*)"/.exec(reply)?.[1];
    return { reply, error: failed ?? (status < 300 ? '' : `status ${status}`) };
  },
});

const grpc = (name: string, method: string, make: (tenant: string) => JsonObject): TenantCall => ({
  name: `gRPC ${name}`,
  run: async ({ wire }, tenant) => {
    const { status, details, reply } = await wire.call(method, make(tenant));
    const [first] = (reply?.['errors'] ?? []) as readonly JsonObject[];
    const failed = status === 'OK' ? String(first?.['error'] ?? '') : details;
    return { reply: JSON.stringify(reply ?? null), error: failed };
  },
});

const graphql = (name: string, make: (argument: string) => string): TenantCall => ({
  name: `GraphQL ${name}`,
  run: async (world, tenant) => {
    const argument = tenant === '' ? '' : `tenant: ${JSON.stringify(tenant)}, `;
    const { json } = await world.rest('POST', '/graphql', { query: `{ ${make(argument)} }` });
    const [first] = (json as { errors?: readonly { message: string }[] }).errors ?? [];
    return { reply: JSON.stringify(json), error: first?.message ?? '' };
  },
});

const query = (path: string, tenant: string): string =>
  tenant === '' ? path : `${path}${path.includes('?') ? '&' : '?'}tenant=${tenant}`;
const inBody = (tenant: string): object => (tenant === '' ? {} : { tenant });

const search = (name: string, asked: JsonObject): TenantCall =>
  grpc(`Search ${name}`, 'Search', (tenant) => ({
    ...{ collection: 'Book', tenant, metadata: { uuid: true, distance: true } },
    properties: {
      return_all_nonref_properties: true,
      ref_properties: ['ofAuthor', 'inShop'].map((reference_property) => ({
        reference_property,
        properties: { return_all_nonref_properties: true },
      })),
    },
    ...asked,
  }));

/** One token vector (1, 1): the number of dimensions as 16 bits, then its values. */
const tokens = Buffer.concat([Buffer.of(2, 0), Buffer.from(Float32Array.of(1, 1).buffer)]);
const towards = {
  vectors: [{ type: 'VECTOR_TYPE_MULTI_FP32', vector_bytes: tokens.toString('base64') }],
  targets: { target_vectors: ['mv'] },
};
const nearVector = { near_vector: towards };
const textEqual = (target: JsonObject, value_text: string): JsonObject => ({
  filters: { operator: 'OPERATOR_EQUAL', target, value_text },
});
const book = { property: 'text' };

/** Calls that change nothing. */
export const readingCalls: readonly TenantCall[] = [
  rest('object', (tenant) => ['GET', query(`/objects/Book/${book1}`, tenant)]),
  rest('list', (tenant) => ['GET', query('/objects?class=Book', tenant)]),
  rest('list after', (tenant) => ['GET', query(`/objects?class=Book&after=${book1}`, tenant)]),
  rest('sorted list', (tenant) => ['GET', query('/objects?class=Book&sort=count', tenant)]),
  rest('validation', (tenant) => [
    ...(['POST', '/objects/validate'] as const),
    { class: 'Book', properties: { text: 'new' }, ...inBody(tenant) },
  ]),
  rest('question', (tenant) => [
    ...(['POST', query('/tesserae/query/Book', tenant)] as const),
    { query: 'book', mode: 'keyword' },
  ]),
  rest('recall check', (tenant) => ['POST', query('/tesserae/recall/Book', tenant), {}]),
  rest('recall', (tenant) => ['GET', query('/tesserae/recall/Book', tenant)]),
  rest('trial of a deletion', (tenant) => [
    ...(['DELETE', query('/batch/objects', tenant)] as const),
    {
      match: { class: 'Book', where: { path: ['count'], operator: 'GreaterThan', valueInt: 0 } },
      ...{ dryRun: true, output: 'verbose' },
    },
  ]),
  search('fetch', {}),
  search('after', { after: book1 }),
  search('keyword', { bm25_search: { query: 'book' } }),
  search('vector', nearVector),
  search('hybrid', { hybrid_search: { query: 'book', alpha: 0.5, ...towards } }),
  search('object', { near_object: { id: book1, targets: { target_vectors: ['mv'] } } }),
  search('filter', textEqual(book, 'book')),
  search(
    'reference filter',
    textEqual({ single_target: { on: 'ofAuthor', target: book } }, 'author'),
  ),
  search('groups', {
    ...nearVector,
    group_by: { path: ['text'], number_of_groups: 9, objects_per_group: 9 },
  }),
  grpc('Aggregate', 'Aggregate', (tenant) => ({
    ...{ collection: 'Book', tenant, objects_count: true },
    aggregations: [{ property: 'text', text: { count: true, top_occurences: true } }],
  })),
  grpc('BatchDelete trial', 'BatchDelete', (tenant) => ({
    ...{ collection: 'Book', tenant, dry_run: true, verbose: true },
    ...textEqual(book, 'book'),
  })),
  graphql(
    'Get',
    (tenant) =>
      `Get { Book(${tenant}limit: 9) { text ofAuthor { ... on Author { text } } inShop { ... on Shop { text } } _additional { id } } }`,
  ),
  graphql('Get keyword', (tenant) => `Get { Book(${tenant}bm25: {query: "book"}) { text } }`),
  graphql(
    'Aggregate',
    (tenant) =>
      `Aggregate { Book(${tenant}limit: 9) { meta { count } text { topOccurrences { value occurs } } } }`,
  ),
];

const changed = (tenant: string) => ({ text: `${tenant} changed`, count: 9 });
const reference = (tenant: string): Json => ({
  ...{ name: 'ofAuthor', from_collection: 'Book', from_uuid: book1 },
  ...{ to_collection: 'Author', to_uuid: author, tenant },
});
const batchObject = (tenant: string): Json => ({
  ...{ uuid: newBook, collection: 'Book', tenant },
  properties: { non_ref_properties: changed(tenant) },
});

async function stream({ wire }: TwoWires, data: JsonObject): Promise<Answer> {
  const ends = wire.stream();
  ends.send({ start: {} });
  ends.send({ data });
  ends.send({ stop: {} });
  ends.end();
  const replies: JsonObject[] = [];
  for (;;) {
    const reply = await ends.next();
    if (!reply) break;
    replies.push(reply);
  }
  const results = replies.flatMap(({ results: each }) => (each ? [each as JsonObject] : []));
  const [first] = results.flatMap(({ errors = [] }) => errors as readonly JsonObject[]);
  return { reply: JSON.stringify(replies), error: String(first?.['error'] ?? '') };
}

/** Calls that make objects, which may make their tenant too. */
export const insertingCalls: readonly TenantCall[] = [
  rest('insertion', (tenant) => [
    ...(['POST', '/objects'] as const),
    { class: 'Book', id: newBook, properties: changed(tenant), ...inBody(tenant) },
  ]),
  rest('batch', (tenant) => [
    ...(['POST', '/batch/objects'] as const),
    {
      objects: [{ class: 'Book', id: newBook, properties: changed(tenant), ...inBody(tenant) }],
    },
  ]),
  grpc('BatchObjects', 'BatchObjects', (tenant) => ({ objects: [batchObject(tenant)] })),
  {
    name: 'BatchStream of objects',
    run: (world, tenant) => stream(world, { objects: { values: [batchObject(tenant)] } }),
  },
];

/** Calls that change objects which are there. */
export const changingCalls: readonly TenantCall[] = [
  rest('replacement', (tenant) => [
    ...(['PUT', `/objects/Book/${book1}`] as const),
    { class: 'Book', id: book1, properties: changed(tenant), ...inBody(tenant) },
  ]),
  rest('merge', (tenant) => [
    ...(['PATCH', query(`/objects/Book/${book1}`, tenant)] as const),
    { class: 'Book', properties: changed(tenant) },
  ]),
  ...(['POST', 'PUT', 'DELETE'] as const).map((method) =>
    rest(`reference ${method}`, (tenant) => {
      const to = { beacon: beacon(`Author/${author}`) };
      const path = query(`/objects/Book/${book1}/references/ofAuthor`, tenant);
      return [method, path, method === 'PUT' ? [to, to] : to];
    }),
  ),
  rest('batch of references', (tenant) => [
    ...(['POST', '/batch/references'] as const),
    [
      {
        from: beacon(`Book/${book1}/ofAuthor`),
        to: beacon(`Author/${author}`),
        ...inBody(tenant),
      },
    ],
  ]),
  grpc('BatchReferences', 'BatchReferences', (tenant) => ({ references: [reference(tenant)] })),
  {
    name: 'BatchStream of references',
    run: ({ ...world }, tenant) => {
      const twice = { ...(reference(tenant) as JsonObject), name: 'inShop', to_collection: 'Shop' };
      return stream(world, { references: { values: [{ ...twice, to_uuid: uuid(22) }] } });
    },
  },
  rest('deletion', (tenant) => ['DELETE', query(`/objects/Book/${book1}`, tenant)]),
  rest('deletion by filter', (tenant) => [
    ...(['DELETE', query('/batch/objects', tenant)] as const),
    { match: { class: 'Book', where: { path: ['text'], operator: 'Equal', valueText: 'book' } } },
  ]),
  grpc('BatchDelete', 'BatchDelete', (tenant) => ({
    ...{ collection: 'Book', tenant },
    ...textEqual(book, 'book'),
  })),
];
