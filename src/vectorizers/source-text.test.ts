import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textTokens } from '../../test/embedding-mock.ts';
import { DatabaseError } from '../engine/errors.ts';
import {
  queryText,
  type SourceConfig,
  type SourceProperty,
  sourceProperties,
  sourceText,
  splitName,
} from './source-text.ts';

const properties: readonly SourceProperty[] = [
  { name: 'text', type: 'text' },
  { name: 'titleText', type: 'text' },
  { name: 'num', type: 'int' },
  { name: 'arr', type: 'text[]' },
];
const values = { titleText: 'The Title', text: 'Body TEXT', num: 3, arr: ['x', 'y'] };

function config(settings: Record<string, unknown> = {}, more: Partial<SourceConfig> = {}) {
  return {
    collection: 'MyClass',
    module: 'text2colbert-jinaai' as const,
    settings: { vectorizeClassName: true, ...settings },
    properties,
    ...more,
  };
}

function text(settings: Record<string, unknown> = {}, more: Partial<SourceConfig> = {}): string {
  const content = sourceText(config(settings, more), values);
  assert.equal(content.texts.length, 1);
  return content.texts[0]!;
}

test('without named sources all texts are embedded in alphabetical order of their names', () => {
  assert.equal(text(), 'My Class x y Body TEXT The Title');
  assert.deepEqual(sourceProperties(config()), ['arr', 'text', 'titleText']);
});

test('named sources are embedded alone, in alphabetical order, numbers too', () => {
  assert.equal(text({ properties: ['text'] }), 'My Class Body TEXT');
  assert.equal(text({ properties: ['titleText', 'text'] }), 'My Class Body TEXT The Title');
  assert.equal(text({ properties: ['text', 'num', 'arr'] }), 'My Class x y 3 Body TEXT');
});

test('the name of the collection can be switched off', () => {
  assert.equal(text({ vectorizeClassName: false }), 'x y Body TEXT The Title');
});

test('an object without source properties embeds the name, even when it is switched off', () => {
  for (const vectorizeClassName of [true, false]) {
    const content = sourceText(config({ vectorizeClassName }), { num: 3, text: null });
    assert.deepEqual(content.texts, ['My Class']);
  }
});

test('an empty text is a source and stays empty', () => {
  assert.deepEqual(sourceText(config(), { text: '' }).texts, ['My Class ']);
  assert.deepEqual(sourceText(config({ vectorizeClassName: false }), { text: '' }).texts, ['']);
});

test('skipped properties are left out; property names are put in when asked for', () => {
  const withNames = properties.map((property) => ({
    ...property,
    moduleConfig: {
      'text2colbert-jinaai': { skip: property.name === 'text', vectorizePropertyName: true },
    },
  }));
  assert.equal(text({}, { properties: withNames }), 'My Class arr x y title Text The Title');
  assert.deepEqual(sourceProperties(config({}, { properties: withNames })), ['arr', 'titleText']);
});

test('settings of another module do not count', () => {
  const other = properties.map((property) => ({
    ...property,
    moduleConfig: { 'text2multivec-jinaai': { skip: true, vectorizePropertyName: true } },
  }));
  assert.equal(text({}, { properties: other }), 'My Class x y Body TEXT The Title');
});

test('the tutorial objects have the token counts of both clients', () => {
  const documents = [
    'Weaviate is a vector database that is great for AI app builders.',
    'PyTorch is a deep learning framework that is great for AI model builders.',
    'For people building AI driven products, Weaviate is a good database for their tech stack.',
  ];
  const counts = (vectorizePropertyName: boolean): number[] =>
    documents.map((document) => {
      const content = sourceText(
        {
          collection: 'DemoCollection',
          module: 'text2multivec-jinaai',
          settings: { properties: ['text'], vectorizeClassName: true },
          properties: [
            {
              name: 'text',
              type: 'text',
              moduleConfig: { 'text2multivec-jinaai': { skip: false, vectorizePropertyName } },
            },
            { name: 'docid', type: 'text' },
          ],
        },
        { text: document, docid: 'doc' },
      );
      return textTokens(content.texts[0]!, false).length;
    });
  assert.deepEqual(counts(false), [17, 18, 20]);
  assert.deepEqual(counts(true), [18, 19, 21]);
});

test('multimodal modules embed their fields as they are, and nothing when they are absent', () => {
  const multimodal = config(
    { textFields: ['title'], imageFields: ['poster'] },
    { module: 'multi2multivec-jinaai' },
  );
  assert.deepEqual(sourceText(multimodal, { title: 'a B', poster: 'SU1H', num: 1 }), {
    texts: ['a B'],
    images: ['SU1H'],
  });
  assert.deepEqual(sourceText(multimodal, { num: 1 }), { texts: [], images: [] });
  assert.deepEqual(sourceProperties(multimodal), ['title', 'poster']);
});

test('weights go with the fields that an object has; a kind without weights counts 1', () => {
  const weighted = (weights: object) =>
    config(
      { textFields: ['title', 'text'], imageFields: ['poster'], weights },
      { module: 'multi2vec-clip' },
    );
  const both = weighted({ textFields: [0.1, 0.2], imageFields: [0.7] });
  const whole = { title: 'a', text: 'b', poster: 'SU1H' };
  assert.deepEqual(sourceText(both, whole).weights, [0.1, 0.2, 0.7]);
  assert.deepEqual(sourceText(both, { text: 'b', poster: 'SU1H' }).weights, [0.2, 0.7]);
  assert.deepEqual(sourceText(weighted({ textFields: [0.1, 0.2] }), whole).weights, [0.1, 0.2, 1]);
  assert.equal('weights' in sourceText(weighted({}), whole), false);
});

test('several concepts are sorted and joined, except where the module takes only one', () => {
  assert.equal(queryText('text2colbert-jinaai', ['zebra', 'apple']), 'apple zebra');
  assert.equal(queryText('multi2multivec-jinaai', ['red fox']), 'red fox');
  assert.throws(
    () => queryText('multi2multivec-jinaai', ['zebra', 'apple']),
    (error) =>
      error instanceof DatabaseError &&
      error.message === 'vectorize keywords: only 1 query can be vectorized, passed 2 queries',
  );
});

test('names are split where capitals or digits begin', () => {
  const cases = [
    ['DemoCollection', 'Demo Collection'],
    ['HTTPServer2Log', 'HTTP Server 2 Log'],
    ['JM', 'JM'],
    ['text', 'text'],
    ['Ähnlichkeit', 'Ähnlichkeit'],
  ] as const;
  for (const [name, words] of cases) assert.equal(splitName(name), words);
});
