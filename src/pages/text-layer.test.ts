// The text of real PDFs. Needs the files beside the project.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPageData } from '../../test/pages/page-data.ts';
import type { Page } from './page.ts';
import { PageReader } from './page-reader.ts';

/** Words of five letters and more, without endings that questions and answers differ in. */
function stemsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/\p{L}{5,}/gu) ?? [];
  return new Set(words.map((word) => word.slice(0, 5)));
}

test('every page has its text, and the pages that answer a question have its words', async (t) => {
  const data = loadPageData();
  if (data === undefined) return t.skip('needs the PDFs beside the project');
  await using reader = PageReader.open({ imageEdge: 64, thumbnailEdge: 16 });
  const pages = new Map<string, Page>();
  for (const file of data.files) {
    for await (const item of reader.readFile(file)) {
      assert.ok(item.kind === 'page', item.kind === 'failed' ? item.message : '');
      pages.set(`${file.name} ${item.page.number}`, item.page);
    }
  }
  assert.equal(pages.size, 62);
  for (const [name, page] of pages) {
    assert.notEqual(page.readBy, 'nothing', name);
    assert.ok(page.title.length > 5, name);
    const readable = page.words.filter(({ text }) => /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(text));
    assert.equal(readable.length, page.words.length, `${name}: no word holds anything else`);
    const isInside = page.words.every(
      ({ x, y, width, height }) =>
        x >= 0 &&
        y >= 0 &&
        width > 0 &&
        height > 0 &&
        x + width <= 1.000_001 &&
        y + height <= 1.000_001,
    );
    assert.ok(isInside, `${name}: boxes are on the page`);
  }
  const shares = data.questions.map(({ text, file, pages: numbers }) => {
    const asked = stemsOf(text);
    const answers = numbers.map((number) => pages.get(`${file} ${number}`)?.text ?? '');
    const found = stemsOf(answers.join('\n'));
    return [...asked].filter((stem) => found.has(stem)).length / asked.size;
  });
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  assert.ok(mean > 0.6, `${mean.toFixed(2)} of the questions' words are on the pages that answer`);
});
