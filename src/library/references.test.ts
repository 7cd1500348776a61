// References between objects, and filters that go through them, as callers of the library use them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLibrary } from '../../test/library-world.ts';
import { uuidOf } from '../../test/simulation/world.ts';
import type { TesseraeCollection } from './collection.ts';
import { and, not } from './filters.ts';
import type { Tesserae } from './tesserae.ts';

interface Author {
  readonly name: string;
}

interface Book {
  readonly title: string;
  /** Of authors. */
  readonly by?: readonly string[];
  /** Of authors and books. */
  readonly about?: readonly string[];
}

interface Shelf {
  readonly books: TesseraeCollection<Book>;
  readonly authors: TesseraeCollection<Author>;
}

const [ann, bob, one, two] = [1, 2, 11, 12].map(uuidOf) as [string, string, string, string];

/** Two authors; the first book is by Ann, the second by both. */
async function fillShelf(db: Tesserae): Promise<Shelf> {
  const authors = await db.createCollection<Author>({
    name: 'Author',
    properties: [{ name: 'name', type: 'text' }],
  });
  await authors.insert({ uuid: ann, properties: { name: 'Ann' } });
  await authors.insert({ uuid: bob, properties: { name: 'Bob' } });
  const books = await db.createCollection<Book>({
    name: 'Book',
    properties: [
      { name: 'title', type: 'text' },
      { name: 'by', type: 'reference', targets: ['Author'] },
    ],
  });
  await books.addProperty({ name: 'about', type: 'reference', targets: ['Author', 'Book'] });
  await books.insert({ uuid: one, properties: { title: 'one', by: [ann] } });
  await books.insert({ uuid: two, properties: { title: 'two', by: [ann, `Author/${bob}`] } });
  return { books, authors };
}

describe('references of the library', () => {
  test('name the collection when they are read, and lead to their object', async () => {
    await using db = await openLibrary();
    const { books } = await fillShelf(db);
    const { by = [] } = books.get(two)?.properties ?? {};
    assert.deepEqual(by, [`Author/${ann}`, `Author/${bob}`]);
    const [, second] = by.map((each) => db.resolve<Author>(each));
    assert.deepEqual([second?.collection, second?.uuid], ['Author', bob]);
    assert.equal(second?.properties.name, 'Bob');
    assert.equal(db.resolve(`Author/${one}`), undefined);
    assert.equal(db.resolve(`Nobody/${ann}`), undefined);
    assert.throws(() => db.resolve(ann), {
      code: 'invalid-argument',
      message: `"${ann}" is no reference as Collection/uuid`,
    });
  });

  test('are added, replaced and taken away one by one or many at once', async () => {
    await using db = await openLibrary();
    const { books } = await fillShelf(db);
    const about = (): readonly string[] | undefined => books.get(one)?.properties.about;
    await books.addReference(one, 'about', `Book/${two}`);
    await books.addReference(one, 'about', `Author/${ann}`);
    assert.deepEqual(about(), [`Book/${two}`, `Author/${ann}`]);
    await books.deleteReference(one, 'about', `Book/${two}`);
    assert.deepEqual(about(), [`Author/${ann}`]);
    await books.replaceReferences(one, 'about', [`Book/${one}`]);
    assert.deepEqual(about(), [`Book/${one}`]);
    const results = await books.addReferences([
      { uuid: one, property: 'by', to: bob },
      { uuid: one, property: 'about', to: bob },
      { uuid: uuidOf(99), property: 'by', to: bob },
    ]);
    assert.deepEqual(
      results.map((error) => error?.code),
      [undefined, 'property-invalid', 'object-missing'],
    );
    assert.deepEqual(books.get(one)?.properties.by, [`Author/${ann}`, `Author/${bob}`]);
    await assert.rejects(books.addReference(one, 'by', uuidOf(77)), { code: 'invalid-argument' });
  });

  test('are filtered through, counted and aggregated', async () => {
    await using db = await openLibrary();
    const { books, authors } = await fillShelf(db);
    const by = books.filters.reference('by');
    const named = (name: string) => by.to(authors.filters.property('name').equal(name));
    assert.equal(books.count(named('Ann')), 2);
    assert.equal(books.count(named('Bob')), 1);
    assert.equal(books.count(and(named('Ann'), not(named('Bob')))), 1);
    assert.equal(books.count(by.count.greaterThan(1)), 1);
    const hits = await books.search({ kind: 'keyword', text: 'one two', filter: named('Bob') });
    assert.deepEqual(
      hits.map(({ properties }) => properties.title),
      ['two'],
    );
    await books.addReference(two, 'about', `Book/${one}`);
    const about = books.filters.reference('about');
    assert.equal(books.count(about.to(books.filters.uuid.equal(one), 'Book')), 1);
    assert.equal(books.count(about.to(authors.filters.uuid.equal(one), 'Author')), 0);
    const { groups } = await books.aggregate({ properties: { title: ['count'] }, groupBy: 'by' });
    assert.deepEqual(
      groups.map(({ value, count }) => [value, count]),
      [
        [`Author/${ann}`, 2],
        [`Author/${bob}`, 1],
      ],
    );
  });
});
