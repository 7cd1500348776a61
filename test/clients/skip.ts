// Skips say their reason; where CI=true promises that everything is there, a skip is a failure.

/** What node:test takes as `skip`: false to run, or the reason. Throws under CI=true. */
export function skipWithout(present: boolean, reason: string): string | false {
  if (present) return false;
  if (process.env['CI'] === 'true')
    throw new Error(`under CI=true nothing may be skipped: ${reason}`);
  return reason;
}
