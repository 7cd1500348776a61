import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { onnxModel } from '../../../test/onnx-writer.ts';
import {
  type TinyFolderOptions,
  tinyFolderWords,
  tinyState,
  writeTinyFolder,
} from '../../../test/tiny-model.ts';
import { openModelFolder } from './model-folder.ts';
import type { LongText } from './model-settings.ts';
import { type EncodedText, TextModel, type TextRole } from './text-model.ts';

let root = '';
let folders = 0;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tesserae-folder-'));
});
after(() => rm(root, { recursive: true }));

async function openTiny(
  options: TinyFolderOptions = {},
  longText: LongText = 'windows',
): Promise<TextModel> {
  const folder = join(root, String(folders++));
  await writeTinyFolder(folder, options);
  return await TextModel.open({ files: await openModelFolder(folder, longText), threads: 1 });
}

async function encodeOne(model: TextModel, text: string, role: TextRole): Promise<EncodedText> {
  const [result] = await model.encode([text], role);
  assert.ok(result?.kind === 'encoded');
  return result;
}

/** `word` is attended to, `(word)` is not. */
function assertVectors({ vectors }: EncodedText, words: readonly string[]): void {
  const expected = words.flatMap((word) => {
    const isAttended = !word.startsWith('(');
    const id = tinyFolderWords.indexOf(isAttended ? word : word.slice(1, -1));
    const state = tinyState(id).map((value) => value + (isAttended ? 1 : 0));
    return state.map((value) => value / Math.hypot(...state));
  });
  assert.equal(vectors.length, expected.length);
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs((vectors[index] ?? 0) - value) < 1e-6, `component ${index}`);
  }
}

test('a document has its marker in the second place and no vector for skipped words', async () => {
  const model = await openTiny();
  const encoded = await encodeOne(model, ' Red, fox. ', 'document');
  assertVectors(encoded, ['[CLS]', '[D] ', 'red', 'fox', '[SEP]']);
  assert.deepEqual(encoded.tokens, [
    { text: '[CLS]', start: 1, end: 1 },
    { text: '[D] ', start: 1, end: 1 },
    { text: 'red', start: 1, end: 4 },
    { text: 'fox', start: 6, end: 9 },
    { text: '[SEP]', start: 10, end: 10 },
  ]);
  await model.close();
});

test('a query is filled up with masks, which are attended to only where the folder says so', async () => {
  const plain = await openTiny();
  const query = await encodeOne(plain, 'fox, red', 'query');
  const real = ['[CLS]', '[Q] ', 'fox', ',', 'red', '[SEP]'];
  assertVectors(query, [...real, '([MASK])', '([MASK])']);
  assert.deepEqual(query.tokens.at(-1), { text: '[expansion]', start: 8, end: 8 });
  await plain.close();
  const attending = await openTiny({ config: { attend_to_expansion_tokens: true } });
  assertVectors(await encodeOne(attending, 'fox, red', 'query'), [...real, '[MASK]', '[MASK]']);
  await attending.close();
  const bare = await openTiny({ config: { do_query_expansion: false } });
  assertVectors(await encodeOne(bare, 'fox, red', 'query'), real);
  await bare.close();
});

const long = 'red fox blue whale red fox blue';

test('a text that is too long is cut off with the closing special token kept', async () => {
  const model = await openTiny({}, 'truncate');
  assertVectors(await encodeOne(model, long, 'document'), [
    ...['[CLS]', '[D] ', 'red', 'fox', 'blue', 'whale', 'red', '[SEP]'],
  ]);
  assertVectors(await encodeOne(model, long, 'query'), [
    ...['[CLS]', '[Q] ', 'red', 'fox', 'blue', 'whale', 'red', '[SEP]'],
  ]);
  await model.close();
});

test('a long document goes through in windows, each with its markers; a query is still cut off', async () => {
  const model = await openTiny();
  const document = await encodeOne(model, long, 'document');
  assertVectors(document, [
    ...['[CLS]', '[D] ', 'red', 'fox', 'blue', 'whale', 'red', '[SEP]'],
    ...['[CLS]', '[D] ', 'fox', 'blue', '[SEP]'],
  ]);
  assert.equal(long.slice(document.tokens[10]?.start, document.tokens[10]?.end), 'fox');
  assert.equal((await encodeOne(model, long, 'query')).tokens.length, 8);
  await model.close();
});

test('texts of many lengths and roles give the same vectors alone and together', async () => {
  const model = await openTiny({ config: { query_length: 5 } });
  const texts = Array.from({ length: 60 }, (_, index) => long.slice(0, (index * 7) % 32));
  for (const role of ['document', 'query'] as const) {
    const together = await model.encode(texts, role);
    for (const [index, text] of texts.entries()) {
      const { kind: _, ...found } = together[index] as { kind: string } & EncodedText;
      assert.deepEqual(
        found,
        await encodeOne(model, text, role).then(({ dims, vectors, tokens }) => ({
          dims,
          vectors,
          tokens,
        })),
      );
    }
  }
  await model.close();
});

test('vectors have unit length whether the graph sees to it or not, and it is known which', async () => {
  const own = await openTiny({ isNormalised: true });
  const other = await openTiny();
  assert.deepEqual(own.facts, { dims: 3, isNormalised: true });
  assert.deepEqual(other.facts, { dims: 3, isNormalised: false });
  for (const model of [own, other]) {
    assertVectors(await encodeOne(model, 'fox', 'document'), ['[CLS]', '[D] ', 'fox', '[SEP]']);
    await model.close();
  }
});

test('a graph without token types is given none, whatever the folder says', async () => {
  const model = await openTiny({ withoutTypes: true, config: { uses_token_type_ids: true } });
  assertVectors(await encodeOne(model, 'fox', 'document'), ['[CLS]', '[D] ', 'fox', '[SEP]']);
  await model.close();
});

test('text is lower-cased where the folder says so, and its places are those of the original', async () => {
  const model = await openTiny({ config: { do_lower_case: true } });
  const { tokens } = await encodeOne(model, 'İİ FOX', 'document');
  assert.deepEqual(tokens.at(-2), { text: 'fox', start: 3, end: 6 });
  await model.close();
});

test('eight-bit weights are taken where there are both', async () => {
  const model = await openTiny({ models: ['model.onnx', 'model_int8.onnx'] });
  const { vectors } = await encodeOne(model, '', 'document');
  const state = tinyState(tinyFolderWords.indexOf('[CLS]')).map((value) => value + 2);
  assert.ok(Math.abs((vectors[0] ?? 0) - (state[0] ?? 0) / Math.hypot(...state)) < 1e-6);
  await model.close();
});

test('a marker can be an id; one that the tokenizer does not know is refused by name', async () => {
  const id = tinyFolderWords.indexOf('whale');
  const model = await openTiny({ config: { document_prefix: 'unknown', document_prefix_id: id } });
  assertVectors(await encodeOne(model, 'fox', 'document'), ['[CLS]', 'whale', 'fox', '[SEP]']);
  await model.close();
  await assert.rejects(openTiny({ config: { query_prefix: '[Query]' } }), {
    code: 'invalid-argument',
    message: /the marker "\[Query\]" \(query_prefix\) is not in tokenizer\.json/,
  });
});

test('a model of another width than the folder says is refused when it is loaded', async () => {
  await assert.rejects(openTiny({ config: { embedding_dim: undefined } }), {
    code: 'invalid-argument',
    message: 'the model gives vectors of 3 numbers, its settings say 128 (embedding_dim)',
  });
});

test('a model file that is no text encoder is refused', async () => {
  const folder = join(root, 'other');
  await writeTinyFolder(folder);
  const files = await openModelFolder(folder, 'windows');
  const shape = ['batch'];
  await writeFile(
    join(folder, 'model.onnx'),
    onnxModel({
      nodes: [{ operator: 'Neg', inputs: ['pixels'], outputs: ['out'] }],
      constants: [],
      inputs: [{ name: 'pixels', type: 'float32', shape }],
      outputs: [{ name: 'out', type: 'float32', shape }],
    }),
  );
  await assert.rejects(
    TextModel.open({ files, threads: 1 }),
    /no text encoder: its inputs are pixels/,
  );
  await writeFile(join(folder, 'model.onnx'), 'not a model');
  await assert.rejects(TextModel.open({ files, threads: 1 }), /the model cannot be loaded/);
});
