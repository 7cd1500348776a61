// Runs Python with the official client, or with the tools that are built on it, each in a virtual
// environment of the project's own under .cache, made on first use.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce, makeMsMax } from './made-once.ts';

const run = promisify(execFile);
const cache = join(import.meta.dirname, '../../.cache');

/** True when there is a python3 that can make virtual environments and is not older than 3.`minor`. */
export async function hasPython(minor = 9): Promise<boolean> {
  try {
    const check = `import sys, venv, ensurepip; sys.exit(sys.version_info < (3, ${minor}))`;
    await run('python3', ['-c', check]);
    return true;
  } catch {
    return false;
  }
}

/** The oldest Python that the tools run with: 3.11. */
export const pythonMinorOfTools = 11;

/** The interpreter of the environment with the official client. */
export function pythonWithClient(): Promise<string> {
  return pythonWith('python', 'requirements.txt');
}

/**
 * The interpreter of the environment with the tools of test/clients/tools-python; wants
 * hasPython(pythonMinorOfTools).
 */
export function pythonWithTools(): Promise<string> {
  return pythonWith('python-tools', 'tools-python/requirements.txt');
}

/**
 * Environment of programs in Python: modules are compiled once and not by every program; and the client,
 * which asks the package index for its newest version whenever it connects, has no certificates for
 * that, because reading them takes longer than the rest of connecting.
 */
export const pythonSettings = {
  PYTHONDONTWRITEBYTECODE: '',
  SSL_CERT_FILE: '',
  SSL_CERT_DIR: join(import.meta.dirname, 'programs'),
} as const;

async function pythonWith(name: string, requirements: string): Promise<string> {
  const folder = join(cache, name);
  const file = join(import.meta.dirname, requirements);
  const stamp = `${installer}\n${readFileSync(file, 'utf8')}`;
  const python = join(folder, 'bin/python');
  await madeOnce({
    folder,
    stamp,
    make: async () => {
      const own = await pythonWithInstaller();
      const uv = join(dirname(own), 'uv');
      const limits = { timeout: makeMsMax, env: { ...process.env, ...(await registry(own)) } };
      await run(uv, ['venv', '--quiet', '--python', own, folder], limits);
      await run(uv, ['pip', 'install', '--quiet', '--python', python, '-r', file], limits);
    },
  });
  return python;
}

/** uv takes a tenth of the time that pip takes for the hundred packages of the tools. */
const installer = 'uv==0.13.9';

async function pythonWithInstaller(): Promise<string> {
  const folder = join(cache, 'uv');
  const python = join(folder, 'bin/python');
  await madeOnce({
    folder,
    stamp: installer,
    make: async () => {
      await run('python3', ['-m', 'venv', folder]);
      const install = ['-m', 'pip', 'install', '--quiet', '--no-compile', installer];
      await run(python, install, { timeout: makeMsMax });
    },
  });
  return python;
}

/** How this machine's pip reaches its registry, in the settings of uv, which doesn't read pip's. */
async function registry(python: string): Promise<NodeJS.ProcessEnv> {
  const { stdout } = await run(python, ['-m', 'pip', 'config', 'list']);
  const words = (name: string): string[] => {
    const value = new RegExp(`^(?:global|install|:env:)\\.${name}='(.*)'$`, 'm').exec(stdout)?.[1];
    return (value ?? '').split(/\s|\\n/).filter((word) => word !== '');
  };
  const folders = words('find-links').filter((place) => place.includes('://') || existsSync(place));
  const settings = {
    UV_DEFAULT_INDEX: words('index-url').join(''),
    UV_INDEX: words('extra-index-url').join(' '),
    UV_FIND_LINKS: folders.join(','),
    SSL_CERT_FILE: process.env['SSL_CERT_FILE'] ?? words('cert').join(''),
  };
  const given = Object.entries(settings).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(given), UV_CACHE_DIR: join(cache, 'uv-packages') };
}
