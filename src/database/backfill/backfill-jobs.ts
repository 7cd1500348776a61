// Backfills that a database does by itself: a vector with a vectorizer that is added to a filled
// collection is embedded in the background, one job after another. What is to be done stands in the
// configuration of the vector, so that a restart goes on with it; everything else is only told.

import { DatabaseError } from '../../engine/errors.ts';
import type { Collection } from '../collection.ts';
import type { Timer } from '../compactor.ts';
import type { RequestContext } from '../object-input.ts';
import { vectorConfig } from '../writes/drafts.ts';
import type { BackfillProgress, BackfillReport, DocumentEmbedder } from './backfill.ts';

/**
 * `waiting`: nothing could be embedded, and it is tried again later. `done` may leave objects that failed
 * or have nothing to embed. `none`: there was no job since the start of the process.
 */
export const backfillStatuses = [
  'queued',
  'running',
  'waiting',
  'stopped',
  'done',
  'none',
] as const;
export type BackfillStatus = (typeof backfillStatuses)[number];

/** One job as it is known; times are ms since 1970. */
export interface BackfillJob {
  readonly collection: string;
  readonly vector: string;
  readonly status: BackfillStatus;
  /** Objects without the vector that the job will look at, 0 when it is done. */
  readonly remaining: number;
  /** Since the process began with the job. */
  readonly progress?: BackfillProgress;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** When a job that waits is tried again. */
  readonly retryAt?: number;
  /** Why a job waits. */
  readonly message?: string;
  /** The first objects that could not be embedded. */
  readonly failures: BackfillReport['failures'];
}

/** How objects are embedded whose content is not in their properties. */
export interface StoredEmbedder {
  readonly embed: DocumentEmbedder;
  /** Objects that are embedded together. */
  readonly batch: number;
}

/** How a job is to be done. */
export interface JobOptions {
  /** Of the request that asks for it; they may hold the key of a provider and are kept in memory only. */
  readonly headers: RequestContext['headers'];
  /** Objects that are embedded together. */
  readonly batch?: number;
}

export interface BackfillJobsParts {
  readonly collections: () => readonly Collection[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly timer: Timer;
  /** Hears of failures that are no operating errors. */
  readonly onFault: (error: unknown) => void;
}

/** The first wait after a failure; each following one is twice as long, up to the longest. */
const retryMsMin = 10_000;
const retryMsMax = 600_000;

interface Entry {
  readonly collection: Collection;
  readonly vector: string;
  options: JobOptions;
  status: Exclude<BackfillStatus, 'none'>;
  /** Of the run that goes on; `earlier` are those of the runs before it. */
  progress?: BackfillProgress;
  earlier: Pick<BackfillProgress, 'stored' | 'gone'>;
  startedAt?: number;
  finishedAt?: number;
  retryAt?: number;
  message?: string;
  failures: BackfillReport['failures'];
  /** Runs that failed since one was good. */
  attempts: number;
  stop: AbortController;
  cancelRetry: () => void;
}

/** Owned by Database. */
export class BackfillJobs {
  readonly #parts: BackfillJobsParts;
  readonly #entries = new Map<string, Entry>();
  #embedderOf: (collection: Collection, vector: string) => StoredEmbedder | undefined = () =>
    undefined;
  #running: { readonly entry: Entry; readonly ended: Promise<void> } | undefined;
  #isOpen = false;
  #isClosed = false;

  constructor(parts: BackfillJobsParts) {
    this.#parts = parts;
  }

  /**
   * From here on jobs run, first those that an earlier process left. Until then they wait, so that
   * whoever opens a database only to look something up embeds nothing.
   */
  open(embedderOf?: (collection: Collection, vector: string) => StoredEmbedder | undefined): void {
    if (embedderOf) this.#embedderOf = embedderOf;
    this.#isOpen = true;
    for (const collection of this.#parts.collections()) this.consider(collection, { headers: {} });
    this.#work();
  }

  /** Queues what the configuration of the collection says is to be done and is not known yet. */
  consider(collection: Collection, options: JobOptions): void {
    for (const { name, backfill } of collection.config.vectors) {
      if (backfill === undefined || this.#entries.has(keyOf(collection, name))) continue;
      const status = backfill === 'stopped' ? 'stopped' : 'queued';
      this.#entries.set(keyOf(collection, name), newEntry(collection, name, status, options));
    }
    this.#work();
  }

  /** Tenants of the collection are active again: what waits for them goes on. */
  resume(collection: Collection): void {
    for (const { name, backfill } of collection.config.vectors) {
      const known = this.#entries.get(keyOf(collection, name));
      if (backfill !== 'pending' || known?.status !== 'done') continue;
      this.#entries.delete(keyOf(collection, name));
      this.consider(collection, known.options);
    }
  }

  /** Every job that is known, by collection and vector. */
  jobs(collection?: Collection): readonly BackfillJob[] {
    return [...this.#entries.values()]
      .filter((entry) => collection === undefined || entry.collection === collection)
      .map(told)
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  }

  /** Throws 'vector-unknown'. */
  job(collection: Collection, vector: string): BackfillJob {
    const { name } = vectorConfig(collection.config, vector);
    const entry = this.#entries.get(keyOf(collection, name));
    if (entry) return told(entry);
    const remaining = collection.lackingCount(name);
    return { ...none, collection: collection.name, vector: name, remaining };
  }

  /** Objects of a collection that wait for a vector. */
  remaining(collection: Collection): number {
    return this.jobs(collection)
      .filter(({ status }) => status !== 'stopped')
      .reduce((sum, { remaining }) => sum + remaining, 0);
  }

  /**
   * Starts a job, or goes on with one that was stopped or waits; one that runs is left as it is. Resolves
   * when it is on disk that it is to be done. Throws 'vector-unknown', and 'invalid-argument' where
   * vectors are given with the objects.
   */
  async start(collection: Collection, vector: string, options: JobOptions): Promise<BackfillJob> {
    const { name } = vectorConfig(collection.config, vector);
    if (!collection.vectorizer(name)) {
      const message = `vector ${name} of collection ${collection.name} has no vectorizer: vectors under it are given with the objects`;
      throw new DatabaseError('invalid-argument', { message });
    }
    // One that is being stopped still runs.
    const ending = this.#running;
    if (ending?.entry.stop.signal.aborted) await ending.ended;
    const known = this.#entries.get(keyOf(collection, name));
    if (known?.status === 'running') return told(known);
    known?.cancelRetry();
    const entry = newEntry(collection, name, 'queued', options);
    this.#entries.set(keyOf(collection, name), entry);
    await collection.markBackfill(name, 'pending');
    this.#work();
    return told(entry);
  }

  /** Ends a job until it is started again, also after a restart. Throws 'vector-unknown'. */
  async stop(collection: Collection, vector: string): Promise<BackfillJob> {
    const { name } = vectorConfig(collection.config, vector);
    const entry = this.#entries.get(keyOf(collection, name));
    if (!entry || entry.status === 'done') return this.job(collection, name);
    await this.#halt(entry);
    const isStarted = this.#entries.get(keyOf(collection, name)) !== entry;
    if ((entry.status as BackfillStatus) !== 'done' && !isStarted) {
      entry.status = 'stopped';
      await collection.markBackfill(name, 'stopped');
    }
    return told(entry);
  }

  /** The collection is gone. */
  forget(collection: Collection): void {
    for (const [key, entry] of this.#entries) {
      if (entry.collection !== collection) continue;
      entry.cancelRetry();
      entry.stop.abort();
      this.#entries.delete(key);
    }
  }

  /** Interrupts the job that runs; it goes on when the database is opened again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) entry.cancelRetry();
    this.#running?.entry.stop.abort();
    await this.#running?.ended;
  }

  async #halt(entry: Entry): Promise<void> {
    entry.cancelRetry();
    entry.stop.abort();
    if (this.#running?.entry === entry) await this.#running.ended;
  }

  #work(): void {
    if (this.#running || !this.#isOpen || this.#isClosed) return;
    const entry = [...this.#entries.values()].find(({ status }) => status === 'queued');
    if (!entry) return;
    const ended = this.#run(entry)
      .catch(this.#parts.onFault)
      .finally(() => {
        this.#running = undefined;
        this.#work();
      });
    this.#running = { entry, ended };
  }

  async #run(entry: Entry): Promise<void> {
    const { clock } = this.#parts;
    entry.status = 'running';
    entry.startedAt ??= clock();
    delete entry.message;
    delete entry.retryAt;
    try {
      // What was on its way when the vector was added comes without it, after the first pass began.
      while (await this.#pass(entry));
      if (entry.stop.signal.aborted) entry.status = this.#isClosed ? 'queued' : 'stopped';
      else entry.status = 'done';
      if (entry.status === 'done') entry.finishedAt = clock();
    } catch (error) {
      if (entry.stop.signal.aborted) entry.status = this.#isClosed ? 'queued' : 'stopped';
      else this.#retryLater(entry, error);
    }
  }

  /** True when there is more to do. */
  async #pass(entry: Entry): Promise<boolean> {
    const { collection, vector, options, stop } = entry;
    const { embed, batch } = this.#embedderOf(collection, vector) ?? {};
    const chosen = options.batch ?? batch;
    const report = await collection.backfill(
      vector,
      {
        headers: options.headers,
        signal: stop.signal,
        ...(embed ? { embed } : {}),
        ...(chosen === undefined ? {} : { batch: chosen }),
      },
      (progress) => {
        entry.progress = progress;
        if (progress.stored > 0) entry.attempts = 0;
      },
    );
    entry.failures = report.failures;
    // Of tenants each was gone through as often as there was more.
    if (stop.signal.aborted || report.stored === 0 || collection.hasTenants) return false;
    const left = collection.lackingCount(vector);
    if (left <= report.empty + report.failed) return false;
    entry.earlier = sum(entry.earlier, report);
    return true;
  }

  #retryLater(entry: Entry, error: unknown): void {
    if (!(error instanceof DatabaseError)) this.#parts.onFault(error);
    if (entry.progress) entry.earlier = sum(entry.earlier, entry.progress);
    delete entry.progress;
    const ms = Math.min(retryMsMax, retryMsMin * 2 ** entry.attempts);
    entry.attempts += 1;
    entry.status = 'waiting';
    entry.message = error instanceof DatabaseError ? error.message : 'internal error';
    entry.retryAt = this.#parts.clock() + ms;
    entry.cancelRetry = this.#parts.timer(ms, () => {
      if (entry.status === 'waiting') entry.status = 'queued';
      this.#work();
    });
  }
}

const none = { status: 'none', failures: [] } as const;

function newEntry(
  collection: Collection,
  vector: string,
  status: Entry['status'],
  options: JobOptions,
): Entry {
  return {
    ...{ collection, vector, status, options, failures: [], attempts: 0 },
    earlier: { stored: 0, gone: 0 },
    stop: new AbortController(),
    cancelRetry: () => undefined,
  };
}

function told(entry: Entry): BackfillJob {
  const { collection, vector, status, failures, progress, earlier } = entry;
  const { startedAt, finishedAt, retryAt, message } = entry;
  return {
    ...{ collection: collection.name, vector, status, failures },
    remaining: remainingOf(entry),
    ...(progress || earlier.stored > 0 ? { progress: joined(earlier, progress) } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(message === undefined ? {} : { message }),
  };
}

function remainingOf({ collection, vector, status, progress }: Entry): number {
  if (status === 'done') return 0;
  if (status === 'running' && progress) return progress.total - progress.done;
  return collection.lackingCount(vector);
}

function joined(
  { stored, gone }: Entry['earlier'],
  run: BackfillProgress = { total: 0, done: 0, stored: 0, empty: 0, failed: 0, gone: 0 },
): BackfillProgress {
  return {
    ...run,
    total: stored + gone + run.total,
    done: stored + gone + run.done,
    stored: stored + run.stored,
    gone: gone + run.gone,
  };
}

function sum(a: Entry['earlier'], b: Entry['earlier']): Entry['earlier'] {
  return { stored: a.stored + b.stored, gone: a.gone + b.gone };
}

function keyOf({ id }: Collection, vector: string): string {
  return `${id}/${vector}`;
}

function nameOf({ collection, vector }: BackfillJob): string {
  return `${collection}/${vector}`;
}
