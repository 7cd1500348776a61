// Words that a keyword query may leave out. They are indexed and count in lengths all the same.

import type { StopwordConfig, Tokenization } from '../schema.ts';

const presets: Readonly<Record<StopwordConfig['preset'], readonly string[]>> = {
  en: (
    'a an and are as at be but by for if in into is it no not of on or such that the their then ' +
    'there these they this to was will with'
  ).split(' '),
  none: [],
};

/** The preset with the additions and without the removals, lower-case. */
export function resolveStopwords(config: StopwordConfig): ReadonlySet<string> {
  const stopwords = new Set(presets[config.preset]);
  for (const word of config.additions) stopwords.add(word.toLowerCase());
  for (const word of config.removals) stopwords.delete(word.toLowerCase());
  return stopwords;
}

/** Whether a query leaves the term out. Only tokenization `word` has stopwords. */
export function isStopword(
  term: string,
  tokenization: Tokenization,
  stopwords: ReadonlySet<string>,
): boolean {
  return tokenization === 'word' && stopwords.has(term);
}
