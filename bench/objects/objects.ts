// Objects with a property of every kind, made of their number alone: a benchmark knows what its filters
// must find without asking.

import type { GoogleValue } from '../../src/api/grpc/generated/messages.ts';
import type { MessageInit } from '../../src/api/grpc/protocol.ts';

/** Name of the collection. */
export const objectCollection = 'Objects';
/** Components of the single vector. */
export const vectorDims = 16;
/** Different values of `tag`. */
export const tagCount = 200;
/** The object with a number refers to that of its number modulo this. */
export const targetCount = 100;

/** What `POST /v1/schema` gets. */
export const objectSchema = {
  class: objectCollection,
  invertedIndexConfig: { indexTimestamps: true, indexNullState: true, indexPropertyLength: true },
  properties: [
    { name: 'body', dataType: ['text'] },
    { name: 'title', dataType: ['text'], tokenization: 'field' },
    { name: 'tag', dataType: ['text'], tokenization: 'field' },
    { name: 'tags', dataType: ['text[]'] },
    { name: 'number', dataType: ['int'] },
    { name: 'price', dataType: ['number'] },
    { name: 'sizes', dataType: ['int[]'] },
    { name: 'flag', dataType: ['boolean'] },
    { name: 'when', dataType: ['date'] },
    { name: 'key', dataType: ['uuid'] },
    { name: 'place', dataType: ['geoCoordinates'] },
    {
      name: 'maker',
      dataType: ['object'],
      nestedProperties: [
        { name: 'name', dataType: ['text'] },
        { name: 'year', dataType: ['int'] },
      ],
    },
    { name: 'related', dataType: [objectCollection] },
  ],
  vectorConfig: {
    v: {
      vectorizer: { none: {} },
      vectorIndexType: 'hnsw',
      vectorIndexConfig: { distance: 'l2-squared' },
    },
  },
} as const;

/** Numbers from 0 up to 1 that look random: the same for the same number and salt. */
export function chance(n: number, salt: number): number {
  let bits = Math.imul(n + 1, 0x2c1b3c6d) ^ Math.imul(salt + 1, 0x297a2d39);
  bits = Math.imul(bits ^ (bits >>> 15), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 16), 0x735a2d97);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}

/** Spread over all uuids, so that objects come in no order. */
export function uuidOf(n: number): string {
  const word = (salt: number): string =>
    Math.floor(chance(n, salt) * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c] = [word(1), word(2), word(3)];
  const tail = n.toString(16).padStart(8, '0');
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${tail}`;
}

/** Of the first 30,000 words of a language the k-th is about 1/k as common as the first. */
function wordOf(n: number, salt: number): string {
  return `w${Math.floor(30_000 ** chance(n, salt))}`;
}

export const tagOf = (n: number): string => `tag ${Math.floor(chance(n, 4) ** 2 * tagCount)}`;
export const numberOf = (n: number): number => (n * 7919) % 1000;
export const flagOf = (n: number): boolean => n % 4 === 0;
/** The last whole second is that of the number. */
export const whenOf = (n: number): string =>
  new Date(1_577_836_800_000 + n * 1000).toISOString().replace('.000Z', 'Z');
/** One in eight has no price. */
export const priceOf = (n: number): number | undefined =>
  n % 8 === 0 ? undefined : Math.floor(chance(n, 5) * 100_000) / 100;
export const latitudeOf = (n: number): number => chance(n, 6) * 180 - 90;
export const yearOf = (n: number): number => 1900 + (n % 100);

/** The 40 words of the body. */
export function bodyOf(n: number): string {
  return Array.from({ length: 40 }, (_, index) => wordOf(n, 100 + index)).join(' ');
}

/** The properties of one object, as messages have them, without references. */
export function fieldsOf(n: number): Record<string, MessageInit<GoogleValue>> {
  const text = (value: string): MessageInit<GoogleValue> => ({ stringValue: value });
  const number = (value: number): MessageInit<GoogleValue> => ({ numberValue: value });
  const list = (values: readonly MessageInit<GoogleValue>[]): MessageInit<GoogleValue> => ({
    listValue: { values },
  });
  const struct = (fields: Record<string, MessageInit<GoogleValue>>): MessageInit<GoogleValue> => ({
    structValue: { fields },
  });
  const price = priceOf(n);
  return {
    ...{ body: text(bodyOf(n)), title: text(`Title of ${n}`), tag: text(tagOf(n)) },
    tags: list([text(`t${n % 50}`), text(`t${n % 7}`)]),
    ...{ number: number(numberOf(n)), flag: { boolValue: flagOf(n) }, when: text(whenOf(n)) },
    ...(price !== undefined && { price: number(price) }),
    sizes: list([number(n % 10), number(n % 13), number(n % 17)]),
    key: text(uuidOf(n % 1000)),
    place: struct({
      latitude: number(latitudeOf(n)),
      longitude: number(chance(n, 7) * 360 - 180),
    }),
    maker: struct({ name: text(`Maker ${n % 500}`), year: number(yearOf(n)) }),
  };
}

/** The vector of one object. */
export function vectorOf(n: number): Float32Array {
  return Float32Array.from({ length: vectorDims }, (_, index) => chance(n, 200 + index));
}
