// Cuts the tokens of texts into the model's windows and gathers windows of equal length into batches,
// so that no batch needs padding.

/** A run of one text's tokens that goes through the model at once, with a marker at either end. */
export interface Window {
  /** Index of the text. */
  readonly text: number;
  /** Tokens `from` … `to - 1` of it. */
  readonly from: number;
  readonly to: number;
  /** Where its first vector goes among the text's vectors. */
  readonly row: number;
}

/** Windows of `contentMax` tokens over texts of the given token counts; an empty text has one, empty. */
export function cutWindows(counts: readonly number[], contentMax: number): readonly Window[] {
  return counts.flatMap((count, text) => {
    const windows: Window[] = [];
    for (let from = 0; from === 0 || from < count; from += contentMax) {
      const to = Math.min(from + contentMax, count);
      windows.push({ text, from, to, row: from + 2 * windows.length });
    }
    return windows;
  });
}

/** Vectors of a text of `count` tokens: one a token and two markers a window. */
export function vectorCount(count: number, contentMax: number): number {
  return count + 2 * Math.max(1, Math.ceil(count / contentMax));
}

/** Batches of windows that are equally long, at most `tokensMax` tokens (markers too) or one window. */
export function batchWindows(
  windows: readonly Window[],
  tokensMax: number,
): readonly (readonly Window[])[] {
  const sorted = windows.toSorted((a, b) => a.to - a.from - (b.to - b.from));
  const batches: Window[][] = [];
  for (const window of sorted) {
    const current = batches.at(-1);
    const [first] = current ?? [];
    const length = window.to - window.from;
    const fits =
      current !== undefined &&
      first !== undefined &&
      first.to - first.from === length &&
      (current.length + 1) * (length + 2) <= tokensMax;
    if (fits) current.push(window);
    else batches.push([window]);
  }
  return batches;
}
