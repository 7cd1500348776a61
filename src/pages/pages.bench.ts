// Pages per second: text alone, text and pictures, recognition; and the memory of both processes over a
// long file. With TESSERAE_BENCH=1 over all real pages and 500 made ones; otherwise small: then only a
// test that every page comes. The real pages are those beside the project.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPageData, type PageData } from '../../test/pages/page-data.ts';
import { text, writePdf } from '../../test/pages/pdf-writer.ts';
import type { Page, PageFile } from './page.ts';
import { PageReader, type PageReaderOptions } from './page-reader.ts';

const full = process.env['TESSERAE_BENCH'] === '1';
const longPages = full ? 500 : 30;
const recognizedPages = full ? 6 : 0;
const tiny = { imageEdge: 16, thumbnailEdge: 16 } as const;

async function* pagesOf(reader: PageReader, file: PageFile): AsyncGenerator<Page> {
  for await (const item of reader.readFile(file)) {
    assert.ok(item.kind === 'page', item.kind === 'failed' ? item.message : '');
    yield item.page;
  }
}

interface Speed {
  readonly pages: number;
  readonly words: number;
  readonly bytes: number;
  readonly seconds: number;
}

async function speedOf({ files }: PageData, options: PageReaderOptions): Promise<Speed> {
  await using reader = PageReader.open({ recognition: 'never', ...options });
  // The process is up and warm before the clock runs.
  for await (const page of pagesOf(reader, files[0] ?? { name: '' })) assert.ok(page.number > 0);
  const start = performance.now();
  let pages = 0;
  let words = 0;
  let bytes = 0;
  for (const file of full ? files : files.slice(0, 1)) {
    for await (const page of pagesOf(reader, file)) {
      pages++;
      words += page.words.length;
      bytes += page.image.bytes.length + page.thumbnail.bytes.length;
    }
  }
  return { pages, words, bytes, seconds: (performance.now() - start) / 1_000 };
}

test('pages per second with text, with pictures, and recognised', async (t) => {
  const data = loadPageData();
  if (data === undefined) return t.skip('needs the PDFs beside the project');
  for (const [what, options] of [
    ['text alone', tiny],
    ['text and pictures of 1,024 pixels', { imageEdge: 1_024 }],
    ['text and pictures of 2,048 pixels', {}],
  ] as const) {
    const { pages, words, bytes, seconds } = await speedOf(data, options);
    const each = `${(words / pages).toFixed(0)} words, ${(bytes / pages / 1_024).toFixed(0)} KiB`;
    t.diagnostic(`${what}: ${(pages / seconds).toFixed(1)} pages/s of ${each}`);
  }
  if (recognizedPages === 0) return;
  await using reader = PageReader.open();
  const images: Page[] = [];
  for (const file of data.files.slice(0, recognizedPages)) {
    for await (const page of pagesOf(reader, file)) {
      if (page.number !== 2) continue;
      images.push(page);
      break;
    }
  }
  await reader.readImage(images[0]?.image.bytes ?? new Uint8Array());
  const start = performance.now();
  let found = 0;
  let words = 0;
  for (const { image, text: written } of images) {
    const left = new Set(written.split(/\s+/));
    words += left.size;
    const page = await reader.readImage(image.bytes);
    found += new Set(page.words.map((word) => word.text).filter((word) => left.has(word))).size;
  }
  const seconds = (performance.now() - start) / 1_000;
  const share = ((100 * found) / words).toFixed(1);
  t.diagnostic(
    `recognised: ${(images.length / seconds).toFixed(2)} pages/s, ${share} % of the words`,
  );
});

test('memory stays flat over a long file', async (t) => {
  const lines = Array.from({ length: 45 }, (_, line) =>
    text(`Line ${line} says something about nothing in particular, at length`, 50, 740 - 15 * line),
  );
  const bytes = writePdf({ pages: Array.from({ length: longPages }, () => ({ drawn: lines })) });
  await using reader = PageReader.open({ recognition: 'never', ...(full ? {} : tiny) });
  const seen: { readonly child: number; readonly own: number }[] = [];
  for await (const page of pagesOf(reader, { name: 'long.pdf', bytes })) {
    assert.equal(page.words.length, 45 * 10);
    seen.push({ child: reader.memoryBytes, own: process.memoryUsage.rss() });
  }
  assert.equal(seen.length, longPages);
  const fifth = seen[Math.floor(longPages / 5)];
  const last = seen.at(-1);
  assert.ok(fifth && last);
  const mb = (one: number): string => `${(one / 2 ** 20).toFixed(0)} MiB`;
  t.diagnostic(
    `${longPages} pages: reading process ${mb(fifth.child)} after a fifth, ${mb(last.child)} after all; ` +
      `own process ${mb(fifth.own)}, ${mb(last.own)}`,
  );
  assert.ok(last.child < 1.2 * fifth.child + 2 ** 25, 'the reading process does not grow');
});
