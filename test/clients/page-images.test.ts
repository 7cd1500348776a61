// The second tutorial self-hosted: its printed code, unmodified, by both official clients against a
// server that no embedding service was named for and that has the page model on its machine. The model
// is the tiny fixture of test/tiny-page-model.ts, which knows colours and a few words for them.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Colour, cellBlock, drawPage, pngOf } from '../page-picture.ts';
import { writeTinyPageModel } from '../tiny-page-model.ts';
import { hasPython } from './python.ts';
import { runTutorial, type Step } from './run-tutorial.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';
import { creations, hasTutorial2, tutorial2 } from './tutorial-2-code.ts';

const skip = skipWithout(hasTutorial2, 'the tutorial texts are not beside the project');
const skipPython = skip || skipWithout(await hasPython(), 'there is no python3 with venv');

const sheet = { width: 300, height: 424, across: 16, down: 16 };

/** Colours on each page: the tiny model takes a holiday for yellow and a film for cyan. */
const pages: Readonly<Record<string, readonly Colour[]>> = {
  p1: ['yellow', 'cyan'],
  p2: ['cyan', 'blue'],
  p3: ['black'],
};

function pagePng(colours: readonly Colour[]): Buffer {
  const blocks = colours.map((colour, index) =>
    cellBlock(colour, { x: 3 + 4 * index, y: 5 }, sheet),
  );
  return pngOf(drawPage(sheet.width, sheet.height, blocks));
}

/** The tutorial connects to the cloud, which wants TLS; this is its self-hosted counterpart. */
function connect(folder: string): Step {
  const titles = JSON.stringify(Object.keys(pages));
  return {
    section: '',
    before: {
      python: [
        'import base64',
        'from weaviate.classes.config import Configure, Property, DataType',
        'client = weaviate.connect_to_local()',
        'def url_to_base64(path): return base64.b64encode(open(path, "rb").read()).decode()',
        `source_objects = [{"title": t, "page_img_path": ${JSON.stringify(folder)} + "/" + t + ".png"} for t in ${titles}]`,
      ].join('\n'),
      typescript: [
        "import { readFileSync } from 'node:fs';",
        "import weaviate from 'weaviate-client';",
        'const client = await weaviate.connectToLocal({});',
        `const image = (title: string) => readFileSync(${JSON.stringify(folder)} + "/" + title + ".png").toString("base64");`,
      ].join('\n'),
    },
  };
}

const removeCollection: Step = {
  section: '',
  before: {
    python: 'client.collections.delete("DemoCollection")',
    typescript: 'await client.collections.delete("DemoCollection");',
  },
};

/** The TypeScript page has no import code yet. */
const importPages: Step = {
  section: 'MMBatchImportDocsExample',
  before: {
    python: '',
    typescript: [
      'const myCollection = client.collections.use("DemoCollection");',
      `const imported = await myCollection.data.insertMany(${JSON.stringify(Object.keys(pages))}.map((title) => ({ properties: { title, doc_page: image(title) } })));`,
    ].join('\n'),
  },
  collect: {
    python: '[len(collection), len(collection.batch.failed_objects)]',
    typescript:
      '[(await myCollection.aggregate.overAll()).totalCount, Object.keys(imported.errors).length]',
  },
};

const titles = {
  python: '[o.properties["title"] for o in response.objects]',
  typescript: 'result.objects.map((o) => o.properties.title)',
};

/** Vectors as [tokens, dims] of the object that a query of one's own finds first. */
function vectorShapes(vector: string): Step {
  return {
    section: '',
    before: {
      python: 'response = collection.query.near_text(query="blue", limit=1, include_vector=True)',
      typescript:
        'result = await myCollection.query.nearText("blue", { limit: 1, includeVector: true });',
    },
    collect: {
      python: `[[o.properties["title"], list(o.vector.keys()), len(o.vector["${vector}"]), len(o.vector["${vector}"][0])] for o in response.objects]`,
      typescript: `result.objects.map((o) => [o.properties.title, Object.keys(o.vectors), (o.vectors.${vector} as number[][]).length, (o.vectors.${vector} as number[][])[0]!.length])`,
    },
  };
}

const nearImage: Step = {
  section: '',
  before: {
    python:
      'response = collection.query.near_image(near_image=url_to_base64(source_objects[2]["page_img_path"]), limit=1)',
    typescript:
      'result = await myCollection.query.nearImage(Buffer.from(image("p3"), "base64"), { limit: 1 });',
  },
  collect: titles,
};

/** What is no image is refused for itself, in the words of the decoder; the others of the batch are stored. */
const brokenImage: Step = {
  section: '',
  before: {
    python: [
      'outcome = collection.data.insert_many([{"title": "broken", "doc_page": base64.b64encode(b"no picture").decode()}, {"title": "bare"}])',
    ].join('\n'),
    typescript:
      'const outcome = await myCollection.data.insertMany([{ properties: { title: "broken", doc_page: Buffer.from("no picture").toString("base64") } }, { properties: { title: "bare" } }]);',
  },
  collect: {
    python: '[list(outcome.errors.keys()), outcome.errors[0].message, len(outcome.uuids)]',
    typescript:
      '[Object.keys(outcome.errors).map(Number), outcome.errors[0]!.message, Object.keys(outcome.uuids).length]',
  },
};

describe('tutorial 2 with a page model on the machine', { skip }, () => {
  let server: ServerProcess;
  let root: string;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'tesserae-page-tutorial-'));
    const folders = ['models/colmodernvbert', 'data', 'pages'].map((name) => join(root, name));
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const [model, data, images] = folders;
    await writeTinyPageModel(model!, { longestEdge: 1024 });
    for (const [title, colours] of Object.entries(pages)) {
      writeFileSync(join(images!, `${title}.png`), pagePng(colours));
    }
    const env = { MODEL_DIR: join(root, 'models') };
    server = await startServerProcess({ data: data!, env });
  });
  after(async () => {
    await server.stop();
    rmSync(root, { recursive: true });
  });

  /** In Python one program makes every collection; the TypeScript sections declare the same names. */
  const programs = [
    { language: 'python' as const, made: creations },
    ...creations
      .filter((one) => one.languages.includes('typescript'))
      .map((one) => ({ language: 'typescript' as const, made: [one] })),
  ];
  for (const { language, made } of programs) {
    const sections = made.map(({ section }) => section).join(', ');
    const options = { skip: language === 'python' ? skipPython : skip };
    test(
      `${sections} in ${language}: pages are found by text and by an image`,
      options,
      async () => {
        await fetch(`${server.url}/v1/schema/DemoCollection`, { method: 'DELETE' });
        const steps = made.flatMap(({ section, vector }, index): Step[] => [
          index === 0 ? connect(join(root, 'pages')) : removeCollection,
          { section },
          importPages,
          { section: 'NearTextExample', collect: titles },
          { section: 'HybridExample', collect: titles },
          vectorShapes(vector),
          nearImage,
          brokenImage,
        ]);
        const run = { language, code: tutorial2, steps, ...server, providerUrl: '' };
        const { collected } = await runTutorial(run);
        assert.equal(collected.length, made.length * 6);
        for (const [index, { vector }] of made.entries()) {
          const [counts, nearText, hybrid, shapes, image, broken] = collected.slice(index * 6);
          assert.deepEqual(counts, [3, 0]);
          assert.deepEqual(nearText, ['p1', 'p2']);
          assert.deepEqual(hybrid, ['p1', 'p2']);
          // 2 × 2 tiles and the whole page: 11 + 4 × 66 + 1 + 1 + 66 + 1 + 5 + 1 + 4 + 1 tokens.
          assert.deepEqual(shapes, [['p2', [vector], 355, 128]]);
          assert.deepEqual(image, ['p3']);
          const [refused, message, stored] = broken as [number[], string, number];
          assert.deepEqual([refused, stored], [[0], 1]);
          assert.match(message, /the image /);
        }
      },
    );
  }
});
