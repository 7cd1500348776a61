// What the modules that call a service over HTTP have in common: where it is, its key, the query's
// error prefix and the reading of replies that hold one entry for each input.

import type { VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { isRecord, providerError, readTokenVectors } from './http-provider.ts';
import type { Embedding, RequestHeaders } from './vectorizer.ts';

/** Where a module's service is and how it may be called. */
export interface RemoteService {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** The server's own key; absent when there is none or when it must not be sent to this address. */
  readonly apiKey?: string;
  readonly timeoutMs: number;
  /** Width that every token vector must have; absent when the operator's own service decides. */
  readonly dimsWanted?: number;
}

/**
 * The Jina key of a request: the caller's, else the server's own. Throws DatabaseError
 * 'vectorizer-failed' when there is neither.
 */
export function jinaKey(service: RemoteService, headers: RequestHeaders): string {
  const key = headers['x-jinaai-api-key'] || service.apiKey;
  if (key) return key;
  throw providerError(
    'API Key: no api key found neither in request header: X-Jinaai-Api-Key nor in environment variable under JINAAI_APIKEY',
  );
}

/** Headers that every call to the Jina endpoints carries. */
export function jinaHeaders(key: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}`, 'x-header-vectordb-source': 'Weaviate' };
}

/** The sentence for a status other than 200 from the Jina endpoints. */
export function jinaStatusMessage(status: number, detail: string): string {
  return `connection to: JinaAI API failed with status: ${status} error: ${detail}`;
}

/**
 * Embeddings of a Jina reply, beside the inputs of its call: by `index` where every entry has one of
 * its own, else in order. Throws when it holds no list or more entries than inputs.
 */
export function readJinaReply(
  body: unknown,
  inputCount: number,
  dimsWanted: number | undefined,
): readonly Embedding[] {
  const data = isRecord(body) ? body['data'] : undefined;
  const entries = checkedCount(data, inputCount, 'data').map((entry) =>
    isRecord(entry) ? entry : {},
  );
  const indexes = new Set(entries.map((entry) => entry['index']));
  const isIndexed = indexes.size === entries.length && [...indexes].every(isIndexBelow(inputCount));
  const results: Embedding[] = [];
  for (const [order, entry] of entries.entries()) {
    const index = isIndexed ? Number(entry['index']) : order;
    results[index] = readTokenVectors(entry['embeddings'] ?? entry['embedding'], dimsWanted);
  }
  return results;
}

function isIndexBelow(count: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < count;
}

/** The list of a reply's results. Throws when it is none or longer than the call's inputs. */
export function checkedCount(list: unknown, inputCount: number, name: string): readonly unknown[] {
  if (!Array.isArray(list)) {
    throw providerError(`vectorizer returned a bad reply: "${name}" is not a list`);
  }
  if (list.length > inputCount) {
    throw providerError(
      `vectorizer returned more vectors than requested: ${list.length} for ${inputCount} inputs`,
    );
  }
  return list;
}

/**
 * The one vector of a query's call. Throws DatabaseError 'vectorizer-failed' with the module's prefix
 * when the call failed or brought no token vectors.
 */
export async function queryVector(
  prefix: string,
  call: () => Promise<readonly Embedding[]>,
): Promise<VectorValue> {
  try {
    const [found] = await call();
    if (found?.kind === 'vector') return found.vector;
    if (found?.kind === 'failed') throw found.error;
    throw providerError('vectorizer returned no vectors for the query');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseError('vectorizer-failed', { message: `${prefix}${message}` }, { cause });
  }
}

/** Prefix of a text query's failures, as the reference writes it. */
export const textQueryPrefix = 'vectorize keywords: remote client vectorize: ';
/** Prefix of an image query's failures. */
export const imageQueryPrefix = 'vectorize image: remote client vectorize: ';

/** A setting that is a non-empty string, else the default. */
export function stringSetting(
  settings: Readonly<Record<string, unknown>>,
  name: string,
  fallback: string,
): string {
  const value = settings[name];
  return typeof value === 'string' && value !== '' ? value : fallback;
}
