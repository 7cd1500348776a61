// From a page to token vectors with boxes: which word each token belongs to, however it was cut.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boxUnits } from '../../engine/document.ts';
import { type PageText, placesOfTokens, placesOfWords } from './page-text.ts';

/** Words of one line each, one below the other, joined by line breaks. */
function pageOf(...words: readonly string[]): PageText {
  let at = 0;
  const wordStarts = words.map((word) => {
    const start = at;
    at += word.length + 1;
    return start;
  });
  return {
    text: words.join('\n'),
    words: words.map((text, row) => ({ text, x: 0.25, y: row / 10, width: 0.5, height: 0.1 })),
    wordStarts,
    widthPoints: 595,
    heightPoints: 842,
  };
}

function token(start: number, end: number): { text: string; start: number; end: number } {
  return { text: '', start, end };
}

function boxesOf({ boxes }: { readonly boxes?: Uint16Array }): number[][] {
  assert.ok(boxes);
  return Array.from({ length: boxes.length / 4 }, (_, row) => [
    ...boxes.subarray(row * 4, row * 4 + 4),
  ]);
}

const quarter = Math.floor(boxUnits / 4);
const line = (row: number): number[] => {
  const top = Math.floor((row / 10) * boxUnits);
  return [
    quarter,
    top,
    Math.ceil(0.75 * boxUnits) - quarter,
    Math.ceil((row / 10 + 0.1) * boxUnits) - top,
  ];
};
const nowhere = [0, 0, 0, 0];

describe('page text', () => {
  test('every piece of a word has the box of the word, markers have none', () => {
    const page = pageOf('tessellate', 'now');
    const tokens = [token(0, 0), token(0, 6), token(6, 10), token(11, 14), token(14, 14)];
    const places = placesOfTokens(page, tokens);
    assert.deepEqual(boxesOf(places), [nowhere, line(0), line(0), line(1), nowhere]);
    assert.deepEqual([...(places.spans ?? [])], [0, 0, 0, 6, 6, 10, 11, 14, 14, 14]);
    assert.equal(places.text, page.text);
    assert.deepEqual(places.page, { width: 595, height: 842 });
  });

  test('windows that begin again further up find their words', () => {
    const tokens = [token(4, 7), token(8, 11), token(0, 3), token(4, 7)];
    const places = placesOfTokens(pageOf('one', 'two', 'six'), tokens);
    assert.deepEqual(boxesOf(places), [line(1), line(2), line(0), line(1)]);
  });

  test('text between the words of a page has no box', () => {
    const page = { ...pageOf('one', 'two'), text: 'one - two', wordStarts: [0, 6] };
    assert.deepEqual(boxesOf(placesOfTokens(page, [token(4, 5)])), [nowhere]);
    assert.deepEqual(boxesOf(placesOfTokens({ ...page, words: [] }, [token(0, 3)])), [nowhere]);
  });

  test('boxes cover their words and end within the page', () => {
    const page = pageOf('edge');
    const word = { text: 'edge', x: 0.99, y: -0.01, width: 0.2, height: 1.5 };
    const [box] = boxesOf(placesOfWords({ ...page, words: [word] }));
    assert.deepEqual(box, [64_879, 0, boxUnits - 64_879, boxUnits]);
  });

  test('words have their spans in the text', () => {
    const page = pageOf('one', 'größer');
    const { spans } = placesOfWords(page);
    const words = [0, 1].map((row) => page.text.slice(spans?.[2 * row], spans?.[2 * row + 1]));
    assert.deepEqual(words, ['one', 'größer']);
  });
});
