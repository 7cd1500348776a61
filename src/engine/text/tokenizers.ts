// Text to terms. The same function serves documents and queries, so that equal words meet; whether a
// stopword counts is decided later (stopwords.ts).

import { unreachable } from '../assert.ts';
import type { Tokenization } from '../schema.ts';

const words = /[\p{L}\p{N}]+/gu;
const ascii = /^[\0-\x7f]*$/;
/** What `words` are in ASCII text of lower case. */
const asciiWords = /[a-z0-9]+/g;
const wordsAndWildcards = /[\p{L}\p{N}?*]+/gu;
/** Unicode's separators and the control characters that are white space; not the byte order mark. */
const unspaced = /[^\t-\r \u0085\p{Z}]+/gu;
const unspacedOne = /[^\t-\r \u0085\p{Z}]/u;

/**
 * The tokens of a text in their order, repetitions included.
 * - `word`: runs of Unicode letters and numbers, lower-case
 * - `lowercase`: runs without white space, lower-case
 * - `whitespace`: the same, case kept
 * - `field`: the whole text without white space around it, case kept; no token if nothing is left
 * - `trigram`: letters and numbers without what stands between them, lower-case; every three in a row
 */
export function tokenize(text: string, tokenization: Tokenization): string[] {
  switch (tokenization) {
    case 'word':
      return lowerWords(text);
    case 'lowercase':
      return runs(text.toWellFormed(), unspaced).map(lower);
    case 'whitespace':
      return runs(text.toWellFormed(), unspaced);
    case 'field':
      return field(text);
    case 'trigram':
      return trigrams(lowerWords(text).join(''));
    default:
      return unreachable(tokenization);
  }
}

/** As `tokenize` for the pattern of a like filter: `word` keeps the wildcards `?` and `*`. */
export function tokenizeForLike(pattern: string, tokenization: Tokenization): string[] {
  if (tokenization !== 'word') return tokenize(pattern, tokenization);
  return runs(pattern, wordsAndWildcards).map(lower);
}

function runs(text: string, pattern: RegExp): string[] {
  return text.match(pattern) ?? [];
}

/** ASCII text, which most is, is made lower-case as a whole: several times as fast. */
function lowerWords(text: string): string[] {
  if (ascii.test(text)) return runs(text.toLowerCase(), asciiWords);
  return runs(text, words).map(lower);
}

function field(text: string): string[] {
  const whole = text.toWellFormed();
  const start = whole.search(unspacedOne);
  if (start < 0) return [];
  let end = whole.length;
  while (!unspacedOne.test(whole[end - 1]!)) end -= 1;
  return [whole.slice(start, end)];
}

/**
 * Lower case of a term, character by character: a term must not depend on what stood around it, so
 * both small sigmas become one, and the dotted capital I stays one character.
 */
function lower(term: string): string {
  return term.replaceAll('İ', 'i').toLowerCase().replaceAll('ς', 'σ');
}

/** Windows of three code points; none for a shorter text. */
function trigrams(text: string): string[] {
  const points = Array.from(text);
  const windows: string[] = [];
  for (let i = 0; i + 3 <= points.length; i++) {
    windows.push(points[i]! + points[i + 1]! + points[i + 2]!);
  }
  return windows;
}
