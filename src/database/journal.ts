// Where a change becomes a promise: appended to the log, then applied to memory, in the log's order.
// Appends of several callers share one sync, but their changes are applied one after another.

import type { SequenceNumber } from '../engine/ids.ts';
import type { Log } from '../storage/log.ts';
import { type Change, encodeChange } from './records.ts';

/** Orders and applies the changes of one database. */
export class Journal {
  readonly #log: Log;
  #applied: SequenceNumber;
  #tail: Promise<void> = Promise.resolve();

  /** `applied` is the newest record that recovery has applied already. */
  constructor(log: Log, applied: SequenceNumber) {
    this.#log = log;
    this.#applied = applied;
  }

  /** The newest record whose change is in memory. */
  get applied(): SequenceNumber {
    return this.#applied;
  }

  /**
   * Appends the change and resolves when it survives a crash and `apply` has run. The place in the
   * order is taken at the moment of the call. Rejects, with nothing applied, when the append fails.
   */
  commit(change: Change, apply: (sequence: SequenceNumber) => void): Promise<void> {
    const appended = this.#log.append([encodeChange(change)]);
    const previous = this.#tail;
    const done = (async (): Promise<void> => {
      const sequence = await appended;
      await previous;
      apply(sequence);
      this.#applied = sequence;
    })();
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Resolves when every change committed so far is applied, or has failed. */
  get settled(): Promise<void> {
    return this.#tail;
  }
}
