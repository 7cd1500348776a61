// What a late-interaction text model wants done around it: markers, lengths, query expansion, skipped
// words. Read from the onnx_config.json of an exported model; keys that are missing have the defaults
// of that layout.

import { DatabaseError } from '../../engine/errors.ts';

/** What happens to a text with more tokens than go through the model at once. */
export const longTextWays = ['windows', 'truncate'] as const;
export type LongText = (typeof longTextWays)[number];

/** Stands after the opening special token: an id, or a token that the tokenizer knows. */
export type MarkerSetting = { readonly id: number } | { readonly token: string };

interface SideSettings {
  readonly marker?: MarkerSetting;
  /** Tokens that go through the model at once, special tokens and marker included. */
  readonly length: number;
  readonly longText: LongText;
}

/** Plain data: sent to the worker. */
export interface TextModelSettings {
  /** Width of a token vector. */
  readonly dims: number;
  readonly isTrimmed: boolean;
  readonly isLowerCased: boolean;
  readonly query: SideSettings & {
    /** Queries are filled up to their length with this token; unattended ones see and are not seen. */
    readonly expansion?: { readonly id: number; readonly isAttended: boolean };
  };
  readonly document: SideSettings & {
    /** Tokens of documents whose vectors are left out. */
    readonly skipped: readonly string[];
  };
}

/** Two special tokens, the marker and one token of the text. */
const lengthMin = 4;
const lengthMax = 65_536;
const dimsMax = 65_536;

/**
 * The settings that the value of an onnx_config.json stands for; `source` names it in messages. Throws
 * DatabaseError 'invalid-argument' for a key with a wrong value, naming key, value and what is allowed.
 */
export function readModelSettings(
  config: unknown,
  source: string,
  longText: LongText,
): TextModelSettings {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw refused(source, 'it is not an object');
  }
  const read = new KeyReader(config as Readonly<Record<string, unknown>>, source);
  const expansionId = read.count('mask_token_id', 103, [0, 2 ** 31]);
  const isAttended = read.flag('attend_to_expansion_tokens', false);
  const isExpanding = read.flag('do_query_expansion', true);
  // Followed by the model file itself, but a wrong value would mean a damaged folder.
  read.flag('uses_token_type_ids', true);
  read.count('pad_token_id', 0, [0, 2 ** 31]);
  return {
    dims: read.count('embedding_dim', 128, [1, dimsMax]),
    isTrimmed: true,
    isLowerCased: read.flag('do_lower_case', false),
    query: {
      marker: read.marker('query_prefix', '[Q] '),
      length: read.count('query_length', 48, [lengthMin, lengthMax]),
      longText: 'truncate',
      ...(isExpanding ? { expansion: { id: expansionId, isAttended } } : {}),
    },
    document: {
      marker: read.marker('document_prefix', '[D] '),
      length: read.count('document_length', 300, [lengthMin, lengthMax]),
      longText,
      skipped: read.words('skiplist_words'),
    },
  };
}

class KeyReader {
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #source: string;

  constructor(config: Readonly<Record<string, unknown>>, source: string) {
    this.#config = config;
    this.#source = source;
  }

  count(key: string, fallback: number, [min, max]: readonly [number, number]): number {
    const value = this.#config[key] ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    throw this.#wrong(key, `a whole number from ${min} to ${max}`);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#config[key] ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.#wrong(key, 'true or false');
  }

  words(key: string): readonly string[] {
    const value = this.#config[key] ?? [];
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
    throw this.#wrong(key, 'a list of texts');
  }

  /** The id where the file has one, else the token. */
  marker(key: string, fallback: string): MarkerSetting {
    const value = this.#config[key] ?? fallback;
    if (typeof value !== 'string' || value === '') throw this.#wrong(key, 'a text');
    if ((this.#config[`${key}_id`] ?? null) === null) return { token: value };
    return { id: this.count(`${key}_id`, 0, [0, 2 ** 31]) };
  }

  #wrong(key: string, allowed: string): DatabaseError {
    const value = JSON.stringify(this.#config[key]);
    return refused(this.#source, `${key} is ${value}, expected ${allowed}`);
  }
}

function refused(source: string, problem: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message: `${source}: ${problem}` });
}
