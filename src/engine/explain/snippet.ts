// The passage of a text that says most about why it was found.

/** A place in a text, UTF-16 offsets, with what it is worth. */
export interface TextMark {
  readonly start: number;
  readonly end: number;
  readonly weight: number;
}

/** A passage with the places in it that matched. */
export interface Snippet {
  readonly text: string;
  /** Where it starts in the whole text. */
  readonly start: number;
  /** Start and end inside the passage, ascending, not overlapping. */
  readonly marks: readonly (readonly [number, number])[];
}

/** Characters of a passage. */
const lengthMax = 240;

/** The passage whose marks are worth most, the first of equals; undefined when nothing is marked. */
export function snippetOf(text: string, marks: readonly TextMark[]): Snippet | undefined {
  const sorted = joined(marks.filter(({ start, end, weight }) => start < end && weight > 0));
  const [from, to] = bestWindow(sorted);
  const first = sorted[from];
  const last = sorted[to - 1];
  if (!first || !last) return undefined;
  const spare = Math.max(0, lengthMax - (last.end - first.start));
  const start = wordStart(text, Math.max(0, first.start - Math.floor(spare / 3)));
  const end = wordEnd(text, Math.min(text.length, Math.max(last.end, start + lengthMax)), last.end);
  const inside = sorted.filter((mark) => mark.start >= start && mark.end <= end);
  return {
    text: text.slice(start, end).trimEnd(),
    start,
    marks: inside.map((mark) => [mark.start - start, mark.end - start]),
  };
}

/** In the order of the text; marks that touch the same place become one, worth the sum. */
function joined(marks: readonly TextMark[]): TextMark[] {
  const out: TextMark[] = [];
  for (const mark of marks.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = out.at(-1);
    if (last && mark.start < last.end) {
      const end = Math.max(last.end, mark.end);
      out[out.length - 1] = { start: last.start, end, weight: last.weight + mark.weight };
    } else out.push(mark);
  }
  return out;
}

/** Marks `[from, to)` that fit a passage together and are worth most. */
function bestWindow(marks: readonly TextMark[]): [number, number] {
  let best: [number, number] = [0, 0];
  let bestWorth = 0;
  let worth = 0;
  let from = 0;
  for (const [at, mark] of marks.entries()) {
    worth += mark.weight;
    while (from < at && mark.end - marks[from]!.start > lengthMax) {
      worth -= marks[from]!.weight;
      from += 1;
    }
    if (worth <= bestWorth * (1 + 1e-9)) continue;
    bestWorth = worth;
    best = [from, at + 1];
  }
  return best;
}

/** The start of the word that an offset lies in; words longer than a line are cut. */
function wordStart(text: string, offset: number): number {
  if (offset === 0) return 0;
  const before = /\S{0,40}$/u.exec(text.slice(Math.max(0, offset - 40), offset))?.[0].length ?? 0;
  return offset - before;
}

/** The end of the last whole word before an offset, but not before `least`. */
function wordEnd(text: string, offset: number, least: number): number {
  if (offset >= text.length || /\s/u.test(text[offset] ?? ' ')) return offset;
  const cut = /\S{0,40}$/u.exec(text.slice(Math.max(least, offset - 40), offset))?.[0].length ?? 0;
  return Math.max(least, offset - cut);
}
