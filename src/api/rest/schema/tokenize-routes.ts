// How a text is cut into terms, for a tokenization or for a property of a collection.

import type { FastifyInstance } from 'fastify';
import type { NestedPropertyInput } from '../../../database/schema/collection-input.ts';
import { resolveStopwordConfig } from '../../../database/schema/collection-schema.ts';
import {
  checkPresets,
  engineAnalyzer,
  engineStopwords,
  resolvePresets,
  resolveTextAnalyzer,
} from '../../../database/schema/text-analyzer.ts';
import { propertyTerms, textTerms } from '../../../database/schema/text-terms.ts';
import { type StopwordConfig, type Tokenization, tokenizations } from '../../../engine/schema.ts';
import type { TextAnalysis } from '../../../engine/text/analysis.ts';
import { describe, readOptionalString, readRecord } from '../json-fields.ts';
import { addRoute, param, pathSchema, type RestParts } from '../route.ts';
import { invalid, unparsable } from '../wire-error.ts';
import { presetsFromWire, stopwordsFromWire } from './schema-wire-inverted.ts';
import { textAnalyzerFromWire } from './schema-wire-property.ts';
import { objectAt, type Unchecked } from './schema-wire-values.ts';

export function addTokenizeRoutes(app: FastifyInstance, parts: RestParts): void {
  addRoute(app, parts, {
    method: 'POST',
    path: '/tokenize',
    access: { kind: 'known' },
    handle: ({ body }) => {
      const { analysis, stopwords } = readAnalysis(readRecord(body, ''));
      return textTerms(readText(body), analysis, stopwords);
    },
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/schema/:collection/properties/:property/tokenize',
    access: pathSchema('R'),
    handle: (request) => {
      const { schema } = parts.database.collection(param(request, 'collection'));
      return propertyTerms(schema, param(request, 'property'), readText(request.body));
    },
  });
}

function readText(body: unknown): string {
  const text = readOptionalString(readRecord(body, '')['text'], 'text');
  if (text !== undefined) return text;
  throw unparsable('text', 'expected a string, got nothing');
}

/** What a property of these settings would do, in a collection with these stopwords. */
function readAnalysis(body: Unchecked): {
  readonly analysis: TextAnalysis;
  readonly stopwords: StopwordConfig;
} {
  const tokenization = readTokenization(body['tokenization']);
  const said = objectAt(body, 'stopwords', '');
  const { stopwordPresets } = resolvePresets(presetsFromWire(body, '').stopwordPresets);
  if (said && stopwordPresets) {
    throw invalid('stopwords and stopwordPresets: at most one of them is allowed');
  }
  const settings = textAnalyzerFromWire(
    objectAt(body, 'analyzerConfig', '') ?? {},
    'analyzerConfig',
  );
  const input: NestedPropertyInput = {
    name: 'text',
    type: 'text',
    tokenization,
    textAnalyzer: settings,
  };
  const { textAnalyzer } = resolveTextAnalyzer(input, 'analyzerConfig');
  if (textAnalyzer) {
    const { name, type } = input;
    const indexes = { filterable: true, searchable: true, rangeFilters: false };
    checkPresets([{ name, type, textAnalyzer, ...indexes }], stopwordPresets);
  }
  const own = resolveStopwordConfig(said && stopwordsFromWire(said, 'stopwords'));
  return {
    analysis: {
      tokenization,
      analyzer: textAnalyzer && engineAnalyzer(textAnalyzer, stopwordPresets),
    },
    stopwords: engineStopwords(own, stopwordPresets),
  };
}

function readTokenization(value: unknown): Tokenization {
  const found = tokenizations.find((each) => each === value);
  if (found) return found;
  throw invalid(`tokenization: ${describe(value)} is not one of [${tokenizations.join(', ')}]`);
}
