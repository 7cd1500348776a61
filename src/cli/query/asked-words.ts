// The words of a question with what answered them: the pieces that a model cut a word into are one again.

import type { MatchedWord, TokenMatch } from '../../engine/explain/hit-matches.ts';

/** A word of the question. */
export interface AskedWord {
  readonly text: string;
  /** What its pieces found, each once. */
  readonly words: readonly MatchedWord[];
  /** Mean of its pieces. */
  readonly score: number;
}

/** In the order of the question; markers and punctuation are left out. */
export function askedWords(tokens: readonly TokenMatch[]): AskedWord[] {
  const groups: TokenMatch[][] = [];
  for (const token of tokens) {
    if (!/[\p{L}\p{N}]/u.test(token.query.text)) continue;
    const last = groups.at(-1);
    const before = last?.at(-1)?.query;
    if (last && before && before.end === token.query.start) last.push(token);
    else groups.push([token]);
  }
  return groups.map((group) => {
    const words = new Map<string, MatchedWord>();
    for (const word of group.flatMap((token) => token.words)) {
      words.set(`${word.start} ${word.end} ${JSON.stringify(word.box)}`, word);
    }
    const sum = group.reduce((total, { score }) => total + score, 0);
    const text = group.map(({ query }) => query.text).join('');
    return { text, words: [...words.values()], score: sum / group.length };
  });
}
