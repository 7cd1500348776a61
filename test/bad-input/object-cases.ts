// Objects that must be refused, each as REST and gRPC carry it. The collection is Doc: `text`, `n`, `when`,
// `image` and `part`, a multi-vector `tokens` of 3 dimensions and a single vector `one` of 2.

import type { JsonObject } from '../grpc/golden-messages.ts';

/** What is wrong with one object, and what the error must name. */
export interface ObjectCase {
  readonly title: string;
  /** Members of the object's JSON, or the whole of them as text where no object can say it. */
  readonly rest?: JsonObject | string;
  /** Status of a single insert. */
  readonly status?: 400 | 422;
  /** Fields of the message. */
  readonly grpc?: JsonObject;
  readonly says: RegExp;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Little-endian 32-bit floats, as single vectors travel. */
export function floats(values: readonly number[]): string {
  return base64(new Uint8Array(Float32Array.from(values).buffer));
}

/** A multi-vector as it travels: its dimension in 16 bits, then the rows. */
export function rows(
  values: readonly (readonly number[])[],
  dims = values[0]?.length ?? 0,
): string {
  const body = new Uint8Array(Float32Array.from(values.flat()).buffer);
  return base64(Buffer.concat([Uint8Array.of(dims & 255, dims >> 8), body]));
}

/** One vector of a message. */
export function vector(name: string, bytes: string, kind: 'single' | 'multi'): JsonObject {
  const type = kind === 'multi' ? 'VECTOR_TYPE_MULTI_FP32' : 'VECTOR_TYPE_SINGLE_FP32';
  return { name, vector_bytes: bytes, type };
}

const tokens = (bytes: string): JsonObject => ({ vectors: [vector('tokens', bytes, 'multi')] });
const one = (bytes: string): JsonObject => ({ vectors: [vector('one', bytes, 'single')] });
const plain = (properties: JsonObject): JsonObject => ({
  properties: { non_ref_properties: properties },
});
const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** An object in an object in an object… */
function nested(levels: number): JsonObject {
  return levels === 0 ? { end: 1 } : { in: nested(levels - 1) };
}

/** The same property on both wires. */
function property(title: string, properties: JsonObject, says: RegExp): ObjectCase {
  return { title, rest: { properties }, status: 422, grpc: plain(properties), says };
}

const vectorCases: readonly ObjectCase[] = [
  {
    title: 'token vectors of different lengths',
    rest: {
      vectors: {
        tokens: [
          [1, 0, 0],
          [1, 0],
        ],
      },
    },
    status: 422,
    // The wire has one dimension for all; clients that send tokens one by one can be ragged.
    grpc: {
      vectors: [
        vector('tokens', floats([1, 0, 0]), 'single'),
        vector('tokens', floats([1, 0]), 'single'),
      ],
    },
    says: /"tokens".*(2 values, expected 3|token 1 has 2 values, .* have 3)/,
  },
  {
    title: 'bytes that end within a token vector',
    grpc: tokens(
      rows(
        [
          [1, 0, 0],
          [1, 0],
        ],
        3,
      ),
    ),
    says: /"tokens".* got 20 bytes of tokens, not a multiple of 12 \(3 dimensions\)/,
  },
  {
    title: 'no token vector',
    rest: { vectors: { tokens: [] } },
    status: 422,
    grpc: tokens(rows([], 3)),
    says: /"tokens".*multi-vector cannot be empty/,
  },
  {
    title: 'an empty token vector',
    rest: { vectors: { tokens: [[1, 0, 0], []] } },
    status: 422,
    grpc: tokens(rows([], 0)),
    says: /"tokens".*(token 1 is empty|dimension cannot be 0)/,
  },
  {
    title: 'an empty single vector',
    rest: { vectors: { one: [] } },
    status: 422,
    grpc: one(''),
    says: /"one".*vector cannot be empty/,
  },
  {
    title: 'NaN in a token vector',
    rest: { vectors: { tokens: [[1, null, 0]] } },
    status: 400,
    grpc: tokens(rows([[1, Number.NaN, 0]])),
    says: /vectors\.tokens\[0\]\[1\].* got null|"tokens".*\[0\]\[1\] is NaN/,
  },
  {
    title: 'infinity in a token vector',
    rest: '"vectors":{"tokens":[[1,0,0],[1,0,-1e999]]}',
    status: 400,
    grpc: tokens(
      rows([
        [1, 0, 0],
        [1, 0, -Infinity],
      ]),
    ),
    says: /vectors\.tokens\[1\]\[2\].* got -Infinity|"tokens".*\[1\]\[2\] is -Infinity/,
  },
  {
    title: 'a number beyond 32 bits in a single vector',
    rest: { vectors: { one: [1, 1e39] } },
    status: 400,
    grpc: one(floats([1, 1e39])),
    says: /vectors\.one\[1\].* got 1e\+39|"one".*\[1\] is Infinity/,
  },
  {
    title: 'token vectors of another dimension than those stored',
    rest: { vectors: { tokens: [[1, 0]] } },
    status: 422,
    grpc: tokens(rows([[1, 0]])),
    says: /"tokens" in collection "Doc".* 2 dimensions, the collection holds vectors of 3/,
  },
  {
    title: 'a single vector of another dimension than those stored',
    rest: { vectors: { one: [1, 2, 3] } },
    status: 422,
    grpc: one(floats([1, 2, 3])),
    says: /"one" in collection "Doc".* 3 dimensions, the collection holds vectors of 2/,
  },
  {
    title: 'a single vector where token vectors belong',
    rest: { vectors: { tokens: [1, 0, 0] } },
    status: 422,
    grpc: { vectors: [vector('tokens', floats([1, 0, 0]), 'single')] },
    says: /"tokens".*configured as multi-vector.*got a single vector/,
  },
  {
    title: 'token vectors where a single vector belongs',
    rest: { vectors: { one: [[1, 2]] } },
    status: 422,
    grpc: { vectors: [vector('one', rows([[1, 2]]), 'multi')] },
    says: /"one".*not configured as multi-vector/,
  },
  {
    title: 'two vectors where one belongs',
    grpc: {
      vectors: [vector('one', floats([1, 2]), 'single'), vector('one', floats([3, 4]), 'single')],
    },
    says: /"one".*got 2 vectors, expected one/,
  },
  {
    title: 'bytes that are no floats',
    grpc: one('AAAA'),
    says: /"one".*got 3 bytes, not a multiple of 4/,
  },
  {
    title: 'more token vectors than an object may have',
    rest: { vectors: { tokens: repeat(16_385, [1, 0, 0]) } },
    status: 422,
    grpc: tokens(rows(repeat(16_385, [1, 0, 0]))),
    says: /"tokens".*16385 token vectors, at most 16384/,
  },
  {
    title: 'more dimensions than a vector may have',
    rest: { vectors: { one: repeat(4_097, 1) } },
    status: 422,
    grpc: one(floats(repeat(4_097, 1))),
    says: /"one".*4097 dimensions, at most 4096/,
  },
  {
    title: 'a vector under a name that the collection lacks',
    rest: { vectors: { other: [1] } },
    status: 422,
    grpc: { vectors: [vector('other', floats([1]), 'single')] },
    says: /Doc .*vector other; its vectors are \[tokens, one\]/,
  },
  {
    title: 'an unnamed vector where vectors have names',
    rest: { vector: [1, 2] },
    status: 422,
    grpc: { vector_bytes: floats([1, 2]) },
    says: /Doc has named vectors \[tokens, one\]/,
  },
  ...['constructor', 'toString', '__proto__'].map((name) => ({
    title: `a vector called ${name}`,
    rest: `"vectors":{"${name}":[1]}`,
    status: 422 as const,
    grpc: { vectors: [vector(name, floats([1]), 'single')] },
    says: new RegExp(`Doc .*vector ${name}; its vectors are`),
  })),
  {
    title: 'text where a vector belongs',
    rest: { vectors: { tokens: 'abc' } },
    status: 400,
    says: /vectors\.tokens: expected a list .* got "abc/,
  },
  {
    title: 'a list of vectors without names',
    rest: { vectors: [[1, 0, 0]] },
    status: 400,
    says: /vectors: expected an object, got \[\[1,0,0\]\]/,
  },
];

const propertyCases: readonly ObjectCase[] = [
  property(
    'a number as text',
    { text: 5 },
    /text property 'text' on class 'Doc': not a string, but number/,
  ),
  property('a fraction as int', { n: 1.5 }, /int property 'n' on class 'Doc': .* but 1\.5/),
  property(
    'an int beyond 2^53',
    { n: 2 ** 60 },
    /'n'.* within ±9007199254740991, but 11529215046068/,
  ),
  property(
    'a day that does not exist',
    { when: '2024-02-30T00:00:00Z' },
    /'when'.* but "2024-02-30T00:00:00Z"/,
  ),
  property('text as a list', { text: ['a'] }, /'text'.* but array/),
  property('bad base64', { image: '%%%' }, /'image'.*not a valid blob base64 string, but "%%%"/),
  property(
    'a data URI as blob',
    { image: 'data:image/png;base64,AAAA' },
    /'image'.*leave out "data:image\/png;base64,"/,
  ),
  property(
    'a wrong part of an object',
    { part: { name: 7 } },
    /'part\.name'.*not a string, but number/,
  ),
  property(
    'a list of several types',
    { mixed: [1, 'a'] },
    /'mixed'.*element \[1\].*'number' expected, got 'text'/,
  ),
  property('a list of lists', { lists: [[1]] }, /'lists'.*element \[0\].*got 'array'/),
  property('objects nested 40 deep', { deep: nested(40) }, /'deep'.* 33 levels deep; allowed: 32/),
  property(
    'a name of 232 letters',
    { ['p'.repeat(232)]: 1 },
    /"ppp.*is not a valid property name.*\{0,230\}/,
  ),
  property(
    'a name of 100,000 letters',
    { ['q'.repeat(100_000)]: 1 },
    /"qqq.*is not a valid property name/,
  ),
  property('a name with a blank', { 'a b': 1 }, /"a b" is not a valid property name/),
  ...['id', '_id', '_additional'].map((name) =>
    property(
      `a property called ${name}`,
      { [name]: 'x' },
      new RegExp(`'${name}' is a reserved property name`),
    ),
  ),
  {
    title: 'a property called __proto__',
    rest: '"properties":{"__proto__":{"admin":true}}',
    status: 422,
    grpc: { properties: { text_array_properties: [{ prop_name: '__proto__', values: ['x'] }] } },
    says: /'__proto__' is a reserved property name/,
  },
  {
    title: 'a part called __proto__',
    rest: '"properties":{"part":{"__proto__":{"admin":true}}}',
    status: 422,
    grpc: plain({ part: JSON.parse('{"__proto__":"x"}') as JsonObject }),
    says: /__proto__/,
  },
  {
    title: 'properties that are a list',
    rest: { properties: [1] },
    status: 400,
    says: /properties: expected an object, got \[1\]/,
  },
];

/** New properties beside something else that is wrong: they must not stay. */
const leftBehindCases: readonly ObjectCase[] = [
  {
    title: 'a new property beside a vector of another dimension',
    rest: { properties: { newcomer: 'a' }, vectors: { one: [1, 2, 3] } },
    status: 422,
    grpc: { ...plain({ newcomer: 'a' }), ...one(floats([1, 2, 3])) },
    says: /"one".* 3 dimensions/,
  },
  {
    title: 'a new property beside a wrong one',
    rest: { properties: { newcomer: 'a', n: 'b' } },
    status: 422,
    grpc: plain({ newcomer: 'a', n: 'b' }),
    says: /'n'.* but string/,
  },
];

/** Each must be refused, alone and in a batch, and leave nothing behind. */
export const objectCases: readonly ObjectCase[] = [
  ...vectorCases,
  ...propertyCases,
  ...leftBehindCases,
];

/** As `objectCases`, but wrong in how an object is addressed. */
export const addressCases: readonly ObjectCase[] = [
  {
    title: 'an id that is no uuid',
    rest: { id: 'nope' },
    status: 422,
    grpc: { uuid: 'nope' },
    says: /id in body must be of type uuid: "nope|invalid UUID length: 4/,
  },
  {
    title: 'an id of the right length that is no uuid',
    rest: { id: 'z'.repeat(36) },
    status: 422,
    grpc: { uuid: 'z'.repeat(36) },
    says: /uuid: "zzz|invalid UUID: "zzz/i,
  },
  {
    title: 'an id that is a number',
    rest: { id: 5 },
    status: 400,
    says: /id: expected a string, got 5/,
  },
  {
    title: 'no collection',
    rest: { class: '' },
    status: 422,
    grpc: { collection: '' },
    says: /the given class is empty|object without a collection/,
  },
  {
    title: 'a collection name that is no name',
    rest: { class: 'No-Name' },
    status: 422,
    grpc: { collection: 'No-Name' },
    says: /"No-Name" is not a valid collection name/,
  },
  {
    title: 'a collection called __proto__',
    rest: { class: '__proto__' },
    status: 422,
    grpc: { collection: '__proto__' },
    says: /"__proto__" is not a valid collection name/,
  },
  {
    title: 'a new collection for an object that does not fit any',
    rest: { class: 'Fresh', properties: { a: [1, 'x'] } },
    status: 422,
    grpc: { collection: 'Fresh', ...plain({ a: [1, 'x'] }) },
    says: /'a' on class 'Fresh': element \[1\]/,
  },
  {
    title: 'a new collection for a named vector',
    rest: { class: 'Fresh', vectors: { tokens: [[1]] } },
    status: 422,
    grpc: { collection: 'Fresh', ...tokens(rows([[1]])) },
    says: /Fresh does not have configuration for vector tokens/,
  },
  {
    title: 'a tenant',
    rest: { tenant: 'acme' },
    status: 422,
    grpc: { tenant: 'acme' },
    says: /Doc has multi-tenancy disabled/,
  },
];
