// When two numbers of the wire count as the same: the reference computes in 32-bit floats.

/** True for floats that are equal to 1e-5 of their size, or to 1e-6 near zero. */
export function sameNumber(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= Math.max(1e-5 * Math.max(Math.abs(a), Math.abs(b)), 1e-6);
}
