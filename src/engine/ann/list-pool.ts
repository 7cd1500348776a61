// The lists of all segments of a search, and how many of the best vectors those that were not read yet
// can still hold: the scores of a list spread around the score of its middle, as widely as in the lists
// read so far.

import { bestScores } from './best-scores.ts';

/** The upper tail of the normal distribution in steps, from -tailMax to tailMax deviations. */
const tailMax = 8;
const tailSteps = 64;
/** Lists sorted for a beginning: mostly more than are needed. */
const startLists = 16;
const tailPlaces = 2 * tailMax * tailSteps + 1;
const tail = upperTail();

/** Which lists to read next. */
export interface Selection {
  /** Numbers of lists, ascending. */
  readonly lists: Uint32Array;
  /** Every list of which the place is below this would have to be read, as far as is known now. */
  readonly end: number;
}

/** Lists are numbered in the order in which they are added, from 0. */
export class ListPool {
  #size = 0;
  /** Of each list: mean score, what one deviation is worth, rows, those that may be returned. */
  #means = new Float64Array(1024);
  #widths = new Float64Array(1024);
  /** 1 / width. */
  #shares = new Float64Array(1024);
  #rows = new Uint32Array(1024);
  #allowed = new Uint32Array(1024);
  /** Of each list that is left: its place in `tail` at the last selection. */
  #places = new Uint16Array(1024);
  readonly #expected = new Float64Array(tailPlaces);
  readonly #placeRows = new Float64Array(tailPlaces);
  #squares = 0;
  #seen = 0;

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
    this.#squares = 0;
    this.#seen = 0;
  }

  /** `width`: what a deviation of 1 is worth in scores. A list without allowed rows is never chosen. */
  add(mean: number, width: number, rows: number, allowed: number): void {
    if (this.#size === this.#means.length) this.#grow();
    const list = this.#size++;
    this.#means[list] = mean;
    this.#widths[list] = width;
    this.#shares[list] = 1 / width;
    this.#rows[list] = rows;
    this.#allowed[list] = allowed;
  }

  mean(list: number): number {
    return this.#means[list]!;
  }

  width(list: number): number {
    return this.#widths[list]!;
  }

  /** Takes a list out: it is read, or need not be. */
  remove(list: number): void {
    this.#allowed[list] = 0;
  }

  /** Notes the sum of squared deviations, in widths, of so many scores from the means of their lists. */
  note(squares: number, count: number): void {
    this.#squares += squares;
    this.#seen += count;
  }

  /** Root mean squared deviation of the scores noted; `first` while there are none. */
  deviation(first: number): number {
    return this.#seen === 0 ? first : Math.sqrt(this.#squares / this.#seen);
  }

  /** The lists with the highest scores to begin with: at least so many rows, and so many allowed ones. */
  start(deviation: number, rowsMin: number, allowedMin: number): Uint32Array {
    const keys = new Float32Array(this.#size);
    for (let list = 0; list < this.#size; list++) {
      const high = this.#means[list]! + deviation * this.#widths[list]!;
      keys[list] = this.#allowed[list] === 0 ? -Infinity : high;
    }
    let [rows, allowed, count] = [0, 0, 0];
    for (let wanted = startLists; ; wanted *= 4) {
      const order = bestScores(keys, this.#size, wanted);
      while (count < order.length && (rows < rowsMin || allowed < allowedMin)) {
        const list = order[count++]!;
        rows += this.#rows[list]!;
        allowed += this.#allowed[list]!;
      }
      if (count < order.length || order.length < wanted) return order.subarray(0, count).sort();
    }
  }

  /**
   * The lists to read next, so that no more than `missedMax` vectors of at least the threshold are
   * expected in the others: those that have most of them, up to about `rowsMax` rows.
   */
  select(threshold: number, deviation: number, missedMax: number, rowsMax: number): Selection {
    const expected = this.#expected.fill(0);
    const placeRows = this.#placeRows.fill(0);
    const size = this.#size;
    const [means, shares, places] = [this.#means, this.#shares, this.#places];
    const [allowed, listRows] = [this.#allowed, this.#rows];
    const factor = tailSteps / deviation;
    for (let list = 0; list < size; list++) {
      const count = allowed[list]!;
      if (count === 0) continue;
      const place = placeOf((threshold - means[list]!) * shares[list]! * factor);
      places[list] = place;
      expected[place]! += count * tail[place]!;
      placeRows[place]! += listRows[list]!;
    }
    let end = tailPlaces;
    for (let missed = 0; end > 0; end--) {
      missed += expected[end - 1]!;
      if (missed > missedMax) break;
    }
    let rows = 0;
    let last = 0;
    while (last < end && (rows === 0 || rows + placeRows[last]! <= rowsMax))
      rows += placeRows[last++]!;
    return { lists: this.#below(last), end };
  }

  /** Rows of the lists `from … to - 1` whose place was below `end` at the last selection. */
  rowsBelow(end: number, from: number, to: number): number {
    let rows = 0;
    for (let list = from; list < to; list++) {
      if (this.#allowed[list]! > 0 && this.#places[list]! < end) rows += this.#rows[list]!;
    }
    return rows;
  }

  #below(end: number): Uint32Array {
    const lists = new Uint32Array(this.#size);
    let count = 0;
    for (let list = 0; list < this.#size; list++) {
      if (this.#allowed[list]! > 0 && this.#places[list]! < end) lists[count++] = list;
    }
    return lists.subarray(0, count);
  }

  #grow(): void {
    const room = this.#means.length * 2;
    const [means, widths, shares] = [this.#means, this.#widths, this.#shares];
    const [rows, allowed] = [this.#rows, this.#allowed];
    this.#means = new Float64Array(room);
    this.#widths = new Float64Array(room);
    this.#shares = new Float64Array(room);
    this.#rows = new Uint32Array(room);
    this.#allowed = new Uint32Array(room);
    this.#places = new Uint16Array(room);
    this.#means.set(means);
    this.#widths.set(widths);
    this.#shares.set(shares);
    this.#rows.set(rows);
    this.#allowed.set(allowed);
  }
}

/** The place in `tail` of so many steps above the mean; NaN is 0 × Infinity: a score that is reached. */
function placeOf(steps: number): number {
  const place = steps + tailMax * tailSteps;
  if (place >= tailPlaces - 1) return tailPlaces - 1;
  return place > 0 ? Math.floor(place) : 0;
}

/** Of each place the part of a normal distribution that lies above it; nothing above the last. */
function upperTail(): Float64Array {
  const values = new Float64Array(tailPlaces);
  let sum = 0;
  for (let place = tailPlaces - 2; place >= 0; place--) {
    const middle = (place + 0.5) / tailSteps - tailMax;
    sum += Math.exp((-middle * middle) / 2) / Math.sqrt(2 * Math.PI) / tailSteps;
    values[place] = Math.min(1, sum);
  }
  return values;
}
