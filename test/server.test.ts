// The server as a process: how it starts, refuses to start, survives being killed and stops.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'tesserae-server-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command line to its end. */
async function runCommand(
  program: string,
  args: readonly string[],
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

const tesserae = (...args: readonly string[]) =>
  runCommand(process.execPath, [join(root, 'src/cli/main.ts'), ...args]);

async function store(server: ServerProcess, n: number): Promise<number> {
  const reply = await fetch(`${server.url}/v1/objects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ class: 'Note', properties: { n } }),
  });
  await reply.text();
  return reply.status;
}

async function count(server: ServerProcess): Promise<number> {
  const reply = await fetch(`${server.url}/v1/objects?class=Note&limit=100`);
  return ((await reply.json()) as { readonly totalResults: number }).totalResults;
}

/** A request whose headers the server has and whose body it waits for. */
async function halfSent(server: ServerProcess) {
  const body = JSON.stringify({ class: 'Note', properties: { n: 99 } });
  const half = request(`${server.url}/v1/objects`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    },
  });
  half.flushHeaders();
  await once(half, 'continue');
  return {
    finish: async (): Promise<number | undefined> => {
      const answered = once(half, 'response') as Promise<[IncomingMessage]>;
      half.end(body);
      const [reply] = await answered;
      reply.resume();
      return reply.statusCode;
    },
    failed: once(half, 'error'),
  };
}

test('acknowledged objects are there after a kill, and again after a clean stop', async () => {
  const data = join(folder, 'kept');
  const first = await startServerProcess({ data });
  for (let n = 0; n < 5; n += 1) assert.equal(await store(first, n), 200);
  await first.kill();
  const second = await startServerProcess({ data });
  assert.equal(await count(second), 5);
  assert.equal(await second.stop(), 0);
  const third = await startServerProcess({ data });
  assert.equal(await count(third), 5);
  assert.equal(await third.stop(), 0);
  const left = readdirSync(data).filter((name) => name.startsWith('lock'));
  assert.deepEqual(left, [], 'the lock is gone');
});

test('stopping lets a request in progress finish and takes no new ones', async () => {
  const data = join(folder, 'drained');
  const server = await startServerProcess({ data });
  const half = await halfSent(server);
  const logged = once(server.process.stderr as NodeJS.ReadableStream, 'data');
  const stopped = server.stop();
  await logged;
  assert.equal(await half.finish(), 200);
  assert.equal(await stopped, 0);
  await assert.rejects(fetch(server.url));
  const again = await startServerProcess({ data });
  assert.equal(await count(again), 1);
  assert.equal(await again.stop(), 0);
});

test('a second signal ends the process at once, the same one again does not', async () => {
  const server = await startServerProcess({ data: join(folder, 'impatient') });
  const half = await halfSent(server);
  const logged = once(server.process.stderr as NodeJS.ReadableStream, 'data');
  const stopped = server.stop();
  await logged;
  server.process.kill('SIGTERM');
  await wait(700);
  assert.equal(server.process.exitCode, null);
  server.process.kill('SIGTERM');
  assert.equal(await stopped, 130);
  await half.failed;
});

test('requests that never end are cut off when the time to drain is over', async () => {
  const env = { TESSERAE_DRAIN_SECONDS: '0' };
  const server = await startServerProcess({ data: join(folder, 'cut'), env });
  const half = await halfSent(server);
  assert.equal(await server.stop(), 0);
  await half.failed;
});

test('a second server on the same directory or port is refused in words', async () => {
  const data = join(folder, 'shared');
  const server = await startServerProcess({ data });
  const directory = await tesserae('serve', '--port', '0', '--data', data);
  assert.equal(directory.code, 1);
  assert.match(directory.err, /data directory .*shared is in use by process \d+/);
  const other = join(folder, 'other');
  const port = await tesserae(
    'serve',
    '--port',
    String(server.port),
    '--grpc-port',
    '0',
    '--data',
    other,
  );
  assert.equal(port.code, 2);
  assert.match(port.err, new RegExp(`port ${server.port} on 127.0.0.1 is taken: .* --port`));
  const grpcPort = String(server.grpcPort);
  const grpc = await tesserae('serve', '--port', '0', '--grpc-port', grpcPort, '--data', other);
  assert.equal(grpc.code, 2);
  assert.match(grpc.err, new RegExp(`port ${grpcPort} on 127.0.0.1 is taken: .* --grpc-port`));
  assert.equal(await server.stop(), 0);
});

test('the command line explains itself', async () => {
  const help = await tesserae('--help');
  assert.equal(help.code, 0);
  assert.match(help.out, /serve\s+run the server/);
  const serve = await tesserae('serve', '--help');
  assert.match(serve.out, /--grpc-port N/);
  const version = await tesserae('--version');
  assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
  const unknown = await tesserae('dance');
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /no command "dance"; commands are serve/);
  const option = await tesserae('serve', '--dance');
  assert.equal(option.code, 2);
  assert.match(option.err, /--dance/);
  const open = await tesserae('serve', '--host', '0.0.0.0');
  assert.equal(open.code, 2);
  assert.match(open.err, /--allow-open/);
});

test('the launcher passes arguments, output, status and signals through', async () => {
  const launcher = join(root, 'bin/tesserae.js');
  const version = await runCommand(process.execPath, [launcher, '--version']);
  assert.deepEqual([version.code, version.err], [0, '']);
  assert.equal((await runCommand(process.execPath, [launcher, 'dance'])).code, 2);
  const args = [launcher, 'serve', '--port', '0', '--data', join(folder, 'launched')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (/gRPC\s+127/.test(printed)) child.kill('SIGTERM');
  }
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  assert.equal(code, 0);
});
