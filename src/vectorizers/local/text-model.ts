// A late-interaction text model: texts to unit-length token vectors with the tokens they stand for.
// Runs on the calling thread; the server calls it in worker processes (token-encoder.ts).

import { readFile } from 'node:fs/promises';
import { DatabaseError } from '../../engine/errors.ts';
import { objectTokenVectorsMax } from '../../engine/limits.ts';
import type { TextModelFiles } from './model-folder.ts';
import type { TextModelSettings } from './model-settings.ts';
import { type OnnxOutput, OnnxSession } from './onnx-session.ts';
import { type Sequence, TextPlanner, type TextRole, type TextToken } from './text-plan.ts';
import { TextTokenizer } from './tokenizer.ts';
import { AlignedText } from './tokens/aligned-text.ts';
import { lowerCase, trimmed } from './tokens/normalizer.ts';
import { batchByLength } from './windows.ts';

export type { TextRole, TextToken };

/**
 * What is made of a text: a vector for each token; or one vector, the mean of the states of all tokens or
 * the state of the first.
 */
export type EncodeForm = 'tokens' | 'mean' | 'first';

/**
 * One text's token vectors, `[tokens × dims]`, each of unit length, and its tokens beside them. Where one
 * vector was asked for it is the only row, and no tokens stand beside it.
 */
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
  readonly files: TextModelFiles;
  readonly threads: number;
}

/** What is known of a model once it has run. */
export interface TextModelFacts {
  readonly dims: number;
  /** Whether the model file brings its vectors to unit length itself; else it is done here. */
  readonly isNormalised: boolean;
}

export interface EncodeTextsOptions {
  /** Waited for each time the model is about to run: the place to let shorter work go first. */
  readonly beforeBatch?: (() => Promise<void>) | undefined;
  /** `tokens` unless told otherwise. */
  readonly form?: EncodeForm;
}

/** Tokens that go through the model at once: enough to speed up short texts, little enough to wait for. */
const batchTokensMax = 128;
const unitTolerance = 1e-3;
/** Inputs that can be given, and outputs by preference. */
const knownInputs: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids'];
const knownOutputs: readonly string[] = ['embeddings', 'output', 'last_hidden_state', 'contextual'];

interface Planned {
  readonly text: number;
  /** Where its first vector goes among the text's vectors. */
  readonly row: number;
  readonly sequence: Sequence;
}

export class TextModel {
  readonly #settings: TextModelSettings;
  readonly #tokenizer: TextTokenizer;
  readonly #planner: TextPlanner;
  readonly #session: OnnxSession;
  readonly #output: string;
  #isNormalised = true;

  private constructor(settings: TextModelSettings, tokenizer: TextTokenizer, session: OnnxSession) {
    this.#settings = settings;
    this.#tokenizer = tokenizer;
    this.#planner = new TextPlanner(settings, tokenizer);
    this.#session = session;
    this.#output = outputOf(session);
  }

  /**
   * Loads a model and runs it once. Throws DatabaseError 'vectorizer-failed' when a file can't be read,
   * an optional package is missing or the model is not one of this kind, and 'invalid-argument' when it
   * is another one than its settings say.
   */
  static async open({ files, threads }: TextModelOptions): Promise<TextModel> {
    const tokenizer = await TextTokenizer.create(await readFile(files.tokenizer, 'utf8'));
    const session = await OnnxSession.open(files.model, { threads });
    try {
      const model = new TextModel(files.settings, tokenizer, session);
      const states = await model.#run(model.#planner.plan(tokenizer.encode(''), 'document'));
      model.#isNormalised = isUnitLength(states);
      return model;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get facts(): TextModelFacts {
    return { dims: this.#settings.dims, isNormalised: this.#isNormalised };
  }

  /** One result beside each text: a text with too many tokens fails alone. */
  async encode(
    texts: readonly string[],
    role: TextRole,
    { beforeBatch, form = 'tokens' }: EncodeTextsOptions = {},
  ): Promise<readonly EncodeResult[]> {
    const { dims } = this.#settings;
    const plans = texts.map((text) => this.#planner.plan(this.#tokens(text), role));
    const counts = plans.map((plan) => plan.reduce((sum, { kept }) => sum + kept.length, 0));
    const planned = plans.flatMap((plan, text) =>
      (counts[text] ?? 0) > objectTokenVectorsMax ? [] : placeRows(plan, text),
    );
    const sums = form === 'tokens' ? undefined : texts.map(() => new Float64Array(dims));
    const vectors: Float32Array[] = [];
    const lengths = planned.map(({ sequence }) => sequence.ids.length);
    for (const indexes of batchByLength(lengths, batchTokensMax)) {
      await beforeBatch?.();
      const batch = indexes.map((index) => planned[index] as Planned);
      const { data } = await this.#run(batch.map(({ sequence }) => sequence));
      for (const [index, { text, row, sequence }] of batch.entries()) {
        const sum = sums?.[text];
        if (sum !== undefined) {
          const rows = form === 'mean' ? sequence.real : Number(row === 0);
          addRows(sum, data, { from: index * sequence.ids.length, rows });
          continue;
        }
        vectors[text] ??= new Float32Array((counts[text] ?? 0) * dims);
        for (const [offset, kept] of sequence.kept.entries()) {
          const from = (index * sequence.ids.length + kept) * dims;
          vectors[text].set(data.subarray(from, from + dims), (row + offset) * dims);
        }
      }
    }
    return plans.map((plan, text) => {
      const sum = sums?.[text];
      if (sum !== undefined && (counts[text] ?? 0) <= objectTokenVectorsMax) return pooled(sum);
      const found = vectors[text];
      return found === undefined ? tooLong(counts[text] ?? 0) : finish(found, plan, dims);
    });
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  #tokens(text: string): ReturnType<TextTokenizer['encode']> {
    const { isTrimmed, isLowerCased } = this.#settings;
    let given = AlignedText.of(text);
    if (isTrimmed) given = trimmed(given);
    if (isLowerCased) given = lowerCase(given);
    return this.#tokenizer.encode(given);
  }

  /** States of sequences that are equally long, `[sequences × length × dims]`. */
  async #run(sequences: readonly Sequence[]): Promise<OnnxOutput> {
    const length = sequences[0]?.ids.length ?? 0;
    const shape = [sequences.length, length];
    const attention = new BigInt64Array(sequences.length * length);
    for (const [index, { attended }] of sequences.entries()) {
      attention.fill(1n, index * length, index * length + attended);
    }
    const tensors = {
      input_ids: {
        shape,
        data: BigInt64Array.from(
          sequences.flatMap(({ ids }) => ids),
          BigInt,
        ),
      },
      attention_mask: { shape, data: attention },
      token_type_ids: { shape, data: new BigInt64Array(attention.length) },
    };
    const wanted = Object.entries(tensors).filter(([name]) =>
      this.#session.inputNames.includes(name),
    );
    const states = await this.#session.run(Object.fromEntries(wanted), this.#output);
    const { dims } = this.#settings;
    const [count, tokens, width] = states.shape;
    if (states.shape.length !== 3 || count !== sequences.length || tokens !== length) {
      throw new DatabaseError('vectorizer-failed', {
        message: `the model's output ${this.#output} has the shape ${states.shape.join(' × ')}, expected ${shape.join(' × ')} × ${dims}`,
      });
    }
    if (width !== dims) {
      throw new DatabaseError('invalid-argument', {
        message: `the model gives vectors of ${width} numbers, its settings say ${dims} (embedding_dim)`,
      });
    }
    return states;
  }
}

function outputOf({ inputNames, outputNames }: OnnxSession): string {
  const unknown = inputNames.filter((name) => !knownInputs.includes(name));
  const output = knownOutputs.find((name) => outputNames.includes(name)) ?? outputNames[0];
  if (unknown.length > 0 || !inputNames.includes('input_ids') || output === undefined) {
    throw new DatabaseError('vectorizer-failed', {
      message: `the model is no text encoder: its inputs are ${inputNames.join(', ')}, expected ${knownInputs.join(', ')}`,
    });
  }
  return output;
}

function placeRows(plan: readonly Sequence[], text: number): readonly Planned[] {
  let row = 0;
  return plan.map((sequence) => {
    const placed = { text, row, sequence };
    row += sequence.kept.length;
    return placed;
  });
}

function tooLong(count: number): EncodeResult {
  const message = `the text has ${count} tokens, the maximum is ${objectTokenVectorsMax}`;
  return { kind: 'failed', message };
}

/**
 * Unit lengths, and the tokens beside the vectors. Some models give no vector to tokens that are not
 * attended to: those that only fill a query up are left out then, which changes no score.
 */
function finish(values: Float32Array, plan: readonly Sequence[], dims: number): EncodeResult {
  const kept: TextToken[] = [];
  let row = 0;
  for (const { tokens, expansionFrom } of plan) {
    for (const [index, token] of tokens.entries()) {
      const from = row * dims;
      const length = rowLength(values, from, dims);
      row += 1;
      if (length === 0 && index >= expansionFrom) continue;
      if (!Number.isFinite(1 / length)) {
        const message = 'the model gave a token vector without a direction';
        return { kind: 'failed', message };
      }
      const to = kept.length * dims;
      for (let at = 0; at < dims; at += 1) values[to + at] = (values[from + at] as number) / length;
      kept.push(token);
    }
  }
  const vectors = kept.length === row ? values : values.slice(0, kept.length * dims);
  return { kind: 'encoded', dims, vectors, tokens: kept };
}

function addRows(
  sum: Float64Array,
  data: Float32Array,
  { from, rows }: { readonly from: number; readonly rows: number },
): void {
  const dims = sum.length;
  for (let row = from; row < from + rows; row += 1) {
    for (let at = 0; at < dims; at += 1) {
      sum[at] = (sum[at] as number) + (data[row * dims + at] as number);
    }
  }
}

/** A sum of states at unit length, which makes it the mean's direction. */
function pooled(sum: Float64Array): EncodeResult {
  const length = Math.hypot(...sum);
  if (!Number.isFinite(1 / length)) {
    return { kind: 'failed', message: 'the model gave a vector without a direction' };
  }
  const vectors = Float32Array.from(sum, (value) => value / length);
  return { kind: 'encoded', dims: sum.length, vectors, tokens: [] };
}

function rowLength(values: Float32Array, from: number, dims: number): number {
  let squares = 0;
  for (let index = from; index < from + dims; index += 1) squares += (values[index] as number) ** 2;
  return Math.sqrt(squares);
}

function isUnitLength({ data, shape }: OnnxOutput): boolean {
  const dims = shape[2] ?? 1;
  for (let from = 0; from < data.length; from += dims) {
    if (Math.abs(rowLength(data, from, dims) - 1) > unitTolerance) return false;
  }
  return true;
}
