// What goes through the page model as tokens: the prompt with an image's placeholders, and queries. The
// model's own tokenizer.json decides the ids, so that runs of characters join as in training: the line
// end of the last row and the one before the whole page become one token.

import { DatabaseError } from '../../../engine/errors.ts';
import type { TextTokenizer, TokenList } from '../tokenizer.ts';
import { type PageGrid, tileCount } from './page-grid.ts';

/** Tokens of one page, and which of them stand for the image. */
export interface PagePrompt {
  readonly ids: readonly number[];
  /** Positions of the image tokens in `ids`, ascending: those of the first tile first. */
  readonly imagePositions: readonly number[];
}

/** Tokens of a text, and where each stands in it. */
export interface TextPrompt {
  readonly ids: readonly number[];
  /** `[tokens × 2]`: start and end (UTF-16); equal for markers and the augmentation. */
  readonly spans: Uint32Array<ArrayBuffer>;
}

const image = '<image>';
const fake = '<fake_token_around_image>';
const globalImage = '<global-img>';
const endOfUtterance = '<end_of_utterance>';
const rowMarker = (row: number, col: number): string => `<row_${row}_col_${col}>`;

/** Tokens that a query ends with, where the model gathers what the words leave open. */
const augmentationCount = 10;
/** Text that would be taken for a place of an image. */
const imageMarkers = /<(?=(?:image|fake_token_around_image|global-img|row_\d+_col_\d+)>)/g;

/** Makes the token ids of pages and queries. */
export class PagePrompts {
  readonly #tokenizer: TextTokenizer;
  readonly #tokensPerTile: number;
  readonly #imageId: number;
  readonly #pages = new Map<string, PagePrompt>();

  /** Throws DatabaseError 'vectorizer-failed' when the tokenizer lacks a token of the prompt. */
  constructor(tokenizer: TextTokenizer, tokensPerTile: number) {
    this.#tokenizer = tokenizer;
    this.#tokensPerTile = tokensPerTile;
    this.#imageId = this.#needToken(image);
    for (const token of [fake, globalImage, endOfUtterance]) this.#needToken(token);
  }

  /** The prompt of a page that is cut so. Throws DatabaseError for more rows or columns than markers. */
  page({ rows, cols }: Pick<PageGrid, 'rows' | 'cols'>): PagePrompt {
    const key = `${rows} ${cols}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    if (rows * cols > 0) this.#needToken(rowMarker(rows, cols));
    const places = imagePlaces(rows, cols, image.repeat(this.#tokensPerTile));
    const { ids } = this.#encode(
      `<|begin_of_text|>User:${places}Describe the image.${endOfUtterance}\nAssistant:`,
    );
    const imagePositions = ids.flatMap((id, position) => (id === this.#imageId ? [position] : []));
    const expected = tileCount({ rows, cols, resizes: [] }) * this.#tokensPerTile;
    if (imagePositions.length !== expected) {
      throw unfit(`makes ${imagePositions.length} image tokens of a page, expected ${expected}`);
    }
    const prompt = { ids, imagePositions };
    this.#pages.set(key, prompt);
    return prompt;
  }

  /** A query: its text and the augmentation, before the closing marker. */
  query(text: string): TextPrompt {
    return this.text(text, endOfUtterance.repeat(augmentationCount));
  }

  /** A text as it is, for an object that has texts; `suffix` is read as tokens, the text is not. */
  text(text: string, suffix = ''): TextPrompt {
    const safe = text.replaceAll(imageMarkers, '< ');
    const { ids, starts, ends } = this.#encode(`${safe}${suffix}`);
    const spans = new Uint32Array(2 * ids.length);
    const place = placeBefore(text);
    for (const row of ids.keys()) {
      spans.set([place(starts[row] ?? 0), place(ends[row] ?? 0)], 2 * row);
    }
    return { ids, spans };
  }

  /** All tokens of a text between the two markers that every sequence has. */
  #encode(text: string): Pick<TokenList, 'ids' | 'starts' | 'ends'> {
    const { start, end } = this.#tokenizer;
    const { ids, starts, ends } = this.#tokenizer.encode(text);
    return {
      ids: [start.id, ...ids, end.id],
      starts: [0, ...starts, text.length],
      ends: [0, ...ends, text.length],
    };
  }

  #needToken(token: string): number {
    const id = this.#tokenizer.idOf(token);
    if (id === undefined) throw unfit(`has no token ${token}`);
    return id;
  }
}

/**
 * Offsets in a text from those in its safe form, which has a blank more for each marker before. Asked for
 * places in order, with at most a step back.
 */
function placeBefore(text: string): (offset: number) => number {
  const blanks = Array.from(text.matchAll(imageMarkers), ({ index }, count) => index + 1 + count);
  let before = 0;
  return (offset) => {
    while (before < blanks.length && (blanks[before] ?? 0) < offset) before += 1;
    while (before > 0 && (blanks[before - 1] ?? 0) >= offset) before -= 1;
    return Math.min(text.length, offset - before);
  };
}

/** The placeholders of an image: each tile behind its row and column, then the whole page. */
function imagePlaces(rows: number, cols: number, tokens: string): string {
  let places = '';
  for (let row = 1; row <= rows; row += 1) {
    for (let col = 1; col <= cols; col += 1) places += `${fake}${rowMarker(row, col)}${tokens}`;
    places += '\n';
  }
  if (rows > 0) places += '\n';
  return `${places}${fake}${globalImage}${tokens}${fake}`;
}

function unfit(problem: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', {
    message: `the model's tokenizer.json ${problem}; expected the tokenizer of a page model`,
  });
}
