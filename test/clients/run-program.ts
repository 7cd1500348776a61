// Runs a program of test/clients/programs with an official client, or any other command, against a server
// process.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonSettings, pythonWithClient } from './python.ts';
import type { ServerProcess } from './server-process.ts';

const run = promisify(execFile);

/** What a program may be told besides where the server listens. */
export interface ProgramOptions {
  readonly args?: readonly string[];
}

/**
 * Runs `NAME.py` or `NAME.ts` and resolves to the lines that it printed; rejects with all of its output
 * when it fails.
 */
export async function runProgram(
  file: string,
  server: ServerProcess,
  { args = [] }: ProgramOptions = {},
): Promise<readonly string[]> {
  const program = join(import.meta.dirname, 'programs', file);
  const isPython = file.endsWith('.py');
  const command = isPython ? await pythonWithClient() : process.execPath;
  const flags = isPython ? ['-W', 'ignore'] : ['--disable-warning=ExperimentalWarning'];
  const settings = isPython ? pythonSettings : {};
  return runCommand([command, ...flags, program, ...args], server, settings);
}

/** The same for a command, a program and its arguments, with settings in its environment. */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  server: ServerProcess,
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const env = {
    ...process.env,
    PORT: String(server.port),
    GRPC_PORT: String(server.grpcPort),
    ...settings,
  };
  const limits = { timeout: 120_000, maxBuffer: 1 << 26 };
  try {
    const { stdout } = await run(program, args, { env, ...limits });
    return stdout.split('\n').filter((line) => line !== '');
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[program, ...args].join(' ')} failed:\n${stdout}\n${stderr}`, {
      cause: error,
    });
  }
}
