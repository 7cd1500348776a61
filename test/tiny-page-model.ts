// Writes a page model small enough for tests, with the files and the signature of ColModernVBERT: image
// tokens see the mean colour of their 64-pixel block, and words for colours point the same way. It knows
// nothing else: what it finds shows the path from page to box, not the quality of a model.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxModel } from './onnx-writer.ts';

export const tinyPageDims = 128;

/** Colours that the tiny model has words for, as bytes of red, green and blue. */
export const tinyColours = {
  red: [255, 0, 0],
  green: [0, 255, 0],
  blue: [0, 0, 255],
  white: [255, 255, 255],
  cyan: [0, 255, 255],
  magenta: [255, 0, 255],
  yellow: [255, 255, 0],
  black: [0, 0, 0],
} as const;

/** Words that mean a colour to the tiny model, so that a query in words can find a page. */
const colourWords: Readonly<Record<string, keyof typeof tinyColours>> = {
  holiday: 'yellow',
  film: 'cyan',
  tax: 'black',
};
const aliasIdFirst = 1_020;

/** Ids of the model's real tokenizer, as published; the tiny one has them too. */
const specialIds: Readonly<Record<string, number>> = {
  '[CLS]': 50281,
  '[SEP]': 50282,
  '<global-img>': 50368,
  '<end_of_utterance>': 50405,
  '<fake_token_around_image>': 50406,
  '<image>': 50407,
};
const rowsAndColsMax = 6;
/** In the order in which their characters are joined, where no whole word is one. */
const pieceIds: Readonly<Record<string, number>> = {
  ribe: 19268,
  begin: 2043,
  of: 1171,
  text: 1156,
  '|>': 49651,
  User: 6989,
  ĊĊ: 535,
  Desc: 4476,
  Ġthe: 253,
  Ġimage: 2460,
  Ass: 6717,
  istant: 5567,
};

/** Ids of the colours' words: at the start of a text and after a blank. */
export function tinyWordIds(colour: keyof typeof tinyColours): readonly [number, number] {
  const first = 1_000 + 2 * Object.keys(tinyColours).indexOf(colour);
  return [first, first + 1];
}

/** Rows of the table of text vectors; ids share them by their remainder. */
const tableRows = 1_024;

/** A new directory below the system's one for such, with the tiny model in it. */
export async function tinyPageFolder(
  options: { readonly longestEdge?: number } = {},
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tesserae-page-model-'));
  await writeTinyPageModel(directory, options);
  return directory;
}

/** Writes every file that a folder of the real model has; `longestEdge` is 2048 unless told otherwise. */
export async function writeTinyPageModel(
  directory: string,
  options: { readonly longestEdge?: number } = {},
): Promise<void> {
  const json = (file: string, content: unknown): Promise<void> =>
    writeFile(join(directory, file), JSON.stringify(content));
  await json('tokenizer.json', tokenizer());
  await json('config.json', { vision_config: { image_size: 512 } });
  await json('processor_config.json', { image_seq_len: 64 });
  await json('preprocessor_config.json', {
    image_processor_type: 'Idefics3ImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { longest_edge: options.longestEdge ?? 2048 },
    do_image_splitting: true,
    max_image_size: { longest_edge: 512 },
    resample: 1,
    do_rescale: true,
    rescale_factor: 0.00392156862745098,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    do_pad: true,
  });
  await writeFile(join(directory, 'model.onnx'), model());
}

/** Byte-level BPE with the published ids of single characters, the prompt's pieces and the colours. */
function tokenizer(): unknown {
  const vocabulary = new Map<string, number>();
  for (const [index, character] of byteAlphabet().entries()) vocabulary.set(character, index + 2);
  const merges: [string, string][] = [];
  let nextId = 2_000_000;
  const addPiece = (piece: string, id: number): void => {
    for (let length = 2; length <= piece.length; length += 1) {
      const [start, end] = [piece.slice(0, length - 1), piece.slice(length - 1, length)];
      const isWhole = length === piece.length;
      if (!vocabulary.has(start + end)) merges.push([start, end]);
      if (isWhole) vocabulary.set(piece, id);
      else if (!vocabulary.has(start + end)) vocabulary.set(start + end, nextId++);
    }
  };
  for (const [piece, id] of Object.entries(pieceIds)) addPiece(piece, id);
  for (const colour of Object.keys(tinyColours) as (keyof typeof tinyColours)[]) {
    const [atStart, afterBlank] = tinyWordIds(colour);
    vocabulary.set(colour, atStart);
    vocabulary.set(`Ġ${colour}`, afterBlank);
  }
  for (const [index, word] of Object.keys(colourWords).entries()) {
    vocabulary.set(word, aliasIdFirst + 2 * index);
    vocabulary.set(`Ġ${word}`, aliasIdFirst + 2 * index + 1);
  }
  const special = Object.entries({ ...specialIds, ...rowMarkers() }).map(([content, id]) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const marker = (id: string): unknown => ({ SpecialToken: { id, type_id: 0 } });
  const ids = (id: string): unknown => ({ id, ids: [specialIds[id]], tokens: [id] });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  return {
    version: '1.0',
    truncation: { max_length: 8, strategy: 'LongestFirst', stride: 0 },
    padding: null,
    added_tokens: special,
    normalizer: { type: 'NFC' },
    pre_tokenizer: { ...byteLevel, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [marker('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, marker('[SEP]')],
      pair: [],
      special_tokens: { '[CLS]': ids('[CLS]'), '[SEP]': ids('[SEP]') },
    },
    decoder: { ...byteLevel, use_regex: true },
    model: { type: 'BPE', ignore_merges: true, vocab: Object.fromEntries(vocabulary), merges },
  };
}

function rowMarkers(): Readonly<Record<string, number>> {
  const markers: Record<string, number> = {};
  for (let row = 1; row <= rowsAndColsMax; row += 1) {
    for (let col = 1; col <= rowsAndColsMax; col += 1) {
      markers[`<row_${row}_col_${col}>`] = 50369 + rowsAndColsMax * (row - 1) + (col - 1);
    }
  }
  return markers;
}

/** The characters that byte-level BPE writes for bytes, without bytes that UTF-8 never has. */
function byteAlphabet(): readonly string[] {
  const isPrintable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const isInText = (byte: number): boolean => byte < 0xf5 && byte !== 0xc0 && byte !== 0xc1;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !isPrintable(byte));
  return [
    ...bytes
      .filter((byte) => isPrintable(byte) && isInText(byte))
      .map((b) => String.fromCharCode(b)),
    ...others.map((_, index) => String.fromCharCode(256 + index)),
  ];
}

/** A colour's direction in the first three dims, each channel from -1 to 1. */
function colourVector(rgb: readonly number[]): Float32Array {
  const vector = new Float32Array(tinyPageDims);
  for (const [channel, byte] of rgb.entries()) vector[channel] = byte / 127.5 - 1;
  return vector;
}

/** Vectors of text tokens: colours as their blocks, everything else apart from them. */
function textTable(): Float32Array {
  const table = new Float32Array(tableRows * tinyPageDims);
  for (let row = 0; row < tableRows; row += 1) {
    for (let dim = 4; dim < tinyPageDims; dim += 1) {
      table[row * tinyPageDims + dim] = Math.sin(row * 12.9898 + dim * 78.233);
    }
  }
  for (const [colour, rgb] of Object.entries(tinyColours)) {
    for (const id of tinyWordIds(colour as keyof typeof tinyColours)) {
      table.set(colourVector(rgb), (id % tableRows) * tinyPageDims);
    }
  }
  for (const [index, colour] of Object.values(colourWords).entries()) {
    for (const id of [aliasIdFirst + 2 * index, aliasIdFirst + 2 * index + 1]) {
      table.set(colourVector(tinyColours[colour]), (id % tableRows) * tinyPageDims);
    }
  }
  return table;
}

/** [3 x dims]: the channels of a block's mean colour are its first three dims. */
function blockProjection(): Float32Array {
  const projection = new Float32Array(3 * tinyPageDims);
  for (let channel = 0; channel < 3; channel += 1) projection[channel * (tinyPageDims + 1)] = 1;
  return projection;
}

/** Gives a block in plain grey a direction too. */
function blockBias(): Float32Array {
  const bias = new Float32Array(tinyPageDims);
  bias[3] = 0.05;
  return bias;
}

function model(): Buffer {
  const whole = (name: string, ...values: readonly number[]) => ({
    name,
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  const node = (operator: string, inputs: string, output: string, attributes = {}) => ({
    operator,
    inputs: inputs.split(' '),
    outputs: [output],
    attributes,
  });
  return onnxModel({
    inputs: [
      { name: 'input_ids', type: 'int64', shape: ['batch', 'sequence'] },
      { name: 'attention_mask', type: 'int64', shape: ['batch', 'sequence'] },
      { name: 'pixel_values', type: 'float32', shape: ['batch', 'tiles', 3, 512, 512] },
    ],
    outputs: [{ name: 'embeddings', type: 'float32', shape: ['batch', 'sequence', tinyPageDims] }],
    constants: [
      whole('tile_shape', -1, 3, 512, 512),
      whole('block_shape', -1, 3),
      whole('flat_shape', -1),
      whole('image_id', specialIds['<image>'] ?? 0),
      whole('table_rows', tableRows),
      whole('zero', 0),
      whole('one', 1),
      whole('last_axis', 2),
      { name: 'projection', shape: [3, tinyPageDims], data: blockProjection() },
      { name: 'bias', shape: [tinyPageDims], data: blockBias() },
      { name: 'table', shape: [tableRows, tinyPageDims], data: textTable() },
    ],
    nodes: [
      // Blocks of all tiles, row by row: the mean colour of each.
      node('Reshape', 'pixel_values tile_shape', 'tiles'),
      node('AveragePool', 'tiles', 'pooled', { kernel_shape: [64, 64], strides: [64, 64] }),
      node('Transpose', 'pooled', 'colours_last', { perm: [0, 2, 3, 1] }),
      node('Reshape', 'colours_last block_shape', 'colours'),
      node('MatMul', 'colours projection', 'projected'),
      node('Add', 'projected bias', 'blocks'),
      // The n-th image token of the sequence has the n-th block.
      node('Equal', 'input_ids image_id', 'is_image'),
      node('Cast', 'is_image', 'ones', { to: 7 }),
      node('Reshape', 'ones flat_shape', 'flat_ones'),
      node('CumSum', 'flat_ones zero', 'counted'),
      node('Sub', 'counted one', 'last_block'),
      node('Max', 'last_block zero', 'block'),
      node('Gather', 'blocks block', 'of_blocks'),
      // Everything else has the vector of its id.
      node('Mod', 'input_ids table_rows', 'row'),
      node('Gather', 'table row', 'of_text'),
      node('Shape', 'of_text', 'shape'),
      node('Reshape', 'of_blocks shape', 'of_images'),
      node('Unsqueeze', 'is_image last_axis', 'is_image_wide'),
      node('Where', 'is_image_wide of_images of_text', 'states'),
      node('LpNormalization', 'states', 'directions', { axis: 2, p: 2 }),
      node('Cast', 'attention_mask', 'mask', { to: 1 }),
      node('Unsqueeze', 'mask last_axis', 'mask_wide'),
      node('Mul', 'directions mask_wide', 'embeddings'),
    ],
  });
}
