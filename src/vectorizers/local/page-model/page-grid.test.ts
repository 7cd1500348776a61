import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxUnits } from '../../../engine/document.ts';
import { type GridSettings, imageTokenBoxes, pageGrid, tileCount } from './page-grid.ts';

const settings: GridSettings = {
  longestEdge: 2048,
  tileEdge: 512,
  tokensPerEdge: 8,
  isSplit: true,
};

/** Pages as the model's authors' code cuts them. */
const recorded = [
  { page: [1654, 2339], first: [1448, 2048], second: [1536, 2048], cols: 3, rows: 4, tiles: 13 },
  { page: [1700, 2200], first: [1582, 2048], second: [2048, 2048], cols: 4, rows: 4, tiles: 17 },
  { page: [2048, 1152], first: [2048, 1152], second: [2048, 1536], cols: 4, rows: 3, tiles: 13 },
] as const;

test('pages of common sizes are cut as the model was trained with', () => {
  for (const { page, first, second, cols, rows, tiles } of recorded) {
    const grid = pageGrid({ width: page[0], height: page[1] }, settings);
    assert.deepEqual(grid, {
      resizes: [
        { width: first[0], height: first[1] },
        { width: second[0], height: second[1] },
      ],
      rows,
      cols,
    });
    assert.equal(tileCount(grid), tiles);
    assert.equal(imageTokenBoxes(grid, 8).length / 4, tiles * 64);
  }
});

test('every page, however narrow, becomes whole tiles whose longer side is the wanted one', () => {
  const sides = [1, 2, 3, 17, 100, 511, 512, 513, 1023, 2048, 2049, 10_000];
  for (const width of sides) {
    for (const height of sides) {
      const { resizes, rows, cols } = pageGrid({ width, height }, settings);
      const [first, second] = resizes;
      assert.equal(Math.max(first!.width, first!.height), 2048);
      const shorter = Math.min(first!.width, first!.height);
      assert.ok(shorter === 1 || shorter % 2 === 0, `the shorter side is ${shorter}`);
      assert.deepEqual(second, { width: cols * 512, height: rows * 512 });
      assert.equal(Math.max(rows, cols), 4);
      assert.ok(second!.width >= first!.width && second!.height >= first!.height);
    }
  }
});

test('an image within one tile is one tile, the whole page', () => {
  const small = { ...settings, longestEdge: 512 };
  const grid = pageGrid({ width: 300, height: 200 }, small);
  assert.deepEqual(grid, {
    resizes: [
      { width: 512, height: 342 },
      { width: 512, height: 512 },
    ],
    rows: 0,
    cols: 0,
  });
  assert.equal(tileCount(grid), 1);
  const boxes = imageTokenBoxes(grid, 8);
  assert.deepEqual([...boxes.subarray(0, 4)], [0, 0, 8192, 8192]);
  assert.deepEqual([...boxes.subarray(63 * 4)], [57343, 57343, 8192, 8192]);
});

test('a model that does not cut pages sees one square tile', () => {
  const grid = pageGrid({ width: 1654, height: 2339 }, { ...settings, isSplit: false });
  assert.deepEqual(grid.resizes.at(-1), { width: 512, height: 512 });
  assert.equal(tileCount(grid), 1);
});

test('a token lies where its tile and its place in the tile say; the whole page has no box', () => {
  const boxes = imageTokenBoxes({ rows: 4, cols: 3 }, 8);
  const box = (token: number): number[] => [...boxes.subarray(token * 4, token * 4 + 4)];
  const cell = (x: number, y: number): number[] => {
    const [left, right] = [x, x + 1].map((at) => Math.round((at / 24) * boxUnits));
    const [top, bottom] = [y, y + 1].map((at) => Math.round((at / 32) * boxUnits));
    return [left!, top!, right! - left!, bottom! - top!];
  };
  assert.deepEqual(box(0), cell(0, 0));
  // The second row of the first tile, then the second tile of the first row, then the second row of tiles.
  assert.deepEqual(box(8), cell(0, 1));
  assert.deepEqual(box(64), cell(8, 0));
  assert.deepEqual(box(3 * 64 + 9), cell(1, 9));
  assert.deepEqual(box(12 * 64 - 1), cell(23, 31));
  assert.ok(boxes.subarray(12 * 64 * 4).every((value) => value === 0));
});

test('the boxes of a page cover it without gaps and without overlaps', () => {
  for (const [rows, cols] of [
    [4, 3],
    [1, 4],
    [6, 5],
    [0, 0],
  ] as const) {
    const boxes = imageTokenBoxes({ rows, cols }, 8);
    let area = 0;
    const corners = new Set<string>();
    for (let at = 0; at < boxes.length; at += 4) {
      const [x, y, width, height] = boxes.subarray(at, at + 4);
      area += width! * height!;
      if (width! > 0) corners.add(`${x},${y}`);
      assert.ok(x! + width! <= boxUnits && y! + height! <= boxUnits);
    }
    assert.equal(area, boxUnits ** 2);
    assert.equal(corners.size, Math.max(1, rows * cols) * 64);
  }
});
