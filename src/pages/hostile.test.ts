// Files that mean harm: one message for each, and the next file is read as if nothing had been.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  brokenFiles,
  decompressionBomb,
  endlessPage,
  type HostileFile,
} from '../../test/pages/hostile-files.ts';
import { bmpOf, flatPng } from '../../test/pages/images.ts';
import { text, writePdf } from '../../test/pages/pdf-writer.ts';
import type { PageItem } from './page.ts';
import { PageReader, type PageReaderOptions } from './page-reader.ts';

const good = writePdf({ pages: [{ drawn: [text('Still here', 72, 700)] }] });

function openReader(limits: PageReaderOptions['limits']): PageReader {
  return PageReader.open({ recognition: 'never', imageEdge: 200, processesMax: 1, limits });
}

async function itemsOf(reader: PageReader, bytes: Uint8Array, name = 'x'): Promise<PageItem[]> {
  const items: PageItem[] = [];
  for await (const item of reader.readFile({ name, bytes })) items.push(item);
  return items;
}

async function assertStillReads(reader: PageReader): Promise<void> {
  const [item] = await itemsOf(reader, good);
  assert.equal(item?.kind === 'page' && item.page.text, 'Still here');
}

function assertExpected(items: readonly PageItem[], { name, expect }: HostileFile): void {
  const [first] = items;
  if (expect.kind === 'pages') {
    assert.equal(first?.kind, 'page', `${name}: ${JSON.stringify(first).slice(0, 200)}`);
    assert.equal(items.length, expect.count, name);
    assert.equal(first?.kind === 'page' && first.page.text, expect.text, name);
    return;
  }
  assert.ok(first?.kind === 'failed', name);
  assert.match(first.message, expect.message);
}

describe('hostile files', () => {
  test('broken and misleading files give their pages or a message each', async (t) => {
    await using reader = openReader({});
    for (const file of brokenFiles()) {
      await t.test(file.name, async () => {
        assertExpected(await itemsOf(reader, file.bytes, file.name), file);
        await assertStillReads(reader);
      });
    }
  });

  test('too many pages or bytes are refused with both numbers', async () => {
    const pages = [1, 2, 3].map(() => ({ drawn: [text('page', 72, 700)] }));
    await using reader = openReader({ pagesMax: 2, fileBytesMax: 2_500 });
    const [many] = await itemsOf(reader, writePdf({ pages }), 'many.pdf');
    assert.deepEqual(many, {
      kind: 'failed',
      message: 'many.pdf has 3 pages, more than the limit of 2',
    });
    const [large] = await itemsOf(reader, new Uint8Array(2_501), 'large.pdf');
    assert.deepEqual(large, {
      kind: 'failed',
      message: 'large.pdf has 2501 bytes, more than the limit of 2500',
    });
    await assert.rejects(reader.decodeImage(bmpOf(100, 100)), /30054 bytes, more than the limit/);
  });

  test('a page that never ends fails by its time, and the pages around it are read', async () => {
    await using reader = openReader({ pageSecondsMax: 6 });
    const items = await itemsOf(reader, endlessPage(), 'endless.pdf');
    assert.deepEqual(
      items.map((item) => (item.kind === 'page' ? item.page.text : item)),
      [
        'Before',
        {
          kind: 'failed',
          number: 2,
          message:
            'page 2 of endless.pdf took more than 6 seconds, the limit for one page or file to open',
        },
        'After',
      ],
    );
  });

  test('a bomb fails by its memory, and takes no other file with it', async () => {
    await using reader = openReader({ memoryBytesMax: 300 * 2 ** 20 });
    const pages = ['a', 'b', 'c', 'd'].map((word) => ({ drawn: [text(word, 72, 700)] }));
    const [others, [bomb]] = await Promise.all([
      itemsOf(reader, writePdf({ pages })),
      itemsOf(reader, decompressionBomb(600), 'bomb.pdf'),
    ]);
    assert.ok(bomb?.kind === 'failed');
    assert.match(
      bomb.message,
      /^page 1 of bomb\.pdf (needs \d+ bytes of memory, more than the limit of 314572800|stopped its reader)/,
    );
    assert.deepEqual(
      others.map((item) => item.kind === 'page' && item.page.text),
      ['a', 'b', 'c', 'd'],
    );
  });

  test('an image fails by its memory, and the next is read', async () => {
    await using reader = openReader({ memoryBytesMax: 160 * 2 ** 20 });
    await assert.rejects(reader.decodeImage(flatPng(8_000, 7_000)), {
      code: 'invalid-argument',
      message: /^the image needs \d+ bytes of memory, more than the limit of 167772160$/,
    });
    const { width, rgb } = await reader.decodeImage(flatPng(3, 2));
    assert.deepEqual([width, [...rgb]], [3, Array.from({ length: 18 }, () => 0)]);
  });

  test('a file is given up after the time for all its pages', async () => {
    const pages = [1, 2, 3].map(() => ({ drawn: [text('page', 72, 700)] }));
    await using reader = openReader({ fileSecondsMax: 0.000_001 });
    const items = await itemsOf(reader, writePdf({ pages }), 'slow.pdf');
    assert.deepEqual(items.slice(1), [
      {
        kind: 'failed',
        message:
          'pages 2 to 3 of slow.pdf were not read: the file took more than 0.000001 seconds, the limit',
      },
    ]);
  });
});
