// Writes a model small enough for tests, in the form of the real ones: a WordPiece tokenizer of a few
// words and an ONNX graph that looks a token's vector up in a table.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onnxModel } from './onnx-writer.ts';

/** Words of the tiny vocabulary; everything else is unknown. */
export const tinyWords = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'red', 'fox', 'blue', 'whale', '##s'];
export const tinyDims = 3;

/** State of a token before it is made unit length. */
export function tinyState(id: number): readonly number[] {
  return [id + 1, id * id + 2, (id % 3) + 1];
}

/** Writes model.onnx and tokenizer.json into a directory. */
export async function writeTinyModel(directory: string): Promise<void> {
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer()));
  await writeFile(join(directory, 'model.onnx'), model());
}

/** Words of the tiny model in a folder: those above, the mask, two markers and punctuation. */
export const tinyFolderWords: readonly string[] = [
  ...tinyWords,
  ...['[MASK]', '[Q] ', '[D] ', '.', ','],
];

/** What the onnx_config.json of the tiny folder says unless told otherwise. */
export const tinyConfig = {
  model_type: 'ColBERT',
  uses_token_type_ids: true,
  query_prefix: '[Q] ',
  document_prefix: '[D] ',
  query_length: 8,
  document_length: 8,
  do_query_expansion: true,
  attend_to_expansion_tokens: false,
  skiplist_words: ['.', ','],
  embedding_dim: tinyDims,
  mask_token_id: tinyFolderWords.indexOf('[MASK]'),
  pad_token_id: 0,
  do_lower_case: false,
} as const;

export interface TinyFolderOptions {
  /** Changes of onnx_config.json; a key of undefined is left out. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Model files; the state of a token is one more in model_int8.onnx. */
  readonly models?: readonly ('model.onnx' | 'model_int8.onnx')[];
  /** Brings the vectors to unit length inside the graph. */
  readonly isNormalised?: boolean;
  /** Leaves the input token_type_ids out, as ModernBERT does. */
  readonly withoutTypes?: boolean;
}

/**
 * Writes a model in the layout of exported ones. The state of a token is tinyState, one more in every
 * component when it is attended to.
 */
export async function writeTinyFolder(
  directory: string,
  { config = {}, models = ['model.onnx'], ...graph }: TinyFolderOptions = {},
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const added = ['[MASK]', '[Q] ', '[D] '];
  await writeFile(
    join(directory, 'tokenizer.json'),
    JSON.stringify(tokenizer(tinyFolderWords, added)),
  );
  await writeFile(
    join(directory, 'onnx_config.json'),
    JSON.stringify({ ...tinyConfig, ...config }),
  );
  for (const name of models) {
    const offset = name === 'model_int8.onnx' ? 1 : 0;
    await writeFile(join(directory, name), folderModel(offset, graph));
  }
}

function folderModel(
  offset: number,
  { isNormalised, withoutTypes }: Pick<TinyFolderOptions, 'isNormalised' | 'withoutTypes'>,
): Buffer {
  const table = tinyFolderWords.flatMap((_, id) => tinyState(id).map((value) => value + offset));
  const shape = ['batch', 'sequence'];
  const inputs = ['input_ids', 'attention_mask', ...(withoutTypes ? [] : ['token_type_ids'])];
  const sum = isNormalised ? 'sum' : 'embeddings';
  return onnxModel({
    nodes: [
      { operator: 'Gather', inputs: ['table', 'input_ids'], outputs: ['states'] },
      {
        operator: 'Cast',
        inputs: ['attention_mask'],
        outputs: ['seen'],
        attributes: { to: 1 },
      },
      { operator: 'Unsqueeze', inputs: ['seen', 'last'], outputs: ['column'] },
      { operator: 'Add', inputs: ['states', 'column'], outputs: [sum] },
      ...(isNormalised
        ? [
            {
              operator: 'LpNormalization',
              inputs: [sum],
              outputs: ['embeddings'],
              attributes: { axis: -1, p: 2 },
            },
          ]
        : []),
    ],
    constants: [
      {
        name: 'table',
        shape: [tinyFolderWords.length, tinyDims],
        data: Float32Array.from(table),
      },
      { name: 'last', shape: [1], data: BigInt64Array.of(-1n) },
    ],
    inputs: inputs.map((name) => ({ name, type: 'int64', shape })),
    outputs: [{ name: 'embeddings', type: 'float32', shape: [...shape, 'width'] }],
  });
}

function tokenizer(words: readonly string[] = tinyWords, added: readonly string[] = []): unknown {
  const special = (content: string): unknown => ({
    id: words.indexOf(content),
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const marker = (id: string): unknown => ({ SpecialToken: { id, type_id: 0 } });
  const ids = (id: string): unknown => ({ id, ids: [words.indexOf(id)], tokens: [id] });
  return {
    version: '1.0',
    truncation: { max_length: 4, strategy: 'LongestFirst', stride: 0 },
    padding: { strategy: { Fixed: 8 }, pad_id: 0, pad_token: '[PAD]' },
    added_tokens: [...words.slice(0, 4), ...added].map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [marker('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, marker('[SEP]')],
      pair: [],
      special_tokens: { '[CLS]': ids('[CLS]'), '[SEP]': ids('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
}

/** A graph that looks the state of each token up in a table, with the inputs and output of the real one. */
function model(): Buffer {
  const data = Float32Array.from(tinyWords.flatMap((_, id) => tinyState(id)));
  const shape = ['batch', 'sequence'];
  return onnxModel({
    nodes: [{ operator: 'Gather', inputs: ['table', 'input_ids'], outputs: ['last_hidden_state'] }],
    constants: [{ name: 'table', shape: [tinyWords.length, tinyDims], data }],
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({
      name,
      type: 'int64',
      shape,
    })),
    outputs: [{ name: 'last_hidden_state', type: 'float32', shape: [...shape, 'width'] }],
  });
}
