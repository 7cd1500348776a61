// A day with LlamaIndex.TS: its vector store over this server, by itself and under an index. Every step
// asserts what it got, then prints its name.

import assert from 'node:assert/strict';
import { MockLLM } from '@llamaindex/core/llms/mock';
import { WeaviateVectorStore } from '@llamaindex/weaviate';
import {
  BaseEmbedding,
  Document,
  FilterCondition,
  FilterOperator,
  NodeRelationship,
  Settings,
  storageContextFromDefaults,
  TextNode,
  VectorStoreIndex,
  VectorStoreQueryMode,
} from 'llamaindex';
import weaviate, { generateUuid5 } from 'weaviate-client';

const done = (step) => process.stdout.write(`${step}\n`);
const near = (found, expected) =>
  assert.ok(Math.abs(found - expected) < 1e-5, `${found} is not ${expected}`);

const words = ['fox', 'whale', 'tree', 'river'];

/** A text's vector says how often each word is in it. */
class CountedWords extends BaseEmbedding {
  async getTextEmbedding(text) {
    const found = text.toLowerCase().split(/\W+/);
    return words.map((word) => found.filter((each) => each === word).length);
  }
}

Settings.embedModel = new CountedWords();
const weaviateClient = await weaviate.connectToLocal({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  grpcPort: Number(process.env.GRPC_PORT),
});
const tales = [
  ['The fox and the tree', { author: 'Ann', page: 1 }],
  ['A fox by the river', { author: 'Bea', page: 2 }],
  ['A whale in a river', { author: 'Ann', page: 3 }],
  ['The tree that fell', { author: 'Bea', page: 4 }],
  ['Fox, fox, fox', { author: 'Ann', page: 5 }],
];

// --- store
const indexName = 'LlamaNodes';
const store = new WeaviateVectorStore({ indexName, weaviateClient });
const nodes = await Promise.all(
  tales.map(async ([text, metadata]) => {
    const node = new TextNode({
      id_: generateUuid5(text, indexName),
      text,
      metadata: { ...metadata },
    });
    node.relationships[NodeRelationship.SOURCE] = { nodeId: `tale ${metadata.page}`, metadata: {} };
    node.embedding = await Settings.embedModel.getTextEmbedding(text);
    return node;
  }),
);
assert.deepEqual(
  await store.add(nodes),
  nodes.map(({ id_ }) => id_),
);
const collection = weaviateClient.collections.use(indexName);
assert.equal(await collection.length(), 5);
done('store');

// --- queries
const ask = async (queryStr, options = {}) => {
  const queryEmbedding = await Settings.embedModel.getTextEmbedding(queryStr);
  const mode = VectorStoreQueryMode.DEFAULT;
  return await store.query({ queryStr, queryEmbedding, similarityTopK: 5, mode, ...options });
};
const pages = ({ nodes: found }) => found.map(({ metadata }) => metadata.page);
const plain = await ask('fox', { similarityTopK: 1 });
assert.deepEqual(plain.ids, [nodes[4].id_]);
assert.equal(plain.nodes[0].id_, nodes[4].id_);
assert.equal(plain.nodes[0].text, 'Fox, fox, fox');
assert.equal(plain.nodes[0].metadata.author, 'Ann');
assert.equal(plain.nodes[0].sourceNode.nodeId, 'tale 5');
assert.deepEqual(pages(await ask('the whale river', { similarityTopK: 2 })), [3, 2]);
const mode = VectorStoreQueryMode.HYBRID;
const mixed = await ask('tree', { mode, alpha: 0.5 });
assert.deepEqual(pages(mixed).slice(0, 2), [4, 1]);
near(mixed.similarities[0], 0); // The store takes one minus the score, which is 1 for the best.
assert.ok(mixed.similarities[1] > 0.1);
const queryEmbedding = undefined;
const byWords = { mode: VectorStoreQueryMode.SPARSE, queryEmbedding };
assert.deepEqual(pages(await ask('fell', byWords)), [4]);
done('queries');

// --- filters
const { AND, OR } = FilterCondition;
const filtered = async (filters, condition = AND) =>
  pages(await ask('river', { filters: { filters, condition } })).sort();
const { EQ, NE, GT, GTE, LT, LTE, ANY, ALL, IN } = FilterOperator;
const author = (operator, value) => ({ key: 'author', operator, value });
const page = (operator, value) => ({ key: 'page', operator, value });
assert.deepEqual(await filtered([author(EQ, 'Ann')]), [1, 3, 5]);
assert.deepEqual(await filtered([author(NE, 'Ann')]), [2, 4]);
assert.deepEqual(await filtered([page(GT, 4)]), [5]);
assert.deepEqual(await filtered([page(GTE, 4)]), [4, 5]);
assert.deepEqual(await filtered([page(LT, 2)]), [1]);
assert.deepEqual(await filtered([page(LTE, 2)]), [1, 2]);
assert.deepEqual(await filtered([author(ANY, ['Ann', 'Bea'])]), [1, 2, 3, 4, 5]);
assert.deepEqual(await filtered([author(ALL, ['Ann', 'Bea'])]), []);
assert.deepEqual(await filtered([author(EQ, 'Ann'), page(LT, 4)]), [1, 3]);
assert.deepEqual(await filtered([author(EQ, 'Bea'), page(EQ, 5)], OR), [2, 4, 5]);
await assert.rejects(filtered([page(IN, [1])]), /not supported/);
assert.deepEqual(pages(await ask('river', { docIds: ['tale 2', 'tale 3'] })).sort(), [2, 3]);
done('filters');

// --- index
const written = new WeaviateVectorStore({ indexName: 'LlamaIndexed', weaviateClient });
const documents = tales.map(
  ([text, metadata]) => new Document({ id_: `tale-${metadata.page}`, text, metadata }),
);
const storageContext = await storageContextFromDefaults({ vectorStore: written });
const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
const retrieved = async (query, options, from = index) => {
  const found = await from.asRetriever(options).retrieve({ query });
  return found.map(({ node }) => node.metadata.page);
};
assert.deepEqual(await retrieved('whale', { similarityTopK: 1 }), [3]);
assert.deepEqual((await retrieved('tree', { similarityTopK: 2, mode })).sort(), [1, 4]);
const filters = { filters: [author(EQ, 'Ann')] };
assert.deepEqual((await retrieved('fox', { similarityTopK: 3, filters })).sort(), [1, 3, 5]);
const again = await VectorStoreIndex.fromVectorStore(written);
assert.deepEqual(await retrieved('whale', { similarityTopK: 1 }, again), [3]);
Settings.llm = new MockLLM({ responseMessage: 'It was a fox.' });
const engine = index.asQueryEngine({ similarityTopK: 1 });
const { message, sourceNodes } = await engine.query({ query: 'who was the fox?' });
assert.equal(message.content, 'It was a fox.');
assert.deepEqual(
  sourceNodes.map(({ node }) => node.metadata.page),
  [5],
);
done('index');

// --- deleting
await store.delete('tale 3');
assert.equal(await collection.length(), 4);
assert.ok(!pages(await ask('whale')).includes(3));
await index.deleteRefDoc('tale-5');
assert.deepEqual((await retrieved('fox', { similarityTopK: 5 })).sort(), [1, 2, 3, 4]);
await index.insert(documents[4]);
assert.deepEqual(await retrieved('fox', { similarityTopK: 1 }), [5]);
for (const name of [indexName, 'LlamaIndexed']) await weaviateClient.collections.delete(name);
const absent = new WeaviateVectorStore({ indexName, weaviateClient });
await assert.rejects(absent.query({ queryStr: 'fox', mode, similarityTopK: 1 }), /does not exist/);
await weaviateClient.close();
done('deleting');
