// A folder of PDFs in, the right page out: the questions about 62 pages that lie beside the project, with
// the default of `tesserae import` and `tesserae query`.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDirectory } from '../src/database/open-directory.ts';
import { PageReader } from '../src/pages/page-reader.ts';
import { modelsDirectory } from '../src/vectorizers/local/model-store.ts';
import { withoutModel } from './cli-process.ts';
import { askAll, importFolder, readQuestions } from './page-questions.ts';

const folder = join(import.meta.dirname, '../../shared/data/pdf');
const skip = existsSync(folder)
  ? await withoutModel()
  : 'the PDFs with questions are not beside the project';

test('questions about 62 pages find their pages, with places in points', { skip }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tesserae-questions-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const vectorizers = { modelsDirectory: modelsDirectory() };
  await using opened = await openDirectory(data, { vectorizers });
  const { database } = opened;
  // Three covers are pictures without text: what could be read on them answers nothing here.
  const openPages = (): PageReader =>
    PageReader.open({ recognition: 'never', imageEdge: 64, thumbnailEdge: 32 });
  const { written } = await importFolder(database, folder, openPages);
  assert.equal(written, 62);
  const questions = readQuestions(folder);
  assert.equal(questions.length, 21);
  const collection = database.collection('Pages');
  const { ndcg, answers } = await askAll(collection, questions);
  assert.ok(ndcg >= 0.95, `nDCG@10 is ${ndcg}`);
  const byWords = await askAll(collection, questions, { mode: 'keyword' });
  assert.ok(byWords.ndcg < ndcg, `keywords have ${byWords.ndcg}`);
  t.diagnostic(`nDCG@10 ${ndcg.toFixed(4)}, by keywords ${byWords.ndcg.toFixed(4)}`);
  for (const { text, mode, hits } of [...answers, ...byWords.answers]) {
    for (const { source, page, boxes, pageSize } of hits) {
      const where = `${mode}: ${text}: ${source} ${page}`;
      assert.ok(source?.endsWith('.pdf') && page !== undefined && page >= 1, where);
      assert.ok(boxes.length > 0 && pageSize, where);
      for (const [x, y, width, height] of boxes) {
        assert.ok(width > 0 && height > 0 && x >= 0 && y >= 0, where);
        assert.ok(
          x + width <= pageSize.width + 0.02 && y + height <= pageSize.height + 0.02,
          where,
        );
      }
    }
  }
  const fitness = answers[questions.findIndex((one) => one.text.includes('fitness programs'))];
  assert.equal(fitness?.hits[0]?.places[0]?.text, '$1000');
});
