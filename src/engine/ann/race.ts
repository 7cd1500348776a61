// Candidates in the order of their estimates, and how many of them get how much work: half the query is
// scored while the next estimate may still belong to the k best, judged by how far estimates were off
// so far, then the other half for those that still may.

import type { MaxSimQuery, MaxSimScorer } from '../multivector/maxsim.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { TopK } from '../multivector/top-k.ts';
import type { EstimatedDocuments } from './code-scan.ts';
import type { Halves } from './halves.ts';
import type { SearchPlan } from './search-plan.ts';

/** Candidates scored before looking at the spread again. */
const firstRound = 64;
const secondRound = 16;

/** The estimated documents of one part. */
export interface Entrant {
  readonly part: number;
  readonly vectors: TokenVectors;
  readonly estimates: EstimatedDocuments;
  /** The sum of a document's estimates of some query tokens. */
  readonly estimateOf: (doc: number, tokens: Uint32Array) => number;
}

/** A document for the exact finish. */
export interface Finalist {
  readonly part: number;
  readonly vectors: TokenVectors;
  readonly doc: number;
  /** The largest exact score that the quantised one allows. */
  readonly reach: number;
  /** A score that the exact one is not above, as quantisation errors go: at most `reach`. */
  readonly likely: number;
}

/** Dims at which the share of the bound below was measured; in fewer, errors come nearer to the bound. */
const measuredDims = 128;

/**
 * The part of the bound of quantisation errors that errors stay within. The bound adds up the worst of
 * every component and token. Of 128 dims, errors of one token had a standard deviation of 0.042 of
 * it, of 32 tokens 0.011: this is more than nine of them.
 */
function likelyShare(query: MaxSimQuery): number {
  const share = 0.08 + 0.32 / Math.sqrt(Math.max(1, query.tokens));
  return Math.min(1, share * Math.sqrt(Math.max(1, measuredDims / query.dims)));
}

/** Mean and variance of numbers that come one after another. */
class Spread {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#count += 1;
    const difference = value - this.#mean;
    this.#mean += difference / this.#count;
    this.#squares += difference * (value - this.#mean);
  }

  get mean(): number {
    return this.#mean;
  }
  /** Infinity until there are two numbers. */
  get variance(): number {
    return this.#count < 2 ? Infinity : this.#squares / (this.#count - 1);
  }
}

/** One query's candidates; made anew for each. */
export class Race {
  readonly #plan: SearchPlan;
  readonly #halves: Halves;
  readonly #entrants: readonly Entrant[];
  /** How many estimates of each entrant have become candidates. */
  readonly #taken: Uint32Array;
  /** Query tokens of the second half; none when the first is everything. */
  readonly #secondTokens: Uint32Array;
  /** The k best whole scores; the numbers are those of candidates. */
  readonly #best: TopK;
  /** A score that k documents reach already. */
  readonly #floor: number;
  // Of each candidate, in the order of estimates.
  readonly #entrantOf: Uint32Array;
  readonly #docs: Uint32Array;
  readonly #firstScores: Float64Array;
  readonly #secondEstimates: Float64Array;
  readonly #wholeScores: Float64Array;
  readonly #isWhole: Uint8Array;
  #size = 0;
  #secondDone = 0;
  #vectorsDone = 0;
  readonly #firstSpread = new Spread();
  readonly #secondSpread = new Spread();

  /** `halves` must hold the query; `floor` is a score that k documents reach already, or -Infinity. */
  constructor(
    halves: Halves,
    entrants: readonly Entrant[],
    plan: SearchPlan,
    k: number,
    floor: number,
  ) {
    this.#plan = plan;
    this.#halves = halves;
    this.#entrants = entrants;
    this.#taken = new Uint32Array(entrants.length);
    this.#secondTokens = halves.order.subarray(halves.firstCount);
    this.#best = new TopK(k);
    this.#floor = floor;
    const total = entrants.reduce((sum, { estimates }) => sum + estimates.scanned, 0);
    const room = Math.min(total, plan.firstMax);
    this.#entrantOf = new Uint32Array(room);
    this.#docs = new Uint32Array(room);
    this.#firstScores = new Float64Array(room);
    this.#secondEstimates = new Float64Array(room);
    this.#wholeScores = new Float64Array(room);
    this.#isWhole = new Uint8Array(room);
  }

  /** Documents of which the first half was scored. */
  get firstDone(): number {
    return this.#size;
  }
  /** Documents of which the whole query was scored. */
  get secondDone(): number {
    return this.#secondDone;
  }
  /** Token vectors multiplied, once for each half of the query. */
  get vectorsDone(): number {
    return this.#vectorsDone;
  }

  run(): void {
    const { firstMin, secondMin } = this.#plan;
    this.#first(firstMin);
    this.#second(secondMin);
    while (this.#size < this.#docs.length && this.#nextMayCount()) {
      this.#first(firstRound);
      this.#second(0);
    }
  }

  /** Everything scored whole, in descending order of the likely score. */
  finalists(scorer: MaxSimScorer, query: MaxSimQuery): Finalist[] {
    const finalists: Finalist[] = [];
    const share = likelyShare(query);
    for (let i = 0; i < this.#size; i++) {
      if (this.#isWhole[i] === 0) continue;
      const score = this.#wholeScores[i]!;
      const { part, vectors } = this.#entrants[this.#entrantOf[i]!]!;
      const doc = this.#docs[i]!;
      const bound = scorer.boundOf(query, vectors, doc);
      const reach = score + bound;
      // Not a number: an overflowed score, of which nothing is known.
      const isKnown = !Number.isNaN(reach);
      const likely = isKnown ? score + share * bound : Infinity;
      finalists.push({ part, vectors, doc, reach: isKnown ? reach : Infinity, likely });
    }
    return finalists.sort((a, b) => (a.likely === b.likely ? 0 : b.likely - a.likely));
  }

  /** The score to beat. */
  get #target(): number {
    return Math.max(this.#floor, this.#best.threshold);
  }

  /** The entrant whose next estimate is the highest; undefined when all are taken. */
  #nextEntrant(): number | undefined {
    let best: number | undefined;
    let highest = -Infinity;
    for (const [i, { estimates }] of this.#entrants.entries()) {
      const place = this.#taken[i]!;
      if (place >= estimates.docs.length && !estimates.more()) continue;
      if (best === undefined || estimates.scores[place]! > highest) {
        best = i;
        highest = estimates.scores[place]!;
      }
    }
    return best;
  }

  /** Whether the next candidate, as far as estimates go wrong, could be among the k best. */
  #nextMayCount(): boolean {
    const next = this.#nextEntrant();
    if (next === undefined) return false;
    const estimate = this.#entrants[next]!.estimates.scores[this.#taken[next]!]!;
    const mean = this.#firstSpread.mean + this.#secondMean;
    const variance = this.#firstSpread.variance + this.#secondVariance;
    return estimate + mean + this.#plan.deviations * Math.sqrt(variance) >= this.#target;
  }

  get #secondMean(): number {
    return this.#secondTokens.length === 0 ? 0 : this.#secondSpread.mean;
  }
  get #secondVariance(): number {
    return this.#secondTokens.length === 0 ? 0 : this.#secondSpread.variance;
  }

  /** Takes the next `count` candidates and scores their first half. */
  #first(count: number): void {
    const from = this.#size;
    const estimates = new Float64Array(count);
    const endMax = Math.min(this.#docs.length, from + count);
    let end = from;
    for (let i = from; i < endMax; i++) {
      const entrant = this.#nextEntrant();
      if (entrant === undefined) break;
      end = i + 1;
      const { docs, scores } = this.#entrants[entrant]!.estimates;
      const place = this.#taken[entrant]!;
      this.#taken[entrant] = place + 1;
      this.#entrantOf[i] = entrant;
      this.#docs[i] = docs[place]!;
      estimates[i - from] = scores[place]!;
    }
    this.#size = end;
    const chosen = Uint32Array.from({ length: end - from }, (_, i) => from + i);
    this.#score(0, chosen, (i, score) => {
      this.#firstScores[i] = score;
      const { estimateOf } = this.#entrants[this.#entrantOf[i]!]!;
      const second =
        this.#secondTokens.length === 0 ? 0 : estimateOf(this.#docs[i]!, this.#secondTokens);
      this.#secondEstimates[i] = second;
      this.#firstSpread.add(score - (estimates[i - from]! - second));
      if (this.#secondTokens.length === 0) this.#setWhole(i, score);
    });
  }

  /** Scores the second half of the best `least` that wait and of all that may still count. */
  #second(least: number): void {
    if (this.#secondTokens.length === 0) return;
    let left = least;
    while (this.#secondDone < this.#plan.secondMax) {
      const round = new TopK(Math.max(left, secondRound));
      const margin = this.#secondMean + this.#plan.deviations * Math.sqrt(this.#secondVariance);
      const reachMin = left > 0 ? -Infinity : this.#target - margin;
      for (let i = 0; i < this.#size; i++) {
        if (this.#isWhole[i] === 1) continue;
        const estimate = this.#firstScores[i]! + this.#secondEstimates[i]!;
        if (estimate >= reachMin) round.push(i, estimate);
      }
      if (round.size === 0) return;
      const chosen = round.take().docs;
      this.#score(1, chosen, (i, score) => {
        this.#secondSpread.add(score - this.#secondEstimates[i]!);
        this.#setWhole(i, this.#firstScores[i]! + score);
      });
      left = 0;
    }
  }

  #setWhole(i: number, score: number): void {
    this.#wholeScores[i] = score;
    this.#isWhole[i] = 1;
    this.#secondDone += 1;
    // Scores that overflowed are no measure for others.
    if (!Number.isNaN(score)) this.#best.push(i, score);
  }

  /** Scores half the query for candidates, those of one entrant together. */
  #score(half: 0 | 1, chosen: Uint32Array, take: (i: number, score: number) => void): void {
    for (const [entrant, { vectors }] of this.#entrants.entries()) {
      const own = chosen.filter((i) => this.#entrantOf[i] === entrant);
      if (own.length === 0) continue;
      const docs = own.map((i) => this.#docs[i]!);
      const out = new Float32Array(docs.length);
      this.#halves.score(half, { vectors, docs }, out);
      for (let i = 0; i < docs.length; i++) this.#vectorsDone += vectors.count(docs[i]!);
      for (let i = 0; i < own.length; i++) take(own[i]!, out[i]!);
    }
  }
}
