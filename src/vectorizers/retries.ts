// When a call to a service is made again: what a second attempt can help with, how long it waits, and
// when a batch or a query has waited enough.

import { setTimeout as pause } from 'node:timers/promises';

/** Why a call is made again: `429`, an error of the server's own, a connection that broke off. */
export const retryReasons = ['rate_limited', 'server_error', 'connection'] as const;
export type RetryReason = (typeof retryReasons)[number];

/** How often and for how long; milliseconds. */
export interface RetryPolicy {
  /** Attempts after the first one: of a call with objects, and of a query, for which somebody waits. */
  readonly objectsMax: number;
  readonly queryMax: number;
  /** Before the second attempt, doubled for each one after it; the second half of it is random. */
  readonly pauseMs: number;
  /** Of all calls that one batch of objects, or one query, needs: nothing is waited for after that. */
  readonly objectsBudgetMs: number;
  readonly queryBudgetMs: number;
}

/** What the server does unless its operator says otherwise. */
export const defaultRetryPolicy: RetryPolicy = {
  objectsMax: 5,
  queryMax: 2,
  pauseMs: 250,
  objectsBudgetMs: 60_000,
  queryBudgetMs: 5_000,
};

/** The default with another number of attempts after the first one. */
export function retryPolicy(retriesMax: number): RetryPolicy {
  const { objectsMax: _, queryMax, ...rest } = defaultRetryPolicy;
  return { ...rest, objectsMax: retriesMax, queryMax: Math.min(retriesMax, queryMax) };
}

/** What is known of an attempt that failed in a way that may pass. */
export interface PassingFault {
  readonly reason: RetryReason;
  /** What the service asked for, in milliseconds. */
  readonly afterMs?: number | undefined;
}

/** Told of every attempt after the first. */
export type OnRetry = (reason: RetryReason) => void;

/**
 * The patience of one batch or one query. Its calls share it: when a service asks one of them to wait,
 * the others do not go before.
 */
export class Retries {
  readonly #max: number;
  readonly #pauseMs: number;
  readonly #deadline: number;
  readonly #told: OnRetry | undefined;
  #notBefore = 0;

  constructor(policy: RetryPolicy, purpose: 'objects' | 'query', told?: OnRetry) {
    const isQuery = purpose === 'query';
    this.#max = isQuery ? policy.queryMax : policy.objectsMax;
    this.#pauseMs = policy.pauseMs;
    this.#deadline = performance.now() + (isQuery ? policy.queryBudgetMs : policy.objectsBudgetMs);
    this.#told = told;
  }

  /** Waits as long as the service asked another call of the batch to. Never throws. */
  async turn(signal?: AbortSignal): Promise<void> {
    if (this.#notBefore > performance.now() && this.#notBefore <= this.#deadline) {
      await waitUntil(this.#notBefore, signal);
    }
  }

  /**
   * Waits before another attempt, the first one after `attempts` failed ones; false when there is to be
   * none: too many, no time left, or the caller went away. Never throws.
   */
  async again(fault: PassingFault, attempts: number, signal?: AbortSignal): Promise<boolean> {
    if (attempts > this.#max) return false;
    const ownMs = this.#pauseMs * 2 ** (attempts - 1) * (0.5 + Math.random() / 2);
    const at = performance.now() + Math.max(fault.afterMs ?? 0, ownMs);
    if (at > this.#deadline) return false;
    if (fault.afterMs !== undefined) this.#notBefore = Math.max(this.#notBefore, at);
    if (!(await waitUntil(at, signal))) return false;
    this.#told?.(fault.reason);
    return true;
  }
}

/** False when the signal came first. */
async function waitUntil(at: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await pause(Math.max(0, at - performance.now()), undefined, signal ? { signal } : {});
    return true;
  } catch {
    return false;
  }
}

/** Whether a status may be another one in a moment; undefined: it will be the same again. */
export function faultOfStatus(status: number, retryAfter: string | null): PassingFault | undefined {
  const lasting = [501, 505, 511];
  const isServers = status >= 500 && !lasting.includes(status);
  if (status !== 429 && status !== 408 && !isServers) return undefined;
  const reason = status === 429 ? 'rate_limited' : 'server_error';
  return { reason, afterMs: readRetryAfter(retryAfter, Date.now()) };
}

/**
 * Milliseconds of a `Retry-After` header, seconds or a date; undefined for anything else, and for a date
 * that has passed.
 */
export function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}(\.\d{1,9})?$/.test(value.trim())) return Number(value) * 1000;
  const ms = Date.parse(value) - now;
  return ms > 0 ? ms : undefined;
}

const brokenOff = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** Whether a connection that failed with this code was one before: nobody there is not a passing fault. */
export function faultOfConnection(code: string | undefined): PassingFault | undefined {
  return code !== undefined && brokenOff.includes(code) ? { reason: 'connection' } : undefined;
}
