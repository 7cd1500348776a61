// `tesserae migrate` as users run it: as a process, which may be killed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { ended, runCommand, scratchFolder, startCommand } from './cli-process.ts';
import { fillLibrary, idOf } from './migrate/library.ts';
import { openServer } from './migrate/sides.ts';

describe('tesserae migrate', () => {
  test('goes on after kill -9 in the middle, and after SIGINT, without copying anything twice', async (t) => {
    const count = 120;
    const source = await openServer(t, { slowMs: 25, key: 'sesame' });
    await fillLibrary(source, count);
    const data = join(scratchFolder(t), 'data');
    const args = ['migrate', source.url, '--data', data, '--batch', '8', '--sample', '9'];
    const variables = { WEAVIATE_API_KEY: 'sesame' };
    const copied = { before: 0, after: 0 };
    for (const [signal, code] of [
      ['SIGKILL', null],
      ['SIGINT', 130],
    ] as const) {
      const child = startCommand(args, variables);
      const end = ended(child);
      // Some pages of this run are written then.
      child.stderr?.on('data', (text: string) => {
        const [, done = '0'] = /copying \w+ (\d+)\//.exec(text) ?? [];
        if (Number(done) >= copied.before + 24) child.kill(signal);
      });
      const { code: got, stderr } = await end;
      assert.equal(got, code, stderr);
      if (signal === 'SIGINT') assert.match(stderr, /stopped; run it again to go on\n$/);
      const lines = [...stderr.matchAll(/copying \w+ (\d+)\//g)];
      copied.before = Number(lines.at(-1)?.[1] ?? 0);
      assert(copied.before < count, 'the signal came in the middle');
    }
    const last = await runCommand(args, variables);
    assert.equal(last.code, 0, last.stderr);
    const [, fresh = '', old = ''] =
      /Author: (\d+) objects copied, (\d+) there already/.exec(last.stderr) ?? [];
    assert.equal(Number(fresh) + Number(old), count);
    assert(Number(old) >= 24, `${old} of those that were written before are kept`);
    const same = `${count} there, ${count} here, 9 compared completely: the same`;
    assert.equal(last.stdout, `Author: ${same}\nBook: ${same}\n`);
  });

  test('says what it would do, what it could not, and what differs, with a status', async (t) => {
    const source = await openServer(t);
    await fillLibrary(source, 20);
    const destination = await openServer(t, { objectVectorsMax: 6 });
    const args = ['migrate', source.url, '--url', destination.url, '--sample', '9'];
    const dry = await runCommand([...args, '--dry-run']);
    assert.equal(
      dry.stdout,
      'Author: 20 objects, is made\nBook: 20 objects, is made\nalias Volume of Book\n',
    );
    assert.equal(dry.code, 0);
    assert.deepEqual(await destination.send('GET', '/v1/schema'), { classes: [] });
    const report = join(scratchFolder(t), 'report.jsonl');
    const run = await runCommand([...args, '--report', report]);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /Book: 19 objects copied, 1 not copied in /);
    assert.match(run.stdout, /^Author: 20 there, 20 here, 9 compared completely: the same\n/);
    assert.match(run.stdout, /\nBook: 20 there, 19 here, 9 compared completely: 1 difference\n$/);
    const lines = readFileSync(report, 'utf8').trim().split('\n');
    const told = lines.map((line) => JSON.parse(line) as { uuid: string; message: string });
    assert.deepEqual(
      told.map(({ uuid }) => uuid),
      [idOf('b', 6), idOf('b', 6)],
    );
    assert.match(told[0]?.message ?? '', /7/);
    assert.equal(told[1]?.message, 'missing here');
    await destination.send('DELETE', `/v1/objects/Author/${idOf('a', 3)}`);
    const verified = await runCommand([...args, '--verify-only', '--collection', 'Author']);
    assert.equal(verified.code, 1);
    assert.match(
      verified.stderr,
      new RegExp(`1 differs:\n {2}Author, ${idOf('a', 3)}: missing here\n`),
    );
  });

  test('ends at once where the address is wrong, and explains its arguments', async (t) => {
    const refused = await runCommand(['migrate', 'http://127.0.0.1:9']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^tesserae: http:\/\/127\.0\.0\.1:9 can't be reached: /);
    const wrong = await runCommand(['migrate', 'localhost:8080']);
    assert.equal(wrong.code, 2);
    assert(wrong.stderr.startsWith('tesserae migrate: "localhost:8080" is no URL'), wrong.stderr);
    assert.match(wrong.stderr, /\n\nUsage: tesserae migrate URL /);
    const empty = await openServer(t);
    const other = await openServer(t);
    const nothing = await runCommand(['migrate', empty.url, '--url', other.url]);
    assert.equal(nothing.code, 1);
    assert.match(nothing.stderr, /shows no collections: it has none, or its key may not read them/);
  });

  test('says which tenants are left out, and takes one of them back', async (t) => {
    const [source, destination] = [await openServer(t), await openServer(t)];
    await source.send('POST', '/v1/schema', {
      ...{ class: 'Note', multiTenancyConfig: { enabled: true } },
      properties: [{ name: 'text', dataType: ['text'] }],
    });
    await source.send('POST', '/v1/schema/Note/tenants', [
      { name: 'ada' },
      { name: 'ben', activityStatus: 'COLD' },
    ]);
    const text = { class: 'Note', tenant: 'ada', properties: { text: 'a' } };
    await source.send('POST', '/v1/objects', { ...text, id: idOf('a', 1) });
    const args = ['migrate', source.url, '--url', destination.url];
    const dry = await runCommand([...args, '--dry-run']);
    assert.equal(
      dry.stdout,
      'Note: 1 object, is made; 1 tenant that is not active is left out (--activate-tenants)\n',
    );
    const waking = await runCommand([...args, '--dry-run', '--activate-tenants']);
    assert.equal(
      waking.stdout,
      'Note: is made; 1 tenant that is not active is activated there meanwhile\n',
    );
    assert.equal((await runCommand([...args, '--activate-tenants'])).code, 0);
    const added = { ...text, id: idOf('a', 2), properties: { text: 'b' } };
    await destination.send('POST', '/v1/objects', added);
    await runBack(t, [destination.url, source.url, 'Note', '0', 'ada']);
    const path = '/v1/objects?class=Note&tenant=ada';
    const { objects } = (await source.send('GET', path)) as { objects: readonly WireObject[] };
    assert.deepEqual(
      objects.map(({ properties }) => properties),
      [text.properties, added.properties],
    );
  });

  test('has a way back, as its page prints it: what was changed since then', async (t) => {
    const [here, there] = [await openServer(t), await openServer(t)];
    await fillLibrary(here, 10);
    await fillLibrary(there, 0);
    const { lastUpdateTimeUnix: since } = (await here.send('GET', object(9))) as WireObject;
    const change = { class: 'Book', properties: { title: 'changed' } };
    await here.send('PATCH', object(4), change);
    const time = new Date(since).toISOString();
    await runBack(t, [here.url, there.url, 'Book', time]);
    const { objects } = (await there.send('GET', '/v1/objects?class=Book&include=vector')) as {
      readonly objects: readonly WireObject[];
    };
    const moved = (await here.send('GET', `${object(4)}?include=vector`)) as WireObject;
    assert.deepEqual(
      objects.map(({ id, properties, vectors }) => ({ id, properties, vectors })),
      [{ id: moved.id, properties: moved.properties, vectors: moved.vectors }],
    );
  });
});

/** Runs the program that the page prints. */
async function runBack(t: TestContext, args: readonly string[]): Promise<void> {
  const page = readFileSync(join(import.meta.dirname, '../docs/COMING-FROM-WEAVIATE.md'), 'utf8');
  const [, code = ''] = /^```js\n([\s\S]*?)^```/m.exec(page) ?? [];
  const program = join(scratchFolder(t), 'back.mjs');
  writeFileSync(program, code);
  const { stderr } = await promisify(execFile)(process.execPath, [program, ...args]);
  assert.equal(stderr, '');
}

interface WireObject {
  readonly id: string;
  readonly lastUpdateTimeUnix: number;
  readonly properties: unknown;
  readonly vectors?: unknown;
}

function object(n: number): string {
  return `/v1/objects/Book/${idOf('b', n)}`;
}
