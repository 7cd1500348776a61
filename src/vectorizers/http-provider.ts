// One call to a service: post JSON, wait no longer than allowed, try again where that can help, and turn
// every kind of bad answer into one clear sentence without keys in it. What the body means is the modules'
// business.

import { DatabaseError } from '../engine/errors.ts';
import { faultOfConnection, faultOfStatus, type PassingFault, type Retries } from './retries.ts';

export interface ProviderCall {
  /** Full address, http or https, without a user name or password. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The patience that the call shares with others; absent: there is one attempt. */
  readonly retries?: Retries | undefined;
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

/** How one attempt ended; with a fault that may pass, another one may help. */
type Attempt =
  | { readonly kind: 'reply'; readonly body: unknown }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly fault?: PassingFault | undefined;
    };

/**
 * Posts JSON and returns the parsed reply. Throws DatabaseError 'vectorizer-failed' for anything else. A
 * rate limit, a broken service and a broken connection are tried again as `retries` allows; a refused key,
 * a service that is away or too slow, and a reply that can't be read are reported at once.
 */
export async function postJson(call: ProviderCall): Promise<unknown> {
  const { retries, signal } = call;
  for (let attempts = 1; ; attempts += 1) {
    await retries?.turn(signal);
    const attempt = await attemptCall(call);
    if (attempt.kind === 'reply') return attempt.body;
    const isWorthIt = attempt.fault && (await retries?.again(attempt.fault, attempts, signal));
    if (!isWorthIt) throw providerError(redact(attempt.message, call.secrets));
  }
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
    if (text !== undefined) return readReply(call, response, text);
    const message = `${call.service}: the answer of ${originOf(call.url)} with status ${response.status} is longer than ${bytesMax} bytes`;
    return { kind: 'failed', message };
  } catch (error) {
    const message = `${call.service}: ${failureText(error, call, timeout)}`;
    const fault = signal.aborted ? undefined : faultOfConnection(codeOf(error));
    return { kind: 'failed', message, fault };
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

function readReply(call: ProviderCall, { status, headers }: Response, text: string): Attempt {
  const body = parseJson(text);
  if (status !== 200) {
    const detail = redact(detailOf(body, text), call.secrets).slice(0, detailCharactersMax);
    const fault = faultOfStatus(status, headers.get('retry-after'));
    return { kind: 'failed', message: call.statusMessage(status, detail), fault };
  }
  if (body !== undefined) return { kind: 'reply', body };
  const found = /^\s*</.test(text) ? 'an HTML page' : 'something else';
  const message = `${call.service}: expected JSON, got ${found} (${text.length} characters); is ${originOf(call.url)} an embedding service?`;
  return { kind: 'failed', message };
}

function failureText(error: unknown, call: ProviderCall, timeout: AbortSignal): string {
  const origin = originOf(call.url);
  if (call.signal?.aborted) return `the request to ${origin} was cancelled`;
  if (timeout.aborted) return `no answer from ${origin} within ${call.timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const reason =
    codeOf(error) ?? (cause instanceof Error ? cause.message : undefined) ?? String(error);
  return `cannot reach ${origin}: ${reason}`;
}

/** The system's word for what is wrong with a connection; also of one that ended within its answer. */
function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
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
