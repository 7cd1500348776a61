import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellBlock, drawPage } from '../../../../test/page-picture.ts';
import { pageGrid } from './page-grid.ts';
import { pageTiles } from './page-tiles.ts';

const grid = { longestEdge: 2048, tileEdge: 512, tokensPerEdge: 8, isSplit: true };
const tiling = {
  tileEdge: 512,
  scale: { factor: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};
const tileLength = 3 * 512 * 512;

/** Mean of one channel over one 64-pixel block of a tile. */
function blockMean(tiles: Float32Array, tile: number, channel: number, block: number): number {
  let sum = 0;
  for (let y = 0; y < 64; y += 1) {
    for (let x = 0; x < 64; x += 1) {
      const row = Math.floor(block / 8) * 64 + y;
      const column = (block % 8) * 64 + x;
      sum += tiles[tile * tileLength + (channel * 512 + row) * 512 + column]!;
    }
  }
  return sum / 64 ** 2;
}

test('white is 1, black is -1, and no value is 0, which the model takes for no tile', () => {
  const page = drawPage(64, 96, [cellBlock('black', { x: 0, y: 0 }, { across: 2, down: 1 })]);
  const tiles = pageTiles(page, pageGrid(page, { ...grid, longestEdge: 1024 }), tiling);
  assert.equal(tiles.length, 5 * tileLength);
  assert.equal(tiles[0], -1);
  assert.equal(tiles[tileLength + 511], 1);
  assert.ok(tiles.every((value) => value !== 0 && Math.abs(value) <= 1));
});

test('a coloured cell of the page is in its tile, at its block, and in the tile of the whole page', () => {
  const page = drawPage(724, 1024, [cellBlock('red', { x: 17, y: 26 }, { across: 24, down: 32 })]);
  const cut = pageGrid(page, grid);
  const tiles = pageTiles(page, cut, tiling);
  // Cell 17, 26 of 24 × 32: tile row 3, column 2, and in it row 2, column 1.
  const tile = 3 * 3 + 2;
  const block = 2 * 8 + 1;
  assert.ok(blockMean(tiles, tile, 0, block) > 0.99);
  assert.ok(blockMean(tiles, tile, 1, block) < -0.95);
  for (const other of [block - 1, block + 1, block - 8, block + 8, 0]) {
    assert.ok(blockMean(tiles, tile, 1, other) > 0.95, `block ${other}`);
  }
  assert.ok(blockMean(tiles, tile - 1, 1, block) === 1);
  // The whole page has the cell in its block 5, 6 (a third of the width, a quarter of the height).
  assert.ok(blockMean(tiles, 12, 1, 6 * 8 + 5) < 0.95);
  assert.equal(blockMean(tiles, 12, 1, 0), 1);
});

test('the settings of a model decide factor, mean and deviation', () => {
  const page = drawPage(8, 8);
  const small = { ...grid, longestEdge: 512 };
  const scale = { factor: 1 / 255, mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] };
  const tiles = pageTiles(page, pageGrid(page, small), { tileEdge: 512, scale });
  assert.equal(tiles.length, tileLength);
  assert.deepEqual([tiles[0], tiles[512 * 512], tiles[2 * 512 * 512]], [1, 3, 0.5]);
});
