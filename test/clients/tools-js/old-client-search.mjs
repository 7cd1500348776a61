// A day with the TypeScript client before version 3: searches, filters and aggregates. Every step asserts
// what it got, then prints its name.

import assert from 'node:assert/strict';
import { FusionType, generateUuid5 } from 'weaviate-ts-client';
import { client, done, hits as hitsOf, near, refused, remove, store } from './old-client-world.mjs';

const page = 'OldSought';
const author = 'OldSoughtAuthor';
const uuidOf = (n) => generateUuid5(`page ${n}`, page);

// --- objects
const properties = [{ name: 'name', dataType: ['text'] }];
await client.schema
  .classCreator()
  .withClass({ class: author, vectorizer: 'none', properties })
  .do();
await client.schema
  .classCreator()
  .withClass({
    class: page,
    vectorizer: 'none',
    properties: [
      { name: 'title', dataType: ['text'] },
      { name: 'n', dataType: ['int'] },
      { name: 'tags', dataType: ['text[]'], tokenization: 'field' },
      { name: 'by', dataType: [author] },
    ],
  })
  .do();
const ann = uuidOf(100);
await store([{ class: author, id: ann, properties: { name: 'Ann' } }]);
const colors = ['red', 'green', 'blue'];
const isByAnn = (n) => n > 0 && n < 4;
await store(
  Array.from({ length: 9 }, (_, n) => ({
    class: page,
    id: uuidOf(n),
    properties: {
      title: `page ${n} ${colors[n % 3]}`,
      n,
      tags: [n % 2 === 1 ? 'odd' : 'even', `t${n}`],
      ...(isByAnn(n) ? { by: [{ beacon: `weaviate://localhost/${author}/${ann}` }] } : {}),
    },
    vector: [1, n],
  })),
);
done('objects');

// --- vectors
const get = (fields = 'n _additional { id distance certainty score }') =>
  client.graphql.get().withClassName(page).withFields(fields);
const hits = (query) => hitsOf(query, page);
const numbers = async (query) => (await hits(query)).map(({ n }) => n);

let found = await hits(
  get()
    .withNearVector({ vector: [1, 4] })
    .withLimit(3),
);
assert.deepEqual(
  found.map(({ n }) => n),
  [4, 5, 3],
);
near(found[0]._additional.distance, 0);
near(found[1]._additional.distance, 1 - 21 / Math.sqrt(17 * 26));
near(found[1]._additional.certainty, 1 - found[1]._additional.distance / 2);
assert.equal(found[0]._additional.id, uuidOf(4));
assert.deepEqual(await numbers(get().withNearVector({ vector: [1, 0], distance: 0.3 })), [0, 1]);
assert.deepEqual(await numbers(get().withNearVector({ vector: [1, 0], certainty: 0.9 })), [0]);
const later = get()
  .withNearObject({ id: uuidOf(8) })
  .withLimit(2)
  .withOffset(1);
assert.deepEqual(await numbers(later), [7, 6]);
const beacon = `weaviate://localhost/${page}/${uuidOf(8)}`;
assert.deepEqual(await numbers(get().withNearObject({ beacon }).withLimit(1)), [8]);
assert.deepEqual(
  await numbers(
    get()
      .withNearVector({ vector: [1, 0] })
      .withAutocut(1),
  ),
  [0, 1, 2],
);
const [{ _additional: additional }] = await hits(
  get('_additional { vector creationTimeUnix lastUpdateTimeUnix }')
    .withNearVector({ vector: [1, 7] })
    .withLimit(1),
);
assert.deepEqual(additional.vector, [1, 7]);
assert.ok(Number(additional.creationTimeUnix) <= Number(additional.lastUpdateTimeUnix));
done('vectors');

// --- keywords
found = await hits(get('n _additional { score explainScore }').withBm25({ query: 'red 3' }));
assert.equal(found[0].n, 3);
assert.deepEqual(found.map(({ n }) => n).sort(), [0, 3, 6]);
assert.ok(Number(found[0]._additional.score) > Number(found[1]._additional.score));
assert.match(found[0]._additional.explainScore, /BM25/i);
const inTags = { query: 't5', properties: ['tags^2'] };
assert.deepEqual(await numbers(get().withBm25(inTags)), [5]);
for (const fusionType of [FusionType.rankedFusion, FusionType.relativeScoreFusion]) {
  const hybrid = { query: 'blue', vector: [1, 5], alpha: 0.5, fusionType };
  assert.equal((await numbers(get().withHybrid(hybrid).withLimit(2)))[0], 5);
}
assert.deepEqual(await numbers(get().withHybrid({ query: '7', alpha: 0 })), [7]);
const pure = { query: '7', alpha: 1, vector: [1, 0], properties: ['title'] };
assert.deepEqual(await numbers(get().withHybrid(pure).withLimit(2)), [0, 1]);
done('keywords');

// --- filters
const where = async (filter) =>
  (await numbers(get().withWhere(filter).withLimit(100))).toSorted((a, b) => a - b);
const path = ['n'];
assert.deepEqual(await where({ path, operator: 'GreaterThan', valueInt: 6 }), [7, 8]);
assert.deepEqual(await where({ path, operator: 'LessThanEqual', valueInt: 1 }), [0, 1]);
assert.deepEqual(await where({ path, operator: 'ContainsAny', valueIntArray: [2, 4] }), [2, 4]);
const title = ['title'];
assert.deepEqual(await where({ path: title, operator: 'Like', valueText: 'gre*' }), [1, 4, 7]);
assert.deepEqual(await where({ path: title, operator: 'Equal', valueString: 'blue' }), [2, 5, 8]);
const tags = { path: ['tags'], operator: 'ContainsAll', valueTextArray: ['odd', 't3'] };
assert.deepEqual(await where(tags), [3]);
const byAnn = { path: ['by', author, 'name'], operator: 'Equal', valueText: 'Ann' };
assert.deepEqual(await where(byAnn), [1, 2, 3]);
const edges = [0, 8].map((valueInt) => ({ path, operator: 'Equal', valueInt }));
assert.deepEqual(await where({ operator: 'Or', operands: edges }), [0, 8]);
const below5 = { path, operator: 'LessThan', valueInt: 5 };
assert.deepEqual(await where({ operator: 'And', operands: [below5, byAnn] }), [1, 2, 3]);
const ids = { path: ['id'], operator: 'Equal', valueText: uuidOf(6) };
assert.deepEqual(await where(ids), [6]);
const filtered = get()
  .withNearVector({ vector: [1, 8] })
  .withWhere(below5)
  .withLimit(2);
assert.deepEqual(await numbers(filtered), [4, 3]);
await assert.rejects(
  get().withWhere({ path, operator: 'Equal', valueText: 'four' }).do(),
  refused(/int/i),
);
done('filters');

// --- order
const sorted = (order) => get().withSort([{ path, order }]).withLimit(2);
assert.deepEqual(await numbers(sorted('desc')), [8, 7]);
assert.deepEqual(await numbers(sorted('asc').withOffset(3)), [3, 4]);
const byId = Array.from({ length: 9 }, (_, n) => n).sort((a, b) =>
  uuidOf(a) < uuidOf(b) ? -1 : 1,
);
const after = get().withAfter(uuidOf(byId[3])).withLimit(2).withConsistencyLevel('ALL');
assert.deepEqual(await numbers(after), byId.slice(4, 6));
const led = get(`n by { ... on ${author} { name _additional { id } } }`).withWhere(byAnn);
for (const each of await hits(led)) {
  assert.deepEqual(each.by, [{ name: 'Ann', _additional: { id: ann } }]);
}
const groups = await hits(
  get(
    '_additional { group { id count minDistance groupedBy { path value } hits { n _additional { id distance } } } }',
  )
    .withNearVector({ vector: [1, 0] })
    .withGroupBy({ path: ['title'], groups: 2, objectsPerGroup: 1 }),
);
assert.deepEqual(
  groups.map(({ _additional: { group } }) => [
    group.groupedBy.value,
    group.count,
    group.hits.map(({ n }) => n),
  ]),
  [
    ['page 0 red', 1, [0]],
    ['page 1 green', 1, [1]],
  ],
);
done('order');

// --- aggregates
const aggregate = (fields) => client.graphql.aggregate().withClassName(page).withFields(fields);
const totals = async (query) => {
  const { data, errors } = await query.do();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.Aggregate[page];
};
const [counted] = await totals(
  aggregate(
    'meta { count } n { sum mean minimum maximum } tags { topOccurrences(limit: 1) { value occurs } } by { pointingTo }',
  ),
);
assert.deepEqual(counted, {
  meta: { count: 9 },
  n: { sum: 36, mean: 4, minimum: 0, maximum: 8 },
  tags: { topOccurrences: [{ value: 'even', occurs: 5 }] },
  by: { pointingTo: [author] },
});
const [few] = await totals(aggregate('meta { count }').withWhere(below5));
assert.deepEqual(few, { meta: { count: 5 } });
const grouped = await totals(
  aggregate('groupedBy { path value } meta { count }').withGroupBy(['tags']).withLimit(2),
);
assert.deepEqual(
  grouped.map(({ groupedBy, meta }) => [groupedBy.value, meta.count]),
  [
    ['even', 5],
    ['odd', 4],
  ],
);
const [close] = await totals(
  aggregate('meta { count } n { maximum }')
    .withNearVector({ vector: [1, 0] })
    .withObjectLimit(3),
);
assert.deepEqual(close, { meta: { count: 3 }, n: { maximum: 2 } });
done('aggregates');

// --- refusals
const nearFirst = get().withNearVector({ vector: [1, 0] });
await assert.rejects(nearFirst.withGroup({ type: 'merge', force: 0.5 }).do(), refused(/group/));
await assert.rejects(
  get()
    .withNearText({ concepts: ['red'] })
    .do(),
  refused(/no vectorizer/),
);
const explore = client.graphql
  .explore()
  .withNearVector({ vector: [1, 0] })
  .withFields('beacon');
await assert.rejects(explore.do(), refused(/Explore/));
const raw = client.graphql.raw().withQuery(`{ Get { ${page}(limit: 1) { n } } }`);
assert.equal((await hits(raw)).length, 1);
for (const name of [page, author]) await remove(name);
done('refusals');
