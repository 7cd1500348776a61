// How many objects a client of a batch stream should send at once: as many as are written in about half
// a second, so that cheap objects come in large messages and dear ones do not pile up.

/** Time that a message should take. */
const messageMs = 500;
/** Objects of a message, at least and at most. */
const sizeMin = 10;
const sizeMax = 1_000;
/** Share of the newest message in what an object is thought to take. */
const newestShare = 0.3;
/** A client is told of another size when it differs by so much from what it sends. */
const changeMin = 0.25;
/** What clients send before they are told anything, at least. */
const sizeUntold = 100;

/** Of one stream. */
export class BatchSize {
  #msEach: number | undefined;
  #told: number | undefined;

  /**
   * A message of so many objects took so long. The size that the client should be told now; undefined
   * when what it sends is about right, or when it has less to send than it may.
   */
  note(count: number, ms: number): number | undefined {
    const each = ms / count;
    this.#msEach =
      this.#msEach === undefined ? each : this.#msEach + newestShare * (each - this.#msEach);
    const wanted = Math.floor(messageMs / Math.max(this.#msEach, messageMs / sizeMax));
    const size = Math.max(sizeMin, Math.min(sizeMax, wanted));
    const sent = this.#told ?? Math.max(sizeUntold, count);
    const isLess = size < Math.max(count, this.#told ?? 0) * (1 - changeMin);
    const isMore = count >= sent * (1 - changeMin) && size > sent * (1 + changeMin);
    if (!isLess && !isMore) return undefined;
    this.#told = size;
    return size;
  }
}
