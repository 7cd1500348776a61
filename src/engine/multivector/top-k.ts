// The k best of a stream of scored documents: a bounded heap over typed arrays, worst on top.

import { assert } from '../assert.ts';

/** Documents with their scores, best first; equal scores in ascending order of document. */
export interface TopHits {
  readonly docs: Uint32Array;
  readonly scores: Float64Array;
}

/** Keeps the k best of everything pushed: highest score first, then lowest doc. */
export class TopK {
  readonly #k: number;
  #docs: Uint32Array;
  #scores: Float64Array;
  #size = 0;

  /** `k` may be larger than what will ever be pushed: memory grows only as needed. */
  constructor(k: number) {
    assert(Number.isInteger(k) && k >= 0, 'k is a whole number of hits');
    this.#k = k;
    const room = Math.min(k, 128);
    this.#docs = new Uint32Array(room);
    this.#scores = new Float64Array(room);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The worst score that is kept once k are kept, before that -Infinity: what scores less can not get
   * in, what scores the same gets in with a lower doc. Infinity when k is 0.
   */
  get threshold(): number {
    if (this.#size < this.#k) return -Infinity;
    return this.#k === 0 ? Infinity : this.#scores[0]!;
  }

  /** True when the document was kept. Every doc at most once; NaN is not allowed. */
  push(doc: number, score: number): boolean {
    if (this.#size < this.#k) {
      if (this.#size === this.#docs.length) this.#grow();
      this.#up(this.#size++, doc, score);
      return true;
    }
    if (this.#k === 0 || !worse(this.#docs[0]!, this.#scores[0]!, doc, score)) return false;
    this.#down(0, doc, score);
    return true;
  }

  /** Forgets everything, to be used again with the same k. */
  clear(): void {
    this.#size = 0;
  }

  /** What is kept, best first; the heap is empty afterwards. */
  take(): TopHits {
    const docs = new Uint32Array(this.#size);
    const scores = new Float64Array(this.#size);
    while (this.#size > 0) {
      const last = --this.#size;
      docs[last] = this.#docs[0]!;
      scores[last] = this.#scores[0]!;
      this.#down(0, this.#docs[last]!, this.#scores[last]!);
    }
    return { docs, scores };
  }

  #grow(): void {
    const room = Math.min(this.#k, this.#docs.length * 2);
    const docs = new Uint32Array(room);
    const scores = new Float64Array(room);
    docs.set(this.#docs);
    scores.set(this.#scores);
    this.#docs = docs;
    this.#scores = scores;
  }

  /** Puts an entry at a free place and lets it rise above better ones. */
  #up(place: number, doc: number, score: number): void {
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!worse(doc, score, this.#docs[parent]!, this.#scores[parent]!)) break;
      this.#docs[at] = this.#docs[parent]!;
      this.#scores[at] = this.#scores[parent]!;
      at = parent;
    }
    this.#docs[at] = doc;
    this.#scores[at] = score;
  }

  /** Puts an entry at a place whose own may go and lets it sink below worse ones. */
  #down(place: number, doc: number, score: number): void {
    let at = place;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.#size) break;
      const other = child + 1;
      if (
        other < this.#size &&
        worse(this.#docs[other]!, this.#scores[other]!, this.#docs[child]!, this.#scores[child]!)
      ) {
        child = other;
      }
      if (!worse(this.#docs[child]!, this.#scores[child]!, doc, score)) break;
      this.#docs[at] = this.#docs[child]!;
      this.#scores[at] = this.#scores[child]!;
      at = child;
    }
    this.#docs[at] = doc;
    this.#scores[at] = score;
  }
}

/** Whether the first entry comes after the second: lower score, or the same and a higher doc. */
function worse(doc: number, score: number, otherDoc: number, otherScore: number): boolean {
  return score < otherScore || (score === otherScore && doc > otherDoc);
}
