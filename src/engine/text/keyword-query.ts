// What a keyword search asks of each property: the text becomes terms as the property's texts do.

import { unreachable } from '../assert.ts';
import { DatabaseError } from '../errors.ts';
import type { KeywordOperator, KeywordSearch } from '../query/query.ts';
import type { PropertySchema } from '../schema.ts';
import { analysisKey, analyze, leavesOut, type TextAnalysis } from './analysis.ts';

/** A term of the query, and how often the query says it. */
export interface QueryTerm {
  readonly term: string;
  readonly repeats: number;
}

/** What one property is searched for. */
export interface PropertyQuery extends TextAnalysis {
  readonly name: string;
  readonly boost: number;
  /** Different terms, in the order of the query. */
  readonly terms: readonly QueryTerm[];
  /** How many of them a property must hold to count; at least 1. */
  readonly matchesMin: number;
}

/**
 * The searched properties in the order of the search, or of the collection when the search names
 * none; those that can't match (only stopwords, fewer terms than asked for) are left out. Throws
 * DatabaseError 'invalid-argument' for a property that is unknown or not searchable, and for a boost that
 * is no number.
 */
export function resolveKeywordQuery(request: {
  readonly search: KeywordSearch;
  readonly properties: readonly PropertySchema[];
  readonly stopwords: ReadonlySet<string>;
}): PropertyQuery[] {
  const { search, properties, stopwords } = request;
  const termsBy = new Map<string, QueryTerm[]>();
  const queries: PropertyQuery[] = [];
  for (const property of searchedProperties(search, properties)) {
    const key = analysisKey(property);
    const terms = termsBy.get(key) ?? countTerms(search.text, property, stopwords);
    termsBy.set(key, terms);
    const matchesMin = requiredMatches(search.operator, terms.length);
    if (terms.length < matchesMin) continue;
    queries.push({ ...property, terms, matchesMin });
  }
  return queries;
}

interface SearchedProperty extends TextAnalysis {
  readonly name: string;
  readonly boost: number;
}

/** A property that is named twice is searched once, with the boost of the last time. */
function searchedProperties(
  search: KeywordSearch,
  properties: readonly PropertySchema[],
): SearchedProperty[] {
  const searchable = new Map<string, TextAnalysis>();
  for (const { name, searchable: allowed, tokenization, analyzer } of properties) {
    if (allowed && tokenization !== undefined) searchable.set(name, { tokenization, analyzer });
  }
  if (search.properties === undefined) {
    return Array.from(searchable, ([name, analysis]) => ({ name, boost: 1, ...analysis }));
  }
  const searched = new Map<string, SearchedProperty>();
  for (const { name, boost } of search.properties) {
    const analysis = searchable.get(name);
    if (analysis === undefined) throw notSearchable(name);
    if (!Number.isFinite(boost)) throw noNumber(name, boost);
    searched.set(name, { name, boost, ...analysis });
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

function noNumber(name: string, boost: number): DatabaseError {
  const message = `keyword search: the boost of property '${name}' is ${boost}; allowed: finite numbers`;
  return new DatabaseError('invalid-argument', { message });
}

function countTerms(
  text: string,
  analysis: TextAnalysis,
  stopwords: ReadonlySet<string>,
): QueryTerm[] {
  const repeats = new Map<string, number>();
  for (const term of analyze(text, analysis)) {
    if (leavesOut(term, analysis, stopwords)) continue;
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
