// Migrating between whole servers, and from what a real server has said.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { MigrationOptions, MigrationProblem } from '../src/migrate/migration.ts';
import { Migration } from '../src/migrate/migration.ts';
import type { ServerSide } from '../src/migrate/server-side.ts';
import { addObjects, fillLibrary, idOf, nilId } from './migrate/library.ts';
import { openServer, openSide, type TestServer } from './migrate/sides.ts';

const wanted: MigrationOptions = {
  ...{ collections: undefined, tenants: undefined, activatesTenants: false, batchMax: 64 },
  ...{ withoutModules: false, replaces: false, sample: 1_000, random: Math.random },
  signal: new AbortController().signal,
};

interface Outcome {
  /** Of each collection: copied, there already. */
  readonly copied: Readonly<Record<string, readonly [number, number]>>;
  readonly refused: readonly MigrationProblem[];
  readonly differing: readonly MigrationProblem[];
  /** Of each collection: there, here, compared completely. */
  readonly counts: Readonly<Record<string, readonly [number, number, number]>>;
}

/** The whole way: makes, copies, compares. Nothing may stand in the way. */
async function migrate(
  source: ServerSide,
  destination: ServerSide,
  options: Partial<MigrationOptions> = {},
): Promise<Outcome> {
  const migration = await Migration.open(source, destination, { ...wanted, ...options });
  assert.deepEqual(migration.problems, []);
  await migration.makeCollections();
  const [copied, counts]: [
    Record<string, [number, number]>,
    Record<string, [number, number, number]>,
  ] = [{}, {}];
  const refused: MigrationProblem[] = [];
  const differing: MigrationProblem[] = [];
  for (const plan of migration.plans) {
    const onProblem = (problem: MigrationProblem): void => void refused.push(problem);
    const done = await migration.copy(plan, { onProgress: () => undefined, onProblem });
    copied[plan.class.class] = [done.copied, done.unchanged];
  }
  for (const plan of migration.plans) {
    const found = await migration.verify(plan, (problem) => differing.push(problem));
    counts[plan.class.class] = [found.sourceCount, found.destinationCount, found.sampled];
  }
  assert.deepEqual(await migration.aliasProblems(), []);
  return { copied, refused, differing, counts };
}

async function openLibrary(
  t: TestContext,
  count: number,
): Promise<readonly [TestServer, TestServer]> {
  const [source, destination] = [await openServer(t), await openServer(t)];
  await fillLibrary(source, count);
  return [source, destination];
}

async function sides(
  t: TestContext,
  source: TestServer,
  destination: TestServer,
  grpc?: string,
): Promise<readonly [ServerSide, ServerSide]> {
  return [
    await openSide(t, source.url, grpc === undefined ? {} : { grpc }),
    await openSide(t, destination.url),
  ];
}

/** Everything that REST tells of a server's collections and objects. */
async function everything({ send }: TestServer): Promise<unknown> {
  const list = (name: string): Promise<unknown> =>
    send('GET', `/v1/objects?class=${name}&limit=1000&include=vector`);
  return {
    schema: await send('GET', '/v1/schema'),
    aliases: await send('GET', '/v1/aliases'),
    objects: [await list('Author'), await list('Book')],
  };
}

describe('a migration', () => {
  for (const [way, grpc] of [
    ['gRPC', undefined],
    ['REST alone', 'none'],
  ] as const) {
    test(`over ${way} leaves both servers saying the same of everything`, async (t) => {
      const [source, destination] = await openLibrary(t, 70);
      const found = await migrate(...(await sides(t, source, destination, grpc)));
      assert.deepEqual(found.refused, []);
      assert.deepEqual(found.differing, []);
      assert.deepEqual(found.copied, { Author: [70, 0], Book: [70, 0] });
      assert.deepEqual(found.counts, { Author: [70, 70, 70], Book: [70, 70, 70] });
      assert.deepEqual(await everything(destination), await everything(source));
    });
  }

  test('that is run again copies what is new and what was changed, and nothing else', async (t) => {
    const [source, destination] = await openLibrary(t, 40);
    const ends = await sides(t, source, destination);
    await migrate(...ends);
    await addObjects(source, 40, 3);
    const path = `/v1/objects/Book/${idOf('b', 7)}`;
    await source.send('PATCH', path, { class: 'Book', properties: { title: 'another' } });
    const found = await migrate(...ends);
    assert.deepEqual(found.copied, { Author: [3, 40], Book: [4, 39] });
    assert.deepEqual(found.differing, []);
    assert.deepEqual(await everything(destination), await everything(source));
  });

  test('goes on where only some objects were written, wherever they stand', async (t) => {
    const [source, destination] = await openLibrary(t, 60);
    const ends = await sides(t, source, destination);
    await migrate(...ends);
    const gone = [1, 2, 3, 17, 18, 40, 59].map((n) => idOf('b', n));
    for (const id of [nilId, ...gone]) await destination.send('DELETE', `/v1/objects/Book/${id}`);
    const found = await migrate(...ends);
    assert.deepEqual(found.copied, { Author: [0, 60], Book: [8, 52] });
    assert.deepEqual(await everything(destination), await everything(source));
  });

  test('leaves alone what is newer or other here, says so, and replaces it when asked', async (t) => {
    const [source, destination] = await openLibrary(t, 12);
    const ends = await sides(t, source, destination);
    await migrate(...ends);
    const [newer, extra] = [idOf('b', 5), 'ffffffff-0000-4000-8000-000000000000'];
    const changed = { class: 'Book', properties: { title: 'ours' } };
    await destination.send('PATCH', `/v1/objects/Book/${newer}`, changed);
    await destination.send('POST', '/v1/objects', { ...changed, id: extra });
    const kept = await migrate(...ends);
    assert.deepEqual(kept.differing, [
      { collection: 'Book', uuid: newer, message: 'changed here since it was copied' },
      { collection: 'Book', uuid: extra, message: 'only here' },
    ]);
    const replaced = await migrate(...ends, { replaces: true });
    assert.deepEqual(replaced.differing, []);
    assert.deepEqual(replaced.copied['Book'], [1, 11]);
    assert.deepEqual(await everything(destination), await everything(source));
  });

  test('finds what was written to the source after it was copied', async (t) => {
    const [source, destination] = await openLibrary(t, 10);
    const ends = await sides(t, source, destination);
    await migrate(...ends);
    await addObjects(source, 10, 1);
    const changed = { class: 'Book', properties: { title: 'another' } };
    await source.send('PATCH', `/v1/objects/Book/${idOf('b', 3)}`, changed);
    await source.send('DELETE', `/v1/objects/Author/${idOf('a', 2)}`);
    const migration = await Migration.open(...ends, wanted);
    const differing: MigrationProblem[] = [];
    for (const plan of migration.plans) await migration.verify(plan, (one) => differing.push(one));
    assert.deepEqual(
      differing.map(({ uuid, message }) => `${uuid}: ${message}`).sort(),
      [
        `${idOf('a', 2)}: only here`,
        `${idOf('a', 10)}: missing here`,
        `${idOf('b', 3)}: changed there since it was copied`,
        `${idOf('b', 10)}: missing here`,
      ].sort(),
    );
  });

  test('tells every value that differs of an object with the same time', async (t) => {
    const [source, destination] = await openLibrary(t, 4);
    const ends = await sides(t, source, destination);
    await migrate(...ends);
    const collection = destination.database.collection('Book');
    const found = collection.get(idOf('b', 3));
    assert(found);
    const { createdAt, updatedAt, vectors } = found;
    const pages = vectors.get('pages');
    assert(pages);
    const values = pages.values.slice();
    values[5] = (values[5] ?? 0) + 1e-7;
    await collection.insertMany(
      [
        {
          uuid: found.uuid,
          properties: { ...found.properties, price: Math.fround(1), count: 0 },
          vectors: new Map([['pages', { ...pages, values }]]),
          stored: { createdAt: createdAt + 1, updatedAt },
        },
      ],
      { headers: {} },
    );
    const { differing } = await migrate(...ends);
    assert.deepEqual(differing.map(({ message }) => message).sort(), [
      'creation time',
      'property count: -3 there, 0 here',
      'vector cover: only there',
      'vector pages: other from number 5 on',
    ]);
  });
});

describe('what can’t be copied', () => {
  test('is told of with its id, and stops nothing else', async (t) => {
    const [source, destination] = [
      await openServer(t),
      await openServer(t, { objectVectorsMax: 5 }),
    ];
    await fillLibrary(source, 30);
    const { refused, differing, copied } = await migrate(...(await sides(t, source, destination)));
    const tooMany = Array.from({ length: 30 }, (_, n) => n).filter(
      (n) => n % 7 >= 5 && n % 4 !== 1,
    );
    assert.deepEqual(
      refused.map(({ uuid }) => uuid),
      tooMany.map((n) => idOf('b', n)).sort(),
    );
    for (const { message } of refused) assert.match(message, /5/);
    assert.deepEqual(
      differing.map(({ uuid }) => uuid),
      refused.map(({ uuid }) => uuid),
    );
    assert.deepEqual(copied, { Author: [30, 0], Book: [30 - tooMany.length, 0] });
  });

  test('is asked for in smaller pieces first', async (t) => {
    const [source, destination] = [
      await openServer(t, { messageBytesMax: 20_000 }),
      await openServer(t, { messageBytesMax: 6_000 }),
    ];
    const name = 'Note';
    await source.send('POST', '/v1/schema', { class: name, vectorizer: 'none' });
    const ids = Array.from({ length: 40 }, (_, n) => idOf('a', n)).sort();
    for (const [n, id] of ids.entries()) {
      const text = 'x'.repeat(n === 20 ? 30_000 : n === 30 ? 8_000 : 1_500);
      await source.send('POST', '/v1/objects', { class: name, id, properties: { text } });
    }
    const { refused, copied } = await migrate(...(await sides(t, source, destination)));
    assert.deepEqual(copied, { Note: [38, 0] });
    assert.deepEqual(
      refused.map(({ uuid }) => uuid),
      [ids[20], ids[30]],
    );
    assert.match(refused[0]?.message ?? '', /can't be read: .*RESOURCE_EXHAUSTED/);
  });

  test('by its schema stops everything before anything is written', async (t) => {
    const [source, destination] = await openLibrary(t, 1);
    await destination.send('POST', '/v1/schema', {
      class: 'Author',
      vectorizer: 'none',
      properties: [{ name: 'name', dataType: ['int'] }],
    });
    const ends = await sides(t, source, destination);
    const { problems } = await Migration.open(...ends, wanted);
    assert.deepEqual(problems, [
      'Author: is there already and differs: property name text, field there, int here (--replace deletes it and makes it anew)',
    ]);
    const alone = await Migration.open(...ends, { ...wanted, collections: ['Book'] });
    assert.deepEqual(alone.problems, []);
    const found = await migrate(...ends, { replaces: true });
    assert.deepEqual(found.differing, []);
    assert.deepEqual(await everything(destination), await everything(source));
  });

  test('without another collection says which', async (t) => {
    const [source, destination] = await openLibrary(t, 1);
    const ends = await sides(t, source, destination);
    const { problems } = await Migration.open(...ends, { ...wanted, collections: ['Book'] });
    assert.deepEqual(problems, ['Book: property by refers to Author, which is not copied']);
    await assert.rejects(Migration.open(...ends, { ...wanted, collections: ['Boook'] }), {
      message: /has no collection Boook; it has Author, Book/,
    });
  });

  test('because both servers are one is refused', async (t) => {
    const [source, destination] = await openLibrary(t, 1);
    const side = await openSide(t, source.url);
    await assert.rejects(Migration.open(side, await openSide(t, source.url), wanted), {
      message: /are the same server/,
    });
    const crossed = { grpc: `127.0.0.1:${source.grpcPort}` };
    const wrong = await openSide(t, destination.url, crossed);
    await assert.rejects(Migration.open(side, wrong, wanted), { message: /one address of gRPC/ });
    const third = await openServer(t);
    await fillLibrary(third, 0);
    await addObjects(third, 50, 4);
    const mixed = await openSide(t, source.url, { grpc: `127.0.0.1:${third.grpcPort}` });
    await assert.rejects(migrate(mixed, await openSide(t, destination.url)), {
      message: /is not at .*--source-grpc/,
    });
  });
});

describe('tenants', () => {
  const body = (t: string, n: number): object => ({
    ...{ class: 'Note', id: idOf('a', n), tenant: t, vector: [n, 1] },
    properties: { text: `${t} ${n}` },
  });

  async function openTenants(t: TestContext): Promise<readonly [TestServer, TestServer]> {
    const [source, destination] = [await openServer(t), await openServer(t)];
    await source.send('POST', '/v1/schema', {
      ...{ class: 'Note', vectorizer: 'none', multiTenancyConfig: { enabled: true } },
      properties: [{ name: 'text', dataType: ['text'] }],
    });
    const names = ['ada', 'bob', 'cold', 'none'];
    await source.send(
      'POST',
      '/v1/schema/Note/tenants',
      names.map((name) => ({ name })),
    );
    const objects = ['ada', 'bob', 'cold'].flatMap((tenant, at) =>
      Array.from({ length: 10 + at }, (_, n) => body(tenant, n)),
    );
    await source.send('POST', '/v1/batch/objects', { objects });
    await source.send('PUT', '/v1/schema/Note/tenants', [{ name: 'cold', activityStatus: 'COLD' }]);
    return [source, destination];
  }

  async function states({ send }: TestServer): Promise<unknown> {
    return await send('GET', '/v1/schema/Note/tenants');
  }

  async function objects({ send }: TestServer, tenant: string): Promise<unknown> {
    return await send('GET', `/v1/objects?class=Note&tenant=${tenant}&limit=100&include=vector`);
  }

  test('come with their objects; one that is not active is named', async (t) => {
    const [source, destination] = await openTenants(t);
    const found = await migrate(...(await sides(t, source, destination)));
    assert.deepEqual(found.copied, { Note: [21, 0] });
    assert.deepEqual(found.refused, [
      {
        ...{ collection: 'Note', tenant: 'cold' },
        message: 'the tenant is COLD at the source and was not read (--activate-tenants)',
      },
    ]);
    for (const tenant of ['ada', 'bob', 'none']) {
      assert.deepEqual(await objects(destination, tenant), await objects(source, tenant));
    }
  });

  test('that are not active are read when asked, and are so again on both sides', async (t) => {
    const [source, destination] = await openTenants(t);
    const ends = await sides(t, source, destination);
    const before = await states(source);
    const found = await migrate(...ends, { activatesTenants: true });
    assert.deepEqual(found.refused, []);
    assert.deepEqual(found.differing, []);
    assert.deepEqual(found.counts, { Note: [33, 33, 33] });
    assert.deepEqual(await states(source), before);
    assert.deepEqual(await states(destination), before);
    const again = await migrate(...ends, { activatesTenants: true, tenants: ['cold'] });
    assert.deepEqual(again.copied, { Note: [0, 12] });
    assert.deepEqual(await states(destination), before);
  });
});
