// Numbers for operators in Prometheus' text format: counters, histograms and gauges with labels, and how
// they are written down (https://prometheus.io/docs/instrumenting/exposition_formats). Whoever adds a
// family keeps its labels to values of which there are few: no uuids, no tenants, no texts of callers.

import { assert } from '../../engine/assert.ts';

/** Names and values of one series' labels. */
export type Labels = Readonly<Record<string, string>>;

/** One number of a gauge. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** The content type of `MetricsRegistry.text`. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Seconds of calls: from a tenth of a millisecond, each about 2.5 times the one before. */
export const callSeconds: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];

/** Seconds of work in the background. */
export const workSeconds: readonly number[] = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800];

/** What all kinds of families have. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Its lines, without HELP and TYPE. */
  lines(): string[];
}

/** One number of a counter. */
interface CounterSeries {
  readonly labels: Labels;
  value: number;
}

/** A number that only grows. */
export class Counter implements Family {
  readonly type = 'counter';
  readonly name: string;
  readonly help: string;
  readonly #series = new Map<string, CounterSeries>();

  /** Made by MetricsRegistry. */
  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  /** Adds to one series, which begins at 0. */
  add(labels: Labels, amount = 1): void {
    assert(amount >= 0, `${this.name} only grows`);
    this.#of(labels).value += amount;
  }

  /** `add` for one series, for who calls often; not after `forget`. */
  adder(labels: Labels): (amount: number) => void {
    const series = this.#of(labels);
    return (amount) => {
      series.value += amount;
    };
  }

  #of(labels: Labels): CounterSeries {
    const key = labelText(labels);
    const series = this.#series.get(key) ?? { labels, value: 0 };
    this.#series.set(key, series);
    return series;
  }

  /** Drops the series with that value of the label. */
  forget(label: string, value: string): void {
    for (const [key, { labels }] of this.#series) {
      if (labels[label] === value) this.#series.delete(key);
    }
  }

  lines(): string[] {
    return Array.from(this.#series, ([key, { value }]) => line(this.name, key, value));
  }
}

interface HistogramSeries {
  /** Beside the bounds, and one for everything above. */
  readonly counts: Float64Array;
  sum: number;
}

/** How often values were how large. */
export class Histogram implements Family {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, HistogramSeries>();

  /** Made by MetricsRegistry. Bounds ascend; a value belongs to the first bound that it does not exceed. */
  constructor(name: string, help: string, bounds: readonly number[]) {
    assert(
      bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? bound)),
      `the bounds of ${name} ascend`,
    );
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  /** Notes one value. */
  observe(labels: Labels, value: number): void {
    this.#note(this.#of(labels), value);
  }

  /** `observe` for one series, for who calls often. */
  observer(labels: Labels): (value: number) => void {
    const series = this.#of(labels);
    return (value) => this.#note(series, value);
  }

  #of(labels: Labels): HistogramSeries {
    const key = labelText(labels);
    const counts = new Float64Array(this.#bounds.length + 1);
    const series = this.#series.get(key) ?? { counts, sum: 0 };
    this.#series.set(key, series);
    return series;
  }

  #note(series: HistogramSeries, value: number): void {
    let place = 0;
    while (value > (this.#bounds[place] ?? Infinity)) place += 1;
    series.counts[place] = (series.counts[place] ?? 0) + 1;
    series.sum += value;
  }

  lines(): string[] {
    return [...this.#series].flatMap(([key, { counts, sum }]) => {
      let total = 0;
      const buckets = Array.from(counts, (count, i) => {
        total += count;
        const bound = this.#bounds[i];
        const le = `le="${bound === undefined ? '+Inf' : numberText(bound)}"`;
        return line(`${this.name}_bucket`, key === '' ? le : `${key},${le}`, total);
      });
      return [
        ...buckets,
        line(`${this.name}_sum`, key, sum),
        line(`${this.name}_count`, key, total),
      ];
    });
  }
}

/** A number that is looked up when somebody asks. */
class Looked implements Family {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly #look: () => readonly Sample[];

  constructor(
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    look: () => readonly Sample[],
  ) {
    this.type = type;
    this.name = name;
    this.help = help;
    this.#look = look;
  }

  lines(): string[] {
    return this.#look().map(({ labels, value }) => line(this.name, labelText(labels), value));
  }
}

/** All families of one database or server. */
export class MetricsRegistry {
  readonly #families: Family[] = [];

  /** Adds a counter; by convention its name ends in `_total`. */
  counter(name: string, help: string): Counter {
    return this.#add(new Counter(name, help));
  }

  /** Adds a histogram. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.#add(new Histogram(name, help, bounds));
  }

  /** Adds a gauge whose samples are looked up for every text. */
  gauge(name: string, help: string, look: () => readonly Sample[]): void {
    this.#add(new Looked('gauge', name, help, look));
  }

  /** As `gauge`, for a number that somebody else counts up. */
  lookedUpCounter(name: string, help: string, look: () => readonly Sample[]): void {
    this.#add(new Looked('counter', name, help, look));
  }

  /** Everything as it is now; families without a series are left out. */
  text(): string {
    return this.#families
      .map((family) => {
        const lines = family.lines();
        if (lines.length === 0) return '';
        const { name, type } = family;
        return `# HELP ${name} ${escapeHelp(family.help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
      })
      .join('');
  }

  #add<F extends Family>(family: F): F {
    assert(/^[a-z_:][a-z0-9_:]*$/.test(family.name), `${family.name} is a name for a metric`);
    const isNew = this.#families.every(({ name }) => name !== family.name);
    assert(isNew, `the metric ${family.name} is added once`);
    this.#families.push(family);
    return family;
  }
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}\n`;
}

/** The labels as they stand between braces; also what tells series apart. */
function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) {
    text += `${text === '' ? '' : ','}${name}="${escapeValue(labels[name] ?? '')}"`;
  }
  return text;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
