// Texts to token vectors in worker processes, so that the server's event loop stays free. Many callers
// may wait at once: their texts are cut into jobs, and urgent ones (queries) go before a bulk import's.

import { DatabaseError } from '../../engine/errors.ts';
import { type EncoderJob, EncoderProcess } from './encoder-process.ts';
import type { Priority } from './encoder-worker.ts';
import { filesMark, type TextModelFiles } from './model-folder.ts';
import type {
  EncodedText,
  EncodeForm,
  EncodeResult,
  TextModelFacts,
  TextRole,
} from './text-model.ts';

/** Texts of one job: many, so that some are equally long and share a batch. */
const jobTextsMax = 64;
/** Fewer than that only where every worker would not get a job. */
const jobTextsMin = 8;
/** Characters of one job, which bounds the memory of its vectors. */
const jobCharactersMax = 20_000;
/** Bulk jobs that a worker holds: one to work on and one so that it never waits. */
const bulkInFlightMax = 2;
/** Workers beyond the first are started when they are needed, and ended after so long without work. */
const idleMs = 60_000;
/** Processes that end one after another before they have loaded the model. */
const failedStartsMax = 3;

export interface TokenEncoderOptions {
  readonly files: TextModelFiles;
  /** Processes that run the model at most, each with its own copy of the weights. */
  readonly workers: number;
  /** Threads of each of them. */
  readonly threads: number;
}

export interface EncodeOptions {
  /** What the texts are, for models that mark it; documents unless told otherwise. */
  readonly as?: TextRole;
  /** What is made of them; a vector for each token unless told otherwise. */
  readonly form?: EncodeForm;
  /** `urgent` goes before everything that waits as `bulk`, the default. */
  readonly priority?: Priority;
  readonly signal?: AbortSignal | undefined;
}

/** A model in worker processes. Does not keep the process alive while nothing waits for it. */
export class TokenEncoder implements AsyncDisposable {
  readonly #options: TokenEncoderOptions;
  readonly #workers = new Set<EncoderProcess>();
  readonly #waiting: EncoderJob[] = [];
  readonly #loaded = Promise.withResolvers<TextModelFacts>();
  /** The model's files as the first worker found them. */
  readonly #filesMark: string;
  #idleTimer: NodeJS.Timeout | undefined;
  #failedStarts = 0;
  #hasLoaded = false;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: TokenEncoderOptions) {
    this.#options = options;
    this.#filesMark = filesMark(options.files);
    this.#startWorker();
  }

  /**
   * Starts the first worker and loads the model. Throws DatabaseError 'vectorizer-failed', or
   * 'invalid-argument' when the model is another one than its settings say.
   */
  static async open(options: TokenEncoderOptions): Promise<TokenEncoder> {
    const encoder = new TokenEncoder(options);
    await encoder.#loaded.promise;
    encoder.#rest();
    return encoder;
  }

  /** What the model turned out to be. */
  get facts(): Promise<TextModelFacts> {
    return this.#loaded.promise;
  }

  /** True once it can't be used any more: closed, or its workers end as soon as they are started. */
  get isEnded(): boolean {
    return this.#failure !== undefined;
  }

  /** Process ids of the workers that run now. */
  get workerPids(): readonly number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * One result beside each text, a failed one for a text that is too long and for those that a worker
   * had begun when it ended. Throws when aborted or closed.
   */
  async encodeEach(
    texts: readonly string[],
    options: EncodeOptions = {},
  ): Promise<readonly EncodeResult[]> {
    const results: EncodeResult[] = [];
    const parts = cutJobs(texts, this.#options.workers).map(async (indexes) => {
      const part = indexes.map((index) => texts[index] ?? '');
      for (const [place, result] of (await this.#encodePart(part, options)).entries()) {
        results[indexes[place] ?? 0] = result;
      }
    });
    this.#advance();
    await Promise.all(parts);
    return results;
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

  /** Lets the workers finish what they hold, refuses what still waits, ends the processes. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(): Promise<void> {
    this.#fail(new DatabaseError('closed'));
    clearTimeout(this.#idleTimer);
    await Promise.all([...this.#workers].map((worker) => worker.close()));
  }

  #encodePart(
    texts: readonly string[],
    { as = 'document', form = 'tokens', priority = 'bulk', signal }: EncodeOptions,
  ): Promise<readonly EncodeResult[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly EncodeResult[]>();
    const job = { texts, role: as, form, priority, signal, resolve, reject };
    if (priority === 'urgent') this.#waiting.unshift(job);
    else this.#waiting.push(job);
    return promise;
  }

  /** Gives what waits to workers: urgent jobs at once, bulk jobs as they have room. */
  #advance(): void {
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const refusal = job.signal?.aborted ? failed('the request was cancelled') : this.#failure;
      if (refusal !== undefined) {
        this.#waiting.shift();
        job.reject(refusal);
        continue;
      }
      const worker = this.#workerFor(job.priority);
      if (worker === undefined) break;
      this.#waiting.shift();
      worker.give(job);
    }
    if (this.#waiting.length > 0 && !this.#isStarting() && this.#canStart() && this.#isUnchanged())
      this.#startWorker();
    this.#rest();
  }

  /** The one that will come to it first. */
  #workerFor(priority: Priority): EncoderProcess | undefined {
    // While there may be more workers, one job each: the second would wait for them better.
    const bulkMax = this.#canStart() ? 1 : bulkInFlightMax;
    const usable = [...this.#workers].filter(
      (worker) => worker.isUsable && (priority === 'urgent' || worker.count('bulk') < bulkMax),
    );
    const load = (worker: EncoderProcess): number =>
      10 * worker.count('urgent') + worker.count('bulk');
    return usable.toSorted((a, b) => load(a) - load(b))[0];
  }

  #isStarting(): boolean {
    return [...this.#workers].some(({ isLoaded }) => !isLoaded);
  }

  #startWorker(): void {
    const { files, threads } = this.#options;
    const worker: EncoderProcess = new EncoderProcess(
      { files, threads },
      {
        loaded: (facts) => {
          this.#hasLoaded = true;
          this.#failedStarts = 0;
          this.#loaded.resolve(facts);
          this.#advance();
        },
        finished: () => this.#advance(),
        ended: (error, unbegun) => this.#replace(worker, error, unbegun),
      },
    );
    this.#workers.add(worker);
  }

  #replace(worker: EncoderProcess, error: Error, unbegun: readonly EncoderJob[]): void {
    this.#workers.delete(worker);
    if (!worker.isLoaded) this.#failedStarts += 1;
    this.#waiting.unshift(...unbegun);
    if (this.#workers.size === 0 && this.#failure === undefined) {
      // What the first one said about the model would be said by the next as well.
      if (this.#hasLoaded && this.#canStart() && this.#isUnchanged()) this.#startWorker();
      else this.#fail(error);
    }
    this.#advance();
  }

  #canStart(): boolean {
    return this.#workers.size < this.#options.workers && this.#failedStarts < failedStartsMax;
  }

  /** Workers of one encoder run one model: with other files there are no more of them. */
  #isUnchanged(): boolean {
    return filesMark(this.#options.files) === this.#filesMark;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#loaded.promise.catch(() => undefined);
    this.#loaded.reject(this.#failure);
    for (const job of this.#waiting.splice(0)) job.reject(this.#failure);
  }

  /** Without work the process may end, and workers beyond the first are given back after a while. */
  #rest(): void {
    const isIdle = this.#waiting.length === 0 && [...this.#workers].every(({ isIdle }) => isIdle);
    for (const worker of this.#workers) worker.keepParent(!isIdle || this.#failure !== undefined);
    clearTimeout(this.#idleTimer);
    if (!isIdle || this.#workers.size <= 1) return;
    this.#idleTimer = setTimeout(() => {
      for (const worker of [...this.#workers].slice(1)) void worker.close();
    }, idleMs);
    this.#idleTimer.unref();
  }
}

function failed(message: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message });
}

/**
 * Indexes of the texts of each job. Texts of nearly equal length come together, so that they share
 * batches; the longest first, so that no worker is left with them at the end.
 */
function cutJobs(texts: readonly string[], workers: number): readonly (readonly number[])[] {
  const lengthOf = (index: number): number => texts[index]?.length ?? 0;
  const order = [...texts.keys()].toSorted((a, b) => lengthOf(b) - lengthOf(a));
  const share = Math.ceil(texts.length / workers);
  const textsMax = Math.max(jobTextsMin, Math.min(jobTextsMax, share));
  const jobs: number[][] = [];
  let characters = 0;
  for (const index of order) {
    const current = jobs.at(-1);
    characters += lengthOf(index);
    if (current !== undefined && current.length < textsMax && characters <= jobCharactersMax) {
      current.push(index);
    } else {
      jobs.push([index]);
      characters = lengthOf(index);
    }
  }
  return jobs;
}
