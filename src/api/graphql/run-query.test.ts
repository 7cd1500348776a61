// What a GraphQL request is besides its searches: the forms of requests and errors, schemas that follow the
// collections, and limits that hostile queries meet before they cost anything.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { beaconOf, bookId, GraphqlWorld } from '../../../test/graphql-world.ts';

let world: GraphqlWorld;
before(async () => {
  world = await GraphqlWorld.open();
});
after(async () => await world[Symbol.asyncDispose]());

test('errors in a query have their place and no data', async () => {
  assert.deepEqual(await world.query('{Get{'), {
    errors: [
      {
        message: 'Syntax Error: Expected Name, found <EOF>.',
        ...{ locations: [{ line: 1, column: 6 }], path: null },
      },
    ],
  });
  assert.deepEqual(await world.query('{Get{Nope{x}}}'), {
    errors: [
      {
        message: 'Cannot query field "Nope" on type "GetObjectsObj".',
        ...{ locations: [{ line: 1, column: 6 }], path: null },
      },
    ],
  });
  await world.refuses('{Get{book{title}}}', /Cannot query field "book"/);
  await world.refuses('{Get{Book{nope}}}', /Cannot query field "nope" on type "Book"/);
  await world.refuses('mutation{Get{Book{title}}}', /not configured to execute mutation/);
});

test('long lists of numbers are checked like any other value', async () => {
  const numbers = (first: number): string => `[${first}${',0'.repeat(20)}]`;
  const near = (vector: string): string => `Book(nearVector:{vector:${vector}}){title}`;
  await world.refuses(`{Get{${near(numbers(1))} ${near(numbers(2))}}}`, /differing arguments/);
  await world.refuses(`{Get{Book(limit:${numbers(1)}){title}}}`, /Int cannot represent/);
  await world.refuses(
    `{Get{Book(nearVector:${numbers(1)}){title}}}`,
    /not defined by type "NearVectorInpObj"/,
  );
  const wide = `{Get{Book(nearVector:{vector:${numbers(1)} targetVectors:["sv"]}){title}}}`;
  await world.refuses(wide, /vectors of 21 dimensions/);
  const path = /^nearVector\.vector\[0\]: expected a number/;
  await world.refuses('{Get{Book(nearVector:{vector:[true] targetVectors:["sv"]}){title}}}', path);
});

test('a body that is no request is refused as a whole', async () => {
  const statusOf = async (body: unknown, path = ''): Promise<number> =>
    (await world.send('POST', `/v1/graphql${path}`, body)).status;
  assert.equal(await statusOf({ query: '' }), 422);
  assert.equal(await statusOf({}), 422);
  assert.equal(await statusOf([]), 400);
  assert.equal(await statusOf({ query: 7 }), 400);
  assert.equal(await statusOf({ query: '{Get{Book{title}}}', variables: [] }), 400);
  assert.equal(await statusOf({}, '/batch'), 400);
  const many = Array.from({ length: 101 }, () => ({ query: '{__typename}' }));
  assert.equal(await statusOf(many, '/batch'), 422);
});

test('a batch answers each query in its place', async () => {
  const { status, json } = await world.send('POST', '/v1/graphql/batch', [
    { query: 'query A{Get{Author{name}}} query B{__typename}', operationName: 'A' },
    { query: '{Get{' },
    { query: 'query($n:Int){Get{Book(limit:$n){title}}}', variables: { n: 1 } },
  ]);
  assert.equal(status, 200);
  const [first, second, third] = json as readonly Record<string, unknown>[];
  assert.deepEqual(first, { data: { Get: { Author: [{ name: 'Ann' }] } } });
  assert.ok(second?.['errors']);
  assert.deepEqual(third, { data: { Get: { Book: [{ title: 'alpha one' }] } } });
});

test('schemas follow what is made, changed and deleted', async () => {
  await using changing = await GraphqlWorld.open();
  const { send } = changing;
  const made = (url: string, body: unknown) => send.call(changing, 'POST', url, body);
  await changing.refuses('{Get{Later{name}}}', /Cannot query field "Later"/);
  await made('/v1/schema', { class: 'Later', properties: [{ name: 'name', dataType: ['text'] }] });
  assert.deepEqual(await changing.query('{Get{Later{name}}}'), { data: { Get: { Later: [] } } });
  await changing.refuses('{Get{Later{more}}}', /Cannot query field "more"/);
  await made('/v1/schema/Later/properties', { name: 'more', dataType: ['int'] });
  assert.deepEqual(await changing.query('{Get{Later{more}}}'), { data: { Get: { Later: [] } } });
  await made('/v1/schema/Later/properties', { name: 'to', dataType: ['Author'] });
  const follow = '{Get{Later{to{... on Author{name}}}}}';
  assert.deepEqual(await changing.query(follow), { data: { Get: { Later: [] } } });
  await send.call(changing, 'DELETE', '/v1/schema/Author');
  await changing.refuses(follow, /Cannot query field "to"|Unknown type "Author"/);
  await made('/v1/schema', { class: 'Author', properties: [{ name: 'name', dataType: ['text'] }] });
  assert.deepEqual(await changing.query(follow), { data: { Get: { Later: [] } } });
  await send.call(changing, 'DELETE', '/v1/schema/Later');
  await changing.refuses('{Get{Later{name}}}', /Cannot query field "Later"/);
});

test('names of GraphQL itself are names of collections and properties too', async () => {
  await using odd = await GraphqlWorld.open();
  const names = ['String', 'WhereInpObj', 'BookAdditional', 'GetObjectsObj', 'BookByUnion'];
  for (const name of names) {
    const properties = [
      { name: '_x', dataType: ['text'] },
      { name: 'to', dataType: ['Book'] },
    ];
    await odd.send('POST', '/v1/schema', { class: name, properties });
    const id = bookId(9);
    const to = [{ beacon: beaconOf('Book', bookId(2)) }];
    await odd.send('POST', '/v1/objects', { class: name, id, properties: { _x: 'y', to } });
  }
  const fields = '{_x _additional{id} to{... on Book{title _additional{vectors{sv}}}}}';
  const { data, errors } = await odd.query(
    `{Get{${names.map((name) => name + fields).join(' ')}}}`,
  );
  assert.equal(errors, undefined);
  const to = [{ title: 'beta two', _additional: { vectors: { sv: [1, 1] } } }];
  const object = { _x: 'y', _additional: { id: bookId(9) }, to };
  const expected = Object.fromEntries(names.map((name) => [name, [object]]));
  assert.deepEqual(data, { Get: expected });
});

test('vectors whose names GraphQL can not write are searched all the same', async () => {
  await using hyphens = await GraphqlWorld.open();
  const vectorConfig = { 'a-b': { vectorizer: { none: {} }, vectorIndexType: 'hnsw' } };
  await hyphens.send('POST', '/v1/schema', { class: 'Odd', vectorConfig });
  const object = { class: 'Odd', id: bookId(9), vectors: { 'a-b': [1, 0] } };
  await hyphens.send('POST', '/v1/objects', object);
  const fields = '{_additional{id distance}}';
  const expected = { data: { Get: { Odd: [{ _additional: { id: bookId(9), distance: 0 } }] } } };
  const named = `{Get{Odd(nearVector:{vector:[1,0] targetVectors:["a-b"]})${fields}}}`;
  assert.deepEqual(await hyphens.query(named), expected);
  const variable = `query($v:AnyValue){Get{Odd(nearVector:{vectorPerTarget:$v})${fields}}}`;
  assert.deepEqual(await hyphens.query(variable, { v: { 'a-b': [1, 0] } }), expected);
});

test('a null is no argument, and no element of a list', async () => {
  const nothing =
    'where:null nearVector:null hybrid:null limit:null sort:null tenant:null after:null';
  const found = await world.data(`{Get{Book(${nothing}){__proto__:title}}}`, 'Get', 'Book');
  assert.equal((found as unknown[]).length, 3);
  const lists = [
    ...['sort:[null]', 'hybrid:{query:"x" searches:[null]}', 'bm25:{query:"x" properties:[null]}'],
    ...[
      'nearText:{concepts:[null]}',
      'where:{operator:And operands:[null]}',
      'groupBy:{path:[null]}',
    ],
    'nearText:{concepts:["x"] moveTo:{objects:[null] force:1}}',
  ];
  for (const list of lists) {
    await world.refuses(`{Get{Book(${list}){title}}}`, /Expected value of type ".*!", found null/);
  }
  const empty = ['nearVector:{vectorPerTarget:{mv:null}}', 'nearVector:{vector:null}', 'bm25:{}'];
  for (const each of empty)
    await world.refuses(`{Get{Book(${each}){title}}}`, /expected|required|must/);
});

test('searches of one request find so many objects together, in a batch too', async () => {
  const search = (limit: number): string => `{Get{Book(limit:${limit}){title}}}`;
  const both =
    '{Get{a:Book(limit:10000){title} b:Book(limit:10000){title} c:Book(limit:1){title}}}';
  const { data, errors } = await world.query(both);
  assert.deepEqual((data as { readonly Get: Record<string, unknown> }).Get['c'], null);
  assert.match(
    errors?.[0]?.message ?? '',
    /20000 objects together, with this one it would be 20001/,
  );
  const batch = [10_000, 10_000, 1].map((limit) => ({ query: search(limit) }));
  const { json } = await world.send('POST', '/v1/graphql/batch', batch);
  const failed = (json as readonly { readonly errors?: unknown }[]).map((each) => !!each.errors);
  assert.deepEqual(failed, [false, false, true]);
});

test('a query may ask for the schema', async () => {
  const query = '{__type(name:"Book"){fields{name}} __schema{queryType{name}}}';
  const { data, errors } = await world.query(query);
  assert.equal(errors, undefined);
  const { __type, __schema } = data as {
    readonly __type: { readonly fields: readonly { readonly name: string }[] };
    readonly __schema: unknown;
  };
  assert.ok(__type.fields.some(({ name }) => name === '_additional'));
  assert.deepEqual(__schema, { queryType: { name: 'WeaviateObj' } });
});

test('queries beyond the limits are refused, whatever they hide in', async () => {
  const nested = `{Get{Book(nearVector:{vector:${'['.repeat(100_000)}`;
  await world.refuses(nested, /nests brackets more than 256 deep/);
  await world.refuses('{a'.repeat(100_000), /more than 256 deep/);
  const wide = `{Get{Book{${'title '.repeat(3001)}}}}`;
  await world.refuses(wide, /selects more than 3000 fields/);
  const repeated = `{Get{Book{${'title '.repeat(2900)}}}}`;
  await world.refuses(repeated, /repeats fields too often/);
  const aliases = Array.from({ length: 101 }, (_, index) => `a${index}:Book{title}`).join(' ');
  await world.refuses(`{Get{${aliases}}}`, /101 searches, at most 100/);
  const shared = `{...A ...B} fragment A on WeaviateObj{Get{...C}} fragment B on WeaviateObj{Aggregate{x:Book{meta{count}}}}`;
  await world.refuses(`${shared} fragment C on GetObjectsObj{${aliases}}`, /searches, at most 100/);
  const doubling = Array.from(
    { length: 30 },
    (_, level) => `fragment F${level} on Book{a:about{...F${level + 1}} b:about{...F${level + 1}}}`,
  );
  const bomb = `{Get{Book{...F0}}} ${doubling.join(' ')} fragment F30 on Book{title}`;
  await world.refuses(bomb, /selects more than 3000 fields/);
  await world.refuses(
    '{Get{Book{...A}}} fragment A on Book{...B} fragment B on Book{...A}',
    /Cannot spread fragment/,
  );
  const numbers = `{Get{Book(nearVector:{vector:[${'1,'.repeat(250_001)}]}){title}}}`;
  await world.refuses(numbers, /more than 250000 tokens|exceeds.*250000|Document contains more/);
  const filter = (depth: number): string =>
    `${'{operator:Not operands:['.repeat(depth)}{operator:Equal path:["title"] valueText:"two"}${']}'.repeat(depth)}`;
  await world.refuses(`{Get{Book(where:${filter(101)}){title}}}`, /nested 100 deep/);
  const even = await world.data(`{Get{Book(where:${filter(100)}){title}}}`, 'Get', 'Book');
  assert.deepEqual(even, [{ title: 'beta two' }]);
});

test('brackets in texts and comments do not count', async () => {
  const open = '('.repeat(300);
  const query = `{Get{Book(bm25:{query:"${open}\\"${open}"}){title}} # ${open}
    more:Get{Book(bm25:{query:"""${open}\\"""${open}"""}){title}}}`;
  assert.deepEqual(await world.query(query), {
    data: { Get: { Book: [] }, more: { Book: [] } },
  });
});

test('references that multiply end at the limit of a reply', async () => {
  await using circle = await GraphqlWorld.open();
  const to = Array.from({ length: 60 }, () => ({ beacon: beaconOf('Book', bookId(4)) }));
  const url = `/v1/objects/Book/${bookId(4)}/references/about`;
  const { status } = await circle.send('PUT', url, to);
  assert.equal(status, 200);
  const deep = (levels: number): string =>
    levels === 0 ? 'title' : `about{... on Book{${deep(levels - 1)}}}`;
  await circle.refuses(
    `{Get{Book(sort:{path:["price"] order:desc} limit:1){${deep(4)}}}}`,
    /50000 objects/,
  );
});
