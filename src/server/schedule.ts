// How often something is done, in the words of the reference's schedules: an interval. Times of day and
// of the week, which they can say as well, mean nothing here.

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

const words: Readonly<Record<string, string>> = {
  '@hourly': '@every 1h',
  '@daily': '@every 24h',
  '@midnight': '@every 24h',
};

/** Milliseconds of `@every 1h30m`, `@hourly` or `@daily`; undefined for anything else. */
export function intervalMs(schedule: string): number | undefined {
  const text = words[schedule] ?? schedule;
  const found = /^@every ((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)$/.exec(text.trim());
  if (!found) return undefined;
  let sum = 0;
  for (const [, count, unit] of (found[1] ?? '').matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    sum += Number(count) * (unitMs[unit ?? ''] ?? 0);
  }
  return sum;
}
