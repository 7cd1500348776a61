// What the journeys of JavaScript tools import, in a folder of the project's own (.cache/tools-js) that
// npm fills on first use from test/clients/tools-js.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce, makeMsMax } from './made-once.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const folder = join(root, '.cache/tools-js');
const source = join(import.meta.dirname, 'tools-js');
const manifests = ['package.json', 'package-lock.json', '.npmrc'];

/** True when there is an npm to install with. */
export async function hasNpm(): Promise<boolean> {
  try {
    await npm(['--version'], root);
    return true;
  } catch {
    return false;
  }
}

/**
 * The command for a program of test/clients/tools-js. The packages that it imports are found from the path
 * given here, with symbolic links kept; they are installed when they are missing or the lock file changed.
 */
export async function toolCommand(file: string): Promise<readonly string[]> {
  const hash = createHash('sha256');
  for (const name of manifests) hash.update(readFileSync(join(source, name)));
  await madeOnce({ folder, stamp: hash.digest('hex'), make: install });
  const flags = ['--preserve-symlinks', '--preserve-symlinks-main'];
  return [process.execPath, ...flags, join(folder, 'programs', file)];
}

/** Where there is no network npm says so in seconds, not in more than a minute. */
const impatient = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];

async function install(): Promise<void> {
  for (const name of manifests) copyFileSync(join(source, name), join(folder, name));
  symlinkSync(relative(folder, source), join(folder, 'programs'));
  await npm(['ci', '--ignore-scripts', '--prefer-offline', ...impatient], folder);
}

/** Runs the npm that runs these tests, or else the one that the system has. */
async function npm(args: readonly string[], cwd: string): Promise<void> {
  const running = process.env['npm_execpath'] ?? '';
  const isOurs = basename(running) === 'npm-cli.js' && existsSync(running);
  const [command = '', ...first] = isOurs ? [process.execPath, running] : ['npm'];
  await run(command, [...first, ...args], { cwd, timeout: makeMsMax, env: environment() });
}

/** Without what an npm around us says about its own project. */
function environment(): NodeJS.ProcessEnv {
  const own = /^npm_(package|lifecycle|config_local_prefix|command|old_cwd)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}
