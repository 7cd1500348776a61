// `tesserae import` from the command line and over HTTP: what comes of files, of a second run, of a process
// that is killed, and of a server that is.

import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openDirectory } from '../src/database/open-directory.ts';
import { open } from '../src/index.ts';
import { pageUuid } from '../src/ingest/page-collection.ts';
import { type Ended, ended, runCommand, scratchFolder, startCommand } from './cli-process.ts';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import { filesFor, pdfOf } from './ingest-world.ts';
import { writeTinyFolder } from './tiny-model.ts';
import { writeTinyPageModel } from './tiny-page-model.ts';

/** Objects of a data directory without their times, by uuid, and how many pictures it has. */
async function contentsOf(data: string): Promise<{ objects: unknown; pictures: number }> {
  await using database = await open(data);
  const found = await database.collection('Files').fetch({ limit: 10_000, include: ['vectors'] });
  const objects = found.map(({ uuid, properties, vectors }) => ({ uuid, properties, vectors }));
  return { objects, pictures: globSync(join(data, 'store/pages/*/*/*')).length };
}

function importInto(data: string, ...args: readonly string[]): Promise<Ended> {
  const to = ['--collection', 'Files', '--data', data, '--model', 'none'];
  return runCommand(['import', ...args, ...to]);
}

const bad = '%PDF-1.7\nand nothing else';

describe('tesserae import', () => {
  test('pages and rows come in, what fails is reported, a second run changes nothing', async (t) => {
    const file = filesFor(t);
    const data = join(scratchFolder(t), 'data');
    const pdf = file('in/a.pdf', pdfOf(['red fox', 'blue whale']));
    file('in/broken.pdf', bad);
    file('in/rows.csv', '\ufeffid,text\r\n1,"a ""quoted"", long\r\ntext"\r\n2\r\n3,last\r\n');
    file('in/set/corpus.jsonl', '{"_id":"d1","title":"T","text":"beir text"}\n');
    file('in/set/queries.jsonl', '{"_id":"q1","text":"not imported"}\n');
    const report = join(scratchFolder(t), 'report.jsonl');
    const folder = dirname(pdf);
    const plan = await importInto(data, folder, '--dry-run');
    assert.deepEqual(
      plan.stdout.split('\n').map((line) => line.split(/\s+/)[0]),
      ['new', 'new', 'new', 'new', ''],
    );
    const first = await importInto(data, folder, '--report', report);
    assert.equal(first.code, 1, first.stderr);
    assert.match(first.stderr, /Files: 5 objects written in /);
    const problems = readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(problems, [
      { source: 'broken.pdf', message: 'broken.pdf is damaged or not a PDF' },
      { source: 'rows.csv', item: 'line 4', message: 'expected 2 columns, found 1' },
    ]);
    const before = await contentsOf(data);
    assert.equal(before.pictures, 2);
    const second = await importInto(data, folder, '--report', report);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /0 objects written, 3 of 4 files unchanged/);
    assert.deepEqual(await contentsOf(data), before);
    assert.equal(readFileSync(report, 'utf8').trim().split('\n').length, 2);
    const good = await importInto(data, pdf);
    assert.equal(good.code, 0, good.stderr);
  });

  test("names and contents of files don't reach the terminal as commands", async (t) => {
    const file = filesFor(t);
    const data = join(scratchFolder(t), 'data');
    const folder = dirname(file('in/a\u001b[2J.pdf', bad));
    file('in/b.jsonl', '\u001b]0;title\u0007 \u009b31m\n{"text":"x"}\n');
    for (const option of ['--dry-run', '--again']) {
      const { stdout, stderr } = await importInto(data, folder, option);
      assert.match(stdout + stderr, /a \[2J\.pdf/);
      assert.equal(/(?!\n)\p{Cc}/u.test(stdout + stderr), false, option);
    }
  });

  test('what could only be told at the end of a long import is told before it', async (t) => {
    const path = filesFor(t)('a.jsonl', '{"text":"x"}\n');
    const data = join(scratchFolder(t), 'data');
    const to = ['--collection', 'A', '--model', 'none', '--data', data];
    const report = await runCommand(['import', path, ...to, '--report', join(data, 'no/report')]);
    assert.match(report.stderr, /^tesserae: the report can't be written: ENOENT/);
    const memory = await runCommand(['import', path, ...to], { TESSERAE_MEMORY: '1MiB' });
    assert.match(memory.stderr, /^tesserae: TESSERAE_MEMORY=1MiB is not allowed/);
    assert.deepEqual([report.code, memory.code, existsSync(data)], [1, 1, false]);
  });

  test('with a text and a page model, a page has both vectors and the places of each', async (t) => {
    const models = join(scratchFolder(t), 'models');
    await writeTinyFolder(join(models, 'tiny-text'));
    mkdirSync(join(models, 'tiny-page'));
    await writeTinyPageModel(join(models, 'tiny-page'), { longestEdge: 512 });
    const data = join(scratchFolder(t), 'data');
    const path = filesFor(t)('a.pdf', pdfOf(['red fox', 'blue whale']));
    const args = ['--model', 'tiny-text', '--page-model', 'tiny-page', '--data', data];
    const variables = { MODEL_DIR: models };
    const done = await runCommand(['import', path, '--collection', 'Files', ...args], variables);
    assert.equal(done.code, 0, done.stderr);
    await using opened = await openDirectory(data, {
      vectorizers: { modelsDirectory: models, ownModels: models },
    });
    const page = opened.database.collection('Files').get(pageUuid('a.pdf', 2));
    for (const name of ['text', 'page']) {
      const { values, dims } = page?.vectors.get(name) ?? { values: [], dims: 1 };
      assert.ok(values.length > 0, name);
      assert.equal(page?.places?.get(name)?.boxes?.length, (4 * values.length) / dims, name);
    }
  });

  test('wrong arguments end with status 2, a missing file or model with 1', async (t) => {
    const data = join(scratchFolder(t), 'data');
    for (const args of [
      ['--collection', 'A'],
      ['x.pdf'],
      ['x.pdf', '--collection', 'A', '--batch', '0'],
    ]) {
      assert.equal((await runCommand(['import', ...args])).code, 2, args.join(' '));
    }
    const missing = await importInto(data, 'nowhere.pdf');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /nowhere\.pdf: there is no such file or folder/);
    const path = filesFor(t)('a.jsonl', '{"text":"x"}\n');
    const modelless = await runCommand(['import', path, '--collection', 'A', '--data', data], {
      TESSERAE_MODELS: data,
      HF_ENDPOINT: 'http://127.0.0.1:9',
      PIP_NO_INDEX: '1',
    });
    assert.equal(modelless.code, 1);
    assert.match(modelless.stderr, /--model none imports for keyword search only/);
  });

  test('killed at any place, a second run ends with what an uninterrupted one has', async (t) => {
    const file = filesFor(t);
    const pages = Array.from({ length: 16 }, (_, index) => `page number ${index}`);
    const rows = Array.from({ length: 600 }, (_, n) => `{"_id":"${n}","text":"row ${n}"}\n`);
    const folder = dirname(file('a.pdf', pdfOf(pages)));
    file('b.jsonl', rows.join(''));
    const whole = join(scratchFolder(t), 'whole');
    assert.equal((await importInto(whole, folder, '--batch', '2')).code, 0);
    const expected = await contentsOf(whole);
    assert.equal(expected.pictures, 16);
    for (const killAfter of [3, 10]) {
      const data = join(scratchFolder(t), 'data');
      const to = ['--collection', 'Files', '--data', data, '--model', 'none', '--batch', '2'];
      const child = startCommand(['import', folder, ...to]);
      const end = ended(child);
      while (globSync(join(data, 'store/pages/*/*/*')).length < killAfter) {
        assert.equal(child.exitCode, null, 'it runs long enough to be killed');
        await wait(5);
      }
      child.kill('SIGKILL');
      assert.equal((await end).code, null);
      const again = await importInto(data, folder);
      assert.equal(again.code, 0, again.stderr);
      if (killAfter > 4) assert.match(again.stderr, /there already/);
      assert.deepEqual(await contentsOf(data), expected);
    }
  });
});

interface WireJob {
  readonly id: string;
  readonly state: string;
  readonly message?: string;
  readonly unchanged?: boolean;
  readonly problems: readonly unknown[];
  readonly progress?: { readonly written: number; readonly pages?: { readonly total: number } };
}

async function send(
  { url }: ServerProcess,
  name: string,
  body: string | Uint8Array,
  others: RequestInit = {},
): Promise<Response> {
  return fetch(`${url}/v1/ingest/Files?model=none&batch=2&name=${encodeURIComponent(name)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(body),
    ...others,
  });
}

async function jobOf({ url }: ServerProcess, id: string): Promise<WireJob> {
  return (await (await fetch(`${url}/v1/ingest/jobs/${id}`)).json()) as WireJob;
}

async function endedJob(server: ServerProcess, id: string): Promise<WireJob> {
  for (;;) {
    const job = await jobOf(server, id);
    if (job.state !== 'queued' && job.state !== 'running') return job;
    await wait(100);
  }
}

/** Resolves when the job has written so many objects. */
async function written(server: ServerProcess, id: string, count: number): Promise<void> {
  for (;;) {
    const { state, progress, message } = await jobOf(server, id);
    if ((progress?.written ?? 0) >= count) return;
    assert.ok(state === 'queued' || state === 'running', `${state} ${message}`);
    await wait(50);
  }
}

async function countOf({ url }: ServerProcess): Promise<number> {
  const reply = await fetch(`${url}/v1/objects?class=Files&limit=1000`);
  return ((await reply.json()) as { objects: unknown[] }).objects.length;
}

describe('imports over HTTP', () => {
  let server: ServerProcess;
  const data = mkdtempSync(join(tmpdir(), 'tesserae-import-'));
  before(async () => {
    server = await startServerProcess({ data });
  });
  after(async () => {
    await server?.stop();
    rmSync(data, { recursive: true });
  });

  test('a file is a job with progress; pictures are served; the command line uses it', async (t) => {
    const reply = await send(server, 'a.pdf', pdfOf(['red fox', 'blue whale']));
    assert.equal(reply.status, 202);
    const { id } = (await reply.json()) as WireJob;
    assert.equal(reply.headers.get('location'), `/v1/ingest/jobs/${id}`);
    const job = await endedJob(server, id);
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.deepEqual([job.progress?.written, job.progress?.pages?.total, job.problems], [2, 2, []]);
    const list = await (await fetch(`${server.url}/v1/ingest/jobs`)).json();
    assert.equal((list as { jobs: WireJob[] }).jobs[0]?.id, id);
    const image = `${server.url}/v1/ingest/images/Files/${pageUuid('a.pdf', 2)}`;
    for (const [query, status] of [
      ['', 200],
      ['?size=thumbnail', 200],
      ['?size=huge', 422],
    ] as const) {
      const found = await fetch(image + query);
      assert.equal(found.status, status);
      if (status !== 200) continue;
      assert.equal(found.headers.get('content-type'), 'image/jpeg');
      assert.equal(Buffer.from(await found.arrayBuffer()).readUInt16BE(0), 0xffd8);
    }
    assert.equal((await fetch(`${image.slice(0, -4)}0000`)).status, 404);
    const again = (await (
      await send(server, 'a.pdf', pdfOf(['red fox', 'blue whale']))
    ).json()) as WireJob;
    assert.equal((await endedJob(server, again.id)).unchanged, true);
    const file = filesFor(t);
    const folder = dirname(file('a.pdf', pdfOf(['red fox', 'blue whale'])));
    file('b.csv', 'id,text\n1,x\n2\n');
    file('broken.pdf', bad);
    const to = ['--collection', 'Files', '--url', server.url, '--model', 'none'];
    const command = await runCommand(['import', folder, ...to]);
    assert.equal(command.code, 1, command.stderr);
    assert.match(command.stderr, /1 objects written, 1 of 3 files unchanged/);
    assert.match(command.stderr, /2 failed:\n {2}b\.csv, line 3: expected 2 columns, found 1\n/);
    assert.equal(await countOf(server), 3);
    const deleted = `${server.url}/v1/objects/Files/${pageUuid('a.pdf', 2)}`;
    assert.equal((await fetch(deleted, { method: 'DELETE' })).status, 204);
    assert.equal((await fetch(image)).status, 404);
  });

  test('a file that the server refuses does not keep the others from it', async (t) => {
    const file = filesFor(t);
    const folder = dirname(file('in/a\nb.jsonl', '{"id":"a"}\n'));
    file('in/c.jsonl', '{"id":"c"}\n');
    for (const [option, written] of [
      ['--dry-run', 0],
      ['--batch=8', 1],
    ] as const) {
      // The name of a route as well.
      const to = ['--collection', 'jobs', '--url', server.url, '--model', 'none', option];
      const { code, stdout, stderr } = await runCommand(['import', folder, ...to]);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /1 failed:\n {2}a b\.jsonl: name in query must be/);
      if (written === 0) assert.match(stdout, /^refused .* a b\.jsonl\nnew .* c\.jsonl\n$/);
      else assert.match(stderr, /: 1 objects written/);
    }
  });

  test('what is no file, or has no name, or comes as a form may, is refused', async () => {
    const type = (name: string): RequestInit => ({ headers: { 'content-type': name } });
    for (const [name, body, others, status] of [
      ['a.zip', 'PK', {}, 422],
      ['', 'x', {}, 422],
      ['a.jsonl', '{}', type('text/plain'), 415],
      ['a.jsonl', '{}', type('application/json'), 415],
      ['a.jsonl', '{}', type('application/x-www-form-urlencoded; charset=utf-8'), 415],
    ] as const) {
      const reply = await send(server, name, body, others);
      assert.equal(reply.status, status, `${name}: ${await reply.text()}`);
    }
    const { url } = server;
    assert.equal((await fetch(`${url}/v1/ingest/jobs/nothing`)).status, 404);
    assert.equal((await fetch(`${url}/v1/ingest/jobs`, { method: 'PUT' })).status, 405);
    assert.equal(
      (
        await fetch(`${url}/v1/ingest/9?name=a.pdf`, {
          method: 'POST',
          body: new Blob(['x'], { type: 'a/b' }),
        })
      ).status,
      422,
    );
    assert.deepEqual(
      globSync(join(data, 'ingest/*/file')),
      [],
      'nothing of what was refused or has ended is kept',
    );
  });

  test('a job ends with its server and goes on with the next one; another can be called off', async () => {
    const pages = Array.from({ length: 24 }, (_, index) => `long file, page ${index}`);
    const { id } = (await (await send(server, 'long.pdf', pdfOf(pages))).json()) as WireJob;
    const next = (await (await send(server, 'next.pdf', pdfOf(pages))).json()) as WireJob;
    await written(server, id, 4);
    assert.equal((await jobOf(server, id)).state, 'running');
    await server.kill();
    server = await startServerProcess({ data });
    const cancelled = await fetch(`${server.url}/v1/ingest/jobs/${next.id}`, { method: 'DELETE' });
    assert.equal(((await cancelled.json()) as WireJob).state, 'cancelled');
    const job = await endedJob(server, id);
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.ok((job.progress?.written ?? 0) < 24, 'some pages were there already');
    assert.equal(await countOf(server), 2 + 24);
    const again = (await (await send(server, 'next.pdf', pdfOf(pages))).json()) as WireJob;
    await written(server, again.id, 2);
    const stopped = await fetch(`${server.url}/v1/ingest/jobs/${again.id}`, { method: 'DELETE' });
    assert.equal(((await stopped.json()) as WireJob).state, 'cancelled');
    const kept = await countOf(server);
    assert.ok(kept >= 28 && kept < 50, `${kept} objects`);
    await server.stop();
    assert.equal((await contentsOf(data)).pictures, kept - 1);
  });

  test('only those who may do it import, follow and look', async (t) => {
    const secured = await startServerProcess({
      data: join(scratchFolder(t), 'data'),
      env: {
        AUTHENTICATION_APIKEY_ENABLED: 'true',
        AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'writes,reads',
        AUTHENTICATION_APIKEY_USERS: 'w,r',
        AUTHORIZATION_ADMINLIST_ENABLED: 'true',
        AUTHORIZATION_ADMINLIST_USERS: 'w',
        AUTHORIZATION_ADMINLIST_READONLY_USERS: 'r',
        TESSERAE_INGEST_MAX_BYTES: '2000',
      },
    });
    t.after(() => secured.stop());
    const headers = (key: string): Record<string, string> => ({
      authorization: `Bearer ${key}`,
      'content-type': 'application/octet-stream',
    });
    assert.equal((await send(secured, 'a.jsonl', '{}')).status, 401);
    assert.equal((await send(secured, 'a.jsonl', '{}', { headers: headers('reads') })).status, 403);
    const taken = await send(secured, 'a.jsonl', '{"text":"x"}\n', { headers: headers('writes') });
    assert.equal(taken.status, 202);
    for (const bytes of [5_000, 40_000_000]) {
      const large = { headers: headers('writes') };
      assert.equal((await send(secured, 'b.jsonl', 'x'.repeat(bytes), large)).status, 413);
    }
    const reader = { authorization: 'Bearer reads' };
    const job = `${secured.url}/v1/ingest/jobs/${((await taken.json()) as WireJob).id}`;
    assert.equal((await fetch(job)).status, 401);
    assert.equal((await fetch(job, { headers: reader })).status, 200);
    assert.equal((await fetch(job, { method: 'DELETE', headers: reader })).status, 403);
    const image = `${secured.url}/v1/ingest/images/Files/${pageUuid('a.pdf', 1)}`;
    assert.equal((await fetch(image)).status, 401);
  });
});

describe('the pages of the development set', () => {
  const folder = join(import.meta.dirname, '../../shared/data/pdf');
  const reason = existsSync(folder) ? false : 'the development set is not here';

  test('62 pages come in, each with its picture', { skip: reason }, async (t) => {
    const data = join(scratchFolder(t), 'data');
    const { code, stderr } = await importInto(data, ...globSync(join(folder, '*.pdf')));
    assert.equal(code, 0, stderr);
    const { objects, pictures } = await contentsOf(data);
    assert.equal((objects as unknown[]).length, 62);
    assert.equal(pictures, 62);
  });
});
