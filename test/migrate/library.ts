// A source with everything that is copied: references in a circle and to nowhere, an alias, objects with a
// single vector, named ones, multi-vectors, some of them, none; every type of property.

import type { TestServer } from './sides.ts';

/** The id of the n-th object of a collection; ids are not in the order of their numbers. */
export function idOf(letter: 'a' | 'b', n: number): string {
  const tail = String((n * 7_919) % 1_000_003).padStart(12, '0');
  return `${letter.repeat(8)}-0000-4000-8000-${tail}`;
}

/** Lies before every other id, and no cursor begins before it. */
export const nilId = '00000000-0000-0000-0000-000000000000';

/** Authors and books, so many of each, referring to each other. */
export async function fillLibrary(server: TestServer, count: number): Promise<void> {
  await makeCollections(server);
  await addObjects(server, 0, count);
}

async function makeCollections(server: TestServer): Promise<void> {
  await server.send('POST', '/v1/schema', {
    class: 'Author',
    vectorizer: 'none',
    properties: [
      { name: 'name', dataType: ['text'], tokenization: 'field' },
      { name: 'phone', dataType: ['phoneNumber'] },
    ],
  });
  await server.send('POST', '/v1/schema', {
    class: 'Book',
    vectorConfig: {
      pages: {
        vectorizer: { none: {} },
        vectorIndexType: 'hnsw',
        vectorIndexConfig: { multivector: { enabled: true } },
      },
      cover: { vectorizer: { none: {} }, vectorIndexType: 'hnsw' },
    },
    properties: [...plainProperties, { name: 'by', dataType: ['Author', 'Book'] }],
  });
  await server.send('POST', '/v1/schema/Author/properties', { name: 'wrote', dataType: ['Book'] });
  await server.send('POST', '/v1/aliases', { alias: 'Volume', class: 'Book' });
}

const plainProperties = [
  { name: 'title', dataType: ['text'] },
  { name: 'tags', dataType: ['text[]'] },
  { name: 'years', dataType: ['int[]'] },
  { name: 'ratings', dataType: ['number[]'] },
  { name: 'price', dataType: ['number'] },
  { name: 'count', dataType: ['int'] },
  { name: 'isNew', dataType: ['boolean'] },
  { name: 'printed', dataType: ['date'] },
  { name: 'isbn', dataType: ['uuid'] },
  { name: 'shop', dataType: ['geoCoordinates'] },
  { name: 'picture', dataType: ['blob'] },
  {
    name: 'binding',
    dataType: ['object'],
    nestedProperties: [
      { name: 'kind', dataType: ['text'] },
      { name: 'maker', dataType: ['object'], nestedProperties: [{ name: 'n', dataType: ['int'] }] },
    ],
  },
] as const;

/** Objects with the numbers from `from`, `count` of either sort. */
export async function addObjects(server: TestServer, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  const objects = numbers.flatMap((n) => [author(n), book(n)]);
  for (let at = 0; at < objects.length; at += 100) {
    const body = { objects: objects.slice(at, at + 100) };
    const results = (await server.send('POST', '/v1/batch/objects', body)) as readonly {
      readonly result: { readonly status: string };
    }[];
    const failed = results.filter(({ result }) => result.status !== 'SUCCESS');
    if (failed.length > 0) throw new Error(JSON.stringify(failed[0]));
  }
}

function author(n: number): object {
  return {
    ...{ class: 'Author', id: idOf('a', n) },
    // Numbers without a short decimal.
    ...(n % 3 === 0 ? {} : { vector: Array.from({ length: 8 }, (_, at) => Math.sin(n * 8 + at)) }),
    properties: {
      name: `author ${n}`,
      phone: { input: `020 1234${100 + n}`, defaultCountry: 'nl' },
      // The last one leads to a book that is not there.
      wrote: [beacon('Book', idOf('b', n + 1)), beacon('Book', idOf('b', n))],
    },
  };
}

function book(n: number): object {
  const token = (at: number): number[] =>
    Array.from({ length: 16 }, (_, dim) => Math.cos(n * 97 + at * 16 + dim));
  return {
    ...{ class: 'Book', id: n === 0 ? nilId : idOf('b', n) },
    vectors: {
      ...(n % 4 !== 1 && { pages: Array.from({ length: 1 + (n % 7) }, (_, at) => token(at)) }),
      ...(n % 4 !== 2 && { cover: [n, 1, -2, 0.1 * n] }),
    },
    properties: {
      ...{ title: `book ${n} — 本`, price: n / 3, count: -n, isNew: n % 2 === 0 },
      tags: n % 2 === 0 ? [] : ['red', `shelf ${n}`],
      ...{ years: [1990 + n, 2000], ratings: [0.1, n / 7] },
      ...{ printed: '2024-01-02T03:04:05.12+02:00', isbn: idOf('a', n) },
      shop: { latitude: 52.37 + n / 1000, longitude: -4.9 },
      picture: Buffer.from(`picture ${n}`).toString('base64'),
      binding: { kind: 'cloth', maker: { n } },
      ...(n % 5 !== 0 && { by: [beacon('Author', idOf('a', n)), beacon('Book', nilId)] }),
    },
  };
}

function beacon(collection: string, id: string): { readonly beacon: string } {
  return { beacon: `weaviate://localhost/${collection}/${id}` };
}
