// A grid over a page from the heat of the words or patches on it, for a picture of where a page matched.

import type { Box } from './placed-words.ts';

/** A part of a page and how warm it is, 0 to 1. */
export interface WarmBox {
  readonly box: Box;
  readonly heat: number;
}

/** Cells row after row from the top left, 0 to 1. */
export interface HeatMap {
  readonly columns: number;
  readonly rows: number;
  readonly cells: Float32Array;
}

/**
 * Spreads boxes over a grid. A cell is the average of what covers it, by area; the part of it that
 * nothing covers is cold. Patches of several resolutions may lie over each other.
 */
export function heatMap(boxes: readonly WarmBox[], columns: number, rows: number): HeatMap {
  const warmth = new Float64Array(columns * rows);
  const covered = new Float64Array(columns * rows);
  for (const { box, heat } of boxes) {
    const left = box.x * columns;
    const right = (box.x + box.width) * columns;
    const top = box.y * rows;
    const bottom = (box.y + box.height) * rows;
    for (let row = Math.max(0, Math.floor(top)); row < Math.min(rows, bottom); row++) {
      const height = Math.min(row + 1, bottom) - Math.max(row, top);
      for (
        let column = Math.max(0, Math.floor(left));
        column < Math.min(columns, right);
        column++
      ) {
        const area = height * (Math.min(column + 1, right) - Math.max(column, left));
        warmth[row * columns + column]! += heat * area;
        covered[row * columns + column]! += area;
      }
    }
  }
  const cells = Float32Array.from(warmth, (sum, cell) => sum / Math.max(1, covered[cell]!));
  return { columns, rows, cells };
}
