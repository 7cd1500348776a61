// Runs a program of test/clients/programs with an official client, or one of test/clients/tools-js with a
// tool that is built on one, against a server process.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWithClient } from './python.ts';
import type { ServerProcess } from './server-process.ts';
import { toolProgram } from './tools-js.ts';

const run = promisify(execFile);

/** What a program may be told besides where the server listens. */
export interface ProgramOptions {
  readonly args?: readonly string[];
}

/**
 * Runs `NAME.py`, `NAME.ts` or a tool's `NAME.mjs` and resolves to the lines that it printed; rejects
 * with all of its output when it fails.
 */
export async function runProgram(
  file: string,
  server: ServerProcess,
  { args = [] }: ProgramOptions = {},
): Promise<readonly string[]> {
  const [command, ...first] = await startOf(file);
  const env = {
    ...process.env,
    PORT: String(server.port),
    GRPC_PORT: String(server.grpcPort),
  };
  const limits = { timeout: 55_000, maxBuffer: 1 << 26 };
  try {
    const { stdout } = await run(command, [...first, ...args], { env, ...limits });
    return stdout.split('\n').filter((line) => line !== '');
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${file} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** The command and the first arguments that start a program. */
async function startOf(file: string): Promise<[string, ...string[]]> {
  const program = join(import.meta.dirname, 'programs', file);
  if (file.endsWith('.py')) return [await pythonWithClient(), '-W', 'ignore', program];
  if (file.endsWith('.mjs')) return [process.execPath, ...(await toolProgram(file))];
  return [process.execPath, '--disable-warning=ExperimentalWarning', program];
}
