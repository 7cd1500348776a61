// How long the operator lets calls to services take, and how often they are made again: two variables.

import { DatabaseError } from '../engine/errors.ts';
import { type RetryPolicy, retryPolicy } from './retries.ts';

/** How long one attempt may take unless the operator says otherwise. */
export const timeoutMsDefault = 60_000;

const timeoutVariable = 'MODULES_CLIENT_TIMEOUT';
const retriesVariable = 'TESSERAE_MODULE_RETRIES';
const retriesMax = 20;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const timeoutMsMax = 3_600_000;

/** Reads both; absent where the default holds. Throws DatabaseError 'invalid-argument'. */
export function readPatience(environment: NodeJS.ProcessEnv): {
  readonly timeoutMs?: number;
  readonly retryPolicy?: RetryPolicy;
} {
  const timeout = environment[timeoutVariable];
  const retries = environment[retriesVariable];
  return {
    ...(timeout ? { timeoutMs: readTimeout(timeout) } : {}),
    ...(retries ? { retryPolicy: retryPolicy(readRetries(retries)) } : {}),
  };
}

/** A number with a unit, several of them in a row, or seconds. */
function readTimeout(value: string): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const isDuration = parts.length > 0 && parts.map(([part]) => part).join('') === value;
  const ms = isDuration
    ? parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0)
    : /^\d+$/.test(value)
      ? Number(value) * 1000
      : 0;
  if (ms >= 1 && ms <= timeoutMsMax) return Math.round(ms);
  throw invalid(timeoutVariable, value, 'a duration from 1ms to 1h, as 50s or 1m30s');
}

function readRetries(value: string): number {
  if (/^\d+$/.test(value) && Number(value) <= retriesMax) return Number(value);
  throw invalid(retriesVariable, value, `a whole number from 0 to ${retriesMax}`);
}

function invalid(variable: string, value: string, allowed: string): DatabaseError {
  return new DatabaseError('invalid-argument', {
    message: `${variable} is ${JSON.stringify(value)}, expected ${allowed}`,
  });
}
