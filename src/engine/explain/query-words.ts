// The words of a query beside its token vectors, and which of them say what is looked for.

import type { PlacedWord } from './placed-words.ts';
import { placedWords } from './placed-words.ts';

/** A query's text cut into the tokens that it was embedded into. */
export interface QueryTokens {
  readonly text: string;
  /** `[tokens × 2]`: start and end (UTF-16) in the text; equal for the model's own markers. */
  readonly spans: Uint32Array<ArrayBuffer>;
}

/** English words that questions are put with; stopwords of keyword search come on top. */
const questionWords: ReadonlySet<string> = new Set(
  (
    'what which who whom whose when where why how do does did doing done can could should would ' +
    'may might must shall has have had having am were been being i you he she we me us him her ' +
    'my your his our its from about than so too very per out up'
  ).split(' '),
);

/** True for words that questions are put with, in lower case: they say nothing about what is looked for. */
export function isQuestionWord(word: string): boolean {
  return questionWords.has(word);
}

/** Of each token the word that it is a piece of. */
export function queryWords({ text, spans }: QueryTokens): readonly PlacedWord[] {
  const words: PlacedWord[] = [];
  for (const word of placedWords({ spans }, text)) {
    for (const token of word.tokens) words[token] = word;
  }
  return words;
}

/**
 * Beside each token 1 where it says what is looked for, 0 for markers, stopwords, question words and
 * punctuation; all 1 when no token says anything.
 */
export function tokenWeights(
  words: readonly PlacedWord[],
  stopwords: ReadonlySet<string>,
): Float32Array {
  const weights = Float32Array.from(words, ({ text }) => {
    const word = text.toLowerCase();
    if (!/[\p{L}\p{N}]/u.test(word)) return 0;
    return stopwords.has(word) || isQuestionWord(word) ? 0 : 1;
  });
  return weights.includes(1) ? weights : weights.fill(1);
}
