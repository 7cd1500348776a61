// Conditions on text, answered from the posting lists of one property.

import { unreachable } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import { compareTerms, type PropertyTextIndex } from '../text/text-index.ts';
import { greater, less, same, type TextTest } from './condition.ts';
import { intersection } from './intersection.ts';
import { literalPrefix, matchesLike } from './like.ts';

/** Documents that pass; `property` is undefined when no document of the segment has a term there. */
export function evaluateText(
  property: PropertyTextIndex | undefined,
  test: TextTest,
  documentCount: number,
): Bitset {
  const withTerms = (terms: Iterable<string>) => documentsWith(property, terms, documentCount);
  const withAll = (terms: readonly string[]) =>
    intersection(terms, documentCount, (term) => withTerms([term]));
  switch (test.kind) {
    case 'terms': {
      const found =
        test.join === 'all'
          ? withAll(test.values.flat())
          : test.values
              .values()
              .filter((terms) => terms.length !== 1)
              .map(withAll)
              // Values of one term, however many, make one set together.
              .reduce((a, b) => a.or(b), withTerms(singleTerms(test.values)));
      return test.negated ? found.not() : found;
    }
    case 'sides':
      return intersection(test.terms, documentCount, (term) =>
        withTerms(termsBeside(property, term, test.sides)),
      );
    case 'like':
      return intersection(test.patterns, documentCount, (pattern) =>
        pattern === '*'
          ? documentsWithAny(property, documentCount)
          : withTerms(termsLike(property, pattern)),
      );
    default:
      return unreachable(test);
  }
}

function* singleTerms(values: readonly (readonly string[])[]): Generator<string> {
  for (const [term, ...more] of values) if (term !== undefined && more.length === 0) yield term;
}

/** Documents that hold one of the terms. */
function documentsWith(
  property: PropertyTextIndex | undefined,
  terms: Iterable<string>,
  documentCount: number,
): Bitset {
  const found = Bitset.of(documentCount);
  if (!property) return found;
  for (const term of terms) {
    const docs = property.postings(term)?.docs ?? [];
    for (let index = 0; index < docs.length; index += 1) {
      if (docs[index]! < documentCount) found.set(docs[index]!);
    }
  }
  return found;
}

/** Documents that hold any term; the lengths say it without reading a posting list. */
function documentsWithAny(property: PropertyTextIndex | undefined, documentCount: number): Bitset {
  const found = Bitset.of(documentCount);
  const lengths = property?.lengths ?? [];
  for (let doc = 0; doc < documentCount && doc < lengths.length; doc += 1) {
    if (lengths[doc]! > 0) found.set(doc);
  }
  return found;
}

/** Terms on the accepted sides of a value, by code point. */
function* termsBeside(
  property: PropertyTextIndex | undefined,
  value: string,
  sides: number,
): Generator<string> {
  if (!property) return;
  for (const term of property.terms(sides & less ? undefined : value)) {
    const order = compareTerms(term, value);
    const side = order < 0 ? less : order > 0 ? greater : same;
    if (side > sides) return;
    if (side & sides) yield term;
  }
}

function* termsLike(property: PropertyTextIndex | undefined, pattern: string): Generator<string> {
  if (!property) return;
  const prefix = literalPrefix(pattern);
  if (prefix === pattern) {
    yield pattern;
    return;
  }
  for (const term of property.terms(prefix)) {
    if (!term.startsWith(prefix)) return;
    if (matchesLike(term, pattern)) yield term;
  }
}
