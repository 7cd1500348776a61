// Migrating between whole servers, and from what a real server has said.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ObjectCopy } from '../src/migrate/copy-objects.ts';
import type { MigrationProblem } from '../src/migrate/each-place.ts';
import {
  type CompareListeners,
  Migration,
  type MigrationOptions,
} from '../src/migrate/migration.ts';
import { ObjectReader } from '../src/migrate/object-reader.ts';
import { ObjectWriter } from '../src/migrate/object-writer.ts';
import type { ServerSide } from '../src/migrate/server-side.ts';
import { addObjects, fillLibrary, idOf, nilId } from './migrate/library.ts';
import {
  multiVectorClass,
  objectOverRest,
  openRecordedServer,
  recordedClasses,
  recordedTime,
} from './migrate/recorded-server.ts';
import { openShakyFront } from './migrate/shaky-front.ts';
import { openServer, openSide, type TestServer } from './migrate/sides.ts';

const wanted: MigrationOptions = {
  ...{ collections: undefined, tenants: undefined, activatesTenants: false, batchMax: 64 },
  ...{ withoutModules: false, replaces: false, sample: 5, random: Math.random },
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
    const found = await migration.verify(plan, comparing(differing));
    counts[plan.class.class] = [found.sourceCount, found.destinationCount, found.sampled];
  }
  assert.deepEqual(await migration.aliasProblems(), []);
  return { copied, refused, differing, counts };
}

function comparing(problems: MigrationProblem[]): CompareListeners {
  const onProblem = (problem: MigrationProblem): void => void problems.push(problem);
  return { onProgress: () => undefined, onProblem };
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
      const [source, destination] = await openLibrary(t, 40);
      const ends = await sides(t, source, destination, grpc);
      const found = await migrate(...ends, { sample: 1_000 });
      assert.deepEqual(found.refused, []);
      assert.deepEqual(found.differing, []);
      assert.deepEqual(found.copied, { Author: [40, 0], Book: [40, 0] });
      assert.deepEqual(found.counts, { Author: [40, 40, 40], Book: [40, 40, 40] });
      assert.deepEqual(await everything(destination), await everything(source));
    });
  }

  test('that is run again copies what is new and what was changed, and nothing else', async (t) => {
    const [source, destination] = await openLibrary(t, 20);
    const ends = await sides(t, source, destination);
    await migrate(...ends);
    await addObjects(source, 20, 3);
    const path = `/v1/objects/Book/${idOf('b', 7)}`;
    await source.send('PATCH', path, { class: 'Book', properties: { title: 'another' } });
    const found = await migrate(...ends);
    assert.deepEqual(found.copied, { Author: [3, 20], Book: [4, 19] });
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

  test('misses nothing after the first object, which is deleted while it is read', async (t) => {
    const [source, destination] = await openLibrary(t, 6);
    const ends = await sides(t, source, destination);
    await migrate(...ends);
    const gone = [nilId, idOf('b', 1), idOf('b', 2)];
    for (const id of gone) await destination.send('DELETE', `/v1/objects/Book/${id}`);
    const migration = await Migration.open(...ends, wanted);
    const [, book] = migration.plans;
    assert(book);
    const [there, here] = ends.map((side, at) => {
      return new ObjectReader(side, { class: book.class, tenant: '' }, `${at}`);
    });
    assert(there && here && ends[1].grpc);
    const writer = new ObjectWriter(ends[1].grpc, here.place);
    const read = there.objects.bind(there);
    let asked = 0;
    there.objects = async (after, limit) => {
      asked += 1;
      if (asked === 1) await source.send('DELETE', `/v1/objects/Book/${nilId}`);
      return await read(after, limit);
    };
    const counts = await new ObjectCopy(
      { source: there, destination: here, writer },
      {
        ...{ batchMax: 64, others: 'keep', signal: wanted.signal },
        ...{ onProgress: () => undefined, onRefused: () => undefined },
      },
    ).run();
    assert.equal(counts.copied, 2);
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

  test('overwrites nothing that is written here while it copies', async (t) => {
    const [source, destination] = await openLibrary(t, 60);
    const migration = await Migration.open(...(await sides(t, source, destination)), {
      ...{ ...wanted, batchMax: 4 },
    });
    await migration.makeCollections();
    const [author] = migration.plans;
    assert(author);
    let written: Promise<unknown> | undefined;
    const onProgress = (): void => {
      const own = { uuid: idOf('a', 57), properties: { name: 'ours' }, vectors: new Map() };
      written ??= destination.database.collection('Author').insertMany([own], { headers: {} });
    };
    const onProblem = (problem: MigrationProblem): void => assert.fail(problem.message);
    const { copied, newer } = await migration.copy(author, { onProgress, onProblem });
    await written;
    assert.deepEqual([copied, newer], [59, 1]);
    const kept = (await destination.send('GET', `/v1/objects/Author/${idOf('a', 57)}`)) as {
      readonly properties: unknown;
    };
    assert.deepEqual(kept.properties, { name: 'ours' });
  });

  test('writes no object without a property that the source gets meanwhile', async (t) => {
    const [source, destination] = await openLibrary(t, 40);
    const ends = await sides(t, source, destination);
    const migration = await Migration.open(...ends, { ...wanted, batchMax: 4 });
    await migration.makeCollections();
    const [author] = migration.plans;
    assert(author);
    const body = { class: 'Author', id: idOf('a', 39), properties: { born: 1850 } };
    await source.send('PATCH', `/v1/objects/Author/${body.id}`, body);
    const listeners = { onProgress: () => undefined, onProblem: () => undefined };
    await assert.rejects(migration.copy(author, listeners), {
      message: /^Author was given other properties or vectors at .*: run the same command again$/,
    });
    const found = await migrate(...ends, { sample: 1_000 });
    assert.deepEqual([found.refused, found.differing], [[], []]);
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
    for (const plan of migration.plans) await migration.verify(plan, comparing(differing));
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

describe('vectors of modules', () => {
  const body = {
    ...{ class: 'Note', vectorizer: 'text2vec-openai' },
    properties: [{ name: 'text', dataType: ['text'] }],
  };
  const objects = [0, 1, 2].map((n) => ({
    ...{ class: 'Note', id: idOf('a', n), properties: { text: `note ${n}` } },
    ...(n === 1 ? {} : { vector: [n, 0.25] }),
  }));

  test('are copied and never made again, nor made where there is none', async (t) => {
    const source = await openServer(t);
    await source.send('POST', '/v1/schema', body);
    await source.send('POST', '/v1/batch/objects', { objects });
    const asked: string[] = [];
    const destination = await openServer(t, {
      vectorizers: ({ module }) => ({
        ...{ module, kind: 'single', accepts: { text: true, image: false } },
        embedObjects: async (inputs) => {
          asked.push(module);
          return inputs.map(() => ({ kind: 'failed', error: new Error('asked') }));
        },
        embedQueryText: () => Promise.reject(new Error('asked')),
        embedQueryImage: () => Promise.reject(new Error('asked')),
      }),
    });
    const { refused, differing } = await migrate(...(await sides(t, source, destination)));
    assert.deepEqual([refused, differing, asked], [[], [], []]);
    const path = '/v1/objects?class=Note&limit=9&include=vector';
    assert.deepEqual(await destination.send('GET', path), await source.send('GET', path));
    const { vectorizer } = (await destination.send('GET', '/v1/schema/Note')) as typeof body;
    assert.equal(vectorizer, 'text2vec-openai');
  });

  test('that are not offered here become self-provided, when asked', async (t) => {
    const destination = await openServer(t);
    const unknown = { ...body, vectorizer: 'text2vec-elsewhere', moduleConfig: {} };
    const source = await openRecordedServer(t, [
      { ...unknown, replicationConfig: { factor: 3 }, shardingConfig: { desiredCount: 4 } },
    ]);
    const ends = [
      await openSide(t, source.url, source),
      await openSide(t, destination.url),
    ] as const;
    const { problems } = await Migration.open(...ends, wanted);
    assert.match(problems[0] ?? '', /^Note: its vectorizer text2vec-elsewhere is not offered: /);
    const migration = await Migration.open(...ends, { ...wanted, withoutModules: true });
    assert.deepEqual(migration.plans[0]?.notes, [
      ...['3 copies there, one here', '4 shards there, one here'],
      'vectors of text2vec-elsewhere become self-provided',
    ]);
    await migration.makeCollections();
    const { vectorizer } = (await destination.send('GET', '/v1/schema/Note')) as typeof body;
    assert.equal(vectorizer, 'none');
  });
});

describe('a source that fails now and then', () => {
  test('loses nothing: connections break off, replies are 429 and 503', async (t) => {
    const [source, destination] = await openLibrary(t, 60);
    const front = await openShakyFront(t, source);
    const retries: string[] = [];
    const onRetry = ({ message }: Error): void => void retries.push(message);
    const grpc = `127.0.0.1:${front.grpcPort}`;
    const shaky = await openSide(t, front.url, { grpc, onRetry });
    const found = await migrate(shaky, await openSide(t, destination.url), { batchMax: 8 });
    assert.deepEqual(found.refused, []);
    assert.deepEqual(found.differing, []);
    assert.deepEqual(await everything(destination), await everything(source));
    for (const reason of [/ 429: slower/, / 503: /, /UNAVAILABLE/]) {
      assert(
        retries.some((message) => reason.test(message)),
        `${reason} in ${retries.join('\n')}`,
      );
    }
  });

  test('is given up in the end, with its own words', async (t) => {
    const [source, destination] = await openLibrary(t, 2);
    const front = await openShakyFront(t, source, { share: 1 });
    await assert.rejects(openSide(t, front.url), { message: /answers (429: slower|503: )/ });
    const ends = await sides(t, source, destination);
    const migration = await Migration.open(...ends, wanted);
    await migration.makeCollections();
    await destination.send('DELETE', '/v1/schema/Author');
    const [author] = migration.plans;
    assert(author);
    const listeners = { onProgress: () => undefined, onProblem: () => undefined };
    await assert.rejects(migration.copy(author, listeners), { message: /Author/ });
  });
});

describe('what can’t be copied', () => {
  test('is told of with its id, and stops nothing else', async (t) => {
    const [source, destination] = [
      await openServer(t),
      await openServer(t, { objectVectorsMax: 5 }),
    ];
    await fillLibrary(source, 30);
    const ends = await sides(t, source, destination);
    const { refused, differing, copied } = await migrate(...ends);
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

  test('over REST, because its server answers with nothing, is found among the others', async (t) => {
    const [source, destination] = await openLibrary(t, 30);
    const bad = idOf('b', 11);
    const front = await openShakyFront(t, source, { share: 0, unwritable: bad });
    const ends = await sides(t, { ...source, url: front.url }, destination, 'none');
    const { refused, copied } = await migrate(...ends);
    assert.deepEqual(copied, { Author: [30, 0], Book: [29, 0] });
    assert.equal(refused[0]?.uuid, bad);
    assert.match(refused[0]?.message ?? '', /^can't be read: .* has an empty reply$/);
  });

  test('is not what a server hides beyond so many results', async (t) => {
    const [source, destination] = [
      await openServer(t, { maximumResults: 20 }),
      await openServer(t, { maximumResults: 7 }),
    ];
    await fillLibrary(source, 45);
    const ends = await sides(t, source, destination);
    assert.deepEqual((await migrate(...ends)).copied, { Author: [45, 0], Book: [45, 0] });
    const again = await migrate(...ends);
    assert.deepEqual(again.copied, { Author: [0, 45], Book: [0, 45] });
    assert.deepEqual(again.differing, []);
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
    const replacing = await Migration.open(...ends, { ...wanted, replaces: true });
    const [author] = replacing.plans;
    assert(author);
    const differing: MigrationProblem[] = [];
    await replacing.verify(author, comparing(differing));
    assert.deepEqual(differing[0], {
      collection: 'Author',
      message: 'is otherwise: property name text, field there, int here',
    });
    const found = await migrate(...ends, { replaces: true });
    assert.deepEqual(found.differing, []);
    assert.deepEqual(await everything(destination), await everything(source));
  });

  test('by names that are aliases on one side stops everything before anything is written', async (t) => {
    const [source, destination] = await openLibrary(t, 1);
    await destination.send('POST', '/v1/schema', { class: 'Volume', vectorizer: 'none' });
    await destination.send('POST', '/v1/aliases', { alias: 'Author', class: 'Volume' });
    const { problems } = await Migration.open(...(await sides(t, source, destination)), {
      ...{ ...wanted, replaces: true },
    });
    assert.deepEqual(problems, [
      'Author: is a collection there, an alias of Volume here',
      'alias Volume of Book there is a collection here',
    ]);
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

test('comparing alone makes nothing: no collection, no tenant', async (t) => {
  const source = await openServer(t);
  const destination = await openServer(t);
  const body = { class: 'Note', vectorizer: 'none', multiTenancyConfig: { enabled: true } };
  await source.send('POST', '/v1/schema', body);
  await source.send('POST', '/v1/schema/Note/tenants', [{ name: 'ada' }]);
  const compare = async (): Promise<readonly MigrationProblem[]> => {
    const migration = await Migration.open(...(await sides(t, source, destination)), wanted);
    const problems: MigrationProblem[] = [];
    for (const plan of migration.plans) await migration.verify(plan, comparing(problems));
    return problems;
  };
  const missing = { collection: 'Note', message: 'the collection is missing here' };
  assert.deepEqual(await compare(), [missing]);
  assert.deepEqual(await destination.send('GET', '/v1/schema'), { classes: [] });
  await destination.send('POST', '/v1/schema', body);
  const without = { collection: 'Note', tenant: 'ada', message: 'the tenant is missing here' };
  assert.deepEqual(await compare(), [without]);
  assert.deepEqual(await destination.send('GET', '/v1/schema/Note/tenants'), []);
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

  test('that were deleted there are told of, and deleted here when asked', async (t) => {
    const [source, destination] = await openTenants(t);
    const ends = await sides(t, source, destination);
    await migrate(...ends, { activatesTenants: true });
    await source.send('DELETE', '/v1/schema/Note/tenants', ['bob']);
    const others = { collection: 'Note', tenant: 'bob', message: 'the tenant is only here' };
    const kept = await migrate(...ends, { activatesTenants: true });
    assert.deepEqual([kept.refused, kept.differing], [[], [others]]);
    const one = await migrate(...ends, { tenants: ['ada'], replaces: true });
    assert.deepEqual(one.differing, []);
    const bob = (await objects(destination, 'bob')) as { readonly objects: readonly unknown[] };
    assert.equal(bob.objects.length, 11, 'naming a tenant leaves the others alone');
    const migration = await Migration.open(...ends, { ...wanted, activatesTenants: true });
    const [plan] = migration.plans;
    assert(plan);
    assert.equal((await migration.verify(plan, comparing([]))).differences, 1);
    const replaced = await migrate(...ends, { activatesTenants: true, replaces: true });
    assert.deepEqual(replaced.differing, []);
    assert.deepEqual(await states(destination), await states(source));
  });

  test('that are not active are read when asked, and are so again on both sides', async (t) => {
    const [source, destination] = await openTenants(t);
    const ends = await sides(t, source, destination);
    const before = await states(source);
    const found = await migrate(...ends, { activatesTenants: true });
    assert.deepEqual(found.refused, []);
    assert.deepEqual(found.differing, []);
    assert.deepEqual(found.counts, { Note: [33, 33, 5] });
    assert.deepEqual(await states(source), before);
    assert.deepEqual(await states(destination), before);
    const again = await migrate(...ends, { activatesTenants: true, tenants: ['cold', 'dora'] });
    assert.deepEqual(again.copied, { Note: [0, 12] });
    const message = 'the source has no such tenant';
    assert.deepEqual(again.refused, [{ collection: 'Note', tenant: 'dora', message }]);
    assert.deepEqual(await states(destination), before);
  });
});

describe('a real server, as recorded,', () => {
  test('has collections that can all be made here, or says why not', async (t) => {
    const { url, grpc } = await openRecordedServer(t, recordedClasses());
    const destination = await openSide(t, (await openServer(t)).url);
    const migration = await Migration.open(await openSide(t, url, { grpc }), destination, wanted);
    assert.deepEqual(migration.problems, []);
    assert(migration.plans.length > 30, `${migration.plans.length} collections are recorded`);
    await migration.makeCollections();
    const again = await Migration.open(await openSide(t, url, { grpc }), destination, wanted);
    assert.deepEqual(again.problems, []);
    for (const { class: each, kind, properties } of again.plans) {
      assert.deepEqual([each.class, kind, properties], [each.class, 'there', []]);
    }
  });

  test('of a version whose gRPC leaves out text and lists is read over REST', async (t) => {
    const classes = recordedClasses().filter((one) => one['class'] === 'Q');
    const { url, grpc } = await openRecordedServer(t, classes, { version: '1.26.14' });
    const source = await openSide(t, url, { grpc });
    assert.equal(source.withoutGrpc, 'gRPC of version 1.26.14 does not tell all that is stored');
    const destination = await openServer(t);
    const found = await migrate(source, await openSide(t, destination.url));
    assert.deepEqual([found.copied, found.differing], [{ Q: [1, 0] }, []]);
    const times = { creationTimeUnix: recordedTime, lastUpdateTimeUnix: recordedTime };
    const path = `/v1/objects/Q/${objectOverRest()['id']}`;
    assert.deepEqual(await destination.send('GET', path), { ...objectOverRest(), ...times });
    const next = await openRecordedServer(t, classes, { version: '1.27.0' });
    assert.notEqual((await openSide(t, next.url, next)).grpc, undefined);
  });

  test('that can’t count over gRPC is asked over REST how many there are', async (t) => {
    const classes = recordedClasses().filter((one) => one['class'] === 'Q');
    const { url, grpc } = await openRecordedServer(t, classes, { aggregates: false });
    const destination = await openSide(t, (await openServer(t)).url);
    const migration = await Migration.open(await openSide(t, url, { grpc }), destination, wanted);
    const [plan] = migration.plans;
    assert(plan);
    assert.equal(await migration.count(plan), 1);
  });

  test('gives objects that are here as they were there, but for what it should not have', async (t) => {
    const classes = [
      ...recordedClasses().filter((one) => one['class'] === 'Q'),
      multiVectorClass(),
    ];
    const { url, grpc } = await openRecordedServer(t, classes);
    const destination = await openServer(t);
    const found = await migrate(
      await openSide(t, url, { grpc }),
      await openSide(t, destination.url),
    );
    // A failed insert of the reference has left a single vector where only multi-vectors may be.
    const [lost = ''] = found.refused.map(({ uuid = '' }) => uuid);
    assert.equal(lost, '8fc6802a-3263-5257-b54d-bef25ecbaf3f');
    assert.match(
      found.refused[0]?.message ?? '',
      /configured as multi-vector: .*got a single vector/,
    );
    const missing = { collection: 'Mv', uuid: lost, message: 'missing here' };
    assert.deepEqual(found.differing, [missing]);
    assert.deepEqual(found.copied, { Q: [1, 0], Mv: [6, 0] });
    const times = { creationTimeUnix: recordedTime, lastUpdateTimeUnix: recordedTime };
    const path = `/v1/objects/Q/${objectOverRest()['id']}`;
    assert.deepEqual(await destination.send('GET', path), { ...objectOverRest(), ...times });
    assert.deepEqual(
      await destination.send(
        'GET',
        '/v1/objects/Mv/b72f1bcd-e229-57e2-bb24-d01077785f16?include=vector',
      ),
      {
        ...{
          class: 'Mv',
          id: 'b72f1bcd-e229-57e2-bb24-d01077785f16',
          ...times,
          vectorWeights: null,
        },
        ...{ properties: { docid: '3', text: 'c' }, vectors: { mv: [[2, 0, 0, 0]] } },
      },
    );
  });
});
