// Questions in words: which mode and vectors answer, and what a hit on a page says of itself.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { multi, noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import { boxUnits, type VectorValue } from '../../engine/document.ts';
import type { Vectorizer, VectorizerConfig } from '../../vectorizers/vectorizer.ts';
import type { Database } from '../database.ts';
import { resolveCollection } from '../schema/collection-schema.ts';
import { answerText } from './text-query.ts';

const meanings: Readonly<Record<string, readonly number[]>> = {
  fox: [1, 0, 0, 0],
  vixen: [0.9, 0.1, 0, 0],
  red: [0, 1, 0, 0],
  crimson: [0, 0.9, 0.1, 0],
  tax: [0, 0, 1, 0],
  form: [0, 0, 0.2, 1],
};

/** One vector a word. */
function vectorOf(text: string): VectorValue {
  return multi(...[text.split(' ').map((word) => [...(meanings[word] ?? [0.1, 0.1, 0.1, 0.1])])]);
}

function spansOf(text: string): Uint32Array<ArrayBuffer> {
  const words = [...text.matchAll(/\S+/g)];
  return Uint32Array.from(words.flatMap(({ index, 0: word }) => [index, index + word.length]));
}

function wordVectorizer({ module }: VectorizerConfig): Vectorizer | undefined {
  if (module === 'none') return undefined;
  return {
    ...{ module, kind: 'multi', accepts: { text: true, image: false } },
    embedObjects: async (inputs) =>
      inputs.map(({ texts: [text = ''] }) => ({
        ...{ kind: 'vector', vector: vectorOf(text), places: { spans: spansOf(text) } },
      })),
    embedQueryText: async (text) => vectorOf(text),
    queryTokens: async (text) => spansOf(text),
    embedQueryImage: async () => vectorOf(''),
  };
}

const vectorizers = Object.assign(wordVectorizer, {
  close: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
});

const properties = [
  { name: 'source', type: 'text', tokenization: 'field', searchable: false },
  { name: 'page', type: 'int' },
  { name: 'text', type: 'text' },
  { name: 'picture', type: 'blob' },
] as const;

const texts = ['the red vixen sleeps', 'a tax form', 'crimson paint'];

/** Each page one line of words, a tenth of the page wide each. */
async function openPages(module: string): Promise<Database> {
  const database = await openDatabase({ vectorizers });
  const settings = { vectorizeClassName: false, properties: ['text'] };
  await database.createCollection(
    resolveCollection({
      ...{ name: 'Pages', properties },
      vectors: [
        module === 'none'
          ? { name: 'text', kind: 'multi' }
          : { name: 'text', vectorizer: { module, settings } },
      ],
    }),
  );
  const objects = texts.map((text, index) => {
    const spans = spansOf(text);
    const boxes = Uint16Array.from(
      Array.from({ length: spans.length / 2 }, (_, row) => [row * 6553, 0, 6553, boxUnits]).flat(),
    );
    const words = new Map([['text', { spans, boxes, page: { width: 100, height: 200 } }]]);
    return {
      ...{ uuid: uuidOf(index + 1), vectors: new Map(), words },
      properties: { source: 'a.pdf', page: index + 1, text, picture: 'aGVsbG8=' },
    };
  });
  const results = await database.collection('Pages').insertMany(objects, noContext);
  assert.ok(results.every(({ kind }) => kind === 'stored'));
  return database;
}

describe('a question in words', () => {
  test('is compared by vectors where the collection has a model, and says what it leaves out', async () => {
    await using database = await openPages('text2colbert-jinaai');
    const collection = database.collection('Pages');
    const answer = await answerText(collection, { text: 'crimson fox', limit: 2 }, noContext);
    assert.equal(answer.mode, 'vector');
    assert.deepEqual(answer.vectors, ['text']);
    assert.match(answer.notes.join(), /pictures on them are not looked at/);
    const [first] = answer.hits;
    assert.equal(answer.hits.length, 2);
    assert.deepEqual(
      [first?.source, first?.page, first?.properties['picture']],
      ['a.pdf', 1, undefined],
    );
    assert.deepEqual(
      first?.snippet?.marks.map(([start, end]) => first.snippet?.text.slice(start, end)),
      ['red', 'vixen'],
    );
  });

  test('has the words that answered, their heat and boxes in points', async () => {
    await using database = await openPages('text2colbert-jinaai');
    const collection = database.collection('Pages');
    const query = { text: 'the red fox', detail: 'all', limit: 1 } as const;
    const { hits } = await answerText(collection, query, noContext);
    const [matches] = hits[0]?.vectors ?? [];
    assert.deepEqual(
      matches?.tokens.map(({ query: asked, words }) => [asked.text, words.map(({ text }) => text)]),
      [
        ['the', ['the']],
        ['red', ['red']],
        ['fox', ['vixen']],
      ],
    );
    assert.equal(hits[0]?.score, Math.fround(matches?.score ?? 0));
    assert.equal(matches?.text, texts[0]);
    assert.deepEqual(hits[0]?.boxes, [
      [20, 0, 10, 200],
      [10, 0, 10, 200],
    ]);
    assert.deepEqual(
      matches?.heat.map(({ text, heat }) => [text, heat > 0.5]),
      [
        ['the', false],
        ['red', true],
        ['vixen', true],
        ['sleeps', false],
      ],
    );
  });

  test('by keywords has the boxes of the words, also where nothing is embedded', async () => {
    await using database = await openPages('none');
    const collection = database.collection('Pages');
    const answer = await answerText(collection, { text: 'what Tax form' }, noContext);
    assert.deepEqual([answer.mode, answer.vectors, answer.notes], ['keyword', [], []]);
    assert.deepEqual(
      answer.hits.map(({ page }) => page),
      [2],
    );
    assert.deepEqual(
      answer.hits[0]?.places.map(({ text, x, y, width, height }) => [text, x, y, width, height]),
      [
        ['tax', 10, 0, 10, 200],
        ['form', 20, 0, 10, 200],
      ],
    );
    assert.deepEqual(answer.hits[0]?.boxes, [
      [10, 0, 10, 200],
      [20, 0, 10, 200],
    ]);
    assert.deepEqual(answer.hits[0]?.pageSize, { width: 100, height: 200 });
  });

  test('by both has what either found', async () => {
    await using database = await openPages('text2colbert-jinaai');
    const collection = database.collection('Pages');
    const query = { text: 'sleeps fox', mode: 'hybrid', limit: 1 } as const;
    const [hit] = (await answerText(collection, query, noContext)).hits;
    assert.deepEqual(
      hit?.snippet?.marks.map(([start, end]) => hit.snippet?.text.slice(start, end)),
      ['the', 'vixen', 'sleeps'],
    );
    assert.deepEqual(
      hit?.places.map(({ text }) => text),
      ['vixen', 'the', 'sleeps'],
    );
  });

  test('of no words, no hits or no model is refused, each with what is wrong', async () => {
    await using database = await openPages('none');
    const collection = database.collection('Pages');
    const refused = (query: object): Promise<void> =>
      assert.rejects(answerText(collection, { text: 'fox', ...query }, noContext), {
        code: /invalid-argument|no-vectorizer/,
      });
    await refused({ text: ' ' });
    await refused({ limit: -1 });
    await refused({ limit: 1.5 });
    await refused({ mode: 'vector', vectors: ['text'] });
    await refused({ mode: 'vector', vectors: ['nobody'] });
    await refused({ mode: 'hybrid', vectors: ['nobody'] });
  });
});
