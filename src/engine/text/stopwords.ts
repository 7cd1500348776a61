// Words that a keyword query may leave out. They are indexed and count in lengths all the same.

import type { StopwordConfig, Tokenization } from '../schema.ts';
import { tokenize } from './tokenizers.ts';

const presets: Readonly<Record<StopwordConfig['preset'], readonly string[]>> = {
  en: (
    'a an and are as at be but by for if in into is it no not of on or such that the their then ' +
    'there these they this to was will with'
  ).split(' '),
  none: [],
};

/** The preset with the additions and without the removals, in any letter case. */
export function resolveStopwords(config: StopwordConfig): ReadonlySet<string> {
  const stopwords = new Set(presets[config.preset]);
  for (const word of terms(config.additions)) stopwords.add(word);
  for (const word of terms(config.removals)) stopwords.delete(word);
  return stopwords;
}

function terms(words: readonly string[]): string[] {
  return words.flatMap((word) => tokenize(word, 'lowercase'));
}

/** Whether a query leaves the term out. Only tokenization `word` has stopwords. */
export function isStopword(
  term: string,
  tokenization: Tokenization,
  stopwords: ReadonlySet<string>,
): boolean {
  return tokenization === 'word' && stopwords.has(term);
}
