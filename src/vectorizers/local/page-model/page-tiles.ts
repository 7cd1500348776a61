// A page's pixels as the page model takes them: resized, cut into tiles row by row, the whole page as
// the last tile, every value scaled and centred.

import { assert } from '../../../engine/assert.ts';
import type { RgbImage } from '../../../pages/page.ts';
import { type PageGrid, type PixelSize, tileCount } from './page-grid.ts';
import { resizeImage } from './resample.ts';

/** How a byte becomes a value: `(byte × factor − mean) / std`, for red, green, blue. */
export interface PixelScale {
  readonly factor: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** [tiles x 3 x edge x edge]: the planes of red, green and blue of each tile. */
export function pageTiles(
  page: RgbImage,
  grid: PageGrid,
  { tileEdge, scale }: { readonly tileEdge: number; readonly scale: PixelScale },
): Float32Array<ArrayBuffer> {
  const tables = scaleTables(scale);
  const image = grid.resizes.reduce(resizeImage, page);
  const length = 3 * tileEdge ** 2;
  const tiles = new Float32Array(tileCount(grid) * length);
  for (let tile = 0; tile < grid.rows * grid.cols; tile += 1) {
    const corner = {
      left: (tile % grid.cols) * tileEdge,
      top: Math.floor(tile / grid.cols) * tileEdge,
    };
    copyTile(image, corner, tables, tiles.subarray(tile * length, (tile + 1) * length));
  }
  const whole: PixelSize = { width: tileEdge, height: tileEdge };
  const last = tiles.subarray(tiles.length - length);
  copyTile(resizeImage(image, whole), { left: 0, top: 0 }, tables, last);
  return tiles;
}

/** The value of each byte in each channel, in the steps and the precision of the training. */
function scaleTables({ factor, mean, std }: PixelScale): readonly Float32Array[] {
  return [0, 1, 2].map((channel) =>
    Float32Array.from({ length: 256 }, (_, byte) => {
      const centred = Math.fround(Math.fround(byte * factor) - Math.fround(mean[channel] ?? 0));
      return centred / Math.fround(std[channel] ?? 1);
    }),
  );
}

function copyTile(
  { width, rgb }: RgbImage,
  { left, top }: { readonly left: number; readonly top: number },
  tables: readonly Float32Array[],
  out: Float32Array,
): void {
  const edge = Math.sqrt(out.length / 3);
  assert(left + edge <= width, 'a tile lies inside its image');
  for (const [channel, table] of tables.entries()) {
    let at = channel * edge ** 2;
    for (let y = top; y < top + edge; y += 1) {
      let pixel = (y * width + left) * 3 + channel;
      for (let x = 0; x < edge; x += 1) {
        out[at] = table[rgb[pixel] as number] as number;
        at += 1;
        pixel += 3;
      }
    }
  }
}
