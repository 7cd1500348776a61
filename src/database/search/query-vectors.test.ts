// Texts of single vectors: several concepts, and moves towards and away from concepts and objects.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Document, VectorValue } from '../../engine/document.ts';
import type { VectorInput } from '../../engine/query/query.ts';
import { createVectorizers, type Vectorizers } from '../../vectorizers/create-vectorizers.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import { resolveInput } from './query-vectors.ts';

/** What the service says of each text. */
const known: Readonly<Record<string, readonly number[]>> = {
  north: [0, 1],
  east: [1, 0],
  south: [0, -1],
  far: [4, 8],
};

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const { text } = JSON.parse(body) as { text: string };
  response.end(JSON.stringify({ text, vector: known[text], dims: 2, error: '' }));
});
let make: Vectorizers;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  make = createVectorizers({ modelsDirectory: '', transformersUrl: url });
});
after(async () => {
  await make.close();
  server.close();
});

const module = 'text2vec-transformers';
const config = resolveCollection({
  name: 'Places',
  vectors: [
    { name: 'one', vectorizer: { module } },
    { name: 'tokens', vectorizer: { module: 'text2colbert-jinaai' } },
  ],
});
const object = {
  ...{ uuid: 'a', createdAt: 0, updatedAt: 0, properties: {} },
  vectors: new Map<string, VectorValue>([
    ['one', { kind: 'single', dims: 2, values: Float32Array.of(8, 0) }],
  ]),
} satisfies Document;

async function vectorOf(input: Partial<Extract<VectorInput, { kind: 'text' }>>, name = 'one') {
  const scope = {
    config,
    vectorizer: (of: string) => {
      const vector = config.vectors.find((each) => each.name === of)!;
      const { module, settings } = vector.vectorizer;
      const from = { collection: 'Places', vectorName: of, module, settings };
      return make({ ...from, metric: 'cosine' });
    },
    dims: () => undefined,
    get: (uuid: string) => (uuid === 'a' ? object : undefined),
  };
  const context = { headers: {} };
  const wanted = config.vectors.filter((vector) => vector.name === name);
  const text = { kind: 'text', concepts: ['north'], ...input } as const;
  const [found] = await resolveInput(text, wanted, { scope, context, kind: 'nearText' });
  return [...(found?.values ?? [])];
}

test('several concepts are embedded one by one, and the query is their mean', async () => {
  assert.deepEqual(await vectorOf({}), [0, 1]);
  assert.deepEqual(
    await vectorOf({ concepts: ['north', 'east', 'far'] }),
    [5 / 3, 3].map(Math.fround),
  );
});

test('a move goes half of its force of the way, to the middle of concepts and objects', async () => {
  const to = (force: number, concepts: string[], uuids: string[] = []) =>
    vectorOf({ moveTo: { force, concepts, uuids } });
  assert.deepEqual(await to(1, ['east']), [0.5, 0.5]);
  assert.deepEqual(await to(0.5, ['east']), [0.25, 0.75]);
  assert.deepEqual(await to(0, ['east']), [0, 1]);
  assert.deepEqual(await to(1, [], []), [0, 1]);
  // The middle of the object and of the middle of both concepts.
  assert.deepEqual(await to(1, ['far', 'south'], ['a']), [2.5, 1.375]);
  const moveAway = { force: 1, concepts: ['east'], uuids: [] };
  assert.deepEqual(await vectorOf({ moveAway }), [-0.5, 1.5]);
  const moveTo = { force: 1, concepts: ['far'], uuids: [] };
  assert.deepEqual(await vectorOf({ moveTo, moveAway }), [2.5, 6.75]);
});

test('a move that can not be made says why', async () => {
  const move = { force: 0.5, concepts: [], uuids: ['b'] };
  await assert.rejects(vectorOf({ moveTo: move }), /moveTo params: vector not found: object b/);
  await assert.rejects(vectorOf({ moveAway: { ...move, force: 2 } }), /moveAway: force is 2/);
  await assert.rejects(
    vectorOf({ moveTo: { ...move, uuids: ['a'] } }, 'tokens'),
    /move to operations are not applicable for multivector embeddings/,
  );
});

test('so many texts and objects are refused that each would be embedded or read', async () => {
  const concepts: string[] = new Array(257).fill('north');
  await assert.rejects(vectorOf({ concepts }), /nearText: 257 concepts and objects, the maximum/);
  const move = { force: 1, concepts: concepts.slice(1), uuids: ['a'] };
  await assert.rejects(vectorOf({ moveTo: move }), /moveTo: 257 concepts and objects/);
  await assert.rejects(vectorOf({ moveAway: move }), /moveAway: 257 concepts and objects/);
});
