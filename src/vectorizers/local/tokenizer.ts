// Tokens of a text with the place in the text that each came from, for the tokenizers of BERT
// (WordPiece), ModernBERT (byte-level BPE) and XLM-R (Unigram). The library makes the tokens of one
// piece of text and gives no offsets; the steps before it are made here, on text that knows its origin.
// The only file that imports the tokenizer library, when the first model is loaded.

import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { DatabaseError } from '../../engine/errors.ts';
import { type AddedToken, AddedTokens, cutSections } from './tokens/added-tokens.ts';
import { AlignedText, type Span } from './tokens/aligned-text.ts';
import { createNormalizer, type Normalizer, type StepConfig } from './tokens/normalizer.ts';
import { createPreTokenizer, type PreTokenizer } from './tokens/pre-tokenizer.ts';
import { type PieceTokens, type UnigramConfig, UnigramModel } from './tokens/unigram.ts';

/** Tokens of one text without the markers around them; the lists are beside each other. */
export interface TokenList {
  readonly ids: readonly number[];
  /** Tokens as the vocabulary writes them, `##` in front of continuations. */
  readonly pieces: readonly string[];
  /** UTF-16 offsets into the text, white space left out; an unknown word has its whole range. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** The parts of a tokenizer.json that count here. */
interface TokenizerFile {
  readonly added_tokens?: readonly AddedToken[];
  readonly normalizer: StepConfig | null;
  readonly pre_tokenizer: StepConfig | null;
  readonly post_processor: StepConfig | null;
  readonly model: {
    readonly type?: string;
    readonly vocab?: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
    readonly continuing_subword_prefix?: string;
  };
}

/** A special token that stands before or after every text. */
interface Marker {
  readonly id: number;
  readonly text: string;
}

/** Makes the tokens of one piece. */
type PieceEncoder = (piece: string) => PieceTokens;

/** Pieces kept with their tokens; natural text repeats most of its words. */
const cachedPiecesMax = 50_000;
/** Longer pieces (data, not language) are not worth a place in the cache. */
const cachedCharactersMax = 40;

/** An encoder of texts made from a model's tokenizer.json. */
export class TextTokenizer {
  readonly #normalise: Normalizer;
  readonly #cut: PreTokenizer;
  readonly #encodePiece: PieceEncoder;
  readonly #asWritten: AddedTokens;
  readonly #normalised: AddedTokens;
  readonly #idOf: (token: string) => number | undefined;
  readonly #known = new Map<string, PieceTokens>();
  /** Stand before and after the tokens of a window. */
  readonly start: Marker;
  readonly end: Marker;

  private constructor(file: TokenizerFile, encoder: PieceEncoder, idOf: Vocabulary) {
    const added = file.added_tokens ?? [];
    const byContent = new Map(added.map((token) => [token.content, token.id]));
    this.#normalise = createNormalizer(file.normalizer);
    this.#cut = createPreTokenizer(file.pre_tokenizer);
    this.#encodePiece = encoder;
    this.#asWritten = AddedTokens.asWritten(added);
    const normalise = (content: string): string => this.#normalise(AlignedText.of(content)).text;
    this.#normalised = AddedTokens.normalised(added, normalise);
    this.#idOf = (token) => byContent.get(token) ?? idOf(token);
    const [start, end] = markersOf(file.post_processor, this.#idOf);
    this.start = start;
    this.end = end;
  }

  /**
   * Makes a tokenizer from the text of a tokenizer.json; its truncation and padding are left out.
   * Throws DatabaseError 'vectorizer-failed' for one that is damaged or of a kind that is not known.
   */
  static async create(json: string): Promise<TextTokenizer> {
    const file = parseFile(json);
    if (file.model.type === 'Unigram' || Array.isArray(file.model.vocab)) {
      const model = new UnigramModel(file.model as unknown as UnigramConfig);
      return new TextTokenizer(
        file,
        (piece) => model.encode(piece),
        (token) => model.idOf(token),
      );
    }
    const { Tokenizer } = await importLibrary();
    try {
      const library = new Tokenizer({ ...file, ...bare }, {});
      const prefix = file.model.type === 'WordPiece' ? continuation(file) : '';
      return new TextTokenizer(file, libraryEncoder(library, prefix), (token) =>
        library.token_to_id(token),
      );
    } catch (cause) {
      if (cause instanceof DatabaseError) throw cause;
      throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  /** Id of a token, added ones too; undefined when the vocabulary does not have it. */
  idOf(token: string): number | undefined {
    return this.#idOf(token);
  }

  /** Tokens of a text, without markers around them. */
  encode(text: string | AlignedText): TokenList {
    const given = typeof text === 'string' ? AlignedText.of(text) : text;
    const list = new TokenListBuilder(given);
    for (const section of cutSections(given, this.#asWritten, this.#normalise, this.#normalised)) {
      if (section.kind === 'token') {
        list.add(section.token.id, section.token.content, section.span);
        continue;
      }
      for (const piece of this.#cut([section.text])) this.#addPiece(piece, list);
    }
    return list;
  }

  #addPiece(piece: AlignedText, list: TokenListBuilder): void {
    if (piece.text === '') return;
    const { ids, texts, lengths } = this.#tokensOf(piece.text);
    let at = 0;
    let span = piece.span(0, 0);
    for (let index = 0; index < ids.length; index += 1) {
      const length = lengths[index] ?? 0;
      // A token that has no place of its own shares that of the one before it.
      if (length > 0) span = piece.span(at, at + length);
      list.add(ids[index] ?? 0, texts[index] ?? '', span);
      at += length;
    }
  }

  #tokensOf(piece: string): PieceTokens {
    const cached = this.#known.get(piece);
    if (cached !== undefined) return cached;
    const tokens = this.#encodePiece(piece);
    if (piece.length <= cachedCharactersMax) {
      if (this.#known.size >= cachedPiecesMax) this.#known.clear();
      this.#known.set(piece, tokens);
    }
    return tokens;
  }
}

type Vocabulary = (token: string) => number | undefined;

class TokenListBuilder implements TokenList {
  readonly ids: number[] = [];
  readonly pieces: string[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly #text: string;

  constructor({ original }: AlignedText) {
    this.#text = original;
  }

  /** Adds a token; white space at either end of its place is left out unless it is all there is. */
  add(id: number, piece: string, { start, end }: Span): void {
    let [from, to] = [start, end];
    while (from < to && isSpace(this.#text.charCodeAt(from))) from += 1;
    while (to > from && isSpace(this.#text.charCodeAt(to - 1))) to -= 1;
    const isBlank = from === to;
    this.ids.push(id);
    this.pieces.push(piece);
    this.starts.push(isBlank ? start : from);
    this.ends.push(isBlank ? end : to);
  }
}

function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13) || unit === 0xa0 || unit === 0x3000;
}

/** Everything around the model is done here. */
const bare = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
} as const;

function continuation(file: TokenizerFile): string {
  return file.model.continuing_subword_prefix ?? '##';
}

interface Encoded {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

/** `prefix` is what the vocabulary writes before a token that continues a word. */
function libraryEncoder(library: Library, prefix: string): PieceEncoder {
  return (piece) => {
    const { ids, tokens }: Encoded = library.encode(piece, { add_special_tokens: false });
    const lengths = tokens.map((token, index) =>
      index > 0 && prefix !== '' && token.startsWith(prefix)
        ? token.length - prefix.length
        : token.length,
    );
    // Unknown, or not written as in the text: the first token has the whole piece, the others share it.
    const isLaidOut = joined(tokens, lengths) === piece;
    return {
      ids,
      texts: tokens,
      lengths: isLaidOut ? lengths : lengths.map((_, index) => (index === 0 ? piece.length : 0)),
    };
  };
}

function joined(tokens: readonly string[], lengths: readonly number[]): string {
  return tokens.map((token, index) => token.slice(token.length - (lengths[index] ?? 0))).join('');
}

/** What a post-processor puts around a text: one special token before and one after it. */
function markersOf(
  config: StepConfig | null,
  idOf: (token: string) => number | undefined,
): readonly [Marker, Marker] {
  const around = config === null ? undefined : aroundText(config, idOf);
  if (around === undefined) {
    throw new DatabaseError('vectorizer-failed', {
      message:
        'the tokenizer puts no markers around a text; expected one before and one after it, as BERT has',
    });
  }
  return around;
}

function aroundText(
  config: StepConfig,
  idOf: (token: string) => number | undefined,
): readonly [Marker, Marker] | undefined {
  const marker = (text: string | undefined, id: number | undefined): Marker | undefined =>
    text === undefined || id === undefined ? undefined : { id, text };
  const pair = (start?: Marker, end?: Marker): readonly [Marker, Marker] | undefined =>
    start && end ? [start, end] : undefined;
  switch (config.type) {
    case 'Sequence': {
      const steps = config['processors'] as readonly StepConfig[];
      return steps.map((step) => aroundText(step, idOf)).find((found) => found !== undefined);
    }
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const [start, end] = [config['cls'], config['sep']] as readonly (readonly [string, number])[];
      return pair(marker(start?.[0], start?.[1]), marker(end?.[0], end?.[1]));
    }
    case 'TemplateProcessing': {
      const items = config['single'] as readonly Record<string, { readonly id: string }>[];
      if (items.length !== 3 || items[1]?.['Sequence'] === undefined) return undefined;
      const known = config['special_tokens'] as Readonly<
        Record<string, { readonly ids: readonly number[] }>
      >;
      const [start, , end] = items.map((item) => {
        const name = item['SpecialToken']?.id;
        return marker(name, name === undefined ? undefined : (known[name]?.ids[0] ?? idOf(name)));
      });
      return pair(start, end);
    }
    default:
      return undefined;
  }
}

function parseFile(json: string): TokenizerFile {
  let file: unknown;
  try {
    file = JSON.parse(json);
  } catch (cause) {
    throw damaged('it is not JSON', cause);
  }
  const model = (file as Partial<TokenizerFile> | null)?.model;
  if (typeof model !== 'object' || model === null || model.vocab === undefined) {
    throw damaged('it has no model with a vocabulary', undefined);
  }
  const steps = { normalizer: null, pre_tokenizer: null, post_processor: null };
  return { ...steps, ...(file as Partial<TokenizerFile>), model };
}

function damaged(reason: string, cause: unknown): DatabaseError {
  const message = `tokenizer.json cannot be used: ${reason}`;
  return new DatabaseError('vectorizer-failed', { message }, { cause });
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
