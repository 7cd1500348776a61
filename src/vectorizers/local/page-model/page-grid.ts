// How a page image is cut for the page model: the two sizes that it is brought to, its grid of tiles,
// and the way back, from a token of the model to a box on the page.

import { assert } from '../../../engine/assert.ts';
import { boxUnits } from '../../../engine/document.ts';

/** A size in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Sizes and counts that a model's settings decide. */
export interface GridSettings {
  /** The longer side of a page after the first resize, in pixels. */
  readonly longestEdge: number;
  /** Side of a tile, in pixels. */
  readonly tileEdge: number;
  /** Image tokens along one side of a tile: a tile has its square. */
  readonly tokensPerEdge: number;
  /** False when a page is never cut: it becomes one square tile. */
  readonly isSplit: boolean;
}

/**
 * How one page is cut: `rows × cols` tiles of its own and then one of the whole page, or, with no rows
 * and columns, that last tile alone.
 */
export interface PageGrid {
  /** Sizes that the page is brought to, one after the other. */
  readonly resizes: readonly PixelSize[];
  readonly rows: number;
  readonly cols: number;
}

/** The grid of a page of any size. The page's proportions are kept first and then stretched to tiles. */
export function pageGrid(page: PixelSize, settings: GridSettings): PageGrid {
  const { tileEdge } = settings;
  const first = firstSize(page, settings.longestEdge);
  if (!settings.isSplit) {
    return { resizes: [first, { width: tileEdge, height: tileEdge }], rows: 0, cols: 0 };
  }
  const second = wholeTiles(first, tileEdge);
  const isCut = second.width > tileEdge || second.height > tileEdge;
  return {
    resizes: [first, second],
    rows: isCut ? second.height / tileEdge : 0,
    cols: isCut ? second.width / tileEdge : 0,
  };
}

/** Tiles that go through the model for a page, the one of the whole page included. */
export function tileCount({ rows, cols }: PageGrid): number {
  return rows * cols + 1;
}

/** The longer side as wanted, the shorter in proportion, rounded down and then up to an even number. */
function firstSize({ width, height }: PixelSize, longestEdge: number): PixelSize {
  assert(width >= 1 && height >= 1, `an image has pixels, this one is ${width} × ${height}`);
  const aspect = width / height;
  const even = (side: number): number => Math.max(1, Math.floor(side) + (Math.floor(side) % 2));
  return aspect >= 1
    ? { width: longestEdge, height: even(longestEdge / aspect) }
    : { width: even(longestEdge * aspect), height: longestEdge };
}

/** The longer side up to whole tiles, the shorter in proportion to it and up to whole tiles. */
function wholeTiles({ width, height }: PixelSize, tileEdge: number): PixelSize {
  const up = (side: number): number => Math.ceil(side / tileEdge) * tileEdge;
  const aspect = width / height;
  return aspect >= 1
    ? { width: up(width), height: up(Math.floor(up(width) / aspect)) }
    : { width: up(Math.floor(up(height) * aspect)), height: up(height) };
}

/**
 * Boxes of the image tokens of a page, in their order: [tokens × 4] x, y, width, height in 1/65535 of the
 * page, origin top left. Tokens of the tile of the whole page have none (all zero) where the page was cut.
 * Boxes side by side share their edges exactly.
 */
export function imageTokenBoxes(
  { rows, cols }: Pick<PageGrid, 'rows' | 'cols'>,
  tokensPerEdge: number,
): Uint16Array<ArrayBuffer> {
  const tiles = rows * cols;
  const boxes = new Uint16Array((tiles + 1) * tokensPerEdge ** 2 * 4);
  const cellsAcross = Math.max(1, cols) * tokensPerEdge;
  const cellsDown = Math.max(1, rows) * tokensPerEdge;
  const edge = (cell: number, cells: number): number => Math.round((cell / cells) * boxUnits);
  let offset = 0;
  for (let tile = 0; tile < Math.max(1, tiles); tile += 1) {
    const left = tiles === 0 ? 0 : (tile % cols) * tokensPerEdge;
    const top = tiles === 0 ? 0 : Math.floor(tile / cols) * tokensPerEdge;
    for (let y = top; y < top + tokensPerEdge; y += 1) {
      for (let x = left; x < left + tokensPerEdge; x += 1) {
        boxes[offset] = edge(x, cellsAcross);
        boxes[offset + 1] = edge(y, cellsDown);
        boxes[offset + 2] = edge(x + 1, cellsAcross) - edge(x, cellsAcross);
        boxes[offset + 3] = edge(y + 1, cellsDown) - edge(y, cellsDown);
        offset += 4;
      }
    }
  }
  return boxes;
}
