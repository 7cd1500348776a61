// One worker process with a text model, seen from the server: what it was given and has begun, and how
// it ended. A model that crashes or takes all memory ends its own process only.

import type { ChildProcess } from 'node:child_process';
import { DatabaseError } from '../../engine/errors.ts';
import type { Priority, WorkerJob, WorkerReply, WorkerRequest } from './encoder-worker.ts';
import { describeEnd, endWithin, forkModelProcess, keepAliveFor } from './model-process.ts';
import type {
  EncodeForm,
  EncodeResult,
  TextModelFacts,
  TextModelOptions,
  TextRole,
} from './text-model.ts';

/** Texts that are embedded together. */
export interface EncoderJob {
  readonly texts: readonly string[];
  readonly role: TextRole;
  readonly form: EncodeForm;
  readonly priority: Priority;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (results: readonly EncodeResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** What the owner of a worker is told. */
export interface EncoderProcessEvents {
  /** The model can be used. */
  readonly loaded: (facts: TextModelFacts) => void;
  /** A job was answered, well or not. */
  readonly finished: () => void;
  /**
   * The process is gone: why, and the jobs that it had not begun. Those that it had begun have failed
   * results.
   */
  readonly ended: (error: Error, unbegun: readonly EncoderJob[]) => void;
}

/** A process that was told to end and still has not after so long does not answer any more. */
const closeMsMax = 60_000;

export class EncoderProcess {
  readonly #child: ChildProcess;
  readonly #events: EncoderProcessEvents;
  readonly #jobs = new Map<number, EncoderJob>();
  readonly #begun = new Set<number>();
  readonly #gone = Promise.withResolvers<void>();
  #nextJob = 0;
  #isLoaded = false;
  #isClosing = false;
  #broken: Error | undefined;

  /** Starts the process and begins to load the model. */
  constructor(options: TextModelOptions, events: EncoderProcessEvents) {
    this.#events = events;
    this.#child = forkModelProcess('encoder-worker', import.meta.url);
    this.#child.on('message', (reply: WorkerReply) => this.#receive(reply));
    this.#child.on('error', (error) => {
      this.#broken ??= error;
    });
    // Not 'exit': messages that the process sent before are still to come then.
    this.#child.once('close', (code, signal) => this.#end(code, signal));
    this.#send({ kind: 'open', options });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Loaded, and not told to end. */
  get isUsable(): boolean {
    return this.#isLoaded && !this.#isClosing;
  }

  /** Jobs that it holds, begun or not. */
  count(priority: Priority): number {
    let count = 0;
    for (const job of this.#jobs.values()) if (job.priority === priority) count += 1;
    return count;
  }

  get isIdle(): boolean {
    return this.#jobs.size === 0;
  }

  give(job: EncoderJob): void {
    const number = this.#nextJob++;
    this.#jobs.set(number, job);
    const { texts, role, form, priority } = job;
    this.#send({ kind: 'encode', job: number, priority, role, form, texts } satisfies WorkerJob);
  }

  /** Lets it do what it holds, for a minute at most, and resolves when it is gone. */
  async close(): Promise<void> {
    this.keepParent(true);
    this.#isClosing = true;
    this.#send({ kind: 'close' });
    await endWithin(this.#child, { ended: this.#gone.promise, msMax: closeMsMax });
  }

  /** Whether the server's process stays alive for it. */
  keepParent(isKept: boolean): void {
    keepAliveFor(this.#child, isKept);
  }

  #send(request: WorkerRequest): void {
    // One that has just died is told nothing more; its end says so.
    if (this.#child.connected) this.#child.send(request, () => {});
  }

  #receive(reply: WorkerReply): void {
    switch (reply.kind) {
      case 'loaded':
        this.#isLoaded = true;
        this.#events.loaded(reply.facts);
        return;
      case 'broken':
        this.#broken = new DatabaseError(
          reply.code === 'invalid-argument' ? reply.code : 'vectorizer-failed',
          { message: reply.message },
        );
        return;
      case 'started':
        this.#begun.add(reply.job);
        return;
      case 'encoded':
        this.#finish(reply.job, (job) => job.resolve(reply.results.map(ownMemory)));
        return;
      case 'failed':
        this.#finish(reply.job, (job) => refuse(job, reply.message));
        return;
    }
  }

  #finish(number: number, answer: (job: EncoderJob) => void): void {
    const job = this.#jobs.get(number);
    this.#jobs.delete(number);
    this.#begun.delete(number);
    if (job !== undefined) answer(job);
    this.#events.finished();
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    const error = this.#broken ?? failed(describeEnd(code, signal));
    const unbegun: EncoderJob[] = [];
    for (const [number, job] of this.#jobs) {
      if (this.#begun.has(number)) refuse(job, error.message);
      else unbegun.push(job);
    }
    this.#jobs.clear();
    this.#gone.resolve();
    this.#events.ended(error, unbegun);
  }
}

function refuse({ texts, resolve }: EncoderJob, message: string): void {
  resolve(texts.map(() => ({ kind: 'failed', message })));
}

/** Results of one message are views of one piece of memory, which none of them should keep alive. */
function ownMemory(result: EncodeResult): EncodeResult {
  return result.kind === 'encoded' ? { ...result, vectors: result.vectors.slice() } : result;
}

function failed(message: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message });
}
