// `tesserae eval` from the command line, on a collection small enough to compute its figures by hand.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { open } from '../src/index.ts';
import { modelless, runCommand, scratchFolder, withoutModel } from './cli-process.ts';

const documents = [
  { _id: 'd1', title: 'red', text: 'red tile' },
  { _id: 'd2', text: 'red tile blue sky' },
  { _id: 'd3', title: '', text: 'green grass' },
  { _id: 'd4', text: 'blue' },
];
const queries = [
  { _id: 'q1', text: 'red' },
  { _id: 'q2', text: 'grass blue' },
  { _id: 'q3', text: 'green' },
  { _id: 'q4', text: 'sky' },
];
/** q3 has no relevant document and q4 no judgement: both are left out. */
const qrels = [
  ['query-id', 'corpus-id', 'score'],
  ['q1', 'd1', 1],
  ['q1', 'd2', 2],
  ['q2', 'd4', 1],
  ['q2', 'd1', 1],
  ['q2', 'd3', 0],
  ['q3', 'd3', 0],
];

function writeCollection(folder: string): string {
  const path = join(folder, 'tiny-set');
  const lines = (rows: readonly unknown[]): string =>
    rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  mkdirSync(path);
  writeFileSync(join(path, 'corpus.jsonl'), lines(documents));
  writeFileSync(join(path, 'queries.jsonl'), lines(queries));
  writeFileSync(join(path, 'qrels.tsv'), qrels.map((row) => `${row.join('\t')}\n`).join(''));
  return path;
}

interface Printed {
  readonly queries: number;
  readonly vectors: number;
  readonly runs: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

async function figures(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  const { code, stdout, stderr } = await runCommand(['eval', ...args, '--json'], variables);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\{.*\}\n$/);
  return JSON.parse(stdout) as Printed;
}

/** The figures without the one that differs from run to run. */
function quality({ queries: count, runs }: Printed): unknown {
  const rows = Object.entries(runs).map(([name, { msPerQuery: _, ...rest }]) => [name, rest]);
  return { count, ...Object.fromEntries(rows) };
}

const discount = 1 / Math.log2(3);
const round = (value: number): number => Number(value.toFixed(6));

describe('tesserae eval', () => {
  test('keyword figures are those computed by hand, unjudged queries are left out', async (t) => {
    const path = writeCollection(scratchFolder(t));
    // red: d1, d2 against gains 1, 2; grass blue: d3, d4, d2 with d4 and d1 relevant.
    const graded = (1 + 2 * discount) / (2 + discount);
    const second = discount / (1 + discount);
    const found = await figures([path, '--model', 'none']);
    assert.deepEqual(quality(found), {
      count: 2,
      bm25: { 'ndcg@10': round((graded + second) / 2), 'recall@100': 0.75, mrr: 0.75 },
    });
    assert.deepEqual(Object.keys(found.runs['bm25'] ?? {}), [
      'ndcg@10',
      'recall@100',
      'mrr',
      'msPerQuery',
    ]);
    const binary = await figures([path, '--model', 'none', '--binary']);
    assert.equal(binary.runs['bm25']?.['ndcg@10'], round((1 + second) / 2));
    const first = await figures([path, '--model', 'none', '--limit', '1']);
    assert.deepEqual(quality(first), {
      count: 1,
      bm25: { 'ndcg@10': round(graded), 'recall@100': 1, mrr: 1 },
    });
  });

  test('the table has a row for each run and says what was asked', async (t) => {
    const path = writeCollection(scratchFolder(t));
    const { code, stdout } = await runCommand(['eval', path, '--model', 'none']);
    assert.equal(code, 0);
    const [title, , head, row] = stdout.split('\n');
    assert.equal(title, 'tiny-set: 4 documents, 2 judged queries, qrels.tsv with labels as gains');
    assert.match(head ?? '', /^run +nDCG@10 +recall@100 +MRR +ms\/query$/);
    assert.match(row ?? '', /^bm25 +0\.6233 +0\.7500 +0\.7500 +\d+\.\d\d$/);
    assert.match(stdout, /No model: keyword search only/);
  });

  test('with the model there are three runs, and a second one takes its vectors from the cache', async (t) => {
    const reason = await withoutModel();
    if (reason) return t.skip(reason);
    const folder = scratchFolder(t);
    const path = writeCollection(folder);
    const cache = { XDG_CACHE_HOME: join(folder, 'cache') };
    const first = await figures([path, '--model', 'minilm'], cache);
    assert.deepEqual(Object.keys(first.runs), ['bm25', 'maxsim', 'hybrid']);
    assert.equal(first.runs['maxsim']?.['recall@100'], 1);
    const again = await runCommand(['eval', path], cache);
    assert.match(again.stdout, /0 texts went through the model, 6 came from the cache/);
    const uncached = await figures([path, '--no-cache'], { XDG_CACHE_HOME: join(folder, 'none') });
    assert.deepEqual(quality(uncached), quality(first));
    // One token vector, the model's first marker, says little: the limit reaches the database.
    const cut = await figures([path, '--tokens', '1'], cache);
    assert.notDeepEqual(cut.runs['maxsim'], first.runs['maxsim']);
    const pooled = await figures([path, '--pool', '4'], cache);
    assert.ok(pooled.vectors < first.vectors / 2, `${pooled.vectors} of ${first.vectors} vectors`);
  });

  test('a model that cannot be had: keywords only, but an error when it was named', async (t) => {
    const folder = scratchFolder(t);
    const path = writeCollection(folder);
    const fallback = await runCommand(['eval', path, '--json'], modelless(folder));
    assert.equal(fallback.code, 0);
    assert.deepEqual(Object.keys((JSON.parse(fallback.stdout) as Printed).runs), ['bm25']);
    assert.match(fallback.stderr, /Without a model only keyword search is measured/);
    const named = await runCommand(['eval', path, '--model', 'minilm'], modelless(folder));
    assert.equal(named.code, 1);
    assert.equal(named.stdout, '');
    assert.match(named.stderr, /the model minilm cannot be had/);
  });

  test('--data keeps the collection, replaces it, and leaves others alone', async (t) => {
    const folder = scratchFolder(t);
    const path = writeCollection(folder);
    const data = join(folder, 'data');
    const args = ['eval', path, '--model', 'none', '--data', data];
    for (const _ of ['first', 'second']) {
      const { code, stdout } = await runCommand(args);
      assert.equal(code, 0);
      assert.match(stdout, /The collection Eval_tiny_set is kept in /);
    }
    {
      await using db = await open(data);
      assert.equal(db.collection('Eval_tiny_set').count(), 4);
      await db.deleteCollection('Eval_tiny_set');
      await db.createCollection({ name: 'Eval_tiny_set' });
    }
    const refused = await runCommand(args);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Eval_tiny_set already, which is not from an evaluation/);
  });

  test('faults end with status 1, misuse with status 2 and the usage', async (t) => {
    const folder = scratchFolder(t);
    const status = async (...args: string[]): Promise<[number | null, string]> => {
      const { code, stderr } = await runCommand(['eval', ...args]);
      return [code, stderr];
    };
    const [missing, message] = await status(join(folder, 'nothing'));
    assert.equal(missing, 1);
    assert.match(message, /^tesserae: .*nothing has no corpus\.jsonl/);
    await checkMisuse(status);
  });
});

async function checkMisuse(
  status: (...args: string[]) => Promise<[number | null, string]>,
): Promise<void> {
  for (const [args, expected] of [
    [[], /expected one folder, got none/],
    [['a', 'b'], /expected one folder, got a b/],
    [['a', '--limit', '0'], /--limit is 0; allowed: whole numbers from 1/],
    [['a', '--pool', '5'], /--pool is 5; allowed: 1, 2, 3, 4/],
    [['a', '--colour'], /--colour/],
  ] as const) {
    const [code, stderr] = await status(...args);
    assert.equal(code, 2);
    assert.match(stderr, expected);
    assert.match(stderr, /Usage: tesserae eval DIR/);
  }
}
