// Patterns of the like operator: `*` stands for any run of characters, also none, `?` for exactly one.

import { analyze, analyzeForLike, type TextAnalysis } from '../text/analysis.ts';

/** Whether the pattern fits the whole text. Time grows with the product of both lengths at most. */
export function matchesLike(text: string, pattern: string): boolean {
  const characters = Array.from(text);
  const wanted = Array.from(pattern);
  let at = 0;
  let index = 0;
  /** Where to go on when the characters after the last star do not fit. */
  let retryAt = 0;
  let retryIndex = -1;
  while (at < characters.length) {
    if (wanted[index] === '*') {
      retryAt = at;
      retryIndex = index;
      index += 1;
    } else if (wanted[index] === '?' || wanted[index] === characters[at]) {
      at += 1;
      index += 1;
    } else if (retryIndex >= 0) {
      retryAt += 1;
      at = retryAt;
      index = retryIndex + 1;
    } else {
      return false;
    }
  }
  while (wanted[index] === '*') index += 1;
  return index === wanted.length;
}

/** What stands before the first wildcard: every text that fits starts with it. */
export function literalPrefix(pattern: string): string {
  const end = pattern.search(/[*?]/);
  return end < 0 ? pattern : pattern.slice(0, end);
}

/**
 * Patterns of which each must fit a term of the property. In trigrams a term holds three characters,
 * so the parts between wildcards are looked for, not their order.
 */
export function likeTerms(pattern: string, analysis: TextAnalysis): string[] {
  if (analysis.tokenization !== 'trigram') {
    return Array.from(new Set(analyzeForLike(pattern, analysis)));
  }
  const terms = new Set<string>();
  for (const part of pattern.split(/[*?]+/)) {
    const letters = analyze(part, { ...analysis, tokenization: 'word' }).join('');
    const windows = analyze(part, analysis);
    if (windows.length === 0 && letters !== '') terms.add(`*${letters}*`);
    for (const window of windows) terms.add(window);
  }
  if (terms.size === 0 && pattern.includes('*')) terms.add('*');
  return Array.from(terms);
}
