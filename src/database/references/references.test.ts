// References beside a plain model of two collections: what objects refer to after any writes, and which
// ones pass filters that go through references, in memory, sealed, and opened again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Properties } from '../../engine/document.ts';
import type { DatabaseError, ErrorCode } from '../../engine/errors.ts';
import type { Filter, FilterOperator } from '../../engine/filter/filter.ts';
import { randomFrom } from '../../engine/multivector/vectors-for-tests.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { Collection } from '../collection.ts';
import type { Database } from '../database.ts';
import type { PropertyInput } from '../schema/collection-input.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import { resolveNewProperty } from '../schema/property-schema.ts';

const none = new Map<string, never>();
const [author, page] = ['Author', 'Page'] as const;

async function addCollection(database: Database, name: string, properties: PropertyInput[]) {
  await database.createCollection(resolveCollection({ name, properties }));
  return database.collection(name);
}

/** Pages are by authors, and about authors and pages. */
async function makeWorld(database: Database): Promise<{ authors: Collection; pages: Collection }> {
  const authors = await addCollection(database, author, [{ name: 'n', type: 'int' }]);
  const pages = await addCollection(database, page, [
    { name: 'n', type: 'int' },
    { name: 'by', type: 'reference', targets: [author] },
    { name: 'about', type: 'reference', targets: [author, page] },
  ]);
  return { authors, pages };
}

async function put(collection: Collection, uuid: string, properties: Properties): Promise<void> {
  const [result] = await collection.insertMany([{ uuid, properties, vectors: none }], noContext);
  assert.ok(result?.kind === 'stored', result?.kind === 'failed' ? result.error.message : '');
}

const refused = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.equal((error as DatabaseError).code, code, String(error));
  assert.match((error as DatabaseError).message, message);
  return true;
};

const [a, b, c, d] = [1, 2, 3, 4].map(uuidOf) as [string, string, string, string];

describe('references', () => {
  test('are kept in order with the collection that they lead to, however they were given', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    await put(authors, a, {});
    const by = [
      a,
      `Author/${a}`,
      `weaviate://localhost/${a}`,
      { beacon: `weaviate://h/author/${b}` },
    ];
    await put(pages, c, { by, about: [{ beacon: `weaviate://localhost/Page/${c}` }] });
    assert.deepEqual(pages.get(c)?.properties, {
      by: [`Author/${a}`, `Author/${a}`, `Author/${a}`, `Author/${b}`],
      about: [`Page/${c}`],
    });
  });

  test('that name nothing, or the wrong collection, fail with what is allowed', async () => {
    await using database = await openDatabase();
    const { pages } = await makeWorld(database);
    const messages: [Properties, RegExp][] = [
      [{ by: a }, /references come in a list/],
      [{ by: ['x'] }, /element \[0\]: not a reference as weaviate:/],
      [{ by: [a, 7] }, /element \[1\]: not a reference as .*, but 7/],
      [{ by: [`Page/${a}`] }, /names collection Page; allowed: \[Author\]/],
      [{ about: [a] }, /names no collection; it may be one of \[Author, Page\]/],
    ];
    for (const [properties, message] of messages) {
      const [result] = await pages.insertMany([{ properties, vectors: none }], noContext);
      assert.ok(result?.kind === 'failed');
      assert.match(result.error.message, message);
    }
    assert.equal(pages.count(), 0);
  });

  test('of a single write lead to objects that exist, or to the object itself', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    const missing = refused('invalid-argument', /'by': no object with id .*02 found in .* Author/);
    const object = (properties: Properties) => ({ uuid: c, properties, vectors: none });
    await assert.rejects(pages.insert(object({ by: [b] }), noContext), missing);
    assert.throws(() => pages.validate(object({ by: [b] })), missing);
    await put(authors, a, {});
    await pages.insert(object({ by: [a], about: [`Page/${c}`] }), noContext);
    await assert.rejects(pages.replace(c, object({ by: [b] }), noContext), missing);
    await assert.rejects(pages.merge(c, object({ by: [b] }), noContext), missing);
    await assert.rejects(pages.addReference({ uuid: c, property: 'by', to: b }), missing);
    await assert.rejects(pages.replaceReferences(c, 'by', [a, b]), missing);
    assert.deepEqual(pages.get(c)?.properties['by'], [`Author/${a}`]);
    // What an object refers to already may be gone.
    await authors.delete(a);
    await pages.merge(c, object({ n: 1 }), noContext);
    assert.deepEqual(pages.get(c)?.properties['by'], [`Author/${a}`]);
  });

  test('join those that are there when an object is merged, and stay when it gets others', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    for (const uuid of [a, b]) await put(authors, uuid, {});
    await put(pages, c, { by: [a] });
    await pages.merge(c, { properties: { By: [b] }, vectors: none }, noContext);
    await pages.merge(c, { properties: { n: 1 }, vectors: none }, noContext);
    assert.deepEqual(pages.get(c)?.properties, { n: 1, by: [`Author/${a}`, `Author/${b}`] });
    await pages.merge(c, { properties: { by: null }, vectors: none }, noContext);
    assert.deepEqual(pages.get(c)?.properties, { n: 1 });
  });

  test('are added, replaced and removed; an object whose last one goes keeps an empty list', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    await put(authors, a, {});
    await put(pages, c, { n: 3 });
    const before = pages.get(c);
    await pages.addReference({ uuid: c, property: 'by', to: a });
    await pages.addReference({ uuid: c, property: 'by', to: a });
    const twice = pages.get(c);
    assert.deepEqual(twice?.properties, { n: 3, by: [`Author/${a}`, `Author/${a}`] });
    assert.equal(twice.createdAt, before?.createdAt);
    assert.ok(twice.updatedAt > (before?.updatedAt ?? 0));
    await pages.deleteReference({ uuid: c, property: 'by', to: `weaviate://localhost/${a}` });
    assert.deepEqual(pages.get(c)?.properties, { n: 3, by: [] });
    await pages.replaceReferences(c, 'about', [`Author/${a}`, `Page/${c}`]);
    assert.deepEqual(pages.get(c)?.properties['about'], [`Author/${a}`, `Page/${c}`]);
    const nobody = { uuid: d, property: 'by', to: a };
    await assert.rejects(
      pages.addReference(nobody),
      refused('object-missing', /04 does not exist/),
    );
    const [nope, number] = ['nope', 'n'].map((property) => ({ uuid: c, property, to: a }));
    assert.ok(nope && number);
    await assert.rejects(pages.addReference(nope), refused('property-missing', /'nope'/));
    await assert.rejects(
      pages.deleteReference(number),
      refused('property-invalid', /int property 'n' .* it does not refer to objects/),
    );
  });

  test('of many objects are added in one step, each with an outcome of its own', async () => {
    await using database = await openDatabase();
    const { pages } = await makeWorld(database);
    for (const uuid of [c, d]) await put(pages, uuid, {});
    const add = (collection: string, uuid: string, property: string, to: string) => ({
      ...{ collection, reference: { uuid, property, to } },
    });
    const results = await database.addReferences([
      add('page', c, 'by', a),
      add(page, d, 'by', b),
      add(page, uuidOf(9), 'by', a),
      add('Nobody', c, 'by', a),
      add(page, c, 'nope', a),
      add(page, c, 'About', `Page/${d}`),
      add(page, c, 'by', b),
      add(page, 'x', 'by', b),
    ]);
    assert.deepEqual(
      results.map((error) => error?.code),
      [
        ...[undefined, undefined, 'object-missing', 'collection-missing', 'property-missing'],
        ...[undefined, undefined, 'invalid-argument'],
      ],
    );
    const both = { by: [`Author/${a}`, `Author/${b}`], about: [`Page/${d}`] };
    assert.deepEqual(pages.get(c)?.properties, both);
    assert.deepEqual(pages.get(d)?.properties, { by: [`Author/${b}`] });
  });

  test('that are added to one object at once are all kept', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    const all = Array.from({ length: 30 }, (_, n) => uuidOf(100 + n));
    for (const uuid of all) await put(authors, uuid, {});
    await put(pages, c, {});
    const merged = { properties: { n: 5 }, vectors: none };
    await Promise.all([
      ...all.map((to) => pages.addReference({ uuid: c, property: 'by', to })),
      pages.merge(c, merged, noContext),
    ]);
    const { n, by } = pages.get(c)?.properties ?? {};
    assert.equal(n, 5);
    assert.deepEqual(
      [...(by as string[])].sort(),
      all.map((uuid) => `Author/${uuid}`),
    );
  });

  test('come with auto-schema, to the collections that they name or that have the object', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    await put(authors, a, {});
    const beacon = (path: string) => ({ beacon: `weaviate://localhost/${path}` });
    await put(pages, c, { seen: [beacon(a)], any: [beacon(`Page/${c}`), beacon(`Author/${b}`)] });
    const targets = (name: string) =>
      pages.config.properties.find((property) => property.name === name)?.targets;
    assert.deepEqual([targets('seen'), targets('any')], [[author], [page, author]]);
    assert.deepEqual(pages.get(c)?.properties['seen'], [`Author/${a}`]);
    for (const [path, name] of [
      [d, 'lost'],
      [`Nobody/${a}`, 'gone'],
    ] as const) {
      const properties = { [name]: [beacon(path)] };
      const [result] = await pages.insertMany([{ properties, vectors: none }], noContext);
      assert.ok(result?.kind === 'failed');
      assert.match(result.error.message, /refers to no object and no collection that exists/);
      assert.equal(targets(name), undefined);
    }
  });

  test('lead to collections that exist, by any of their names', async () => {
    await using database = await openDatabase();
    const { pages } = await makeWorld(database);
    await database.aliases.create('Writer', author);
    const property = resolveNewProperty(pages.config, {
      ...{ name: 'with', type: 'reference', targets: ['writer', 'Author'] },
    });
    await database.addProperty(page, property);
    assert.deepEqual(pages.config.properties.at(-1)?.targets, [author]);
    await put(pages, c, { with: [`Writer/${a}`] });
    assert.deepEqual(pages.get(c)?.properties['with'], [`Author/${a}`]);
    const lost = resolveNewProperty(pages.config, {
      ...{ name: 'lost', type: 'reference', targets: ['Nobody'] },
    });
    await assert.rejects(
      database.addProperty(page, lost),
      refused('invalid-argument', /'lost' of collection Page: .* Nobody, which does not exist/),
    );
  });

  test('that lead to a collection that is gone pass no filter and stay as they are', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    await put(authors, a, { n: 1 });
    await put(pages, c, { by: [a] });
    const compare = {
      kind: 'compare',
      operator: 'equal',
      target: { kind: 'uuid' },
      value: a,
    } as const;
    const byA: Filter = { kind: 'reference', property: 'by', filter: compare };
    assert.equal(pages.count(byA), 1);
    await authors.delete(a);
    assert.equal(pages.count(byA), 0);
    await database.deleteCollection(author);
    assert.throws(() => pages.count(byA), refused('collection-missing', /Author/));
    assert.deepEqual(pages.get(c)?.properties, { by: [`Author/${a}`] });
    const one: Filter = { ...compare, target: { kind: 'referenceCount', name: 'by' }, value: 1 };
    assert.equal(pages.count(one), 1);
  });

  test('lead to the collection that takes the place of one that is gone, by its alias', async () => {
    await using database = await openDatabase();
    const { authors, pages } = await makeWorld(database);
    await put(authors, a, { n: 1 });
    await put(pages, c, { by: [a], about: [`Author/${a}`, `Page/${c}`] });
    const newer = await addCollection(database, 'Author_v2', [{ name: 'n', type: 'int' }]);
    await put(newer, a, { n: 2 });
    await put(newer, b, { n: 3 });
    await database.deleteCollection(author);
    await database.aliases.create(author, newer.name);
    await pages.merge(c, { properties: { n: 5 }, vectors: none }, noContext);
    await pages.addReference({ uuid: c, property: 'by', to: `Author_v2/${b}` });
    assert.deepEqual(pages.get(c)?.properties, {
      ...{ n: 5, by: [`Author/${a}`, `Author/${b}`] },
      about: [`Author/${a}`, `Page/${c}`],
    });
    const target = { kind: 'property', name: 'n' } as const;
    const is = (value: number) => ({ kind: 'compare', operator: 'equal', target, value }) as const;
    const through = (property: string, value: number, collection?: string): number =>
      pages.count({
        ...{ kind: 'reference', property, filter: is(value) },
        ...(collection === undefined ? {} : { collection }),
      });
    assert.deepEqual(
      [1, 2, 3].map((value) => through('by', value)),
      [0, 1, 1],
    );
    assert.equal(through('about', 2, author), 1);
    assert.equal(through('about', 2, newer.name), 1);
    assert.throws(() => through('about', 2, 'Nobody'), refused('invalid-argument', /Nobody, only/));
  });

  test('of several collections are asked for by the name of one', async () => {
    await using database = await openDatabase();
    const { pages } = await makeWorld(database);
    const filter: Filter = {
      ...{ kind: 'compare', operator: 'equal', target: { kind: 'property', name: 'n' }, value: 1 },
    };
    const through = (property: string, collection?: string): Filter => ({
      ...{ kind: 'reference', property, filter },
      ...(collection === undefined ? {} : { collection }),
    });
    const refuses = (asked: Filter, code: ErrorCode, message: RegExp) =>
      assert.throws(() => pages.count(asked), refused(code, message));
    refuses(
      through('about'),
      'invalid-argument',
      /several collections, name one of \[Author, Page\]/,
    );
    refuses(
      through('by', page),
      'invalid-argument',
      /not refer to collection Page, only to \[Author\]/,
    );
    refuses(through('nope'), 'property-missing', /nope/);
    refuses(through('n'), 'invalid-argument', /it is a int, not a reference/);
    assert.equal(pages.count(through('about', 'page')), 0);
  });
});

/** An object of the model. */
interface Plain {
  n: number;
  by: string[] | undefined;
  about: string[] | undefined;
}
type Model = Readonly<Record<'Author' | 'Page', Map<string, Plain>>>;

const operators = ['equal', 'notEqual', 'greaterThan', 'lessThanEqual'] as const;

function holds(operator: FilterOperator, seen: number, value: number): boolean {
  if (operator === 'equal') return seen === value;
  if (operator === 'notEqual') return seen !== value;
  return operator === 'greaterThan' ? seen > value : seen <= value;
}

/** Random writes to both the database and the model. */
class Play {
  readonly model: Model = { Author: new Map(), Page: new Map() };
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  filter(name: 'Author' | 'Page', depth: number): Filter {
    const kind = this.below(depth > 0 ? 7 : 3);
    const [operator, value] = [this.one(operators), this.below(4)];
    if (kind === 0 || (name === 'Author' && kind < 4)) {
      return { kind: 'compare', operator, target: { kind: 'property', name: 'n' }, value };
    }
    const property = this.one(['by', 'about']);
    if (kind < 3) {
      return {
        kind: 'compare',
        operator,
        target: { kind: 'referenceCount', name: property },
        value,
      };
    }
    if (kind < 5 && name === 'Page') {
      const collection = property === 'by' ? author : this.one([author, page]);
      const named = property === 'by' && this.below(2) === 0 ? {} : { collection };
      return { kind: 'reference', property, ...named, filter: this.filter(collection, depth - 1) };
    }
    if (kind === 5) return { kind: 'not', operand: this.filter(name, depth - 1) };
    const operands = [this.filter(name, depth - 1), this.filter(name, depth - 1)];
    return { kind: this.one(['and', 'or'] as const), operands };
  }

  passes(filter: Filter, { n, by, about }: Plain): boolean {
    switch (filter.kind) {
      case 'and':
        return filter.operands.every((each) => this.passes(each, { n, by, about }));
      case 'or':
        return filter.operands.some((each) => this.passes(each, { n, by, about }));
      case 'not':
        return !this.passes(filter.operand, { n, by, about });
      case 'compare': {
        const { target, operator, value } = filter;
        const list = 'name' in target && target.name === 'by' ? by : about;
        const seen = target.kind === 'property' ? n : (list?.length ?? 0);
        return holds(operator, seen, value as number);
      }
      case 'reference': {
        const collection = (filter.collection ?? author) as 'Author' | 'Page';
        return ((filter.property === 'by' ? by : about) ?? []).some((text) => {
          const [name, uuid = ''] = text.split('/');
          const found = name === collection ? this.model[collection].get(uuid) : undefined;
          return found !== undefined && this.passes(filter.filter, found);
        });
      }
      default:
        throw new Error(`no such filter here: ${filter.kind}`);
    }
  }

  async write({ authors, pages }: { authors: Collection; pages: Collection }): Promise<void> {
    const [some, other] = [uuidOf(this.below(25)), uuidOf(this.below(25))];
    const to = this.one([author, page]);
    const old = this.model.Page.get(some);
    switch (this.below(7)) {
      case 0: {
        const n = this.below(4);
        await put(authors, some, { n });
        this.model.Author.set(some, { n, by: undefined, about: undefined });
        return;
      }
      case 1:
      case 2: {
        const n = this.below(4);
        const by = this.one([undefined, [], [`Author/${other}`]]);
        const about = this.one([undefined, [`${to}/${some}`, `Author/${other}`]]);
        await put(pages, some, { n, ...(by && { by }), ...(about && { about }) });
        this.model.Page.set(some, { n, by, about });
        return;
      }
      case 3: {
        const collection = this.one([authors, pages]);
        await collection.delete(some);
        this.model[collection.name as 'Author' | 'Page'].delete(some);
        return;
      }
      case 4: {
        const add = { uuid: some, property: 'about', to: `${to}/${other}` };
        const [error] = await pages.addReferences([add]);
        assert.equal(error?.code, old ? undefined : 'object-missing');
        if (old) this.model.Page.set(some, { ...old, about: [...(old.about ?? []), add.to] });
        return;
      }
      case 5: {
        if (!old) return;
        await pages.deleteReference({ uuid: some, property: 'by', to: other });
        const by = (old.by ?? []).filter((text) => text !== `Author/${other}`);
        this.model.Page.set(some, { ...old, by });
        return;
      }
      default: {
        const n = this.below(4);
        if (!old) return;
        await pages.merge(some, { properties: { n }, vectors: none }, noContext);
        this.model.Page.set(some, { ...old, n });
      }
    }
  }

  check(database: Database, seed: number): void {
    for (const name of [author, page]) {
      const collection = database.collection(name);
      for (let round = 0; round < 12; round += 1) {
        const filter = this.filter(name, 3);
        const expected = [...this.model[name]].filter(([, object]) => this.passes(filter, object));
        const said = `seed ${seed}, ${name}: ${JSON.stringify(filter)}`;
        assert.equal(collection.count(filter), expected.length, said);
      }
    }
  }
}

test('filters through references agree with a plain model', async () => {
  for (const seed of [1, 2, 3, 4]) {
    const play = new Play(seed);
    const directory = new MemoryDirectory({ seed });
    {
      await using database = await openDatabase({ directory });
      const world = await makeWorld(database);
      for (let round = 0; round < 10; round += 1) {
        for (let step = 0; step < 12; step += 1) await play.write(world);
        play.check(database, seed);
        if (round % 4 === 2) await database.flush();
      }
    }
    await using database = await openDatabase({ directory });
    play.check(database, seed);
    for (const [uuid, { n, by, about }] of play.model.Page) {
      const expected = { n, ...(by && { by }), ...(about && { about }) };
      assert.deepEqual(database.collection(page).get(uuid)?.properties, expected, `seed ${seed}`);
    }
  }
});
