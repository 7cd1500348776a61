import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tinyColours, tinyPageFolder, tinyWordIds } from '../../../../test/tiny-page-model.ts';
import { TextTokenizer } from '../tokenizer.ts';
import { PagePrompts } from './page-prompt.ts';

let directory = '';
let json = '';
let prompts: PagePrompts;
before(async () => {
  directory = await tinyPageFolder();
  json = await readFile(join(directory, 'tokenizer.json'), 'utf8');
  prompts = new PagePrompts(await TextTokenizer.create(json), 64);
});
after(() => rm(directory, { recursive: true }));

// The ids of the model's real tokenizer, which the tiny one has for every piece of the prompt.
const ids = {
  open: 50281,
  close: 50282,
  fake: 50406,
  global: 50368,
  image: 50407,
  endOfUtterance: 50405,
  line: 187,
  twoLines: 535,
};
const start = [ids.open, 29, 93, 2043, 64, 1171, 64, 1156, 49651, 6989, 27];
const end = [4476, 19268, 253, 2460, 15, ids.endOfUtterance, ids.line, 6717, 5567, 27, ids.close];
const rowMarker = (row: number, col: number): number => 50369 + 6 * (row - 1) + (col - 1);
const tile = new Array<number>(64).fill(ids.image);

function expectedPage(rows: number, cols: number): number[] {
  const found = [...start];
  for (let row = 1; row <= rows; row += 1) {
    for (let col = 1; col <= cols; col += 1) found.push(ids.fake, rowMarker(row, col), ...tile);
    found.push(row < rows ? ids.line : ids.twoLines);
  }
  return [...found, ids.fake, ids.global, ...tile, ids.fake, ...end];
}

test('the prompt of a page is the one of the training, token for token', () => {
  for (const [rows, cols, length] of [
    [3, 4, 884],
    [4, 3, 885],
    [4, 4, 1_149],
    [1, 4, 354],
    [6, 6, 2_471],
  ] as const) {
    const page = prompts.page({ rows, cols });
    assert.equal(page.ids.length, length);
    assert.deepEqual(page.ids, expectedPage(rows, cols));
  }
});

test('a page of one tile has 89 tokens and no rows', () => {
  const page = prompts.page({ rows: 0, cols: 0 });
  assert.equal(page.ids.length, 89);
  assert.deepEqual(page.ids, [...start, ids.fake, ids.global, ...tile, ids.fake, ...end]);
});

test('the line end of the last row and the one behind it are one token', () => {
  const page = prompts.page({ rows: 3, cols: 4 });
  assert.equal(page.ids.filter((id) => id === ids.twoLines).length, 1);
  assert.equal(page.ids.filter((id) => id === ids.line).length, 3);
});

test('image tokens are found at their positions, 64 a tile, the whole page last', () => {
  const { ids: page, imagePositions } = prompts.page({ rows: 4, cols: 3 });
  assert.equal(imagePositions.length, 832);
  assert.ok(imagePositions.every((position) => page[position] === ids.image));
  assert.deepEqual(imagePositions.slice(0, 2), [13, 14]);
  // A tile's tokens are one run; the next begins behind two markers.
  assert.equal(imagePositions[64], 13 + 64 + 2);
  assert.equal(imagePositions.at(-1), page.length - end.length - 2);
});

test('a query ends with ten tokens of augmentation, before the closing marker', () => {
  const [red] = tinyWordIds('red');
  const [, blue] = tinyWordIds('blue');
  const expected = [ids.open, red, blue, ...new Array(10).fill(ids.endOfUtterance), ids.close];
  assert.deepEqual(prompts.query('red blue').ids, expected);
  assert.deepEqual(prompts.query('').ids, [ids.open, ...expected.slice(3)]);
});

test('the tiny tokenizer has one token for each of its colours', () => {
  const colours = Object.keys(tinyColours) as (keyof typeof tinyColours)[];
  const expected = colours.map((colour, index) => tinyWordIds(colour)[index === 0 ? 0 : 1]);
  assert.deepEqual(prompts.text(colours.join(' ')).ids, [ids.open, ...expected, ids.close]);
});

test('an object text has no augmentation', () => {
  assert.deepEqual(prompts.text('red').ids, [ids.open, tinyWordIds('red')[0], ids.close]);
});

test('a text that spells the markers of an image gets none of their tokens', () => {
  const text = 'a <image> in <row_1_col_1> of <fake_token_around_image><global-img>';
  const found = new Set(prompts.query(text).ids);
  for (const id of [ids.image, ids.fake, ids.global, rowMarker(1, 1)]) assert.ok(!found.has(id));
});

test('tokens of a text know their place in it, also behind what would be markers', () => {
  const text = 'red <image>\u{1f98a} blue';
  const { ids: found, spans } = prompts.query(text);
  const places = found.map((_, row) => text.slice(spans[row * 2], spans[row * 2 + 1]));
  assert.equal(places[0], '');
  assert.equal(places[1], 'red');
  const blue = found.indexOf(tinyWordIds('blue')[1]);
  assert.equal(places[blue], 'blue');
  assert.deepEqual(places.slice(blue + 1), new Array(11).fill(''));
  assert.ok(places.slice(2, blue).join('').includes('image'));
});

test('a text of nothing but markers of an image is placed in time that its length allows', () => {
  const { ids: found, spans } = prompts.text('<image>red '.repeat(20_000));
  const last = found.lastIndexOf(tinyWordIds('red')[0] ?? -1);
  const text = '<image>red '.repeat(20_000);
  assert.equal(text.slice(spans[last * 2], spans[last * 2 + 1]), 'red');
  assert.equal(spans[last * 2 + 1], text.length - 1);
});

test('a tokenizer without the tokens of the prompt is refused by the name of the token', async () => {
  for (const missing of ['<image>', '<global-img>', '<end_of_utterance>']) {
    const settings = JSON.parse(json);
    settings.added_tokens = settings.added_tokens.filter(
      ({ content }: { content: string }) => content !== missing,
    );
    const tokenizer = await TextTokenizer.create(JSON.stringify(settings));
    assert.throws(() => new PagePrompts(tokenizer, 64), {
      code: 'vectorizer-failed',
      message: `the model's tokenizer.json has no token ${missing}; expected the tokenizer of a page model`,
    });
  }
});

test('a page with more rows than the model has markers for is refused', () => {
  assert.throws(() => prompts.page({ rows: 7, cols: 2 }), /has no token <row_7_col_2>/);
});
