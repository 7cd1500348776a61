// Questions that must be refused: searches over gRPC, and filters as both wires carry them. The
// collection is that of object-cases.ts.

import type { Json, JsonObject } from '../grpc/golden-messages.ts';
import { floats, rows, vector } from './object-cases.ts';

/** What a search has beside its collection, and what the error must name. */
export interface SearchCase {
  readonly title: string;
  readonly search: JsonObject;
  readonly says: RegExp;
}

/** One comparison; REST takes it in `where`, gRPC in `filters`. */
export interface FilterCase {
  readonly title: string;
  readonly where: JsonObject;
  readonly filters: JsonObject;
  readonly says: RegExp;
}

const near = (bytes: string, name = 'tokens', kind: 'single' | 'multi' = 'multi'): JsonObject => ({
  near_vector: { vectors: [vector(name, bytes, kind)], targets: { target_vectors: [name] } },
});
const hybrid = (fields: JsonObject): JsonObject => ({
  hybrid_search: {
    query: 'red',
    alpha: 0.5,
    vectors: [vector('one', floats([1, 2]), 'single')],
    targets: { target_vectors: ['one'] },
    ...fields,
  },
});
const groupBy = (path: string): JsonObject => ({
  ...near(floats([1, 2]), 'one', 'single'),
  group_by: { path: [path], number_of_groups: 2, objects_per_group: 2 },
});
const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
/** Names that plain objects have without being given them. */
const inherited = ['__proto__', 'constructor', 'toString'];

/** Each must end with UNKNOWN. */
export const searchCases: readonly SearchCase[] = [
  {
    title: 'a query of another dimension',
    search: near(rows([[1, 0]])),
    says: /"tokens".* 2 dimensions, the collection holds vectors of 3/,
  },
  { title: 'a query without tokens', search: near(rows([], 3)), says: /"tokens".*cannot be empty/ },
  {
    title: 'a query torn within a token',
    search: near(rows([[1, 0, 0], [1]], 3)),
    says: /"tokens".*got 16 bytes of tokens/,
  },
  {
    title: 'NaN in a query',
    search: near(
      rows([
        [1, 0, 0],
        [0, Number.NaN, 0],
      ]),
    ),
    says: /"tokens".*token 1, component 1 is NaN/,
  },
  {
    title: 'infinity in a query',
    search: near(floats([1, Infinity]), 'one', 'single'),
    says: /"one".*component 1 is Infinity/,
  },
  {
    title: 'more query tokens than allowed',
    search: near(rows(repeat(1_025, [1, 0, 0]))),
    says: /"tokens".*1025 token vectors, at most 1024/,
  },
  {
    title: 'more dimensions than allowed',
    search: near(floats(repeat(4_097, 1)), 'one', 'single'),
    says: /"one".*4097 dimensions, at most 4096/,
  },
  {
    title: 'a single vector against token vectors',
    search: near(floats([1, 0, 0]), 'tokens', 'single'),
    says: /regular vector but vector index "tokens" supports multi vectors/,
  },
  {
    title: 'token vectors against a single vector',
    search: near(rows([[1, 2]]), 'one'),
    says: /multi vector but vector index "one" supports regular vectors/,
  },
  ...['other', ...inherited].map((name) => ({
    title: `a target called ${name}`,
    search: near(floats([1]), name, 'single'),
    says: new RegExp(`Doc does not have named vector ${name} .*\\[tokens, one\\]`),
  })),
  {
    title: 'no target among several vectors',
    search: { near_vector: { vector_bytes: floats([1, 2]) } },
    says: /Doc has multiple vectors.*\[tokens, one\]/,
  },
  {
    title: 'no vector at all',
    search: { near_vector: { targets: { target_vectors: ['one'] } } },
    says: /near_vector: vector is required/,
  },
  {
    title: 'an object id that is no uuid',
    search: { near_object: { id: 'nope', targets: { target_vectors: ['one'] } } },
    says: /near_object: "nope" is not a uuid/,
  },
  {
    title: 'an object that does not exist',
    search: {
      near_object: {
        id: '00000000-0000-0000-0000-0000000000ee',
        targets: { target_vectors: ['one'] },
      },
    },
    says: /vector not found.*-0000000000ee of collection Doc/,
  },
  {
    title: 'a text that nothing can embed',
    search: { near_text: { query: ['x'], targets: { target_vectors: ['one'] } } },
    says: /vector "one" has no vectorizer/,
  },
  ...[-0.1, 1.1, Number.NaN].map((alpha) => ({
    title: `alpha ${alpha}`,
    search: hybrid({ alpha }),
    says: new RegExp(`alpha must be from 0 to 1, got ${Math.fround(alpha)}`),
  })),
  {
    title: 'a threshold that is no number',
    search: {
      near_vector: {
        vectors: [vector('one', floats([1, 2]), 'single')],
        targets: { target_vectors: ['one'] },
        distance: Number.NaN,
      },
    },
    says: /near_vector: the threshold is not a number/,
  },
  {
    title: 'a limit above the maximum',
    search: { limit: 10_001 },
    says: /offset 0 and limit 10001 .*above 10000 \(QUERY_MAXIMUM_RESULTS\)/,
  },
  {
    title: 'an offset above the maximum',
    search: { offset: 9_999, limit: 2 },
    says: /offset 9999 and limit 2 .*above 10000/,
  },
  {
    title: 'an offset that was negative before it travelled',
    search: { offset: -1, limit: 1 },
    says: /offset 4294967295 .*above 10000/,
  },
  {
    title: 'no groups',
    search: { group_by: { path: ['text'], number_of_groups: -1, objects_per_group: 1 } },
    says: /number of groups .*at least 1, got -1/,
  },
  ...['other', ...inherited].flatMap((name) => [
    {
      title: `sorting by ${name}`,
      search: { sort_by: [{ path: [name], ascending: true }] },
      says: new RegExp(`'${name}' found in class 'Doc'`),
    },
    {
      title: `groups by ${name}`,
      search: groupBy(name),
      says: new RegExp(`'${name}' found in class 'Doc'`),
    },
    {
      title: `showing ${name}`,
      search: { properties: { non_ref_properties: [name] } },
      says: new RegExp(`'${name}' found in class 'Doc'`),
    },
    {
      title: `keywords in ${name}`,
      search: { bm25_search: { query: 'red', properties: [name] } },
      says: new RegExp(`property '${name}'`),
    },
  ]),
  {
    title: 'keywords in a number',
    search: { bm25_search: { query: 'red', properties: ['n'] } },
    says: /property 'n'/,
  },
  {
    title: 'sorting by a blob',
    search: { sort_by: [{ path: ['image'], ascending: true }] },
    says: /'image' of class 'Doc' has type blob, which has no order/,
  },
  {
    title: 'two searches at once',
    search: { ...hybrid({}), bm25_search: { query: 'red' } },
    says: /hybrid_search and bm25_search are present/,
  },
  { title: 'a cursor that is no uuid', search: { after: 'nope' }, says: /"nope" is not a uuid/ },
  {
    title: 'a collection that does not exist',
    search: { collection: 'Nowhere' },
    says: /collection Nowhere does not exist/,
  },
  {
    title: 'a collection called __proto__',
    search: { collection: '__proto__' },
    says: /collection __proto__ does not exist/,
  },
  { title: 'no collection', search: { collection: '' }, says: /names no collection/ },
];

function comparison(
  title: string,
  [path, operator, field, value]: readonly [string, string, string, Json],
  says: RegExp,
): FilterCase {
  const wireField = `value_${field.toLowerCase()}`;
  const wireOperator = operator.replace(/(?<=.)([A-Z])/g, '_$1').toUpperCase();
  return {
    title,
    where: { path: [path], operator, [`value${field}`]: value },
    filters: {
      target: { property: path },
      operator: `OPERATOR_${wireOperator}`,
      [wireField]: value,
    },
    says,
  };
}

/** Filters that make no sense for the collection. */
export const filterCases: readonly FilterCase[] = [
  comparison(
    'text for a number',
    ['n', 'Equal', 'Text', 'abc'],
    /'n' of class 'Doc'.*int takes a whole number, not "abc"/,
  ),
  comparison(
    'a number for text',
    ['text', 'Equal', 'Int', 3],
    /'text' of class 'Doc'.*text takes a text, not 3/,
  ),
  comparison(
    'a word for a date',
    ['when', 'LessThan', 'Text', 'yesterday'],
    /'when'.*RFC 3339 date, not "yesterday"/,
  ),
  comparison(
    'patterns of numbers',
    ['n', 'Like', 'Text', '1*'],
    /'n'.*operator like does not go with type int/,
  ),
  comparison(
    'a value of a blob',
    ['image', 'Equal', 'Text', 'AAAA'],
    /'image'.*blob goes with isNull only/,
  ),
  comparison(
    'text for null or not',
    ['n', 'IsNull', 'Text', 'x'],
    /'n'.*isNull .*true or false, not "x"/,
  ),
  comparison(
    'an id that is no uuid',
    ['_id', 'Equal', 'Text', 'nope'],
    /uuid of class 'Doc'.*a uuid, not "nope"/,
  ),
  comparison(
    'a time that is none',
    ['_creationTimeUnix', 'LessThan', 'Text', 'soon'],
    /createdAt.* not "soon"/,
  ),
  comparison(
    'a part that an object does not have',
    ['part.nothing', 'Equal', 'Text', 'x'],
    /part\.nothing/,
  ),
  ...['other', ...inherited, 'len(other)', 'len(__proto__)'].map((path) => {
    const name = path.replace(/^len\((.*)\)$/, '$1');
    return comparison(
      `a property called ${path}`,
      [path, 'Equal', 'Int', 1],
      new RegExp(`'${name}' found in class 'Doc'`),
    );
  }),
  {
    title: 'nothing to combine',
    where: { operator: 'And', operands: [] },
    filters: { operator: 'OPERATOR_AND' },
    says: /operands: at least one operand is needed|And has no operands/,
  },
  {
    title: 'no value',
    where: { path: ['n'], operator: 'Equal' },
    filters: { target: { property: 'n' }, operator: 'OPERATOR_EQUAL' },
    says: /expected one value field|equal has no value/,
  },
  {
    title: 'no operator',
    where: { path: ['n'], operator: 'toString', valueInt: 1 },
    filters: { target: { property: 'n' }, value_int: 1 },
    says: /"toString" is not one of|operator 0 is unknown/,
  },
];

/** Lists over REST: the query, the status and what the error names. */
export const listCases: readonly (readonly [query: string, status: number, says: RegExp])[] = [
  ['limit=-1', 422, /limit .*at least 0: "-1"/],
  ['limit=many', 422, /limit .*at least 0: "many"/],
  ['limit=1.5', 422, /limit .*at least 0: "1\.5"/],
  ['limit=10001', 422, /limit 10001 .*above 10000/],
  ['offset=-1', 422, /offset .*at least 0: "-1"/],
  ['offset=10000', 422, /offset 10000 .*above 10000/],
  ['sort=other', 422, /'other' found in class 'Doc'/],
  ['sort=__proto__', 422, /'__proto__' found in class 'Doc'/],
  ['sort=n&order=up', 422, /order: "up" is neither asc nor desc/],
  ['after=nope', 422, /after=nope is not a uuid/],
  ['include=everything', 400, /include: "everything" is not one of/],
];
