// One call to an embedding service: post JSON, wait no longer than allowed, and turn every kind of bad
// answer into one clear sentence without keys in it. What the body means is the modules' business.

import type { VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { vectorDimsMax } from '../engine/limits.ts';
import type { Embedding } from './vectorizer.ts';

export interface ProviderCall {
  /** Full address; has passed `checkedBaseUrl`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Texts that must not appear in a message. */
  readonly secrets: readonly string[];
  /** The module's sentence for an HTTP status other than 200. */
  readonly statusMessage: (status: number, detail: string) => string;
  /** What the module calls the service, for messages about anything else. */
  readonly service: string;
}

/** How one attempt ended; the caller decides whether another one is worth it. */
type Attempt =
  | { readonly kind: 'reply'; readonly body: unknown }
  | { readonly kind: 'failed'; readonly message: string; readonly status?: number };

/**
 * Posts JSON and returns the parsed reply. Throws DatabaseError 'vectorizer-failed' for anything else.
 * One attempt: a refused key, a rate limit or a broken service is reported at once, as by the reference.
 */
export async function postJson(call: ProviderCall): Promise<unknown> {
  const attempt = await attemptCall(call);
  if (attempt.kind === 'reply') return attempt.body;
  throw providerError(redact(attempt.message, call.secrets));
}

/** The error of every failed embedding. */
export function providerError(message: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message });
}

async function attemptCall(call: ProviderCall): Promise<Attempt> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
  try {
    const response = await fetch(call.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...call.headers },
      body: JSON.stringify(call.body),
      signal,
      redirect: 'error',
    });
    return readReply(call, response.status, await response.text());
  } catch (error) {
    return { kind: 'failed', message: `${call.service}: ${failureText(error, call, timeout)}` };
  }
}

function readReply(call: ProviderCall, status: number, text: string): Attempt {
  const body = parseJson(text);
  if (status !== 200) {
    return { kind: 'failed', message: call.statusMessage(status, detailOf(body, text)), status };
  }
  if (body !== undefined) return { kind: 'reply', body };
  const found = /^\s*</.test(text) ? 'an HTML page' : 'something else';
  const message = `${call.service}: expected JSON, got ${found} (${text.length} characters); is ${originOf(call.url)} an embedding service?`;
  return { kind: 'failed', message, status };
}

function failureText(error: unknown, call: ProviderCall, timeout: AbortSignal): string {
  const origin = originOf(call.url);
  if (call.signal?.aborted) return `the request to ${origin} was cancelled`;
  if (timeout.aborted) return `no answer from ${origin} within ${call.timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const reason = code ?? (cause instanceof Error ? cause.message : undefined) ?? String(error);
  return `cannot reach ${origin}: ${reason}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const detailCharactersMax = 500;

function detailOf(body: unknown, text: string): string {
  const fields = isRecord(body) ? body : {};
  const nested = isRecord(fields['error']) ? fields['error']['message'] : fields['error'];
  const found = fields['detail'] ?? nested ?? fields['message'];
  if (found === undefined && /^\s*</.test(text)) return 'the answer is an HTML page';
  const detail = typeof found === 'string' ? found : found ? JSON.stringify(found) : text.trim();
  return detail.slice(0, detailCharactersMax);
}

function redact(message: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret !== '');
  return known.reduce((text, secret) => text.replaceAll(secret, '***'), message);
}

function originOf(url: string): string {
  return new URL(url).origin;
}

/**
 * An address without a slash at its end. Throws DatabaseError 'invalid-argument', naming where it
 * came from, when it is not http(s) or carries a user name or password.
 */
export function checkedBaseUrl(value: string, source: string): string {
  const url = URL.parse(value);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new DatabaseError('invalid-argument', {
      message: `${source}: expected an http or https URL or local:MODEL`,
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new DatabaseError('invalid-argument', {
      message: `${source}: the URL must not carry a user name or password`,
    });
  }
  return value.replace(/\/+$/, '');
}

/** True for JSON objects. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads token vectors out of a reply. An empty list is no vector; anything but equally long lists of
 * finite numbers, or another width than asked for, is a failure that says where.
 */
export function readTokenVectors(value: unknown, dimsWanted?: number): Embedding {
  if (!Array.isArray(value)) return refused('expected a list of token vectors');
  if (value.length === 0) return { kind: 'none' };
  const dims = Array.isArray(value[0]) ? value[0].length : 0;
  const problem = shapeProblem(value, dims, dimsWanted);
  if (problem !== undefined) return refused(problem);
  const rows = value as readonly (readonly unknown[])[];
  const values = new Float32Array(rows.length * dims);
  for (const [token, row] of rows.entries()) {
    for (let index = 0; index < dims; index += 1) {
      const component = row[index];
      const stored = typeof component === 'number' ? Math.fround(component) : Number.NaN;
      if (!Number.isFinite(stored)) {
        return refused(`component ${index} of token vector ${token} is not a finite number`);
      }
      values[token * dims + index] = stored;
    }
  }
  return { kind: 'vector', vector: { kind: 'multi', dims, values } };
}

function shapeProblem(
  rows: readonly unknown[],
  dims: number,
  dimsWanted: number | undefined,
): string | undefined {
  for (const [token, row] of rows.entries()) {
    if (!Array.isArray(row)) return `token vector ${token} is not a list of numbers`;
    if (row.length === 0) return `token vector ${token} is empty`;
    if (row.length !== dims) {
      return `token vector ${token} has ${row.length} dimensions, token vector 0 has ${dims}`;
    }
  }
  if (dims > vectorDimsMax) return `${dims} dimensions, the maximum is ${vectorDimsMax}`;
  if (dimsWanted !== undefined && dims !== dimsWanted) {
    return `token vectors have ${dims} dimensions, ${dimsWanted} were asked for`;
  }
  return undefined;
}

function refused(problem: string): Embedding {
  return { kind: 'failed', error: providerError(`vectorizer returned a bad reply: ${problem}`) };
}

/** One multi-vector of several, token vectors in the same order. All must have the same width. */
export function joinVectors(parts: readonly VectorValue[]): Embedding {
  const first = parts[0];
  if (first === undefined) return { kind: 'none' };
  if (parts.length === 1) return { kind: 'vector', vector: first };
  const other = parts.find((part) => part.dims !== first.dims);
  if (other !== undefined) {
    return refused(`vectors of ${first.dims} and of ${other.dims} dimensions for one object`);
  }
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let offset = 0;
  for (const part of parts) {
    values.set(part.values, offset);
    offset += part.values.length;
  }
  return { kind: 'vector', vector: { kind: 'multi', dims: first.dims, values } };
}
