// A late-interaction text model: texts to unit-length token vectors with the tokens they stand for.
// Runs on the calling thread; the server calls it in a worker (token-encoder.ts).

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseError } from '../../engine/errors.ts';
import { objectTokenVectorsMax } from '../../engine/limits.ts';
import { OnnxSession } from './onnx-session.ts';
import { TextTokenizer, type TokenList } from './tokenizer.ts';
import { batchWindows, cutWindows, vectorCount, type Window } from './windows.ts';

/** What owns one token vector: a word piece and its place in the text (UTF-16 offsets). */
export interface TextToken {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One text's token vectors, `[tokens × dims]`, each of unit length, and its tokens beside them. */
export interface EncodedText {
  readonly dims: number;
  readonly vectors: Float32Array;
  readonly tokens: readonly TextToken[];
}

/** Result for one text. */
export type EncodeResult =
  | ({ readonly kind: 'encoded' } & EncodedText)
  | { readonly kind: 'failed'; readonly message: string };

export interface TextModelOptions {
  /** Holds model.onnx and tokenizer.json. */
  readonly directory: string;
  readonly threads: number;
  /** Tokens of a window without its two markers. */
  readonly windowTokens: number;
}

/** Tokens that go through the model at once: enough to speed up short texts, little enough to wait for. */
const batchTokensMax = 128;

export class TextModel {
  readonly #tokenizer: TextTokenizer;
  readonly #session: OnnxSession;
  readonly #windowTokens: number;

  private constructor(tokenizer: TextTokenizer, session: OnnxSession, windowTokens: number) {
    this.#tokenizer = tokenizer;
    this.#session = session;
    this.#windowTokens = windowTokens;
  }

  /** Throws DatabaseError 'vectorizer-failed' when a file or an optional package is missing. */
  static async open(options: TextModelOptions): Promise<TextModel> {
    const json = await readFile(join(options.directory, 'tokenizer.json'), 'utf8');
    const tokenizer = await TextTokenizer.create(json);
    const session = await OnnxSession.open(join(options.directory, 'model.onnx'), {
      threads: options.threads,
    });
    return new TextModel(tokenizer, session, options.windowTokens);
  }

  /**
   * One result beside each text: a text with too many tokens fails alone. `beforeBatch` is waited for
   * each time the model is about to run: the place to let shorter work go first.
   */
  async encode(
    texts: readonly string[],
    beforeBatch: () => Promise<void> = async () => {},
  ): Promise<readonly EncodeResult[]> {
    const lists = texts.map((text) => this.#tokenizer.encode(text));
    const fitting = lists.map((list) => this.#vectorCount(list) <= objectTokenVectorsMax);
    const windows = cutWindows(
      lists.map((list) => list.ids.length),
      this.#windowTokens,
    ).filter((window) => fitting[window.text]);
    const vectors: Float32Array[] = [];
    let dims = 0;
    for (const batch of batchWindows(windows, batchTokensMax)) {
      await beforeBatch();
      const states = await this.#runBatch(batch, lists);
      dims = states.dims;
      for (const [index, window] of batch.entries()) {
        const list = lists[window.text] as TokenList;
        vectors[window.text] ??= new Float32Array(this.#vectorCount(list) * dims);
        const length = (window.to - window.from + 2) * dims;
        const rows = states.values.subarray(index * length, (index + 1) * length);
        vectors[window.text]?.set(rows, window.row * dims);
      }
    }
    return lists.map((list, index) => {
      const found = vectors[index];
      if (found === undefined) return tooLong(this.#vectorCount(list));
      normaliseRows(found, dims);
      return { kind: 'encoded', dims, vectors: found, tokens: this.#tokens(list) };
    });
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  #vectorCount(list: TokenList): number {
    return vectorCount(list.ids.length, this.#windowTokens);
  }

  async #runBatch(
    batch: readonly Window[],
    lists: readonly TokenList[],
  ): Promise<{ readonly values: Float32Array; readonly dims: number }> {
    const { start, end } = this.#tokenizer;
    const ids = batch.flatMap((window) => [
      start.id,
      ...(lists[window.text]?.ids.slice(window.from, window.to) ?? []),
      end.id,
    ]);
    const shape = [batch.length, ids.length / batch.length];
    const states = await this.#session.run(
      {
        input_ids: { shape, data: BigInt64Array.from(ids, BigInt) },
        attention_mask: { shape, data: new BigInt64Array(ids.length).fill(1n) },
        token_type_ids: { shape, data: new BigInt64Array(ids.length) },
      },
      'last_hidden_state',
    );
    return { values: states.data, dims: states.data.length / ids.length };
  }

  /** Tokens in the order of the vectors: every window has its two markers, which own no text. */
  #tokens(list: TokenList): readonly TextToken[] {
    return cutWindows([list.ids.length], this.#windowTokens).flatMap(({ from, to }) => {
      const start = list.starts[from] ?? 0;
      const end = list.ends[to - 1] ?? 0;
      const content = list.pieces.slice(from, to).map((text, index) => ({
        text,
        start: list.starts[from + index] ?? 0,
        end: list.ends[from + index] ?? 0,
      }));
      return [{ text: '[CLS]', start, end: start }, ...content, { text: '[SEP]', start: end, end }];
    });
  }
}

function tooLong(count: number): EncodeResult {
  const message = `the text has ${count} tokens, the maximum is ${objectTokenVectorsMax}`;
  return { kind: 'failed', message };
}

function normaliseRows(values: Float32Array, dims: number): void {
  for (let offset = 0; offset < values.length; offset += dims) {
    let squares = 0;
    for (let index = offset; index < offset + dims; index += 1) {
      squares += (values[index] as number) ** 2;
    }
    const scale = 1 / Math.sqrt(squares);
    if (!Number.isFinite(scale)) {
      throw new DatabaseError('vectorizer-failed', {
        message: 'the model gave a token vector without a direction',
      });
    }
    for (let index = offset; index < offset + dims; index += 1) {
      values[index] = (values[index] as number) * scale;
    }
  }
}
