// Questions in words over REST: hits with their file, page and what matched on it. Fields and what they
// mean: docs/QUERY.md.

import type { FastifyInstance } from 'fastify';
import {
  answerText,
  type TextQuery,
  textQueryDetails,
  textQueryModes,
} from '../../../database/text-query/text-query.ts';
import { describe, type JsonRecord, readOptionalString, readRecord } from '../json-fields.ts';
import { addRoute, contextOf, pathObjects, type RestParts } from '../route.ts';
import { holdAddressed } from '../tenants.ts';
import { filterFromJson } from '../where.ts';
import { unparsable } from '../wire-error.ts';

export function addQueryRoutes(app: FastifyInstance, parts: RestParts): void {
  addRoute(app, parts, {
    method: 'POST',
    path: '/tesserae/query/:collection',
    access: pathObjects('R'),
    handle: async (request, reply) => {
      using held = await holdAddressed(parts.database, request);
      const query = readQuery(request.body);
      return await answerText(held.collection, query, contextOf(request, reply));
    },
  });
}

const fields: readonly string[] = [
  ...['query', 'mode', 'limit', 'vectors', 'alpha', 'where', 'detail', 'tenant'],
];

/** Throws WireError for fields that are unknown or of another kind. */
function readQuery(body: unknown): TextQuery {
  const record = readRecord(body, '');
  for (const name of Object.keys(record)) {
    if (fields.includes(name)) continue;
    throw unparsable(name, `no such field, there are [${fields.join(', ')}]`);
  }
  const text = readOptionalString(record['query'], 'query');
  if (text === undefined) throw unparsable('query', 'expected a string, got nothing');
  const { where } = record;
  return {
    text,
    mode: readOneOf(record, 'mode', textQueryModes),
    detail: readOneOf(record, 'detail', textQueryDetails),
    limit: readNumber(record, 'limit'),
    alpha: readNumber(record, 'alpha'),
    vectors: readNames(record['vectors']),
    filter: where === undefined || where === null ? undefined : filterFromJson(where, 'where'),
  };
}

function readOneOf<T extends string>(
  record: JsonRecord,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = readOptionalString(record[name], name);
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw unparsable(name, `${describe(value)} is not one of [${allowed.join(', ')}]`);
}

function readNumber(record: JsonRecord, name: string): number | undefined {
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  throw unparsable(name, `expected a number, got ${describe(value)}`);
}

function readNames(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw unparsable('vectors', `expected a list of names, got ${describe(value)}`);
}
