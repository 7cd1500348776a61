// A day with the TypeScript client before version 3: texts that the server embeds, ranks anew and writes
// about, and token vectors. Every step asserts what it got, then prints its name.

import assert from 'node:assert/strict';
import { generateUuid5 } from 'weaviate-ts-client';
import { client, done, hits, near, refused, remove, store } from './old-client-world.mjs';

const uuidOf = (n) => generateUuid5(`tile ${n}`);

// --- texts
const text = 'OldText';
const texts = ['red fox', 'blue whale', 'red tree'];
await client.schema
  .classCreator()
  .withClass({
    class: text,
    vectorizer: 'text2vec-transformers',
    moduleConfig: {
      'text2vec-transformers': { vectorizeClassName: false },
      'generative-openai': { model: 'writer' },
      'reranker-dummy': {},
    },
    properties: [{ name: 'text', dataType: ['text'] }],
  })
  .do();
await store(texts.map((each) => ({ class: text, properties: { text: each } })));
const ofText = (fields) => client.graphql.get().withClassName(text).withFields(fields);
const wording = async (query) => (await hits(query, text)).map((each) => each.text);
const likeWhale = { concepts: ['blue whale'] };
assert.equal((await wording(ofText('text').withNearText(likeWhale).withLimit(1)))[0], texts[1]);
for (const towards of [texts[0], texts[2]]) {
  const moved = { concepts: ['red'], moveTo: { concepts: [towards], force: 0.5 } };
  assert.equal((await wording(ofText('text').withNearText(moved)))[0], towards);
}
const hybrid = { query: 'fox', alpha: 0.5 };
assert.equal((await wording(ofText('text').withHybrid(hybrid)))[0], texts[0]);
const ranked = ofText('text _additional { rerank(property: "text", query: "any") { score } }');
assert.deepEqual(
  (await hits(ranked.withBm25({ query: 'red' }), text)).map(({ text, _additional }) => [
    text,
    _additional.rerank[0].score,
  ]),
  [
    ['red tree', 8],
    ['red fox', 7],
  ],
);
const written = await hits(
  ofText('text')
    .withBm25({ query: 'whale' })
    .withGenerate({ singlePrompt: 'about {text}', groupedTask: 'sum up' }),
  text,
);
assert.deepEqual(written[0]._additional.generate, {
  singleResult: 'said: about blue whale',
  groupedResult: `said: sum up: ${JSON.stringify([{ text: 'blue whale' }])}`,
  error: null,
});
await assert.rejects(ofText('text').withAsk({ question: 'what is red?' }).do(), refused(/ask/));
done('texts');

// --- token vectors
const tiles = 'OldTiles';
await client.schema
  .classCreator()
  .withClass({
    class: tiles,
    properties: [{ name: 'n', dataType: ['int'] }],
    vectorConfig: {
      tokens: {
        vectorizer: { none: {} },
        vectorIndexType: 'hnsw',
        vectorIndexConfig: { multivector: { enabled: true } },
      },
      whole: { vectorizer: { none: {} }, vectorIndexType: 'hnsw' },
    },
  })
  .do();
const tokensOf = (n) => [
  [1, n],
  [n, 1],
];
await client.data
  .creator()
  .withClassName(tiles)
  .withId(uuidOf(0))
  .withProperties({ n: 0 })
  .withVectors({ tokens: tokensOf(0), whole: [1, 0] })
  .do();
await store(
  [1, 2].map((n) => ({
    class: tiles,
    id: uuidOf(n),
    properties: { n },
    vectors: { tokens: tokensOf(n), whole: [1, n] },
  })),
);
const ofTiles = () =>
  client.graphql
    .get()
    .withClassName(tiles)
    .withFields('n _additional { distance vectors { tokens whole } }');
const [tile] = await hits(
  ofTiles()
    .withNearVector({ vector: [1, 2], targetVectors: ['whole'] })
    .withLimit(1),
  tiles,
);
assert.deepEqual(tile._additional.vectors, { tokens: tokensOf(2), whole: [1, 2] });
const late = await hits(
  ofTiles().withNearVector({ vector: tokensOf(2), targetVectors: ['tokens'] }),
  tiles,
);
assert.deepEqual(
  late.map(({ n }) => n),
  [2, 1, 0],
);
near(late[0]._additional.distance, -2);
const likeTile = ofTiles().withNearObject({ id: uuidOf(2), targetVectors: ['tokens'] });
assert.equal((await hits(likeTile, tiles))[0].n, 2);
for (const name of [text, tiles]) await remove(name);
done('token vectors');
