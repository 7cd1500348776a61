// Writes a model small enough for tests, in the form of the real ones: a WordPiece tokenizer of a few
// words and an ONNX graph that looks a token's vector up in a table.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

// ONNX is protobuf; these few lines write the messages of one graph with one Gather node.

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function field(number: number, value: number | string | Uint8Array): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([
    Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]),
    bytes,
  ]);
}

const floatType = 1;
const int64Type = 7;

function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function tensorInfo(name: string, type: number, dimNames: readonly string[]): Buffer {
  const dims = dimNames.map((dim) => field(1, message(field(2, dim))));
  const tensor = message(field(1, type), field(2, message(...dims)));
  return message(field(1, name), field(2, message(field(1, tensor))));
}

function model(): Buffer {
  const table = Float32Array.from(tinyWords.flatMap((_, id) => tinyState(id)));
  const initializer = message(
    field(1, tinyWords.length),
    field(1, tinyDims),
    field(2, floatType),
    field(8, 'table'),
    field(9, new Uint8Array(table.buffer)),
  );
  const node = message(
    field(1, 'table'),
    field(1, 'input_ids'),
    field(2, 'last_hidden_state'),
    field(4, 'Gather'),
  );
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) =>
    field(11, tensorInfo(name, int64Type, ['batch', 'sequence'])),
  );
  const output = tensorInfo('last_hidden_state', floatType, ['batch', 'sequence', 'width']);
  const graph = message(
    field(1, node),
    field(2, 'tiny'),
    field(5, initializer),
    ...inputs,
    field(12, output),
  );
  const operators = message(field(1, ''), field(2, 13));
  return message(field(1, 8), field(7, graph), field(8, operators));
}
