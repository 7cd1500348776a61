// The whole way of a page image through a database with a page model: embedded, stored, found by a
// word, and the place that matched named, also after a restart and with pooled vectors. The model is the
// tiny fixture (tiny-page-model.ts): what is shown is the path, not how well a real model finds pages.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Collection } from '../src/database/collection.ts';
import { type DirectoryDatabase, openDirectory } from '../src/database/open-directory.ts';
import { resolveCollection } from '../src/database/schema/collection-schema.ts';
import type { VectorInput as QueryInput } from '../src/engine/query/query.ts';
import { type Colour, cellBlock, drawPage, pngOf } from './page-picture.ts';
import { tinyPageFolder } from './tiny-page-model.ts';

let root = '';
let opened: DirectoryDatabase;
let pages: Collection;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tesserae-page-images-'));
  const model = await tinyPageFolder({ longestEdge: 1024 });
  await mkdir(join(root, 'models'));
  await cp(model, join(root, 'models/colmodernvbert'), { recursive: true });
  await rm(model, { recursive: true });
  opened = await openHere();
  pages = await makeCollection('Pages');
  await insertPages(pages);
});
after(async () => {
  await opened.close();
  await rm(root, { recursive: true });
});

/** An A4 page at 50 dots an inch; the model cuts it into 2 × 2 tiles, so 16 × 16 patches. */
const sheet = { width: 413, height: 585, across: 16, down: 16 };

function pageImage(colour: Colour, cell: { readonly x: number; readonly y: number }): string {
  const blocks = [cellBlock(colour, cell, sheet)];
  return pngOf(drawPage(sheet.width, sheet.height, blocks)).toString('base64');
}

const lit = {
  red: { x: 3, y: 12 },
  blue: { x: 15, y: 0 },
  yellow: { x: 8, y: 7 },
} as const;

function openHere(): Promise<DirectoryDatabase> {
  const vectorizers = { modelsDirectory: root, ownModels: join(root, 'models'), threads: 1 };
  return openDirectory(join(root, 'data'), { vectorizers, clock: () => 1_000 });
}

const context = { headers: {} };

async function makeCollection(
  name: string,
  pooling?: { readonly factor: number },
): Promise<Collection> {
  const config = resolveCollection({
    name,
    properties: [
      { name: 'title', type: 'text' },
      { name: 'doc_page', type: 'blob' },
    ],
    vectors: [
      {
        name: 'document',
        vectorizer: { module: 'multi2multivec-weaviate', settings: { imageFields: ['doc_page'] } },
        ...(pooling ? { pooling } : {}),
      },
    ],
  });
  await opened.database.createCollection(config);
  return opened.database.collection(name);
}

async function insertPages(collection: Collection): Promise<void> {
  const objects = Object.entries(lit).map(([colour, cell]) => ({
    properties: { title: colour, doc_page: pageImage(colour as Colour, cell) },
    vectors: new Map(),
  }));
  const results = await collection.insertMany(objects, context);
  assert.deepEqual(
    results.map((result) => result.kind),
    ['stored', 'stored', 'stored'],
  );
}

async function search(collection: Collection, input: QueryInput) {
  const targets = { names: [], combination: 'minimum', weights: [] } as const;
  const { hits } = await collection.search(
    { kind: 'vector', search: { input, targets }, offset: 0, limit: 3, autocut: 0 },
    { explain: false, matches: true },
    context,
  );
  return hits;
}

function textInput(text: string): QueryInput {
  return { kind: 'text', concepts: [text] };
}

/** The page that a colour's word finds, and the cell of it that matched most. */
async function found(collection: Collection, colour: Colour) {
  const [best] = await search(collection, textInput(colour));
  const { page, boxes } = best!.matches!;
  const [box] = boxes;
  assert.deepEqual(page, { width: sheet.width, height: sheet.height });
  return {
    title: best!.document.properties['title'],
    cell: {
      x: Math.round((box!.x / page.width) * sheet.across),
      y: Math.round((box!.y / page.height) * sheet.down),
    },
    box: box!,
  };
}

async function assertFound(collection: Collection): Promise<void> {
  for (const [colour, cell] of Object.entries(lit)) {
    const { title, cell: matched, box } = await found(collection, colour as Colour);
    assert.deepEqual([title, matched], [colour, cell]);
    assert.equal(box.weight, 1);
    assert.ok(Math.abs(box.width - sheet.width / sheet.across) < 0.1);
    assert.ok(Math.abs(box.height - sheet.height / sheet.down) < 0.1);
  }
}

test('a word finds its page and the patch that is lit', async () => {
  await assertFound(pages);
});

test('the words of the query are told apart: each has the patch that answered it', async () => {
  const collection = await makeCollection('Words');
  const blocks = [cellBlock('red', lit.red, sheet), cellBlock('blue', lit.blue, sheet)];
  const both = pngOf(drawPage(sheet.width, sheet.height, blocks)).toString('base64');
  await collection.insert({ properties: { doc_page: both }, vectors: new Map() }, context);
  const [hit] = await search(collection, textInput('red blue'));
  const tokens = hit!.matches!.vectors[0]!.tokens;
  for (const colour of ['red', 'blue'] as const) {
    const token = tokens.find(({ query }) => query.text === colour);
    const box = token!.words[0]!.box!;
    assert.deepEqual(
      [box.x * sheet.across, box.y * sheet.down].map((value, axis) =>
        Math.round(value / [sheet.width, sheet.height][axis]!),
      ),
      [lit[colour].x, lit[colour].y],
    );
  }
  assert.equal(tokens.length, 2 + 10 + 2);
});

test('pooled page vectors still lead to the patch that is lit', async () => {
  const collection = await makeCollection('Pooled', { factor: 3 });
  await insertPages(collection);
  await assertFound(collection);
});

test('a page that looks like it is nearest to an image', async () => {
  const base64 = pageImage('yellow', { x: 1, y: 1 });
  const hits = await search(pages, { kind: 'image', base64 });
  assert.equal(hits[0]!.document.properties['title'], 'yellow');
  assert.equal(hits.length, 3);
});

test('an object without a picture has no vector, one with a broken picture is refused', async () => {
  const collection = await makeCollection('Broken');
  const broken = Buffer.from('no picture').toString('base64');
  const [bare, refused] = await collection.insertMany(
    [{ properties: { title: 'bare' } }, { properties: { title: 'x', doc_page: broken } }].map(
      (object) => ({ ...object, vectors: new Map() }),
    ),
    context,
  );
  assert.equal(bare?.kind, 'stored');
  assert.equal(refused?.kind, 'failed');
  assert.match(refused.error.message, /the image /);
  assert.equal((await search(collection, textInput('red'))).length, 0);
});

test('after a restart the places are those that were stored', async () => {
  await opened.close();
  opened = await openHere();
  for (const name of ['Pages', 'Pooled']) await assertFound(opened.database.collection(name));
});
