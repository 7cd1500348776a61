// The page model's tests over real weights: TESSERAE_PAGE_MODEL names a folder with ColModernVBERT
// (model.onnx, tokenizer.json and its configuration). Without it they are skipped: the weights are a
// gigabyte, and the other tests of this folder run over a tiny model of the same form.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cellBlock, drawPage } from '../../../../test/page-picture.ts';
import { boxUnits } from '../../../engine/document.ts';
import { TextTokenizer } from '../tokenizer.ts';
import { checkPageModel, colModernVbertReference } from './page-check.ts';
import { PageEncoder } from './page-encoder.ts';
import { readPageModelSettings } from './page-model-settings.ts';
import { PagePrompts } from './page-prompt.ts';

const directory = process.env['TESSERAE_PAGE_MODEL'] ?? '';
const skip = directory === '' ? 'TESSERAE_PAGE_MODEL names no folder with the weights' : false;

describe('ColModernVBERT', { skip }, () => {
  let encoder: PageEncoder;
  before(async () => {
    encoder = await PageEncoder.open({ directory, threads: 2 });
  });
  after(() => encoder.close());

  test('its folder has the settings of the training', () => {
    assert.deepEqual(readPageModelSettings(directory), {
      grid: { longestEdge: 2048, tileEdge: 512, tokensPerEdge: 8, isSplit: true },
      scale: { factor: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    });
  });

  test('its tokenizer makes the prompt of the training', async () => {
    const json = await readFile(join(directory, 'tokenizer.json'), 'utf8');
    const prompts = new PagePrompts(await TextTokenizer.create(json), 64);
    const { ids, imagePositions } = prompts.page({ rows: 3, cols: 4 });
    assert.deepEqual([ids.length, imagePositions.length], [884, 832]);
    assert.deepEqual(
      ids.slice(0, 14),
      [50281, 29, 93, 2043, 64, 1171, 64, 1156, 49651, 6989, 27, 50406, 50369, 50407],
    );
    assert.deepEqual(
      ids.slice(imagePositions.at(-1)! + 1),
      [50406, 4476, 19268, 253, 2460, 15, 50405, 187, 6717, 5567, 27, 50282],
    );
    assert.equal(ids.filter((id) => id === 535).length, 1);
    assert.equal(prompts.page({ rows: 4, cols: 3 }).ids.length, 885);
    assert.equal(prompts.page({ rows: 0, cols: 0 }).ids.length, 89);
    const query = prompts.query('hello world').ids;
    assert.deepEqual([query[0], ...query.slice(-11)], [50281, ...Array(10).fill(50405), 50282]);
  });

  test('it gives the published vectors of a query, and a vector for every token of a page', async () => {
    const report = await checkPageModel({ directory, threads: 2 }, colModernVbertReference);
    assert.ok(report.difference! <= colModernVbertReference.tolerance, String(report.difference));
    assert.deepEqual([report.dims, report.pageTokens, report.placedTokens], [128, 885, 768]);
  });

  test('the vectors of a page have unit length', async () => {
    const page = await encoder.encodePage(drawPage(1_654, 2_339));
    for (let at = 0; at < page.vectors.length; at += page.dims) {
      const length = Math.hypot(...page.vectors.subarray(at, at + page.dims));
      assert.ok(Math.abs(length - 1) < 1e-3, `token ${at / page.dims}: ${length}`);
    }
  });

  test('a lit block is said to be where it is', async (context) => {
    const grid = { across: 24, down: 32 };
    const lit = { x: 15, y: 9 };
    const page = await encoder.encodePage(drawPage(1_654, 2_339, [cellBlock('red', lit, grid)]));
    const query = await encoder.encodeQuery('a red square');
    const heat = new Map<string, number>();
    for (let row = 0; row * page.dims < page.vectors.length; row += 1) {
      const [x = 0, y = 0, width = 0] = page.boxes.subarray(row * 4, row * 4 + 3);
      if (width === 0) continue;
      const cell = [x * grid.across, y * grid.down].map((value) => Math.round(value / boxUnits));
      const patch = page.vectors.subarray(row * page.dims, (row + 1) * page.dims);
      let best = Number.NEGATIVE_INFINITY;
      for (let token = 0; token * page.dims < query.vectors.length; token += 1) {
        const vector = query.vectors.subarray(token * page.dims, (token + 1) * page.dims);
        best = Math.max(
          best,
          vector.reduce((sum, value, at) => sum + value * patch[at]!, 0),
        );
      }
      heat.set(cell.join(), best);
    }
    const [warmest] = [...heat].toSorted(([, a], [, b]) => b - a);
    // Attention may carry a colour to other patches: said, not demanded.
    context.diagnostic(`lit ${lit.x},${lit.y}; warmest ${warmest?.join(' with ')}`);
    assert.equal(heat.size, grid.across * grid.down);
  });
});
