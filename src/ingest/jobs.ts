// Imports that a server does for its callers: a file is spooled to disk, its job waits its turn, and both
// survive a restart. A job is answered for from the moment that it is on disk.

import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { collectionName } from '../database/schema/names.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { ImportOptions, ImportProgress } from './import-run.ts';
import type { Importer, SourceState } from './importer.ts';
import type { Problem } from './source-records.ts';
import { formatOfName, sourceOf } from './sources.ts';

/** What is wanted of a job besides its file. */
export interface JobRequest
  extends Pick<
    ImportOptions,
    | 'collection'
    | 'tenant'
    | 'textModel'
    | 'pageModel'
    | 'textColumns'
    | 'idColumn'
    | 'batchSize'
    | 'unchanged'
  > {
  /** Name of the file: the source of what is imported of it. */
  readonly name: string;
}

export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

/** One job as it is known; times are ms since 1970. */
export interface Job {
  readonly id: string;
  readonly request: JobRequest;
  readonly hash: string;
  readonly bytes: number;
  readonly state: JobState;
  readonly createdAt: number;
  readonly startedAt?: number;
  /** So often it was begun and neither ended nor interrupted in good order: the process died. */
  readonly starts?: number;
  readonly finishedAt?: number;
  /** When `progress` was true. */
  readonly reportedAt?: number;
  readonly progress?: ImportProgress;
  /** The file had not changed since it was imported. */
  readonly isUnchanged?: boolean;
  /** The first ones; progress counts all. */
  readonly problems: readonly Problem[];
  /** Why a job failed. */
  readonly message?: string;
}

export interface IngestJobsParts {
  /** Directory of the file system that is this object's alone. */
  readonly directory: string;
  readonly importer: Importer;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly newId: () => string;
  /** A larger file is refused. */
  readonly fileBytesMax: number;
  /** Hears of failures that are not the caller's. */
  readonly onFault: (error: unknown) => void;
}

/** A file is larger than the limit. */
export class FileTooLarge extends Error {}

/** Problems that a job keeps. */
const problemsMax = 1_000;
/** A job that the process died of so often is not begun again. */
const startsMax = 5;
/** Jobs that are kept when they have ended. */
const endedJobsMax = 1_000;
const upload = 'file';
const description = 'job.json';

/** Opened by a server; one job runs at a time, in the order in which they came. */
export class IngestJobs implements AsyncDisposable {
  readonly #parts: IngestJobsParts;
  readonly #jobs: Map<string, Job>;
  #running: { readonly id: string; readonly stop: AbortController } | undefined;
  #worker: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Resolves when the job that runs has ended. */
  #step: Promise<void> = Promise.resolve();

  private constructor(parts: IngestJobsParts, jobs: readonly Job[]) {
    this.#parts = parts;
    this.#jobs = new Map(jobs.map((job) => [job.id, job]));
  }

  /**
   * Jobs that had not ended go on; uploads that were interrupted are removed. A job whose description is
   * damaged is told of and left as it is.
   */
  static async open(parts: IngestJobsParts): Promise<IngestJobs> {
    await mkdir(parts.directory, { recursive: true });
    const found: Job[] = [];
    for (const id of await readdir(parts.directory)) {
      const folder = join(parts.directory, id);
      const job = await readJob(folder).catch(parts.onFault);
      if (job === 'none') await rm(folder, { recursive: true, force: true });
      if (!job || job === 'none') continue;
      if (job.finishedAt !== undefined) await rm(join(folder, upload), { force: true });
      found.push(job.state === 'running' ? { ...job, state: 'queued' } : job);
    }
    found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    const jobs = new IngestJobs(parts, found);
    jobs.#work();
    return jobs;
  }

  /** Every job that is known, the newest first. */
  list(): readonly Job[] {
    return [...this.#jobs.values()].reverse();
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** What importing a file with this hash would do. */
  async sourceState(request: JobRequest, hash: string): Promise<SourceState> {
    const format = formatOfName(request.name) ?? 'pages';
    const source = { path: '', name: request.name, format, bytes: 0, hash };
    return await this.#parts.importer.state(source, request);
  }

  /** Throws FileTooLarge. */
  checkSize(bytes: number): void {
    const { fileBytesMax } = this.#parts;
    if (bytes > fileBytesMax) {
      throw new FileTooLarge(`the file is larger than ${fileBytesMax} bytes`);
    }
  }

  /**
   * Takes a file and resolves when the job is on disk. Throws FileTooLarge, 'invalid-argument' for a bad
   * name of a collection and a kind of file that is not known, and what the body throws; nothing is kept
   * then.
   */
  async submit(request: JobRequest, body: AsyncIterable<Uint8Array>): Promise<Job> {
    if (this.#isClosed) throw new DatabaseError('closed');
    collectionName(request.collection);
    const { clock, newId } = this.#parts;
    const id = newId();
    const folder = this.#folder(id);
    await mkdir(folder, { recursive: true });
    try {
      const { hash, bytes } = await spool(join(folder, upload), body, (size) =>
        this.checkSize(size),
      );
      await sourceOf(join(folder, upload), request.name);
      const createdAt = clock();
      const job: Job = { id, request, hash, bytes, state: 'queued', createdAt, problems: [] };
      await this.#write(job);
      if (this.#isClosed) return job;
      this.#jobs.set(id, job);
      this.#work();
      return job;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Ends a job that has not ended; what it has imported stays. Undefined when there is no such job. */
  async cancel(id: string): Promise<Job | undefined> {
    const job = this.#jobs.get(id);
    if (job?.state === 'queued') {
      await this.#end(id, { state: 'cancelled' });
    } else if (this.#running?.id === id) {
      this.#running.stop.abort(new Cancelled());
      while (this.#running?.id === id) await this.#step;
    }
    return this.#jobs.get(id);
  }

  /** Interrupts the job that runs; it goes on when the jobs are opened again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#running?.stop.abort(new DatabaseError('closed'));
    await this.#worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #work(): void {
    this.#worker = this.#worker.then(async () => {
      for (;;) {
        const next = [...this.#jobs.values()].find(({ state }) => state === 'queued');
        if (!next || this.#isClosed) return;
        this.#step = this.#run(next).catch(this.#parts.onFault);
        await this.#step;
      }
    });
  }

  async #run(job: Job): Promise<void> {
    const { id, request, hash } = job;
    const { clock, importer, onFault } = this.#parts;
    const stop = new AbortController();
    this.#running = { id, stop };
    const problems: Problem[] = [];
    this.#jobs.set(id, { ...job, state: 'running', startedAt: clock() });
    try {
      await this.#begin(id, job.starts ?? 0);
      const path = join(this.#folder(id), upload);
      const source = { ...(await sourceOf(path, request.name)), hash };
      const summary = await importer.run([source], {
        ...request,
        signal: stop.signal,
        onProgress: (progress) => this.#update(id, { progress, problems, reportedAt: clock() }),
        onProblem: (problem) => {
          if (problems.length < problemsMax) problems.push(problem);
        },
      });
      await this.#end(id, { state: 'done', problems, isUnchanged: summary.unchanged > 0 });
    } catch (error) {
      if (this.#isClosed) return await this.#write({ ...job, state: 'queued' });
      const isCancelled = error instanceof Cancelled;
      if (!isCancelled && !(error instanceof DatabaseError)) onFault(error);
      const message = error instanceof DatabaseError ? error.message : 'internal error';
      const failed = { state: 'failed', problems, message } as const;
      await this.#end(id, isCancelled ? { state: 'cancelled', problems } : failed);
    } finally {
      this.#running = undefined;
    }
  }

  /** Notes the start on disk. Throws for a job that has ended the process several times. */
  async #begin(id: string, before: number): Promise<void> {
    if (before >= startsMax) {
      const message = `the process ended ${before} times while it imported the file: it is given up`;
      throw new DatabaseError('invalid-argument', { message });
    }
    this.#update(id, { starts: before + 1 });
    const job = this.#jobs.get(id);
    if (job) await this.#write(job);
  }

  #update(id: string, change: Partial<Job>): void {
    const job = this.#jobs.get(id);
    if (job) this.#jobs.set(id, { ...job, ...change });
  }

  /** Keeps what came of a job; its file is not needed any more, nor are the oldest jobs. */
  async #end(id: string, change: Partial<Job>): Promise<void> {
    this.#update(id, { ...change, finishedAt: this.#parts.clock() });
    const job = this.#jobs.get(id);
    if (job) await this.#write(job);
    await rm(join(this.#folder(id), upload), { force: true });
    const ended = [...this.#jobs.values()].filter(({ finishedAt }) => finishedAt !== undefined);
    for (const old of ended.slice(0, Math.max(0, ended.length - endedJobsMax))) {
      this.#jobs.delete(old.id);
      await rm(this.#folder(old.id), { recursive: true, force: true });
    }
  }

  async #write(job: Job): Promise<void> {
    const folder = this.#folder(job.id);
    const temporary = join(folder, `${description}.new`);
    {
      await using file = await open(temporary, 'w');
      await file.writeFile(JSON.stringify(job));
      await file.sync();
    }
    await rename(temporary, join(folder, description));
    await syncFolder(folder);
    await syncFolder(this.#parts.directory);
  }

  #folder(id: string): string {
    return join(this.#parts.directory, id);
  }
}

/** The reason of a job that its caller called off. */
class Cancelled extends Error {}

async function spool(
  path: string,
  body: AsyncIterable<Uint8Array>,
  checkSize: (bytes: number) => void,
): Promise<{ readonly hash: string; readonly bytes: number }> {
  await using file = await open(path, 'wx');
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    checkSize(bytes);
    hash.update(chunk);
    await writeAll(file, chunk);
  }
  await file.sync();
  return { hash: hash.digest('hex'), bytes };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let from = 0; from < chunk.length; ) {
    from += (await file.write(chunk, from, chunk.length - from)).bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** `none` for a folder without a whole description: its upload was interrupted. Throws for a damaged one. */
async function readJob(folder: string): Promise<Job | 'none'> {
  const path = join(folder, description);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Job;
  } catch (cause) {
    const { code } = cause as { readonly code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'none';
    throw new Error(`the job in ${path} can't be read and is left alone`, { cause });
  }
}
