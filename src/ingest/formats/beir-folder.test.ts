import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBeirFolder } from './beir-folder.ts';

const corpus = '{"_id":"a","title":"A","text":"one"}\n\n{"_id":"b","text":"two"}\n';
const queries = '{"_id":"1","text":"first"}\n{"_id":"2","text":"second"}\n';
const qrels = 'query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\t0\n';

function folderWith(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-beir-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

async function refusal(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const all = { 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels.tsv': qrels, ...files };
  const folder = folderWith(t, all);
  const error = await readBeirFolder(folder).then(
    () => assert.fail('the folder is refused'),
    (reason: unknown) => reason as Error & { readonly code: string },
  );
  assert.equal(error.code, 'invalid-argument');
  return error.message.replaceAll(folder, 'DIR');
}

describe('readBeirFolder', () => {
  test('documents, queries and labels are joined; blank lines and missing titles are fine', async (t) => {
    const folder = folderWith(t, {
      'corpus.jsonl': corpus,
      'queries.jsonl': queries,
      'qrels.tsv': qrels,
    });
    const found = await readBeirFolder(folder);
    assert.deepEqual(found.documents, [
      { id: 'a', title: 'A', text: 'one' },
      { id: 'b', title: '', text: 'two' },
    ]);
    assert.deepEqual(
      found.queries.map(({ id, text, labels }) => ({ id, text, labels: [...labels] })),
      [
        {
          id: '1',
          text: 'first',
          labels: [
            ['a', 2],
            ['b', 0],
          ],
        },
        { id: '2', text: 'second', labels: [] },
      ],
    );
  });

  test('packed files and the qrels folder of published sets are found', async (t) => {
    const folder = folderWith(t, {
      'corpus.jsonl.gz': gzipSync(corpus),
      'queries.jsonl.gz': gzipSync(queries.replaceAll('\n', '\r\n')),
      'qrels/test.tsv': qrels,
    });
    const found = await readBeirFolder(folder);
    assert.equal(found.documents.length, 2);
    assert.equal(found.queries[0]?.text, 'first');
    assert.equal(found.qrelsPath, join(folder, 'qrels/test.tsv'));
  });

  test('judgements are looked for in the folder first, then as a path', async (t) => {
    const files = { 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'other.tsv': qrels };
    const folder = folderWith(t, files);
    const elsewhere = join(folderWith(t, { 'else.tsv': qrels }), 'else.tsv');
    const beside = await readBeirFolder(folder, { qrels: 'other.tsv' });
    assert.equal(beside.qrelsPath, join(folder, 'other.tsv'));
    assert.equal((await readBeirFolder(folder, { qrels: elsewhere })).qrelsPath, elsewhere);
    await assert.rejects(readBeirFolder(folder, { qrels: 'no.tsv' }), /no judgements at .*no\.tsv/);
  });

  test('a missing file is named with what the folder should hold', async (t) => {
    const folder = folderWith(t, { 'corpus.jsonl': corpus });
    await assert.rejects(readBeirFolder(folder), /has no queries\.jsonl or queries\.jsonl\.gz/);
  });

  test('faults name file, line and what was expected', async (t) => {
    assert.equal(
      await refusal(t, { 'corpus.jsonl': '{"_id":"a","text":"one"}\n{"_id":' }),
      'DIR/corpus.jsonl line 2: expected a JSON object, found {"_id":',
    );
    assert.equal(
      await refusal(t, { 'corpus.jsonl': '{"_id":7,"text":"one"}\n' }),
      'DIR/corpus.jsonl line 1: expected a JSON object with a string "_id", found {"_id":7,"text":"one"}',
    );
    assert.match(await refusal(t, { 'corpus.jsonl': '{"_id":"a"}' }), /line 1: .* string "text"/);
    assert.match(
      await refusal(t, { 'queries.jsonl': `${queries}{"_id":"1","text":"again"}` }),
      /queries\.jsonl line 3: expected an _id that is not used yet/,
    );
    assert.match(await refusal(t, { 'qrels.tsv': '1\ta\t2\n' }), /line 1: expected the header/);
    assert.match(
      await refusal(t, { 'qrels.tsv': `${qrels}1\tb\n` }),
      /qrels\.tsv line 4: expected query-id, corpus-id and a whole-number score, tab-separated, found 1\tb/,
    );
    assert.match(
      await refusal(t, { 'qrels.tsv': `${qrels}1\tb\t0.5\n` }),
      /line 4: .*whole-number/,
    );
    assert.match(
      await refusal(t, { 'qrels.tsv': `${qrels}9\tb\t1\n` }),
      /line 4: expected the id of a known query, found 9/,
    );
    assert.match(
      await refusal(t, { 'qrels.tsv': `${qrels}1\tz\t1\n` }),
      /line 4: expected the id of a document of the corpus, found z/,
    );
    assert.match(
      await refusal(t, { 'qrels.tsv': `${qrels}1\ta\t1\n` }),
      /line 4: expected one score/,
    );
    assert.match(await refusal(t, { 'corpus.jsonl': '\n' }), /at least one document/);
  });

  test('a damaged packed file is named', async (t) => {
    const folder = folderWith(t, { 'corpus.jsonl.gz': gzipSync(corpus).subarray(0, 30) });
    await assert.rejects(readBeirFolder(folder), /corpus\.jsonl\.gz cannot be read after line/);
  });
});
