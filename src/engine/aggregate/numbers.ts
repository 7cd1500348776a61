// Metrics of numbers: sums, the middle, the most frequent.

import { unreachable } from '../assert.ts';
import type { Metric, metricsByKind } from './aggregation.ts';

type NumberMetric = (typeof metricsByKind)['number'][number];

/**
 * The metrics asked for of some numbers, which are put in order for median and mode. Of no numbers
 * only the count.
 */
export function summariseNumbers(
  values: Float64Array,
  metrics: readonly Metric[],
): Partial<Record<NumberMetric, number>> {
  const summary: Partial<Record<NumberMetric, number>> = {};
  if (metrics.includes('count')) summary.count = values.length;
  if (values.length === 0) return summary;
  // Order first: a sum in ascending order does not depend on where the objects are.
  if (metrics.includes('median') || metrics.includes('mode')) values.sort();
  const asked = metrics as readonly NumberMetric[];
  for (const metric of asked) summary[metric] = metricOf(metric, values);
  return summary;
}

function metricOf(metric: NumberMetric, values: Float64Array): number {
  switch (metric) {
    case 'count':
      return values.length;
    case 'sum':
      return sumOf(values);
    case 'mean':
      return sumOf(values) / values.length;
    case 'median':
      return medianOf(values);
    case 'mode':
      return modeOf(values);
    case 'minimum':
      return extremeOf(values, -1);
    case 'maximum':
      return extremeOf(values, 1);
    default:
      return unreachable(metric);
  }
}

/** A sum whose rounding errors are summed beside it (Neumaier), so that the order hardly matters. */
function sumOf(values: Float64Array): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return Number.isFinite(lost) ? sum + lost : sum;
}

/** Of numbers in order. */
function medianOf(values: Float64Array): number {
  const middle = values.length >>> 1;
  const above = values[middle]!;
  if (values.length % 2 === 1) return above;
  return values[middle - 1]! / 2 + above / 2;
}

/** Of numbers in order: of those that occur most, the least. */
function modeOf(values: Float64Array): number {
  let mode = values[0]!;
  let most = 0;
  let start = 0;
  for (let i = 1; i <= values.length; i += 1) {
    if (i < values.length && values[i] === values[start]) continue;
    if (i - start > most) {
      most = i - start;
      mode = values[start]!;
    }
    start = i;
  }
  return mode;
}

/** The greatest of the values times `sign`, times `sign`. */
function extremeOf(values: Float64Array, sign: 1 | -1): number {
  let extreme = values[0]!;
  for (let i = 1; i < values.length; i += 1) {
    if (values[i]! * sign > extreme * sign) extreme = values[i]!;
  }
  return extreme;
}
