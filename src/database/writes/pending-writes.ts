// The objects whose newest version is on its way to disk: who reads one to change it waits for it.

/** Of one collection. */
export class PendingWrites {
  readonly #pending = new Map<string, { writes: number; createdAt: number | undefined }>();

  /** True while a write of the object is on its way. */
  has(uuid: string): boolean {
    return this.#pending.has(uuid);
  }

  /**
   * When the newest version on its way was created, in ms since 1970; undefined when there is none, and
   * when it is a deletion.
   */
  createdAt(uuid: string): number | undefined {
    return this.#pending.get(uuid)?.createdAt;
  }

  /** One more write of the object is on its way: a version, or a deletion, which has no `createdAt`. */
  hold(uuid: string, createdAt: number | undefined): void {
    const pending = this.#pending.get(uuid);
    if (!pending) this.#pending.set(uuid, { writes: 1, createdAt });
    else {
      pending.writes += 1;
      pending.createdAt = createdAt;
    }
  }

  /** One of them has arrived, or never will. */
  release(uuid: string): void {
    const pending = this.#pending.get(uuid);
    if (!pending) return;
    pending.writes -= 1;
    if (pending.writes === 0) this.#pending.delete(uuid);
  }
}
