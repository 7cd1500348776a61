import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { bmpOf, withOrientation } from '../../test/pages/images.ts';
import { type PdfInput, text, writePdf } from '../../test/pages/pdf-writer.ts';
import type { Page, PageItem, PageWord } from './page.ts';
import { PageReader } from './page-reader.ts';

let reader: PageReader;
/** Recognises words; a process of its own, used by few tests. */
let recognizing: PageReader;

before(() => {
  reader = PageReader.open({ recognition: 'never', imageEdge: 400, thumbnailEdge: 64 });
  recognizing = PageReader.open({ imageEdge: 800 });
});

after(async () => {
  await reader.close();
  await recognizing.close();
});

async function read(from: PageReader, input: PdfInput | Uint8Array): Promise<Page[]> {
  const bytes = input instanceof Uint8Array ? input : writePdf(input);
  const pages: Page[] = [];
  for await (const item of from.readFile({ name: 'test.pdf', bytes })) pages.push(pageOf(item));
  return pages;
}

function pageOf(item: PageItem): Page {
  assert.ok(item.kind === 'page', item.kind === 'failed' ? item.message : '');
  return item.page;
}

/** Middle of a word's box, in points of the page as shown. */
function middleOf(page: Page, word: string): readonly [number, number] {
  const found = page.words.find((one: PageWord) => one.text === word);
  assert.ok(found, `${word} is on the page`);
  return [
    (found.x + found.width / 2) * page.widthPoints,
    (found.y + found.height / 2) * page.heightPoints,
  ];
}

function assertNear(point: readonly [number, number], x: number, y: number): void {
  const away = Math.hypot(point[0] - x, point[1] - y);
  assert.ok(away < 6, `${point.map((one) => one.toFixed(1))} is near ${x}, ${y}`);
}

describe('pages of a PDF', () => {
  test('words come with boxes, text and their starts in it', async () => {
    const drawn = [text('Hello wide world', 72, 700), text('second line', 72, 680)];
    const [page] = await read(reader, { title: 'A title', pages: [{ drawn }] });
    assert.ok(page);
    assert.equal(page.text, 'Hello wide world\nsecond line');
    assert.deepEqual(
      page.words.map((word, index) => [word.text, page.wordStarts[index]]),
      [
        ['Hello', 0],
        ['wide', 6],
        ['world', 11],
        ['second', 17],
        ['line', 24],
      ],
    );
    assert.equal(page.readBy, 'text-layer');
    assert.equal(page.title, 'A title');
    // Helvetica of 12 points: "Hello" is 27.3 wide, its baseline 92 points from the top.
    assertNear(middleOf(page, 'Hello'), 72 + 13.7, 92 - 4);
    const hello = page.words[0];
    assert.ok(hello && Math.abs(hello.width * 612 - 27.3) < 1, `${hello?.width}`);
  });

  test('number, size and pictures of each page', async () => {
    const pages = await read(reader, {
      pages: [{ drawn: [text('one', 72, 700, 30)] }, { width: 300, height: 150, drawn: [] }],
    });
    assert.deepEqual(
      pages.map(({ number, pageCount, widthPoints, heightPoints }) => [
        number,
        pageCount,
        widthPoints,
        heightPoints,
      ]),
      [
        [1, 2, 612, 792],
        [2, 2, 300, 150],
      ],
    );
    const [first, second] = pages;
    assert.ok(first && second);
    const picture = await loadImage(Buffer.from(first.image.bytes));
    assert.deepEqual([picture.width, picture.height], [309, 400]);
    assert.deepEqual([first.image.width, first.image.height], [309, 400]);
    assert.deepEqual([second.thumbnail.width, second.thumbnail.height], [64, 32]);
    assert.equal(second.readBy, 'nothing');
    assert.equal(second.text, '');
    // Without a title of its own every page has the first large line of the first one.
    assert.deepEqual([first.title, second.title], ['one', 'one']);
  });

  test('boxes are where a rotated page shows its words', async () => {
    const drawn = [text('corner', 72, 700)];
    const pages = await read(reader, {
      pages: ([0, 90, 180, 270] as const).map((rotate) => ({ rotate, drawn })),
    });
    const sizes = pages.map(({ widthPoints, heightPoints }) => [widthPoints, heightPoints]);
    assert.deepEqual(sizes, [
      [612, 792],
      [792, 612],
      [612, 792],
      [792, 612],
    ]);
    const [x, y] = middleOf(pages[0] as Page, 'corner');
    assertNear(middleOf(pages[1] as Page, 'corner'), 792 - y, x);
    assertNear(middleOf(pages[2] as Page, 'corner'), 612 - x, 792 - y);
    assertNear(middleOf(pages[3] as Page, 'corner'), y, 612 - x);
  });

  test('a cropped page begins at its crop box, and what is outside is not read', async () => {
    const drawn = [text('inside', 150, 650), text('outside', 20, 20)];
    const cropBox = [100, 600, 400, 700] as const;
    const [page] = await read(reader, { pages: [{ cropBox, drawn }] });
    assert.ok(page);
    assert.deepEqual([page.widthPoints, page.heightPoints], [300, 100]);
    assert.equal(page.text, 'inside');
    assertNear(middleOf(page, 'inside'), 50 + 16, 50 - 4);
  });

  test('the dark pixels of a page lie in the boxes of its words', async () => {
    const [page] = await read(reader, { pages: [{ drawn: [text('BLOCK', 200, 300, 60)] }] });
    assert.ok(page);
    const { width, height, rgb } = await reader.decodeImage(page.image.bytes);
    const box = page.words[0] as PageWord;
    let inside = 0;
    let outside = 0;
    for (let at = 0; at < rgb.length; at += 3) {
      if ((rgb[at] ?? 0) > 128) continue;
      const x = ((at / 3) % width) / width;
      const y = Math.floor(at / 3 / width) / height;
      const isInside =
        x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
      if (isInside) inside++;
      else outside++;
    }
    assert.ok(inside > 500 && outside === 0, `${inside} pixels inside, ${outside} outside`);
  });

  test('what a form was filled with is read where it is shown', async () => {
    const fields = [{ text: 'Ada Lovelace', x: 300, y: 500 }];
    const [page] = await read(reader, { pages: [{ drawn: [text('Name:', 72, 505)], fields }] });
    assert.equal(page?.text, 'Name:\nAda Lovelace');
    assertNear(middleOf(page, 'Ada'), 302 + 11, 792 - 505 - 4);
  });

  test('reads from a path, and from a later page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tesserae-pages-'));
    try {
      const path = join(folder, 'three.pdf');
      const drawn = [text('words', 72, 700)];
      await writeFile(path, writePdf({ pages: [{ drawn }, { drawn }, { drawn }] }));
      const numbers: number[] = [];
      for await (const item of reader.readFile({ name: 'three.pdf', path }, { firstPage: 2 })) {
        numbers.push(pageOf(item).number);
      }
      assert.deepEqual(numbers, [2, 3]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a file that is not there, or is a folder, fails with its name', async () => {
    for (const [path, message] of [
      [join(tmpdir(), 'tesserae-none.pdf'), /^none\.pdf can't be opened: ENOENT$/],
      [tmpdir(), /^none\.pdf is not a file$/],
    ] as const) {
      const items: PageItem[] = [];
      for await (const item of reader.readFile({ name: 'none.pdf', path })) items.push(item);
      assert.equal(items.length, 1);
      assert.ok(items[0]?.kind === 'failed');
      assert.match(items[0].message, message);
    }
  });
});

describe('pages without text', () => {
  test('a scanned page is recognised: its words lie where they were', async () => {
    const words = ['Roasted', 'coffee', 'quarterly', 'revenue', 'mountain', 'railway'];
    const drawn = words.map((word, index) => text(word, 60 + 40 * index, 380 - 60 * index, 28));
    const [written] = await read(recognizing, { pages: [{ width: 480, height: 440, drawn }] });
    assert.ok(written);
    const { bytes, width, height } = written.image;
    const scan = { kind: 'jpeg', bytes, width, height } as const;
    const [scanned] = await read(recognizing, {
      pages: [{ width: 480, height: 440, drawn: [scan, text('Stamp', 400, 20, 6)] }],
    });
    assert.equal(scanned?.readBy, 'ocr');
    for (const word of words) assertNear(middleOf(scanned, word), ...middleOf(written, word));
  });

  test('an empty page has no words', async () => {
    const [page] = await read(recognizing, { pages: [{ drawn: [] }] });
    assert.equal(page?.readBy, 'nothing');
    assert.deepEqual(page?.words, []);
  });
});

describe('images', () => {
  const canvas = createCanvas(40, 20);
  const context = canvas.getContext('2d');
  context.fillStyle = '#f00';
  context.fillRect(0, 0, 20, 20);
  context.fillStyle = '#00f';
  context.fillRect(20, 0, 20, 20);

  test('each kind is a page of one point a pixel', async () => {
    const kinds: Readonly<Record<string, Uint8Array>> = {
      png: canvas.encodeSync('png'),
      jpeg: canvas.encodeSync('jpeg', 90),
      webp: canvas.encodeSync('webp', 90),
      gif: canvas.encodeSync('gif'),
      bmp: bmpOf(40, 20),
    };
    for (const [kind, bytes] of Object.entries(kinds)) {
      const [page] = await read(reader, bytes);
      assert.deepEqual([page?.widthPoints, page?.heightPoints], [40, 20], kind);
      assert.deepEqual([page?.image.width, page?.pageCount], [40, 1], kind);
    }
  });

  test('a JPEG is turned as its EXIF entry says', async () => {
    const bytes = withOrientation(canvas.encodeSync('jpeg', 95), 6);
    const { width, height, rgb } = await reader.decodeImage(bytes);
    assert.deepEqual([width, height], [20, 40]);
    const red = rgb.subarray(3 * (5 * width + 10));
    const blue = rgb.subarray(3 * (35 * width + 10));
    assert.ok((red[0] ?? 0) > 200 && (red[2] ?? 0) < 60, 'red is on top');
    assert.ok((blue[2] ?? 0) > 200 && (blue[0] ?? 0) < 60, 'blue is below');
  });

  test('pixels are exact, in rows from the top, and white where transparent', async () => {
    const odd = createCanvas(3, 700);
    const paint = odd.getContext('2d');
    for (let row = 0; row < 700; row += 2) {
      paint.fillStyle = `rgb(${row % 256}, ${(row * 3) % 256}, 7)`;
      paint.fillRect(0, row, 2, 1);
    }
    const { width, height, rgb } = await reader.decodeImage(odd.encodeSync('png'));
    assert.deepEqual([width, height, rgb.length], [3, 700, 6_300]);
    for (let row = 0; row < 700; row++) {
      const color = row % 2 === 0 ? [row % 256, (row * 3) % 256, 7] : [255, 255, 255];
      const expected = [...color, ...color, 255, 255, 255];
      assert.deepEqual([...rgb.subarray(row * 9, row * 9 + 9)], expected, `row ${row}`);
    }
  });

  test('what is no image is refused by name of the problem', async () => {
    const rejected = { code: 'invalid-argument', message: /^the image is a PDF, not an image$/ };
    await assert.rejects(reader.readImage(writePdf({ pages: [{ drawn: [] }] })), rejected);
    await assert.rejects(reader.decodeImage(Buffer.from('no image at all')), {
      code: 'invalid-argument',
      message: /neither a PDF nor a PNG/,
    });
  });
});

describe('page reader', () => {
  const three = writePdf({
    pages: ['one', 'two', 'three'].map((word) => ({ drawn: [text(word, 72, 700)] })),
  });

  test('files and images are read at the same time', async () => {
    const [files, image] = await Promise.all([
      Promise.all([1, 2, 3].map(() => read(reader, three))),
      reader.decodeImage(bmpOf(5, 5)),
    ]);
    for (const pages of files) {
      assert.deepEqual(
        pages.map((page) => page.text),
        ['one', 'two', 'three'],
      );
    }
    assert.deepEqual([...image.rgb.subarray(0, 3)], [255, 0, 0]);
  });

  test('a caller that leaves early or aborts leaves the reader as it was', async () => {
    for await (const item of reader.readFile({ name: 'three.pdf', bytes: three })) {
      assert.equal(pageOf(item).number, 1);
      break;
    }
    const abort = new AbortController();
    const reading = async (): Promise<void> => {
      const options = { signal: abort.signal };
      for await (const item of reader.readFile({ name: 'three.pdf', bytes: three }, options)) {
        assert.equal(pageOf(item).number, 1);
        abort.abort(new Error('enough'));
      }
    };
    await assert.rejects(reading(), { message: 'enough' });
    assert.equal((await read(reader, three)).length, 3);
  });

  test('bytes of a page are its own', async () => {
    const [page] = await read(reader, three);
    assert.equal(page?.image.bytes.buffer.byteLength, page?.image.bytes.length);
  });

  test('after close every call says so', async () => {
    const closing = PageReader.open();
    await closing.close();
    await assert.rejects(closing.readImage(bmpOf(2, 2)), { code: 'closed' });
    await assert.rejects(read(closing, three), { code: 'closed' });
  });

  test('closing ends what is being read', async () => {
    const closing = PageReader.open({ recognition: 'never' });
    const reading = read(closing, three);
    const rejected = assert.rejects(reading, { code: 'closed' });
    await closing.close();
    await rejected;
  });

  test('a limit that makes no sense is refused', () => {
    assert.throws(() => PageReader.open({ limits: { pagesMax: 0 } }), {
      code: 'invalid-argument',
      message: /pagesMax of reading pages is 0/,
    });
  });
});
