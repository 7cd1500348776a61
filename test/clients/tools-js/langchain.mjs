// A day with LangChain.js: its vector store over this server, with vectors of its own and with texts that
// the server has written. Every step asserts what it got, then prints its name.

import assert from 'node:assert/strict';
import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import { RunnableLambda } from '@langchain/core/runnables';
import {
  Comparators,
  Comparison,
  Operation,
  Operators,
  StructuredQuery,
} from '@langchain/core/structured_query';
import { WeaviateStore, WeaviateTranslator } from '@langchain/weaviate';
import weaviate, { configure, Filters, generateUuid5 } from 'weaviate-client';

const done = (step) => process.stdout.write(`${step}\n`);

const words = ['fox', 'whale', 'tree', 'river'];

/** A text's vector says how often each word is in it. */
class CountedWords extends Embeddings {
  constructor() {
    super({});
  }

  async embedQuery(text) {
    const found = text.toLowerCase().split(/\W+/);
    return words.map((word) => found.filter((each) => each === word).length);
  }

  embedDocuments(texts) {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const embeddings = new CountedWords();
const client = await weaviate.connectToLocal({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  grpcPort: Number(process.env.GRPC_PORT),
});
const indexName = 'LangChainTale';
const tales = [
  ['The fox and the tree', { source: 'old', page: 1, by: { name: 'Ann' } }],
  ['A fox by the river', { source: 'new', page: 2, by: { name: 'Bea' } }],
  ['A whale in a river', { source: 'old', page: 3, by: { name: 'Ann' } }],
  ['The tree that fell', { source: 'new', page: 4, by: { name: 'Bea' } }],
  ['Fox, fox, fox', { source: 'old', page: 5, by: { name: 'Ann' } }],
].map(([pageContent, metadata]) => new Document({ pageContent, metadata }));
const ids = tales.map((_, at) => generateUuid5(`tale ${at}`, indexName));
const pagesOf = (documents) => documents.map(({ metadata }) => metadata.page);

// --- store
const metadataKeys = ['source', 'page', 'by_name'];
const args = { client, indexName, textKey: 'content', metadataKeys };
const store = await WeaviateStore.initialize(embeddings, args);
const [some, others] = [tales.slice(0, 3), tales.slice(3)];
assert.deepEqual(await store.addDocuments(some, { ids: ids.slice(0, 3) }), ids.slice(0, 3));
const vectors = await embeddings.embedDocuments(others.map(({ pageContent }) => pageContent));
assert.deepEqual(await store.addVectors(vectors, others, { ids: ids.slice(3) }), ids.slice(3));
const collection = client.collections.use(indexName);
assert.equal(await collection.length(), 5);
done('store');

// --- similarity
const [fox] = await store.similaritySearch('fox', 1);
assert.equal(fox.id, ids[4]);
assert.equal(fox.pageContent, 'Fox, fox, fox');
assert.deepEqual(fox.metadata, { source: 'old', page: 5, by_name: 'Ann' });
const scored = await store.similaritySearchWithScore('fox', 3);
assert.deepEqual(
  scored.map(([{ metadata }, distance]) => [metadata.page, distance.toFixed(5)]),
  [[5, '0.00000'], ...[1, 2].map((page) => [page, (1 - Math.SQRT1_2).toFixed(5)])],
);
const given = await store.similaritySearchVectorWithScore([0, 1, 0, 1], 2);
assert.deepEqual(pagesOf(given.map(([document]) => document)), [3, 2]);
const existing = await WeaviateStore.fromExistingIndex(embeddings, args);
assert.deepEqual(pagesOf(await existing.similaritySearch('whale', 1)), [3]);
const diverse = { k: 2, fetchK: 5, lambda: 0.1 };
assert.deepEqual(pagesOf(await store.maxMarginalRelevanceSearch('fox', diverse)), [5, 3]);
const alike = { k: 2, fetchK: 5, lambda: 1 };
assert.equal(pagesOf(await store.maxMarginalRelevanceSearch('fox', alike))[0], 5);
done('similarity');

// --- filters
const isOld = collection.filter.byProperty('source').equal('old');
assert.deepEqual(pagesOf(await store.similaritySearch('river', 2, isOld)), [3, 1]);
const isEarly = collection.filter.byProperty('page').lessThan(3);
const both = Filters.and(isOld, isEarly);
assert.deepEqual(pagesOf(await store.similaritySearch('river', 2, both)), [1]);
const structured = new StructuredQuery(
  'river',
  new Operation(Operators.and, [
    new Comparison(Comparators.eq, 'by_name', 'Bea'),
    new Comparison(Comparators.gte, 'page', 2),
  ]),
);
const { filter } = new WeaviateTranslator().visitStructuredQuery(structured);
assert.deepEqual(pagesOf(await store.similaritySearch('river', 5, filter)), [2, 4]);
done('filters');

// --- hybrid
const keywords = await store.hybridSearch('tree', { alpha: 0 });
assert.deepEqual(pagesOf(keywords).sort(), [1, 4]);
const mixed = await store.hybridSearch('tree', { alpha: 0.5, limit: 1, fusionType: 'Ranked' });
assert.deepEqual(pagesOf(mixed), [4]);
assert.ok(mixed[0].metadata.score > 0);
const chosen = await store.hybridSearch('tree', {
  alpha: 1,
  vector: [0, 1, 0, 0],
  filters: isOld,
  limit: 1,
  returnProperties: ['content', 'page'],
});
assert.equal(chosen[0].pageContent, 'A whale in a river');
assert.equal(chosen[0].metadata.source, undefined);
done('hybrid');

// --- retriever
const retriever = store.asRetriever({ k: 2, filter: isOld });
assert.deepEqual(pagesOf(await retriever.invoke('tree')), [1, 3]);
const chain = retriever.pipe(
  RunnableLambda.from((found) => found.map(({ pageContent }) => pageContent).join('; ')),
);
assert.equal(await chain.invoke('whale'), 'A whale in a river; The fox and the tree');
const searchKwargs = { fetchK: 5, lambda: 0.1 };
const spread = store.asRetriever({ k: 2, searchType: 'mmr', searchKwargs });
assert.deepEqual(pagesOf(await spread.invoke('fox')), [5, 3]);
done('retriever');

// --- generate
const written = await WeaviateStore.fromDocuments(tales, embeddings, {
  client,
  indexName: 'LangChainWritten',
  schema: {
    name: 'LangChainWritten',
    vectorizers: configure.vectors.selfProvided(),
    generative: configure.generative.openAI({ model: 'writer' }),
  },
});
const said = await written.generate(
  'whale',
  { singlePrompt: 'about {text}', groupedTask: 'sum up' },
  { vector: [0, 1, 0, 0], limit: 1, includeVector: true, returnMetadata: ['score'] },
);
assert.equal(said.length, 1);
assert.equal(said[0].generated, 'said: about A whale in a river');
assert.deepEqual(said[0].vectors.default, [0, 1, 0, 1]);
assert.ok(said[0].additional.score > 0);
const nothingAsked = await written.generate('whale', undefined, { vector: [0, 1, 0, 0], limit: 1 });
assert.deepEqual([pagesOf(nothingAsked), nothingAsked[0].generated], [[3], undefined]);
done('generate');

// --- named vectors
const titled = 'LangChainTitled';
const named = await WeaviateStore.fromDocuments(tales, embeddings, {
  client,
  indexName: titled,
  schema: {
    name: titled,
    vectorizers: [configure.vectors.selfProvided({ name: 'title' })],
    reranker: configure.reranker.transformers(),
  },
});
// The store gives vectors no name: they go to the only one.
const target = { targetVector: ['title'], alpha: 1, limit: 1 };
assert.deepEqual(pagesOf(await named.hybridSearch('whale', target)), [3]);
assert.deepEqual(pagesOf(await named.similaritySearch('whale', 1)), [3]);
await client.collections.use(titled).config.update({ reranker: { name: 'reranker-dummy' } });
const rerank = { property: 'text', query: 'any' };
const ranked = await named.hybridSearch('fox', { rerank, limit: 3, alpha: 0 });
assert.deepEqual(
  ranked.map(({ pageContent, metadata }) => [pageContent.length, metadata.rerankScore]),
  [
    [20, 20],
    [18, 18],
    [13, 13],
  ],
);
done('named vectors');

// --- token vectors
const tokens = 'LangChainTokens';
const late = await WeaviateStore.initialize(embeddings, {
  client,
  indexName: tokens,
  schema: { name: tokens, vectorizers: configure.multiVectors.selfProvided() },
});
const matrices = [
  [
    [1, 0],
    [0, 1],
  ],
  [
    [1, 0],
    [-1, 0],
  ],
];
// The store hands on what it is given: vectors by their names too.
await late.addVectors(
  matrices.map((matrix) => ({ default: matrix })),
  some.slice(0, 2),
);
const [best, second] = await late.similaritySearchVectorWithScore(matrices[0], 2);
assert.equal(best[0].metadata.page, 1);
assert.deepEqual([best[1], second[1]], [-2, -1]);
done('token vectors');

// --- tenants
const tenants = 'LangChainTenants';
const storeOf = (tenant) =>
  WeaviateStore.initialize(embeddings, { client, indexName: tenants, tenant });
const [ann, bea] = [await storeOf('ann'), await storeOf('bea')];
await ann.addDocuments(some, { ids: ids.slice(0, 3) });
await bea.addDocuments(others, { ids: ids.slice(0, 2) });
assert.deepEqual(pagesOf(await ann.similaritySearch('fox', 5)).sort(), [1, 2, 3]);
assert.deepEqual(pagesOf(await bea.similaritySearch('fox', 5)), [5, 4]);
assert.deepEqual(pagesOf(await bea.hybridSearch('tree', { alpha: 0 })), [4]);
await ann.delete({ ids: [ids[0]] });
assert.deepEqual(pagesOf(await ann.similaritySearch('fox', 5)).sort(), [2, 3]);
assert.deepEqual(pagesOf(await bea.similaritySearch('fox', 5)), [5, 4]);
await bea.delete({ filter: client.collections.use(tenants).filter.byProperty('page').equal(4) });
assert.deepEqual(pagesOf(await bea.similaritySearch('fox', 5)), [5]);
await client.collections.delete(tenants);
done('tenants');

// --- deleting
await store.delete({ ids: [ids[0], ids[1]] });
assert.deepEqual(pagesOf(await store.similaritySearch('fox', 9)).sort(), [3, 4, 5]);
await store.delete({ filter: isOld });
assert.deepEqual(pagesOf(await store.similaritySearch('fox', 9)), [4]);
for (const name of [indexName, 'LangChainWritten', titled, tokens])
  await client.collections.delete(name);
await client.close();
done('deleting');
