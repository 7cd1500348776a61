// How a text is cut into terms, for a tokenization or for a property of a collection.

import type { FastifyInstance } from 'fastify';
import { DatabaseError } from '../../engine/errors.ts';
import { type StopwordConfig, type Tokenization, tokenizations } from '../../engine/schema.ts';
import { isStopword, resolveStopwords } from '../../engine/text/stopwords.ts';
import { tokenize } from '../../engine/text/tokenizers.ts';
import { describe, readOptionalString, readRecord } from './json-fields.ts';
import { addRoute, param, pathSchema, type RestParts } from './route.ts';
import { invalid, unparsable } from './wire-error.ts';

const english: StopwordConfig = { preset: 'en', additions: [], removals: [] };

export function addTokenizeRoutes(app: FastifyInstance, parts: RestParts): void {
  addRoute(app, parts, {
    method: 'POST',
    path: '/tokenize',
    access: { kind: 'known' },
    handle: ({ body }) => {
      const given = readRecord(body, '');
      return terms(readText(body), readTokenization(given['tokenization']), english);
    },
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/schema/:collection/properties/:property/tokenize',
    access: pathSchema('R'),
    handle: (request) => {
      const { config } = parts.database.collection(param(request, 'collection'));
      const property = param(request, 'property');
      const found = config.properties.find(({ name }) => name === property);
      if (!found) {
        throw new DatabaseError('property-missing', { property, collection: config.name });
      }
      if (!found.tokenization) {
        throw invalid(`property '${property}' is of type ${found.type}: only text has terms`);
      }
      return terms(readText(request.body), found.tokenization, config.invertedIndex.stopwords);
    },
  });
}

function readText(body: unknown): string {
  const text = readOptionalString(readRecord(body, '')['text'], 'text');
  if (text !== undefined) return text;
  throw unparsable('text', 'expected a string, got nothing');
}

function readTokenization(value: unknown): Tokenization {
  const found = tokenizations.find((each) => each === value);
  if (found) return found;
  throw invalid(`tokenization: ${describe(value)} is not one of [${tokenizations.join(', ')}]`);
}

/** A query leaves stopwords out, the index does not. */
function terms(text: string, tokenization: Tokenization, config: StopwordConfig): object {
  const stopwords = resolveStopwords(config);
  const indexed = tokenize(text, tokenization);
  const query = indexed.filter((term) => !isStopword(term, tokenization, stopwords));
  return { indexed, query };
}
