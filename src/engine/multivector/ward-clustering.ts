// Agglomerative clustering with Ward's criterion: of all pairs of clusters the one is joined whose union
// raises the sum of squared distances from the means least, until so many are left as are wanted. By
// chains of nearest neighbours, in n² time and memory: Müllner, "Modern hierarchical, agglomerative
// clustering algorithms" (2011), section 3.2.

import { assert } from '../assert.ts';

/** Clusters points of which the scalar products are known. Keeps its memory for the next ones. */
export class WardClustering {
  #count = 0;
  /** Numbers from one row of costs to the next. */
  #width = 0;
  /** [count × width], symmetric: twice what joining two clusters costs; of two points, their squared distance. */
  #costs = new Float32Array(0);
  /** Points of each cluster, at the place of the point that stands for it. */
  #sizes = new Uint32Array(0);
  /** Places of the clusters that are left, ascending. */
  #active = new Uint32Array(0);
  #activeCount = 0;
  #chain = new Uint32Array(0);
  /** What was joined: the places of both, and the cost. */
  #joins: Joins = {
    left: new Uint32Array(0),
    right: new Uint32Array(0),
    cost: new Float32Array(0),
  };

  /** Bytes of memory held; grows with the square of the largest count met. */
  get bytes(): number {
    return this.#costs.byteLength + this.#sizes.length * 24;
  }

  /**
   * Takes the points: the product of i and j is `products[i * width + j] * scales[i] * scales[j]`, where
   * the products are whole numbers, those of i and j the same as those of j and i, and scales at most 1.
   */
  take(products: Float32Array, width: number, scales: Float32Array): void {
    const count = scales.length;
    this.#reserve(count);
    const costs = this.#costs;
    const squares = new Float64Array(count);
    for (let i = 0; i < count; i++) squares[i] = products[i * width + i]! * scales[i]! * scales[i]!;
    for (let i = 0; i < count; i++) {
      const square = squares[i]!;
      const scale = 2 * scales[i]!;
      const from = i * width;
      const to = i * this.#width;
      // Sums and products of the same numbers, so that both costs of a pair have the same bits.
      for (let j = 0; j < count; j++) {
        costs[to + j] = square + squares[j]! - products[from + j]! * (scale * scales[j]!);
      }
    }
  }

  /**
   * Divides the points taken last into `wanted` clusters, 1 … count, and writes the number of each
   * point's cluster into `groups`; clusters are numbered in the order of their first points. May be
   * called once: it uses up what was taken.
   */
  cut(wanted: number, groups: Uint32Array): void {
    const count = this.#count;
    assert(groups.length === count, 'every point has a group');
    assert(wanted >= 1 && wanted <= count, 'between one cluster and as many as points');
    this.#joinAll();
    const { left, right, cost } = this.#joins;
    const order = Uint32Array.from({ length: count - 1 }, (_, join) => join);
    // Chains find joins out of order, but never one before those inside it; equal costs stay in order.
    order.sort((a, b) => cost[a]! - cost[b]! || a - b);
    // Joins are the edges of a tree over the points, so each of them leaves one cluster less.
    const parents = this.#active;
    for (let i = 0; i < count; i++) parents[i] = i;
    for (let k = 0; k < count - wanted; k++) {
      const a = rootOf(parents, left[order[k]!]!);
      const b = rootOf(parents, right[order[k]!]!);
      parents[Math.max(a, b)] = Math.min(a, b);
    }
    let found = 0;
    for (let i = 0; i < count; i++) {
      const root = rootOf(parents, i);
      groups[i] = root === i ? found++ : groups[root]!;
    }
  }

  /** Fills `#joins` with all count - 1 of them. */
  #joinAll(): void {
    const count = this.#count;
    const chain = this.#chain;
    const { left, right, cost } = this.#joins;
    this.#sizes.fill(1, 0, count);
    for (let i = 0; i < count; i++) this.#active[i] = i;
    this.#activeCount = count;
    let length = 0;
    for (let joined = 0; joined < count - 1; ) {
      if (length === 0) chain[length++] = this.#active[0]!;
      const last = chain[length - 1]!;
      const before = length > 1 ? chain[length - 2]! : last;
      const nearest = this.#nearest(last, before);
      if (nearest !== before) {
        chain[length++] = nearest;
        continue;
      }
      left[joined] = Math.min(last, before);
      right[joined] = Math.max(last, before);
      cost[joined] = this.#costs[last * this.#width + before]!;
      this.#join(left[joined]!, right[joined]!);
      length -= 2;
      joined++;
    }
  }

  /** The cluster nearest to one; of equally near ones `favourite` if it is one, else the first. */
  #nearest(place: number, favourite: number): number {
    const costs = this.#costs;
    const active = this.#active;
    const row = place * this.#width;
    let best = favourite;
    let lowest = favourite === place ? Infinity : costs[row + favourite]!;
    for (let k = 0; k < this.#activeCount; k++) {
      const other = active[k]!;
      const cost = costs[row + other]!;
      if (cost < lowest && other !== place) {
        lowest = cost;
        best = other;
      }
    }
    return best;
  }

  /** Joins `gone` into `kept`: the costs of the union follow from those of its parts. */
  #join(kept: number, gone: number): void {
    const width = this.#width;
    const costs = this.#costs;
    const sizes = this.#sizes;
    const active = this.#active;
    const keptSize = sizes[kept]!;
    const goneSize = sizes[gone]!;
    const between = costs[kept * width + gone]!;
    let left = 0;
    for (let k = 0; k < this.#activeCount; k++) {
      const other = active[k]!;
      if (other === gone) continue;
      active[left++] = other;
      if (other === kept) continue;
      const size = sizes[other]!;
      const cost =
        ((keptSize + size) * costs[kept * width + other]! +
          (goneSize + size) * costs[gone * width + other]! -
          size * between) /
        (keptSize + goneSize + size);
      costs[kept * width + other] = cost;
      costs[other * width + kept] = cost;
    }
    this.#activeCount = left;
    sizes[kept] = keptSize + goneSize;
  }

  #reserve(count: number): void {
    this.#count = count;
    // Odd: columns are written too, and with a power of two all of one would share a cache set.
    this.#width = count | 1;
    const length = count * this.#width;
    if (this.#costs.length < length) this.#costs = new Float32Array(length);
    if (this.#sizes.length >= count) return;
    this.#sizes = new Uint32Array(count);
    this.#active = new Uint32Array(count);
    this.#chain = new Uint32Array(count);
    this.#joins = {
      left: new Uint32Array(count),
      right: new Uint32Array(count),
      cost: new Float32Array(count),
    };
  }
}

interface Joins {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly cost: Float32Array;
}

/** The first point of a point's cluster; shortens the way there. */
function rootOf(parents: Uint32Array, point: number): number {
  let root = point;
  while (parents[root]! !== root) root = parents[root]!;
  for (let at = point; parents[at]! !== root; ) {
    const next = parents[at]!;
    parents[at] = root;
    at = next;
  }
  return root;
}
