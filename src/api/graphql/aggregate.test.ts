// Aggregate over GraphQL: metrics of every type of property, groups, filters and searches.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { beaconOf, GraphqlWorld } from '../../../test/graphql-world.ts';

let world: GraphqlWorld;
before(async () => {
  world = await GraphqlWorld.open();
});
after(async () => await world[Symbol.asyncDispose]());

const aggregate = (args: string, fields: string): Promise<unknown> =>
  world.data(`{Aggregate{Book${args === '' ? '' : `(${args})`}{${fields}}}}`, 'Aggregate', 'Book');
const count = async (args: string): Promise<unknown> => await aggregate(args, 'meta{count}');
const counted = (number: number): unknown => [{ meta: { count: number } }];

test('every type of property has its metrics', async () => {
  const fields = `meta{count} groupedBy{value}
    pages{count type minimum maximum} price{count type sum mean median mode minimum maximum}
    inPrint{count type totalTrue totalFalse percentageTrue percentageFalse}
    released{count type minimum maximum median mode} tags{count type topOccurrences{value occurs}}
    title{count type} place{count type} by{type pointingTo} about{pointingTo}`;
  const moment = '2020-01-01T00:00:00Z';
  assert.deepEqual(await aggregate('', fields), [
    {
      meta: { count: 4 },
      groupedBy: null,
      pages: { count: 4, type: 'int', minimum: 20, maximum: 9_007_199_254_740_991 },
      price: {
        ...{ count: 4, type: 'number', sum: 12, mean: 3, median: 3, mode: 1.5 },
        ...{ minimum: 1.5, maximum: 4.5 },
      },
      inPrint: {
        ...{ count: 2, type: 'boolean', totalTrue: 1, totalFalse: 1 },
        ...{ percentageTrue: 0.5, percentageFalse: 0.5 },
      },
      released: {
        ...{ count: 1, type: 'date', minimum: moment, maximum: moment },
        ...{ median: moment, mode: moment },
      },
      tags: {
        ...{ count: 4, type: 'text[]' },
        topOccurrences: [
          { value: 'y', occurs: 2 },
          { value: 'x', occurs: 1 },
          { value: 'z', occurs: 1 },
        ],
      },
      title: { count: 4, type: 'text' },
      place: { count: 1, type: 'geoCoordinates' },
      by: { type: 'cref', pointingTo: ['Author'] },
      about: { pointingTo: ['Author', 'Book'] },
    },
  ]);
});

test('a property that stands there twice has the values of both', async () => {
  const fields =
    'few:tags{topOccurrences(limit:1){value}} more:tags{count topOccurrences(limit:2){value}}';
  const [y, x] = [{ value: 'y' }, { value: 'x' }];
  assert.deepEqual(await aggregate('', fields), [
    { few: { topOccurrences: [y] }, more: { count: 4, topOccurrences: [y, x] } },
  ]);
});

test('objects are aggregated group by group', async () => {
  const fields = 'meta{count} groupedBy{path value} price{maximum}';
  const group = (value: string, objects: number, maximum: number) => ({
    ...{ meta: { count: objects }, groupedBy: { path: ['tags'], value }, price: { maximum } },
  });
  assert.deepEqual(await aggregate('groupBy:["tags"] limit:2', fields), [
    group('y', 2, 2.5),
    group('x', 1, 1.5),
  ]);
  assert.deepEqual(await aggregate('groupBy:"by"', 'groupedBy{value}'), [
    { groupedBy: { value: beaconOf('Author', world.ann) } },
  ]);
  assert.deepEqual(await aggregate('groupBy:"inPrint"', 'groupedBy{value}'), [
    { groupedBy: { value: 'false' } },
    { groupedBy: { value: 'true' } },
  ]);
  const place = JSON.stringify({ latitude: 52.5, longitude: 13.25 });
  assert.deepEqual(await aggregate('groupBy:"place"', 'groupedBy{value}'), [
    { groupedBy: { value: place } },
  ]);
});

test('filters and searches choose what is aggregated', async () => {
  const where = 'where:{operator:GreaterThan path:["price"] valueNumber:2}';
  assert.deepEqual(await count(where), counted(3));
  const near = 'vector:[1,0] targetVectors:["sv"]';
  assert.deepEqual(await count(`nearVector:{${near} distance:0.5}`), counted(2));
  assert.deepEqual(await count(`nearVector:{${near}} objectLimit:3`), counted(3));
  assert.deepEqual(await count(`nearVector:{${near} distance:0.5} ${where}`), counted(1));
  const tokens = 'nearVector:{vectorPerTarget:{mv:[[1,0]]}} objectLimit:2';
  assert.deepEqual(await count(tokens), counted(2));
  assert.deepEqual(
    await count('nearText:{concepts:["east"] targetVectors:["sv"] certainty:0.99}'),
    counted(1),
  );
  assert.deepEqual(
    await count('hybrid:{query:"alpha two" alpha:0 targetVectors:["sv"]} objectLimit:5'),
    counted(2),
  );
});

test('aggregations that make no sense are refused', async () => {
  const refuses = (args: string, message: RegExp): Promise<void> =>
    world.refuses(`{Aggregate{Book(${args}){meta{count}}}}`, message);
  await refuses('groupBy:["tags","title"]', /one property, got \[tags, title\]/);
  await refuses('groupBy:["nope"]', /nope/);
  await refuses('objectLimit:3', /object_limit goes with/);
  await refuses('limit:-1', /limit is -1/);
  await refuses('tenant:"t"', /multi-tenancy disabled/);
  await world.refuses('{Aggregate{Book{title{sum}}}}', /Cannot query field "sum"/);
  await world.refuses('{Aggregate{Book{nope{count}}}}', /Cannot query field "nope"/);
});
