// A text that has been changed on its way to the tokens (accents off, lower case, bytes as characters)
// and still knows, for each of its UTF-16 units, which part of the original text it stands for.

/** A range of the original text, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Puts `text` in the place of the units `from` … `to - 1`. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export class AlignedText {
  readonly text: string;
  /** The text that the spans are ranges of. */
  readonly original: string;
  /** Origin of the first unit while the units stand for themselves, one by one. */
  readonly #offset: number;
  /** Start and end of each unit's origin, two numbers a unit; absent while they stand for themselves. */
  readonly #origins: Uint32Array | undefined;

  private constructor(
    text: string,
    original: string,
    offset: number,
    origins: Uint32Array | undefined,
  ) {
    this.text = text;
    this.original = original;
    this.#offset = offset;
    this.#origins = origins;
  }

  /** A text that nothing has changed. */
  static of(text: string): AlignedText {
    return new AlignedText(text, text, 0, undefined);
  }

  /** What the units `from` … `to - 1` stand for; for none of them, the empty range before `from`. */
  span(from: number, to: number): Span {
    if (from >= to) {
      const at = from > 0 ? this.#end(from - 1) : this.#start(0);
      return { start: at, end: at };
    }
    return { start: this.#start(from), end: this.#end(to - 1) };
  }

  slice(from: number, to: number): AlignedText {
    if (from === 0 && to === this.text.length) return this;
    const origins = this.#origins?.subarray(2 * from, 2 * to);
    return new AlignedText(this.text.slice(from, to), this.original, this.#offset + from, origins);
  }

  /** The same units in other characters, one for one. */
  rewritten(text: string): AlignedText {
    return new AlignedText(text, this.original, this.#offset, this.#origins);
  }

  /**
   * With all edits made, which are in order and do not overlap. What an edit puts in stands for all that
   * it takes away.
   */
  edited(edits: readonly Edit[]): AlignedText {
    if (edits.length === 0) return this;
    const length = edits.reduce(
      (sum, { from, to, text }) => sum + text.length - (to - from),
      this.text.length,
    );
    const origins = new Uint32Array(2 * length);
    const parts: string[] = [];
    let at = 0;
    let written = 0;
    const put = (start: number, end: number): void => {
      origins[written] = start;
      origins[written + 1] = end;
      written += 2;
    };
    const keep = (to: number): void => {
      parts.push(this.text.slice(at, to));
      for (let unit = at; unit < to; unit += 1) put(this.#start(unit), this.#end(unit));
    };
    for (const { from, to, text } of edits) {
      keep(from);
      const { start, end } = this.span(from, to);
      for (let unit = 0; unit < text.length; unit += 1) put(start, end);
      parts.push(text);
      at = to;
    }
    keep(this.text.length);
    return new AlignedText(parts.join(''), this.original, 0, origins);
  }

  /** With every match of a global pattern replaced; matches that stay as they are cost nothing. */
  replaced(pattern: RegExp, replacement: (match: string) => string): AlignedText {
    const edits: Edit[] = [];
    for (const { 0: match, index } of this.text.matchAll(pattern)) {
      const text = replacement(match);
      if (text !== match) edits.push({ from: index, to: index + match.length, text });
    }
    return this.edited(edits);
  }

  #start(unit: number): number {
    return this.#origins?.[2 * unit] ?? this.#offset + (this.#origins ? 0 : unit);
  }

  #end(unit: number): number {
    return this.#origins?.[2 * unit + 1] ?? this.#offset + (this.#origins ? 0 : unit + 1);
  }
}
