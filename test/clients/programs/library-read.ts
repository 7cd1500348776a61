// Asks a library everything that the client can ask. The same questions as in library_read.py.

import {
  Bm25Operator,
  Filters,
  type FilterValue,
  type WeaviateNonGenericObject,
} from 'weaviate-client';
import {
  answer,
  authorId,
  authorsName,
  type Book,
  bookId,
  booksName,
  connect,
  isbn,
  month,
  plain,
  shelfName,
  tokens,
} from './library-books.ts';

type Found = Pick<WeaviateNonGenericObject, 'properties' | 'metadata' | 'references'>;

const client = await connect();
const books = client.collections.use<string, Book>(shelfName);
const { query, filter, sort, multiTargetVector } = books;

const numbers = ({ objects }: { objects: Found[] }) => objects.map((one) => one.properties['n']);
const distances = ({ objects }: { objects: Found[] }) =>
  objects.map((one) => [one.properties['n'], one.metadata?.distance]);
const scores = ({ objects }: { objects: Found[] }) =>
  objects.map((one) => [one.properties['n'], one.metadata?.score]);
const groups = (found: { groups: Record<string, { objects: Found[] }> }) =>
  Object.fromEntries(Object.entries(found.groups).map(([name, group]) => [name, numbers(group)]));

function references(one: Found): Record<string, object[]> {
  const found = Object.entries(one.references ?? {}) as [string, { objects: Found[] }][];
  return Object.fromEntries(
    found.map(([name, { objects }]) => [
      name,
      objects.map((each) => ({ ...each.properties, ...references(each) })),
    ]),
  );
}

// --- configuration
const config = await books.config.get();
answer('collection', [config.name === booksName, config.properties.map((p) => p.name)]);
answer(
  'references',
  config.references.map((r) => [r.name, r.targetCollections.length]),
);
answer('vectors', Object.keys(config.vectorizers).sort());
const aliases = (await client.alias.listAll({ collection: booksName })) ?? [];
answer(
  'aliases',
  aliases.map(({ alias }) => alias === shelfName),
);
answer(
  'shards',
  (await books.config.getShards()).map(({ status }) => status),
);
answer('length', await books.length());

// --- fetching
const one = await query.fetchObjectById(bookId(4));
const phone = one?.properties['phone'] as Record<string, unknown>;
const written = [phone['national'], phone['internationalFormatted'], phone['valid']];
answer('by id', { ...one?.properties, phone: written });
answer('by id, nothing there', await query.fetchObjectById(authorId(0)));
const five = await query.fetchObjectById(bookId(5), { includeVector: ['plain', 'tokens'] });
answer('vectors by name', five?.vectors);
answer('cursor', (await query.fetchObjects({ limit: 5, after: bookId(0) })).objects.length);
const few = await query.fetchObjects({
  limit: 3,
  sort: sort.byProperty('n'),
  returnProperties: ['title', { name: 'details', properties: ['edition'] }],
});
answer(
  'chosen properties',
  few.objects.map((each) => each.properties),
);
const byTwo = sort.byProperty('note').byProperty('price', false);
answer(
  'sorted by several',
  numbers(await query.fetchObjects({ sort: byTwo, limit: 8, offset: 16 })),
);
const linked = await query.fetchObjects({
  filters: filter.byProperty('n').lessThan(4),
  sort: sort.byProperty('n'),
  returnProperties: ['n'],
  returnReferences: [
    { linkOn: 'writtenBy', returnProperties: ['name'] },
    { linkOn: 'seeAlso', targetCollection: booksName, returnProperties: ['n'] },
  ],
});
answer(
  'references in answers',
  linked.objects.map((each) => [each.properties['n'], references(each)]),
);

// --- vectors
const near = { targetVector: 'plain', returnMetadata: ['distance' as const] };
answer('near vector', distances(await query.nearVector(plain(4), { ...near, limit: 5 })));
answer(
  'near vector, later',
  numbers(await query.nearVector(plain(4), { ...near, limit: 3, offset: 2 })),
);
answer(
  'near vector, within',
  numbers(await query.nearVector(plain(4), { ...near, distance: 0.01 })),
);
answer(
  'near vector, certain',
  numbers(await query.nearVector(plain(4), { ...near, certainty: 0.999 })),
);
const cut = await query.nearVector(plain(4), { ...near, autoLimit: 1 });
answer('near vector, cut', cut.objects.length > 0);
answer(
  'near tokens',
  distances(await query.nearVector(tokens(7), { ...near, targetVector: 'tokens', limit: 4 })),
);
answer('near object', distances(await query.nearObject(bookId(9), { ...near, limit: 4 })));
const both = { plain: plain(6), tokens: tokens(6) };
for (const [name, targetVector] of Object.entries({
  sum: multiTargetVector.sum(['plain', 'tokens']),
  average: multiTargetVector.average(['plain', 'tokens']),
  minimum: multiTargetVector.minimum(['plain', 'tokens']),
  weights: multiTargetVector.manualWeights({ plain: 2, tokens: 0.25 }),
  'relative score': multiTargetVector.relativeScore({ plain: 1, tokens: 0.5 }),
})) {
  const found = await query.nearVector(both, { ...near, targetVector, limit: 2 });
  answer(`several vectors, ${name}`, distances(found));
}
const inStock = filter.byProperty('inStock');
answer(
  'near vector, filtered',
  numbers(await query.nearVector(plain(4), { ...near, limit: 4, filters: inStock.equal(false) })),
);
const byGenre = { property: 'genres', numberOfGroups: 3, objectsPerGroup: 2 } as const;
const nearGroups = await query.nearVector(plain(0), { ...near, limit: 12, groupBy: byGenre });
answer('near vector, groups', groups(nearGroups));

// --- texts
const meant = { targetVector: 'meaning', returnMetadata: ['distance' as const] };
answer('near text', distances(await query.nearText('red fox and forest', { ...meant, limit: 4 })));
const moved = await query.nearText('red fox', {
  ...meant,
  limit: 4,
  moveTo: { force: 0.8, concepts: ['island'] },
  moveAway: { force: 0.2, objects: [bookId(0)] },
});
answer('near text, moved', distances(moved));
const byAuthor = { property: 'writtenBy', numberOfGroups: 2, objectsPerGroup: 2 } as const;
const textGroups = await query.nearText(['green', 'tree'], {
  ...meant,
  limit: 12,
  groupBy: byAuthor,
});
answer('near text, groups by reference', Object.values(groups(textGroups)));
const scored = { returnMetadata: ['score' as const] };
answer('keywords', scores(await query.bm25('fox island', { ...scored, limit: 6 })));
const weighted = await query.bm25('signed rose', {
  ...scored,
  queryProperties: [{ name: 'title', weight: 2 }, 'note'],
  limit: 5,
});
answer('keywords, weighted', scores(weighted));
const and = Bm25Operator.and();
answer('keywords, all', numbers(await query.bm25('fox island', { operator: and, limit: 20 })));
const two = Bm25Operator.or({ minimumMatch: 2 });
answer(
  'keywords, two of three',
  numbers(await query.bm25('red fox island', { operator: two, limit: 20 })),
);
const signed = filter.byProperty('note').equal('signed');
answer('keywords, filtered', numbers(await query.bm25('fox', { filters: signed, limit: 20 })));
answer('keywords, groups', groups(await query.bm25('fox', { groupBy: byGenre, limit: 12 })));
const hybrid = { ...scored, targetVector: 'meaning', limit: 5 };
answer('hybrid', scores(await query.hybrid('fox desert', { ...hybrid, alpha: 0.5 })));
const ranked = { ...hybrid, alpha: 0.5, fusionType: 'Ranked' } as const;
answer('hybrid, ranked', scores(await query.hybrid('fox desert', ranked)));
const ownVector = { ...hybrid, targetVector: 'plain', vector: plain(5), alpha: 0.6 };
answer('hybrid, own vector', scores(await query.hybrid('whale', ownVector)));
const inside = await query.hybrid('whale', {
  ...hybrid,
  alpha: 0.6,
  vector: { query: 'fox', moveTo: { force: 0.5, concepts: ['city'] } },
});
answer('hybrid, near text inside', scores(inside));
answer(
  'hybrid, all words',
  numbers(await query.hybrid('fox island', { ...hybrid, alpha: 0, bm25Operator: and })),
);
const hybridGroups = await query.hybrid('fox', {
  targetVector: 'meaning',
  alpha: 0,
  groupBy: byGenre,
  limit: 12,
});
answer('hybrid, groups', groups(hybridGroups));

// --- filters
const { byProperty: p } = filter;
const n = p('n');
const { and: all, or: any, not } = Filters;
// The type of a typed collection's filter would have lists here.
const genreCount = client.collections.use(shelfName).filter.byProperty('genres', true);
const now = (await query.fetchObjectById(bookId(0)))?.metadata?.creationTime as Date;
const seeAlso = (target: string) => filter.byRefMultiTarget('seeAlso', target);
const center = { latitude: 51, longitude: 13, distance: 30_000 };
const conditions: Record<string, FilterValue> = {
  equal: p('title').equal('fox river'),
  'not equal': all(p('note').notEqual('signed'), n.lessThan(6)),
  less: p('price').lessThan(5.5),
  'less or equal': p('price').lessOrEqual(5.5),
  greater: p('published').greaterThan(month(21)),
  'greater or equal': p('published').greaterOrEqual(month(21)),
  like: all(p('title').like('*hal*'), n.lessThan(8)),
  any: all(p('genres').containsAny(['poems', 'travel']), n.lessThan(6)),
  all: all(p('genres').containsAll(['all', 'novel']), n.lessThan(9)),
  none: all(p('genres').containsNone(['poems', 'travel']), n.lessThan(9)),
  null: all(p('note').isNull(true), n.lessThan(6)),
  'not null': all(p('phone').isNull(false), n.lessThan(12)),
  length: all(genreCount.equal(2), n.lessThan(2)),
  boolean: all(inStock.equal(true), n.lessThan(6)),
  uuid: p('isbn').equal(isbn(7)),
  range: p('shop').withinGeoRange(center),
  or: any(n.equal(2), n.equal(20), n.equal(200)),
  not: not(n.greaterThan(1)),
  id: filter.byId().equal(bookId(9)),
  ids: filter.byId().containsAny([bookId(9), bookId(8)]),
  time: all(filter.byCreationTime().lessOrEqual(now), filter.byId().equal(bookId(0))),
  'update time': filter.byUpdateTime().lessThan(month(0)),
  reference: all(filter.byRef('writtenBy').byProperty('born').equal(1902), n.lessThan(9)),
  'reference by id': all(filter.byRef('writtenBy').byId().equal(authorId(1)), n.lessThan(9)),
  'reference of several': seeAlso(authorsName).byProperty('name').equal('author 2'),
  'reference twice': seeAlso(booksName).byRef('writtenBy').byProperty('born').equal(1900),
  'reference count': filter.byRefCount('seeAlso').greaterThan(1),
  'no reference': all(filter.byRefCount('seeAlso').equal(0), n.lessThan(7)),
};
for (const [name, filters] of Object.entries(conditions)) {
  const found = await query.fetchObjects({ filters, sort: sort.byProperty('n'), limit: 50 });
  answer(`filter: ${name}`, numbers(found));
}

// --- aggregates
const { metrics, aggregate } = books;
const price = metrics
  .aggregate('price')
  .number(['count', 'maximum', 'mean', 'median', 'minimum', 'mode', 'sum']);
const count = metrics.aggregate('n').integer(['count', 'maximum', 'mean', 'minimum', 'sum']);
const every = [
  price,
  count,
  metrics.aggregate('title').text(['count', 'topOccurrencesOccurs', 'topOccurrencesValue']),
  metrics
    .aggregate('inStock')
    .boolean(['count', 'percentageFalse', 'percentageTrue', 'totalFalse', 'totalTrue']),
  metrics.aggregate('published').date(['count', 'maximum', 'median', 'minimum']),
];

type Figures = { totalCount: number; properties?: Record<string, object> | undefined };

function figures({ totalCount, properties = {} }: Figures): object {
  const shown = Object.entries(properties).map(([name, each]) => {
    const { topOccurrences: top } = each as {
      topOccurrences?: { value: string; occurs: number }[];
    };
    if (top === undefined) return [name, each];
    return [name, { ...each, topOccurrences: top.map(({ value, occurs }) => [value, occurs]) }];
  });
  return { count: totalCount, ...Object.fromEntries(shown) };
}

function groupedFigures(found: (Figures & { groupedBy: { value: unknown } })[]): object[] {
  const named = found.map((group) => [group.groupedBy.value, figures(group)] as const);
  return named.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

answer('aggregate', figures(await aggregate.overAll({ returnMetrics: every })));
const below = { filters: n.lessThan(5), returnMetrics: [price, count] };
answer('aggregate, filtered', figures(await aggregate.overAll(below)));
const byStock = { groupBy: 'inStock', returnMetrics: price } as const;
answer('aggregate, groups', groupedFigures(await aggregate.groupBy.overAll(byStock)));
const nearFour = { targetVector: 'plain', returnMetrics: count };
answer(
  'aggregate, near vector',
  figures(await aggregate.nearVector(plain(4), { ...nearFour, objectLimit: 5 })),
);
answer(
  'aggregate, near object',
  figures(await aggregate.nearObject(bookId(4), { ...nearFour, objectLimit: 3 })),
);
const titles = { targetVector: 'meaning', objectLimit: 6, groupBy: 'title' } as const;
answer('aggregate, near text', groupedFigures(await aggregate.groupBy.nearText('red fox', titles)));
const whales = { alpha: 0, targetVector: 'meaning', objectLimit: 50 };
answer('aggregate, hybrid', figures(await aggregate.hybrid('whale', whales)));

// --- everything, one after the other
const seen: number[] = [];
for await (const { properties } of books.iterator()) seen.push(properties['n'] as number);
answer(
  'iterator',
  seen.toSorted((a, b) => a - b),
);
const sizes = new Set<number>();
const chosen = books.iterator({ returnProperties: ['title'], includeVector: ['plain'] });
for await (const { properties, vectors } of chosen) {
  sizes.add(Object.keys(properties).length + Object.keys(vectors).length);
}
answer('iterator, chosen', [...sizes].sort());
await client.close();
