// What the compiler must accept and refuse of the public library. Never run: `tsc -b` is the test.

import {
  and,
  type Filter,
  filters,
  type Group,
  type Hit,
  type SearchRequest,
  type StoredObject,
  type SummaryOf,
  type Tesserae,
  type TesseraeCollection,
  type VectorData,
} from '../../src/index.ts';

interface Page {
  readonly title: string;
  readonly year?: number;
}

/** Two types are the same, not only assignable. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(_: T | undefined): void => undefined;

/** Interfaces of the caller type what goes in and what comes out. */
export async function typedCollections(db: Tesserae): Promise<void> {
  const pages = await db.createCollection<Page>({ name: 'Pages' });
  await pages.insert({ properties: { title: 'a', year: 1 }, vectors: { tokens: [[1, 0]] } });
  await pages.merge('uuid', { properties: { year: 2 } });
  const hits = await pages.search({ kind: 'keyword', text: 'a', properties: ['title'] });
  yes<Same<typeof hits, readonly Hit<Page>[]>>(undefined);
  const [hit] = hits;
  yes<Same<NonNullable<typeof hit>['properties']['title'], string>>(undefined);
  yes<Same<NonNullable<typeof hit>['score'], number>>(undefined);

  // @ts-expect-error a property is missing
  await pages.insert({ properties: {} });
  // @ts-expect-error a property has another type
  await pages.insert({ properties: { title: 1 } });
  // @ts-expect-error there is no such property
  await pages.insert({ properties: { title: 'a', colour: 'red' } });
  // @ts-expect-error functions are no property values
  db.collection<{ readonly title: () => void }>('Pages');
}

/** Without a type, properties are whatever JSON holds. */
export function untypedCollections(db: Tesserae): void {
  const anything = db.collection('Anything');
  yes<Same<typeof anything, TesseraeCollection>>(undefined);
  void anything.insert({ properties: { a: [1, 2], b: { c: null } } });
  // @ts-expect-error vectors stand under a name
  void anything.insert({ properties: {}, vectors: [[1, 0]] });
}

/** A search has the fields of its kind only. */
export const searches: readonly SearchRequest[] = [
  { kind: 'vector', vector: [[1, 0]], name: 'tokens', scoreMin: 0.5, limit: 3 },
  { kind: 'vector', vector: Float32Array.of(1, 0), include: ['vectors', 'explanation'] },
  { kind: 'text', text: 'why', exact: true },
  { kind: 'hybrid', text: 'why', alpha: 0.5, fusion: 'ranked' },
  { kind: 'vector', vector: [1, 0], name: ['a', 'b'], combination: 'manual', weights: [1, 2] },
  { kind: 'vectors', vectors: { a: [1, 0], b: [[1, 0]] }, weights: { a: 0.5 } },
  { kind: 'object', uuid: 'uuid', name: 'a' },
  { kind: 'image', image: 'base64' },
  { kind: 'text', text: 'why', moveTo: { force: 0.5, concepts: ['because'] } },
  // @ts-expect-error vectors of several names stand under them
  { kind: 'vectors', vectors: [[1, 0]] },
  // @ts-expect-error only texts move
  { kind: 'object', uuid: 'uuid', moveTo: { force: 0.5 } },
  // @ts-expect-error a move has a force
  { kind: 'text', text: 'why', moveAway: { concepts: ['because'] } },
  // @ts-expect-error a vector search needs a vector
  { kind: 'vector' },
  // @ts-expect-error keywords have no alpha
  { kind: 'keyword', text: 'why', alpha: 0.5 },
  // @ts-expect-error keywords are always exact
  { kind: 'keyword', text: 'why', exact: true },
  // @ts-expect-error there is no such fusion
  { kind: 'hybrid', text: 'why', fusion: 'sum' },
  // @ts-expect-error there is no such part
  { kind: 'text', text: 'why', include: ['distance'] },
];

/** Plain arrays, typed arrays and ready values are vectors; deeper arrays are not. */
export const vectors: readonly VectorData[] = [
  [1, 0],
  [[1, 0]],
  Float32Array.of(1, 0),
  [Float32Array.of(1, 0)],
  { kind: 'multi', dims: 2, values: Float32Array.of(1, 0) },
  // @ts-expect-error one level too deep
  [[[1, 0]]],
];

interface Book extends Page {
  readonly tags: readonly string[];
  readonly place: { readonly latitude: number; readonly longitude: number };
}

/** Filters know the properties and what they are compared with. */
export function typedFilters(books: TesseraeCollection<Book>): Filter {
  const { filters: of } = books;
  // @ts-expect-error there is no such property
  of.property('colour');
  // @ts-expect-error a year is a number
  of.property('year').equal('1999');
  // @ts-expect-error only texts are like a pattern
  of.property('year').like('19*');
  // @ts-expect-error of an array the elements are compared
  of.property('tags').equal(['a']);
  // @ts-expect-error places are compared by their distance
  of.property('place');
  // @ts-expect-error times are dates
  of.createdAt.equal('2024-01-01');
  // @ts-expect-error a text is no filter
  and('year > 1999');
  filters().property('anything').equal(1);
  return and(
    of.property('year').greaterThan(1999),
    of.property('title').like('a*'),
    of.property('tags').containsAny(['a']),
    of.geo('place').withinGeoRange({ latitude: 0, longitude: 0, distance: 1 }),
    of.length('tags').equal(2),
    of.createdAt.lessThan(new Date(0)),
  );
}

/** Whatever gives objects gives them with their type. */
export async function typedReads(pages: TesseraeCollection<Page>): Promise<void> {
  for await (const page of pages.iterate()) yes<Same<typeof page, StoredObject<Page>>>(undefined);
  const fetched = await pages.fetch({ sort: [{ by: { kind: 'uuid' }, ascending: true }] });
  yes<Same<typeof fetched, readonly StoredObject<Page>[]>>(undefined);
  const groups = await pages.searchGroups({ kind: 'keyword', text: 'a' }, { property: 'year' });
  yes<Same<typeof groups, readonly Group<Page>[]>>(undefined);
  // @ts-expect-error a property has another type
  pages.validate({ properties: { title: 1 } });
  // @ts-expect-error what can change of a collection is not its name
  await pages.update({ name: 'Other' });
  // @ts-expect-error there is no such kind of property
  await pages.addProperty({ name: 'a', type: 'string' });
}

/** Aggregations answer for the properties that were asked for, by the kind of each. */
export async function typedAggregates(books: TesseraeCollection<Book>): Promise<void> {
  const { properties, groups } = await books.aggregate({
    properties: { year: ['mean'], tags: 'all' },
    groupBy: 'title',
  });
  yes<Same<typeof properties.year, SummaryOf<number> | undefined>>(undefined);
  yes<Same<(typeof groups)[number]['properties']['year']['mean'], number | undefined>>(undefined);
  // @ts-expect-error it was not asked for
  void properties.title;
  // @ts-expect-error there is no such property
  await books.aggregate({ properties: { colour: 'all' } });
  // @ts-expect-error there is no such metric
  await books.aggregate({ properties: { year: ['average'] } });
  // @ts-expect-error there is no such property
  await books.aggregate({ groupBy: 'colour' });
  // @ts-expect-error what is aggregated has no pages
  await books.aggregate({ search: { kind: 'keyword', text: 'why', offset: 3 } });
}
