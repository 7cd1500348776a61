// A text model as the provider of an image field: the words that are read in a picture are embedded, each
// token with its box, in a database as the clients' tutorial makes it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from '../src/index.ts';
import { PageReader } from '../src/pages/page-reader.ts';
import { modelsDirectory } from '../src/vectorizers/local/model-store.ts';
import { withoutModel } from './cli-process.ts';
import { text, writePdf } from './pages/pdf-writer.ts';

/** A picture of a page 300 by 120 points, two pixels a point, with one line of words 60 points from above. */
async function pictureOf(reader: PageReader, line: string): Promise<string> {
  const drawn = line === '' ? [] : [text(line, 30, 60, 20)];
  const bytes = writePdf({ pages: [{ width: 300, height: 120, drawn }] });
  for await (const item of reader.readFile({ name: 'picture', bytes })) {
    assert.equal(item.kind, 'page');
    return Buffer.from(item.page.image.bytes).toString('base64');
  }
  return assert.fail('the picture has a page');
}

test('a text model finds pictures by their words, and says that it looks at nothing else', {
  skip: await withoutModel(),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-page-words-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const vectorizers = { modelsDirectory: modelsDirectory(), embeddingsBaseUrl: 'local:minilm' };
  await using db = await open(folder, { vectorizers });
  await using reader = PageReader.open({ recognition: 'never', imageEdge: 600 });
  const pages = await db.createCollection({
    name: 'Pages',
    properties: [
      { name: 'title', type: 'text' },
      { name: 'page', type: 'blob' },
    ],
    vectors: [
      {
        name: 'document',
        vectorizer: { module: 'multi2multivec-weaviate', settings: { imageFields: ['page'] } },
      },
    ],
  });
  const lines = ['The kiln is open today', 'Invoice for the tax office', ''];
  const pictures = await Promise.all(lines.map((line) => pictureOf(reader, line)));
  const results = await pages.insertMany(
    pictures.map((page, index) => ({ properties: { title: `${index}`, page } })),
  );
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['stored', 'stored', 'failed'],
  );
  const [, , empty] = results;
  assert.match(empty?.kind === 'failed' ? empty.error.message : '', /no word can be read in the/);
  const question = { kind: 'text', text: 'When is the oven for pottery ready?' } as const;
  const [hit] = await pages.search({ ...question, explain: true, include: ['explanation'] });
  assert.equal(hit?.properties['title'], '0');
  assert.match(hit.explanation?.notes.join() ?? '', /minilm embeds the words .* not looked at/);
  const [found] = hit.matches?.vectors ?? [];
  assert.match(found?.text ?? '', /The kiln is open today/);
  assert.equal(found?.heat.filter((word) => word.box).length, 5);
  const kiln = found.heat.find((word) => word.text === 'kiln')?.box;
  assert.ok(kiln);
  const { page } = hit.matches ?? {};
  assert.ok(page && Math.abs(page.width / page.height - 2.5) < 0.01);
  const share = (kiln.x + kiln.width / 2) / page.width;
  assert.ok(share > 0.2 && share < 0.4, `kiln stands at ${share}`);
  assert.ok(kiln.y / page.height > 0.3 && (kiln.y + kiln.height) / page.height < 0.6);
});
