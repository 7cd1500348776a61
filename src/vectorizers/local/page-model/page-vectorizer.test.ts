import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Colour, cellBlock, drawPage, pngOf } from '../../../../test/page-picture.ts';
import { tinyPageDims, tinyPageFolder } from '../../../../test/tiny-page-model.ts';
import { boxUnits } from '../../../engine/document.ts';
import { createVectorizers, type Vectorizers } from '../../create-vectorizers.ts';
import type { Embedding, Vectorizer } from '../../vectorizer.ts';

/** Nothing was pulled: the models are folders of the operator's own. */
const settings = { modelsDirectory: '/nowhere', threads: 1 };
let models = '';
let make: Vectorizers;
before(async () => {
  models = await mkdtemp(join(tmpdir(), 'tesserae-page-models-'));
  const folder = await tinyPageFolder({ longestEdge: 512 });
  await cp(folder, join(models, 'colmodernvbert'), { recursive: true });
  await cp(folder, join(models, 'other-page-model'), { recursive: true });
  await rm(folder, { recursive: true });
  make = createVectorizers({ ...settings, ownModels: models });
});
after(async () => {
  await make.close();
  await rm(models, { recursive: true });
});

function vectorizer(settings: Record<string, unknown> = {}, module = 'multi2multivec-weaviate') {
  const names = { collection: 'Demo', vectorName: 'mv', metric: 'cosine' as const };
  return make({ ...names, module, settings })!;
}

const grid = { across: 8, down: 8 };
const options = { headers: {} };

/** A page of one tile with one of its 64 cells lit, as base64 of a PNG. */
function page(colour: Colour, cell: { x: number; y: number }, width = 256, height = 256): string {
  return pngOf(drawPage(width, height, [cellBlock(colour, cell, grid)])).toString('base64');
}

function vectorOf(found: Embedding | undefined) {
  assert.equal(found?.kind, 'vector', found?.kind === 'failed' ? found.error.message : '');
  return found;
}

async function failure(of: Vectorizer, images: readonly string[]): Promise<string> {
  const [found] = await of.embedObjects([{ texts: [], images }], options);
  assert.equal(found?.kind, 'failed');
  return found.error.message;
}

/** Row of the page that a query's vector is closest to. */
function bestRow(query: Float32Array, values: Float32Array): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let row = 0; row * tinyPageDims < values.length; row += 1) {
    const dot = query.reduce((sum, one, at) => sum + one * values[row * tinyPageDims + at]!, 0);
    if (dot > most) [best, most] = [row, dot];
  }
  return best;
}

test('an image file becomes patch vectors with boxes, and a query finds the lit patch', async () => {
  const pages = vectorizer();
  assert.deepEqual(pages.accepts, { text: true, image: true });
  const [found, none] = await pages.embedObjects(
    [
      { texts: [], images: [page('red', { x: 5, y: 2 }, 300, 200)] },
      { texts: [], images: [] },
    ],
    options,
  );
  assert.equal(none?.kind, 'none');
  const { vector, places } = vectorOf(found);
  assert.deepEqual([vector.dims, vector.values.length], [tinyPageDims, 89 * tinyPageDims]);
  assert.deepEqual(places?.page, { width: 300, height: 200 });
  assert.equal(places.boxes?.length, 89 * 4);
  const query = await pages.embedQueryText('red', options);
  const word = query.values.slice(tinyPageDims, 2 * tinyPageDims);
  const row = bestRow(word, vector.values);
  const box = places.boxes.subarray(row * 4, row * 4 + 4);
  assert.deepEqual(
    Array.from(box, (value) => Math.round((value * 8) / boxUnits)),
    [5, 2, 1, 1],
  );
});

test('the words of a query are known by their places', async () => {
  const spans = await vectorizer().queryTokens?.('red blue', options);
  assert.deepEqual([...spans!.subarray(0, 6)], [0, 0, 0, 3, 4, 8]);
  assert.equal(spans!.length / 2, 14);
});

test('several images of one object are one multi-vector without boxes', async () => {
  const images = [page('red', { x: 0, y: 0 }), page('blue', { x: 1, y: 1 })];
  const [both, first, second] = await vectorizer().embedObjects(
    [images, [images[0]!], [images[1]!]].map((list) => ({ texts: [], images: list })),
    options,
  );
  const joined = vectorOf(both);
  assert.equal(joined.places, undefined);
  assert.deepEqual(
    [...joined.vector.values],
    [...vectorOf(first).vector.values, ...vectorOf(second).vector.values],
  );
});

test('a text of an object comes before its image, and its tokens have no box', async () => {
  const image = page('red', { x: 5, y: 2 });
  const jina = vectorizer({ baseURL: 'local:colmodernvbert' }, 'multi2multivec-jinaai');
  const [both, alone, text] = await jina.embedObjects(
    [
      { texts: ['red blue'], images: [image] },
      { texts: [], images: [image] },
      { texts: ['red blue'], images: [] },
    ],
    options,
  );
  const { vector, places } = vectorOf(both);
  assert.equal(vector.values.length, (4 + 89) * tinyPageDims);
  assert.equal(vectorOf(text).vector.values.length, 4 * tinyPageDims);
  assert.equal(vectorOf(text).places, undefined);
  assert.ok(places!.boxes!.subarray(0, 16).every((value) => value === 0));
  assert.deepEqual(places!.boxes!.subarray(16), vectorOf(alone).places!.boxes);
});

test('a page as the query is its patches alone', async () => {
  const image = page('red', { x: 5, y: 2 });
  const query = await vectorizer().embedQueryImage(image, options);
  assert.equal(query.values.length, 64 * tinyPageDims);
  const [stored] = await vectorizer().embedObjects([{ texts: [], images: [image] }], options);
  const { vector, places } = vectorOf(stored);
  const first = places!.boxes!.findIndex((value) => value > 0) >> 2;
  const rows = vector.values.subarray(first * tinyPageDims, (first + 64) * tinyPageDims);
  assert.deepEqual(query.values, rows);
});

test('images that are none fail alone, and say which one', async () => {
  const pages = vectorizer();
  assert.match(await failure(pages, ['%%%']), /^the image is not base64 of an image file$/);
  const text = Buffer.from('no picture').toString('base64');
  assert.match(await failure(pages, [text]), /^the image /);
  const cut = Buffer.from(page('red', { x: 0, y: 0 }), 'base64')
    .subarray(0, 40)
    .toString('base64');
  assert.match(await failure(pages, [cut]), /^the image /);
  const good = page('red', { x: 0, y: 0 });
  assert.match(await failure(pages, [good, '']), /^image 2 of 2 is not base64/);
  const [bad, fine] = await pages.embedObjects(
    [
      { texts: [], images: [text] },
      { texts: [], images: [good] },
    ],
    options,
  );
  assert.deepEqual([bad?.kind, fine?.kind], ['failed', 'vector']);
  await assert.rejects(pages.embedQueryImage(text, options), { code: 'invalid-argument' });
});

test('many pages at once come back in their order', async () => {
  const cells = Array.from({ length: 6 }, (_, index) => ({ x: index, y: 7 - index }));
  const inputs = cells.map((cell) => ({ texts: [], images: [page('green', cell)] }));
  const calls = [
    vectorizer().embedObjects(inputs, options),
    vectorizer().embedObjects(inputs, options),
  ];
  const query = (await vectorizer().embedQueryText('green', options)).values;
  const word = query.slice(tinyPageDims, 2 * tinyPageDims);
  for (const found of await Promise.all(calls)) {
    for (const [index, cell] of cells.entries()) {
      const { vector, places } = vectorOf(found[index]);
      const row = bestRow(word, vector.values);
      const [x, y] = places!.boxes!.subarray(row * 4, row * 4 + 2);
      assert.deepEqual(
        [x, y].map((value) => Math.round((value! * 8) / boxUnits)),
        [cell.x, cell.y],
      );
    }
  }
});

const names = { collection: 'Demo', vectorName: 'mv', metric: 'cosine' as const };
const module = 'multi2multivec-weaviate';

test('the hosted module runs here while its model is on this machine, and only its model', async () => {
  const own = await mkdtemp(join(tmpdir(), 'tesserae-own-models-'));
  try {
    await using later = createVectorizers({ ...settings, ownModels: own });
    const pages = later({ ...names, module, settings: { model: 'ModernVBERT/colmodernvbert' } })!;
    const other = later({ ...names, module, settings: { model: 'other/model' } })!;
    await assert.rejects(pages.embedQueryText('red', options), {
      code: 'vectorizer-failed',
      message:
        /no embedding service is configured; .*, or run: tesserae models pull colmodernvbert$/,
    });
    await cp(join(models, 'colmodernvbert'), join(own, 'colmodernvbert'), { recursive: true });
    assert.equal((await pages.embedQueryText('red', options)).dims, tinyPageDims);
    await assert.rejects(other.embedQueryText('red', options), /or give vectors of your own$/);
  } finally {
    await rm(own, { recursive: true });
  }
});

test('any folder that holds a page model can be named', async () => {
  const named = vectorizer({ baseURL: 'local:other-page-model' });
  const query = await named.embedQueryText('red', options);
  assert.equal(query.values.length, 13 * tinyPageDims);
  assert.throws(() => vectorizer({ baseURL: 'local:../colmodernvbert' }), {
    code: 'invalid-argument',
    message: /unknown local model/,
  });
});

test('a model that was not pulled, or has other files than were pulled, names the command', async () => {
  const pulled = await mkdtemp(join(tmpdir(), 'tesserae-pulled-models-'));
  try {
    const embeddingsBaseUrl = 'local:colmodernvbert';
    await using make = createVectorizers({ modelsDirectory: pulled, embeddingsBaseUrl });
    const pages = make({ ...names, module, settings: {} })!;
    await assert.rejects(pages.embedQueryText('red', options), {
      code: 'vectorizer-failed',
      message:
        /^the local model colmodernvbert is not in .*; run: tesserae models pull colmodernvbert$/,
    });
    await cp(join(models, 'colmodernvbert'), join(pulled, 'colmodernvbert'), { recursive: true });
    await assert.rejects(
      pages.embedQueryText('red', options),
      /^DatabaseError: the local model colmodernvbert is damaged: config\.json .*; run: tesserae models pull/,
    );
  } finally {
    await rm(pulled, { recursive: true });
  }
});
