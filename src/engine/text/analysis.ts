// How the text of one property becomes terms, and which of them its queries leave out: the tokenization
// and what the property says beyond it.

import { writeFingerprint } from '../fingerprint.ts';
import type { TextAnalyzer, Tokenization } from '../schema.ts';
import { foldToAscii } from './ascii-folding.ts';
import { tokenize, tokenizeForLike } from './tokenizers.ts';

/** What decides the terms of a text; a PropertySchema of a text is one. */
export interface TextAnalysis {
  readonly tokenization: Tokenization;
  readonly analyzer?: TextAnalyzer | undefined;
}

/** The terms of a text in their order, repetitions included. */
export function analyze(text: string, { tokenization, analyzer }: TextAnalysis): string[] {
  return tokenize(folded(text, analyzer), tokenization);
}

/** As `analyze` for the pattern of a like filter: its wildcards survive. */
export function analyzeForLike(
  pattern: string,
  { tokenization, analyzer }: TextAnalysis,
): string[] {
  return tokenizeForLike(folded(pattern, analyzer), tokenization);
}

/** Equal for properties whose texts become the same terms; short, however many stopwords there are. */
export function analysisKey({ tokenization, analyzer }: TextAnalysis): string {
  return analyzer === undefined ? tokenization : `${tokenization} ${analyzerKey(analyzer)}`;
}

const keys = new WeakMap<TextAnalyzer, string>();

/** Searches ask for every term, and lists of stopwords may be long: it is made once. */
function analyzerKey(analyzer: TextAnalyzer): string {
  const made = keys.get(analyzer);
  if (made !== undefined) return made;
  const words = new Uint32Array(2);
  writeFingerprint(JSON.stringify(analyzer), words, 0);
  const key = words.join(' ');
  keys.set(analyzer, key);
  return key;
}

/**
 * Whether queries leave the term out. Only tokenization `word` has stopwords: those that the analyzer says,
 * otherwise the given ones of the collection.
 */
export function leavesOut(
  term: string,
  { tokenization, analyzer }: TextAnalysis,
  stopwords: ReadonlySet<string>,
): boolean {
  if (tokenization !== 'word') return false;
  return (analyzer ? stopwordsOf(analyzer, stopwords) : stopwords).has(term);
}

function folded(text: string, analyzer: TextAnalyzer | undefined): string {
  return analyzer?.foldExcept ? foldToAscii(text, analyzer.foldExcept) : text;
}

const known = new WeakMap<TextAnalyzer, WeakMap<ReadonlySet<string>, ReadonlySet<string>>>();

/** Stopwords are compared with terms, so they are folded as texts are. */
function stopwordsOf(analyzer: TextAnalyzer, common: ReadonlySet<string>): ReadonlySet<string> {
  const sets = known.get(analyzer) ?? new WeakMap();
  known.set(analyzer, sets);
  const found = sets.get(common);
  if (found) return found;
  const words = analyzer.stopwords?.flatMap((word) => tokenize(word, 'lowercase')) ?? [...common];
  const made = new Set(words.map((word) => folded(word, analyzer)));
  sets.set(common, made);
  return made;
}
