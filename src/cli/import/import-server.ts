// Importing into a running server: each file is sent, and its job followed to its end.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, type ReadStream } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { collectionName } from '../../database/schema/names.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { ImportProgress, ImportSummary } from '../../ingest/import-run.ts';
import type { SourceState } from '../../ingest/importer.ts';
import type { Problem } from '../../ingest/source-records.ts';
import type { Source } from '../../ingest/sources.ts';
import { messageOf } from '../server-request.ts';
import type { ImportListeners, ImportSettings, ImportTarget } from './import-target.ts';

/** How often a job is asked how far it is. */
const pollMs = 250;

/** A job as the server tells of it. */
interface WireJob {
  readonly id: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly unchanged?: boolean;
  readonly message?: string;
  readonly progress?: Counts & { readonly bytesDone: number };
  readonly problems: readonly Problem[];
}

interface Counts {
  readonly written: number;
  readonly kept: number;
  readonly removed: number;
  readonly failed: number;
}

/** A server with what is wanted of it; nothing is sent yet. */
export function openServer(settings: ImportSettings & { readonly url: string }): ImportTarget {
  const { collection } = settings;
  return {
    collection,
    run: (sources, listeners) => new ServerImport(settings, sources, listeners).run(),
    state: (source) => stateOf(settings, source),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

class ServerImport {
  readonly #settings: ImportSettings & { readonly url: string };
  readonly #sources: readonly Source[];
  readonly #listeners: ImportListeners;
  #counts: Counts & { readonly unchanged: number } = {
    ...{ written: 0, kept: 0, removed: 0, failed: 0, unchanged: 0 },
  };
  #sourcesDone = 0;
  #bytesDone = 0;

  constructor(
    settings: ImportSettings & { readonly url: string },
    sources: readonly Source[],
    listeners: ImportListeners,
  ) {
    this.#settings = settings;
    this.#sources = sources;
    this.#listeners = listeners;
  }

  async run(): Promise<ImportSummary> {
    const { signal, onProgress } = this.#listeners;
    for (const source of this.#sources) {
      signal.throwIfAborted();
      await this.#import(source);
      this.#sourcesDone += 1;
      this.#bytesDone += source.bytes;
      onProgress(this.#progress(source, 0));
    }
    const { source: _, ...summary } = this.#progress({ name: '' }, 0);
    return { ...summary, unchanged: this.#counts.unchanged };
  }

  async #import(source: Source): Promise<void> {
    const { unchanged } = this.#settings;
    try {
      const state = unchanged === 'import' ? 'changed' : await stateOf(this.#settings, source);
      if (state === 'unchanged') return this.#add({ unchanged: 1 });
      const job = await this.#follow(source, await this.#send(source));
      for (const problem of job.problems) this.#listeners.onProblem(problem);
      this.#add({ ...job.progress, unchanged: job.unchanged ? 1 : 0 });
      if (job.state === 'done') return;
      const reason = job.message ?? `its job ${job.id} was ${job.state}`;
      throw failure(`${source.name}: ${reason}`);
    } catch (error) {
      if (!(error instanceof RefusedFile)) throw error;
      this.#add({ failed: 1 });
      this.#listeners.onProblem({ source: source.name, message: error.message });
    }
  }

  async #send(source: Source): Promise<WireJob> {
    const url = pathOf(this.#settings, '', source.name);
    const body = await openFile(source);
    const { signal } = this.#listeners;
    const headers = { 'content-type': 'application/octet-stream' };
    const request = { method: 'POST', body, duplex: 'half', headers, signal };
    return (await ask(this.#settings, url, request as RequestInit)) as WireJob;
  }

  /** Asks until the job has ended; called off, the job is as well. */
  async #follow(source: Source, sent: WireJob): Promise<WireJob> {
    const { signal, onProgress } = this.#listeners;
    const url = new URL(`/v1/ingest/jobs/${sent.id}`, this.#settings.url);
    let job = sent;
    try {
      while (job.state === 'queued' || job.state === 'running') {
        await wait(pollMs, undefined, { signal });
        job = (await ask(this.#settings, url, { signal })) as WireJob;
        onProgress(this.#progress(source, job.progress?.bytesDone ?? 0, job.progress));
      }
    } catch (error) {
      if (signal.aborted) await ask(this.#settings, url, { method: 'DELETE' });
      throw error;
    }
    return job;
  }

  #add(more: Partial<Counts & { readonly unchanged: number }>): void {
    const names = ['written', 'kept', 'removed', 'failed', 'unchanged'] as const;
    const sums = names.map((name) => [name, this.#counts[name] + (more[name] ?? 0)]);
    this.#counts = Object.fromEntries(sums) as Counts & { readonly unchanged: number };
  }

  #progress({ name }: { readonly name: string }, bytesHere: number, here?: Counts): ImportProgress {
    const { unchanged: _, ...counts } = this.#counts;
    return {
      source: name,
      sourcesDone: this.#sourcesDone,
      sourcesTotal: this.#sources.length,
      bytesDone: this.#bytesDone + bytesHere,
      bytesTotal: this.#sources.reduce((sum, { bytes }) => sum + bytes, 0),
      written: counts.written + (here?.written ?? 0),
      kept: counts.kept + (here?.kept ?? 0),
      removed: counts.removed + (here?.removed ?? 0),
      failed: counts.failed + (here?.failed ?? 0),
    };
  }
}

/** A file that can't be read, or that the server won't take: the next one may be taken. */
export class RefusedFile extends Error {}

/** Throws RefusedFile. */
async function openFile({ path, name }: Source): Promise<ReadStream> {
  const file = createReadStream(path);
  await once(file, 'open').catch(({ message }: Error) => {
    throw new RefusedFile(`${name} can't be read: ${message}`);
  });
  return file;
}

async function stateOf(
  settings: ImportSettings & { readonly url: string },
  source: Source,
): Promise<SourceState> {
  const hash = createHash('sha256');
  for await (const chunk of await openFile(source)) hash.update(chunk as Buffer);
  const url = pathOf(settings, '/state', source.name);
  url.searchParams.set('hash', hash.digest('hex'));
  const { state } = (await ask(settings, url, {})) as { readonly state: SourceState };
  return state;
}

function pathOf(
  settings: ImportSettings & { readonly url: string },
  below: string,
  name: string,
): URL {
  const { url, collection, textModel, pageModel, textColumns, idColumn, batchSize } = settings;
  // The name as the database has it: in small letters it could be that of another route.
  const into = encodeURIComponent(collectionName(collection));
  const path = new URL(`/v1/ingest/${into}${below}`, url);
  path.searchParams.set('name', name);
  path.searchParams.set('model', textModel ?? 'none');
  if (settings.tenant !== undefined) path.searchParams.set('tenant', settings.tenant);
  if (pageModel !== undefined) path.searchParams.set('pageModel', pageModel);
  for (const column of textColumns ?? []) path.searchParams.append('textColumn', column);
  if (idColumn !== undefined) path.searchParams.set('idColumn', idColumn);
  if (batchSize !== undefined) path.searchParams.set('batch', String(batchSize));
  if (settings.unchanged === 'import') path.searchParams.set('again', 'true');
  return path;
}

async function ask(
  { key }: Pick<ImportSettings, 'key'>,
  url: URL,
  request: RequestInit,
): Promise<unknown> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const headers = { ...(request.headers as Record<string, string>), ...authorization };
  const reply = await fetch(url, { ...request, headers }).catch((error: unknown) => {
    request.signal?.throwIfAborted();
    const { cause } = error as { readonly cause?: unknown };
    const reason = cause instanceof Error ? cause.message : String(error);
    throw failure(`${url.origin} can't be reached: ${reason}`);
  });
  const text = await reply.text();
  if (reply.ok) return JSON.parse(text);
  if (reply.status === 413 || reply.status === 422) throw new RefusedFile(messageOf(text));
  throw failure(`${url.origin} answers ${reply.status}: ${messageOf(text)}`);
}

function failure(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
