import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { minilmOrSkip } from '../../../test/require-or-skip.ts';
import { tinyBytePairs, tinyUnigram } from '../../../test/tiny-tokenizers.ts';
import { TextTokenizer } from './tokenizer.ts';
import { AlignedText } from './tokens/aligned-text.ts';
import { lowerCase, trimmed } from './tokens/normalizer.ts';

async function bertTokenizer(context: TestContext): Promise<TextTokenizer | undefined> {
  const directory = await minilmOrSkip(context);
  if (directory === undefined) return undefined;
  return await TextTokenizer.create(await readFile(join(directory, 'tokenizer.json'), 'utf8'));
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
  assert.deepEqual([tokenizer.start.id, tokenizer.end.id], [101, 102]);
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

test('an unknown piece has the range of what it stands for', async (context) => {
  const tokenizer = await bertTokenizer(context);
  if (tokenizer === undefined) return;
  const text = 'see 👩‍🔬! now';
  const list = tokenizer.encode(text);
  const spans = list.starts.map((start, index) => text.slice(start, list.ends[index]));
  assert.deepEqual(list.pieces, ['see', '[UNK]', '!', 'now']);
  assert.deepEqual(spans, ['see', '👩‍🔬', '!', 'now']);
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
  await assert.rejects(TextTokenizer.create(json), /no markers around a text/);
});

/** Tokens and what each stands for, as `token=range`. */
function laidOut(tokenizer: TextTokenizer, text: string): readonly string[] {
  const { pieces, starts, ends } = tokenizer.encode(text);
  return pieces.map((piece, index) => `${piece}=${text.slice(starts[index], ends[index])}`);
}

test('byte-level BPE gives the tokens of the reference library, each with its place', async () => {
  const tokenizer = await TextTokenizer.create(tinyBytePairs());
  const expected = {
    "the fox's café": ['the=the', 'Ġfox=fox', "'s='s", 'Ġ= ', 'c=c', 'a=a', 'f=f', 'Ã©=é'],
    'cafe\u0301 the': ['c=c', 'a=a', 'f=f', 'Ã©=e\u0301', 'Ġthe=the'],
    'a\n\n the\tx': ['a=a', 'Ċ=\n', 'Ċ=\n', 'Ġthe=the', 'ĉ=\t', 'x=x'],
    '[Q] the   fox [MASK]🦊': [
      ...['[Q] =[Q]', 'the=the', '   =   ', 'fox=fox', '[MASK]=[MASK]'],
      ...['ð=🦊', 'Ł=🦊', '¦=🦊', 'Ĭ=🦊'],
    ],
    '': [],
  };
  for (const [text, tokens] of Object.entries(expected)) {
    assert.deepEqual(laidOut(tokenizer, text), tokens, text);
  }
  assert.equal(tokenizer.idOf('[D] '), tokenizer.end.id + 3);
  assert.equal(tokenizer.start.text, '[CLS]');
});

test('Unigram gives the tokens of the reference library, each with its place', async () => {
  const tokenizer = await TextTokenizer.create(tinyUnigram());
  const expected = {
    'the ﬁx  fox': ['▁the=the', '▁= ', 'fi=ﬁ', 'x=x', '▁fox=fox'],
    'Ａ东京 東京': ['▁A=Ａ', '东=东', '京=京', '▁= ', '東京=東京'],
    'cafe\u0301\ttab': ['▁=', 'c=c', 'a=a', 'f=f', 'é=e\u0301', '▁=\t', 't=t', 'a=a', 'b=b'],
    'x\u0007y <mask>[QueryMarker]the': [
      ...['▁=', 'x=x', 'y=y', '<mask>=<mask>', '[QueryMarker]=[QueryMarker]', '▁the=the'],
    ],
    '': [],
  };
  for (const [text, tokens] of Object.entries(expected)) {
    assert.deepEqual(laidOut(tokenizer, text), tokens, text);
  }
  const unknown = tokenizer.encode('東ש京');
  assert.deepEqual(unknown.ids[2], tokenizer.idOf('<unk>'));
});

/** Texts of characters that normalizers change, join, widen or drop. */
function* awkwardTexts(count: number): Generator<string> {
  const characters = [
    ...Array.from(" \t\n\r\u00a0\u3000\u200b\u0000\u0007\u007f\u0301\u0323aAéßﬁĲΣς½.,[]#'-_"),
    ...[
      '東',
      'ー',
      '한',
      '\u1112',
      '\u1161',
      '\u11ab',
      'ש',
      '🦊',
      '👩‍🔬',
      '\u{20000}',
      '\ud800',
      '[MASK]',
      '<mask>',
    ],
  ];
  let seed = 1;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let index = 0; index < count; index += 1) {
    yield Array.from({ length: next(30) }, () => characters[next(characters.length)]).join('');
  }
}

test('on awkward text the places are in order, inside the text and cover every letter', async (context) => {
  const bert = await bertTokenizer(context);
  const families = [
    await TextTokenizer.create(tinyBytePairs()),
    await TextTokenizer.create(tinyUnigram()),
  ];
  for (const tokenizer of bert === undefined ? families : [...families, bert]) {
    for (const text of awkwardTexts(400)) {
      const { ids, starts, ends } = tokenizer.encode(text);
      const isCovered = new Uint8Array(text.length);
      let reached = 0;
      for (let index = 0; index < ids.length; index += 1) {
        const [start = -1, end = -1] = [starts[index], ends[index]];
        const place = `${JSON.stringify(text)} token ${index}: ${start} to ${end}`;
        assert.ok(start >= 0 && start <= end && end <= text.length, place);
        assert.ok(end >= reached, place);
        reached = end;
        isCovered.fill(1, start, end);
      }
      for (const { index } of text.matchAll(/[aA東🦊.#]/gu)) {
        assert.equal(isCovered[index], 1, `${JSON.stringify(text)} at ${index}`);
      }
    }
  }
});

test('a text that was changed before still gives places in the original', async () => {
  const tokenizer = await TextTokenizer.create(tinyBytePairs());
  const text = '  THE İ fox ';
  const { pieces, starts, ends } = tokenizer.encode(lowerCase(trimmed(AlignedText.of(text))));
  const spans = starts.map((start, index) => text.slice(start, ends[index]));
  assert.deepEqual([pieces[0], spans[0]], ['the', 'THE']);
  assert.deepEqual([pieces.at(-1), spans.at(-1)], ['Ġfox', 'fox']);
  assert.deepEqual(new Set(spans.slice(2, -1)), new Set(['İ']));
});

test('a tokenizer that can not be used says why', async () => {
  const file = JSON.parse(tinyBytePairs());
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ ...file, model: { type: 'BPE' } }, /tokenizer\.json cannot be used: it has no model/],
    [{ ...file, normalizer: { type: 'Nmt' } }, /normalizer of the type Nmt, which is not known/],
    [{ ...file, pre_tokenizer: { type: 'UnicodeScripts' } }, /pre-tokenizer of the type Unicode/],
    [{ ...file, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' } } }, /not understood: \(/],
    [{ ...file, model: { type: 'Unigram', unk_id: 9, vocab: [['a', 0]] } }, /unk_id is 9/],
  ];
  for (const [given, reason] of cases) {
    await assert.rejects(TextTokenizer.create(JSON.stringify(given)), {
      code: 'vectorizer-failed',
      message: reason,
    });
  }
  await assert.rejects(TextTokenizer.create('{'), /it is not JSON/);
});

test('long runs of blanks cost their length, not its square', { timeout: 20_000 }, async () => {
  const blanks = ' '.repeat(150_000);
  assert.equal(trimmed(AlignedText.of(`${blanks}a${blanks}b${blanks}`)).text, `a${blanks}b`);
  const tokenizer = await TextTokenizer.create(tinyBytePairs());
  const { pieces, starts } = tokenizer.encode(`a\n${'\t'.repeat(150_000)}b \u3000[MASK]`);
  const mask = pieces.indexOf('[MASK]');
  // The mask takes the blanks before it, and stands where it is written.
  assert.deepEqual([pieces[mask - 1], starts[mask]], ['b', 150_005]);
});
