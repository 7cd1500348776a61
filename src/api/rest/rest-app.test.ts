// The REST interface over a database in memory: recorded calls of the reference are answered alike, but
// for the listed differences, and what recordings don't show.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { Database } from '../../database/database.ts';
import { MemoryLog } from '../../storage/memory-log.ts';
import { MemoryStore } from '../../storage/memory-store.ts';
import { moduleInfo } from '../../vectorizers/modules.ts';
import { createRestApp } from './rest-app.ts';
import type { RestParts } from './route.ts';

interface RestCall {
  readonly kind: 'rest' | 'grpc' | 'stream';
  readonly method: string;
  readonly path: string;
  readonly request?: unknown;
  readonly status: number;
  readonly reply: unknown;
}

/** Answers that are meant to differ from the recording: case to status and reason. */
const different: Readonly<Record<string, readonly [number, string]>> = {
  rest_wrong_dim: [422, "a fault of the caller is not the server's"],
  rest_ragged: [422, "a fault of the caller is not the server's"],
  rest_legacy_vector_field: [422, 'refused without storing anything'],
  rest_id_property: [422, "a fault of the caller is not the server's"],
  python_insert_wrong_dim: [422, "a fault of the caller is not the server's"],
  python_insert_ragged: [422, "a fault of the caller is not the server's"],
};

let now = 1_700_000_000_000;

async function openApp(change: Partial<RestParts> = {}): Promise<FastifyInstance> {
  let uuids = 0;
  const database = await Database.open({
    log: new MemoryLog(),
    store: new MemoryStore(),
    clock: () => {
      now += 1;
      return now;
    },
    newUuid: () => {
      uuids += 1;
      return `00000000-0000-4000-8000-${String(uuids).padStart(12, '0')}`;
    },
    vectorizers: () => undefined,
    autoSchema: true,
    flushBytes: 1 << 30,
  });
  const app = createRestApp({
    database,
    authenticate: () => ({ name: 'anonymous', mayRead: true, mayWrite: true }),
    settings: {
      limits: { defaultLimit: 25, maximumResults: 10_000 },
      bodyBytesMax: 1_000_000,
      grpcMessageBytesMax: 104_858_000,
      modules: moduleInfo,
    },
    clock: () => now,
    address: () => 'http://127.0.0.1:8080',
    isReady: () => true,
    logError: (message, error) => assert.fail(`${message}: ${String(error)}`),
    ...change,
  });
  app.addHook('onClose', () => database.close());
  return app;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

async function call(
  app: FastifyInstance,
  method: string,
  url: string,
  body?: unknown,
): Promise<Answer> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const { statusCode, body: text } = await app.inject({
    method: method as 'GET',
    url,
    ...(body === undefined || body === null
      ? {}
      : { payload, headers: { 'content-type': 'application/json' } }),
  });
  return { status: statusCode, text, json: text === '' ? null : JSON.parse(text) };
}

/** Fields that need only be there: texts are our own, and so is the state of a cluster of one. */
const anyValue: ReadonlySet<string> = new Set(['message', 'raft', 'modules']);
/** Links to the reference's own documentation. */
const left = 'documentationHref';

/** What a recording says of a reply, without what differs from call to call or was cut. */
function checkReply(seen: unknown, recorded: unknown, path: string): void {
  if (typeof recorded === 'string' && /^<.*>$/.test(recorded)) {
    assert.notEqual(seen, undefined, path);
    return;
  }
  if (recorded === null || typeof recorded !== 'object') {
    assert.deepEqual(seen, recorded, path);
    return;
  }
  if (Array.isArray(recorded)) {
    const whole = recorded.filter((each) => !String(each).startsWith('$trimmed'));
    assert.ok(Array.isArray(seen), path);
    if (whole.length === recorded.length) assert.equal(seen.length, recorded.length, path);
    // What a deletion lists has no order.
    const [ours, theirs] = path.endsWith('.results.objects')
      ? [byId(seen), byId(whole)]
      : [seen, whole];
    for (const [index, each] of theirs.entries())
      checkReply(ours[index], each, `${path}[${index}]`);
    return;
  }
  const fields = recorded as Readonly<Record<string, unknown>>;
  const isCut = '$trimmed' in fields;
  const keys = Object.keys(fields).filter((key) => key !== '$trimmed' && key !== left);
  const object = seen as Readonly<Record<string, unknown>>;
  if (!isCut) assert.deepEqual(Object.keys(object).sort(), keys.sort(), path);
  for (const key of keys) {
    if (anyValue.has(key)) assert.equal(typeof object[key], typeof fields[key], `${path}.${key}`);
    else checkReply(object[key], fields[key], `${path}.${key}`);
  }
}

function byId(list: readonly unknown[]): readonly unknown[] {
  const id = (each: unknown): string => String((each as { readonly id: unknown }).id);
  return list.toSorted((a, b) => (id(a) < id(b) ? -1 : 1));
}

/** Errors: the form of the body counts, texts are our own. */
function checkError(seen: unknown, recorded: unknown, path: string): void {
  const keys = (body: unknown) => (body === null ? null : Object.keys(body as object).sort());
  assert.deepEqual(keys(seen), keys(recorded), path);
  const { code } = (recorded ?? {}) as { readonly code?: number };
  if (code !== undefined) assert.equal((seen as { readonly code?: number }).code, code, path);
}

function* recordedCalls(topic: string): Generator<readonly [string, RestCall]> {
  const file = new URL(`../../../test/golden/wire/${topic}.json`, import.meta.url);
  const { records } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly records: readonly { readonly case: string; readonly calls: readonly RestCall[] }[];
  };
  for (const record of records) {
    for (const each of record.calls) if (each.kind === 'rest') yield [record.case, each];
  }
}

async function replay(app: FastifyInstance, topic: string): Promise<number> {
  let count = 0;
  for (const [name, recorded] of recordedCalls(topic)) {
    const place = `${topic}#${name} ${recorded.method} ${recorded.path}`;
    const body =
      name === 'rest_nan' ? '{"class":"Mv","vectors":{"mv":[[NaN,0]]}}' : recorded.request;
    const seen = await call(app, recorded.method, recorded.path, body);
    const [status] = different[name] ?? [recorded.status];
    assert.equal(seen.status, status, `${place}: ${seen.text}`);
    if (recorded.status < 300) checkReply(seen.json, recorded.reply, place);
    else if (status === recorded.status) checkError(seen.json, recorded.reply, place);
    count += 1;
  }
  return count;
}

const multiVector = {
  class: 'Mv',
  vectorConfig: {
    mv: {
      vectorizer: { none: {} },
      vectorIndexType: 'hnsw',
      vectorIndexConfig: { multivector: { enabled: true } },
    },
  },
};

test('recorded calls about objects are answered alike', async () => {
  await using app = await openApp();
  assert.ok((await replay(app, 'objects')) > 50);
});

test('recorded calls about the server are answered alike', async () => {
  await using app = await openApp();
  assert.ok((await replay(app, 'connect')) > 8);
});

test('recorded calls about batches are answered alike', async () => {
  await using app = await openApp();
  await call(app, 'POST', '/v1/schema', { ...multiVector, class: 'Bt' });
  const first = { class: 'Bt', vectors: { mv: [[1, 0, 0, 0]] } };
  await call(app, 'POST', '/v1/objects', first);
  assert.ok((await replay(app, 'batch')) > 5);
});

test('what a refused object left behind is nothing', async () => {
  await using app = await openApp();
  await call(app, 'POST', '/v1/schema', multiVector);
  const bad: readonly unknown[] = [
    { vector: [1, 0] },
    { vectors: { mv: [[1, 0], [1]] } },
    { vectors: { mv: [] } },
    { vectors: { nope: [[1]] } },
    { vectors: { mv: [1, 0] } },
    { vectors: { mv: [['a']] } },
  ];
  for (const each of bad) {
    const { status } = await call(app, 'POST', '/v1/objects', { class: 'Mv', ...(each as object) });
    assert.ok(status === 400 || status === 422, `${status} for ${JSON.stringify(each)}`);
  }
  const { json } = await call(app, 'GET', '/v1/objects?class=Mv');
  assert.deepEqual(json, { deprecations: [], objects: [], totalResults: 0 });
});

/** The class `Mv` with token pooling, which `tokenPooling` configures. */
function pooledClass(tokenPooling: unknown, enabled = true): unknown {
  const { mv } = multiVector.vectorConfig;
  const vectorIndexConfig = { multivector: { enabled, tokenPooling } };
  return { ...multiVector, vectorConfig: { mv: { ...mv, vectorIndexConfig } } };
}

test('token pooling is configured by a class, echoed, and can not be changed', async () => {
  await using app = await openApp();
  const refusals: readonly (readonly [unknown, RegExp])[] = [
    [pooledClass({ factor: 5 }), /tokenPooling\.factor is 5; allowed: whole numbers from 2 to 4/],
    [pooledClass({ factor: 2 }, false), /on a single vector, multivector\.enabled is false/],
  ];
  for (const [body, message] of refusals) {
    const { status, text } = await call(app, 'POST', '/v1/schema', body);
    assert.equal(status, 422);
    assert.match(text, message);
  }
  const made = await call(app, 'POST', '/v1/schema', pooledClass({ enabled: true, factor: 2 }));
  assert.equal(made.status, 200);
  const read = await call(app, 'GET', '/v1/schema/Mv');
  const { vectorConfig } = read.json as typeof multiVector;
  const { multivector } = vectorConfig.mv.vectorIndexConfig;
  assert.deepEqual(multivector, {
    enabled: true,
    aggregation: 'maxSim',
    muvera: { enabled: false, ksim: 4, dprojections: 16, repetitions: 10 },
    tokenPooling: { enabled: true, factor: 2 },
  });
  assert.equal((await call(app, 'PUT', '/v1/schema/Mv', read.json)).status, 200);
  for (const change of [pooledClass({ factor: 3 }), multiVector]) {
    const { status, text } = await call(app, 'PUT', '/v1/schema/Mv', change);
    assert.equal(status, 422);
    assert.match(text, /tokenPooling is immutable/);
  }
});

test('an object shows the pooled vectors, and sending them back changes nothing', async () => {
  await using app = await openApp();
  await call(app, 'POST', '/v1/schema', pooledClass({ factor: 2 }));
  const mv = [
    [1, 0],
    [0, 0.5],
    [1, 0],
    [0, 0.5],
  ];
  const body = { class: 'Mv', properties: {}, vectors: { mv } };
  const { json, status } = await call(app, 'POST', '/v1/objects', body);
  assert.equal(status, 200);
  const { id } = json as { readonly id: string };
  const path = `/v1/objects/Mv/${id}`;
  const stored = async (): Promise<unknown> => {
    const reply = await call(app, 'GET', `${path}?include=vector`);
    return (reply.json as { readonly vectors: unknown }).vectors;
  };
  const pooled = {
    mv: [
      [1, 0],
      [0, 0.5],
    ],
  };
  assert.deepEqual(await stored(), pooled);
  const again = { ...body, id, vectors: pooled };
  assert.equal((await call(app, 'PUT', path, again)).status, 200);
  assert.deepEqual(await stored(), pooled);
});

test('messages about vectors name the offending place', async () => {
  await using app = await openApp();
  await call(app, 'POST', '/v1/schema', multiVector);
  await call(app, 'POST', '/v1/objects', { class: 'Mv', vectors: { mv: [[1, 0, 0, 0]] } });
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [
      [
        [1, 0, 0, 0],
        [1, 0, 0],
      ],
      /vectors\.mv\[1\]: 3 values, expected 4/,
    ],
    [
      [
        [1, 0, 0, 0],
        [1, 'x', 0, 0],
      ],
      /vectors\.mv\[1\]\[1\]: expected a number .* got \\"x\\"/,
    ],
    [[[1, 0, 1e39, 0]], /vectors\.mv\[0\]\[2\]: expected a number that fits 32 bits, got 1e\+39/],
    [[[[1]]], /vectors\.mv\[0\]\[0\]: .* got \[1\]/],
    [[[1, 0, 0, 0], null], /vectors\.mv\[1\]: multi-vector token 1 is empty/],
    [[[1, 0, 0, 0], 7], /vectors\.mv\[1\]: expected a list of numbers, got 7/],
    ['abc', /vectors\.mv: expected a list .* got \\"abc\\"/],
    [[[1, 0, 0]], /got vectors of 3 dimensions, the collection holds vectors of 4/],
  ];
  for (const [mv, message] of cases) {
    const { text } = await call(app, 'POST', '/v1/objects', { class: 'Mv', vectors: { mv } });
    assert.match(text, message);
  }
});

test('the vector without a name goes where only one can be meant', async () => {
  await using app = await openApp();
  await call(app, 'POST', '/v1/schema', { class: 'Old', vectorizer: 'none' });
  const stored = await call(app, 'POST', '/v1/objects', { class: 'Old', vector: [0.1, -2] });
  assert.equal(stored.status, 200, stored.text);
  assert.deepEqual((stored.json as { vector: unknown }).vector, [0.1, -2]);
  await call(app, 'POST', '/v1/schema', multiVector);
  const single = await call(app, 'POST', '/v1/objects', { class: 'Mv', vector: [1, 0] });
  assert.equal(single.status, 422);
  assert.match(single.text, /\\"mv\\" .* is configured as multi-vector/);
  const vectorConfig = { one: { vectorizer: { none: {} } }, other: { vectorizer: { none: {} } } };
  await call(app, 'POST', '/v1/schema', { class: 'Two', vectorConfig });
  const unclear = await call(app, 'POST', '/v1/objects', { class: 'Two', vector: [1, 0] });
  assert.equal(unclear.status, 422);
  assert.match(unclear.text, /field \\"vector\\"/);
});

test('lists page by offset, by cursor and sorted, over one collection or all', async () => {
  await using app = await openApp();
  for (const [name, count] of [
    ['Aa', 5],
    ['Bb', 3],
  ] as const) {
    for (let n = 0; n < count; n += 1) {
      await call(app, 'POST', '/v1/objects', { class: name, properties: { n: (n * 3) % 5 } });
    }
  }
  const numbers = async (query: string): Promise<unknown> => {
    const { json, status, text } = await call(app, 'GET', `/v1/objects?${query}`);
    assert.equal(status, 200, text);
    const { objects } = json as { objects: { class: string; properties: { n: number } }[] };
    return objects.map((each) => `${each.class}${each.properties.n}`).join(' ');
  };
  assert.equal(await numbers('class=Aa'), 'Aa0 Aa3 Aa1 Aa4 Aa2');
  assert.equal(await numbers('class=Aa&limit=2&offset=1'), 'Aa3 Aa1');
  assert.equal(await numbers('class=Aa&sort=n&order=desc&limit=3'), 'Aa4 Aa3 Aa2');
  assert.equal(await numbers('limit=4&offset=3'), 'Aa4 Aa2 Bb0 Bb3');
  assert.equal(await numbers('offset=7'), 'Bb1');
  const after = '00000000-0000-4000-8000-000000000003';
  assert.equal(await numbers(`class=Aa&limit=9&after=${after}`), 'Aa4 Aa2');
});

test('lists refuse what makes no sense', async () => {
  await using app = await openApp();
  await call(app, 'POST', '/v1/objects', { class: 'Aa', properties: { n: 1 } });
  const after = '00000000-0000-4000-8000-000000000003';
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['limit=-1', 422, /limit in query must be a whole number/],
    ['class=Aa&limit=10001', 422, /QUERY_MAXIMUM_RESULTS/],
    [`after=${after}`, 422, /needs the class/],
    [`class=Aa&after=${after}&offset=1`, 422, /can't be combined/],
    ['class=Aa&after=x', 422, /not a uuid/],
    ['class=Aa&sort=nope', 422, /no such prop/],
    ['class=Aa&sort=n&order=up', 422, /neither asc nor desc/],
    ['class=Aa&include=everything', 400, /include: /],
    ['class=Nope', 404, /collection Nope does not exist/],
    ['class=Aa&tenant=t', 422, /multi-tenancy disabled/],
  ];
  for (const [query, status, message] of cases) {
    const seen = await call(app, 'GET', `/v1/objects?${query}`);
    assert.equal(seen.status, status, `${query}: ${seen.text}`);
    assert.match(seen.text, message, query);
  }
});

test('the old paths find an object by its id alone', async () => {
  await using app = await openApp();
  const id = '4f3f2898-69e3-5a0d-820a-c4e87987dbce';
  await call(app, 'POST', '/v1/objects', {
    class: 'Aa',
    id: id.toUpperCase(),
    properties: { n: 1 },
  });
  const read = await call(app, 'GET', `/v1/objects/${id}`);
  assert.equal((read.json as { class: string }).class, 'Aa');
  assert.equal((await call(app, 'HEAD', `/v1/objects/${id}`)).status, 204);
  assert.equal(
    (await call(app, 'PATCH', `/v1/objects/${id}`, { properties: { n: 2 } })).status,
    204,
  );
  const put = await call(app, 'PUT', `/v1/objects/${id}`, { class: 'Aa', properties: { m: 3 } });
  assert.deepEqual((put.json as { properties: unknown }).properties, { m: 3 });
  assert.equal((await call(app, 'DELETE', `/v1/objects/${id}`)).status, 204);
  const gone = await call(app, 'GET', `/v1/objects/${id}`);
  assert.deepEqual([gone.status, gone.text], [404, '']);
  assert.equal((await call(app, 'GET', '/v1/objects/nope')).status, 422);
});

test('a batch stores its good objects and says what is wrong with the others', async () => {
  await using app = await openApp();
  await call(app, 'POST', '/v1/schema', multiVector);
  const objects = [
    { class: 'Mv', vectors: { mv: [[1, 0]] } },
    { class: 'Mv', vectors: { mv: [[1, 0], [1]] } },
    { class: 'Mv', id: 'nope' },
    { properties: {} },
    7,
    {
      class: 'Mv',
      vectors: {
        mv: [
          [0, 1],
          [1, 0],
        ],
      },
    },
  ];
  const { status, json } = await call(app, 'POST', '/v1/batch/objects', { objects });
  assert.equal(status, 200);
  type Item = { result: { status: string; errors?: { error: { message: string }[] } } };
  const results = (json as Item[]).map(({ result }) => result);
  assert.deepEqual(
    results.map((result) => result.status),
    ['SUCCESS', 'FAILED', 'FAILED', 'FAILED', 'FAILED', 'SUCCESS'],
  );
  const messages = results.flatMap(
    ({ errors }) => errors?.error.map(({ message }) => message) ?? [],
  );
  assert.match(messages[0] ?? '', /objects\[1\]\.vectors\.mv\[1\]: 1 values, expected 2/);
  assert.match(messages[1] ?? '', /id in body must be of type uuid: "nope"/);
  assert.match(messages[2] ?? '', /the given class is empty/);
  assert.match(messages[3] ?? '', /objects\[4\]: expected an object, got 7/);
});

test('deleting by filter removes what matches, a dry run nothing', async () => {
  await using app = await openApp();
  for (let n = 0; n < 4; n += 1) {
    await call(app, 'POST', '/v1/objects', { class: 'Aa', properties: { n } });
  }
  const match = { class: 'Aa', where: { path: ['n'], operator: 'LessThan', valueNumber: 2 } };
  const count = async (): Promise<number> => {
    const { json } = await call(app, 'GET', '/v1/objects?class=Aa');
    return (json as { totalResults: number }).totalResults;
  };
  const dry = await call(app, 'DELETE', '/v1/batch/objects', { match, dryRun: true });
  const { results } = dry.json as { results: unknown };
  assert.deepEqual(results, { failed: 0, limit: 10_000, matches: 2, objects: null, successful: 0 });
  assert.equal(await count(), 4);
  const wet = await call(app, 'DELETE', '/v1/batch/objects', { match, output: 'verbose' });
  const removed = wet.json as { results: { objects: { status: string }[]; successful: number } };
  assert.equal(removed.results.successful, 2);
  assert.deepEqual(
    new Set(removed.results.objects.map((each) => each.status)),
    new Set(['SUCCESS']),
  );
  assert.equal(await count(), 2);
});

test('bodies that are too large, no JSON or of another type are refused', async () => {
  await using app = await openApp({
    settings: {
      limits: { defaultLimit: 10, maximumResults: 100 },
      bodyBytesMax: 1000,
      grpcMessageBytesMax: 1000,
      modules: {},
    },
  });
  const large = await call(app, 'POST', '/v1/objects', { class: 'x'.repeat(2000) });
  assert.equal(large.status, 413);
  assert.match(large.text, /larger than 1000 bytes/);
  const text = await call(app, 'POST', '/v1/objects', '{"class":');
  assert.equal(text.status, 400);
  assert.match(text.text, /parsing body body from .* Unexpected end of JSON/);
  const proto = await call(app, 'POST', '/v1/objects', '{"properties":{"__proto__":{"a":1}}}');
  assert.equal(proto.status, 422);
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const deepest = await call(app, 'POST', '/v1/objects', deep(256));
  assert.match(deepest.text, /expected an object/);
  const deeper = await call(app, 'POST', '/v1/objects', deep(257));
  assert.equal(deeper.status, 400);
  assert.match(deeper.text, /nested more than 256 deep/);
  const form = await app.inject({ method: 'POST', url: '/v1/objects', payload: 'class=Aa' });
  assert.equal(form.statusCode, 415);
  const empty = await call(app, 'POST', '/v1/objects');
  assert.equal(empty.status, 400);
});

test('what is not offered says so with 501', async () => {
  await using app = await openApp();
  const calls = [
    ['GET', '/v1/users/own-info'],
    ['POST', '/v1/backups/filesystem'],
  ] as const;
  for (const [method, path] of calls) {
    const { status, json } = await call(app, method, path);
    assert.equal(status, 501, path);
    const [error] = (json as { error: { message: string }[] }).error;
    assert.match(error?.message ?? '', /is not offered by this server/);
  }
});

test('only who may read asks over GraphQL', async () => {
  await using app = await openApp({
    authenticate: () => ({ name: 'writer', mayRead: false, mayWrite: true }),
  });
  for (const path of ['/v1/graphql', '/v1/graphql/batch']) {
    assert.equal((await call(app, 'POST', path, { query: '{__typename}' })).status, 403, path);
  }
});

test('a collection for tenants is configured, and has no objects without one', async () => {
  await using app = await openApp();
  const multiTenancyConfig = { enabled: true, autoTenantCreation: true };
  const made = await call(app, 'POST', '/v1/schema', { class: 'Te', multiTenancyConfig });
  const echoed = { ...multiTenancyConfig, autoTenantActivation: false };
  assert.deepEqual((made.json as { multiTenancyConfig: unknown }).multiTenancyConfig, echoed);
  assert.deepEqual((await call(app, 'GET', '/v1/schema/Te/shards')).json, []);
  const object = await call(app, 'POST', '/v1/objects', { class: 'Te', properties: {} });
  assert.equal(object.status, 422);
  assert.match(object.text, /class Te has multi-tenancy enabled, but request was without tenant/);
});

test('an index of a property is dropped, and nothing asks it any more', async () => {
  await using app = await openApp();
  const properties = [{ name: 'title', dataType: ['text'] }];
  await call(app, 'POST', '/v1/schema', { class: 'Aa', properties });
  const drop = (path: string): Promise<Answer> =>
    call(app, 'DELETE', `/v1/schema/Aa/properties/${path}`);
  assert.equal((await drop('nope/index/searchable')).status, 422);
  assert.equal((await drop('title/index/sortable')).status, 422);
  for (const index of ['searchable', 'filterable', 'filterable']) {
    assert.equal((await drop(`Title/index/${index}`)).status, 200);
  }
  const { json } = await call(app, 'GET', '/v1/schema/Aa');
  const [title] = (json as { properties: Record<string, unknown>[] }).properties;
  assert.deepEqual([title?.['indexFilterable'], title?.['indexSearchable']], [false, false]);
  const where = { path: ['title'], operator: 'Equal', valueText: 'a' };
  const match = { class: 'Aa', where };
  const deleted = await call(app, 'DELETE', '/v1/batch/objects', { match, dryRun: true });
  assert.equal(deleted.status, 422);
  assert.match(deleted.text, /title/);
});

test('a named vector joins an unnamed one, and both are told apart', async () => {
  await using app = await openApp();
  const made = await call(app, 'POST', '/v1/schema', { class: 'Aa', vectorizer: 'none' });
  const vectorConfig = { own: { vectorizer: { none: {} }, vectorIndexType: 'flat' } };
  const both = { ...(made.json as object), vectorConfig };
  assert.equal((await call(app, 'POST', '/v1/schema', { ...both, class: 'Bb' })).status, 422);
  assert.equal((await call(app, 'PUT', '/v1/schema/Aa', both)).status, 200);
  const { json } = await call(app, 'GET', '/v1/schema/Aa');
  assert.deepEqual(Object.keys((json as { vectorConfig: object }).vectorConfig), ['own']);
  assert.equal((json as { vectorizer: unknown }).vectorizer, 'none');
  const object = { class: 'Aa', vector: [1, 2], vectors: { own: [3, 4, 5] } };
  const stored = (await call(app, 'POST', '/v1/objects', object)).json as Record<string, unknown>;
  assert.deepEqual([stored['vector'], stored['vectors']], [[1, 2], { own: [3, 4, 5] }]);
});

test('an alias is made, read, led elsewhere and removed', async () => {
  await using app = await openApp();
  for (const name of ['Aa', 'Bb']) await call(app, 'POST', '/v1/schema', { class: name });
  const steps: readonly (readonly [string, string, unknown, number, unknown])[] = [
    ['POST', '/aliases', { alias: 'ali', class: 'Aa' }, 200, { alias: 'Ali', class: 'Aa' }],
    ['GET', '/aliases', null, 200, { aliases: [{ alias: 'Ali', class: 'Aa' }] }],
    ['GET', '/aliases?class=Bb', null, 200, { aliases: [] }],
    ['GET', '/aliases/Zz', null, 404, null],
    ['PUT', '/aliases/Ali', { class: 'Bb' }, 200, { alias: 'Ali', class: 'Bb' }],
    ['GET', '/aliases/ali', null, 200, { alias: 'Ali', class: 'Bb' }],
    ['PUT', '/aliases/Zz', { class: 'Bb' }, 404, null],
    ['DELETE', '/schema/Bb', null, 200, null],
    ['GET', '/aliases/Ali', null, 404, null],
    ['DELETE', '/aliases/Ali', null, 404, null],
    ['POST', '/aliases', { alias: 'Ali', class: 'Aa' }, 200, { alias: 'Ali', class: 'Aa' }],
    ['DELETE', '/aliases/Ali', null, 204, null],
  ];
  for (const [method, path, body, status, reply] of steps) {
    const answer = await call(app, method, `/v1${path}`, body);
    assert.deepEqual([answer.status, answer.json], [status, reply], `${method} ${path}`);
  }
  const incomplete = await call(app, 'POST', '/v1/aliases', { alias: 'Ali' });
  assert.equal(incomplete.status, 422);
  assert.match(incomplete.text, /class in body is required/);
});

test('texts are cut into terms by tokenization or by property', async () => {
  await using app = await openApp();
  const text = 'Hello, World the Foo-Bar';
  const word = await call(app, 'POST', '/v1/tokenize', { text, tokenization: 'word' });
  assert.deepEqual(word.json, {
    indexed: ['hello', 'world', 'the', 'foo', 'bar'],
    query: ['hello', 'world', 'foo', 'bar'],
  });
  const properties = [{ name: 'title', dataType: ['text'], tokenization: 'whitespace' }];
  await call(app, 'POST', '/v1/schema', { class: 'Aa', properties });
  const field = await call(app, 'POST', '/v1/schema/Aa/properties/title/tokenize', { text });
  const terms = ['Hello,', 'World', 'the', 'Foo-Bar'];
  assert.deepEqual(field.json, { indexed: terms, query: terms });
  assert.equal((await call(app, 'POST', '/v1/tokenize', { text, tokenization: 'x' })).status, 422);
});

test('texts are cut into terms with folded letters and stopwords of the request', async () => {
  await using app = await openApp();
  const query = async (others: object, text = 'The Été hello'): Promise<unknown> => {
    const { json } = await call(app, 'POST', '/v1/tokenize', {
      text,
      tokenization: 'word',
      ...others,
    });
    return (json as { query: unknown }).query;
  };
  const fold = { asciiFold: true };
  assert.deepEqual(await query({ analyzerConfig: fold }), ['ete', 'hello']);
  assert.deepEqual(await query({ analyzerConfig: { ...fold, asciiFoldIgnore: ['é'] } }), [
    'été',
    'hello',
  ]);
  assert.deepEqual(await query({ analyzerConfig: { stopwordPreset: 'none' } }), [
    'the',
    'été',
    'hello',
  ]);
  const named = { analyzerConfig: { stopwordPreset: 'x' }, stopwordPresets: { x: ['été'] } };
  assert.deepEqual(await query(named), ['the', 'hello']);
  assert.deepEqual(await query({ stopwordPresets: { en: ['hello'] } }), ['the', 'été']);
  assert.deepEqual(await query({ stopwords: { additions: ['hello'] } }), ['été']);
  assert.deepEqual(await query({ stopwords: { removals: ['the'] } }), ['the', 'été', 'hello']);
  const both = { stopwords: {}, stopwordPresets: { x: ['a'] } };
  const refused = { text: 'a', tokenization: 'word', ...both };
  assert.equal((await call(app, 'POST', '/v1/tokenize', refused)).status, 422);
});

test('analyzers of properties and presets of stopwords are echoed', async () => {
  await using app = await openApp();
  const textAnalyzer = { asciiFold: true, asciiFoldIgnore: ['é'], stopwordPreset: 'fr' };
  const invertedIndexConfig = { stopwordPresets: { fr: ['le'] } };
  const properties = [
    { name: 'title', dataType: ['text'], textAnalyzer },
    { name: 'plain', dataType: ['text'], textAnalyzer: { asciiFold: false } },
  ];
  const made = await call(app, 'POST', '/v1/schema', {
    class: 'Aa',
    properties,
    invertedIndexConfig,
  });
  const { json } = await call(app, 'GET', '/v1/schema/Aa');
  assert.deepEqual(json, made.json);
  type Echo = {
    properties: { textAnalyzer?: unknown }[];
    invertedIndexConfig: { stopwordPresets: unknown };
  };
  const { properties: echoed, invertedIndexConfig: inverted } = json as Echo;
  assert.deepEqual(
    echoed.map((one) => one.textAnalyzer),
    [textAnalyzer, undefined],
  );
  assert.deepEqual(inverted.stopwordPresets, { fr: ['le'] });
  const path = '/v1/schema/Aa/properties/title/tokenize';
  const terms = await call(app, 'POST', path, { text: 'Le Été À' });
  assert.deepEqual(terms.json, { indexed: ['le', 'été', 'a'], query: ['été', 'a'] });
});

test('readiness ends before the server does', async () => {
  let ready = true;
  await using app = await openApp({ isReady: () => ready });
  assert.equal((await call(app, 'GET', '/v1/.well-known/ready')).status, 200);
  ready = false;
  assert.equal((await call(app, 'GET', '/v1/.well-known/ready')).status, 503);
  assert.equal((await call(app, 'GET', '/v1/.well-known/live')).status, 200);
});

test('failures of the server are logged and not explained to callers', async () => {
  const logged: unknown[] = [];
  await using app = await openApp({
    clock: () => {
      throw new Error('the clock is broken');
    },
    logError: (_, error) => logged.push(error),
  });
  const { status, text } = await call(app, 'POST', '/v1/batch/objects', { objects: [] });
  assert.equal(status, 500);
  assert.doesNotMatch(text, /clock/);
  assert.match(String(logged[0]), /the clock is broken/);
});
