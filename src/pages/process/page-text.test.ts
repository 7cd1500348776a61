import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cleanTitle, type Line, textOf, titleOf } from './page-text.ts';

/** A line of words of one height. */
function line(words: string, height = 0.02): Line {
  return words.split(' ').map((text) => ({ text, x: 0, y: 0, width: 0.1, height }));
}

describe('page text', () => {
  test('words are joined by spaces and lines by breaks; each word is found at its start', () => {
    const { text, words, wordStarts } = textOf([line('one two'), line('three'), line('𝒻our five')]);
    assert.equal(text, 'one two\nthree\n𝒻our five');
    assert.equal(words.length, wordStarts.length);
    for (const [index, word] of words.entries()) {
      const start = wordStarts[index] ?? -1;
      assert.equal(text.slice(start, start + word.text.length), word.text);
    }
  });

  test('a page without words has no text', () => {
    assert.deepEqual(textOf([]), { text: '', words: [], wordStarts: [] });
  });

  test('the title is the first large line with those after it that are as large', () => {
    const body = Array.from({ length: 5 }, () => line('plain words'));
    const title = [line('Annual', 0.05), line('Report', 0.048)];
    assert.equal(titleOf([line('page 3'), ...title, ...body]), 'Annual Report');
  });

  test('a page of text in one size has its first line as title', () => {
    const lines = ['first of all', 'second', 'third', 'fourth'].map((words) => line(words));
    assert.equal(titleOf(lines), 'first of all');
  });

  test('large numbers, single letters and text that runs up the page are no title', () => {
    const lines = [
      line('42', 0.09),
      line('A', 0.08),
      line('sideways', 0.4),
      line('Real title', 0.03),
    ];
    assert.equal(titleOf([...lines, line('text'), line('text')]), 'Real title');
    assert.equal(titleOf([]), '');
  });

  test('a title that nobody gave is none, and a long one is cut between words', () => {
    assert.equal(cleanTitle('Microsoft Word - report.doc'), 'report.doc');
    assert.equal(cleanTitle(' Annual\r\n\0 Report '), 'Annual Report');
    for (const none of ['', 'untitled', 'Document1', '---', ' \0'])
      assert.equal(cleanTitle(none), '');
    const long = cleanTitle('word '.repeat(60));
    assert.ok(long.length <= 200 && long.endsWith('word…'), long);
  });
});
