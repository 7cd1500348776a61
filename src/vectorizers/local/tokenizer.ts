// WordPiece tokens of a text with the place in the text that each came from. The library gives no
// offsets, so a text is cut at white space first and each word encoded alone; the ids are the same.
// The only file that imports the tokenizer library, when the first model is loaded.

import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { DatabaseError } from '../../engine/errors.ts';

/** Tokens of one text without the markers around them; the lists are beside each other. */
export interface TokenList {
  readonly ids: readonly number[];
  /** Word pieces as the vocabulary writes them, `##` in front of continuations. */
  readonly pieces: readonly string[];
  /** UTF-16 offsets into the text; a piece that can't be placed has the range of its word. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

interface Word {
  readonly ids: readonly number[];
  readonly pieces: readonly string[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Words kept with their tokens; natural text repeats most of its words. */
const cachedWordsMax = 50_000;
/** Longer words (data, not language) are not worth a place in the cache. */
const cachedCharactersMax = 40;

/** An encoder of texts made from a model's tokenizer.json. */
export class WordPieceTokenizer {
  readonly #library: Library;
  readonly #words = new Map<string, Word>();
  /** Ids of the markers that stand before and after the tokens of a window. */
  readonly startId: number;
  readonly endId: number;

  private constructor(library: Library) {
    this.#library = library;
    const [startId, endId] = library.encode('').ids;
    if (startId === undefined || endId === undefined) {
      throw new DatabaseError('vectorizer-failed', {
        message: 'the tokenizer puts no markers around a text; expected a BERT tokenizer',
      });
    }
    this.startId = startId;
    this.endId = endId;
  }

  /** Makes a tokenizer from the text of a tokenizer.json; its truncation and padding are left out. */
  static async create(json: string): Promise<WordPieceTokenizer> {
    const { Tokenizer } = await importLibrary();
    const { truncation: _, padding: __, ...settings } = JSON.parse(json);
    return new WordPieceTokenizer(new Tokenizer(settings, {}));
  }

  /** Tokens of a text, without markers. */
  encode(text: string): TokenList {
    const list = { ids: [], pieces: [], starts: [], ends: [] } as {
      readonly ids: number[];
      readonly pieces: string[];
      readonly starts: number[];
      readonly ends: number[];
    };
    for (const match of text.matchAll(/[^\t\n\r\p{Z}]+/gu)) {
      const word = this.#word(match[0]);
      for (let index = 0; index < word.ids.length; index += 1) {
        list.ids.push(word.ids[index] ?? 0);
        list.pieces.push(word.pieces[index] ?? '');
        list.starts.push(match.index + (word.starts[index] ?? 0));
        list.ends.push(match.index + (word.ends[index] ?? 0));
      }
    }
    return list;
  }

  #word(text: string): Word {
    const cached = this.#words.get(text);
    if (cached !== undefined) return cached;
    const { ids, tokens } = this.#library.encode(text, { add_special_tokens: false });
    const word = { ids, pieces: tokens, ...placePieces(text, tokens) };
    if (text.length <= cachedCharactersMax) {
      if (this.#words.size >= cachedWordsMax) this.#words.clear();
      this.#words.set(text, word);
    }
    return word;
  }
}

/**
 * Where in its word each piece stands. The word is normalised character by character (accents off,
 * lower case) while remembering the origins, and the pieces are laid along it; one that does not fit
 * (unknown, or normalised in another way) gives all of them the whole word.
 */
function placePieces(
  word: string,
  pieces: readonly string[],
): { readonly starts: readonly number[]; readonly ends: readonly number[] } {
  const origins: { readonly start: number; readonly end: number }[] = [];
  let normalised = '';
  let offset = 0;
  for (const character of word) {
    const plain = character
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toLowerCase();
    const end = offset + character.length;
    for (let unit = 0; unit < plain.length; unit += 1) origins.push({ start: offset, end });
    normalised += plain;
    offset = end;
  }
  const starts: number[] = [];
  const ends: number[] = [];
  let cursor = 0;
  for (const piece of pieces) {
    const content = starts.length > 0 && piece.startsWith('##') ? piece.slice(2) : piece;
    const found = normalised.startsWith(content, cursor);
    const first = origins[cursor];
    const last = origins[cursor + content.length - 1];
    if (!found || first === undefined || last === undefined) {
      return { starts: pieces.map(() => 0), ends: pieces.map(() => word.length) };
    }
    starts.push(first.start);
    ends.push(last.end);
    cursor += content.length;
  }
  return { starts, ends };
}

/** The ids of whole strings, markers around them included, without their places in the text. */
export interface PlainTokenizer {
  encode(text: string): readonly number[];
  /** The id of a token as the vocabulary writes it; undefined when it has none. */
  tokenId(token: string): number | undefined;
}

/** Makes one from the text of any tokenizer.json; its truncation and padding are left out. */
export async function createPlainTokenizer(json: string): Promise<PlainTokenizer> {
  const { Tokenizer } = await importLibrary();
  const { truncation: _, padding: __, ...settings } = JSON.parse(json);
  const library = new Tokenizer(settings, {});
  return {
    encode: (text) => library.encode(text).ids,
    tokenId: (token) => library.token_to_id(token),
  };
}

async function importLibrary(): Promise<typeof import('@huggingface/tokenizers')> {
  try {
    return await import('@huggingface/tokenizers');
  } catch (cause) {
    throw new DatabaseError(
      'vectorizer-failed',
      {
        message:
          'local models need the optional package @huggingface/tokenizers, which is not installed (npm install --include=optional)',
      },
      { cause },
    );
  }
}
