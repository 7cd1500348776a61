// Draws pages for tests of the page model: white, with blocks of colour, as raw pixels and as PNG.

import { crc32, deflateSync } from 'node:zlib';
import type { RgbImage } from '../src/pages/page.ts';
import { tinyColours } from './tiny-page-model.ts';

export type Colour = keyof typeof tinyColours;

/** A rectangle in shares of the page, origin top left. */
export interface ColouredBlock {
  readonly colour: Colour;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A white page with blocks of colour. */
export function drawPage(
  width: number,
  height: number,
  blocks: readonly ColouredBlock[] = [],
): RgbImage {
  const rgb = new Uint8Array(width * height * 3).fill(255);
  for (const block of blocks) {
    const [left, right] = [block.x, block.x + block.width].map((x) => Math.round(x * width));
    const [top, bottom] = [block.y, block.y + block.height].map((y) => Math.round(y * height));
    for (let y = top!; y < bottom!; y += 1) {
      for (let x = left!; x < right!; x += 1)
        rgb.set(tinyColours[block.colour], (y * width + x) * 3);
    }
  }
  return { width, height, rgb };
}

/** The cell of a grid of `across` × `down` cells, as a block. */
export function cellBlock(
  colour: Colour,
  cell: { readonly x: number; readonly y: number },
  grid: { readonly across: number; readonly down: number },
): ColouredBlock {
  const { across, down } = grid;
  return { colour, x: cell.x / across, y: cell.y / down, width: 1 / across, height: 1 / down };
}

/** A picture as the bytes of a PNG file. */
export function pngOf({ width, height, rgb }: RgbImage): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1) {
    rows.set(rgb.subarray(y * width * 3, (y + 1) * width * 3), y * (1 + width * 3) + 1);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a channel, red, green and blue, nothing else.
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
