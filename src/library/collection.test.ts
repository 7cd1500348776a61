// What the library offers beyond storing and searching: configuration, deleting by filter, reading a
// whole collection, groups, aliases.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLibrary } from '../../test/library-world.ts';
import { uuidOf } from '../../test/simulation/world.ts';
import type { TesseraeCollection } from './collection.ts';
import { filters } from './filters.ts';
import type { Tesserae } from './tesserae.ts';

interface Page {
  readonly title: string;
  readonly year: number;
}

/** Five pages, of 2000 to 2004, ever closer to the first axis. */
async function openPages(db: Tesserae): Promise<TesseraeCollection<Page>> {
  const pages = await db.createCollection<Page>({
    name: 'Pages',
    properties: [
      { name: 'title', type: 'text' },
      { name: 'year', type: 'int' },
    ],
    vectors: [
      { name: 'tokens', kind: 'multi' },
      { name: 'whole', kind: 'single', metric: 'dot' },
    ],
  });
  const results = await pages.insertMany(
    Array.from({ length: 5 }, (_, n) => ({
      uuid: uuidOf(n),
      properties: { title: n % 2 === 0 ? 'even' : 'odd', year: 2000 + n },
      vectors: { tokens: [[n, 1]], whole: [n, 1] },
    })),
  );
  assert.ok(results.every(({ kind }) => kind === 'stored'));
  return pages;
}

const numbers = (hits: readonly { readonly uuid: string }[]): number[] =>
  hits.map(({ uuid }) => Number.parseInt(uuid.slice(-4), 16));

async function listed<T>(objects: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const object of objects) list.push(object);
  return list;
}

describe('a collection of the library', () => {
  test('takes changes of its configuration, and keeps the rest', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    await pages.update({ description: 'what was read', invertedIndex: { bm25: { k1: 2 } } });
    await pages.addProperty({ name: 'tag', type: 'text', tokenization: 'field' });
    const changed = await pages.update({ vectors: [{ name: 'late', kind: 'multi' }] });
    assert.equal(changed.description, 'what was read');
    assert.deepEqual(changed.invertedIndex.bm25, { k1: 2, b: 0.75 });
    assert.deepEqual(
      changed.vectors.map(({ name, metric }) => [name, metric]),
      [
        ['tokens', 'cosine'],
        ['whole', 'dot'],
        ['late', 'cosine'],
      ],
    );
    assert.deepEqual(pages.config, changed);
    assert.deepEqual(
      changed.properties.map(({ name, tokenization }) => [name, tokenization]),
      [
        ['title', 'word'],
        ['year', undefined],
        ['tag', 'field'],
      ],
    );
    await assert.rejects(pages.update({ vectors: [{ name: 'whole', metric: 'cosine' }] }), {
      code: 'invalid-argument',
      message: /immutable/,
    });
    await assert.rejects(pages.addProperty({ name: 'tag', type: 'int' }), {
      code: 'invalid-argument',
    });
  });

  test('deletes by filter, first as a trial', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    const old = pages.filters.property('year').lessThan(2002);
    const trial = await pages.deleteMany(old, { dryRun: true, verbose: true });
    assert.deepEqual([trial.matches, numbers(trial.objects ?? [])], [2, [0, 1]]);
    assert.equal(pages.count(), 5);
    const done = await pages.deleteMany(old);
    assert.deepEqual([done.matches, done.successful, done.objects], [2, 2, undefined]);
    assert.equal(pages.count(), 3);
    assert.equal(pages.exists(uuidOf(1)), false);
    assert.equal(pages.exists(uuidOf(2)), true);
  });

  test('is read as a whole in pieces, from any object on, with a filter or without', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    const read = async (options: Parameters<typeof pages.iterate>[0]): Promise<number[]> =>
      numbers(await listed(pages.iterate(options)));
    for (const batch of [1, 2, 5, 100]) {
      assert.deepEqual(await read({ batch }), [0, 1, 2, 3, 4]);
    }
    assert.deepEqual(await read({ after: uuidOf(2) }), [3, 4]);
    const even = pages.filters.property('title').equal('even');
    assert.deepEqual(await read({ filter: even, batch: 2 }), [0, 2, 4]);
    const [first] = await listed(pages.iterate({ include: ['vectors'] }));
    assert.deepEqual(first?.vectors['whole']?.values, Float32Array.of(0, 1));
  });

  test('is read on from a uuid however it is written, and from nothing else', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    const last = 'FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF';
    assert.deepEqual(await pages.fetch({ after: last }), []);
    await assert.rejects(pages.fetch({ after: 'zz' }), {
      code: 'invalid-argument',
      message: 'after is "zz"; allowed: a uuid, or the empty text to start',
    });
    const sort = [{ by: { kind: 'property', name: 'year' }, ascending: true }] as const;
    await assert.rejects(pages.fetch({ after: '', sort }), {
      code: 'invalid-argument',
      message: 'after goes with the order of uuids, not with sort',
    });
  });

  test('is not read in pieces of nothing', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    await assert.rejects(listed(pages.iterate({ batch: 0 })), {
      code: 'invalid-argument',
      message: 'batch is 0; allowed: whole numbers from 1',
    });
  });

  test('says what is wrong with an object without storing it', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    pages.validate({ properties: { title: 'fine', year: 1 } });
    pages.validate({ uuid: uuidOf(1), properties: { title: 'taken', year: 1 } });
    assert.throws(() => pages.validate({ properties: { title: 'half', year: 1.5 } }), {
      code: 'property-invalid',
    });
    assert.equal(pages.count(), 5);
  });

  test('searches by several vectors, and for what is close to an object', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    const both = { tokens: [[1, 0]], whole: [1, 0] };
    const weighted = await pages.search({
      ...{ kind: 'vectors', vectors: both, combination: 'manual' },
      ...{ weights: { tokens: 0, whole: 2 }, limit: 2 },
    });
    assert.deepEqual(
      weighted.map(({ uuid, score }) => [uuid, score]),
      [
        [uuidOf(4), 8],
        [uuidOf(3), 6],
      ],
    );
    const near = await pages.search({ kind: 'object', uuid: uuidOf(1), name: 'tokens' });
    assert.deepEqual(numbers(near).slice(0, 2), [1, 2]);
    await assert.rejects(pages.search({ kind: 'vectors', vectors: {} }), {
      message: 'vectors: at least one is needed',
    });
    const stray = { kind: 'vectors', vectors: { whole: [1, 0] }, weights: { tokens: 1 } } as const;
    await assert.rejects(pages.search(stray), {
      message: 'weights: tokens is not among the vectors [whole]',
    });
    const nothing = { kind: 'vectors', vectors: both, combination: 'manual' } as const;
    await assert.rejects(pages.search({ ...nothing, weights: { whole: Number.NaN } }), {
      code: 'invalid-argument',
      message: 'targets: the weight of vector "whole" is NaN; allowed: finite numbers',
    });
    const least = { kind: 'vector', vector: [1, 0], name: 'whole', scoreMin: Number.NaN } as const;
    await assert.rejects(pages.search(least), { code: 'invalid-argument' });
    const boosted = [{ name: 'title', boost: Number.NaN }];
    await assert.rejects(pages.search({ kind: 'keyword', text: 'even', properties: boosted }), {
      code: 'invalid-argument',
      message: /the boost of property 'title' is NaN/,
    });
    const unequal = { kind: 'vector', vector: [1, 0], name: ['whole'], weights: [1, 2] } as const;
    await assert.rejects(pages.search(unequal), {
      message: 'weights: got 2 for 1 vector names',
    });
  });

  test('a vector may have the name of what every object inherits', async () => {
    await using db = await openLibrary();
    const things = await db.createCollection({
      name: 'Thing',
      vectors: [
        { name: 'constructor', kind: 'single', metric: 'dot' },
        { name: 'other', kind: 'single', metric: 'dot' },
      ],
    });
    await things.insert({ properties: {}, vectors: { constructor: [2], other: [3] } });
    const [hit] = await things.search({
      ...{ kind: 'vectors', vectors: { constructor: [1], other: [1] }, combination: 'manual' },
      ...{ weights: { other: 2 } },
    });
    assert.equal(hit?.score, 8);
  });

  test('puts hits into groups, those of the best hit first', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    const groups = await pages.searchGroups(
      { kind: 'vector', vector: [1, 0], name: 'whole' },
      { property: 'title', objectsPerGroupMax: 2 },
    );
    assert.deepEqual(
      groups.map(({ name, hits }) => [name, numbers(hits)]),
      [
        ['even', [4, 2]],
        ['odd', [3, 1]],
      ],
    );
    await assert.rejects(
      pages.searchGroups({ kind: 'keyword', text: 'odd' }, { property: 'title', groupsMax: 0 }),
      { message: 'groupsMax is 0; allowed: whole numbers from 1' },
    );
  });

  test('is reached by an alias, wherever that leads', async () => {
    await using db = await openLibrary();
    await openPages(db);
    await db.createCollection({ name: 'Others' });
    await db.createAlias('Current', 'Pages');
    const current = db.collection('Current');
    assert.deepEqual([current.name, current.count()], ['Pages', 5]);
    assert.deepEqual(db.aliases(), [{ alias: 'Current', collection: 'Pages' }]);
    await db.updateAlias('Current', 'Others');
    assert.deepEqual([current.name, current.count()], ['Others', 0]);
    assert.deepEqual(db.aliases('Pages'), []);
    assert.equal(await db.deleteAlias('Current'), true);
    assert.throws(() => current.count(), { code: 'collection-missing' });
    assert.equal(await db.deleteAlias('Current'), false);
  });

  test('says which terms a text has, and loses an index for good', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    const foxes = { indexed: ['the', 'red', 'foxes'], query: ['red', 'foxes'] };
    assert.deepEqual(pages.tokenize('title', 'The Red Foxes'), foxes);
    assert.deepEqual(db.tokenize('The Red Foxes', 'word'), foxes);
    assert.deepEqual(db.tokenize('Red Foxes', 'field').indexed, ['Red Foxes']);
    assert.throws(() => pages.tokenize('year', 'x'), {
      code: 'invalid-argument',
      message: "property 'year' is of type int: only text has terms",
    });
    assert.equal((await pages.search({ kind: 'keyword', text: 'even' })).length, 3);
    const { properties } = await pages.dropIndex('title', 'searchable');
    assert.equal(properties[0]?.searchable, false);
    await assert.rejects(
      pages.search({ kind: 'keyword', text: 'even', properties: ['title'] }),
      /indexSearchable/,
    );
    assert.equal(pages.get(uuidOf(0))?.properties.title, 'even');
    await pages.dropIndex('title', 'searchable');
  });

  test('filters made without a type name any property', async () => {
    await using db = await openLibrary();
    const pages = await openPages(db);
    assert.equal(pages.count(filters().property('year').containsAny([2001, 2003, 7])), 2);
    assert.throws(() => pages.count(filters().property('nope').equal(1)), {
      code: 'property-missing',
    });
  });
});
