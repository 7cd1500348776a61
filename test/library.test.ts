// The in-process library: what README promises of it, and how it opens, refuses and closes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { DatabaseError, type ErrorCode, open, type Tesserae } from '../src/index.ts';

const root = join(import.meta.dirname, '..');

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-library-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function refusedWith(code: ErrorCode, work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail(`refused with ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DatabaseError, String(error));
  assert.equal(error.code, code);
  return error.message;
}

interface Page {
  readonly title: string;
  readonly year?: number;
}

async function openPages(directory: string): Promise<Tesserae> {
  const db = await open(directory, { clock: () => 1_000 });
  const pages = await db.createCollection<Page>({
    name: 'Pages',
    properties: [
      { name: 'title', type: 'text' },
      { name: 'year', type: 'int' },
    ],
    vectors: [{ name: 'tokens', kind: 'multi' }],
  });
  const results = await pages.insertMany([
    { uuid: uuids.two, properties: { title: 'two tiles' }, vectors: { tokens: bothAxes } },
    {
      uuid: uuids.one,
      properties: { title: 'one tile', year: 1999 },
      vectors: { tokens: [Float32Array.of(1, 0)] },
    },
  ]);
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['stored', 'stored'],
  );
  return db;
}

const bothAxes = [
  [1, 0],
  [0, 1],
];
const uuids = {
  one: '00000000-0000-4000-8000-000000000001',
  two: '00000000-0000-4000-8000-000000000002',
};

/** The code of the example in the doc comment of `open`. */
function documentedExample(): string {
  const source = readFileSync(join(root, 'src/library/tesserae.ts'), 'utf8');
  const block = /^ \* ```ts\n((?: \*.*\n)*?) \* ```$/m.exec(source)?.[1];
  assert.ok(block, 'the doc comment of open has an example');
  return block.replace(/^ \* ?/gm, '');
}

describe('the in-process library', () => {
  test('README shows the example of the doc comment', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const section = readme.split(/^## /m).find((part) => part.startsWith('In process'));
    assert.equal(/```ts\n([\s\S]*?)```/.exec(section ?? '')?.[1], documentedExample());
  });

  test('the example runs as it is printed and takes ten lines', (t) => {
    const example = documentedExample();
    const statements = example.split('\n').filter((line) => /\S/.test(line) && !/^ /.test(line));
    assert.ok(statements.length <= 10, `${statements.length} statements`);
    // Below the project, where its own name can be imported.
    const folder = join(root, '.cache');
    mkdirSync(folder, { recursive: true });
    const file = join(mkdtempSync(join(folder, 'example-')), 'example.ts');
    t.after(() => rmSync(join(file, '..'), { recursive: true }));
    writeFileSync(file, example);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: scratch(t),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const lines = stdout.trim().split('\n');
    assert.deepEqual(
      lines.map((line) => line.replace(/^[0-9a-f-]{36} /, '')),
      ['2 two tiles', '1 one tile'],
    );
  });

  test('what was stored is there after closing and opening again', async (t) => {
    const directory = scratch(t);
    const first = await openPages(directory);
    await first.close();
    await using again = await open(directory);
    assert.deepEqual(again.collectionNames, ['Pages']);
    const pages = again.collection<Page>('Pages');
    assert.equal(pages.count(), 2);
    const stored = pages.get(uuids.two);
    assert.deepEqual(stored?.properties, { title: 'two tiles' });
    assert.deepEqual(stored?.vectors['tokens']?.values, Float32Array.of(1, 0, 0, 1));
    assert.equal(stored?.createdAt, 1_000);
  });

  test('pooled vectors say which ones they stand for', async (t) => {
    const directory = scratch(t);
    {
      await using db = await open(directory);
      const pages = await db.createCollection<Page>({
        name: 'Pages',
        properties: [{ name: 'title', type: 'text' }],
        vectors: [{ name: 'tokens', kind: 'multi', pooling: { factor: 2 } }],
      });
      const tokens = [...bothAxes, [0, 1], [1, 0]];
      await pages.insert({ uuid: uuids.one, properties: { title: 'page' }, vectors: { tokens } });
    }
    await using db = await open(directory);
    const pages = db.collection<Page>('Pages');
    const pooledFrom = {
      tokens: [
        [0, 3],
        [1, 2],
      ],
    };
    const stored = pages.get(uuids.one);
    assert.deepEqual(stored?.vectors['tokens']?.values, Float32Array.of(1, 0, 0, 1));
    assert.deepEqual(stored?.pooledFrom, pooledFrom);
    const [hit] = await pages.search({ kind: 'vector', vector: bothAxes });
    assert.equal(hit?.score, 2);
    assert.deepEqual(hit?.pooledFrom, pooledFrom);
  });

  test('a search that explains says which words and places matched', async (t) => {
    await using db = await open(scratch(t));
    const pages = await db.createCollection<Page>({
      name: 'Pages',
      properties: [{ name: 'title', type: 'text' }],
      vectors: [{ name: 'tokens', kind: 'multi' }],
    });
    const title = 'red fox';
    const spans = Uint32Array.of(0, 3, 4, 7);
    const boxes = Uint16Array.of(0, 0, 13_107, 65_535, 13_107, 0, 13_107, 65_535);
    const places = { tokens: { spans, boxes, text: title, page: { width: 500, height: 100 } } };
    await pages.insert({
      uuid: uuids.one,
      properties: { title },
      vectors: { tokens: bothAxes },
      places,
    });
    assert.deepEqual(pages.get(uuids.one)?.places, places);
    const request = { kind: 'vector', vector: [[0.1, 1]], limit: 1 } as const;
    const [hit] = await pages.search({ ...request, explain: true });
    const fox = { text: 'fox', start: 4, end: 7, box: { x: 100, y: 0, width: 100, height: 100 } };
    const [found] = hit?.matches?.vectors ?? [];
    assert.deepEqual(found?.tokens[0]?.words, [fox]);
    assert.deepEqual(hit?.matches?.boxes, [{ ...fox.box, text: 'fox', weight: 1 }]);
    assert.deepEqual(hit?.vectors, {});
    assert.equal((await pages.search(request))[0]?.matches, undefined);
    const words = await pages.search({ kind: 'keyword', text: 'Red', explain: true });
    assert.deepEqual(words[0]?.matches?.terms, [
      { property: 'title', term: 'red', spans: [[0, 3]] },
    ]);
    assert.deepEqual(
      words[0]?.matches?.boxes.map(({ text: word, x }) => [word, x]),
      [['red', 0]],
    );
  });

  test('the four kinds of search answer with scores, best first', async (t) => {
    await using db = await openPages(scratch(t));
    const pages = db.collection<Page>('Pages');
    const found = async (request: Parameters<typeof pages.search>[0]): Promise<unknown> =>
      (await pages.search(request)).map(({ uuid, score }) => [uuid, score]);
    assert.deepEqual(await found({ kind: 'vector', vector: [[0, 1]] }), [
      [uuids.two, 1],
      [uuids.one, 0],
    ]);
    assert.deepEqual(await found({ kind: 'vector', vector: bothAxes, limit: 1, offset: 1 }), [
      [uuids.one, 1],
    ]);
    const words = await pages.search({ kind: 'keyword', text: 'tile', properties: ['title'] });
    assert.deepEqual(
      words.map(({ properties }) => properties.title),
      ['one tile'],
    );
    assert.deepEqual(await found({ kind: 'hybrid', text: 'one', vector: [[0, 1]], alpha: 0.25 }), [
      [uuids.one, 0.75],
      [uuids.two, 0.25],
    ]);
    const message = await refusedWith(
      'no-vectorizer',
      found({ kind: 'text', text: 'tile' }) as never,
    );
    assert.match(message, /"tokens" has no vectorizer/);
  });

  test('a search tells how it was done, and a check what it finds', async (t) => {
    await using db = await openPages(scratch(t));
    const pages = db.collection<Page>('Pages');
    const { hits, profile } = await pages.explain({
      kind: 'vector',
      vector: [[0, 1]],
      exact: true,
    });
    assert.deepEqual(
      hits.map(({ uuid, score }) => [uuid, score]),
      [
        [uuids.two, 1],
        [uuids.one, 0],
      ],
    );
    assert.equal(profile.allowed, 2);
    assert.equal(profile.vector?.counts.exactDocuments, 2);
    assert.deepEqual(
      profile.stages.map(({ name }) => name),
      ['resolve', 'filter', 'keyword', 'vector', 'rank', 'read'],
    );
    const steps: string[] = [];
    const report = await pages.checkRecall({ queries: 5, ks: [10] }, (done, total) =>
      steps.push(`${done}/${total}`),
    );
    // One query of each object, and the search above.
    assert.deepEqual(steps, ['1/3', '2/3', '3/3']);
    assert.deepEqual(
      report.sources.map(({ source, queries, recall }) => [source, queries, recall[0]?.recall]),
      [
        ['stored', 2, 1],
        ['recent', 1, 1],
      ],
    );
    await refusedWith('invalid-argument', pages.checkRecall({ queries: -1 }));
  });

  test('filters, fetching, changing and deleting', async (t) => {
    await using db = await openPages(scratch(t));
    const pages = db.collection<Page>('Pages');
    const filter = {
      kind: 'compare',
      operator: 'greaterThan',
      target: { kind: 'property', name: 'year' },
      value: 1990,
    } as const;
    assert.equal(pages.count(filter), 1);
    const [only] = await pages.search({ kind: 'vector', vector: [[0, 1]], filter });
    assert.equal(only?.uuid, uuids.one);
    assert.deepEqual(only?.vectors, {});
    await pages.merge(uuids.two, { properties: { year: 2000 } });
    assert.deepEqual(pages.get(uuids.two)?.properties, { title: 'two tiles', year: 2000 });
    await pages.replace(uuids.two, { properties: { title: 'new' }, vectors: { tokens: [[1, 1]] } });
    const fetched = await pages.fetch({ include: ['vectors'] });
    assert.deepEqual(
      fetched.map(({ uuid, vectors }) => [uuid, vectors['tokens']?.values.length]),
      [
        [uuids.one, 2],
        [uuids.two, 2],
      ],
    );
    assert.equal(await pages.delete(uuids.one), true);
    assert.equal(await pages.delete(uuids.one), false);
    assert.equal(pages.count(), 1);
  });

  test('vectors that make no sense are refused, and an object alone fails in a batch', async (t) => {
    await using db = await openPages(scratch(t));
    const pages = db.collection<Page>('Pages');
    const insert = (tokens: number[][] | number[]): Promise<string> =>
      pages.insert({ properties: { title: 'x' }, vectors: { tokens } });
    const ragged = await refusedWith('invalid-argument', insert([[1, 0], [1]]));
    assert.equal(ragged, 'vector row 1 has 1 numbers, row 0 has 2');
    assert.match(await refusedWith('vector-invalid', insert([1, 0])), /expected an array of token/);
    await refusedWith('vector-invalid', insert([[Number.NaN, 0]]));
    await refusedWith('vector-dims', insert([[1, 0, 0]]));
    await refusedWith('vector-invalid', insert([]));
    const limited = pages.search({ kind: 'vector', vector: [[0, 1]], limit: -1 });
    await refusedWith('invalid-argument', limited);
    const results = await pages.insertMany([
      { properties: { title: 'good' }, vectors: { tokens: [[1, 0]] } },
      { properties: { title: 'bad' }, vectors: { tokens: [[1, 0, 0]] } },
    ]);
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['stored', 'failed'],
    );
    assert.equal(pages.count(), 3);
  });

  test('a directory is open once, and free after closing', async (t) => {
    const directory = scratch(t);
    const db = await openPages(directory);
    assert.match(await refusedWith('directory-locked', open(directory)), /in use by process/);
    const pages = db.collection('Pages');
    await Promise.all([db.close(), db.close()]);
    await refusedWith('closed', pages.search({ kind: 'vector', vector: [[0, 1]] }));
    assert.throws(() => db.collectionNames, { code: 'closed' });
    await using again = await open(directory);
    assert.equal(again.findCollection('Other'), undefined);
    assert.throws(() => again.collection('Other'), { code: 'collection-missing' });
    assert.equal(await again.deleteCollection('Pages'), true);
  });
});
