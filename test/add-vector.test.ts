// `tesserae add-vector`: pages that were imported for keywords get the vectors of a text model and of a
// page model later. Both models are tiny ones made here: they show the path, not the quality.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { open } from '../src/index.ts';
import { type Ended, ended, runCommand, scratchFolder, startCommand } from './cli-process.ts';
import { startServerProcess } from './clients/server-process.ts';
import { text, writePdf } from './pages/pdf-writer.ts';
import { writeTinyFolder } from './tiny-model.ts';
import { writeTinyPageModel } from './tiny-page-model.ts';

interface World {
  readonly run: (...args: readonly string[]) => Promise<Ended>;
  readonly variables: Readonly<Record<string, string>>;
  readonly data: string;
}

const folder = mkdtempSync(join(tmpdir(), 'tesserae-add-vector-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Three pages with words, the second yellow below them, imported without any model. */
async function importOnce(): Promise<World> {
  const models = join(folder, 'models');
  await writeTinyFolder(join(models, 'tiny-text'));
  mkdirSync(join(models, 'tiny-page'), { recursive: true });
  await writeTinyPageModel(join(models, 'tiny-page'), { longestEdge: 512 });
  const data = join(folder, 'data');
  const yellow = { kind: 'operators', operators: '1 1 0 rg 0 0 512 256 re f' } as const;
  const size = { width: 512, height: 512 };
  const pdf = writePdf({
    pages: [
      { ...size, drawn: [text('red fox', 40, 450)] },
      { ...size, drawn: [text('blue whale', 40, 450), yellow] },
      { ...size, drawn: [text('red whale', 40, 450)] },
    ],
  });
  const path = join(folder, 'colours.pdf');
  writeFileSync(path, pdf);
  const variables = { MODEL_DIR: models };
  const run = (...args: readonly string[]): Promise<Ended> => runCommand(args, variables);
  const first = await run('import', path, '--collection', 'C', '--data', data, '--model', 'none');
  assert.equal(first.code, 0, first.stderr);
  return { run, variables, data };
}

let once: Promise<World> | undefined;

/** A data directory of the test's own, as the import left it. */
async function imported(t: TestContext): Promise<World> {
  once ??= importOnce();
  const world = await once;
  const data = join(scratchFolder(t), 'data');
  cpSync(world.data, data, { recursive: true });
  return { ...world, data };
}

interface Answer {
  readonly hits: readonly { readonly page: number; readonly boxes: readonly number[][] }[];
}

async function askWords(
  { run, data }: World,
  words: string,
  vector: string,
): Promise<Answer['hits']> {
  const options = ['--mode', 'vector', '--vector', vector, '--json', '--data', data];
  const answer = await run('query', 'C', words, ...options);
  assert.equal(answer.code, 0, answer.stderr);
  return (JSON.parse(answer.stdout) as Answer).hits;
}

test('words and pictures of stored pages are embedded, each with its places', async (t) => {
  const world = await imported(t);
  const { run, data } = world;
  const words = await run(
    'add-vector',
    'C',
    '--name',
    'words',
    '--model',
    'tiny-text',
    '--data',
    data,
  );
  assert.equal(words.code, 0, words.stderr);
  assert.match(words.stderr, /C, vector words: 3 objects embedded/);
  const pictures = await run('add-vector', 'C', '--page-model', 'tiny-page', '--data', data);
  assert.equal(pictures.code, 0, pictures.stderr);
  assert.match(pictures.stderr, /C, vector page: 3 objects embedded/);
  {
    await using database = await open(data);
    const found = await database.collection('C').fetch({ limit: 10, include: ['vectors'] });
    for (const { vectors } of found)
      assert.deepEqual(Object.keys(vectors).sort(), ['page', 'words']);
  }
  const [fox] = await askWords(world, 'fox', 'words');
  assert.equal(fox?.page, 1);
  const [x = 0, y = 0] = fox?.boxes[0] ?? [];
  assert.ok(x > 40 && x < 100 && y > 40 && y < 80, `the box of the word, at ${x} ${y}`);
  const [holiday] = await askWords(world, 'holiday', 'page');
  assert.equal(holiday?.page, 2);
  const [, top = 0] = holiday?.boxes[0] ?? [];
  assert.ok(top >= 192, `the lower half is yellow, the box is at ${top}`);
  const other = await run(
    'add-vector',
    'C',
    '--name',
    'words',
    '--model',
    'minilm',
    '--data',
    data,
  );
  assert.equal(other.code, 1);
  assert.match(other.stderr, /vector words of collection C is embedded by tiny-text, not minilm/);
  const again = await run('add-vector', 'C', '--page-model', 'tiny-page', '--data', data);
  assert.match(again.stderr, /C, vector page: 0 objects embedded/);
});

test('a running server embeds, and is asked with its own models', async (t) => {
  const { run, variables, data } = await imported(t);
  const server = await startServerProcess({ data, env: variables });
  t.after(() => server.kill());
  const ask = (...args: readonly string[]): Promise<Ended> =>
    run('add-vector', 'C', ...args, '--url', server.url);
  const words = await ask('--name', 'words', '--model', 'tiny-text', '--batch', '2');
  assert.equal(words.code, 0, words.stderr);
  assert.match(words.stderr, /C, vector words: 3 objects embedded/);
  const pictures = await ask('--page-model', 'tiny-page');
  assert.match(pictures.stderr, /C, vector page: 3 objects embedded/);
  const unknown = await ask('--name', 'v', '--model', 'nobody');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /answers 422: .*unknown local model "nobody"/);
  assert.equal(await server.stop(), 0);
  const [fox] = await askWords({ run, variables, data }, 'fox', 'words');
  assert.equal(fox?.page, 1);
  assert.ok((fox?.boxes.length ?? 0) > 0, 'tokens have their boxes');
});

test('killed in the middle, it goes on where it was', async (t) => {
  const { run, variables, data } = await imported(t);
  const args = ['add-vector', 'C', '--page-model', 'tiny-page', '--batch', '1', '--data', data];
  const child = startCommand(args, variables);
  child.stderr?.on('data', (told: Buffer) => {
    if (/ [12]\/3/.test(told.toString())) child.kill('SIGKILL');
  });
  await ended(child);
  const rest = await run(...args);
  assert.equal(rest.code, 0, rest.stderr);
  const [, embedded] = /vector page: (\d) objects embedded/.exec(rest.stderr) ?? [];
  assert.ok(Number(embedded) < 3, rest.stderr);
  await using database = await open(data);
  const found = await database.collection('C').fetch({ limit: 10, include: ['vectors'] });
  assert.deepEqual(
    found.map(({ vectors }) => Object.keys(vectors)),
    [['page'], ['page'], ['page']],
  );
});

test('what can not be added is refused, and nothing changes', async (t) => {
  const { run, data } = await imported(t);
  const refused = async (expected: RegExp, code: number, ...args: string[]): Promise<void> => {
    const answer = await run('add-vector', ...args, '--data', data);
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr, expected);
  };
  await refused(/vector text of collection C has no vectorizer/, 1, 'C', '--model', 'tiny-text');
  await refused(/unknown local model "nobody"/, 1, 'C', '--name', 'v', '--model', 'nobody');
  await refused(
    /no property nothing/,
    1,
    'C',
    '--name',
    'v',
    '--model',
    'tiny-text',
    '--property',
    'nothing',
  );
  await refused(/either --model or --page-model/, 2, 'C', '--model', 'a', '--page-model', 'b');
  await refused(/expected one collection/, 2);
  await using database = await open(data);
  const { vectors } = database.collection('C').config;
  assert.deepEqual(
    vectors.map(({ name }) => name),
    ['text'],
  );
});
