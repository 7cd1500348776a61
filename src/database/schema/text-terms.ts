// The terms of a text, as the index of a property holds them and as its queries look for them.

import { DatabaseError } from '../../engine/errors.ts';
import type { CollectionSchema, StopwordConfig } from '../../engine/schema.ts';
import { analyze, leavesOut, type TextAnalysis } from '../../engine/text/analysis.ts';
import { resolveStopwords } from '../../engine/text/stopwords.ts';
import { uncapitalized } from './names.ts';

export interface TextTerms {
  /** In their order, repetitions included. */
  readonly indexed: readonly string[];
  /** The same without stopwords: a query leaves them out, the index does not. */
  readonly query: readonly string[];
}

/** Where the property says nothing of its own, `config` has the stopwords. */
export function textTerms(text: string, analysis: TextAnalysis, config: StopwordConfig): TextTerms {
  const stopwords = resolveStopwords(config);
  const indexed = analyze(text, analysis);
  return { indexed, query: indexed.filter((term) => !leavesOut(term, analysis, stopwords)) };
}

/** By a property of a collection. Throws 'property-missing', and 'invalid-argument' where it is no text. */
export function propertyTerms(schema: CollectionSchema, property: string, text: string): TextTerms {
  const found = schema.properties.find(({ name }) => name === uncapitalized(property));
  if (!found) {
    throw new DatabaseError('property-missing', { property, collection: schema.collection });
  }
  const { tokenization, analyzer } = found;
  if (tokenization) return textTerms(text, { tokenization, analyzer }, schema.stopwords);
  const message = `property '${property}' is of type ${found.type}: only text has terms`;
  throw new DatabaseError('invalid-argument', { message });
}
