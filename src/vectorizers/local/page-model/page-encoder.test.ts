import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { onnxModel } from '../../../../test/onnx-writer.ts';
import { cellBlock, drawPage } from '../../../../test/page-picture.ts';
import { tinyPageDims, tinyPageFolder } from '../../../../test/tiny-page-model.ts';
import { boxUnits } from '../../../engine/document.ts';
import { PageEncoder } from './page-encoder.ts';
import type { EncodedPage, EncodedQuery } from './page-model.ts';

let directory = '';
let encoder: PageEncoder;
/** One tile a page: where the size of a page is not what a test is about. */
let smallDirectory = '';
let small: PageEncoder;
before(async () => {
  directory = await tinyPageFolder();
  encoder = await PageEncoder.open({ directory, threads: 1 });
  smallDirectory = await tinyPageFolder({ longestEdge: 512 });
  small = await PageEncoder.open({ directory: smallDirectory, threads: 1 });
});
after(async () => {
  await Promise.all([encoder.close(), small.close()]);
  await Promise.all([directory, smallDirectory].map((path) => rm(path, { recursive: true })));
});

const a4 = { width: 1654, height: 2339, across: 24, down: 32 };
const letter = { width: 1700, height: 2200, across: 32, down: 32 };
const slide = { width: 2048, height: 1152, across: 32, down: 24 };

/** The row of the document's token that a query's token is closest to. */
function bestRow(query: EncodedQuery, token: number, page: EncodedPage): number {
  const { dims } = page;
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < page.vectors.length / dims; row += 1) {
    let dot = 0;
    for (let at = 0; at < dims; at += 1) {
      dot += query.vectors[token * dims + at]! * page.vectors[row * dims + at]!;
    }
    if (dot > most) {
      most = dot;
      best = row;
    }
  }
  return best;
}

function boxOf(page: EncodedPage, row: number): number[] {
  return [...page.boxes.subarray(row * 4, row * 4 + 4)];
}

/** Cell of the page's grid that a box is. */
function cellOf(box: readonly number[], { across, down }: typeof a4): number[] {
  const [x = 0, y = 0, width = 0, height = 0] = box;
  assert.ok(Math.abs(width / boxUnits - 1 / across) < 1e-4);
  assert.ok(Math.abs(height / boxUnits - 1 / down) < 1e-4);
  return [x * across, y * down].map((value) => Math.round(value / boxUnits));
}

const pages = [
  { ...a4, tokens: 885, lit: { green: [17, 26], blue: [0, 0], yellow: [23, 31] } },
  { ...letter, tokens: 1_149, lit: { green: [8, 9], blue: [31, 0], yellow: [15, 16] } },
  { ...slide, tokens: 884, lit: { green: [31, 7], blue: [7, 8], yellow: [0, 23] } },
] as const;

test('blocks of a page are lit: the word for each colour finds its patch, on pages of any form', async () => {
  const query = await encoder.encodeQuery('green blue yellow');
  for (const page of pages) {
    const blocks = Object.entries(page.lit).map(([colour, [x, y]]) =>
      cellBlock(colour as keyof typeof page.lit, { x, y }, page),
    );
    const encoded = await encoder.encodePage(drawPage(page.width, page.height, blocks));
    for (const [word, [colour, cell]] of Object.entries(page.lit).entries()) {
      // Token 0 is the opening marker.
      const box = boxOf(encoded, bestRow(query, word + 1, encoded));
      assert.deepEqual(cellOf(box, page), [...cell], `${colour} of ${page.width} × ${page.height}`);
    }
    assert.equal(encoded.dims, tinyPageDims);
    assert.equal(encoded.vectors.length, page.tokens * tinyPageDims);
    assert.equal(encoded.boxes.length, page.tokens * 4);
    let boxed = 0;
    for (let row = 0; row < page.tokens; row += 1) {
      const vector = encoded.vectors.subarray(row * tinyPageDims, (row + 1) * tinyPageDims);
      assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
      if (boxOf(encoded, row)[2]! > 0) boxed += 1;
    }
    assert.equal(boxed, page.across * page.down);
  }
});

test('a query has its words, ten tokens of augmentation and two markers', async () => {
  const query = await encoder.encodeQuery('red blue');
  assert.equal(query.vectors.length, (2 + 10 + 2) * tinyPageDims);
  const text = await encoder.encodeText('red blue');
  assert.equal(text.vectors.length, 4 * tinyPageDims);
  assert.deepEqual(text.vectors.subarray(0, 3 * tinyPageDims), query.vectors.subarray(0, 3 * 128));
});

test('a page is the same alone and among others', async () => {
  const picture = drawPage(300, 420, [cellBlock('red', { x: 1, y: 1 }, { across: 3, down: 3 })]);
  const [alone, ...others] = await Promise.all([1, 2, 3].map(() => small.encodePage(picture)));
  for (const other of others) assert.deepEqual(other, alone);
});

test('a query goes before the pages that wait', async () => {
  const order: string[] = [];
  const pages = ['first', 'second', 'third'].map((name) =>
    small.encodePage(drawPage(400, 300)).then(() => order.push(name)),
  );
  const query = small.encodeQuery('red').then(() => order.push('query'));
  await Promise.all([...pages, query]);
  assert.deepEqual(order, ['first', 'query', 'second', 'third']);
});

test('a text that is too long, and a cancelled call, fail alone', async () => {
  const long = small.encodeText('red '.repeat(2_100));
  const cancelled = small.encodePage(drawPage(9, 9), { signal: AbortSignal.abort() });
  const good = small.encodeQuery('red');
  await assert.rejects(long, {
    code: 'vectorizer-failed',
    message: /^the text has \d{4} tokens, the maximum of a page model is 2048$/,
  });
  await assert.rejects(cancelled, /was cancelled/);
  assert.equal((await good).dims, tinyPageDims);
});

test('closing finishes the page under way and refuses the rest', async () => {
  const closing = await PageEncoder.open({ directory: smallDirectory, threads: 1 });
  const calls = [closing.encodePage(drawPage(20, 30)), closing.encodePage(drawPage(20, 30))];
  const settled = Promise.allSettled(calls);
  await Promise.all([closing.close(), closing.close()]);
  const outcomes = (await settled).map((outcome) =>
    outcome.status === 'fulfilled' ? 'done' : outcome.reason.code,
  );
  assert.deepEqual(outcomes, ['done', 'closed']);
  assert.equal(closing.isEnded, true);
  await assert.rejects(closing.encodeQuery('red'), { code: 'closed' });
});

test('a process that does not answer any more is ended all the same', async (context) => {
  const stuck = await PageEncoder.open({ directory: smallDirectory, threads: 1 });
  process.kill(stuck.pid!, 'SIGSTOP');
  const page = stuck.encodePage(drawPage(20, 30));
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const closed = stuck.close();
  context.mock.timers.tick(120_000);
  await Promise.all([closed, assert.rejects(page, { code: 'closed' })]);
});

test('a process that is killed fails what it was doing, and ends the encoder', async () => {
  await using killed = await PageEncoder.open({ directory: smallDirectory, threads: 1 });
  const page = killed.encodePage(drawPage(500, 500));
  process.kill(killed.pid!, 'SIGKILL');
  await assert.rejects(page, {
    code: 'vectorizer-failed',
    message: 'the process of the model ended by SIGKILL',
  });
  assert.equal(killed.isEnded, true);
});

test('a model with one tile a page gives every image token a box', async () => {
  const lit = cellBlock('blue', { x: 6, y: 2 }, { across: 8, down: 8 });
  const page = await small.encodePage(drawPage(300, 300, [lit]));
  assert.equal(page.vectors.length, 89 * tinyPageDims);
  const box = boxOf(page, bestRow(await small.encodeQuery('blue'), 1, page));
  assert.deepEqual(cellOf(box, { width: 300, height: 300, across: 8, down: 8 }), [6, 2]);
});

test('a folder that holds another model is refused by what is wrong with it', async () => {
  const other = await tinyPageFolder();
  try {
    const shape = ['batch', 'sequence'];
    const text = onnxModel({
      inputs: [{ name: 'input_ids', type: 'int64', shape }],
      outputs: [{ name: 'embeddings', type: 'int64', shape }],
      nodes: [{ operator: 'Identity', inputs: ['input_ids'], outputs: ['embeddings'] }],
      constants: [],
    });
    await writeFile(join(other, 'model.onnx'), text);
    await assert.rejects(PageEncoder.open({ directory: other, threads: 1 }), {
      code: 'vectorizer-failed',
      message:
        'the model takes input_ids; a page model takes input_ids, attention_mask, pixel_values',
    });
    await writeFile(join(other, 'model.onnx'), 'no model');
    await assert.rejects(
      PageEncoder.open({ directory: other, threads: 1 }),
      /the model cannot be loaded/,
    );
    await rm(join(other, 'tokenizer.json'));
    await assert.rejects(PageEncoder.open({ directory: other, threads: 1 }), /tokenizer\.json/);
  } finally {
    await rm(other, { recursive: true });
  }
});
