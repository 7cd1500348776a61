// The text side of one segment: which documents hold which term, and how long each property is.
// MemoryTextIndex fills one, encodeTextIndex makes its bytes, openTextIndex reads them; keyword search
// and the text filters know only these interfaces.

/** The documents of one term in one property, as one view of both arrays of equal length. */
export interface Postings {
  /** Document numbers inside the segment, ascending, each once. Deleted documents are still there. */
  readonly docs: Uint32Array;
  /** How often the term occurs in the document beside it, at least 1. */
  readonly frequencies: Uint32Array;
}

/** One property of one segment. */
export interface PropertyTextIndex {
  readonly name: string;
  /** Undefined when no document of the segment ever held the term. Valid until the next write. */
  postings(term: string): Postings | undefined;
  /** Tokens of the document, stopwords included; 0 when it has no such property or no token in it. */
  lengthOf(doc: number): number;
  /**
   * `lengthOf` of every document for hot loops; may be longer than the segment has documents. Valid
   * until the next write.
   */
  readonly lengths: Uint32Array;
  /** Sum of the lengths of live documents. */
  readonly lengthSum: number;
  /** Live documents whose length is not 0. */
  readonly lengthCount: number;
  /**
   * Every term in ascending order of code points (`compareTerms`), also those that only deleted
   * documents hold; from the first one that is not below `from` when that is given.
   */
  terms(from?: string): Iterable<string>;
}

/** All properties of one segment that can be filtered or searched as text. */
export interface TextIndex {
  readonly documentCount: number;
  /** In ascending order of name. */
  readonly propertyNames: readonly string[];
  /** Undefined when no document of the segment has a token in the property. */
  property(name: string): PropertyTextIndex | undefined;
  /**
   * Takes a deleted document out of `lengthSum` and `lengthCount` of every property. Its postings
   * stay: who reads them asks the segment's live bitmap. A second removal changes nothing.
   */
  remove(doc: number): void;
}

/** Order of terms: by code point, which is also the order of their UTF-8 bytes. */
export function compareTerms(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

/** Sorts terms in the order of compareTerms, in place. */
export function sortTerms(terms: string[]): string[] {
  // Without surrogate pairs that is the order of their units, which the runtime compares faster.
  return terms.some((term) => surrogate.test(term)) ? terms.sort(compareTerms) : terms.sort();
}
const surrogate = /[\ud800-\udfff]/;

/** Puts halves of surrogate pairs, which stand for U+10000 and above, after every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
