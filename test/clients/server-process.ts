// A server as users start it: its own process, on free ports of 127.0.0.1, in a directory of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface ServerProcess {
  readonly port: number;
  readonly grpcPort: number;
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has written to standard output so far. */
  printed(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface ServerProcessOptions {
  readonly data: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Starts a server and resolves when it serves; rejects with what it printed when it ends before. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { data, env = {}, args = [] } = options;
  const child = spawn(
    process.execPath,
    [
      '--no-liftoff',
      join(root, 'src/cli/main.ts'),
      'serve',
      ...['--port', '0', '--grpc-port', '0', '--data', data],
      ...args,
    ],
    { env: { ...cleanEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit');
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const { port, grpcPort } = await addresses(child);
  return {
    port,
    grpcPort,
    url: `http://127.0.0.1:${port}`,
    process: child,
    printed: () => printed,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Settings of the tester's own shell must not change a test. Compiled code is kept where the command
 * that users start keeps it.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'CI', 'TMPDIR', 'TESSERAE_MODELS', 'XDG_CACHE_HOME'];
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return {
    NODE_COMPILE_CACHE: join(cache, 'tesserae', 'compiled'),
    // Each costs as much to start as half of the server; what several do is tested where threads are. What
    // is measured has those that users have.
    ...(process.env['NODE_TEST_CONTEXT'] ? { TESSERAE_SEARCH_THREADS: '1' } : {}),
    ...Object.fromEntries(
      kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    ),
  };
}

function addresses(child: ChildProcess): Promise<{ port: number; grpcPort: number }> {
  return new Promise((resolve, reject) => {
    let printed = '';
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const rest = /REST\s+http:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      const grpc = /gRPC\s+127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      if (rest && grpc) resolve({ port: Number(rest), grpcPort: Number(grpc) });
    });
    child.once('exit', (code) => {
      reject(new Error(`the server ended with ${code} before it served:\n${printed}\n${errors}`));
    });
    child.once('error', reject);
  });
}
