// From the tokens of a text to the sequences that go through the model: special tokens and marker
// around, long texts in windows or cut off, queries filled up, skipped words left out of what comes back.

import { assert } from '../../engine/assert.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { MarkerSetting, TextModelSettings } from './model-settings.ts';
import type { TextTokenizer, TokenList } from './tokenizer.ts';
import { cutWindows } from './windows.ts';

/** What a text is to the model: one of the collection, or what is asked for. */
export type TextRole = 'document' | 'query';

/** What owns one token vector: a token and its place in the text (UTF-16 offsets). */
export interface TextToken {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Tokens that go through the model together. */
export interface Sequence {
  readonly ids: readonly number[];
  /** Of the ids, the first so many are attended to. */
  readonly attended: number;
  /** Of the ids, the first so many are the text and what stands around it; the rest fill a query up. */
  readonly real: number;
  /** Which of the ids have a vector in the result, in order. */
  readonly kept: readonly number[];
  /** Of the kept ones, from which on they only fill the query up. */
  readonly expansionFrom: number;
  /** The tokens beside the kept ids. */
  readonly tokens: readonly TextToken[];
}

interface Marker {
  readonly id: number;
  readonly text: string;
}

/** Plans texts of one model. */
export class TextPlanner {
  readonly #settings: TextModelSettings;
  readonly #tokenizer: TextTokenizer;
  readonly #markers: Readonly<Record<TextRole, Marker | undefined>>;
  readonly #skippedIds: ReadonlySet<number>;

  /** Throws DatabaseError 'invalid-argument' when the tokenizer does not know a marker. */
  constructor(settings: TextModelSettings, tokenizer: TextTokenizer) {
    this.#settings = settings;
    this.#tokenizer = tokenizer;
    const { query, document } = settings;
    this.#markers = {
      query: resolveMarker(query.marker, 'query_prefix', tokenizer),
      document: resolveMarker(document.marker, 'document_prefix', tokenizer),
    };
    const ids = document.skipped.map((word) => tokenizer.idOf(word));
    this.#skippedIds = new Set(ids.filter((id) => id !== undefined));
  }

  /** Sequences of a text, in the order of its vectors. */
  plan(list: TokenList, role: TextRole): readonly Sequence[] {
    const { longText, length } = this.#settings[role];
    const contentMax = length - (this.#markers[role] ? 3 : 2);
    assert(contentMax > 0, `${length} tokens leave room for a text`);
    const windows = cutWindows(list.ids.length, contentMax);
    return (longText === 'windows' ? windows : windows.slice(0, 1)).map(({ from, to }) =>
      role === 'query' ? this.#query(list, from, to) : this.#document(list, from, to),
    );
  }

  #document(list: TokenList, from: number, to: number): Sequence {
    const { ids, tokens } = this.#around(list, from, to, 'document');
    const kept = [...ids.keys()].filter((index) => !this.#skippedIds.has(ids[index] ?? -1));
    return {
      ids,
      attended: ids.length,
      real: ids.length,
      kept,
      expansionFrom: kept.length,
      tokens: kept.map((index) => tokens[index] as TextToken),
    };
  }

  #query(list: TokenList, from: number, to: number): Sequence {
    const { ids, tokens } = this.#around(list, from, to, 'query');
    const { expansion, length } = this.#settings.query;
    const real = ids.length;
    if (expansion !== undefined) {
      const end = tokens.at(-1)?.end ?? 0;
      while (ids.length < length) {
        ids.push(expansion.id);
        tokens.push({ text: '[expansion]', start: end, end });
      }
    }
    const attended = expansion === undefined || expansion.isAttended ? ids.length : real;
    return { ids, attended, real, kept: [...ids.keys()], expansionFrom: real, tokens };
  }

  /** The tokens of a window between the special tokens, which own no text. */
  #around(
    list: TokenList,
    from: number,
    to: number,
    role: TextRole,
  ): { readonly ids: number[]; readonly tokens: TextToken[] } {
    const { start, end } = this.#tokenizer;
    const marker = this.#markers[role];
    const first = list.starts[from] ?? 0;
    const last = list.ends[to - 1] ?? 0;
    const before = marker ? [start, marker] : [start];
    const content = list.pieces.slice(from, to).map((text, index) => ({
      text,
      start: list.starts[from + index] ?? 0,
      end: list.ends[from + index] ?? 0,
    }));
    return {
      ids: [...before.map(({ id }) => id), ...list.ids.slice(from, to), end.id],
      tokens: [
        ...before.map(({ text }) => ({ text, start: first, end: first })),
        ...content,
        { text: end.text, start: last, end: last },
      ],
    };
  }
}

function resolveMarker(
  setting: MarkerSetting | undefined,
  key: string,
  tokenizer: TextTokenizer,
): Marker | undefined {
  if (setting === undefined) return undefined;
  if ('id' in setting) return { id: setting.id, text: `[${key}]` };
  const id = tokenizer.idOf(setting.token);
  if (id !== undefined) return { id, text: setting.token };
  throw new DatabaseError('invalid-argument', {
    message: `the marker ${JSON.stringify(setting.token)} (${key}) is not in tokenizer.json, and onnx_config.json has no ${key}_id`,
  });
}
