// What a keyword search asks of each property: the text becomes terms by the property's tokenization.

import { unreachable } from '../assert.ts';
import { DatabaseError } from '../errors.ts';
import type { KeywordOperator, KeywordSearch } from '../query/query.ts';
import type { PropertySchema, Tokenization } from '../schema.ts';
import { isStopword } from './stopwords.ts';
import { tokenize } from './tokenizers.ts';

/** A term of the query, and how often the query says it. */
export interface QueryTerm {
  readonly term: string;
  readonly repeats: number;
}

/** What one property is searched for. */
export interface PropertyQuery {
  readonly name: string;
  readonly boost: number;
  readonly tokenization: Tokenization;
  /** Different terms, in the order of the query. */
  readonly terms: readonly QueryTerm[];
  /** How many of them a property must hold to count; at least 1. */
  readonly matchesMin: number;
}

/**
 * The searched properties in the order of the search, or of the collection when the search names
 * none; those that can't match (only stopwords, fewer terms than asked for) are left out. Throws
 * DatabaseError 'invalid-argument' for a property that is unknown or not searchable.
 */
export function resolveKeywordQuery(request: {
  readonly search: KeywordSearch;
  readonly properties: readonly PropertySchema[];
  readonly stopwords: ReadonlySet<string>;
}): PropertyQuery[] {
  const { search, properties, stopwords } = request;
  const termsBy = new Map<Tokenization, QueryTerm[]>();
  const queries: PropertyQuery[] = [];
  for (const { name, boost, tokenization } of searchedProperties(search, properties)) {
    const terms = termsBy.get(tokenization) ?? countTerms(search.text, tokenization, stopwords);
    termsBy.set(tokenization, terms);
    const matchesMin = requiredMatches(search.operator, terms.length);
    if (terms.length < matchesMin) continue;
    queries.push({ name, boost, tokenization, terms, matchesMin });
  }
  return queries;
}

interface SearchedProperty {
  readonly name: string;
  readonly boost: number;
  readonly tokenization: Tokenization;
}

/** A property that is named twice is searched once, with the boost of the last time. */
function searchedProperties(
  search: KeywordSearch,
  properties: readonly PropertySchema[],
): SearchedProperty[] {
  const searchable = new Map<string, Tokenization>();
  for (const { name, searchable: allowed, tokenization } of properties) {
    if (allowed && tokenization !== undefined) searchable.set(name, tokenization);
  }
  if (search.properties === undefined) {
    return Array.from(searchable, ([name, tokenization]) => ({ name, boost: 1, tokenization }));
  }
  const searched = new Map<string, SearchedProperty>();
  for (const { name, boost } of search.properties) {
    const tokenization = searchable.get(name);
    if (tokenization === undefined) throw notSearchable(name);
    searched.set(name, { name, boost, tokenization });
  }
  return Array.from(searched.values());
}

function notSearchable(name: string): DatabaseError {
  return new DatabaseError('invalid-argument', {
    message:
      `Searching by property '${name}' requires inverted index. Is \`indexSearchable\` option of ` +
      `property '${name}' enabled? Set it to \`true\` or leave empty`,
  });
}

function countTerms(
  text: string,
  tokenization: Tokenization,
  stopwords: ReadonlySet<string>,
): QueryTerm[] {
  const repeats = new Map<string, number>();
  for (const term of tokenize(text, tokenization)) {
    if (isStopword(term, tokenization, stopwords)) continue;
    repeats.set(term, (repeats.get(term) ?? 0) + 1);
  }
  return Array.from(repeats, ([term, times]) => ({ term, repeats: times }));
}

function requiredMatches(operator: KeywordOperator, terms: number): number {
  switch (operator.kind) {
    case 'and':
      return Math.max(1, terms);
    case 'andAcross':
      return 1;
    case 'or':
      return Math.max(1, operator.matchesMin);
    default:
      return unreachable(operator);
  }
}
