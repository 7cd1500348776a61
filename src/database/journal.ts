// Where a change becomes a promise: appended to the log, then applied to memory, in the log's order.
// Appends of several callers share one sync, but their changes are applied one after another.

import { ByteWriter } from '../engine/bytes.ts';
import type { SequenceNumber } from '../engine/ids.ts';
import type { Log } from '../storage/log.ts';
import { bytesGuess, type Change, encodeChange } from './records.ts';

/** Buffers that are kept for the next records, and how long they may be to be kept. */
const keptBuffers = 2;
const keptBytesMax = 16 * 1024 * 1024;

/** Orders and applies the changes of one database. */
export class Journal {
  readonly #log: Log;
  #applied: SequenceNumber;
  #tail: Promise<void> = Promise.resolve();
  /** Buffers of records that are written: fresh memory costs more than filling it. */
  readonly #free: ByteWriter[] = [];

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
    const writer = this.#free.pop() ?? new ByteWriter(0);
    writer.restart(bytesGuess(change));
    encodeChange(change, writer);
    const appended = this.#log.append([writer.finish()]);
    const previous = this.#tail;
    const done = (async (): Promise<void> => {
      const sequence = await appended;
      this.#keep(writer);
      await previous;
      apply(sequence);
      this.#applied = sequence;
    })();
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Only of records that the log has written: it may still read those of a failed append. */
  #keep(writer: ByteWriter): void {
    if (this.#free.length < keptBuffers && writer.capacity <= keptBytesMax) this.#free.push(writer);
  }

  /** Resolves when every change committed so far is applied, or has failed. */
  get settled(): Promise<void> {
    return this.#tail;
  }
}
