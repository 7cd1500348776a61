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
  /** The sums of estimates of some query tokens for `docs[0 … count - 1]`, to `out`. */
  readonly estimate: (
    tokens: Uint32Array,
    docs: Uint32Array,
    count: number,
    out: Float64Array,
  ) => void;
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

/** Room for candidates, used by one race after another. */
export class RaceRoom {
  // Of each candidate, in the order of estimates.
  entrantOf: Uint32Array = new Uint32Array(0);
  docs: Uint32Array = new Uint32Array(0);
  estimates: Float64Array = new Float64Array(0);
  firstScores: Float64Array = new Float64Array(0);
  secondEstimates: Float64Array = new Float64Array(0);
  wholeScores: Float64Array = new Float64Array(0);
  isWhole: Uint8Array = new Uint8Array(0);
  // Of those scored together: candidate, document, and what comes out.
  batch: Uint32Array = new Uint32Array(0);
  batchDocs: Uint32Array = new Uint32Array(0);
  batchScores: Float32Array = new Float32Array(0);
  batchEstimates: Float64Array = new Float64Array(0);

  /** Makes room for so many candidates, none of them scored. */
  begin(count: number): void {
    if (this.docs.length < count) {
      const size = Math.max(count, 2 * this.docs.length);
      this.entrantOf = new Uint32Array(size);
      this.docs = new Uint32Array(size);
      this.estimates = new Float64Array(size);
      this.firstScores = new Float64Array(size);
      this.secondEstimates = new Float64Array(size);
      this.wholeScores = new Float64Array(size);
      this.isWhole = new Uint8Array(size);
      this.batch = new Uint32Array(size);
      this.batchDocs = new Uint32Array(size);
      this.batchScores = new Float32Array(size);
      this.batchEstimates = new Float64Array(size);
    }
    this.isWhole.fill(0, 0, count);
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
  readonly #room: RaceRoom;
  /** At most so many candidates. */
  readonly #sizeMax: number;
  #size = 0;
  #secondDone = 0;
  #vectorsDone = 0;
  readonly #firstSpread = new Spread();
  readonly #secondSpread = new Spread();

  /** `halves` must hold the query; `floor` is a score that k documents reach already, or -Infinity. */
  constructor(
    halves: Halves,
    room: RaceRoom,
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
    this.#sizeMax = Math.min(total, plan.firstMax);
    this.#room = room;
    room.begin(this.#sizeMax);
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
    while (this.#size < this.#sizeMax && this.#nextMayCount()) {
      this.#first(firstRound);
      this.#second(0);
    }
  }

  /** Everything scored whole, in descending order of the likely score. */
  finalists(scorer: MaxSimScorer, query: MaxSimQuery): Finalist[] {
    const finalists: Finalist[] = [];
    const share = likelyShare(query);
    const { entrantOf, docs, wholeScores, isWhole } = this.#room;
    for (let i = 0; i < this.#size; i++) {
      if (isWhole[i] === 0) continue;
      const score = wholeScores[i]!;
      const { part, vectors } = this.#entrants[entrantOf[i]!]!;
      const doc = docs[i]!;
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
    const { entrantOf, docs, estimates, firstScores, secondEstimates } = this.#room;
    const { batch, batchScores, batchEstimates } = this.#room;
    const from = this.#size;
    const endMax = Math.min(this.#sizeMax, from + count);
    let end = from;
    for (; end < endMax; end++) {
      const entrant = this.#nextEntrant();
      if (entrant === undefined) break;
      const ordered = this.#entrants[entrant]!.estimates;
      const place = this.#taken[entrant]!;
      this.#taken[entrant] = place + 1;
      entrantOf[end] = entrant;
      docs[end] = ordered.docs[place]!;
      estimates[end] = ordered.scores[place]!;
    }
    this.#size = end;
    const isOnlyHalf = this.#secondTokens.length === 0;
    for (let entrant = 0; entrant < this.#entrants.length; entrant++) {
      let size = 0;
      for (let i = from; i < end; i++) if (entrantOf[i] === entrant) batch[size++] = i;
      this.#score(0, entrant, size);
      if (isOnlyHalf) batchEstimates.fill(0, 0, size);
      else this.#estimateSecond(entrant, size);
      for (let at = 0; at < size; at++) {
        const i = batch[at]!;
        const score = batchScores[at]!;
        firstScores[i] = score;
        secondEstimates[i] = batchEstimates[at]!;
        this.#firstSpread.add(score - (estimates[i]! - batchEstimates[at]!));
        if (isOnlyHalf) this.#setWhole(i, score);
      }
    }
  }

  /** Scores the second half of the best `least` that wait and of all that may still count. */
  #second(least: number): void {
    if (this.#secondTokens.length === 0) return;
    const { entrantOf, firstScores, secondEstimates, isWhole, batch, batchScores } = this.#room;
    let left = least;
    while (this.#secondDone < this.#plan.secondMax) {
      const round = new TopK(Math.max(left, secondRound));
      const margin = this.#secondMean + this.#plan.deviations * Math.sqrt(this.#secondVariance);
      const reachMin = left > 0 ? -Infinity : this.#target - margin;
      for (let i = 0; i < this.#size; i++) {
        if (isWhole[i] === 1) continue;
        const estimate = firstScores[i]! + secondEstimates[i]!;
        if (estimate >= reachMin) round.push(i, estimate);
      }
      if (round.size === 0) return;
      const chosen = round.take().docs;
      for (let entrant = 0; entrant < this.#entrants.length; entrant++) {
        let size = 0;
        for (let at = 0; at < chosen.length; at++) {
          if (entrantOf[chosen[at]!] === entrant) batch[size++] = chosen[at]!;
        }
        this.#score(1, entrant, size);
        for (let at = 0; at < size; at++) {
          const i = batch[at]!;
          this.#secondSpread.add(batchScores[at]! - secondEstimates[i]!);
          this.#setWhole(i, firstScores[i]! + batchScores[at]!);
        }
      }
      left = 0;
    }
  }

  #setWhole(i: number, score: number): void {
    this.#room.wholeScores[i] = score;
    this.#room.isWhole[i] = 1;
    this.#secondDone += 1;
    // Scores that overflowed are no measure for others.
    if (!Number.isNaN(score)) this.#best.push(i, score);
  }

  /** Scores half the query for the candidates of the batch, which are of one entrant. */
  #score(half: 0 | 1, entrant: number, count: number): void {
    if (count === 0) return;
    const { batch, batchDocs, batchScores, docs } = this.#room;
    const { vectors } = this.#entrants[entrant]!;
    for (let at = 0; at < count; at++) {
      const doc = docs[batch[at]!]!;
      batchDocs[at] = doc;
      this.#vectorsDone += vectors.count(doc);
    }
    this.#halves.score(half, { vectors, docs: batchDocs, count }, batchScores);
  }

  /** What codes say of the second half, for the batch that was just scored. */
  #estimateSecond(entrant: number, count: number): void {
    if (count === 0) return;
    const { batchDocs, batchEstimates } = this.#room;
    this.#entrants[entrant]!.estimate(this.#secondTokens, batchDocs, count, batchEstimates);
  }
}
