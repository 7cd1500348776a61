import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { hugePng } from '../../../test/pages/hostile-files.ts';
import { bmpOf } from '../../../test/pages/images.ts';
import { isPdf, readImageHeader } from './image-header.ts';
import { ReadProblem } from './problem.ts';

const canvas = createCanvas(37, 21);
canvas.getContext('2d').fillRect(5, 5, 10, 10);
const samples: Readonly<Record<string, Uint8Array>> = {
  png: canvas.encodeSync('png'),
  jpeg: canvas.encodeSync('jpeg', 80),
  webp: canvas.encodeSync('webp', 80),
  gif: canvas.encodeSync('gif'),
  bmp: bmpOf(37, 21),
};

describe('image header', () => {
  for (const [kind, bytes] of Object.entries(samples)) {
    test(`${kind}: kind and size come from the content`, () => {
      assert.deepEqual(readImageHeader(bytes), { kind, width: 37, height: 21 });
    });

    test(`${kind}: every beginning gives the size or a problem`, () => {
      for (let length = 0; length < Math.min(bytes.length, 700); length++) {
        try {
          assert.equal(readImageHeader(bytes.subarray(0, length)).width, 37);
        } catch (error) {
          assert.ok(error instanceof ReadProblem, String(error));
        }
      }
    });

    test(`${kind}: a changed byte gives a size or a problem`, () => {
      for (let at = 0; at < Math.min(bytes.length, 200); at++) {
        for (const value of [0, 1, 0x7f, 0xff]) {
          const changed = Uint8Array.from(bytes);
          changed[at] = value;
          try {
            assert.ok(readImageHeader(changed).width > 0);
          } catch (error) {
            assert.ok(error instanceof ReadProblem, String(error));
          }
        }
      }
    });
  }

  test('a lossless and an extended WebP have their size elsewhere', () => {
    const webp = (chunk: string, body: readonly number[]): Uint8Array =>
      Uint8Array.from([...Buffer.from(`RIFF....WEBP${chunk}....`), ...body]);
    const lossless = webp('VP8L', [0x2f, 0x63, 0xc0, 0x18, 0x00]);
    assert.deepEqual(readImageHeader(lossless), { kind: 'webp', width: 100, height: 100 });
    const extended = webp('VP8X', [0, 0, 0, 0, 0xff, 0xff, 0, 1, 0, 1]);
    assert.deepEqual(readImageHeader(extended), { kind: 'webp', width: 65_536, height: 65_538 });
  });

  test('the frame of a JPEG is found behind a thumbnail with a frame of its own', () => {
    const jpeg = samples['jpeg'] ?? new Uint8Array();
    const thumbnail = createCanvas(8, 8).encodeSync('jpeg', 50);
    const length = thumbnail.length + 2;
    const marker = Buffer.from([0xff, 0xe1, length >> 8, length & 0xff]);
    const bytes = Buffer.concat([jpeg.subarray(0, 2), marker, thumbnail, jpeg.subarray(2)]);
    assert.deepEqual(readImageHeader(bytes), { kind: 'jpeg', width: 37, height: 21 });
  });

  test('a GIF is as large as its first picture when that is larger than its screen', () => {
    const gif = Uint8Array.from(samples['gif'] ?? []);
    gif.set([1, 0, 1, 0], 6);
    assert.deepEqual(readImageHeader(gif), { kind: 'gif', width: 37, height: 21 });
  });

  test('what is no image says what it looks like', () => {
    assert.throws(() => readImageHeader(Buffer.from('II*\0')), /TIFF, which is not read/);
    assert.throws(() => readImageHeader(Buffer.from('<svg/>')), /a text with markup/);
    assert.throws(() => readImageHeader(Buffer.from('%PDF-1.4')), /is a PDF, not an image/);
    assert.throws(() => readImageHeader(hugePng(0)), /says 0 x 0 pixels/);
  });

  test('a PDF may begin with other bytes', () => {
    assert.equal(isPdf(Buffer.from(`${' '.repeat(900)}%PDF-1.3`)), true);
    assert.equal(isPdf(Buffer.from(`${' '.repeat(1_100)}%PDF-1.3`)), false);
  });
});
