// A day with the TypeScript client before version 3: tenants. Every step asserts what it got, then prints
// its name.

import assert from 'node:assert/strict';
import { generateUuid5 } from 'weaviate-ts-client';
import { client, done, hits, refused, remove, store } from './old-client-world.mjs';

const page = 'OldTenantPage';
const uuidOf = (n) => generateUuid5(`page ${n}`, page);
const { schema, data } = client;

// --- tenants
await schema
  .classCreator()
  .withClass({
    class: page,
    vectorizer: 'none',
    multiTenancyConfig: { enabled: true },
    properties: [
      { name: 'n', dataType: ['int'] },
      { name: 'title', dataType: ['text'] },
      { name: 'next', dataType: [page] },
    ],
  })
  .do();
const made = await schema
  .tenantsCreator(page, [
    { name: 'ann' },
    { name: 'bea' },
    { name: 'cleo', activityStatus: 'COLD' },
  ])
  .do();
assert.deepEqual(made.map(({ name }) => name).sort(), ['ann', 'bea', 'cleo']);
const statuses = async () => {
  const tenants = await schema.tenantsGetter(page).do();
  return Object.fromEntries(tenants.map(({ name, activityStatus }) => [name, activityStatus]));
};
assert.deepEqual(await statuses(), { ann: 'HOT', bea: 'HOT', cleo: 'COLD' });
assert.equal(await schema.tenantsExists(page, 'ann').do(), true);
assert.equal(await schema.tenantsExists(page, 'dora').do(), false);
done('tenants');

// --- objects
const objectOf = (tenant, n) => ({
  class: page,
  tenant,
  id: uuidOf(n),
  properties: { n, title: `page ${n} of ${tenant}` },
  vector: [1, n],
});
await store([0, 1, 2, 3].map((n) => objectOf('ann', n)));
await store([2, 3].map((n) => objectOf('bea', n)));
const of = (builder, tenant, n) => builder.withClassName(page).withTenant(tenant).withId(uuidOf(n));
await of(data.creator(), 'bea', 4)
  .withProperties({ n: 4, title: 'page 4 of bea' })
  .withVector([1, 4])
  .do();
const exists = (tenant, n) => of(data.checker(), tenant, n).do();
assert.deepEqual([await exists('ann', 4), await exists('bea', 4)], [false, true]);
await of(data.merger(), 'bea', 4).withProperties({ title: 'merged' }).do();
await of(data.updater(), 'bea', 3)
  .withProperties({ n: 3, title: 'updated' })
  .withVector([1, 3])
  .do();
const titleOf = async (tenant, n) => (await of(data.getterById(), tenant, n).do()).properties.title;
assert.equal(await titleOf('bea', 4), 'merged');
assert.equal(await titleOf('bea', 3), 'updated');
assert.equal(await titleOf('ann', 3), 'page 3 of ann');
const payload = data.referencePayloadBuilder().withClassName(page).withId(uuidOf(1)).payload();
await of(data.referenceCreator(), 'ann', 0)
  .withReferenceProperty('next')
  .withReference(payload)
  .do();
await of(data.deleter(), 'bea', 2).do();
const listed = async (tenant) => {
  const { objects } = await data.getter().withClassName(page).withTenant(tenant).withLimit(9).do();
  return objects.map(({ properties }) => properties.n).sort();
};
assert.deepEqual(
  [await listed('ann'), await listed('bea')],
  [
    [0, 1, 2, 3],
    [3, 4],
  ],
);
await assert.rejects(
  data.creator().withClassName(page).withProperties({ n: 5 }).do(),
  refused(/multi-tenancy enabled/),
);
done('objects');

// --- searches
const get = (tenant) =>
  client.graphql
    .get()
    .withClassName(page)
    .withTenant(tenant)
    .withFields(`n next { ... on ${page} { n } }`);
const found = async (query) => (await hits(query, page)).map(({ n }) => n);
assert.deepEqual(
  await found(
    get('ann')
      .withNearVector({ vector: [1, 0] })
      .withLimit(2),
  ),
  [0, 1],
);
assert.deepEqual(
  await found(
    get('bea')
      .withNearVector({ vector: [1, 0] })
      .withLimit(2),
  ),
  [3, 4],
);
assert.deepEqual(await found(get('bea').withBm25({ query: 'merged' })), [4]);
assert.deepEqual(await found(get('ann').withBm25({ query: 'merged' })), []);
const where = { path: ['n'], operator: 'GreaterThan', valueInt: 2 };
assert.deepEqual(await found(get('ann').withWhere(where)), [3]);
const [first] = await hits(
  get('ann')
    .withNearObject({ id: uuidOf(0) })
    .withLimit(1),
  page,
);
assert.deepEqual(first.next, [{ n: 1 }]);
const count = client.graphql.aggregate().withClassName(page).withFields('meta { count }');
const counted = await count.withTenant('ann').do();
assert.equal(counted.data.Aggregate[page][0].meta.count, 4);
await assert.rejects(
  client.graphql.get().withClassName(page).withFields('n').do(),
  refused(/tenant/),
);
done('searches');

// --- states
await assert.rejects(get('cleo').do(), refused(/not active/));
await schema
  .tenantsUpdater(page, [
    { name: 'ann', activityStatus: 'COLD' },
    { name: 'cleo', activityStatus: 'HOT' },
  ])
  .do();
assert.deepEqual(await statuses(), { ann: 'COLD', bea: 'HOT', cleo: 'HOT' });
await assert.rejects(get('ann').do(), refused(/not active/));
assert.deepEqual(await found(get('cleo')), []);
await schema.tenantsUpdater(page, [{ name: 'ann', activityStatus: 'HOT' }]).do();
assert.deepEqual((await found(get('ann'))).sort(), [0, 1, 2, 3]);
done('states');

// --- deleting
const deleted = await client.batch
  .objectsBatchDeleter()
  .withClassName(page)
  .withTenant('ann')
  .withWhere(where)
  .do();
assert.equal(deleted.results.successful, 1);
assert.deepEqual(
  [await listed('ann'), await listed('bea')],
  [
    [0, 1, 2],
    [3, 4],
  ],
);
await schema.tenantsDeleter(page, ['bea', 'cleo']).do();
assert.deepEqual(await statuses(), { ann: 'HOT' });
await remove(page);
done('deleting');
