// The words of a text, or the patches of a picture, that token vectors stand for: the pieces of one word
// put together again.

import { boxUnits, type TokenPlaces } from '../document.ts';

/** A part of a page in shares of its width and height, 0 to 1, origin top left. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A word with its place in the text and on the page, as far as they are known; or a patch of a picture. */
export interface PlacedWord {
  /** Empty for a patch, and for the markers that a model puts around a text. */
  readonly text: string;
  /** UTF-16 offsets in the embedded text. */
  readonly start: number;
  readonly end: number;
  readonly box?: Box;
  /** Numbers of its tokens among those that the object was embedded into, ascending. */
  readonly tokens: readonly number[];
}

/**
 * Every token of a document in exactly one word, in the order of the tokens. Tokens belong together when
 * they touch in the text and share a box; where there are no boxes, when letters and digits touch.
 */
export function placedWords({ boxes, spans }: TokenPlaces, text = ''): PlacedWord[] {
  const count = boxes ? boxes.length / 4 : (spans?.length ?? 0) / 2;
  const words: { start: number; end: number; box: Box | undefined; tokens: number[] }[] = [];
  for (let token = 0; token < count; token++) {
    const start = spans?.[2 * token] ?? 0;
    const end = spans?.[2 * token + 1] ?? 0;
    const box = boxes && boxAt(boxes, token);
    const last = words.at(-1);
    const isSame = last?.start === start && last.end === end;
    const touches = last?.end === start && start > last.start && (boxes || joinsAt(text, start));
    if (last && start < end && (isSame || touches) && isEqual(last.box, box)) {
      last.end = end;
      last.tokens.push(token);
    } else {
      words.push({ start, end, box, tokens: [token] });
    }
  }
  return words.map(({ start, end, box, tokens }) => {
    const word = { text: text.slice(start, end), start, end, tokens };
    return box ? { ...word, box } : word;
  });
}

/** The box of a row as shares of the page; undefined where all of it is zero. */
export function boxAt(boxes: Uint16Array, row: number): Box | undefined {
  const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(4 * row, 4 * row + 4);
  if (width === 0 && height === 0) return undefined;
  return {
    x: x / boxUnits,
    y: y / boxUnits,
    width: width / boxUnits,
    height: height / boxUnits,
  };
}

function isEqual(a: Box | undefined, b: Box | undefined): boolean {
  if (!a || !b) return a === b;
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

/** Whether letters or digits stand on both sides of an offset. */
function joinsAt(text: string, offset: number): boolean {
  return (
    letterBefore.test(text.slice(Math.max(0, offset - 2), offset)) &&
    letter.test(text.slice(offset, offset + 2))
  );
}
const letter = /^[\p{L}\p{N}\p{M}]/u;
const letterBefore = /[\p{L}\p{N}\p{M}]$/u;
