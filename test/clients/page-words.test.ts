// The second tutorial where there is no page model: its printed code, unmodified, by both official clients,
// with the operator's redirection to the local text model, which embeds the words that are read in the
// pictures.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PageReader } from '../../src/pages/page-reader.ts';
import { withoutModel } from '../cli-process.ts';
import { text, writePdf } from '../pages/pdf-writer.ts';
import { hasPython } from './python.ts';
import { runTutorial, type Step } from './run-tutorial.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';
import { creations, hasTutorial2, tutorial2 } from './tutorial-2-code.ts';
import { languages } from './tutorial-code.ts';

const skip =
  skipWithout(hasTutorial2, 'the tutorial texts are not beside the project') ||
  (await withoutModel());
const skipPython = skip || skipWithout(await hasPython(), 'there is no python3 with venv');

const pages = { p1: 'A holiday film', p2: 'A film about whales', p3: 'Tax return form' };
const titlesOf = JSON.stringify(Object.keys(pages));

/** A picture of one line of words for each page. */
async function writePictures(folder: string): Promise<void> {
  await using reader = PageReader.open({ recognition: 'never', imageEdge: 600 });
  for (const [title, line] of Object.entries(pages)) {
    const bytes = writePdf({
      pages: [{ width: 300, height: 100, drawn: [text(line, 30, 50, 20)] }],
    });
    for await (const item of reader.readFile({ name: title, bytes })) {
      assert.equal(item.kind, 'page');
      writeFileSync(join(folder, `${title}.jpg`), item.page.image.bytes);
    }
  }
}

/** The tutorial connects to the cloud, which wants TLS; this is its self-hosted counterpart. */
function connect(folder: string): Step {
  const place = JSON.stringify(folder);
  return {
    section: '',
    before: {
      python: [
        'import base64',
        'from weaviate.classes.config import Configure, Property, DataType',
        'client = weaviate.connect_to_local()',
        'def url_to_base64(path): return base64.b64encode(open(path, "rb").read()).decode()',
        `source_objects = [{"title": t, "page_img_path": ${place} + "/" + t + ".jpg"} for t in ${titlesOf}]`,
      ].join('\n'),
      typescript: [
        "import { readFileSync } from 'node:fs';",
        "import weaviate from 'weaviate-client';",
        'const client = await weaviate.connectToLocal({});',
        `const image = (title: string) => readFileSync(${place} + "/" + title + ".jpg").toString("base64");`,
      ].join('\n'),
    },
  };
}

/** The TypeScript page has no import code yet. */
const importPages: Step = {
  section: 'MMBatchImportDocsExample',
  before: {
    python: '',
    typescript: [
      'const myCollection = client.collections.use("DemoCollection");',
      `const imported = await myCollection.data.insertMany(${titlesOf}.map((title) => ({ properties: { title, doc_page: image(title) } })));`,
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

/** What a hit says of how it was found. */
const explained: Step = {
  section: '',
  before: {
    python:
      'response = collection.query.near_text(query="mammals of the sea", limit=1, return_metadata=["explain_score"])',
    typescript:
      'result = await myCollection.query.nearText("mammals of the sea", { limit: 1, returnMetadata: ["explainScore"] });',
  },
  collect: {
    python: '[[o.properties["title"], o.metadata.explain_score] for o in response.objects]',
    typescript: 'result.objects.map((o) => [o.properties.title, o.metadata!.explainScore])',
  },
};

describe('tutorial 2 with a text model that reads the words of pictures', { skip }, () => {
  let server: ServerProcess;
  let root: string;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'tesserae-words-tutorial-'));
    mkdirSync(join(root, 'pages'));
    await writePictures(join(root, 'pages'));
    const env = { WEAVIATE_EMBEDDINGS_BASE_URL: 'local:minilm' };
    server = await startServerProcess({ data: join(root, 'data'), env });
  });
  after(async () => {
    await server.stop();
    rmSync(root, { recursive: true });
  });

  for (const language of languages) {
    const options = { skip: language === 'python' ? skipPython : skip };
    test(`in ${language}: pages are found by their words`, options, async () => {
      await fetch(`${server.url}/v1/schema/DemoCollection`, { method: 'DELETE' });
      const steps: Step[] = [
        connect(join(root, 'pages')),
        { section: creations[0]?.section ?? '' },
        importPages,
        { section: 'NearTextExample', collect: titles },
        { section: 'HybridExample', collect: titles },
        explained,
      ];
      const run = { language, code: tutorial2, steps, ...server, providerUrl: '' };
      const { collected } = await runTutorial(run);
      const [counts, nearText, hybrid, why] = collected;
      assert.deepEqual(counts, [3, 0]);
      assert.deepEqual(nearText, ['p1', 'p2']);
      assert.deepEqual(hybrid, ['p1', 'p2']);
      const [[title, note] = []] = why as [string, string][];
      assert.equal(title, 'p2');
      assert.match(note ?? '', /minilm embeds the words .* pictures are not looked at/);
    });
  }
});
