// A few at once, some in a queue, the rest refused: for requests that need much memory while they run.

import { DatabaseError } from '../../../engine/errors.ts';

/** Held while working. */
export interface Turn {
  /** Lets the next one go. */
  end(): void;
}

export class TakingTurns {
  readonly #limits: { readonly atOnce: number; readonly waiting: number };
  readonly #queue: (() => void)[] = [];
  #working = 0;

  constructor(limits: { readonly atOnce: number; readonly waiting: number }) {
    this.#limits = limits;
  }

  /**
   * Resolves when it is this caller's turn; undefined when too many wait already. Throws
   * DatabaseError 'cancelled' when the signal aborts before that.
   */
  async take(signal?: AbortSignal): Promise<Turn | undefined> {
    if (this.#working >= this.#limits.atOnce) {
      if (this.#queue.length >= this.#limits.waiting) return undefined;
      await this.#wait(signal);
    } else {
      this.#working += 1;
    }
    return { end: () => this.#end() };
  }

  /** Whoever ends hands its place over: the number of those at work stays the same. */
  #end(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#working -= 1;
    else next();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      const place = this.#queue.indexOf(resolve);
      if (place < 0) return;
      this.#queue.splice(place, 1);
      reject(new DatabaseError('cancelled'));
    };
    this.#queue.push(resolve);
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }
}
