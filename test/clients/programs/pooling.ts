// Makes a collection with token pooling from its schema in JSON and uses it.

import assert from 'node:assert/strict';
import weaviate from 'weaviate-client';

const client = await weaviate.connectToLocal({
  host: '127.0.0.1',
  port: Number(process.env['PORT']),
  grpcPort: Number(process.env['GRPC_PORT']),
});
const multivector = { enabled: true, tokenPooling: { enabled: true, factor: 2 } };
const collection = await client.collections.createFromSchema({
  class: 'PooledSchema',
  vectorConfig: {
    tokens: {
      vectorizer: { none: {} },
      vectorIndexType: 'hnsw',
      vectorIndexConfig: { multivector },
    },
  },
});
const tokens = [
  [1, 0],
  [0, 0.5],
  [1, 0],
  [0, 0.5],
];
const pooled = {
  tokens: [
    [1, 0],
    [0, 0.5],
  ],
};
const uuid = await collection.data.insert({ properties: { text: 'page' }, vectors: { tokens } });
const found = await collection.query.fetchObjectById(uuid, { includeVector: true });
assert.deepEqual(found?.vectors, pooled);
await collection.data.replace({ id: uuid, properties: { text: 'same' }, vectors: found.vectors });
const again = await collection.query.fetchObjectById(uuid, { includeVector: true });
assert.deepEqual(again?.vectors, pooled);
await client.close();
process.stdout.write('done\n');
