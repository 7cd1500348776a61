import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCanvas } from '@napi-rs/canvas';
import { bmpOf } from '../../../test/pages/images.ts';
import { checkImageEnd } from './image-end.ts';
import { readImageHeader } from './image-header.ts';

const canvas = createCanvas(150, 90);
const context = canvas.getContext('2d');
for (let x = 0; x < 150; x += 3) {
  context.fillStyle = `rgb(${x}, ${(x * 7) % 256}, ${255 - x})`;
  context.fillRect(x, (x * 5) % 80, 20, 10);
}
const samples: Readonly<Record<string, Uint8Array>> = {
  png: canvas.encodeSync('png'),
  jpeg: canvas.encodeSync('jpeg', 80),
  webp: canvas.encodeSync('webp', 80),
  gif: canvas.encodeSync('gif'),
  bmp: bmpOf(37, 21),
};

function check(bytes: Uint8Array): void {
  checkImageEnd(bytes, readImageHeader(bytes));
}

describe('image end', () => {
  for (const [kind, bytes] of Object.entries(samples)) {
    test(`${kind}: a whole file passes, also with something behind it`, () => {
      check(bytes);
      check(Buffer.concat([bytes, Buffer.from('trailing bytes')]));
    });

    test(`${kind}: a file that is cut is refused, however little is missing`, () => {
      for (const share of [0.5, 0.6, 0.9, 0.99]) {
        const cut = bytes.subarray(0, Math.floor(bytes.length * share));
        assert.throws(
          () => check(cut),
          new RegExp(`is cut off: its ${cut.length} bytes of ${kind}`),
        );
      }
    });
  }
});
