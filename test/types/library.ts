// What the compiler must accept and refuse of the public library. Never run: `tsc -b` is the test.

import type {
  Hit,
  SearchRequest,
  Tesserae,
  TesseraeCollection,
  VectorData,
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
