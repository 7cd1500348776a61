// The keyword part of a search: bm25 alone, or the keyword leg of a hybrid search.

import { uncapitalized } from '../../database/schema/names.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { KeywordOperator, KeywordSearch } from '../../engine/query/query.ts';
import {
  type BM25,
  type SearchOperatorOptions,
  SearchOperatorOptionsOperator,
} from './generated/messages.ts';

/** Throws 'invalid-argument' for an empty query. */
export function decodeBm25(bm25: BM25): KeywordSearch {
  if (bm25.query === '') {
    const message = 'keyword search (bm25) must have query set';
    throw new DatabaseError('invalid-argument', { message });
  }
  return decodeKeyword(bm25.query, bm25.properties, bm25.search_operator);
}

/** No properties: all that are searchable. */
export function decodeKeyword(
  text: string,
  properties: readonly string[],
  operator: SearchOperatorOptions | undefined,
): KeywordSearch {
  return {
    text,
    operator: decodeOperator(operator),
    ...(properties.length > 0 && { properties: properties.map(decodeBoosted) }),
  };
}

/** `title^3` weighs title three times; a boost that is no number, or no finite one, counts as 0. */
function decodeBoosted(given: string): { readonly name: string; readonly boost: number } {
  const property = uncapitalized(given);
  const caret = property.indexOf('^');
  if (caret < 0) return { name: property, boost: 1 };
  const boost = property.slice(caret + 1);
  const isNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(boost);
  const number = isNumber ? Number(boost) : 0;
  const counts = Number.isFinite(Math.fround(number));
  return { name: property.slice(0, caret), boost: counts ? number : 0 };
}

function decodeOperator(options: SearchOperatorOptions | undefined): KeywordOperator {
  switch (options?.operator) {
    case undefined:
    case SearchOperatorOptionsOperator.OPERATOR_UNSPECIFIED:
    case SearchOperatorOptionsOperator.OPERATOR_OR:
      return { kind: 'or', matchesMin: Math.max(1, options?.minimum_or_tokens_match ?? 1) };
    case SearchOperatorOptionsOperator.OPERATOR_AND:
      return { kind: 'and' };
    case SearchOperatorOptionsOperator.OPERATOR_AND_CROSS:
      return { kind: 'andAcross' };
    default: {
      const message = `keyword search: operator ${options?.operator} is unknown`;
      throw new DatabaseError('invalid-argument', { message });
    }
  }
}
