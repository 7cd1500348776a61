// How busy a database is with batches: what clients that choose the size of their batches themselves
// read from the state of a node.

/** Seconds over which the rate is measured. */
const windowSeconds = 5;

export interface BatchState {
  /** Objects of batches that have come and are not stored or refused yet. */
  readonly queueLength: number;
  /** Objects that batches brought to an end a second, over the last seconds with any; a whole number. */
  readonly ratePerSecond: number;
}

/** Owned by Database. */
export class BatchStatistics {
  readonly #clock: () => number;
  /** Objects done, by the second in which they were. */
  readonly #done = new Map<number, number>();
  #queued = 0;

  /** `clock`: milliseconds since 1970. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Counts a batch of so many objects while it is written. */
  async track<T>(count: number, write: () => Promise<T>): Promise<T> {
    this.#queued += count;
    try {
      return await write();
    } finally {
      this.#queued -= count;
      const now = this.#second();
      this.#forgetBefore(now - windowSeconds);
      this.#done.set(now, (this.#done.get(now) ?? 0) + count);
    }
  }

  /** As it is now. */
  get state(): BatchState {
    const now = this.#second();
    this.#forgetBefore(now - windowSeconds);
    let count = 0;
    let first = now;
    for (const [second, done] of this.#done) {
      count += done;
      first = Math.min(first, second);
    }
    const seconds = now - first + 1;
    return { queueLength: this.#queued, ratePerSecond: Math.round(count / seconds) };
  }

  #second(): number {
    return Math.floor(this.#clock() / 1000);
  }

  #forgetBefore(second: number): void {
    for (const each of this.#done.keys()) if (each <= second) this.#done.delete(each);
  }
}
