// A day with the official TypeScript client: every step asserts what it got, then prints its name.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import weaviate, {
  ApiKey,
  configure,
  dataType,
  Filters,
  type FilterValue,
  tokenization,
  type WeaviateClient,
} from 'weaviate-client';

const name = 'JourneyTypescript';
type Page = { n: number; title: string; color: string; tags: string[]; note?: string };

function connect(key?: string): Promise<WeaviateClient> {
  return weaviate.connectToLocal({
    host: '127.0.0.1',
    port: Number(process.env['PORT']),
    grpcPort: Number(process.env['GRPC_PORT']),
    ...(key ? { authCredentials: new ApiKey(key) } : {}),
  });
}

function done(step: string): void {
  process.stdout.write(`${step}\n`);
}

/** A uuid that follows from a number. */
function uuidOf(n: number): string {
  const hex = createHash('sha1').update(String(n)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function numbers(result: { objects: { properties: unknown }[] }): number[] {
  return result.objects.map(({ properties }) => (properties as Page).n);
}

const sorted = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);

/** Three token vectors; the nearer n is to a query's, the more similar. */
function tokens(n: number): number[][] {
  return [
    [1, n / 10, 0],
    [0, 1, n / 20],
    [n, 0, 2],
  ];
}

function page(n: number, color: string): Page {
  return { n, title: `page ${n} ${color}`, color, tags: [color, `t${n % 3}`] };
}

const vectors = (n: number) => ({ tokens: tokens(n), one: [1, n] });

/** The client's error of a refused REST call; its classes are not exported. */
const refused = { name: 'WeaviateUnexpectedStatusCodeError' };

const client = await connect('the-key');

// --- the server
assert.ok((await client.isReady()) && (await client.isLive()));
const meta = await client.getMeta();
assert.equal(String((await client.getWeaviateVersion()).show()), meta.version);
const [node] = await client.cluster.nodes({ output: 'verbose' });
assert.equal(node?.status, 'HEALTHY');
assert.equal(node.version, meta.version);
for (const wrong of ['wrong', undefined]) {
  await assert.rejects(connect(wrong), { name: 'WeaviateStartUpError', message: /401/ });
}
done('server');

// --- collections
await client.collections.delete(name);
assert.equal(await client.collections.exists(name), false);
const pages = await client.collections.create<Page>({
  name,
  description: 'pages of a book',
  properties: [
    { name: 'n', dataType: dataType.INT, indexRangeFilters: true },
    { name: 'title', dataType: dataType.TEXT, tokenization: tokenization.WORD },
    { name: 'color', dataType: dataType.TEXT, tokenization: tokenization.FIELD },
    { name: 'tags', dataType: dataType.TEXT_ARRAY },
  ],
  vectorizers: [
    configure.multiVectors.selfProvided({ name: 'tokens' }),
    configure.vectors.selfProvided({
      name: 'one',
      vectorIndexConfig: configure.vectorIndex.hnsw({ distanceMetric: 'l2-squared' }),
    }),
  ],
  invertedIndex: configure.invertedIndex({ bm25b: 0.5, bm25k1: 1.5, indexTimestamps: true }),
});
assert.ok(await client.collections.exists(name));
assert.ok((await client.collections.listAll()).some((each) => each.name === name));
const created = await pages.config.get();
assert.equal(created.description, 'pages of a book');
assert.deepEqual(
  created.properties.map((each) => each.name),
  ['n', 'title', 'color', 'tags'],
);
assert.equal(created.properties[0]?.indexRangeFilters, true);
assert.equal(created.properties[2]?.tokenization, 'field');
assert.equal(created.invertedIndex.bm25.b, 0.5);
const index = (vector: string) =>
  created.vectorizers[vector]?.indexConfig as { distance?: string; multiVector?: object };
assert.ok(index('tokens').multiVector);
assert.equal(index('one').multiVector, undefined);
assert.equal(index('one').distance, 'l2-squared');
assert.deepEqual(await client.collections.export(name), created);
await assert.rejects(client.collections.create({ name }), refused);
done('collections');

// --- changes of the configuration
await pages.config.update({
  description: 'pages of another book',
  invertedIndex: weaviate.reconfigure.invertedIndex({
    bm25b: 0.75,
    bm25k1: 1.5,
    stopwordsAdditions: ['page'],
  }),
});
await pages.config.addProperty({ name: 'note', dataType: dataType.TEXT });
await pages.config.addVector(configure.vectors.selfProvided({ name: 'late' }));
const changed = await pages.config.get();
assert.equal(changed.description, 'pages of another book');
assert.equal(changed.invertedIndex.bm25.b, 0.75);
assert.deepEqual(changed.invertedIndex.stopwords.additions, ['page']);
assert.equal(changed.properties.at(-1)?.name, 'note');
assert.deepEqual(Object.keys(changed.vectorizers).sort(), ['late', 'one', 'tokens']);
done('configuration');

// --- batches: pages 0 to 9 in one call, 10 to 21 as a stream, each with one that is wrong
const colors = ['red', 'green', 'blue', 'red', 'white'];
const colored = (n: number): string => (n < 20 ? (colors[n % 5] ?? '') : 'black');
const objectOf = (n: number) => ({
  id: uuidOf(n),
  properties: page(n, colored(n)),
  vectors: vectors(n),
});
const wrong = { properties: { n: 'no number' } as unknown as Page, vectors: { one: [1, 2] } };
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const many = await pages.data.insertMany([...range(0, 10).map(objectOf), wrong]);
assert.deepEqual(Object.keys(many.errors), ['10']);
assert.match(many.errors[10]?.message ?? '', /'n'/);
assert.equal(many.uuids[3], uuidOf(3));
assert.equal(await pages.length(), 10);
const streamed = await pages.data.ingest([...range(10, 22).map(objectOf), wrong]);
assert.equal(Object.keys(streamed.errors).length, 1);
assert.match(Object.values(streamed.errors)[0]?.message ?? '', /'n'/);
assert.equal(await pages.length(), 22);
for (const n of [4, 14]) {
  const stored = await pages.query.fetchObjectById(uuidOf(n), { includeVector: true });
  assert.deepEqual(
    stored?.vectors['tokens'],
    tokens(n).map((row) => row.map(Math.fround)),
  );
}
done('batches');

// --- single objects
const own = await pages.data.insert({ properties: page(100, 'gold'), vectors: vectors(100) });
assert.ok(await pages.data.exists(own));
const inserted = await pages.query.fetchObjectById(own, { includeVector: true });
assert.equal(inserted?.properties.title, 'page 100 gold');
assert.deepEqual(inserted.vectors['tokens'], tokens(100));
assert.deepEqual(inserted.vectors['one'], [1, 100]);
await pages.data.update({ id: own, properties: { note: 'new' }, vectors: { one: [2, 100] } });
const updated = await pages.query.fetchObjectById(own, {
  includeVector: ['one'],
});
assert.deepEqual([updated?.properties.note, updated?.properties.n], ['new', 100]);
assert.deepEqual(updated?.vectors, { one: [2, 100] });
const goldSince = updated?.metadata?.creationTime as Date;
assert.ok((updated?.metadata?.updateTime as Date) >= goldSince);
await pages.data.replace({ id: own, properties: { n: 101 } as Page, vectors: { one: [3, 1] } });
const replaced = await pages.query.fetchObjectById(own, { includeVector: true });
assert.deepEqual([replaced?.properties.n, replaced?.properties.title ?? null], [101, null]);
assert.deepEqual(replaced?.vectors, { one: [3, 1] });
await assert.rejects(pages.data.insert({ id: own, properties: page(1, 'red') }), refused);
await assert.rejects(pages.data.insert(wrong), refused);
await assert.rejects(
  pages.data.insert({ properties: page(1, 'red'), vectors: { tokens: [1, 2] } }),
  refused,
);
assert.ok(await pages.data.deleteById(own));
assert.equal(await pages.data.exists(own), false);
assert.equal(await pages.query.fetchObjectById(own), null);
assert.equal(await pages.length(), 22);
done('objects');

// --- vector search
const near = await pages.query.nearVector(tokens(4), {
  targetVector: 'tokens',
  limit: 3,
  returnMetadata: ['distance'],
});
assert.equal(numbers(near)[0], 4);
assert.ok(Math.abs((near.objects[0]?.metadata?.distance ?? 0) + 3) < 1e-5);
const distances = near.objects.map(({ metadata }) => metadata?.distance ?? Number.NaN);
assert.deepEqual(distances, sorted(distances));
const byObject = await pages.query.nearObject(uuidOf(4), { targetVector: 'tokens', limit: 3 });
assert.deepEqual(numbers(byObject), numbers(near));
const one = { targetVector: 'one' };
assert.deepEqual(
  numbers(await pages.query.nearVector([1, 7.2], { ...one, limit: 4 })),
  [7, 8, 6, 9],
);
assert.deepEqual(
  numbers(await pages.query.nearVector([1, 7.2], { ...one, limit: 2, offset: 1 })),
  [8, 6],
);
assert.deepEqual(numbers(await pages.query.nearVector([1, 7.2], { ...one, distance: 1 })), [7, 8]);
const cut = await pages.query.nearVector([1, 40], { ...one, autoLimit: 1 });
assert.ok(cut.objects.length > 0 && cut.objects.length < 22);
const several = await pages.query.nearVector(
  { tokens: tokens(4), one: [1, 4] },
  { targetVector: pages.multiTargetVector.manualWeights({ tokens: 1, one: 2 }), limit: 1 },
);
assert.deepEqual(numbers(several), [4]);
await assert.rejects(pages.query.nearVector([1], one), {
  name: 'WeaviateQueryError',
  message: /1 dimensions/,
});
done('vectors');

// --- keywords and hybrid
const words = await pages.query.bm25('red', { queryProperties: ['title'], limit: 20 });
assert.deepEqual(sorted(numbers(words)), [0, 3, 5, 8, 10, 13, 15, 18]);
assert.deepEqual((await pages.query.bm25('page')).objects, []);
const seven = await pages.query.bm25('7', { returnMetadata: ['score', 'explainScore'] });
assert.deepEqual(numbers(seven), [7]);
assert.ok((seven.objects[0]?.metadata?.score ?? 0) > 0);
for (const fusionType of ['Ranked', 'RelativeScore'] as const) {
  const mixed = await pages.query.hybrid('blue', {
    vector: tokens(7),
    targetVector: 'tokens',
    alpha: 0.5,
    fusionType,
    limit: 5,
  });
  assert.equal(numbers(mixed)[0], 7, fusionType);
}
const keywordsOnly = await pages.query.hybrid('blue', {
  targetVector: 'tokens',
  alpha: 0,
  limit: 20,
});
assert.deepEqual(sorted(numbers(keywordsOnly)), [2, 7, 12, 17]);
done('keywords');

// --- filters
const { filter } = pages;
const n = filter.byProperty('n');
const color = filter.byProperty('color');
const tags = filter.byProperty('tags');
const cases: readonly (readonly [FilterValue, readonly number[]])[] = [
  [color.equal('green'), [1, 6, 11, 16]],
  [Filters.and(color.notEqual('red'), n.lessThan(5)), [1, 2, 4]],
  [Filters.and(n.greaterThan(3), n.lessOrEqual(6)), [4, 5, 6]],
  [Filters.or(n.equal(2), n.greaterOrEqual(20)), [2, 20, 21]],
  [Filters.and(color.containsAny(['green', 'black']), n.greaterThan(10)), [11, 16, 20, 21]],
  [tags.containsAll(['red', 't0']), [0, 3, 15, 18]],
  [Filters.and(n.lessThan(9), tags.containsAny(['t2'])), [2, 5, 8]],
  [color.like('gr*'), [1, 6, 11, 16]],
  [Filters.not(n.greaterThan(1)), [0, 1]],
  [filter.byId().equal(uuidOf(9)), [9]],
  [filter.byId().containsAny([uuidOf(9), uuidOf(8)]), [8, 9]],
  [filter.byCreationTime().greaterThan(goldSince), []],
];
for (const [filters, expected] of cases) {
  const found = await pages.query.fetchObjects({
    filters,
    sort: pages.sort.byProperty('n'),
    limit: 50,
  });
  assert.deepEqual(numbers(found), expected, JSON.stringify(filters));
}
const green = { targetVector: 'tokens', filters: color.equal('green'), limit: 2 };
assert.deepEqual(sorted(numbers(await pages.query.nearVector(tokens(4), green))), [1, 6]);
const redBelowFour = await pages.query.bm25('red', { filters: n.lessThan(4) });
assert.deepEqual(sorted(numbers(redBelowFour)), [0, 3]);
done('filters');

// --- order, pages, groups
const sort = pages.sort.byProperty('color').byProperty('n', false);
assert.deepEqual(numbers(await pages.query.fetchObjects({ sort, limit: 4 })), [21, 20, 17, 12]);
assert.deepEqual(numbers(await pages.query.fetchObjects({ sort, limit: 2, offset: 2 })), [17, 12]);
const grouped = await pages.query.nearVector([1, 0], {
  ...one,
  limit: 22,
  groupBy: { property: 'color', numberOfGroups: 2, objectsPerGroup: 3 },
});
assert.deepEqual(Object.keys(grouped.groups), ['red', 'green']);
assert.deepEqual(
  grouped.groups['red']?.objects.map(({ properties }) => properties.n),
  [0, 3, 5],
);
const seen: number[] = [];
for await (const { properties } of pages.iterator({ includeVector: true })) seen.push(properties.n);
assert.deepEqual(sorted(seen), range(0, 22));
done('order');

// --- deleting
const dry = await pages.data.deleteMany(n.greaterThan(19), { dryRun: true, verbose: true });
assert.deepEqual([dry.matches, dry.objects.length, await pages.length()], [2, 2, 22]);
const gone = await pages.data.deleteMany(n.greaterThan(19), { verbose: true });
assert.ok(gone.objects.every(({ successful }) => successful));
assert.deepEqual([gone.successful, gone.failed, await pages.length()], [2, 0, 20]);
assert.equal((await pages.data.deleteMany(color.equal('green'))).matches, 4);
const { totalCount } = await pages.aggregate.overAll({ filters: n.lessThan(10) });
assert.equal(totalCount, 8);
const afterwards = await pages.query.nearVector(tokens(6), { targetVector: 'tokens', limit: 1 });
assert.notDeepEqual(numbers(afterwards), [6]);
await client.collections.delete(name);
assert.equal(await client.collections.exists(name), false);
await assert.rejects(pages.query.fetchObjects(), { name: 'WeaviateQueryError' });
done('deleting');

// --- tenants
const notes = await client.collections.create<Pick<Page, 'n'>>({
  name,
  properties: [{ name: 'n', dataType: dataType.INT }],
  vectorizers: configure.multiVectors.selfProvided({ name: 'tokens' }),
  multiTenancy: configure.multiTenancy({ autoTenantCreation: true }),
});
await notes.tenants.create([{ name: 'anna' }, { name: 'ben', activityStatus: 'INACTIVE' }]);
const [anna, ben] = [notes.withTenant('anna'), notes.withTenant('ben')];
const same = uuidOf(100);
const noteVectors = (at: number) => ({ tokens: tokens(at) });
await anna.data.insert({ id: same, properties: { n: 1 }, vectors: noteVectors(1) });
await assert.rejects(ben.query.fetchObjects(), /tenant not active: 'ben'/);
await notes.tenants.update({ name: 'ben', activityStatus: 'ACTIVE' });
for (const at of [2, 3, 4]) {
  await ben.data.insert({ id: uuidOf(at), properties: { n: at }, vectors: noteVectors(at) });
}
await ben.data.insert({ id: same, properties: { n: 9 }, vectors: noteVectors(9) });
assert.deepEqual([await anna.length(), await ben.length()], [1, 4]);
for (const [each, own, near] of [
  [anna, 1, 1],
  [ben, 9, 2],
] as const) {
  assert.equal((await each.query.fetchObjectById(same))?.properties.n, own);
  const options = { targetVector: 'tokens', limit: 1 } as const;
  assert.deepEqual(numbers(await each.query.nearVector(tokens(1), options)), [near]);
  const below = notes.filter.byProperty('n').lessThan(3);
  assert.deepEqual(numbers(await each.query.fetchObjects({ filters: below })), [near]);
}
const carl = notes.withTenant('carl');
const batched = await carl.data.insertMany([0, 1, 2].map((at) => ({ properties: { n: at } })));
assert.deepEqual([batched.hasErrors, await carl.length()], [false, 3]);
const mine = await anna.data.deleteMany(notes.filter.byProperty('n').greaterThan(0));
assert.deepEqual([mine.successful, await anna.length(), await ben.length()], [1, 0, 4]);
assert.deepEqual(Object.keys(await notes.tenants.get()).toSorted(), ['anna', 'ben', 'carl']);
await notes.tenants.update({ name: 'carl', activityStatus: 'INACTIVE' });
assert.equal((await notes.tenants.getByName('carl'))?.activityStatus, 'INACTIVE');
await notes.tenants.remove(['anna', 'nobody']);
assert.equal(await notes.tenants.getByName('anna'), null);
await assert.rejects(notes.query.fetchObjects(), /without tenant/);
await client.collections.delete(name);
done('tenants');

// --- a key that may only read
const reader = await connect('read-key');
assert.ok(Array.isArray(await reader.collections.listAll()));
await assert.rejects(reader.collections.create({ name }), {
  name: 'WeaviateInsufficientPermissionsError',
});
await reader.close();
done('rights');

await client.close();
