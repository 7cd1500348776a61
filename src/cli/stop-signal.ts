// Ending on SIGINT and SIGTERM in good order: the first signal asks, the second one ends the process.

/** Hears of signals until disposed. */
export interface StopSignal extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal, to its name. */
  readonly told: Promise<NodeJS.Signals>;
}

/**
 * A terminal signals the whole group of processes, and npm and the launcher pass on what they got: one
 * key press arrives up to three times. What comes later than this is another one.
 */
const sameSignalMs = 500;

export function listenForStop(): StopSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const told = Promise.withResolvers<NodeJS.Signals>();
  let toldAt = 0;
  const hear = (name: NodeJS.Signals): void => {
    if (!signal.aborted) {
      toldAt = performance.now();
      controller.abort(new Error('told to stop'));
      told.resolve(name);
    } else if (performance.now() - toldAt > sameSignalMs) {
      process.exit(130);
    }
  };
  process.on('SIGINT', hear).on('SIGTERM', hear);
  return {
    signal,
    told: told.promise,
    [Symbol.dispose]: () => {
      process.off('SIGINT', hear).off('SIGTERM', hear);
    },
  };
}
