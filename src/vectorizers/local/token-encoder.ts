// Texts to token vectors in a worker thread, so that the server's event loop stays free. Many callers
// may wait at once: their texts are cut into jobs, and urgent ones (queries) go before a bulk import's.

import { Worker } from 'node:worker_threads';
import { assert } from '../../engine/assert.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { Priority, WorkerReply, WorkerRequest } from './encoder-worker.ts';
import type { EncodedText, EncodeResult, TextModelOptions } from './text-model.ts';

/** Texts of one job: many, so that some are equally long and share a batch. */
const jobTextsMax = 64;
/** Characters of one job, which bounds the memory of its vectors. */
const jobCharactersMax = 200_000;
/** Bulk jobs that the worker holds: one to work on and one so that it never waits. */
const bulkInFlightMax = 2;

export interface EncodeOptions {
  /** `urgent` goes before everything that waits as `bulk`, the default. */
  readonly priority?: Priority;
  readonly signal?: AbortSignal | undefined;
}

interface Job {
  readonly texts: readonly string[];
  readonly priority: Priority;
  readonly resolve: (results: readonly EncodeResult[]) => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignal | undefined;
}

/** A model in a worker thread. Does not keep the process alive while nothing waits for it. */
export class TokenEncoder implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting: Job[] = [];
  readonly #inFlight = new Map<number, Job>();
  readonly #loaded = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #nextJob = 0;
  #failure: Error | undefined;

  private constructor(options: TextModelOptions) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./encoder-worker.${extension}`, import.meta.url), {
      workerData: options,
      name: 'token-encoder',
      // The process's own flags (an --eval script's, say) need not be ones that a worker takes.
      execArgv: [],
    });
    this.#worker.on('message', (reply: WorkerReply) => this.#receive(reply));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => {
      this.#fail(new DatabaseError('closed'));
      this.#ended.resolve();
    });
  }

  /** Starts the worker and loads the model. Throws DatabaseError 'vectorizer-failed'. */
  static async open(options: TextModelOptions): Promise<TokenEncoder> {
    const encoder = new TokenEncoder(options);
    await encoder.#loaded.promise;
    encoder.#keepProcess();
    return encoder;
  }

  /** One result beside each text, a failed one for a text that is too long. Throws when aborted or closed. */
  async encodeEach(
    texts: readonly string[],
    options: EncodeOptions = {},
  ): Promise<readonly EncodeResult[]> {
    const results = cutJobs(texts).map((part) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly EncodeResult[]>();
      const priority = options.priority ?? 'bulk';
      const job = { texts: part, priority, resolve, reject, signal: options.signal };
      if (priority === 'urgent') this.#start(job);
      else this.#waiting.push(job);
      return promise;
    });
    this.#advance();
    return (await Promise.all(results)).flat();
  }

  /** As encodeEach; throws DatabaseError 'vectorizer-failed' when one text fails. */
  async encode(
    texts: readonly string[],
    options: EncodeOptions = {},
  ): Promise<readonly EncodedText[]> {
    const results = await this.encodeEach(texts, options);
    return results.map((result) => {
      if (result.kind === 'encoded') return result;
      throw failed(result.message);
    });
  }

  /** Lets the jobs of the worker finish, refuses those that still wait, ends the thread. */
  async close(): Promise<void> {
    if (this.#failure === undefined) {
      this.#failure = new DatabaseError('closed');
      this.#refuseWaiting(this.#failure);
      this.#worker.ref();
      this.#post({ kind: 'close' });
    }
    await this.#ended.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #advance(): void {
    const bulkCount = (): number =>
      [...this.#inFlight.values()].filter((job) => job.priority === 'bulk').length;
    while (bulkCount() < bulkInFlightMax) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#start(job);
    }
  }

  #start(job: Job): void {
    const refusal = job.signal?.aborted ? failed('the request was cancelled') : this.#failure;
    if (refusal !== undefined) {
      job.reject(refusal);
      return;
    }
    const number = this.#nextJob++;
    this.#inFlight.set(number, job);
    this.#keepProcess();
    this.#post({ kind: 'encode', job: number, priority: job.priority, texts: job.texts });
  }

  #receive(reply: WorkerReply): void {
    if (reply.kind === 'loaded') this.#loaded.resolve();
    else if (reply.kind === 'broken') this.#fail(failed(reply.message));
    else this.#finish(reply);
  }

  #finish(reply: Extract<WorkerReply, { readonly job: number }>): void {
    const job = this.#inFlight.get(reply.job);
    assert(job !== undefined, `the worker answers a job that is under way, not ${reply.job}`);
    this.#inFlight.delete(reply.job);
    if (reply.kind === 'encoded') job.resolve(reply.results);
    else job.reject(failed(reply.message));
    this.#advance();
    this.#keepProcess();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#loaded.reject(this.#failure);
    for (const job of this.#inFlight.values()) job.reject(this.#failure);
    this.#inFlight.clear();
    this.#refuseWaiting(this.#failure);
  }

  #refuseWaiting(error: Error): void {
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }

  #post(request: WorkerRequest): void {
    this.#worker.postMessage(request);
  }

  #keepProcess(): void {
    if (this.#inFlight.size > 0 || this.#failure !== undefined) this.#worker.ref();
    else this.#worker.unref();
  }
}

function failed(message: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message });
}

function cutJobs(texts: readonly string[]): readonly (readonly string[])[] {
  const jobs: string[][] = [];
  let characters = 0;
  for (const text of texts) {
    const current = jobs.at(-1);
    characters += text.length;
    if (current !== undefined && current.length < jobTextsMax && characters <= jobCharactersMax) {
      current.push(text);
    } else {
      jobs.push([text]);
      characters = text.length;
    }
  }
  return jobs;
}
