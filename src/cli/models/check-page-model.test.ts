import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { tinyPageFolder } from '../../../test/tiny-page-model.ts';
import { pageModelCheck } from './check-page-model.ts';

let directory = '';
before(async () => {
  directory = await tinyPageFolder({ longestEdge: 512 });
});
after(() => rm(directory, { recursive: true }));

test('a page model is told by its counts, and by name compared with the published vectors', async () => {
  const own = await pageModelCheck('mine', directory);
  assert.equal(own.isGood, true);
  const [query, page] = own.lines;
  assert.match(query!, /gives \d+ token vectors of 128 numbers$/);
  assert.match(page!, /^a page of 1654 × 2339 pixels gives 89, of which 64 have a place on it, in/);
  const named = await pageModelCheck('colmodernvbert', directory);
  assert.equal(named.isGood, false);
  assert.match(named.lines.at(-1)!, /^vectors NOT as expected: largest difference 0\.\d+, allowed/);
});
