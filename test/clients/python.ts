// Runs Python with the official client, in a virtual environment of the project's own (.cache/python),
// made on first use.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const environment = join(root, '.cache/python');
const requirements = join(import.meta.dirname, 'requirements.txt');

/** True when there is a python3 that can make virtual environments. */
export async function hasPython(): Promise<boolean> {
  try {
    await run('python3', ['-c', 'import venv, ensurepip']);
    return true;
  } catch {
    return false;
  }
}

/** The interpreter of the environment; makes it when it is missing or its requirements changed. */
export async function pythonWithClient(): Promise<string> {
  const python = join(environment, 'bin/python');
  const stamp = join(environment, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(join(root, '.cache'), { recursive: true });
  await run('python3', ['-m', 'venv', environment]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], { timeout: 300_000 });
  writeFileSync(stamp, wanted);
  return python;
}
