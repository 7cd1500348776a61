// A page model in a process of its own, so that the server's event loop stays free and a model that
// crashes or takes all memory ends only itself. One job runs at a time: the model's weights are a
// gigabyte and one page keeps all threads of the run-time busy. Queries go before pages that wait.

import type { ChildProcess } from 'node:child_process';
import { assert } from '../../../engine/assert.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import type { RgbImage } from '../../../pages/page.ts';
import { describeEnd, endWithin, forkModelProcess, keepAliveFor } from '../model-process.ts';
import type { EncodedPage, EncodedQuery, PageModelOptions } from './page-model.ts';
import type { PageReply, PageRequest, PageWork } from './page-worker.ts';

export interface EncodePageOptions {
  readonly signal?: AbortSignal | undefined;
  /** `urgent` goes before everything that waits as `bulk`, the default of pages. */
  readonly priority?: 'urgent' | 'bulk';
}

/** A process that was told to end and still has not after so long does not answer any more. */
const closeMsMax = 120_000;

interface Job {
  readonly work: PageWork;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: EncodedPage | EncodedQuery) => void;
  readonly reject: (error: Error) => void;
}

/** Does not keep the process alive while nothing waits for it. */
export class PageEncoder implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #urgent: Job[] = [];
  readonly #bulk: Job[] = [];
  readonly #loaded = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #running: Job | undefined;
  #failure: Error | undefined;
  #isClosing = false;

  private constructor(options: PageModelOptions) {
    this.#child = forkModelProcess('page-worker', import.meta.url);
    this.#child.on('message', (reply: PageReply) => this.#receive(reply));
    this.#child.on('error', (error) => this.#fail(failed(error.message)));
    // Not 'exit': messages that the process sent before are still to come then.
    this.#child.once('close', (code, signal) => {
      const crash = failed(describeEnd(code, signal));
      this.#fail(this.#isClosing ? new DatabaseError('closed') : crash);
      this.#ended.resolve();
    });
    this.#send({ kind: 'open', options });
  }

  /** Starts the process and loads the model. Throws DatabaseError 'vectorizer-failed'. */
  static async open(options: PageModelOptions): Promise<PageEncoder> {
    const encoder = new PageEncoder(options);
    await encoder.#loaded.promise;
    encoder.#keepProcess();
    return encoder;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True once the process has ended, for whatever reason: nothing is encoded any more. */
  get isEnded(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Vectors and boxes of a page. Throws DatabaseError 'vectorizer-failed', also when aborted, and
   * 'closed'.
   */
  async encodePage(image: RgbImage, options: EncodePageOptions = {}): Promise<EncodedPage> {
    const result = await this.#do({ kind: 'page', image }, { priority: 'bulk', ...options });
    assert('boxes' in result, 'a page has boxes');
    return result;
  }

  /** Vectors of a query; urgent unless told otherwise. Throws as encodePage. */
  async encodeQuery(text: string, options: EncodePageOptions = {}): Promise<EncodedQuery> {
    const result = await this.#do({ kind: 'query', text }, { priority: 'urgent', ...options });
    assert('spans' in result, 'a text has spans');
    return result;
  }

  /** Vectors of an object's text. Throws as encodePage. */
  async encodeText(text: string, options: EncodePageOptions = {}): Promise<EncodedQuery> {
    const result = await this.#do({ kind: 'text', text }, { priority: 'bulk', ...options });
    assert('spans' in result, 'a text has spans');
    return result;
  }

  /** Lets the running job finish, refuses those that wait, ends the process, by force after two minutes. */
  async close(): Promise<void> {
    if (!this.#isClosing && this.#failure === undefined) {
      this.#isClosing = true;
      this.#refuseWaiting(new DatabaseError('closed'));
      this.#keepProcess();
      this.#send({ kind: 'close' });
    }
    await endWithin(this.#child, { ended: this.#ended.promise, msMax: closeMsMax });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #do(work: PageWork, options: EncodePageOptions): Promise<EncodedPage | EncodedQuery> {
    const { promise, resolve, reject } = Promise.withResolvers<EncodedPage | EncodedQuery>();
    const job: Job = { work, signal: options.signal, resolve, reject };
    (options.priority === 'urgent' ? this.#urgent : this.#bulk).push(job);
    this.#advance();
    return promise;
  }

  #advance(): void {
    while (this.#running === undefined) {
      const job = this.#urgent.shift() ?? this.#bulk.shift();
      if (job === undefined) return;
      const refusal = this.#refusal(job);
      if (refusal === undefined) this.#start(job);
      else job.reject(refusal);
    }
  }

  #refusal({ signal }: Job): Error | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#isClosing) return new DatabaseError('closed');
    return signal?.aborted ? failed('the request was cancelled') : undefined;
  }

  #start(job: Job): void {
    this.#running = job;
    this.#keepProcess();
    this.#send(job.work);
  }

  #receive(reply: PageReply): void {
    if (reply.kind === 'loaded') this.#loaded.resolve();
    else if (reply.kind === 'broken') this.#fail(failed(reply.message));
    else this.#finish(reply);
  }

  #finish(reply: Extract<PageReply, { kind: 'encoded' | 'failed' }>): void {
    const job = this.#running;
    assert(job !== undefined, 'the process answers a job that is under way');
    this.#running = undefined;
    if (reply.kind === 'encoded') job.resolve(ownMemory(reply.result));
    else job.reject(failed(reply.message));
    this.#advance();
    this.#keepProcess();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#loaded.reject(this.#failure);
    this.#running?.reject(this.#failure);
    this.#running = undefined;
    this.#refuseWaiting(this.#failure);
  }

  #refuseWaiting(error: Error): void {
    for (const job of [...this.#urgent.splice(0), ...this.#bulk.splice(0)]) job.reject(error);
  }

  #send(request: PageRequest): void {
    // One that has just died is told nothing more; its end says so.
    if (this.#child.connected) this.#child.send(request, () => {});
  }

  /** Whether the server's process stays alive for it. */
  #keepProcess(): void {
    keepAliveFor(this.#child, this.#running !== undefined || this.#isClosing);
  }
}

/** What came with one message is in one piece of memory, which no part of it should keep alive. */
function ownMemory(result: EncodedPage | EncodedQuery): EncodedPage | EncodedQuery {
  const vectors = result.vectors.slice();
  return 'boxes' in result
    ? { ...result, vectors, boxes: result.boxes.slice() }
    : { ...result, vectors, spans: result.spans.slice() };
}

function failed(message: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message });
}
