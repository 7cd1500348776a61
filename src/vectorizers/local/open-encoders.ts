// Models by name, each loaded once, when first used, and loaded again after its process has ended.

import { DatabaseError } from '../../engine/errors.ts';

/** What runs a model. */
interface Encoder {
  /** True once nothing is encoded any more, for whatever reason. */
  readonly isEnded: boolean;
  close(): Promise<void>;
}

export class OpenEncoders<E extends Encoder> implements AsyncDisposable {
  readonly #load: (name: string) => Promise<E>;
  readonly #encoders = new Map<string, Promise<E>>();
  #isClosed = false;

  constructor(load: (name: string) => Promise<E>) {
    this.#load = load;
  }

  /** Throws 'closed', and what loading throws; a later call tries again. */
  async get(name: string): Promise<E> {
    if (this.#isClosed) throw new DatabaseError('closed');
    const known = this.#encoders.get(name);
    if (known !== undefined) {
      const encoder = await known;
      if (!encoder.isEnded) return encoder;
      if (this.#encoders.get(name) === known) this.#encoders.delete(name);
      return await this.get(name);
    }
    const loading = this.#load(name);
    this.#encoders.set(name, loading);
    try {
      return await loading;
    } catch (error) {
      this.#encoders.delete(name);
      throw error;
    }
  }

  /** Ends every model. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const loading = await Promise.allSettled(this.#encoders.values());
    await Promise.all(
      loading.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.close() : undefined,
      ),
    );
  }
}
