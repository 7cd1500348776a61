// A progress bar with the time left, for work that is measured as it goes. Drawn over itself on a
// terminal; elsewhere one line at every tenth.

/** What the bar needs of the stream that it writes to. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ProgressBarOptions {
  readonly stream: ProgressStream;
  /** Milliseconds; only differences count. */
  readonly clock: () => number;
  /** What is worked on, as `embedding`. */
  readonly label: string;
  /** How many things there are, as passages; absent while nobody knows. */
  readonly itemCount?: number;
  /** All work in any unit; the time left is proportional to it. */
  readonly workTotal: number;
  /** How fast it goes, in words; shown beside the share. */
  readonly rate?: (items: number, work: number, ms: number) => string;
}

const cellCount = 24;
const redrawMs = 100;

/** Made at the start of the work; `advance` reports, `end` leaves the line. */
export class ProgressBar {
  readonly #options: ProgressBarOptions;
  readonly #startMs: number;
  #itemsDone = 0;
  #workDone = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #tenthsPrinted = 0;

  constructor(options: ProgressBarOptions) {
    this.#options = options;
    this.#startMs = options.clock();
  }

  /** So many more items are done, which were so much work. */
  advance(items: number, work: number): void {
    this.#itemsDone += items;
    this.#workDone += work;
    const { stream, clock } = this.#options;
    if (stream.isTTY) {
      if (clock() - this.#drawnMs < redrawMs) return;
      this.#drawnMs = clock();
      stream.write(`\r\x1b[2K${this.#bar()}`);
      return;
    }
    const tenths = Math.floor(this.#share() * 10);
    if (tenths === this.#tenthsPrinted) return;
    this.#tenthsPrinted = tenths;
    stream.write(`${this.#text()}\n`);
  }

  /** Takes the bar off a terminal. Returns the milliseconds since the start. */
  end(): number {
    const { stream, clock } = this.#options;
    if (stream.isTTY) stream.write('\r\x1b[2K');
    return clock() - this.#startMs;
  }

  #share(): number {
    const { workTotal } = this.#options;
    return workTotal === 0 ? 1 : Math.min(1, this.#workDone / workTotal);
  }

  #bar(): string {
    const cells = Math.round(this.#share() * cellCount);
    return `[${'#'.repeat(cells)}${'.'.repeat(cellCount - cells)}] ${this.#text()}`;
  }

  #text(): string {
    const { label, itemCount, clock, rate } = this.#options;
    const share = this.#share();
    const ms = clock() - this.#startMs;
    const left = (ms * (1 - share)) / share;
    const eta = share === 0 || share === 1 ? '' : `, ${duration(left)} left`;
    const all = itemCount === undefined ? '' : `/${itemCount}`;
    const speed = rate ? `, ${rate(this.#itemsDone, this.#workDone, ms)}` : '';
    return `${label} ${this.#itemsDone}${all} (${Math.round(share * 100)} %)${speed}${eta}`;
  }
}

/** Milliseconds for a reader: `340 ms`, `12 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
}
