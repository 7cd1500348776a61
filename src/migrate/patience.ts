// Calls that failed for reasons that pass are made again, each time after a longer wait.

import { setTimeout as wait } from 'node:timers/promises';
import { isFault, type RemoteFault } from './remote-fault.ts';

/** How often and how long calls of one server are made again. */
export interface Patience {
  readonly attemptsMax: number;
  readonly firstWaitMs: number;
  readonly waitMsMax: number;
  /** From 0 to 1: waits are spread by it, so that callers don't come all at once. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Told before every wait. */
  readonly onRetry: (fault: RemoteFault, waitMs: number) => void;
}

/** About two and a half minutes in all. */
export const patienceDefault = { attemptsMax: 12, firstWaitMs: 250, waitMsMax: 30_000 } as const;

/** What `call` resolves to. Throws its last failure, or the signal's reason. */
export async function patiently<T>(patience: Patience, call: () => Promise<T>): Promise<T> {
  const { attemptsMax, firstWaitMs, waitMsMax, random, signal, onRetry } = patience;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!isFault(error, 'passing') || attempt === attemptsMax) throw error;
      const longest = Math.min(waitMsMax, firstWaitMs * 2 ** (attempt - 1));
      const waitMs = Math.max(error.waitMs, Math.round(longest * (0.5 + random() / 2)));
      onRetry(error, waitMs);
      await wait(waitMs, undefined, { signal });
    }
  }
}
