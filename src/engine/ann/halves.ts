// The quantised score of a query in two halves: tokens that the centroids serve worst first, because
// the estimates of the others are good enough to decide who is worth the second half.

import type { Kernels } from '../kernels/kernels.ts';
import type { KernelBlock, KernelQuery, MaxSimKernel } from '../kernels/maxsim-kernel.ts';
import type { MaxSimQuery } from '../multivector/maxsim.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';

/** Plane bytes of a block: they are scored while still in the second-level cache. */
const blockBytes = 256 * 1024;
/** Below this, halves save nothing. */
const halvedTokensMin = 8;

/** Documents of one segment to score: `docs[0 … count - 1]`. */
export interface HalfBatch {
  readonly vectors: TokenVectors;
  readonly docs: Uint32Array;
  readonly count: number;
}

/** Two kernels, each with its half of the query. */
export class Halves {
  readonly #kernels: readonly [MaxSimKernel, MaxSimKernel];
  #order = new Uint32Array(0);
  #firstCount = 0;

  constructor(kernels: Kernels) {
    this.#kernels = [kernels.createMaxSim(), kernels.createMaxSim()];
  }

  get bytes(): number {
    return this.#kernels[0].bytes + this.#kernels[1].bytes;
  }

  /** Query tokens in order of scoring. */
  get order(): Uint32Array {
    return this.#order;
  }
  /** How many of them are the first half; all of them when there is only one. */
  get firstCount(): number {
    return this.#firstCount;
  }

  /** `served` says how well the centroids serve each token: the lowest go into the first half. */
  setQuery(query: MaxSimQuery, served: Float64Array): void {
    const order = Uint32Array.from({ length: query.tokens }, (_, token) => token);
    this.#order = order.sort((a, b) => served[a]! - served[b]! || a - b);
    const { tokens } = query;
    this.#firstCount = tokens < halvedTokensMin ? tokens : Math.ceil(tokens / 8) * 4;
    this.#kernels[0].setQuery(select(query, order.subarray(0, this.#firstCount)));
    this.#kernels[1].setQuery(select(query, order.subarray(this.#firstCount)));
  }

  /** Scores one half (0 or 1) of the query for the documents into `out`. */
  score(half: 0 | 1, { vectors, docs, count }: HalfBatch, out: Float32Array): void {
    const kernel = this.#kernels[half];
    const rowsMax = Math.max(1, Math.floor(blockBytes / vectors.stride));
    let from = 0;
    while (from < count) {
      let rowCount = vectors.count(docs[from]!);
      let to = from + 1;
      while (to < count && rowCount + vectors.count(docs[to]!) <= rowsMax) {
        rowCount += vectors.count(docs[to]!);
        to++;
      }
      fill(kernel.block(rowCount, to - from), vectors, docs, from, to);
      kernel.maxSim(to - from, out, from);
      from = to;
    }
  }
}

function select(query: MaxSimQuery, tokens: Uint32Array): KernelQuery {
  const { stride } = query;
  const rows = new Int8Array(tokens.length * stride);
  const scales = new Float32Array(tokens.length);
  for (const [i, token] of tokens.entries()) {
    rows.set(query.rows.subarray(token * stride, (token + 1) * stride), i * stride);
    scales[i] = query.scales[token]!;
  }
  return { tokens: tokens.length, stride, rows, scales };
}

function fill(
  { rows, scales, offsets }: KernelBlock,
  vectors: TokenVectors,
  docs: Uint32Array,
  from: number,
  to: number,
): void {
  let filled = 0;
  offsets[0] = 0;
  for (let i = from; i < to; i++) {
    const count = vectors.count(docs[i]!);
    vectors.readPlane(vectors.start(docs[i]!), count, rows, scales, filled);
    filled += count;
    offsets[i - from + 1] = filled;
  }
}
