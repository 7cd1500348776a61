// Everything that callers can get wrong, sent to one server process over both wires: each mistake is
// answered with an error that names it, leaves nothing behind, and the next call is served.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  addressCases,
  floats,
  type ObjectCase,
  objectCases,
  rows,
  vector,
} from './bad-input/object-cases.ts';
import { filterCases, listCases, searchCases } from './bad-input/query-cases.ts';
import { openWires, type Wires } from './bad-input/wires.ts';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import type { JsonObject } from './grpc/golden-messages.ts';

const folder = mkdtempSync(join(tmpdir(), 'tesserae-bad-input-'));
const uuid = (n: number): string => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
/** Two good objects that stand around the bad one of every batch, and the id that the bad one asks for. */
const [first, last, wrong] = [uuid(1), uuid(2), uuid(3)];
const limits = { REST_MAX_BODY_SIZE: '300000', GRPC_MAX_MESSAGE_SIZE: '300000' };

const doc = {
  class: 'Doc',
  properties: [
    { name: 'text', dataType: ['text'] },
    { name: 'n', dataType: ['int'] },
    { name: 'when', dataType: ['date'] },
    { name: 'image', dataType: ['blob'] },
    {
      name: 'part',
      dataType: ['object'],
      nestedProperties: [{ name: 'name', dataType: ['text'] }],
    },
  ],
  vectorConfig: {
    tokens: {
      vectorizer: { none: {} },
      vectorIndexType: 'hnsw',
      vectorIndexConfig: { multivector: { enabled: true } },
    },
    one: { vectorizer: { none: {} }, vectorIndexType: 'hnsw' },
  },
};

function good(id: string): JsonObject {
  const vectors = {
    tokens: [
      [1, 0, 0],
      [0, 1, 0],
    ],
    one: [1, 2],
  };
  return { class: 'Doc', id, properties: { text: 'red', n: 1 }, vectors };
}

function goodMessage(id: string): JsonObject {
  return {
    uuid: id,
    collection: 'Doc',
    properties: { non_ref_properties: { text: 'red', n: 1 } },
    vectors: [
      vector(
        'tokens',
        rows([
          [1, 0, 0],
          [0, 1, 0],
        ]),
        'multi',
      ),
      vector('one', floats([1, 2]), 'single'),
    ],
  };
}

/** The JSON text of a bad object. */
function badObject({ rest }: ObjectCase, id: string): string {
  if (typeof rest !== 'string') return JSON.stringify({ class: 'Doc', id, ...rest });
  return `{"class":"Doc","id":"${id}",${rest}}`;
}

describe('bad input', () => {
  let server: ServerProcess;
  let wires: Wires;
  let printed = '';

  before(async () => {
    server = await startServerProcess({ data: join(folder, 'data'), env: limits });
    server.process.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    wires = openWires(server);
    await succeed('POST', '/schema', doc);
    await succeed('POST', '/batch/objects', { objects: [good(first), good(last)] });
  });
  after(async () => {
    wires[Symbol.dispose]();
    assert.equal(await server.stop(), 0);
    assert.doesNotMatch(printed, /"level":"(error|warning)"/);
    rmSync(folder, { recursive: true });
  });

  async function succeed(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await wires.rest(method, path, body);
    assert.equal(status, 200, text);
    return JSON.parse(text);
  }

  /** All that is stored, and the schema. */
  async function everything(): Promise<unknown> {
    const list = (await succeed('GET', '/objects?class=Doc&include=vector')) as {
      objects: { lastUpdateTimeUnix?: number }[];
    };
    for (const object of list.objects) delete object.lastUpdateTimeUnix;
    return { list, schema: await succeed('GET', '/schema') };
  }

  async function refusedOverRest(one: ObjectCase): Promise<void> {
    const { status, says } = one;
    const alone = await wires.rest('POST', '/objects', badObject(one, wrong));
    assert.equal(alone.status, status, alone.text);
    assert.match(alone.said, says);
    const objects = [good(first), 'BAD', good(last)].map((each) => JSON.stringify(each));
    const body = `{"objects":[${objects.join(',').replace('"BAD"', () => badObject(one, wrong))}]}`;
    const batch = await wires.rest('POST', '/batch/objects', body);
    assert.equal(batch.status, 200, batch.text);
    const results = (JSON.parse(batch.text) as { result: { status: string } }[]).map(
      (each) => each.result,
    );
    assert.deepEqual(
      results.map((each) => each.status),
      ['SUCCESS', 'FAILED', 'SUCCESS'],
    );
    assert.match(batch.said, says);
  }

  async function refusedOverGrpc({ grpc, says }: ObjectCase): Promise<void> {
    const bad = { uuid: wrong, collection: 'Doc', ...grpc };
    const values = [goodMessage(first), bad, goodMessage(last)];
    const { status, reply } = await wires.grpc('BatchObjects', { objects: values });
    assert.equal(status, 'OK');
    const errors = (reply?.['errors'] ?? []) as readonly { index: number; error: string }[];
    assert.deepEqual(
      errors.map(({ index }) => index),
      [1],
    );
    assert.match(errors[0]?.error ?? '', says);
    const stream = wires.stream();
    stream.send({ start: {} });
    await stream.next();
    stream.send({ data: { objects: { values } } });
    await stream.next();
    const { results } = (await stream.next()) as {
      results: { errors: JsonObject[]; successes: JsonObject[] };
    };
    assert.deepEqual(
      results.successes.map((each) => each['uuid']),
      [first, last],
    );
    assert.match(String(results.errors[0]?.['error']), says);
    stream.end();
  }

  for (const one of [...objectCases, ...addressCases]) {
    test(`${one.title} is refused, the rest of the batch is stored`, async () => {
      const stored = await everything();
      if (one.rest !== undefined) await refusedOverRest(one);
      if (one.grpc !== undefined) await refusedOverGrpc(one);
      assert.deepEqual(await everything(), stored);
    });
  }

  test('a bad update changes nothing', async () => {
    const stored = await everything();
    for (const one of objectCases.filter(({ rest }) => rest !== undefined)) {
      const path = `/objects/Doc/${first}`;
      for (const method of ['PUT', 'PATCH']) {
        const { status, said } = await wires.rest(method, path, badObject(one, first));
        assert.equal(status, one.status, `${method} ${one.title}: ${said}`);
        assert.match(said, one.says, `${method} ${one.title}`);
      }
    }
    assert.deepEqual(await everything(), stored);
  });

  test('searches that make no sense are refused', async (t) => {
    for (const { title, search, says } of searchCases) {
      await t.test(title, async () => {
        const { status, details } = await wires.grpc('Search', { collection: 'Doc', ...search });
        assert.equal(status, 'UNKNOWN', details);
        assert.match(details, says);
      });
    }
  });

  test('filters that make no sense delete and find nothing', async (t) => {
    const stored = await everything();
    for (const { title, where, filters, says } of filterCases) {
      await t.test(title, async () => {
        const match = { class: 'Doc', where };
        const { status, said } = await wires.rest('DELETE', '/batch/objects', { match });
        assert.equal(status, 422, said);
        assert.match(said, says);
        for (const method of ['Search', 'BatchDelete', 'Aggregate']) {
          const counts = method === 'Aggregate' ? { objects_count: true } : {};
          const request = { collection: 'Doc', filters, ...counts };
          const reply = await wires.grpc(method, request);
          assert.equal(reply.status, 'UNKNOWN', method);
          assert.match(reply.details, says, method);
        }
      });
    }
    assert.deepEqual(await everything(), stored);
  });

  test('lists that make no sense are refused', async () => {
    for (const [query, expected, says] of listCases) {
      const { status, said } = await wires.rest('GET', `/objects?class=Doc&${query}`);
      assert.equal(status, expected, `${query}: ${said}`);
      assert.match(said, says);
    }
    for (const name of ['Nowhere', '__proto__', 'constructor']) {
      const { status, said } = await wires.rest('GET', `/objects?class=${name}`);
      assert.equal(status, 404);
      assert.match(said, new RegExp(`collection ${name} does not exist`));
      assert.equal((await wires.rest('GET', `/schema/${name}`)).status, 404);
    }
  });

  test('what is no request of its kind is refused', async () => {
    const stored = await everything();
    const bodies: readonly (readonly [string, number, RegExp])[] = [
      ['{"class":"Doc",', 400, /parsing body body/],
      ['{"class":"Doc","properties":{"n":NaN}}', 400, /parsing body body.*NaN/],
      ['null', 400, /expected an object, got null/],
      ['[]', 400, /expected an object, got \[\]/],
      [
        `{"class":"Doc","properties":{"deep":${'['.repeat(300)}${']'.repeat(300)}}}`,
        400,
        /nested more than 256 deep/,
      ],
      [JSON.stringify({ text: 'x'.repeat(300_000) }), 413, /larger than 300000 bytes/],
    ];
    for (const [body, expected, says] of bodies) {
      for (const path of ['/objects', '/batch/objects']) {
        const { status, said } = await wires.rest('POST', path, body);
        assert.equal(status, expected, said);
        assert.match(said, says);
      }
    }
    const garbage = Buffer.from('ffffffffffffffffff', 'hex');
    for (const method of ['Search', 'BatchObjects', 'BatchDelete', 'Aggregate', 'TenantsGet']) {
      const { status, details } = await wires.grpc(method, garbage);
      assert.equal(status, 'INTERNAL', method);
      assert.match(details, /no message of its kind/);
      const large = await wires.grpc(method, Buffer.alloc(300_001));
      assert.equal(large.status, 'RESOURCE_EXHAUSTED', method);
      assert.match(large.details, /300001 .*300000/);
    }
    assert.match(await wires.streamOf(garbage), /no message of its kind/);
    assert.match(await wires.streamOf(Buffer.alloc(300_001)), /300001 .*300000/);
    assert.deepEqual(await everything(), stored);
  });

  test('filters nested without end are refused', async () => {
    let where: JsonObject = { path: ['n'], operator: 'Equal', valueInt: 1 };
    for (let depth = 0; depth < 101; depth += 1) where = { operator: 'And', operands: [where] };
    const match = { class: 'Doc', where };
    const { status, text } = await wires.rest('DELETE', '/batch/objects', { match });
    assert.equal(status, 422);
    assert.match(text, /filters may be nested 100 deep/);
    // Field 40 is `filters`, 1 in it the operator, 3 its operands: And of And of And …
    let filter = Buffer.alloc(0);
    for (let depth = 0; depth < 2_000; depth += 1)
      filter = Buffer.concat([Buffer.from([8, 7]), field(3, filter)]);
    const request = Buffer.concat([field(1, Buffer.from('Doc')), field(40, filter)]);
    const reply = await wires.grpc('Search', request);
    assert.equal(reply.status, 'INTERNAL');
    assert.match(reply.details, /max depth/);
  });

  test('names that every object inherits are names like others', async () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    const properties = names.map((name) => ({ name, dataType: ['text'] }));
    const vectorConfig = Object.fromEntries(names.map((name) => [name, doc.vectorConfig.one]));
    await succeed('POST', '/schema', { class: 'Constructor', properties, vectorConfig });
    const objects = [
      {
        id: first,
        properties: Object.fromEntries(names.map((name) => [name, `value of ${name}`])),
      },
      { id: last, properties: {} },
    ].map((each) => ({
      class: 'Constructor',
      vectors: Object.fromEntries(names.map((name) => [name, [1, 2]])),
      ...each,
    }));
    await succeed('POST', '/batch/objects', { objects });
    for (const name of names) {
      const found = async (search: JsonObject): Promise<unknown> => {
        const request = { collection: 'Constructor', metadata: { uuid: true }, ...search };
        const { details, reply } = await wires.grpc('Search', request);
        assert.equal(details, '');
        const results = (reply?.['results'] ?? []) as readonly { metadata: { id: string } }[];
        return results.map(({ metadata }) => metadata.id);
      };
      const filters = {
        target: { property: name },
        operator: 'OPERATOR_EQUAL',
        value_text: `value of ${name}`,
      };
      assert.deepEqual(await found({ filters }), [first], name);
      assert.deepEqual(
        await found({ bm25_search: { query: name, properties: [name] } }),
        [first],
        name,
      );
      assert.deepEqual(
        await found({ sort_by: [{ path: [name], ascending: true }] }),
        [last, first],
        name,
      );
      const near = {
        near_vector: {
          vectors: [vector(name, floats([1, 2]), 'single')],
          targets: { target_vectors: [name] },
        },
      };
      assert.deepEqual(await found(near), [first, last], name);
      const group_by = { path: [name], number_of_groups: 2, objects_per_group: 2 };
      const { reply } = await wires.grpc('Search', {
        collection: 'Constructor',
        ...near,
        group_by,
      });
      const groups = (reply?.['group_by_results'] ?? []) as readonly { name: string }[];
      assert.deepEqual(
        groups.map((group) => group.name),
        [`value of ${name}`],
      );
    }
  });
});

/** A field whose value has a length, as messages carry it. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

test('without auto-schema unknown collections and properties are refused', async () => {
  await using stack = new AsyncDisposableStack();
  const data = join(mkdtempSync(join(tmpdir(), 'tesserae-strict-')), 'data');
  stack.defer(() => rmSync(data, { recursive: true }));
  const env = { AUTOSCHEMA_ENABLED: 'false' };
  const server = await startServerProcess({ data, env });
  stack.defer(async () => assert.equal(await server.stop(), 0));
  const wires = stack.use(openWires(server));
  assert.equal((await wires.rest('POST', '/schema', doc)).status, 200);
  const schema = await wires.rest('GET', '/schema');
  const cases = [
    { collection: 'Fresh', property: 'text', says: /collection Fresh does not exist/ },
    { collection: 'Doc', property: 'newcomer', says: /'newcomer' found in class 'Doc'/ },
  ];
  for (const { collection, property, says } of cases) {
    const properties = { [property]: 'x' };
    const alone = await wires.rest('POST', '/objects', { class: collection, properties });
    assert.equal(alone.status, 422, alone.text);
    assert.match(alone.said, says);
    const message = { uuid: wrong, collection, properties: { non_ref_properties: properties } };
    const objects = [message, goodMessage(first)];
    const { reply } = await wires.grpc('BatchObjects', { objects });
    const errors = (reply?.['errors'] ?? []) as readonly JsonObject[];
    assert.equal(errors.length, 1);
    assert.match(String(errors[0]?.['error']), says);
  }
  const { text } = await wires.rest('GET', '/objects?class=Doc');
  assert.equal((JSON.parse(text) as { totalResults: number }).totalResults, 1);
  assert.deepEqual(await wires.rest('GET', '/schema'), schema);
});
