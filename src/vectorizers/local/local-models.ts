// The models that this process runs, each loaded once, when first used, and shared by every collection.

import { availableParallelism } from 'node:os';
import { DatabaseError } from '../../engine/errors.ts';
import { modelState } from './model-store.ts';
import { modelEntry } from './models.ts';
import { TokenEncoder } from './token-encoder.ts';

export interface LocalModelsOptions {
  /** Directory of all models (`modelsDirectory`). */
  readonly directory: string;
  /** Threads of one model; by default half the processors, at most four. */
  readonly threads?: number | undefined;
}

export class LocalModels implements AsyncDisposable {
  readonly #options: LocalModelsOptions;
  readonly #encoders = new Map<string, Promise<TokenEncoder>>();
  #isClosed = false;

  constructor(options: LocalModelsOptions) {
    this.#options = options;
  }

  /**
   * The encoder of a model. Throws DatabaseError 'vectorizer-failed' when it was not pulled or can't
   * run, 'invalid-argument' when the catalogue does not know it; a later call tries again.
   */
  async encoder(name: string): Promise<TokenEncoder> {
    if (this.#isClosed) throw new DatabaseError('closed');
    const known = this.#encoders.get(name);
    if (known !== undefined) return await known;
    const loading = this.#load(name);
    this.#encoders.set(name, loading);
    try {
      return await loading;
    } catch (error) {
      this.#encoders.delete(name);
      throw error;
    }
  }

  /** Ends every worker. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const loading = await Promise.allSettled(this.#encoders.values());
    await Promise.all(
      loading.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.close() : undefined,
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #load(name: string): Promise<TokenEncoder> {
    const entry = modelEntry(name);
    const state = await modelState(entry, this.#options.directory);
    if (state.kind !== 'present') {
      const problem =
        state.kind === 'absent'
          ? `is not in ${this.#options.directory}`
          : `is damaged: ${state.problem}`;
      throw new DatabaseError('vectorizer-failed', {
        message: `the local model ${name} ${problem}; run: tesserae models pull ${name}`,
      });
    }
    const threads = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)));
    return await TokenEncoder.open({
      directory: state.path,
      threads: this.#options.threads ?? threads,
      windowTokens: entry.windowTokens,
    });
  }
}
