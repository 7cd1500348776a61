// `tesserae demo` from the command line: what a user sees who runs it once, again, and leaves it on.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { open } from '../src/index.ts';
import {
  ended,
  modelless,
  runCommand,
  scratchFolder,
  startCommand,
  withoutModel,
} from './cli-process.ts';

interface Counts {
  readonly passages: number;
  readonly written: number;
  readonly unchanged: number;
  readonly removed: number;
}

function countsIn(stdout: string): Counts {
  const line =
    /^Docs: (\d+) passages of \d+ documents \((\d+) written, (\d+) unchanged, (\d+) removed\)/m;
  const [passages = 0, written = 0, unchanged = 0, removed = 0] =
    line.exec(stdout)?.slice(1).map(Number) ?? [];
  return { passages, written, unchanged, removed };
}

const keywordDemo = (data: string): string[] => [
  ...['demo', '--port', '0', '--model', 'none', '--data', data],
];

describe('tesserae demo', () => {
  test('asks three questions and ends; a second run keeps what is unchanged', async (t) => {
    const data = join(scratchFolder(t), 'data');
    const first = await runCommand([...keywordDemo(data), '--once']);
    assert.equal(first.code, 0, first.stderr);
    const { passages, ...counts } = countsIn(first.stdout);
    assert.ok(passages > 10);
    assert.deepEqual(counts, { written: passages, unchanged: 0, removed: 0 });
    assert.equal(first.stdout.match(/^\d\. .*\?$/gm)?.length, 3);
    assert.equal(first.stdout.match(/^ {3}keywords$/gm)?.length, 3);
    assert.match(first.stdout, /Without a model/);
    assert.equal(first.stdout.includes('\x1b'), false);
    let changed = '';
    {
      await using db = await open(data);
      const docs = db.collection('Docs');
      const [one] = await docs.fetch({ limit: 1 });
      changed = one?.uuid ?? '';
      await docs.merge(changed, { properties: { text: 'of an older time' } });
      await docs.insert({ properties: { title: 'gone', text: 'gone', source: 'gone.md' } });
    }
    const second = await runCommand([...keywordDemo(data), '--once']);
    assert.deepEqual(countsIn(second.stdout), {
      passages,
      written: 1,
      unchanged: passages - 1,
      removed: 1,
    });
    await using db = await open(data);
    assert.equal(db.collection('Docs').count(), passages);
    assert.notEqual(db.collection('Docs').get(changed)?.properties['text'], 'of an older time');
  });

  test('with the model it shows which word answered which', async (t) => {
    const reason = await withoutModel();
    if (reason) return t.skip(reason);
    const data = join(scratchFolder(t), 'data');
    const keywords = await runCommand([...keywordDemo(data), '--once']);
    assert.equal(keywords.code, 0, keywords.stderr);
    // The model came: everything is embedded now.
    const args = ['demo', '--once', '--port', '0', '--data', data];
    const { code, stdout, stderr } = await runCommand(args);
    assert.equal(code, 0, stderr);
    const { passages, written } = countsIn(stdout);
    assert.equal(written, passages);
    for (const way of ['late interaction', 'keywords', 'hybrid']) {
      assert.equal(stdout.match(new RegExp(`^ {3}${way}$`, 'gm'))?.length, 3, way);
    }
    assert.equal(stdout.match(/^ +question +passage +cosine$/gm)?.length, 3);
    const best = stdout.match(/^ {3}late interaction\n.*\n +(\d+\.\d+) /m)?.[1] ?? '';
    const sum = stdout.match(/^ +(\d+\.\d+) in all/m)?.[1] ?? '';
    assert.ok(Math.abs(Number(best) - Number(sum)) < 0.01, `${best} is the sum ${sum}`);
  });

  test('without --once it serves until it is told to stop', async (t) => {
    const data = join(scratchFolder(t), 'data');
    const child = startCommand(keywordDemo(data));
    t.after(() => child.kill('SIGKILL'));
    const end = ended(child);
    const port = await served(child);
    const reply = await fetch(`http://127.0.0.1:${port}/v1/schema/Docs`);
    assert.equal(reply.status, 200);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await end;
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      new RegExp(`weaviate\\.connect_to_local\\(.*port=${port}, grpc_port=\\d+`),
    );
  });

  test('a taken port ends it with what to do', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    t.after(() => holder.close());
    const { port } = holder.address() as AddressInfo;
    const data = join(scratchFolder(t), 'data');
    const args = ['demo', '--once', '--port', String(port), '--grpc-port', '0', '--data', data];
    const { code, stderr } = await runCommand([...args, '--model', 'none']);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `tesserae demo: port ${port} on 127.0.0.1 is taken: choose another with --port\n`,
    );
  });

  test('a model that cannot be had is said plainly and the demo goes on', async (t) => {
    const folder = scratchFolder(t);
    const args = ['demo', '--once', '--port', '0', '--data', join(folder, 'data')];
    const { code, stdout } = await runCommand(args, modelless(folder));
    assert.equal(code, 0);
    assert.match(stdout, /the model minilm cannot be had/);
    assert.match(stdout, /Without it the questions are answered by keyword search only/);
  });

  test("a collection of the user's own is left alone", async (t) => {
    const data = join(scratchFolder(t), 'data');
    {
      await using db = await open(data);
      await db.createCollection({ name: 'Docs' });
    }
    const { code, stderr } = await runCommand([...keywordDemo(data), '--once']);
    assert.equal(code, 1);
    assert.match(stderr, /has a collection Docs that the demo did not make/);
  });
});

/** The port that the demo prints when it serves. */
function served(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (text: string) => {
      printed += text;
      const port = /REST {2}http:\/\/127\.0\.0\.1:(\d+)[\s\S]*bm25/.exec(printed)?.[1];
      if (port) resolve(Number(port));
    });
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${printed}`)));
  });
}
