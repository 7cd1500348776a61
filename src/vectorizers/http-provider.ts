// One call to an embedding service: post JSON, wait no longer than allowed, and turn every kind of bad
// answer into one clear sentence without keys in it. What the body means is the modules' business.

import { DatabaseError } from '../engine/errors.ts';

export interface ProviderCall {
  /** Full address, http or https, without a user name or password. */
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

/** A longer reply is refused: it would not fit into one string. */
const replyBytesMax = 384 * 1024 * 1024;
/** Nor is one that only says what went wrong. */
const errorBytesMax = 1024 * 1024;

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
    const bytesMax = response.status === 200 ? replyBytesMax : errorBytesMax;
    const text = await readText(response, bytesMax);
    if (text !== undefined) return readReply(call, response.status, text);
    const message = `${call.service}: the answer of ${originOf(call.url)} with status ${response.status} is longer than ${bytesMax} bytes`;
    return { kind: 'failed', message, status: response.status };
  } catch (error) {
    return { kind: 'failed', message: `${call.service}: ${failureText(error, call, timeout)}` };
  }
}

/** The body; undefined when it is too long. */
async function readText(response: Response, bytesMax: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bytesMax) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts, bytes).toString('utf8');
}

function readReply(call: ProviderCall, status: number, text: string): Attempt {
  const body = parseJson(text);
  if (status !== 200) {
    const detail = redact(detailOf(body, text), call.secrets).slice(0, detailCharactersMax);
    return { kind: 'failed', message: call.statusMessage(status, detail), status };
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
  return typeof found === 'string' ? found : found ? JSON.stringify(found) : text.trim();
}

function redact(message: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret !== '');
  return known.reduce((text, secret) => text.replaceAll(secret, '***'), message);
}

function originOf(url: string): string {
  return new URL(url).origin;
}

/** True for JSON objects. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
