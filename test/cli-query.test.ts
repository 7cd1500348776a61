// `tesserae query` as users run it, over pages that `tesserae import` brought: the page, the place on it,
// the same from a running server, and the HTML file.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TextAnswer } from '../src/database/text-query/text-query.ts';
import { open } from '../src/index.ts';
import { runCommand, scratchFolder, withoutModel } from './cli-process.ts';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import { text, writePdf } from './pages/pdf-writer.ts';

const pages = [
  [text('Annual report of the mosaic workshop', 40, 700, 20), text('Nothing of note.', 40, 600)],
  [text('Opening hours', 40, 700, 20), text('The kiln <is> open on Tuesday evenings', 40, 600)],
].map((drawn) => ({ drawn }));

/** A data directory with the two pages; `model` as the command has it. */
async function importPages(t: TestContext, model: string): Promise<string> {
  const folder = scratchFolder(t);
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'workshop.pdf'), writePdf({ pages, title: 'Workshop' }));
  const args = ['--collection', 'Pages', '--data', data, '--model', model];
  const ended = await runCommand(['import', join(folder, 'workshop.pdf'), ...args]);
  assert.equal(ended.code, 0, ended.stderr);
  return data;
}

async function ask(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['query', 'Pages', ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The words drawn at (40, 600) from below stand some 12 points high above it. */
function checkTuesday({ hits }: Pick<TextAnswer, 'hits'>): void {
  const [hit] = hits;
  assert.deepEqual([hit?.source, hit?.page, hit?.title], ['workshop.pdf', 2, 'Workshop']);
  const tuesday = hit?.places.find((place) => place.text === 'Tuesday');
  assert.ok(tuesday);
  const { x, y, width, height } = tuesday;
  assert.ok(hit?.boxes.some((box) => box.join() === [x, y, width, height].join()));
  const before = 'The kiln <is> open on ';
  assert.ok(x > 40 + before.length * 4 && x < 40 + before.length * 7, `x is ${x}`);
  assert.ok(width > 30 && width < 60, `width is ${width}`);
  assert.ok(y > 792 - 600 - 16 && y + height < 792 - 600 + 6, `y is ${y}, height ${height}`);
}

test('a question is answered with page and boxes, from a directory, a server and as a file', async (t) => {
  const data = await importPages(t, 'none');
  const question = 'open on Tuesday';
  const json = await ask([question, '--data', data, '--json', '--limit', '1']);
  const answer = JSON.parse(json) as TextAnswer;
  assert.equal(answer.mode, 'keyword');
  checkTuesday(answer);
  const lines = await ask([...question.split(' '), '--data', data]);
  assert.match(lines, /^ 1\. workshop\.pdf, page 2 {2}\d\.\d{3} {2}Workshop$/m);
  assert.match(lines, /\*open\* on \*Tuesday\* evenings/);
  assert.match(lines, /^1 hit by keywords\.$/m);
  const file = join(data, '../answer.html');
  await ask([question, '--data', data, '--html', file]);
  const html = readFileSync(file, 'utf8');
  assert.match(html, /<img src="data:image\/jpeg;base64,\/9j\//);
  assert.match(html, /<mark>Tuesday<\/mark>/);
  assert.match(html, /kiln &lt;is&gt;/);
  assert.equal(html.includes('<is>'), false);
  assert.equal(/(src|href)="?(https?:|\/\/)/.test(html), false);
  const server: ServerProcess = await startServerProcess({ data });
  try {
    const over = await ask([question, '--url', server.url, '--json', '--limit', '1']);
    assert.deepEqual(JSON.parse(over), answer);
    const served = join(data, '../served.html');
    await ask([question, '--url', server.url, '--html', served]);
    assert.equal(readFileSync(served, 'utf8'), html);
    const locked = await runCommand(['query', 'Pages', question, '--data', data]);
    assert.equal(locked.code, 1);
    assert.match(locked.stderr, /--url/);
    const wrong = await runCommand(['query', 'Nobody', question, '--url', server.url]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /404.*Nobody/);
  } finally {
    await server.stop();
  }
});

test('a tenant is imported to and asked, and no other', async (t) => {
  const folder = scratchFolder(t);
  const data = join(folder, 'data');
  {
    await using db = await open(data);
    const rows = await db.createCollection({ name: 'Pages', multiTenancy: { enabled: true } });
    await rows.addProperty({ name: 'text', type: 'text' });
    await rows.tenants.create(['red', 'blue']);
    using red = await rows.withTenant('red');
    await red.insert({ properties: { text: 'a red page' } });
  }
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, '{"id":1,"text":"a blue page"}\n');
  const into = ['--collection', 'Pages', '--tenant', 'blue', '--data', data, '--model', 'none'];
  const ended = await runCommand(['import', path, ...into]);
  assert.equal(ended.code, 0, ended.stderr);
  const answer = await ask(['page', '--data', data, '--json', '--tenant', 'blue']);
  const { hits } = JSON.parse(answer) as TextAnswer;
  assert.deepEqual(
    hits.map(({ properties }) => properties['text']),
    ['a blue page'],
  );
});

test('with a model the meaning answers, and the reply says that pictures are not read', {
  skip: await withoutModel(),
}, async (t) => {
  const data = await importPages(t, 'minilm');
  const args = ['When is the oven of the pottery available', '--data', data, '--json'];
  const answer = JSON.parse(await ask(args)) as TextAnswer;
  assert.equal(answer.mode, 'vector');
  assert.match(answer.notes.join(), /pictures on them are not looked at/);
  assert.deepEqual(
    answer.hits.map(({ page }) => page),
    [2, 1],
  );
  const words = answer.hits[0]?.places.map((place) => place.text);
  assert.ok(words?.includes('kiln'), words?.join());
  const file = join(data, '../answer.html');
  const lines = await ask([...args.slice(0, 3), '--html', file, '--mode', 'hybrid']);
  assert.match(lines, /^2 hits by hybrid, comparing text\.$/m);
  assert.match(lines, /^Note: pages are compared by the words/m);
  assert.match(readFileSync(file, 'utf8'), /<b>oven<\/b><span>\w/);
});

test('a directory that is not there is not made', async (t) => {
  const data = join(scratchFolder(t), 'nowhere');
  const commands = [
    ['query', 'Pages', 'x'],
    ['add-vector', 'Pages'],
  ];
  for (const command of commands) {
    const { code, stderr } = await runCommand([...command, '--data', data]);
    assert.equal(code, 1);
    assert.match(stderr, /there is no data directory .*nowhere/);
    assert.equal(existsSync(data), false);
  }
});

test('what is wrong with the arguments is said', async () => {
  for (const [args, message] of [
    [['Pages'], /expected a collection and a text/],
    [['Pages', 'x', '--mode', 'guess'], /--mode is guess; allowed: vector, keyword, hybrid/],
    [['Pages', 'x', '--limit', 'many'], /--limit is many; allowed: numbers/],
  ] as const) {
    const { code, stderr } = await runCommand(['query', ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
    assert.match(stderr, /Usage: tesserae query/);
  }
});
