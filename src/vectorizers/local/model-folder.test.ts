import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tinyConfig, writeTinyFolder } from '../../../test/tiny-model.ts';
import { findModelFolders, openModelFolder } from './model-folder.ts';
import { encoderSize, locateModel } from './model-location.ts';
import { readModelSettings } from './model-settings.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tesserae-folders-'));
  await writeTinyFolder(join(root, 'first'));
  await writeTinyFolder(join(root, 'second'), { models: ['model_int8.onnx'] });
  await mkdir(join(root, 'empty'));
  await mkdir(join(root, 'pages'));
  await writeFile(join(root, 'pages', 'model.onnx'), '');
  await writeFile(join(root, 'pages', 'preprocessor_config.json'), '{}');
});
after(() => rm(root, { recursive: true }));

test('the settings are those of onnx_config.json', () => {
  const { query, document, ...rest } = readModelSettings(
    { ...tinyConfig, query_prefix_id: 7, attend_to_expansion_tokens: true, do_lower_case: true },
    'config',
    'truncate',
  );
  assert.deepEqual(rest, { dims: 3, isTrimmed: true, isLowerCased: true });
  assert.deepEqual(query, {
    marker: { id: 7 },
    length: 8,
    longText: 'truncate',
    expansion: { id: 9, isAttended: true },
  });
  assert.deepEqual(document, {
    marker: { token: '[D] ' },
    length: 8,
    longText: 'truncate',
    skipped: ['.', ','],
  });
});

test('keys that are missing or null have the defaults of the layout', () => {
  assert.deepEqual(readModelSettings({ query_prefix_id: null }, 'config', 'windows'), {
    dims: 128,
    isTrimmed: true,
    isLowerCased: false,
    query: {
      marker: { token: '[Q] ' },
      length: 48,
      longText: 'truncate',
      expansion: { id: 103, isAttended: false },
    },
    document: { marker: { token: '[D] ' }, length: 300, longText: 'windows', skipped: [] },
  });
});

test('a key with a wrong value is refused with its name, its value and what is allowed', () => {
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ query_length: '32' }, 'query_length is "32", expected a whole number from 4 to 65536'],
    [{ document_length: 3 }, 'document_length is 3, expected a whole number from 4 to 65536'],
    [{ embedding_dim: 1.5 }, 'embedding_dim is 1.5, expected a whole number from 1 to 65536'],
    [{ do_query_expansion: 'yes' }, 'do_query_expansion is "yes", expected true or false'],
    [{ do_lower_case: 1 }, 'do_lower_case is 1, expected true or false'],
    [{ skiplist_words: '.' }, 'skiplist_words is ".", expected a list of texts'],
    [{ document_prefix: 5 }, 'document_prefix is 5, expected a text'],
    [{ mask_token_id: -1 }, 'mask_token_id is -1, expected a whole number from 0 to 2147483648'],
  ];
  for (const [config, problem] of cases) {
    assert.throws(() => readModelSettings(config, 'folder/onnx_config.json', 'windows'), {
      code: 'invalid-argument',
      message: `folder/onnx_config.json: ${problem}`,
    });
  }
  assert.throws(() => readModelSettings([], 'config', 'windows'), /config: it is not an object/);
});

test('a folder is read with the model file that it has', async () => {
  const { model, settings } = await openModelFolder(join(root, 'second'), 'windows');
  assert.equal(model, join(root, 'second', 'model_int8.onnx'));
  assert.equal(settings.document.longText, 'windows');
});

test('a missing file is named, with what a folder needs', async () => {
  const folder = join(root, 'incomplete');
  await writeTinyFolder(folder);
  for (const [name, problem] of [
    [
      'onnx_config.json',
      /has no onnx_config\.json or config_sentence_transformers\.json; a folder/,
    ],
    ['tokenizer.json', /has no tokenizer\.json; a folder needs model_int8\.onnx or model\.onnx/],
    ['model.onnx', /has no model_int8\.onnx or model\.onnx; /],
  ] as const) {
    await rm(join(folder, name));
    await assert.rejects(openModelFolder(folder, 'windows'), {
      code: 'invalid-argument',
      message: problem,
    });
  }
});

test('a config that is not JSON is refused by its path', async () => {
  const folder = join(root, 'broken');
  await writeTinyFolder(folder);
  await writeFile(join(folder, 'onnx_config.json'), '{"a":');
  await assert.rejects(openModelFolder(folder, 'windows'), /onnx_config\.json is not JSON: /);
  await writeFile(join(folder, 'onnx_config.json'), ' '.repeat(2 ** 20 + 1));
  await assert.rejects(openModelFolder(folder, 'windows'), /has 1048577 bytes, expected at most/);
});

test('a directory is one model folder or holds some', () => {
  const names = findModelFolders(root).map(({ name, kind }) => `${name} ${kind}`);
  assert.deepEqual(
    names.filter((name) => !/broken|incomplete/.test(name)),
    ['first text', 'pages page', 'second text'],
  );
  assert.deepEqual(findModelFolders(join(root, 'first')), [
    { name: 'first', path: join(root, 'first'), kind: 'text' },
  ]);
  assert.deepEqual(findModelFolders(join(root, 'nowhere')), []);
  assert.deepEqual(findModelFolders(join(root, 'first', 'tokenizer.json')), []);
});

test('a name means an own folder first, then a model of the catalogue; others are told what there is', async () => {
  const own = join(root, 'own');
  await writeTinyFolder(join(own, 'minilm'));
  await writeTinyFolder(join(own, 'house'));
  const settings = { directory: root, ownDirectory: own };
  assert.equal(locateModel('minilm', settings).from, 'folder');
  assert.equal(locateModel('minilm', { directory: root }).from, 'catalogue');
  assert.equal(locateModel('colmodernvbert', settings).kind, 'page');
  assert.throws(() => locateModel('mansion', settings), {
    code: 'invalid-argument',
    message:
      /unknown local model "mansion"; known models: house, minilm, .*jina-colbert-v2.*MODEL_DIR is/,
  });
});

test('a large model has fewer processes, and the processors share them', () => {
  assert.deepEqual(encoderSize(1, 3), { workers: 3, threads: 1 });
  const small = encoderSize(1e6);
  assert.ok(small.workers >= 1 && small.workers <= 4 && small.threads === 1);
  const large = encoderSize(2 ** 50);
  assert.deepEqual(large, { workers: 1, threads: small.workers });
});
