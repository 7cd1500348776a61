// The words of a page as the text model's input, and the way back: each token vector gets the box of
// the word that it was cut from, so that a match can be shown on the picture of the page.

import { boxUnits, type PageSize, type TokenPlaces } from '../../engine/document.ts';
import type { TextToken } from './text-model.ts';

/** What is embedded of a page; a `Page` is one. */
export interface PageText {
  readonly text: string;
  /** Boxes in shares of the page, 0 to 1, origin top left. */
  readonly words: readonly PageTextWord[];
  /** For each word the offset in `text` at which it starts, ascending. */
  readonly wordStarts: readonly number[];
  readonly widthPoints: number;
  readonly heightPoints: number;
}

interface PageTextWord {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Spans of tokens in the text that they were cut from. */
export function spansOfTokens(tokens: readonly TextToken[]): Uint32Array<ArrayBuffer> {
  const spans = new Uint32Array(2 * tokens.length);
  for (const [row, { start, end }] of tokens.entries()) spans.set([start, end], 2 * row);
  return spans;
}

/**
 * Where each token stands: its span in the page's text and the box of its word. A token without text, as
 * a model's markers are, gets no box. The text is kept with them: it is not always a property.
 */
export function placesOfTokens(page: PageText, tokens: readonly TextToken[]): TokenPlaces {
  const { words, wordStarts, text } = page;
  const boxes = new Uint16Array(4 * tokens.length);
  let word = 0;
  for (const [row, { start, end }] of tokens.entries()) {
    if (start === end) continue;
    // Tokens of a window are in the order of the text, and a new window goes on where the last ended.
    if ((wordStarts[word] ?? 0) > start) word = 0;
    while (word + 1 < words.length && (wordStarts[word + 1] ?? 0) <= start) word += 1;
    const box = words[word];
    const wordEnd = (wordStarts[word] ?? 0) + (box?.text.length ?? 0);
    if (box && (wordStarts[word] ?? 0) <= start && start < wordEnd)
      boxes.set(unitsOf(box), 4 * row);
  }
  return { boxes, spans: spansOfTokens(tokens), text, page: sizeOf(page) };
}

/** Places as a text vectorizer gives them, with the boxes of the words that the tokens were cut from. */
export function boxesOfTokens(
  page: PageText,
  places: TokenPlaces | undefined,
): TokenPlaces | undefined {
  const { spans } = places ?? {};
  if (!spans) return places;
  const tokens = Array.from({ length: spans.length / 2 }, (_, row) => {
    const [start = 0, end = 0] = spans.subarray(2 * row, 2 * row + 2);
    return { text: page.text.slice(start, end), start, end };
  });
  return placesOfTokens(page, tokens);
}

/** Where the words of a page stand, with their spans in its text: for the property that holds it. */
export function placesOfWords(page: PageText): TokenPlaces {
  const { words, wordStarts } = page;
  const boxes = new Uint16Array(4 * words.length);
  const spans = new Uint32Array(2 * words.length);
  for (const [row, word] of words.entries()) {
    const start = wordStarts[row] ?? 0;
    boxes.set(unitsOf(word), 4 * row);
    spans.set([start, start + word.text.length], 2 * row);
  }
  return { boxes, spans, page: sizeOf(page) };
}

function sizeOf({ widthPoints, heightPoints }: PageText): PageSize {
  return { width: widthPoints, height: heightPoints };
}

/** A box in whole units that covers it, inside the page. */
function unitsOf({ x, y, width, height }: PageTextWord): [number, number, number, number] {
  const left = unitOf(Math.floor(x * boxUnits));
  const top = unitOf(Math.floor(y * boxUnits));
  const right = unitOf(Math.ceil((x + width) * boxUnits));
  const bottom = unitOf(Math.ceil((y + height) * boxUnits));
  return [left, top, right - left, bottom - top];
}

function unitOf(value: number): number {
  return Math.min(boxUnits, Math.max(0, value));
}
