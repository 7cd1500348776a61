// A day with the TypeScript client before version 3: collections and objects. Every step asserts what it
// got, then prints its name.

import assert from 'node:assert/strict';
import { generateUuid5 } from 'weaviate-ts-client';
import { client, done, refused, remove } from './old-client-world.mjs';

const page = 'OldPage';
const author = 'OldAuthor';
const uuidOf = (n) => generateUuid5(`page ${n}`, page);
// --- server
assert.equal(await client.misc.readyChecker().do(), true);
assert.equal(await client.misc.liveChecker().do(), true);
assert.match((await client.misc.metaGetter().do()).version, /^1\.\d+\.\d+$/);
const { nodes } = await client.cluster.nodesStatusGetter().do();
assert.equal(nodes[0].status, 'HEALTHY');
done('server');

// --- schema
await client.schema
  .classCreator()
  .withClass({
    class: author,
    vectorizer: 'none',
    properties: [{ name: 'name', dataType: ['text'] }],
  })
  .do();
const created = await client.schema
  .classCreator()
  .withClass({
    class: page,
    description: 'pages of a book',
    vectorizer: 'none',
    vectorIndexConfig: { distance: 'cosine' },
    properties: [
      { name: 'title', dataType: ['text'] },
      { name: 'n', dataType: ['int'] },
      { name: 'tags', dataType: ['text[]'], tokenization: 'field' },
    ],
  })
  .do();
assert.equal(created.class, page);
const added = { name: 'by', dataType: [author] };
await client.schema.propertyCreator().withClassName(page).withProperty(added).do();
const read = await client.schema.classGetter().withClassName(page).do();
assert.equal(read.description, 'pages of a book');
assert.deepEqual(
  read.properties.map(({ name }) => name),
  ['title', 'n', 'tags', 'by'],
);
const all = (await client.schema.getter().do()).classes.map((each) => each.class);
assert.ok(all.includes(page) && all.includes(author));
assert.equal(await client.schema.exists(page), true);
assert.equal(await client.schema.exists('OldNothing'), false);
const [shard] = await client.schema.shardsGetter().withClassName(page).do();
assert.equal(shard.status, 'READY');
await assert.rejects(
  client.schema.classCreator().withClass({ class: page }).do(),
  refused(/422.*already exists/),
);
done('schema');

// --- objects
const ann = await client.data
  .creator()
  .withClassName(author)
  .withProperties({ name: 'Ann' })
  .withVector([1, 0])
  .do();
const one = () => client.data.getterById().withClassName(page).withId(uuidOf(1));
const first = await client.data
  .creator()
  .withClassName(page)
  .withId(uuidOf(1))
  .withProperties({ title: 'first page', n: 1, tags: ['odd'] })
  .withVector([10, 1])
  .do();
assert.equal(first.id, uuidOf(1));
await assert.rejects(
  client.data.creator().withClassName(page).withId(uuidOf(1)).withProperties({}).do(),
  refused(/422.*already exists/),
);
const validator = client.data.validator().withClassName(page).withId(uuidOf(2));
assert.equal(await validator.withProperties({ title: 'valid' }).do(), true);
await assert.rejects(validator.withProperties({ n: 'word' }).do(), refused(/422/));
await client.data
  .merger()
  .withClassName(page)
  .withId(uuidOf(1))
  .withProperties({ title: 'page 1 red' })
  .do();
let seen = await one().withVector().do();
assert.deepEqual(seen.properties, { title: 'page 1 red', n: 1, tags: ['odd'] });
assert.deepEqual(seen.vector, [10, 1]);
await client.data
  .updater()
  .withClassName(page)
  .withId(uuidOf(1))
  .withProperties({ title: 'page 1 red', n: 1 })
  .withVector([1, 1])
  .do();
seen = await one().withVector().do();
assert.deepEqual(seen.properties, { title: 'page 1 red', n: 1 });
assert.deepEqual(seen.vector, [1, 1]);
// Paths without a collection, which the client calls deprecated.
assert.equal((await client.data.getterById().withId(uuidOf(1)).do()).class, page);
assert.equal(await client.data.checker().withId(uuidOf(2)).do(), false);
const everywhere = (await client.data.getter().do()).objects.map(({ id }) => id);
assert.ok(everywhere.includes(uuidOf(1)) && everywhere.includes(ann.id));
const check = () => client.data.checker().withClassName(page).withId(uuidOf(1)).do();
assert.equal(await check(), true);
await client.data.deleter().withClassName(page).withId(uuidOf(1)).do();
assert.equal(await check(), false);
await assert.rejects(one().do(), refused(/404/));
done('objects');

// --- batches
const colors = ['red', 'green', 'blue'];
const pages = Array.from({ length: 9 }, (_, n) => ({
  class: page,
  id: uuidOf(n),
  properties: {
    title: `page ${n} ${colors[n % 3]}`,
    n,
    tags: [n % 2 === 1 ? 'odd' : 'even', `t${n}`],
  },
  vector: [1, n],
}));
const stored = await client.batch
  .objectsBatcher()
  .withObjects(...pages)
  .withObject({ class: page, id: uuidOf(9), properties: { n: 'nine' } })
  .withConsistencyLevel('ONE')
  .do();
assert.deepEqual(
  stored.map(({ result }) => result.status),
  [...pages.map(() => 'SUCCESS'), 'FAILED'],
);
assert.match(stored[9].result.errors.error[0].message, /\bn\b/);
done('batches');

// --- references
const toAnn = client.data.referencePayloadBuilder().withClassName(author).withId(ann.id).payload();
const reference = (builder) =>
  builder.withClassName(page).withId(uuidOf(1)).withReferenceProperty('by');
const authorsOf = async () => (await one().do()).properties.by ?? [];
await reference(client.data.referenceCreator()).withReference(toAnn).do();
assert.equal((await authorsOf())[0].beacon, toAnn.beacon);
await reference(client.data.referenceDeleter()).withReference(toAnn).do();
assert.deepEqual(await authorsOf(), []);
await reference(client.data.referenceReplacer()).withReferences([toAnn]).do();
assert.equal((await authorsOf()).length, 1);
const references = client.batch.referencesBatcher();
for (const n of [2, 3]) {
  references.withReference(
    client.batch
      .referencePayloadBuilder()
      .withFromClassName(page)
      .withFromId(uuidOf(n))
      .withFromRefProp('by')
      .withToClassName(author)
      .withToId(ann.id)
      .payload(),
  );
}
for (const { result } of await references.do()) assert.equal(result.status, 'SUCCESS');
done('references');

// --- lists
const list = (limit) => client.data.getter().withClassName(page).withLimit(limit);
assert.equal((await list(100).do()).objects.length, 9);
const walked = [];
for (let after = ''; ; ) {
  const { objects } = await list(4).withAfter(after).withVector().do();
  if (objects.length === 0) break;
  walked.push(...objects);
  after = objects.at(-1).id;
}
assert.deepEqual(
  walked.map(({ id }) => id),
  pages.map(({ id }) => id).sort(),
);
for (const { properties, vector } of walked) assert.deepEqual(vector, [1, properties.n]);
done('lists');

// --- deleting
const odd = { path: ['tags'], operator: 'ContainsAny', valueTextArray: ['odd'] };
const deleter = () => client.batch.objectsBatchDeleter().withClassName(page).withWhere(odd);
const dry = await deleter().withDryRun(true).withOutput('verbose').do();
assert.deepEqual(
  [dry.results.matches, dry.results.objects.map(({ status }) => status)],
  [4, ['DRYRUN', 'DRYRUN', 'DRYRUN', 'DRYRUN']],
);
const gone = await deleter().withOutput('minimal').do();
assert.deepEqual([gone.results.matches, gone.results.successful, gone.results.failed], [4, 4, 0]);
const left = (await list(100).do()).objects.map(({ properties }) => properties.n);
assert.deepEqual(left.sort(), [0, 2, 4, 6, 8]);
for (const name of [page, author]) await remove(name);
done('deleting');
