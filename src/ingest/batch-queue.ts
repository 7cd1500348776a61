// Work on many items in batches, several of which are under way at a time: one is read while another is
// embedded and a third one written.

export interface BatchQueueOptions<T> {
  readonly batchSize: number;
  readonly inFlightMax: number;
  /** A batch is begun early when its items weigh so much together. */
  readonly weightMax?: number;
  readonly weightOf?: (item: T) => number;
  /** Items with the same key are worked on one after another, in their order. */
  readonly keyOf: (item: T) => string;
  readonly work: (batch: readonly T[]) => Promise<void>;
}

/** Fed by one caller; after a failure every call throws it. */
export class BatchQueue<T> {
  readonly #options: BatchQueueOptions<T>;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #keys = new Set<string>();
  #batch: T[] = [];
  #weight = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: BatchQueueOptions<T>) {
    this.#options = options;
  }

  /** Resolves when the item is taken, which is when fewer batches than allowed are under way. */
  async add(item: T): Promise<void> {
    this.#throwFailure();
    const key = this.#options.keyOf(item);
    if (this.#keys.has(key)) await this.finish();
    this.#keys.add(key);
    this.#batch.push(item);
    const { batchSize, weightOf, weightMax = Number.POSITIVE_INFINITY } = this.#options;
    this.#weight += weightOf?.(item) ?? 0;
    if (this.#batch.length >= batchSize || this.#weight >= weightMax) await this.#start();
  }

  /** Works on what is left and resolves when nothing is under way. */
  async finish(): Promise<void> {
    if (this.#batch.length > 0) await this.#start();
    await Promise.all(this.#inFlight);
    this.#throwFailure();
  }

  /** Gives up what has not begun, and resolves when nothing is under way; never throws. */
  async abandon(): Promise<void> {
    this.#batch = [];
    await Promise.all(this.#inFlight);
  }

  async #start(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#weight = 0;
    const done = this.#work(batch);
    this.#inFlight.add(done);
    void done.finally(() => this.#inFlight.delete(done));
    while (this.#inFlight.size >= this.#options.inFlightMax) await Promise.race(this.#inFlight);
    this.#throwFailure();
  }

  /** Never rejects: the failure is thrown where items are added. */
  async #work(batch: readonly T[]): Promise<void> {
    const { work, keyOf } = this.#options;
    try {
      if (!this.#failure) await work(batch);
    } catch (error) {
      this.#failure ??= { error };
    }
    for (const item of batch) this.#keys.delete(keyOf(item));
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
