// Maximal marginal relevance: picks, one after another, the candidate that is best for the query and least
// like those picked before. How alike two are is asked of the caller, who may search for it.

/** A selection in progress over candidates that are known by their place in the list, best first. */
export class DiverseSelection {
  /** Places in the order in which they were picked. */
  readonly picked: number[] = [];
  readonly #relevance: Float64Array;
  readonly #balance: number;
  /** Likeness to the most alike that was picked; nothing is like nothing before the first. */
  readonly #mostAlike: Float64Array;
  readonly #isPicked: Uint8Array;

  /** `relevance`: of each candidate, on the scale of the likenesses; `balance` 0 … 1. */
  constructor(relevance: Float64Array, balance: number) {
    this.#relevance = relevance;
    this.#balance = balance;
    this.#mostAlike = new Float64Array(relevance.length).fill(Number.NEGATIVE_INFINITY);
    this.#isPicked = new Uint8Array(relevance.length);
  }

  /** Picks the next one and gives its place; undefined when all are picked. */
  pick(): number | undefined {
    const isFirst = this.picked.length === 0;
    let best: number | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.#relevance.length; at += 1) {
      if (this.#isPicked[at] !== 0) continue;
      const value = isFirst ? this.#relevance[at]! : this.#marginal(at);
      // Of equal ones the first: it is the better ranked.
      if (best === undefined || value > bestValue) {
        best = at;
        bestValue = value;
      }
    }
    if (best === undefined) return undefined;
    this.#isPicked[best] = 1;
    this.picked.push(best);
    return best;
  }

  /** Notes how alike the candidates are to the one just picked, beside them. */
  note(likeness: Float64Array): void {
    for (let at = 0; at < likeness.length; at += 1) {
      if (likeness[at]! > this.#mostAlike[at]!) this.#mostAlike[at] = likeness[at]!;
    }
  }

  #marginal(at: number): number {
    // 0 × infinity is no number: with balance 1 nobody asked for likenesses.
    const alike = this.#balance === 1 ? 0 : (1 - this.#balance) * this.#mostAlike[at]!;
    return this.#balance * this.#relevance[at]! - alike;
  }
}
