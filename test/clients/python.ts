// Runs Python with the official client, in a virtual environment of the project's own (.cache/python),
// made on first use.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
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

/**
 * The interpreter of the environment; makes it when it is missing or its requirements changed. Test
 * files run side by side: one makes it, the others wait.
 */
export async function pythonWithClient(): Promise<string> {
  const python = join(environment, 'bin/python');
  const stamp = join(environment, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const isMade = (): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isMade()) return python;
  mkdirSync(join(root, '.cache'), { recursive: true });
  const release = await lock();
  try {
    if (isMade()) return python;
    rmSync(environment, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', environment]);
    const install = ['-m', 'pip', 'install', '--quiet', '-r', requirements];
    await run(python, install, { timeout: installMsMax });
    writeFileSync(stamp, wanted);
    return python;
  } finally {
    release();
  }
}

const installMsMax = 300_000;

/** Resolves when nobody else makes the environment; one that was killed while it did counts as gone. */
async function lock(): Promise<() => void> {
  const folder = `${environment}.lock`;
  for (;;) {
    try {
      mkdirSync(folder);
      return () => rmSync(folder, { recursive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const since = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > 2 * installMsMax) rmSync(folder, { recursive: true, force: true });
    await wait(200);
  }
}
