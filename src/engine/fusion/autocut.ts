// Autocut: cuts a list of results where its scores jump.

/** Scores are float32; differences below this are rounding, not jumps. */
const noise = 1e-6;

/**
 * How many of the results to keep: those before the `jumps`-th jump of their values, all when there
 * are fewer jumps or `jumps` is 0. `values` are the scores, best first, or as well the distances.
 *
 * The values are scaled so that the first is 0 and the last 1, and the straight line between them is
 * taken away. A local maximum of what is left is a result that is much worse than its predecessor,
 * compared with the whole list: a jump. The last value is one when it exceeds its two predecessors.
 */
export function autocut(values: ArrayLike<number>, jumps: number): number {
  const count = values.length;
  if (jumps <= 0 || count <= 1) return count;
  const first = values[0]!;
  const range = values[count - 1]! - first;
  if (range === 0) return count;
  const bend = (i: number): number => (values[i]! - first) / range - i / (count - 1);
  let seen = 0;
  for (let i = 1; i < count; i++) {
    const here = bend(i) - noise;
    const other = i < count - 1 ? i + 1 : i - 2;
    const isJump = here > bend(i - 1) && (other < 0 || here > bend(other));
    if (isJump && ++seen === jumps) return i;
  }
  return count;
}
