// The program of a worker process that runs a text model: jobs come as messages, vectors go back.
// Urgent jobs go before bulk ones, also between the batches of a running one.

import { serveParent } from './model-process.ts';
import type { TextModelOptions } from './text-model.ts';
import {
  type EncodeForm,
  type EncodeResult,
  TextModel,
  type TextModelFacts,
  type TextRole,
} from './text-model.ts';

/** Order in which jobs are done. */
export type Priority = 'urgent' | 'bulk';

export interface WorkerJob {
  readonly kind: 'encode';
  readonly job: number;
  readonly priority: Priority;
  readonly role: TextRole;
  readonly form: EncodeForm;
  readonly texts: readonly string[];
}

/** What the encoder sends: the model first; jobs that came before `close` are still done. */
export type WorkerRequest =
  | { readonly kind: 'open'; readonly options: TextModelOptions }
  | WorkerJob
  | { readonly kind: 'close' };

/** What the worker answers: `loaded` or `broken` first, then `started` and one more for each job. */
export type WorkerReply =
  | { readonly kind: 'loaded'; readonly facts: TextModelFacts }
  | { readonly kind: 'broken'; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'started'; readonly job: number }
  | { readonly kind: 'encoded'; readonly job: number; readonly results: readonly EncodeResult[] }
  | { readonly kind: 'failed'; readonly job: number; readonly message: string };

function send(reply: WorkerReply): void {
  process.send?.(reply);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

class JobQueue {
  readonly #model: TextModel;
  readonly #waiting: Record<Priority, WorkerJob[]> = { urgent: [], bulk: [] };
  #isRunning = false;
  #isClosing = false;

  constructor(model: TextModel) {
    this.#model = model;
  }

  async receive(request: WorkerRequest): Promise<void> {
    if (request.kind === 'close') this.#isClosing = true;
    else if (request.kind === 'encode') this.#waiting[request.priority].push(request);
    if (this.#isRunning) return;
    this.#isRunning = true;
    await this.#run();
    this.#isRunning = false;
    if (!this.#isClosing) return;
    await this.#model.close();
    process.disconnect();
  }

  async #run(): Promise<void> {
    const { bulk } = this.#waiting;
    await this.#runUrgent();
    for (let job = bulk.shift(); job !== undefined; job = bulk.shift()) {
      await this.#encode(job, () => this.#runUrgent());
      await this.#runUrgent();
    }
  }

  async #runUrgent(): Promise<void> {
    const { urgent } = this.#waiting;
    for (let job = urgent.shift(); job !== undefined; job = urgent.shift()) {
      await this.#encode(job);
    }
  }

  async #encode(
    { job, texts, role, form }: WorkerJob,
    beforeBatch?: () => Promise<void>,
  ): Promise<void> {
    send({ kind: 'started', job });
    try {
      const results = await this.#model.encode(texts, role, { beforeBatch, form });
      send({ kind: 'encoded', job, results });
    } catch (error) {
      send({ kind: 'failed', job, message: messageOf(error) });
    }
  }
}

async function open(options: TextModelOptions): Promise<JobQueue | undefined> {
  try {
    const model = await TextModel.open(options);
    send({ kind: 'loaded', facts: model.facts });
    return new JobQueue(model);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    send({ kind: 'broken', code, message: messageOf(error) });
    process.disconnect();
    return undefined;
  }
}

serveParent();
let queue: Promise<JobQueue | undefined> | undefined;
process.on('message', async (request: WorkerRequest) => {
  if (request.kind === 'open') queue = open(request.options);
  else await (await queue)?.receive(request);
});
