// Writes a model small enough for tests, in the form of the real ones: a WordPiece tokenizer of a few
// words and an ONNX graph that looks a token's vector up in a table.

import { writeFile } from 'node:fs/promises';
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

function tokenizer(): unknown {
  const special = (content: string): unknown => ({
    id: tinyWords.indexOf(content),
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const marker = (id: string): unknown => ({ SpecialToken: { id, type_id: 0 } });
  const ids = (id: string): unknown => ({ id, ids: [tinyWords.indexOf(id)], tokens: [id] });
  return {
    version: '1.0',
    truncation: { max_length: 4, strategy: 'LongestFirst', stride: 0 },
    padding: { strategy: { Fixed: 8 }, pad_id: 0, pad_token: '[PAD]' },
    added_tokens: tinyWords.slice(0, 4).map(special),
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
      vocab: Object.fromEntries(tinyWords.map((word, id) => [word, id])),
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
