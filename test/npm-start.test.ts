// The commands of the README as users type them: through npm, which stands between the terminal and the
// server, and must leave nothing behind when it is stopped.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { skipWithout } from './clients/skip.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'tesserae-npm-'));

/** npm's variables stay out, and npx must not fetch a package of our name when it misses ours. */
const environment: NodeJS.ProcessEnv = { npm_config_yes: 'false' };
for (const name of ['PATH', 'HOME', 'TMPDIR', 'CI']) {
  if (process.env[name]) environment[name] = process.env[name];
}

function hasNpm(): boolean {
  try {
    execFileSync('npm', ['--version'], { env: environment, stdio: 'ignore' });
    return process.platform !== 'win32';
  } catch {
    return false;
  }
}

const skip = skipWithout(hasNpm(), 'there is no npm, or no signals to send it');

interface Started {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves with status and signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Starts a command in a process group of its own, as a terminal does. */
function start(command: string, ...args: string[]): Started {
  const child = spawn(command, args, {
    cwd: root,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return { process: child, out: () => out, err: () => err, ended };
}

const serve = (data: string): readonly string[] => [
  '--port',
  '0',
  '--grpc-port',
  '0',
  '--data',
  data,
];

/** Resolves to the URL of a server that npm has started. */
async function urlOf(started: Started): Promise<string> {
  for (;;) {
    const url = /REST\s+(http:\S+)[\s\S]*gRPC\s+127/.exec(started.out())?.[1];
    if (url !== undefined) return url;
    const more = once(started.process.stdout as NodeJS.ReadableStream, 'data');
    const over = started.ended.then(([code]) => {
      throw new Error(`ended with ${code} before it served: ${started.out()}${started.err()}`);
    });
    await Promise.race([more, over]);
  }
}

describe('npm', { skip }, () => {
  after(() => rmSync(folder, { recursive: true }));

  const signals = [
    ['SIGTERM to npm', 'SIGTERM', (pid: number) => pid],
    ['SIGINT to npm', 'SIGINT', (pid: number) => pid],
    ['Ctrl-C in the terminal', 'SIGINT', (pid: number) => -pid],
    ['SIGTERM to npm and server at once', 'SIGTERM', (pid: number) => -pid],
  ] as const;
  for (const [title, signal, target] of signals) {
    test(`npm start ends well on ${title}`, async () => {
      const data = join(folder, title.replaceAll(' ', '-'));
      const started = start('npm', 'start', '--', ...serve(data));
      const url = await urlOf(started);
      assert.equal((await fetch(`${url}/v1/.well-known/ready`)).status, 200);
      process.kill(target(started.process.pid ?? 0), signal);
      assert.deepEqual(await started.ended, [0, null], started.err());
      assert.match(started.err(), /"message":"stopped"/);
      // Nobody of the group is left, nobody answers, and the directory is free.
      assert.throws(() => process.kill(-(started.process.pid ?? 0), 0), { code: 'ESRCH' });
      await assert.rejects(fetch(url));
      assert.deepEqual(
        readdirSync(data).filter((name) => name.startsWith('lock')),
        [],
      );
    });
  }

  test('a second npm start on the same directory says who has it', async () => {
    const data = join(folder, 'taken');
    const first = start('npm', 'start', '--', ...serve(data));
    const url = await urlOf(first);
    const second = start('npm', 'start', '--', ...serve(data));
    assert.deepEqual(await second.ended, [1, null]);
    assert.match(
      second.err(),
      /data directory .*taken is in use by process \d+; stop that server or choose another --data/,
    );
    assert.equal((await fetch(`${url}/v1/.well-known/ready`)).status, 200);
    process.kill(first.process.pid ?? 0, 'SIGTERM');
    assert.deepEqual(await first.ended, [0, null]);
  });

  test('npm run tesserae and npx tesserae are the command line', async () => {
    const version = start('npm', 'run', '--silent', 'tesserae', '--', '--version');
    const help = start('npx', 'tesserae', '--help');
    assert.deepEqual(await version.ended, [0, null], version.err());
    assert.match(version.out(), /^\d+\.\d+\.\d+\n$/);
    assert.deepEqual(await help.ended, [0, null], help.err());
    assert.match(help.out(), /^Tesserae: [\s\S]*Usage: tesserae COMMAND/);
    const unknown = start('npm', 'run', '--silent', 'tesserae', '--', 'dance');
    assert.deepEqual(await unknown.ended, [2, null]);
    assert.match(unknown.err(), /no command "dance"/);
  });
});
