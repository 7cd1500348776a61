// Where the words of a keyword search stand in a text.

import type { Tokenization } from '../schema.ts';
import { analyze, type TextAnalysis } from '../text/analysis.ts';

/** A term of the query with its worth: rare ones are worth more. */
export interface WeightedTerm {
  readonly term: string;
  readonly weight: number;
}

/** A place in a text (UTF-16 offsets) where a term of the query stands. */
export interface KeywordMark {
  readonly term: string;
  readonly start: number;
  readonly end: number;
  /** The term's worth, more of it where other terms stand close by. */
  readonly weight: number;
}

/** Terms within so many characters belong to one passage. */
const nearbyCharacters = 120;

const runs = /[^\t-\r \u0085\p{Z}]+/gu;
const wordRuns = /[\p{L}\p{N}]+/gu;

/**
 * The marks in the order of the text. Tokenization `trigram` marks words that hold a window of the query,
 * `field` the whole text.
 */
export function keywordMarks(
  text: string,
  terms: readonly WeightedTerm[],
  analysis: TextAnalysis,
): KeywordMark[] {
  const weights = new Map(terms.map(({ term, weight }) => [term, weight]));
  const marks: KeywordMark[] = [];
  for (const [start, word] of piecesOf(text, analysis.tokenization)) {
    const term = analyze(word, analysis).find((one) => weights.has(one));
    const weight = term === undefined ? undefined : weights.get(term);
    if (term !== undefined && weight !== undefined) {
      marks.push({ term, start, end: start + word.length, weight });
    }
  }
  return marks.map((mark, at) => ({ ...mark, weight: mark.weight * (1 + neighbours(marks, at)) }));
}

function piecesOf(text: string, tokenization: Tokenization): [number, string][] {
  if (tokenization === 'field') return text === '' ? [] : [[0, text]];
  const isWords = tokenization === 'word' || tokenization === 'trigram';
  return Array.from(text.matchAll(isWords ? wordRuns : runs), (match) => [match.index, match[0]]);
}

/** How many other terms stand close to a mark; marks are in the order of the text. */
function neighbours(marks: readonly KeywordMark[], at: number): number {
  const { term, start } = marks[at]!;
  const others = new Set<string>();
  const isNear = (mark: KeywordMark | undefined): mark is KeywordMark =>
    mark !== undefined && Math.abs(mark.start - start) <= nearbyCharacters;
  for (let i = at - 1; isNear(marks[i]); i--) others.add(marks[i]!.term);
  for (let i = at + 1; isNear(marks[i]); i++) others.add(marks[i]!.term);
  others.delete(term);
  return others.size;
}
