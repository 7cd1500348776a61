// Folders under .cache that tests make on first use and keep: test files run side by side, so that one
// of them makes a folder while the others wait.

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** How long making one may take. */
export const makeMsMax = 300_000;

export interface MadeOnce {
  readonly folder: string;
  /** What it is made of: with other words it is made anew. */
  readonly stamp: string;
  /** Fills the folder, which is there and empty. */
  readonly make: () => Promise<void>;
}

/** What could not be made, by folder and stamp: where there is no network every attempt takes its time. */
const failures = new Map<string, unknown>();

/**
 * Resolves when the folder is there as `make` left it, be it now or in an earlier run. Rejects with what
 * `make` throws, which is not called again in this process then.
 */
export async function madeOnce({ folder, stamp, make }: MadeOnce): Promise<void> {
  const key = `${folder}\n${stamp}`;
  const file = join(folder, 'made-of.txt');
  const isMade = (): boolean => existsSync(file) && readFileSync(file, 'utf8') === stamp;
  if (isMade()) return;
  mkdirSync(dirname(folder), { recursive: true });
  const release = await lock(folder);
  try {
    if (isMade()) return;
    if (failures.has(key)) throw failures.get(key);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    await make().catch((error: unknown) => {
      failures.set(key, error);
      throw error;
    });
    writeFileSync(file, stamp);
  } finally {
    release();
  }
}

/** Resolves when nobody else makes the folder; one that was killed while it did counts as gone. */
async function lock(made: string): Promise<() => void> {
  const folder = `${made}.lock`;
  for (;;) {
    if (isMine(folder)) {
      writeFileSync(join(folder, 'pid'), String(process.pid));
      return () => rmSync(folder, { recursive: true });
    }
    if (isAbandoned(folder)) clear(folder);
    await wait(200);
  }
}

/** Makes the folder; false where it is there. */
function isMine(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes an abandoned lock away, one process at a time, so that nobody takes away the next one's. */
function clear(folder: string): void {
  const clearing = `${folder}.clearing`;
  if (!isMine(clearing)) return;
  try {
    if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
  } finally {
    rmSync(clearing, { recursive: true });
  }
}

function isAbandoned(folder: string): boolean {
  const since = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - since > 2 * makeMsMax || !isAlive(join(folder, 'pid'));
}

/** Whether the process that a file names is there, as far as the file says. */
function isAlive(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')) || process.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
