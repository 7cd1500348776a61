// Characters with boxes, in reading order, to words and lines. A word that is cut at the end of a line
// stays two words, its hyphen kept: each has one box.

import type { PageWord } from '../page.ts';
import type { Line } from './page-text.ts';

/** In the page's own space, y upwards. */
export interface CharacterBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

type Point = readonly [x: number, y: number];

/** How PDFium marks the hyphen of a word that goes on in the next line. */
const hyphenMarks: readonly number[] = [0x02, 0xfffe];
const ligatures = /[\ufb00-\ufb06]/g;

export class LineBuilder {
  /** Those that are not spaces. */
  characterCount = 0;
  readonly #toShown: (point: Point) => Point;
  readonly #lines: Line[] = [];
  #line: PageWord[] = [];
  #text = '';
  #box = emptyBox();

  /** `toShown` turns a point of the page's own space into shares of the page, y downwards. */
  constructor(toShown: (point: Point) => Point) {
    this.#toShown = toShown;
  }

  /** Ends the word, or the line, if that is what the character does; it has no box then. */
  isBreak(code: number): boolean {
    if (hyphenMarks.includes(code)) {
      this.#text += '-';
      this.#endLine();
      return true;
    }
    if (code === 0x0a || code === 0x0d) this.#endLine();
    else if (isSpace(code)) this.#endWord();
    else return false;
    return true;
  }

  add(code: number, box: CharacterBox): void {
    this.characterCount++;
    // Halves of a pair come one after the other; together they are a character again.
    this.#text += code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
    const all = this.#box;
    if (!(Number.isFinite(box.left) && Number.isFinite(box.right))) return;
    if (!(Number.isFinite(box.top) && Number.isFinite(box.bottom))) return;
    all.left = Math.min(all.left, box.left, box.right);
    all.right = Math.max(all.right, box.left, box.right);
    all.bottom = Math.min(all.bottom, box.bottom, box.top);
    all.top = Math.max(all.top, box.bottom, box.top);
  }

  finish(): readonly Line[] {
    this.#endLine();
    return this.#lines;
  }

  #endLine(): void {
    this.#endWord();
    if (this.#line.length > 0) this.#lines.push(this.#line);
    this.#line = [];
  }

  #endWord(): void {
    const text = this.#text.replace(ligatures, (one) => one.normalize('NFKC')).toWellFormed();
    const { left, top, right, bottom } = this.#box;
    this.#text = '';
    this.#box = emptyBox();
    if (text === '' || left > right) return;
    const [x1, y1] = this.#toShown([left, top]);
    const [x2, y2] = this.#toShown([right, bottom]);
    const word = clippedWord(text, { x1, y1, x2, y2 });
    if (word !== undefined) this.#line.push(word);
  }
}

interface ShownBox {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** The word with the part of its box that is on the page; undefined when none is. */
export function clippedWord(text: string, { x1, y1, x2, y2 }: ShownBox): PageWord | undefined {
  const x = clip(Math.min(x1, x2));
  const y = clip(Math.min(y1, y2));
  const width = clip(Math.max(x1, x2)) - x;
  const height = clip(Math.max(y1, y2)) - y;
  return width > 0 && height > 0 ? { text, x, y, width, height } : undefined;
}

function clip(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function emptyBox(): { -readonly [Edge in keyof CharacterBox]: number } {
  return {
    left: Number.POSITIVE_INFINITY,
    top: Number.NEGATIVE_INFINITY,
    right: Number.NEGATIVE_INFINITY,
    bottom: Number.POSITIVE_INFINITY,
  };
}

function isSpace(code: number): boolean {
  if (code <= 0x20 || (code >= 0x7f && code <= 0xa0)) return true;
  return (
    (code >= 0x2000 && code <= 0x200b) || [0x2028, 0x2029, 0x202f, 0x3000, 0xfeff].includes(code)
  );
}
