// What the programs of the TypeScript client before version 3 share. It does everything over REST and
// GraphQL.

import assert from 'node:assert/strict';
import weaviate from 'weaviate-ts-client';

export const client = weaviate.client({
  scheme: 'http',
  host: `127.0.0.1:${process.env.PORT}`,
});

/** Tells that a step came to its end. */
export const done = (step) => process.stdout.write(`${step}\n`);

/** What `assert.rejects` takes: the client rejects with strings and with errors. */
export const refused = (message) => (error) => {
  assert.match(String(error?.message ?? error), message);
  return true;
};

/** Equal but for what single precision loses. */
export const near = (found, expected) =>
  assert.ok(Math.abs(found - expected) < 1e-5, `${found} is not ${expected}`);

/** Stores objects in one batch. */
export async function store(objects) {
  const stored = await client.batch
    .objectsBatcher()
    .withObjects(...objects)
    .do();
  for (const { result } of stored) assert.deepEqual(result, { status: 'SUCCESS' });
}

/** The objects that a query finds in a collection; no error beside them. */
export async function hits(query, collection) {
  const { data, errors } = await query.do();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.Get[collection];
}

/** Removes a collection. */
export async function remove(collection) {
  await client.schema.classDeleter().withClassName(collection).do();
  assert.equal(await client.schema.exists(collection), false);
}
