import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { minilmOrSkip } from '../../../test/require-or-skip.ts';
import { WordPieceTokenizer } from './tokenizer.ts';

async function bertTokenizer(context: TestContext): Promise<WordPieceTokenizer | undefined> {
  const directory = await minilmOrSkip(context);
  if (directory === undefined) return undefined;
  return await WordPieceTokenizer.create(await readFile(join(directory, 'tokenizer.json'), 'utf8'));
}

/** Texts with the ids that two other implementations of this tokenizer agree on. */
const cases: readonly (readonly [string, readonly number[]])[] = [
  ['Late interaction, explained.', [2397, 8290, 1010, 4541, 1012]],
  ['What similarity laws must be obeyed?', [2054, 14402, 4277, 2442, 2022, 22665, 1029]],
  ['Ünïcode—naïve café', [27260, 1517, 15743, 7668]],
  ['東京タワー', [1879, 1755, 1709, 30262, 30265]],
  [
    "👩‍🔬 don't U.S.A. 3.14e-5",
    [100, 2123, 1005, 1056, 1057, 1012, 1055, 1012, 1037, 1012, 1017, 1012, 2403, 2063, 1011, 1019],
  ],
  ['ﬁ ½ ĲSSELMEER', [1984, 1092, 100]],
  [
    'C++ C# .NET node.js @a/b #tag',
    [
      1039, 1009, 1009, 1039, 1001, 1012, 5658, 13045, 1012, 1046, 2015, 1030, 1037, 1013, 1038,
      1001, 6415,
    ],
  ],
  ['', []],
  ['   ', []],
  [`${'a'.repeat(120)} x`, [100, 1060]],
  ['[MASK] [CLS] hello', [103, 101, 7592]],
  ['tab\tnew\nline', [21628, 2047, 2240]],
];

test('the ids are those of other implementations', async (context) => {
  const tokenizer = await bertTokenizer(context);
  if (tokenizer === undefined) return;
  for (const [text, ids] of cases) assert.deepEqual(tokenizer.encode(text).ids, ids, text);
  assert.deepEqual([tokenizer.startId, tokenizer.endId], [101, 102]);
});

test('a text longer than the truncation in tokenizer.json keeps all its tokens', async (context) => {
  const tokenizer = await bertTokenizer(context);
  if (tokenizer === undefined) return;
  assert.equal(tokenizer.encode('hello '.repeat(300)).ids.length, 300);
});

test('each piece knows its place in the text', async (context) => {
  const tokenizer = await bertTokenizer(context);
  if (tokenizer === undefined) return;
  const text = 'A Café, obeyed:\n東京 embeddings';
  const list = tokenizer.encode(text);
  const spans = list.starts.map((start, index) => text.slice(start, list.ends[index]));
  assert.deepEqual(list.pieces, [
    'a',
    'cafe',
    ',',
    'obeyed',
    ':',
    '東',
    '京',
    'em',
    '##bed',
    '##ding',
    '##s',
  ]);
  assert.deepEqual(spans, ['A', 'Café', ',', 'obeyed', ':', '東', '京', 'em', 'bed', 'ding', 's']);
});

test('pieces that can not be placed have the range of their word', async (context) => {
  const tokenizer = await bertTokenizer(context);
  if (tokenizer === undefined) return;
  const text = 'see 👩‍🔬! now';
  const list = tokenizer.encode(text);
  const spans = list.starts.map((start, index) => text.slice(start, list.ends[index]));
  assert.deepEqual(list.pieces, ['see', '[UNK]', '!', 'now']);
  assert.deepEqual(spans, ['see', '👩‍🔬!', '👩‍🔬!', 'now']);
});

test('a tokenizer without markers is refused', async () => {
  const json = JSON.stringify({
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordPiece', unk_token: '[UNK]', vocab: { '[UNK]': 0 } },
  });
  await assert.rejects(WordPieceTokenizer.create(json), /no markers around a text/);
});
