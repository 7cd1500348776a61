// Metrics of dates, as RFC 3339 text in UTC.

import { unreachable } from '../assert.ts';
import type { Instant } from '../filter/instant.ts';
import type { Metric, metricsByKind } from './aggregation.ts';

type DateMetric = Exclude<(typeof metricsByKind)['date'][number], 'count'>;

/** Points in time side by side; without `nanos` all are whole milliseconds. */
export interface Instants {
  readonly ms: Float64Array;
  readonly nanos: Uint32Array | undefined;
}

/** The metrics asked for; of no dates only the count. */
export function summariseDates(
  dates: Instants,
  metrics: readonly Metric[],
): Partial<Record<DateMetric, string>> & { count?: number } {
  const { length } = dates.ms;
  const count = metrics.includes('count') ? { count: length } : {};
  if (length === 0) return count;
  const sorted = inOrder(dates);
  const found = (metrics as readonly (DateMetric | 'count')[])
    .filter((metric) => metric !== 'count')
    .map((metric) => [metric, formatInstant(metricOf(metric, sorted))]);
  return { ...count, ...Object.fromEntries(found) };
}

/** Years that the text form has, in UTC: 0000 to 9999. */
const msMin = Date.parse('0000-01-01T00:00:00Z');
const msMax = Date.parse('9999-12-31T23:59:59.999Z');
/** The widest offset that the text form has. */
const offsetMs = (23 * 60 + 59) * 60_000;

/**
 * `2024-01-02T03:04:05.678901234Z`, without zeros at the end of the fraction. A date that has an offset
 * may lie before the year 0 or after 9999 in UTC: it gets the widest offset.
 */
export function formatInstant({ ms, nanos }: Instant): string {
  const offset = ms < msMin ? offsetMs : ms > msMax ? -offsetMs : 0;
  const text = new Date(ms + offset).toISOString();
  const fraction = `${text.slice(20, 23)}${String(nanos).padStart(6, '0')}`.replace(/0+$/, '');
  const zone = offset === 0 ? 'Z' : `${offset > 0 ? '+' : '-'}23:59`;
  return `${text.slice(0, 19)}${fraction && `.${fraction}`}${zone}`;
}

function metricOf(metric: DateMetric, sorted: Instants): Instant {
  const { length } = sorted.ms;
  switch (metric) {
    case 'minimum':
      return at(sorted, 0);
    case 'maximum':
      return at(sorted, length - 1);
    case 'median': {
      const above = at(sorted, length >>> 1);
      return length % 2 === 1 ? above : between(at(sorted, (length >>> 1) - 1), above);
    }
    case 'mode':
      return modeOf(sorted);
    default:
      return unreachable(metric);
  }
}

function at({ ms, nanos }: Instants, index: number): Instant {
  return { ms: ms[index]!, nanos: nanos?.[index] ?? 0 };
}

/** The middle, rounded down to the nanosecond. */
function between(a: Instant, b: Instant): Instant {
  const sum = a.ms + b.ms;
  const ms = Math.floor(sum / 2);
  const nanos = Math.floor(((sum - 2 * ms) * 1_000_000 + a.nanos + b.nanos) / 2);
  return nanos < 1_000_000 ? { ms, nanos } : { ms: ms + 1, nanos: nanos - 1_000_000 };
}

/** Of the most frequent ones the earliest. */
function modeOf(sorted: Instants): Instant {
  const { ms, nanos } = sorted;
  let mode = 0;
  let most = 0;
  let start = 0;
  for (let i = 1; i <= ms.length; i += 1) {
    if (i < ms.length && ms[i] === ms[start] && nanos?.[i] === nanos?.[start]) continue;
    if (i - start > most) {
      most = i - start;
      mode = start;
    }
    start = i;
  }
  return at(sorted, mode);
}

function inOrder({ ms, nanos }: Instants): Instants {
  if (!nanos) return { ms: ms.toSorted(), nanos };
  const order = Uint32Array.from(ms.keys()).sort(
    (a, b) => ms[a]! - ms[b]! || nanos[a]! - nanos[b]!,
  );
  return {
    ms: Float64Array.from(order, (index) => ms[index]!),
    nanos: order.map((index) => nanos[index]!),
  };
}
