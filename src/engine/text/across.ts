// The operator AND across properties: every word of the query must stand in one of the searched
// properties, whichever. Set algebra before the scores; what counts for them is bm25.ts's business.

import { Bitset } from '../bitset.ts';
import { analyze, leavesOut } from './analysis.ts';
import type { PropertyQuery } from './keyword-query.ts';
import type { PropertyTextIndex } from './text-index.ts';

/** The different words of a query: what white space separates. */
export function queryWords(text: string): readonly string[] {
  return [...new Set(text.split(/\s+/).filter((word) => word !== ''))];
}

/** What is searched in one segment. */
export interface AcrossScope {
  /** Documents of the segment. */
  readonly length: number;
  readonly stopwords: ReadonlySet<string>;
  /** The searched properties with their index in the segment, where they have one. */
  readonly properties: readonly {
    readonly query: PropertyQuery;
    readonly index: PropertyTextIndex | undefined;
  }[];
}

/**
 * Documents that hold every word in at least one property: by the property's own tokenization, all terms
 * of the word. A word that is a stopword of one of the properties, or no word to any, is not asked for.
 */
export function holdersAcross(words: readonly string[], scope: AcrossScope): Bitset {
  let held: Bitset | undefined;
  for (const word of words) {
    const holders = holdersOf(word, scope);
    if (holders !== undefined) held = held?.and(holders) ?? holders;
    if (held?.count() === 0) break;
  }
  return held ?? Bitset.of(scope.length);
}

/** Undefined for a word that is not asked for. */
function holdersOf(
  word: string,
  { length, stopwords, properties }: AcrossScope,
): Bitset | undefined {
  let either: Bitset | undefined;
  for (const { query, index } of properties) {
    const tokens = [...new Set(analyze(word, query))];
    if (tokens.length === 0) continue;
    const terms = tokens.filter((term) => !leavesOut(term, query, stopwords));
    if (terms.length === 0) return undefined;
    const all = holdersOfAll(terms, index, length);
    either = either?.or(all) ?? all;
  }
  return either;
}

function holdersOfAll(
  terms: readonly string[],
  index: PropertyTextIndex | undefined,
  length: number,
): Bitset {
  let all: Bitset | undefined;
  for (const term of terms) {
    const one = Bitset.of(length);
    for (const doc of index?.postings(term)?.docs ?? []) one.set(doc);
    all = all?.and(one) ?? one;
  }
  return all ?? Bitset.of(length);
}
