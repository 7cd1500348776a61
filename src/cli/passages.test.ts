import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nameUuid, urlNamespace } from '../ingest/name-uuid.ts';
import { cutPassages } from './passages.ts';
import { projectFolder, projectPassages } from './project-documents.ts';

const words = (count: number, word = 'word'): string => Array(count).fill(word).join(' ');

describe('cutPassages', () => {
  test('a passage lies under one heading and has the headings above it as title', () => {
    const found = cutPassages(
      '# A\n\nintro\n\n## B\n\none\n\ntwo\n\n#### D\n\ndeep\n\n## C #\n\nlast',
    );
    assert.deepEqual(found, [
      { title: 'A', text: 'intro', index: 0 },
      { title: 'A › B', text: 'one\n\ntwo', index: 0 },
      { title: 'A › B › D', text: 'deep', index: 0 },
      { title: 'A › C', text: 'last', index: 0 },
    ]);
  });

  test('text before the first heading has an empty title; empty sections give nothing', () => {
    assert.deepEqual(cutPassages('start\n\n# Empty\n\n## Also empty\n'), [
      { title: '', text: 'start', index: 0 },
    ]);
  });

  test('paragraphs are joined up to 150 words, and numbered within their title', () => {
    const found = cutPassages(`# A\n\n${words(100)}\n\n${words(50)}\n\n${words(1, 'next')}`);
    assert.deepEqual(
      found.map(({ index, text }) => [index, text.split(/\s+/).length]),
      [
        [0, 150],
        [1, 1],
      ],
    );
  });

  test('a long block is cut at lines, a long line at sentences, a long sentence at words', () => {
    const lines = `${words(100, 'a')}\n${words(100, 'b')}`;
    assert.deepEqual(
      cutPassages(lines).map(({ text }) => text),
      [words(100, 'a'), words(100, 'b')],
    );
    const sentences = `${words(99, 'a')} end. ${words(99, 'b')} end.`;
    assert.deepEqual(
      cutPassages(sentences).map(({ text }) => text),
      [`${words(99, 'a')} end.`, `${words(99, 'b')} end.`],
    );
    assert.deepEqual(
      cutPassages(words(400)).map(({ text }) => text.split(' ').length),
      [150, 150, 100],
    );
  });

  test('marks of Markdown are gone, code and tables keep their content', () => {
    const markdown = [
      '## The `Log` of [files](storage.md)',
      '',
      '> It is **durable** and *fast*: see [why](a.md), 2 * 3 * 4.',
      '',
      '| word | meaning |',
      '| --- | :-: |',
      '| a | | `b` |',
      '',
      '```ts',
      '# no heading',
      '',
      'const x = `t`;',
      '```',
    ].join('\n');
    assert.deepEqual(cutPassages(markdown), [
      {
        title: 'The Log of files',
        text: 'It is durable and fast: see why, 2 * 3 * 4.\n\nword | meaning\na | b\n\n# no heading\n\nconst x = `t`;',
        index: 0,
      },
    ]);
  });
});

describe('project documents', () => {
  test('uuids follow from the name as in RFC 9562', () => {
    assert.equal(
      nameUuid(urlNamespace, 'docs/ARCHITECTURE.md#1'),
      'eb32bf44-0669-5e0f-b0e1-28c838342a26',
    );
    assert.equal(
      nameUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'tesserae'),
      'c3469719-cd89-50ba-b6d7-cd5e5fad6d9a',
    );
  });

  test('every passage of the project has its own uuid, a source, a title and text', () => {
    const passages = projectPassages(projectFolder());
    assert.ok(passages.some(({ source }) => source.startsWith('docs/decisions/')));
    assert.equal(new Set(passages.map(({ uuid }) => uuid)).size, passages.length);
    for (const { source, title, text } of passages) {
      assert.notEqual(title, '', source);
      assert.notEqual(text, '', source);
    }
  });
});
