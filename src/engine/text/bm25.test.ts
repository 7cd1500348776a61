import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitset } from '../bitset.ts';
import type { KeywordOperator } from '../query/query.ts';
import type { PropertySchema, Tokenization } from '../schema.ts';
import {
  explainKeywordHits,
  type KeywordHit,
  type KeywordRequest,
  type KeywordSegment,
  searchKeywords,
} from './bm25.ts';
import { MemoryTextIndex } from './memory-text-index.ts';
import { resolveStopwords } from './stopwords.ts';
import { tokenize } from './tokenizers.ts';

type TestDocument = Readonly<Record<string, string | readonly string[]>>;

function text(name: string, tokenization: Tokenization = 'word'): PropertySchema {
  return { name, type: 'text', tokenization, filterable: true, searchable: true };
}

function segmentOf(
  documents: readonly TestDocument[],
  properties: readonly PropertySchema[],
): KeywordSegment {
  const index = new MemoryTextIndex();
  documents.forEach((document, doc) => {
    for (const { name, tokenization } of properties) {
      if (tokenization === undefined) continue;
      for (const value of [document[name] ?? []].flat()) {
        index.add(doc, name, tokenize(value, tokenization));
      }
    }
  });
  index.grow(documents.length);
  return { index, live: Bitset.full(documents.length) };
}

interface Ask {
  /** As on the wire: `name` or `name^boost`. */
  readonly properties?: readonly string[];
  readonly operator?: KeywordOperator;
}

function request(query: string, schema: readonly PropertySchema[], ask: Ask = {}): KeywordRequest {
  const properties = ask.properties?.map((property) => {
    const [name = '', boost = '1'] = property.split('^');
    return { name, boost: Number(boost) };
  });
  return {
    search: {
      text: query,
      operator: ask.operator ?? { kind: 'or', matchesMin: 1 },
      ...(properties && { properties }),
    },
    properties: schema,
    bm25: { b: 0.75, k1: 1.2 },
    stopwords: resolveStopwords({ preset: 'en', additions: [], removals: [] }),
  };
}

/** Ties by place: earlier segment, then smaller document. */
function byPlace(a: KeywordHit, b: KeywordHit): number {
  return a.segment - b.segment || a.doc - b.doc;
}

const limits = { limit: 100, compareTies: byPlace };

/** The collection of the wire recordings, in uuid order of none of them: number is the position. */
const schema: readonly PropertySchema[] = [
  text('text'),
  text('title'),
  text('tag', 'field'),
  text('ws', 'whitespace'),
  text('lc', 'lowercase'),
  text('tri', 'trigram'),
  { name: 'num', type: 'int', filterable: true, searchable: false },
  { ...text('tags'), type: 'text[]' },
];
const documents: readonly TestDocument[] = [
  {
    text: 'Weaviate is a vector database for AI',
    title: 'vector database',
    tag: 'Red Apple',
    ws: 'Foo-Bar baz',
    lc: 'Foo-Bar BAZ',
    tri: 'database',
    tags: ['a', 'b'],
  },
  {
    text: 'PyTorch is a deep learning framework',
    title: 'deep learning',
    tag: 'Red',
    ws: 'foo-bar Baz',
    lc: 'qux',
    tri: 'framework',
    tags: ['b', 'c'],
  },
  {
    text: 'database database database',
    title: 'the database',
    tag: 'Green',
    ws: 'baz',
    lc: 'foo',
    tri: 'data',
    tags: ['d'],
  },
  {
    text: 'a good vector search engine with a long text that goes on and on for AI builders',
    title: 'search',
    tag: 'Red Apple',
  },
  { text: 'the of and', title: '' },
];

/** Position and score of every hit; the same over one segment and over three. */
function recorded(query: string, ask: Ask = {}): [number, number][] {
  const whole = searchKeywords([segmentOf(documents, schema)], request(query, schema, ask), limits);
  const cut = [documents.slice(0, 2), documents.slice(2, 3), documents.slice(3)];
  const segments = cut.map((part) => segmentOf(part, schema));
  const firsts = [0, 2, 3];
  const parted = searchKeywords(segments, request(query, schema, ask), limits);
  assert.deepEqual(
    parted.map(({ segment, doc, score }) => [firsts[segment]! + doc, score]),
    whole.map(({ doc, score }) => [doc, score]),
  );
  return whole.map(({ doc, score }) => [doc, score]);
}

function assertHits(seen: readonly [number, number][], wanted: readonly [number, number][]): void {
  assert.deepEqual(
    seen.map(([doc]) => doc),
    wanted.map(([doc]) => doc),
  );
  for (let i = 0; i < seen.length; i++) {
    const difference = Math.abs(seen[i]![1] - wanted[i]![1]);
    assert.ok(difference < 1e-6 * Math.max(1, wanted[i]![1]), `${seen[i]} is ${wanted[i]}`);
  }
}

test('scores are those of the reference, over one segment and over three', () => {
  const cases: readonly [string, Ask, readonly [number, number][]][] = [
    [
      'database',
      {},
      [
        [0, 3.8440769],
        [2, 2.1454182],
      ],
    ],
    [
      'database',
      { properties: ['text'] },
      [
        [2, 0.71466833],
        [0, 0.40251434],
      ],
    ],
    [
      'database',
      { properties: ['text', 'title^3'] },
      [
        [2, 1.8425729],
        [0, 1.5304189],
      ],
    ],
    [
      'vector database',
      { properties: ['text'] },
      [
        [0, 0.8050287],
        [2, 0.71466833],
        [3, 0.2556113],
      ],
    ],
    [
      'DATABASE, (AI)!',
      { properties: ['text'] },
      [
        [0, 0.8050287],
        [2, 0.71466833],
        [3, 0.2556113],
      ],
    ],
    [
      'Red Apple',
      { properties: ['tag'] },
      [
        [0, 0.39794034],
        [3, 0.39794034],
      ],
    ],
    ['Red', { properties: ['tag'] }, [[1, 0.6301338]]],
    ['Foo-Bar', { properties: ['ws'] }, [[0, 0.5824766]]],
    ['FOO-BAR', { properties: ['lc'] }, [[0, 0.52312994]]],
    [
      'database',
      { properties: ['tri'] },
      [
        [0, 3.0655944],
        [2, 1.0547816],
      ],
    ],
    [
      'b',
      { properties: ['tags'] },
      [
        [0, 0.367844],
        [1, 0.367844],
      ],
    ],
  ];
  for (const [query, ask, wanted] of cases) assertHits(recorded(query, ask), wanted);
  const every = recorded('database vector');
  assertHits(every.slice(0, 2), [
    [0, 5.0767946],
    [2, 2.1454182],
  ]);
  assertHits(recorded('vector database').slice(2), [[3, 0.40475747]]);
});

test('a word that the query says twice counts twice', () => {
  assertHits(recorded('database database', { properties: ['text'] }), [
    [2, 1.4293367],
    [0, 0.8050287],
  ]);
});

test('the operators count different words inside one property', () => {
  const two: KeywordOperator = { kind: 'or', matchesMin: 2 };
  assertHits(recorded('vector database search', { properties: ['text'], operator: two }), [
    [0, 0.8050287],
    [3, 0.66036874],
  ]);
  const and: KeywordOperator = { kind: 'and' };
  assertHits(recorded('vector database', { properties: ['text'], operator: and }), [
    [0, 0.8050287],
  ]);
  assert.deepEqual(recorded('database zzz', { properties: ['text'], operator: and }), []);
  assert.deepEqual(recorded('database', { properties: ['text'], operator: two }), []);
  assert.deepEqual(recorded('database database', { properties: ['text'], operator: two }), []);
});

test('words in two properties meet neither operator', () => {
  const properties = [text('text'), text('b')];
  const segment = segmentOf([{ text: 'vector', b: 'database' }], properties);
  for (const operator of [{ kind: 'and' }, { kind: 'or', matchesMin: 2 }] as const) {
    const asked = request('vector database', properties, { operator });
    assert.deepEqual(searchKeywords([segment], asked, limits), []);
  }
});

test('AND across properties wants every word in one of them, by its own tokenization', () => {
  const properties = [text('text'), text('b'), { ...text('tag'), tokenization: 'field' as const }];
  const operator: KeywordOperator = { kind: 'andAcross' };
  const first = segmentOf(
    [
      { text: 'vector', b: 'old database' },
      { text: 'vector vector' },
      { b: 'the vector database' },
      { text: 'database', tag: 'Vector' },
      { text: 'database', tag: 'vector' },
    ],
    properties,
  );
  const second = segmentOf([{ text: 'database', b: 'a vector' }, {}], properties);
  const find = (query: string, more: object = {}) =>
    searchKeywords([first, second], request(query, properties, { operator, ...more }), limits)
      .map(({ segment, doc }) => [segment, doc])
      .toSorted();
  const found = [
    [0, 0],
    [0, 2],
    [0, 4],
    [1, 0],
  ];
  assert.deepEqual(find('vector database'), found);
  assert.deepEqual(find('the vector  database'), found);
  assert.deepEqual(find('vector database', { properties: ['text', 'b'] }), [
    [0, 0],
    [0, 2],
    [1, 0],
  ]);
  assert.deepEqual(find('vector database zzz'), []);
  assert.deepEqual(find('the of'), []);
});

test('a property with too few words adds nothing to the score of another', () => {
  const properties = [text('text'), text('b')];
  const segment = segmentOf([{ text: 'vector database', b: 'database' }, {}], properties);
  const operator: KeywordOperator = { kind: 'and' };
  const both = request('vector database', properties, { operator });
  const one = request('vector database', properties, { operator, properties: ['text'] });
  const [hit] = searchKeywords([segment], both, limits);
  assert.deepEqual(hit, searchKeywords([segment], one, limits)[0]);
  assert.deepEqual(explainKeywordHits([segment], both, [hit!]), [
    [
      { property: 'text', term: 'vector', frequency: 1, propertyLength: 2 },
      { property: 'text', term: 'database', frequency: 1, propertyLength: 2 },
    ],
  ]);
});

test('stopwords are taken out of the query for tokenization word only', () => {
  assert.deepEqual(recorded('the of and', { properties: ['text'] }), []);
  assertHits(recorded('the database', { properties: ['text'] }), [
    [2, 0.71466833],
    [0, 0.40251434],
  ]);
  const properties = [text('ws', 'whitespace')];
  const segment = segmentOf([{ ws: 'the fox' }, { ws: 'fox' }], properties);
  assert.equal(searchKeywords([segment], request('the', properties), limits).length, 1);
});

test('nothing is found for a text without words', () => {
  assert.deepEqual(recorded(''), []);
  assert.deepEqual(recorded('?!', { operator: { kind: 'and' } }), []);
});

test('boost 0 matches with score 0', () => {
  assert.deepEqual(recorded('database', { properties: ['text^0'] }), [
    [0, 0],
    [2, 0],
  ]);
});

test('a property named twice is searched once, with its last boost', () => {
  assert.deepEqual(
    recorded('database', { properties: ['title^3', 'title^2'] }),
    recorded('database', { properties: ['title^2'] }),
  );
});

test('unknown properties and those that are not searchable are refused', () => {
  for (const name of ['nope', 'num']) {
    assert.throws(() => recorded('x', { properties: [name] }), {
      code: 'invalid-argument',
      message: `Searching by property '${name}' requires inverted index. Is \`indexSearchable\` option of property '${name}' enabled? Set it to \`true\` or leave empty`,
    });
  }
  const hidden = [{ ...text('text'), searchable: false }, text('title')];
  const segment = segmentOf([{ text: 'database', title: 'x' }], hidden);
  assert.deepEqual(searchKeywords([segment], request('database', hidden), limits), []);
});

test('an explanation lists the terms that count, by property and query order', () => {
  const segments = [segmentOf(documents, schema)];
  const asked = request('vector database vector zzz', schema, { properties: ['title', 'text'] });
  const hits = searchKeywords(segments, asked, limits);
  const [best, second] = explainKeywordHits(segments, asked, hits);
  assert.deepEqual(best, [
    { property: 'title', term: 'vector', frequency: 1, propertyLength: 2 },
    { property: 'title', term: 'database', frequency: 1, propertyLength: 2 },
    { property: 'text', term: 'vector', frequency: 1, propertyLength: 7 },
    { property: 'text', term: 'database', frequency: 1, propertyLength: 7 },
  ]);
  assert.deepEqual(second, [
    { property: 'title', term: 'database', frequency: 1, propertyLength: 2 },
    { property: 'text', term: 'database', frequency: 3, propertyLength: 3 },
  ]);
});

/** Numbers that look random and are the same in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Placed {
  readonly segment: number;
  readonly doc: number;
  readonly tokens: Readonly<Record<string, readonly string[]>>;
  readonly allowed: boolean;
}

/** The formula written down plainly over the live documents. */
function bruteForce(live: readonly Placed[], query: string, ask: Ask): KeywordHit[] {
  const names = ask.properties ?? ['text', 'title'];
  const terms = query.split(' ');
  const { operator = { kind: 'or', matchesMin: 1 } } = ask;
  const needed = operator.kind === 'or' ? operator.matchesMin : new Set(terms).size;
  const scored = live.map(({ segment, doc, tokens, allowed }) => {
    let score = 0;
    let matched = false;
    const holders = (name: string, term: string): number =>
      live.filter((other) => (other.tokens[name] ?? []).includes(term)).length;
    for (const property of names) {
      const [name = '', boost = '1'] = property.split('^');
      const own = tokens[name] ?? [];
      const filled = live.filter((other) => (other.tokens[name] ?? []).length > 0);
      const total = filled.reduce((sum, other) => sum + other.tokens[name]!.length, 0);
      if (new Set(terms.filter((term) => own.includes(term))).size < (needed ?? 1)) continue;
      matched = true;
      for (const term of terms) {
        const tf = own.filter((token) => token === term).length;
        const counts = names.map((other) => holders(other.split('^')[0]!, term)).filter(Boolean);
        const n = Math.floor(counts.reduce((sum, count) => sum + count, 0) / counts.length);
        const idf = Math.log(1 + (live.length - n + 0.5) / (n + 0.5));
        const norm = 1.2 * (0.25 + (0.75 * own.length) / (total / filled.length));
        if (tf > 0) score += (Number(boost) * idf * tf) / (tf + norm);
      }
    }
    return { segment, doc, score: Math.fround(score), counts: matched && allowed };
  });
  return scored
    .filter(({ counts }) => counts)
    .map(({ segment, doc, score }) => ({ segment, doc, score }))
    .sort((a, b) => b.score - a.score || byPlace(a, b));
}

test('random documents in several segments with deletions and a filter score as the formula says', () => {
  const random = randomNumbers(20);
  const properties = [text('text', 'whitespace'), text('title', 'whitespace')];
  const word = (): string => `w${Math.floor(random(30) ** 2 / 30)}`;
  const words = (most: number): string => Array.from({ length: random(most) }, word).join(' ');
  const live: Placed[] = [];
  const segments = [60, 1, 130, 40].map((count, segment): KeywordSegment => {
    const own = Array.from({ length: count }, () => ({ text: words(12), title: words(4) }));
    const { index, live: bits } = segmentOf(own, properties);
    const allowed = Bitset.of(count);
    own.forEach((document, doc) => {
      if (random(4) > 0) allowed.set(doc);
      if (random(5) === 0) {
        bits.clear(doc);
        index.remove(doc);
        return;
      }
      const tokens = {
        text: tokenize(document.text, 'whitespace'),
        title: tokenize(document.title, 'whitespace'),
      };
      live.push({ segment, doc, tokens, allowed: allowed.has(doc) });
    });
    return { index, live: bits, allowed };
  });
  const asks: readonly Ask[] = [
    {},
    { properties: ['title^2.5', 'text'] },
    { properties: ['text'], operator: { kind: 'or', matchesMin: 2 } },
    { operator: { kind: 'and' } },
  ];
  for (let round = 0; round < 40; round++) {
    const query = Array.from({ length: 1 + random(5) }, word).join(' ');
    const ask = asks[round % asks.length]!;
    const seen = searchKeywords(segments, request(query, properties, ask), {
      ...limits,
      limit: 20,
    });
    const wanted = bruteForce(live, query, ask).slice(0, 20);
    assert.equal(seen.length, wanted.length, `round ${round}, query ${query}`);
    for (let i = 0; i < seen.length; i++) {
      const near = Math.abs(seen[i]!.score - wanted[i]!.score) < 1e-5;
      assert.ok(near, `round ${round}, query ${query}, hit ${i}`);
    }
    const scores = new Map(bruteForce(live, query, ask).map((hit) => [place(hit), hit.score]));
    for (const hit of seen) {
      assert.ok(
        Math.abs(hit.score - scores.get(place(hit))!) < 1e-5,
        `round ${round}: ${place(hit)}`,
      );
    }
  }
});

function place({ segment, doc }: KeywordHit): string {
  return `${segment}/${doc}`;
}

test('deleted documents leave no trace in the scores', () => {
  const dirty = segmentOf([documents[0]!, ...documents], schema);
  dirty.live.clear(0);
  dirty.index.remove(0);
  const clean = segmentOf(documents, schema);
  const asked = request('vector database learning', schema);
  assert.deepEqual(
    searchKeywords([dirty], asked, limits).map(({ doc, score }) => [doc - 1, score]),
    searchKeywords([clean], asked, limits).map(({ doc, score }) => [doc, score]),
  );
});

test('a word that only deleted documents hold meets AND no more', () => {
  const segment = segmentOf([{ text: 'old' }, { text: 'database' }], schema);
  segment.live.clear(0);
  segment.index.remove(0);
  const asked = request('old database', schema, { operator: { kind: 'and' } });
  assert.deepEqual(searchKeywords([segment], asked, limits), []);
});

test('equal scores come in the order of the comparison, cut at the limit', () => {
  const count = 5_000;
  const properties = [text('text')];
  const segment = segmentOf(Array(count).fill({ text: 'same words' }), properties);
  const found = (limit: number): number[] =>
    searchKeywords([segment, segment], request('words', properties), {
      limit,
      compareTies: (a, b) => b.doc - a.doc || b.segment - a.segment,
    }).map(({ segment: part, doc }) => doc * 2 + part);
  const descending = Array.from({ length: 2 * count }, (_, i) => 2 * count - 1 - i);
  assert.deepEqual(found(7), descending.slice(0, 7));
  assert.deepEqual(found(2 * count + 1), descending);
  assert.deepEqual(found(0), []);
});
