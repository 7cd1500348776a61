// Tenants over both wires of one database: what each has is its own in every call, and what may be done
// with one that is inactive, unknown or not named.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryDirectory } from '../src/storage/memory-directory.ts';
import type { JsonObject } from './grpc/golden-messages.ts';
import { openDatabase } from './simulation/world.ts';
import {
  accepted,
  author,
  beacon,
  book1,
  book2,
  changingCalls,
  everythingOf,
  fillTenants,
  insertingCalls,
  newBook,
  readingCalls,
  shop,
  type TenantCall,
  uuid,
} from './tenant-calls.ts';
import { openTwoWires, type TwoWires } from './two-wires.ts';

const writingCalls = [...insertingCalls, ...changingCalls];

async function refusals(
  world: TwoWires,
  calls: readonly TenantCall[],
  tenant: string,
  message: RegExp,
): Promise<void> {
  for (const { name, run } of calls) {
    const { error } = await run(world, tenant);
    assert.match(error, message, `${name} with tenant ${JSON.stringify(tenant)}`);
  }
}

/** A call that reads shows what is the tenant's, also what its objects refer to, and nothing else. */
function checkShown(name: string, tenant: string, reply: string): void {
  const [own, other] = tenant === 'red' ? ['red', /blue/] : ['blue', /red/];
  assert.doesNotMatch(reply, other, name);
  if (/REST (object|list|sorted|question)|Search|Get/.test(name)) {
    assert.match(reply, new RegExp(`${own} book|${own} changed`), name);
  }
  if (/Get$|Search (fetch|vector)/.test(name)) {
    assert.match(reply, new RegExp(`${own} author.*corner shop|corner shop.*${own} author`), name);
  }
}

const setStatus = (world: TwoWires, name: string, activityStatus: string): Promise<unknown> =>
  accepted(world, 'PUT', '/schema/Book/tenants', [{ name, activityStatus }]);

describe('tenants', () => {
  test('see their own objects in every call that reads', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    for (const { name, run } of readingCalls) {
      for (const tenant of ['red', 'blue']) {
        const { reply, error } = await run(world, tenant);
        assert.equal(error, '', name);
        checkShown(name, tenant, reply);
      }
      assert.doesNotMatch((await run(world, 'empty')).reply, /red|blue/, name);
    }
    const counts = await readingCalls
      .find(({ name }) => name === 'gRPC Aggregate')
      ?.run(world, 'red');
    assert.match(counts?.reply ?? '', /"objects_count":"3"/);
  });

  test('keep their objects whatever is written for another', async () => {
    for (const { name, run } of writingCalls) {
      await using world = await openTwoWires();
      await fillTenants(world);
      const [red, blue] = [await everythingOf(world, 'red'), await everythingOf(world, 'blue')];
      const { error } = await run(world, 'red');
      assert.equal(error, '', name);
      assert.notEqual(await everythingOf(world, 'red'), red, `${name} changes something`);
      assert.equal(await everythingOf(world, 'blue'), blue, name);
    }
  });

  test('have to be named, known, active, and of a collection with tenants', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    const before = await everythingOf(world, 'red');
    await setStatus(world, 'blue', 'COLD');
    const calls = [...readingCalls, ...writingCalls];
    await refusals(
      world,
      calls,
      '',
      /class Book has multi-tenancy enabled, but request was without tenant/,
    );
    await refusals(world, calls, 'nobody', /tenant not found: \\?"nobody/);
    await refusals(world, calls, 'blue', /tenant not active: 'blue'/);
    for (const path of [`/objects/Shop/${shop}?tenant=red`, '/objects?class=Shop&tenant=red']) {
      const { status, json } = await world.rest('GET', path);
      assert.equal(status, 422);
      assert.match(
        JSON.stringify(json),
        /class Shop has multi-tenancy disabled, but request was with/,
      );
    }
    // Nor is a collection made for one.
    const object = { class: 'Nobody', properties: { text: 'new' }, tenant: 'red' };
    assert.equal((await world.rest('POST', '/objects', object)).status, 422);
    await world.rest('POST', '/batch/objects', { objects: [object] });
    assert.equal((await world.rest('GET', '/schema/Nobody')).status, 404);
    const search = await world.wire.call('Search', { collection: 'Shop', tenant: 'red' });
    assert.match(search.details, /multi-tenancy disabled, but request was with tenant/);
    assert.equal(await everythingOf(world, 'red'), before);
    await setStatus(world, 'blue', 'HOT');
    assert.match(await everythingOf(world, 'blue'), /blue book 3/);
  });

  test('are told apart where the body and the query name two', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    const body = { class: 'Book', properties: { text: 'mine' }, tenant: 'red' };
    const { status, json } = await world.rest('PATCH', `/objects/Book/${book1}?tenant=blue`, body);
    assert.equal(status, 422);
    assert.match(JSON.stringify(json), /the body names tenant red, the query blue/);
  });

  test('are made by what is inserted, and activated by what is asked, where their collection says so', async () => {
    for (const { name, run } of insertingCalls) {
      await using world = await openTwoWires();
      await fillTenants(world, { enabled: true, autoTenantCreation: true });
      assert.equal((await run(world, 'new')).error, '', name);
      assert.match(await tenantList(world), /"name":"new"/);
      await refusals(world, [...readingCalls, ...changingCalls], 'never', /tenant not found/);
      assert.doesNotMatch(await tenantList(world), /never/);
      await setStatus(world, 'new', 'COLD');
      await refusals(world, [{ name, run }], 'new', /not active/);
    }
    await using world = await openTwoWires();
    await fillTenants(world, { enabled: true, autoTenantActivation: true });
    await refusals(world, insertingCalls, 'new', /tenant not found/);
    for (const { name, run } of [...readingCalls, ...insertingCalls.slice(1)]) {
      await setStatus(world, 'red', 'INACTIVE');
      assert.match(await tenantList(world), /"COLD","name":"red"/);
      assert.equal((await run(world, 'red')).error, '', name);
      assert.match(await tenantList(world), /"HOT","name":"red"/, name);
    }
  });

  test('are made, listed, changed and removed over REST', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    const path = '/schema/Book/tenants';
    const { rest } = world;
    const added = [
      { name: 'cold', activityStatus: 'COLD' },
      { name: 'warm', activityStatus: 'ACTIVE' },
      { name: 'plain' },
    ];
    assert.deepEqual(await rest('POST', path, added), {
      status: 200,
      json: [
        { activityStatus: 'COLD', name: 'cold' },
        { activityStatus: 'HOT', name: 'warm' },
        { name: 'plain' },
      ],
    });
    // One that exists stays as it is, and the reply says how that is.
    const again = await rest('POST', path, [{ name: 'cold', activityStatus: 'HOT' }]);
    assert.deepEqual(again.json, [{ activityStatus: 'COLD', name: 'cold' }]);
    assert.deepEqual((await rest('GET', `${path}/cold`)).json, {
      activityStatus: 'COLD',
      name: 'cold',
    });
    const heads = ['warm', 'zz'].map(
      async (name) => (await rest('HEAD', `${path}/${name}`)).status,
    );
    assert.deepEqual(await Promise.all(heads), [200, 404]);
    assert.deepEqual(await rest('GET', `${path}/zz`), { status: 404, json: null });
    assert.deepEqual(await rest('DELETE', path, ['red', 'zz', 'warm']), {
      status: 200,
      json: null,
    });
    assert.deepEqual(
      ((await rest('GET', path)).json as { name: string }[]).map(({ name }) => name),
      ['blue', 'cold', 'empty', 'plain'],
    );
    const made = await rest('POST', path, [{ name: 'red' }]);
    assert.equal(made.status, 200);
    const { json } = await rest('GET', '/objects?class=Book&tenant=red');
    assert.deepEqual((json as { objects: unknown[] }).objects, []);
    assert.match(await everythingOf(world, 'blue'), /blue book 1/);
  });

  test('that can not be are refused, and nothing is changed', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    const { rest } = world;
    const before = await tenantList(world);
    const path = '/schema/Book/tenants';
    for (const [status, method, where, body, message] of [
      [422, 'POST', path, [{ name: 'ok' }, { name: 'a b/c' }], /tenant name at index 1/],
      [422, 'POST', path, [{ name: 'ok' }, {}], /tenant name at index 1/],
      [
        422,
        'POST',
        path,
        [{ name: 'ok', activityStatus: 'WARM' }],
        /invalid activity status 'WARM' for tenant/,
      ],
      [422, 'POST', path, [{ name: 'ok', activityStatus: 'FROZEN' }], /can't offload tenants/],
      [
        422,
        'PUT',
        path,
        [
          { name: 'red', activityStatus: 'COLD' },
          { name: 'zz', activityStatus: 'HOT' },
        ],
        /tenant not found/,
      ],
      [422, 'PUT', path, [{ name: 'red', activityStatus: 'OFFLOADED' }], /can't offload tenants/],
      [422, 'PUT', path, [{ name: 'red' }], /invalid activity status ''/],
      [
        422,
        'POST',
        '/schema/Shop/tenants',
        [{ name: 'ok' }],
        /multi-tenancy is not enabled for class/,
      ],
      [422, 'GET', '/schema/Shop/tenants', undefined, /multi-tenancy is not enabled for class/],
      [422, 'GET', '/schema/Shop/tenants/a', undefined, /multi-tenancy is not enabled for class/],
      [422, 'DELETE', '/schema/Shop/tenants', ['a'], /multi-tenancy is not enabled for class/],
      [422, 'GET', '/schema/Nobody/tenants', undefined, /Nobody/],
      [400, 'POST', path, { name: 'ok' }, /expected a list/],
      [400, 'POST', path, [{ name: 7 }], /expected the name of a tenant/],
      [400, 'DELETE', path, [{ name: 'red' }], /expected the name of a tenant/],
    ] as const) {
      const reply = await rest(method, where, body);
      assert.equal(
        reply.status,
        status,
        `${method} ${where} ${JSON.stringify([body, reply.json])}`,
      );
      assert.match(JSON.stringify(reply.json), message);
    }
    assert.equal(await tenantList(world), before);
  });

  test('are listed over gRPC, all of them or by their names', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    await setStatus(world, 'blue', 'COLD');
    const list = async (asked: JsonObject): Promise<unknown> => {
      const { status, details, reply } = await world.wire.call('TenantsGet', asked);
      return status === 'OK' ? (reply?.['tenants'] ?? []) : details;
    };
    const tenant = (name: string, status: string) => ({
      ...{ name, activity_status: `TENANT_ACTIVITY_STATUS_${status}` },
    });
    const [blue, red] = [tenant('blue', 'COLD'), tenant('red', 'HOT')];
    assert.deepEqual(await list({ collection: 'Book' }), [blue, tenant('empty', 'HOT'), red]);
    const names = { values: ['red', 'zz', 'blue', 'red'] };
    assert.deepEqual(await list({ collection: 'Book', names }), [blue, red]);
    const none = await list({ collection: 'Book', names: { values: [] } });
    assert.match(String(none), /at least one tenant name/);
  });

  test('belong to who has the rights to their collection', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    const { rest, wire } = world;
    const path = '/schema/Book/tenants';
    const statusOf = async (key: string, method: string, body?: unknown) =>
      (await rest(method, path, body, key)).status;
    const red = [{ name: 'red', activityStatus: 'COLD' }];
    for (const [method, body] of [
      ['POST', red],
      ['PUT', red],
      ['DELETE', ['red']],
    ] as const) {
      assert.equal(await statusOf('viewer', method, body), 403, method);
    }
    assert.equal(await statusOf('viewer', 'GET'), 200);
    assert.equal(await statusOf('other', 'GET'), 403);
    assert.equal((await wire.call('TenantsGet', { collection: 'Book' }, 'viewer')).status, 'OK');
    const refused = await wire.call('TenantsGet', { collection: 'Book' }, 'other');
    assert.equal(refused.status, 'PERMISSION_DENIED');
    assert.match(await tenantList(world), /"HOT","name":"red"/);
  });

  test('refer to objects of their own, and to those that belong to nobody', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    // Only blue has it.
    const only = { class: 'Author', id: uuid(12), properties: { text: 'blue alone' } };
    await accepted(world, 'POST', '/objects', { ...only, tenant: 'blue' });
    const add = async (tenant: string): Promise<number> => {
      const path = `/objects/Book/${book1}/references/ofAuthor?tenant=${tenant}`;
      const to = { beacon: beacon(`Author/${uuid(12)}`) };
      return (await world.rest('POST', path, to)).status;
    };
    assert.deepEqual([await add('red'), await add('blue')], [422, 200]);
    // Batches may refer to what comes later: it is not there for red.
    const references = [
      {
        name: 'ofAuthor',
        from_collection: 'Book',
        from_uuid: book2,
        to_collection: 'Author',
        to_uuid: uuid(12),
        tenant: 'red',
      },
    ];
    const { reply } = await world.wire.call('BatchReferences', { references });
    assert.equal(reply?.['errors'], undefined);
    assert.doesNotMatch(await shownOf(world, 'red'), /blue/);
    assert.match(await shownOf(world, 'blue'), /blue alone/);
  });

  test('are found by an alias of their collection', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    await accepted(world, 'POST', '/aliases', { alias: 'Volume', class: 'Book' });
    const object = await accepted(world, 'GET', `/objects/Volume/${book1}?tenant=red`);
    assert.match(JSON.stringify(object), /red book 1.*"tenant":"red"/);
    assert.match(JSON.stringify(await accepted(world, 'GET', '/schema/Volume/tenants')), /"red"/);
    const { reply } = await world.wire.call('Aggregate', {
      collection: 'Volume',
      tenant: 'red',
      objects_count: true,
    });
    assert.deepEqual(reply?.['single_result'], { objects_count: '3' });
  });

  test('are found by paths without a collection', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    const object = (query: string) => world.rest('GET', `/objects/${book1}${query}`);
    assert.match(JSON.stringify((await object('?tenant=blue')).json), /blue book 1/);
    assert.deepEqual(
      [(await object('')).status, (await object('?tenant=nobody')).status],
      [404, 404],
    );
    const list = async (query: string): Promise<string> =>
      JSON.stringify((await world.rest('GET', `/objects${query}`)).json);
    assert.doesNotMatch(await list(''), /red|blue/);
    assert.match(await list(''), /corner shop/);
    const red = await list('?tenant=red');
    assert.match(red, /red author.*red book 3.*"totalResults":4/);
    assert.doesNotMatch(red, /blue|corner/);
  });

  test('are shards to clients', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    await setStatus(world, 'blue', 'COLD');
    await world.wire.database.tenants.closeUnused();
    const { json } = await world.rest('GET', '/nodes/Book?output=verbose');
    const [node] = (json as { nodes: { shards: JsonObject[]; stats: unknown }[] }).nodes;
    assert.deepEqual(
      node?.shards.map(({ name, objectCount, loaded, vectorIndexingStatus }) => [
        name,
        objectCount,
        loaded,
        vectorIndexingStatus,
      ]),
      [
        ['blue', 3, false, 'READY'],
        ['empty', 0, false, 'READY'],
        ['red', 3, true, 'READY'],
      ],
    );
    assert.deepEqual(node?.stats, { objectCount: 6, shardCount: 3 });
    const all = (await world.rest('GET', '/nodes?output=verbose')).json;
    assert.deepEqual((all as { nodes: { stats: unknown }[] }).nodes[0]?.stats, {
      objectCount: 9,
      shardCount: 7,
    });
    const shards = async (query: string): Promise<unknown[]> => {
      const reply = await world.rest('GET', `/schema/Book/shards${query}`);
      return (reply.json as JsonObject[]).map(({ name, status }) => [name, status]);
    };
    assert.deepEqual(await shards(''), [
      ['blue', 'READY'],
      ['empty', 'READY'],
      ['red', 'READY'],
    ]);
    assert.deepEqual(await shards('?tenant=red'), [['red', 'READY']]);
  });

  test('may be read-only: every write is refused, and nothing else', async () => {
    await using world = await openTwoWires();
    await fillTenants(world);
    const before = await everythingOf(world, 'red');
    const set = (name: string, status: string) =>
      world.rest('PUT', `/schema/Book/shards/${name}`, { status });
    assert.deepEqual(await set('red', 'READONLY'), { status: 200, json: { status: 'READONLY' } });
    const shards = await accepted(world, 'GET', '/schema/Book/shards');
    assert.deepEqual(
      (shards as JsonObject[]).map(({ name, status }) => [name, status]),
      [
        ['blue', 'READY'],
        ['empty', 'READY'],
        ['red', 'READONLY'],
      ],
    );
    const nodes = JSON.stringify(await accepted(world, 'GET', '/nodes/Book?output=verbose'));
    assert.match(nodes, /"name":"red"[^}]*"vectorIndexingStatus":"READONLY"/);
    await refusals(world, writingCalls, 'red', /^shard=\\?"red\\?": store is read-only/);
    for (const { name, run } of readingCalls) {
      assert.equal((await run(world, 'red')).error, '', name);
    }
    assert.equal(await everythingOf(world, 'red'), before);
    for (const { name, run } of insertingCalls.slice(1)) {
      assert.equal((await run(world, 'blue')).error, '', name);
    }
    assert.deepEqual(await set('red', 'READY'), { status: 200, json: { status: 'READY' } });
    for (const { name, run } of insertingCalls.slice(1)) {
      assert.equal((await run(world, 'red')).error, '', name);
    }
    assert.equal((await set('red', 'COLD')).status, 422);
    assert.equal((await set('zz', 'READY')).status, 404);
    assert.equal((await set('main', 'READY')).status, 404);
    const viewer = await world.rest(
      'PUT',
      '/schema/Book/shards/red',
      { status: 'READONLY' },
      'viewer',
    );
    assert.equal(viewer.status, 403);
  });

  test('are used at the same time, though none may stay open that nobody uses', async () => {
    const openLimits = { tenants: 0, bytes: 0 };
    await using world = await openTwoWires(await openDatabase({ openLimits }));
    await fillTenants(world);
    const own = async ({ name, run }: TenantCall, tenant: string): Promise<void> => {
      const { reply, error } = await run(world, tenant);
      assert.equal(error, '', `${name} for ${tenant}`);
      checkShown(name, tenant, reply);
    };
    const before = await everythingOf(world, 'blue');
    // A check of recall goes on after its reply, and keeps the tenant open.
    const reading = readingCalls.filter(({ name }) => name !== 'REST recall check');
    // What is on disk is closed in the moment that nobody uses it.
    await world.wire.database.flush();
    for (const call of reading) await own(call, 'red');
    await Promise.all(
      reading.flatMap((call) => [own(call, 'red'), own(call, 'blue'), own(call, 'red')]),
    );
    // Blue is read while red is written.
    for (const call of writingCalls.filter((each) => each !== insertingCalls[0])) {
      const reads = reading.map((each) => own(each, 'blue'));
      await Promise.all([own(call, 'red'), ...reads]);
    }
    assert.equal(await everythingOf(world, 'blue'), before);
    await world.wire.database.tenants.closeUnused();
    const { tenants } = world.wire.database;
    const open = tenants.list(world.wire.database.collection('Book')).filter((one) => one.isOpen);
    assert.deepEqual(open, []);
  });

  test('are as they were after a restart', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const everything: string[] = [];
    {
      await using world = await openTwoWires(await openDatabase({ directory }));
      await fillTenants(world);
      for (const { run } of insertingCalls.slice(0, 1)) await run(world, 'red');
      everything.push(await everythingOf(world, 'red'), await everythingOf(world, 'blue'));
      await accepted(world, 'DELETE', '/schema/Book/tenants', ['empty']);
      await setStatus(world, 'blue', 'COLD');
    }
    await using world = await openTwoWires(await openDatabase({ directory }));
    assert.equal(
      await tenantList(world),
      '[{"activityStatus":"COLD","name":"blue"},{"activityStatus":"HOT","name":"red"}]',
    );
    assert.equal(await everythingOf(world, 'red'), everything[0]);
    await refusals(world, readingCalls, 'blue', /not active/);
    await setStatus(world, 'blue', 'HOT');
    assert.equal(await everythingOf(world, 'blue'), everything[1]);
    const found = await world.rest('GET', `/objects/Book/${newBook}?tenant=red`);
    assert.match(JSON.stringify(found.json), /red changed/);
    assert.match(await shownOf(world, 'blue'), new RegExp(author));
  });
});

async function tenantList(world: TwoWires): Promise<string> {
  return JSON.stringify(await accepted(world, 'GET', '/schema/Book/tenants'));
}

/** Its books with their authors, over GraphQL. */
async function shownOf(world: TwoWires, tenant: string): Promise<string> {
  const author = 'ofAuthor { ... on Author { text _additional { id } } }';
  const query = `{ Get { Book(tenant: "${tenant}") { text ${author} } } }`;
  const reply = await accepted(world, 'POST', '/graphql', { query });
  assert.equal((reply as JsonObject)['errors'], undefined);
  return JSON.stringify(reply);
}
