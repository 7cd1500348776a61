// Words that a keyword query may leave out. They are indexed and count in lengths all the same.

import type { StopwordConfig } from '../schema.ts';
import { tokenize } from './tokenizers.ts';

const presets: Readonly<Record<StopwordConfig['preset'], readonly string[]>> = {
  en: (
    'a an and are as at be but by for if in into is it no not of on or such that the their then ' +
    'there these they this to was will with'
  ).split(' '),
  none: [],
};

const resolved = new WeakMap<StopwordConfig, ReadonlySet<string>>();

/** The preset with the additions and without the removals, in any letter case; the same set for the same object. */
export function resolveStopwords(config: StopwordConfig): ReadonlySet<string> {
  const known = resolved.get(config);
  if (known) return known;
  const stopwords = new Set(presets[config.preset]);
  for (const word of terms(config.additions)) stopwords.add(word);
  for (const word of terms(config.removals)) stopwords.delete(word);
  resolved.set(config, stopwords);
  return stopwords;
}

/** The words of a preset. */
export function presetWords(preset: StopwordConfig['preset']): readonly string[] {
  return presets[preset];
}

function terms(words: readonly string[]): string[] {
  return words.flatMap((word) => tokenize(word, 'lowercase'));
}
