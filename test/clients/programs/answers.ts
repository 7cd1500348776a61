// Reranks hits and has texts written about them: prints what it got as one line of JSON.

import weaviate, { configure } from 'weaviate-client';

const client = await weaviate.connectToLocal({
  host: '127.0.0.1',
  port: Number(process.env['PORT']),
  grpcPort: Number(process.env['GRPC_PORT']),
});
const name = 'AnswersTypeScript';
const tiles = await client.collections.create({
  name,
  properties: [{ name: 'text', dataType: 'text' }],
  reranker: configure.reranker.cohere(),
  generative: configure.generative.openAI({ model: 'writer' }),
});
await tiles.config.update({ reranker: { name: 'reranker-dummy', config: undefined } });
await tiles.data.insertMany([
  { text: 'tile' },
  { text: 'tile of glass' },
  { text: 'tile of clay' },
]);

const rerank = { property: 'text', query: 'any' };
const ranked = await tiles.query.bm25('tile', { rerank });
const grouped = await tiles.query.bm25('tile', { limit: 2 });
const written = await tiles.generate.bm25(
  'tile',
  {
    singlePrompt: {
      prompt: 'about {text}',
      debug: true,
      metadata: true,
    },
    groupedTask: 'sum up',
    config: { name: 'generative-openai', config: { temperature: 0.5 } },
  },
  { rerank },
);
const shown = {
  ranked: ranked.objects.map(({ properties, metadata }) => [
    properties['text'],
    metadata?.rerankScore,
  ]),
  plain: grouped.objects.length,
  written: written.objects.map(({ generative }) => [
    generative?.text,
    generative?.debug?.fullPrompt,
  ]),
  whole: written.generative?.text,
};
await client.close();
process.stdout.write(`${JSON.stringify(shown)}\n`);
