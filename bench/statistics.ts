// Means and quantiles of measured values.

/** The average; not a number of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle value, the upper one of two; not a number of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that this share of all lies below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
