// A text model as a vectorizer of images: which words it embeds, and what a caller who leaves stops.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeTinyFolder } from '../../../test/tiny-model.ts';
import { LocalModels } from './local-models.ts';
import { createLocalVectorizer } from './local-vectorizer.ts';
import type { PageText } from './page-text.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tesserae-image-words-'));
  await writeTinyFolder(join(root, 'house'));
});
after(() => rm(root, { recursive: true }));

const picture = Buffer.from('picture').toString('base64');
const page: PageText = {
  text: 'red fox',
  words: ['red', 'fox'].map((text, at) => ({ text, x: at / 2, y: 0, width: 0.25, height: 1 })),
  wordStarts: [0, 4],
  widthPoints: 100,
  heightPoints: 100,
};

function vectorizer(models: LocalModels, readImage: () => Promise<PageText>) {
  return createLocalVectorizer({ module: 'multi2multivec-weaviate' }, 'house', {
    models,
    readImage,
  });
}

test('texts come before the words of images, whose boxes stay with their words', async () => {
  await using models = new LocalModels({ directory: root, ownDirectory: root, workers: 1 });
  const house = vectorizer(models, async () => page);
  const [found] = await house.embedObjects([{ texts: ['red', ''], images: [picture] }], {
    headers: {},
  });
  assert.ok(found?.kind === 'vector' && found.places?.boxes && found.places.spans);
  const { spans, boxes, text = '' } = found.places;
  assert.equal(text, 'red red fox');
  const rows = Array.from({ length: spans.length / 2 }, (_, row) => ({
    text: text.slice(spans[2 * row], spans[2 * row + 1]),
    start: spans[2 * row] ?? 0,
    isPlaced: boxes[4 * row + 2] !== 0,
  })).filter((row) => row.text !== '');
  assert.deepEqual(rows, [
    { text: 'red', start: 0, isPlaced: false },
    { text: 'red', start: 4, isPlaced: true },
    { text: 'fox', start: 8, isPlaced: true },
  ]);
});

test('when the caller goes away no further image is read', async () => {
  await using models = new LocalModels({ directory: root, ownDirectory: root, workers: 1 });
  const gone = new AbortController();
  let read = 0;
  const house = vectorizer(models, async () => {
    read += 1;
    gone.abort();
    return page;
  });
  const inputs = new Array(100).fill({ texts: [], images: [picture] });
  const found = await house.embedObjects(inputs, { headers: {}, signal: gone.signal });
  assert.equal(found.length, 100);
  assert.ok(found.every(({ kind }) => kind === 'failed'));
  assert.ok(read >= 1 && read <= 8, `${read} images were read`);
});
