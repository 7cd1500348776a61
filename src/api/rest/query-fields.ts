// Reading the query string of a request.

import { DatabaseError } from '../../engine/errors.ts';
import { WireError } from './wire-error.ts';

/** A field as text, the last one when it came several times; undefined when absent or empty. */
export function queryText(query: unknown, name: string): string | undefined {
  const value = (query as Readonly<Record<string, unknown>>)[name];
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' && last !== '' ? last : undefined;
}

/** A field as a whole number of at least 0; undefined when absent. Throws WireError. */
export function queryCount(query: unknown, name: string): number | undefined {
  const text = queryText(query, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  const seen = JSON.stringify(text);
  throw new WireError(422, 601, `${name} in query must be a whole number of at least 0: ${seen}`);
}

const includes: readonly string[] = ['vector', 'classification', 'interpretation'];

/** The list of what a reply should show; only vectors mean anything here. Throws 'bad-request'. */
export function readInclude(query: unknown): { readonly vectors: boolean } {
  const names = (queryText(query, 'include') ?? '').split(',').map((name) => name.trim());
  for (const name of names) {
    if (name === '' || includes.includes(name)) continue;
    const message = `include: ${JSON.stringify(name)} is not one of [${includes.join(', ')}]`;
    throw new DatabaseError('bad-request', { message });
  }
  return { vectors: names.includes('vector') };
}
