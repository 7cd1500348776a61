// Lines of words to the text of a page and to a title.

import type { Page, PageWord } from '../page.ts';

/** Words of one line, from left to right as they are read. */
export type Line = readonly PageWord[];

/** Title at most this long, of at most so many lines. */
const titleCharactersMax = 200;
const titleLinesMax = 3;
/** A line is about as large as another from this share of its height on. */
const likeSize = 0.9;

/** A space between words and a line break between lines; where in the text each word starts. */
export function textOf(lines: readonly Line[]): Pick<Page, 'text' | 'words' | 'wordStarts'> {
  let text = '';
  const words: PageWord[] = [];
  const wordStarts: number[] = [];
  for (const line of lines) {
    for (const [index, word] of line.entries()) {
      if (words.length > 0) text += index === 0 ? '\n' : ' ';
      words.push(word);
      wordStarts.push(text.length);
      text += word.text;
    }
  }
  return { text, words, wordStarts };
}

/** The first large line of a page with those right after it that are as large; '' without words. */
export function titleOf(lines: readonly Line[]): string {
  const sized = lines
    .map((line) => ({ text: line.map(({ text }) => text).join(' '), size: sizeOf(line) }))
    .filter(({ text }) => /\p{L}{2}/u.test(text));
  const largest = sized.reduce((size, line) => Math.max(size, line.size), 0);
  const first = sized.findIndex(({ size }) => size >= likeSize * largest);
  if (first < 0) return '';
  const rest = sized.slice(first, first + titleLinesMax);
  const end = rest.findIndex(({ size }) => size < likeSize * largest);
  const title = rest.slice(0, end < 0 ? rest.length : end).map(({ text }) => text);
  // Of a page of text in one size only the first line is like a title.
  const isPlain =
    sized.length > titleLinesMax &&
    sized.every(({ size }) => size >= likeSize * likeSize * largest);
  return shortened(isPlain ? (title[0] ?? '') : title.join(' '));
}

/** What makers of PDFs write where nobody gave a title is none; '' then. */
export function cleanTitle(title: string): string {
  const clean = title
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^Microsoft (Word|PowerPoint|Excel) - /, '');
  const isNone = !/\p{L}{2}/u.test(clean) || /^(untitled|title|document\s*\d*)$/i.test(clean);
  return isNone ? '' : shortened(clean);
}

function shortened(title: string): string {
  if (title.length <= titleCharactersMax) return title;
  const cut = title.lastIndexOf(' ', titleCharactersMax - 1);
  return `${title.slice(0, cut > 0 ? cut : titleCharactersMax - 1)}…`;
}

/** Middle height of the words; a line that runs up or down the page counts as small. */
function sizeOf(line: Line): number {
  const heights = line.map(({ height }) => height).sort((a, b) => a - b);
  const middle = heights[heights.length >> 1] ?? 0;
  return middle > 0.2 ? 0 : middle;
}
