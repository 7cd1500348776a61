import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { duration, ProgressBar } from './progress-bar.ts';
import { shorten, textTable } from './text-table.ts';

function barOn(isTTY: boolean): {
  bar: ProgressBar;
  written: string[];
  tick: (ms: number) => void;
} {
  let now = 1_000;
  const written: string[] = [];
  const bar = new ProgressBar({
    stream: { isTTY, write: (text) => written.push(text) },
    clock: () => now,
    label: 'passages',
    itemCount: 4,
    workTotal: 100,
  });
  return { bar, written, tick: (ms) => (now += ms) };
}

describe('ProgressBar', () => {
  test('the time left follows the work, not the number of items', () => {
    const { bar, written, tick } = barOn(true);
    tick(2_000);
    bar.advance(3, 25);
    assert.deepEqual(written, [
      '\r\x1b[2K[######..................] passages 3/4 (25 %), 6.0 s left',
    ]);
  });

  test('a terminal is drawn at most ten times a second and left empty', () => {
    const { bar, written, tick } = barOn(true);
    bar.advance(1, 10);
    tick(50);
    bar.advance(1, 10);
    tick(50);
    bar.advance(1, 10);
    assert.equal(written.length, 2);
    assert.equal(bar.end(), 100);
    assert.equal(written.at(-1), '\r\x1b[2K');
  });

  test('elsewhere there is a line at every tenth, without control characters', () => {
    const { bar, written, tick } = barOn(false);
    for (const work of [5, 5, 5, 5, 80]) {
      tick(1_000);
      bar.advance(1, work);
    }
    bar.end();
    assert.deepEqual(written, [
      'passages 2/4 (10 %), 18 s left\n',
      'passages 4/4 (20 %), 16 s left\n',
      'passages 5/4 (100 %)\n',
    ]);
  });

  test('durations are short', () => {
    assert.deepEqual([0, 999, 1_500, 59_400, 60_000, 200_000].map(duration), [
      '0 ms',
      '999 ms',
      '1.5 s',
      '59 s',
      '1 min',
      '3 min 20 s',
    ]);
  });
});

describe('textTable', () => {
  test('columns are as wide as their widest cell, numbers to the right', () => {
    const columns = [
      { title: 'run', align: 'left' },
      { title: 'score', align: 'right' },
    ] as const;
    const rows = [
      ['bm25', '0.5'],
      ['a › b', '10.25'],
    ];
    assert.equal(textTable(columns, rows), 'run    score\nbm25     0.5\na › b  10.25\n');
  });

  test('a text is cut to a width with an ellipsis', () => {
    assert.equal(shorten('mosaic', 6), 'mosaic');
    assert.equal(shorten('mosaics', 6), 'mosai…');
  });
});
