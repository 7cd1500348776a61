// Ending on SIGINT and SIGTERM in good order: the first signal asks, the second one ends the process.

import { once } from 'node:events';

/** Hears of signals until disposed. */
export interface StopSignal extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly told: Promise<void>;
}

export function listenForStop(): StopSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const hear = (): void => {
    if (signal.aborted) process.exit(130);
    controller.abort(new Error('told to stop'));
  };
  process.on('SIGINT', hear).on('SIGTERM', hear);
  return {
    signal,
    told: once(signal, 'abort').then(() => undefined),
    [Symbol.dispose]: () => {
      process.off('SIGINT', hear).off('SIGTERM', hear);
    },
  };
}
