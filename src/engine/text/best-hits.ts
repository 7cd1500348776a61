// Keeps the best hits of a keyword search in a heap of bounded size, the worst of them on top.

/** What is ordered: larger scores first, equal ones by the caller's comparison. */
interface Scored {
  readonly score: number;
}

/** The best `limit` of all hits that were offered. */
export class BestHits<Hit extends Scored> {
  readonly #limit: number;
  readonly #compareTies: (a: Hit, b: Hit) => number;
  /** Binary heap: no hit comes before its parent. */
  readonly #heap: Hit[] = [];

  constructor(limit: number, compareTies: (a: Hit, b: Hit) => number) {
    this.#limit = limit;
    this.#compareTies = compareTies;
  }

  /** Below it a hit would not be kept; at it the tie decides. */
  get scoreMin(): number {
    if (this.#limit <= 0) return Number.POSITIVE_INFINITY;
    return this.#heap.length < this.#limit ? Number.NEGATIVE_INFINITY : this.#heap[0]!.score;
  }

  offer(hit: Hit): void {
    if (this.#heap.length < this.#limit) {
      this.#heap.push(hit);
      this.#rise(this.#heap.length - 1);
    } else if (this.#limit > 0 && this.#compare(hit, this.#heap[0]!) < 0) {
      this.#heap[0] = hit;
      this.#sink();
    }
  }

  /** The hits that were kept, best first. */
  sorted(): Hit[] {
    return this.#heap.slice().sort((a, b) => this.#compare(a, b));
  }

  /** Negative when `a` comes before `b`. */
  #compare(a: Hit, b: Hit): number {
    return a.score === b.score ? this.#compareTies(a, b) : b.score - a.score;
  }

  #rise(from: number): void {
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >>> 1;
      if (this.#compare(this.#heap[child]!, this.#heap[parent]!) <= 0) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #sink(): void {
    let parent = 0;
    for (;;) {
      let worst = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child >= this.#heap.length) continue;
        if (this.#compare(this.#heap[child]!, this.#heap[worst]!) > 0) worst = child;
      }
      if (worst === parent) return;
      this.#swap(parent, worst);
      parent = worst;
    }
  }

  #swap(a: number, b: number): void {
    const hit = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = hit;
  }
}
