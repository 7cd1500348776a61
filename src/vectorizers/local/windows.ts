// Cuts the tokens of a text into the model's windows, and gathers sequences of equal length into
// batches, so that no batch needs padding.

/** Tokens `from` … `to - 1` of a text, which go through the model at once. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Windows of `contentMax` tokens over `count` tokens; an empty text has one, empty. */
export function cutWindows(count: number, contentMax: number): readonly Window[] {
  const windows: Window[] = [];
  for (let from = 0; from === 0 || from < count; from += contentMax) {
    windows.push({ from, to: Math.min(from + contentMax, count) });
  }
  return windows;
}

/**
 * Batches of sequences that are equally long, shortest first: of each its index in `lengths`. A batch
 * has at most `tokensMax` tokens, or one sequence.
 */
export function batchByLength(
  lengths: readonly number[],
  tokensMax: number,
): readonly (readonly number[])[] {
  const order = [...lengths.keys()].toSorted((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const batches: number[][] = [];
  for (const index of order) {
    const current = batches.at(-1);
    const length = lengths[index] ?? 0;
    const fits =
      current !== undefined &&
      lengths[current[0] ?? 0] === length &&
      (current.length + 1) * length <= tokensMax;
    if (fits) current.push(index);
    else batches.push([index]);
  }
  return batches;
}
