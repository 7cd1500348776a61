// Deletes what has expired, in the background. Nothing of it is stored but the objects themselves, so a
// restart goes on by looking again.

import { setImmediate } from 'node:timers/promises';
import type { Collection } from '../collection.ts';
import type { Timer } from '../compactor.ts';

/** How often collections are looked at when nobody says otherwise. */
export const expiryMsDefault = 60_000;
/** The first look after the start, or after a collection began to let objects expire. */
const firstMs = 1_000;

export interface ExpirerParts {
  /** Those that are open; what expires in a closed tenant is deleted when it is open again. */
  readonly collections: () => readonly Collection[];
  readonly timer: Timer;
  /** Milliseconds from the end of one look to the next. */
  readonly everyMs: number;
  /** Hears of deletions that failed; the next look tries them again. */
  readonly onFault: (error: unknown) => void;
}

/** Owned by Database. */
export class Expirer {
  readonly #parts: ExpirerParts;
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: ExpirerParts) {
    this.#parts = parts;
  }

  /** Looks from now on, while there is a collection whose objects expire. */
  consider(): void {
    if (this.#cancel || this.#sweeping || this.#isClosed) return;
    this.#wait(Math.min(firstMs, this.#parts.everyMs));
  }

  /** Resolves when everything that has expired is deleted. */
  async sweep(): Promise<void> {
    for (const collection of this.#expiring()) {
      using _ = collection.keep();
      if (collection.isClosed) continue;
      while (!this.#isClosed && (await collection.deleteExpired()) > 0) await setImmediate();
    }
  }

  /** Resolves when nothing is deleted any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#sweeping;
  }

  #expiring(): Collection[] {
    return this.#parts.collections().filter(({ config }) => config.objectTtl?.enabled);
  }

  #wait(ms: number): void {
    this.#cancel = undefined;
    if (this.#isClosed || this.#expiring().length === 0) return;
    this.#cancel = this.#parts.timer(ms, () => {
      this.#cancel = undefined;
      this.#sweeping = this.sweep()
        .catch(this.#parts.onFault)
        .finally(() => {
          this.#sweeping = undefined;
          this.#wait(this.#parts.everyMs);
        });
    });
  }
}
