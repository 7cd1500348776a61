// Get over GraphQL, as the Go client and the old TypeScript client write it: every search, what is shown of
// hits, and what is refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { beaconOf, bookId, GraphqlWorld } from '../../../test/graphql-world.ts';

let world: GraphqlWorld;
before(async () => {
  world = await GraphqlWorld.open();
});
after(async () => await world[Symbol.asyncDispose]());

const get = (args: string, fields = 'title'): Promise<unknown> =>
  world.data(`{Get{Book${args === '' ? '' : `(${args})`}{${fields}}}}`, 'Get', 'Book');
const titles = async (args: string): Promise<readonly string[]> =>
  ((await get(args)) as readonly { readonly title: string }[]).map(({ title }) => title);
const refused = (args: string, message: RegExp, fields = 'title'): Promise<void> =>
  world.refuses(`{Get{Book(${args}){${fields}}}}`, message);

test('properties of every type come as their types', async () => {
  const fields =
    'title pages price inPrint released tags years place{latitude longitude} ' +
    'phone{input internationalFormatted nationalFormatted national valid countryCode defaultCountry} ' +
    'press{name cities offices{street}} cover';
  assert.deepEqual(await get('where:{path:["title"] operator:Equal valueText:"alpha"}', fields), [
    {
      title: 'alpha one',
      pages: 9_007_199_254_740_991,
      price: 1.5,
      inPrint: true,
      released: '2020-01-01T00:00:00Z',
      tags: ['x', 'y'],
      years: [2001, 2002],
      place: { latitude: 52.5, longitude: 13.25 },
      phone: {
        input: '020 1234567',
        internationalFormatted: '+31 20 123 4567',
        nationalFormatted: '020 123 4567',
        national: 201234567,
        valid: true,
        countryCode: 31,
        defaultCountry: 'NL',
      },
      press: { name: 'P', cities: ['A', 'B'], offices: [{ street: 'S' }] },
      cover: 'aGVsbG8=',
    },
  ]);
  const absent = await get('where:{path:["title"] operator:Equal valueText:"beta"}', fields);
  assert.deepEqual(absent, [
    {
      ...{ title: 'beta two', pages: 20, price: 2.5, inPrint: false, released: null, tags: ['y'] },
      ...{ years: null, place: null, phone: null, press: null, cover: null },
    },
  ]);
});

test('an object says its id, times and vectors', async () => {
  const fields =
    '_additional{id creationTimeUnix lastUpdateTimeUnix isConsistent vector vectors{mv sv} distance certainty score}';
  assert.deepEqual(
    await get(`where:{path:["_id"] operator:Equal valueText:"${bookId(1)}"}`, fields),
    [
      {
        _additional: {
          id: bookId(1),
          creationTimeUnix: '1700000000000',
          lastUpdateTimeUnix: '1700000000000',
          isConsistent: true,
          vector: null,
          vectors: {
            mv: [
              [1, 0],
              [0, 0.1],
            ],
            sv: [1, 0],
          },
          distance: null,
          certainty: null,
          score: '0',
        },
      },
    ],
  );
});

test('objects are fetched in order, by pages and by cursor', async () => {
  assert.deepEqual(await titles('limit:2'), ['alpha one', 'beta two']);
  assert.deepEqual(await titles('limit:2,offset:2'), ['gamma three', 'delta four']);
  assert.deepEqual(await titles(`limit:2,after:"${bookId(2)}"`), ['gamma three', 'delta four']);
  assert.deepEqual(await titles('limit:1,after:""'), ['alpha one']);
  assert.deepEqual(await titles('sort:[{path:["pages"] order:desc}] limit:2'), [
    'alpha one',
    'delta four',
  ]);
  assert.deepEqual(await titles('sort:{path:["price"]} limit:1'), ['alpha one']);
  assert.deepEqual(await titles('consistencyLevel:QUORUM limit:1'), ['alpha one']);
  // As many as the operator says.
  assert.equal((await titles('')).length, 3);
});

test('filters have the operators, values and paths of the other wires', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['operator:Equal path:["pages"] valueInt:20', ['beta two']],
    ['operator:GreaterThanEqual path:["price"] valueNumber:3.5', ['gamma three', 'delta four']],
    ['operator:Equal path:["inPrint"] valueBoolean:true', ['alpha one']],
    ['operator:LessThan path:["released"] valueDate:"2021-01-01T00:00:00Z"', ['alpha one']],
    ['operator:ContainsAny path:["tags"] valueText:["x","z"]', ['alpha one', 'gamma three']],
    ['operator:Like path:["title"] valueString:"del*"', ['delta four']],
    [
      'operator:WithinGeoRange path:["place"] valueGeoRange:{geoCoordinates:{latitude:52.5,longitude:13.25},distance:{max:2000}}',
      ['alpha one'],
    ],
    [
      'operator:And operands:[{operator:GreaterThan path:["pages"] valueInt:20},{operator:LessThan path:["pages"] valueInt:40}]',
      ['gamma three'],
    ],
    [
      'operator:Not operands:[{operator:GreaterThan path:["price"] valueNumber:1.6}]',
      ['alpha one'],
    ],
    ['operator:Equal path:["by","Author","name"] valueText:"Ann"', ['alpha one']],
    ['operator:Equal path:"title" valueText:"two"', ['beta two']],
  ];
  for (const [where, expected] of cases)
    assert.deepEqual(await titles(`where:{${where}}`), expected, where);
  await refused('where:{operator:Equal path:["title"]}', /expected one value field/);
  await refused(
    'where:{operator:Same path:["title"] valueText:"x"}',
    /"Same" does not exist in "WhereOperatorEnum"/,
  );
  await refused('where:{operator:Equal path:["pages"] valueInt:"x"}', /expected a number, got "x"/);
});

test('multi-vectors are searched by name, per target, and as a plain vector', async () => {
  const fields = 'title _additional{distance}';
  const hits = [
    { title: 'alpha one', _additional: { distance: -1 } },
    { title: 'beta two', _additional: { distance: -0.70710677 } },
  ];
  const ways = [
    'nearVector:{vectorPerTarget:{mv:[[1,0]]},targetVectors:["mv"]}',
    'nearVector:{vectorPerTarget:{mv:[[1,0]]}}',
    'nearVector:{vector:[[1,0]] targetVectors:["mv"]}',
    'nearVector:{vector:[[1,0]] targets:{targetVectors:["mv"] combinationMethod:minimum}}',
  ];
  for (const way of ways) assert.deepEqual(await get(`${way} limit:2`, fields), hits, way);
});

test('single vectors are searched with distance, certainty and their thresholds', async () => {
  const near = 'vector:[1,0],targetVectors:["sv"]';
  const fields = 'title _additional{distance certainty}';
  const best = { title: 'alpha one', _additional: { distance: 0, certainty: 1 } };
  assert.deepEqual(await get(`nearVector:{${near}} limit:1`, fields), [best]);
  assert.deepEqual(await get(`nearVector:{${near},certainty:0.99}`, fields), [best]);
  assert.deepEqual(await titles(`nearVector:{${near},distance:0.5}`), ['alpha one', 'beta two']);
  assert.deepEqual(await titles(`nearVector:{${near}} autocut:1`), [
    'alpha one',
    'beta two',
    'delta four',
  ]);
  const where = 'where:{operator:Equal path:["title"] valueText:"gamma"}';
  assert.deepEqual(await titles(`nearVector:{${near}} ${where}`), ['gamma three']);
  await refused(
    `nearVector:{${near},certainty:0.9,distance:0.1}`,
    /cannot provide distance and certainty/,
  );
  await refused('nearVector:{targetVectors:["sv"]}', /vector is required/);
  await refused('nearVector:{vector:[1,0,0],targetVectors:["sv"]}', /3 dimensions/);
  await refused(
    'nearVector:{vector:["a"],targetVectors:["sv"]}',
    /nearVector\.vector\[0\]: expected a number/,
  );
  await refused(
    'nearVector:{vector:[1,0],targetVectors:["no"]}',
    /does not have named vector no configured/,
  );
});

test('several targets are put together as the query says', async () => {
  const per = 'vectorPerTarget:{mv:[[1,0]],sv:[1,0]}';
  const distance = async (targets: string): Promise<unknown> => {
    const found = await get(`nearVector:{${per},${targets}} limit:1`, '_additional{distance}');
    return (found as readonly { readonly _additional: { readonly distance: number } }[])[0]
      ?._additional.distance;
  };
  assert.equal(await distance('targets:{targetVectors:["mv","sv"] combinationMethod:sum}'), -1);
  assert.equal(
    await distance('targets:{targetVectors:["mv","sv"] combinationMethod:average}'),
    -0.5,
  );
  const weights = 'combinationMethod:manualWeights, weights:{mv:3,sv:1}';
  assert.equal(await distance(`targets:{targetVectors:["mv","sv"] ${weights}}`), -3);
  // Several queries for one target: multi-vectors, of which the second is nearer, and single vectors.
  const pair = 'vectorPerTarget:{mv:[[[0,-1]],[[1,0]]],sv:[1,0]}';
  const least = 'targets:{targetVectors:["mv","sv"] combinationMethod:minimum}';
  assert.deepEqual(await titles(`nearVector:{${pair},${least}} limit:1`), ['alpha one']);
  const two =
    'nearVector:{vectorPerTarget:{sv:[[1,0],[0,1]]},targets:{targetVectors:["sv","sv"] combinationMethod:sum}}';
  assert.equal((await titles(`${two} limit:1`)).length, 1);
});

test('texts are searched by concepts, with moves', async () => {
  assert.deepEqual(await titles('nearText:{concepts:["east"] targetVectors:["sv"]} limit:1'), [
    'alpha one',
  ]);
  assert.deepEqual(await titles('nearText:{concepts:["north"] targetVectors:"sv"} limit:1'), [
    'delta four',
  ]);
  const moved = (objects: string): string =>
    `nearText:{concepts:["north"] targetVectors:["sv"] moveTo:{objects:[${objects}] force:1} moveAwayFrom:{concepts:["north"] force:0.9} autocorrect:false} limit:1`;
  assert.deepEqual(await titles(moved(`{id:"${bookId(1)}"}`)), ['alpha one']);
  assert.deepEqual(await titles(moved(`{beacon:"${beaconOf('Book', bookId(1))}"}`)), ['alpha one']);
  await refused('nearText:{concepts:["x"] autocorrect:true}', /autocorrect is not offered/);
  await refused(
    'nearText:{concepts:["x"] moveTo:{objects:[{}] force:1}}',
    /moveTo\.objects\[0\]: an id or a beacon/,
  );
  await refused('nearText:{concepts:["x"] targetVectors:["mv"]}', /"mv" has no vectorizer/);
});

test('objects are searched by id or beacon', async () => {
  const expected = ['gamma three', 'beta two'];
  const near = (of: string): string => `nearObject:{${of} targetVectors:["sv"]} limit:2`;
  const byId = await titles(near(`id:"${bookId(3)}"`));
  assert.equal(byId[0], expected[0]);
  assert.deepEqual(await titles(near(`beacon:"${beaconOf('Book', bookId(3))}"`)), byId);
  await refused(near('id:"x"'), /"x" is not a uuid/);
  await refused(near('beacon:"x"'), /got the beacon "x"/);
});

test('keywords are searched with properties, boosts and operators', async () => {
  const found = await get(
    'bm25:{query:"alpha two" properties:["title^2","tags"]}',
    'title _additional{score explainScore}',
  );
  const hits = found as readonly {
    readonly title: string;
    readonly _additional: Record<string, string>;
  }[];
  assert.deepEqual(hits.map(({ title }) => title).sort(), ['alpha one', 'beta two']);
  assert.match(hits[0]?._additional['score'] ?? '', /^\d+\.\d+$/);
  assert.match(hits[0]?._additional['explainScore'] ?? '', /BM25F_\w+_frequency:1.*Plan: /s);
  assert.doesNotMatch(hits[1]?._additional['explainScore'] ?? '', /Plan: /);
  const operator = (text: string): string =>
    `bm25:{query:"alpha two" searchOperator:{operator:${text}}}`;
  assert.deepEqual(await titles(operator('And')), []);
  assert.deepEqual(await titles(operator('Or minimumOrTokensMatch:2')), []);
  await refused('bm25:{query:""}', /must have query set/);
});

test('hybrid searches fuse both legs, whatever names their vectors', async () => {
  const hybrid = (more: string): Promise<readonly string[]> =>
    titles(`hybrid:{query:"gamma" ${more}} limit:2`);
  assert.deepEqual(await hybrid('vector:[1,0] alpha:0 targetVectors:["sv"]'), ['gamma three']);
  assert.equal((await hybrid('vector:[1,0] alpha:1 targetVectors:["sv"]'))[0], 'alpha one');
  const both = ['gamma three', 'alpha one'];
  assert.deepEqual(
    await hybrid('vector:[1,0] alpha:0.5 targetVectors:["sv"] fusionType:rankedFusion'),
    both,
  );
  assert.deepEqual(
    await hybrid('vector:[1,0] targetVectors:["sv"] fusionType:relativeScoreFusion alpha:0.49'),
    both,
  );
  const inside = 'alpha:1 searches:{nearVector:{vector:[[1,0]] targetVectors:["mv"]}}';
  assert.equal((await hybrid(inside))[0], 'alpha one');
  const text = 'alpha:1 searches:[{nearText:{concepts:["north"]}}] targetVectors:["sv"]';
  assert.equal((await hybrid(text))[0], 'delta four');
  const far = 'vector:[1,0] alpha:1 targetVectors:["sv"] maxVectorDistance:0.1';
  assert.deepEqual(await hybrid(far), ['alpha one']);
  await refused('hybrid:{query:"x" alpha:2}', /alpha must be from 0 to 1, got 2/);
  await refused('hybrid:{query:"x"} bm25:{query:"x"}', /conflict: hybrid_search and bm25_search/);
  await refused(
    'hybrid:{query:"x"} sort:{path:["title"]}',
    /sort cannot be set with hybrid_search/,
  );
});

test('groups show their objects with the first of them', async () => {
  const groupBy = 'groupBy:{path:["tags"] groups:2 objectsPerGroup:2}';
  const fields = `title _additional{group{id count minDistance maxDistance groupedBy{path value}
    hits{title _additional{id distance vectors{sv}}}}}`;
  const found = await get(`nearVector:{vector:[1,0] targetVectors:["sv"]} ${groupBy}`, fields);
  const hit = (title: string, id: number, distance: number, sv: readonly number[]) => ({
    title,
    _additional: { id: bookId(id), distance, vectors: { sv } },
  });
  const one = hit('alpha one', 1, 0, [1, 0]);
  const two = hit('beta two', 2, 0.29289323, [1, 1]);
  const group = (id: number, value: string, hits: readonly (typeof one)[]) => ({
    title: hits[0]?.title,
    _additional: {
      group: {
        ...{ id, count: hits.length, minDistance: hits[0]?._additional.distance },
        maxDistance: hits.at(-1)?._additional.distance,
        ...{ groupedBy: { path: ['tags'], value }, hits },
      },
    },
  });
  const rounded = JSON.parse(JSON.stringify(found), (_, value) =>
    typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
  );
  const expected = JSON.parse(
    JSON.stringify([group(0, 'x', [one]), group(1, 'y', [one, two])]),
    (_, value) => (typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value),
  );
  assert.deepEqual(rounded, expected);
});

test('hits are ranked anew and written about by the modules of their collection', async () => {
  const rerank = '_additional{rerank(property:"title" query:"x"){score}}';
  assert.deepEqual(await get('limit:3', `title ${rerank}`), [
    { title: 'gamma three', _additional: { rerank: [{ score: 11 }] } },
    { title: 'alpha one', _additional: { rerank: [{ score: 9 }] } },
    { title: 'beta two', _additional: { rerank: [{ score: 8 }] } },
  ]);
  const generate = `_additional{generate(singleResult:{prompt:"{title}!"}
    groupedResult:{task:"all of" properties:["pages"]}){singleResult groupedResult error}}`;
  const hits = await get('limit:2 offset:1', generate);
  const [first, second] = hits as readonly {
    readonly _additional: { readonly generate: Record<string, string | null> };
  }[];
  const { groupedResult, ...single } = first?._additional.generate ?? {};
  assert.deepEqual(single, { singleResult: 'about beta two!', error: null });
  assert.match(groupedResult ?? '', /^about all of.*20.*30/s);
  assert.deepEqual(second?._additional.generate, {
    ...{ singleResult: null, groupedResult: null, error: 'the service is asleep' },
  });
  const author = '{Get{Author{_additional{rerank(property:"name" query:"x"){score}}}}}';
  await world.refuses(author, /collection Author has no reranker/);
  await refused('limit:1', /neither a prompt/, '_additional{generate{singleResult}}');
});

test('references are followed through fragments, also to several collections', async () => {
  const fields = `title by{... on Author{name _additional{id vector} wrote{... on Book{title}}}}
    about{__typename ... on Author{name} ... on Book{title by{... on Author{name}}}}`;
  const found = await get('limit:2', fields);
  assert.deepEqual(found, [
    {
      title: 'alpha one',
      by: [
        {
          name: 'Ann',
          _additional: { id: world.ann, vector: null },
          wrote: [{ title: 'alpha one' }, { title: 'gamma three' }],
        },
      ],
      about: [
        { __typename: 'Author', name: 'Ann' },
        { __typename: 'Book', title: 'delta four', by: null },
      ],
    },
    { title: 'beta two', by: null, about: null },
  ]);
  await refused('limit:1', /Cannot query field "name" on type "BookByUnion"/, 'by{name}');
});

test('a collection answers by its alias, several at once, and by variables', async () => {
  const query = `query($limit: Int, $vector: AnyValue){
    Get{Volumes(limit:$limit){title} near:Book(limit:1 nearVector:{vector:$vector targetVectors:["mv"]}){title} Author{name}}
    Aggregate{Volumes{meta{count}}}}`;
  const reply = await world.query(query, { limit: 1, vector: [[-1, 0]] });
  assert.deepEqual(reply, {
    data: {
      Get: {
        Volumes: [{ title: 'alpha one' }],
        near: [{ title: 'gamma three' }],
        Author: [{ name: 'Ann' }],
      },
      Aggregate: { Volumes: [{ meta: { count: 4 } }] },
    },
  });
});

test('one search that fails harms no other', async () => {
  const reply = await world.query('{Get{Author{name} Book(limit:-1){title}}}');
  assert.deepEqual(reply, {
    data: { Get: { Author: [{ name: 'Ann' }], Book: null } },
    errors: [
      {
        message: 'limit is -1, it must be at least 0',
        locations: [{ line: 1, column: 19 }],
        path: ['Get', 'Book'],
      },
    ],
  });
});

test('what is not offered is refused by name', async () => {
  await refused('tenant:"t"', /multi-tenancy disabled/);
  await refused('nearImage:{image:"aGk=" targetVectors:["mv"]}', /"mv" has no vectorizer/);
  await refused('nearAudio:{audio:"aGk="}', /search-type near_audio/);
  await refused('nearIMU:{imu:"aGk="}', /search-type near_imu/);
  await refused('limit:1,after:"x"', /"x" is not a uuid/);
  await refused(
    `after:"${bookId(1)}" where:{path:["pages"] operator:Equal valueInt:1}`,
    /where cannot be set with after/,
  );
  await refused('group:{type:merge,force:0.7}', /Unknown argument "group"/);
  await refused('limit:1,offset:10000', /QUERY_MAXIMUM_RESULTS/);
  await world.refuses(
    '{Explore(nearText:{concepts:["x"]}){beacon}}',
    /Explore, .* is not offered by this server/,
  );
});
