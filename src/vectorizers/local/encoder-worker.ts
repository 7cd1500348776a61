// The worker thread that runs a text model: jobs come as messages, answers go back with their vectors'
// memory handed over. Urgent jobs go before bulk ones, also between the batches of a running one.

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../engine/assert.ts';
import { type EncodeResult, TextModel, type TextModelOptions } from './text-model.ts';

/** Order in which jobs are done. */
export type Priority = 'urgent' | 'bulk';

export interface WorkerJob {
  readonly kind: 'encode';
  readonly job: number;
  readonly priority: Priority;
  readonly texts: readonly string[];
}

/** What the encoder sends; jobs that came before `close` are still done. */
export type WorkerRequest = WorkerJob | { readonly kind: 'close' };

/** What the worker answers: `loaded` or `broken` first, then one for each job. */
export type WorkerReply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'encoded'; readonly job: number; readonly results: readonly EncodeResult[] }
  | { readonly kind: 'failed'; readonly job: number; readonly message: string }
  | { readonly kind: 'broken'; readonly message: string };

assert(parentPort !== null, 'the encoder worker runs in a worker thread');
const port = parentPort;

function send(reply: WorkerReply, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer as ArrayBuffer[]);
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
    else this.#waiting[request.priority].push(request);
    if (this.#isRunning) return;
    this.#isRunning = true;
    await this.#run();
    this.#isRunning = false;
    if (!this.#isClosing) return;
    await this.#model.close();
    port.close();
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

  async #encode({ job, texts }: WorkerJob, beforeBatch?: () => Promise<void>): Promise<void> {
    try {
      const results = await this.#model.encode(texts, beforeBatch);
      const buffers = results.flatMap((result) =>
        result.kind === 'encoded' ? [result.vectors.buffer as ArrayBuffer] : [],
      );
      send({ kind: 'encoded', job, results }, buffers);
    } catch (error) {
      send({ kind: 'failed', job, message: messageOf(error) });
    }
  }
}

try {
  const queue = new JobQueue(await TextModel.open(workerData as TextModelOptions));
  port.on('message', (request: WorkerRequest) => void queue.receive(request));
  send({ kind: 'loaded' });
} catch (error) {
  send({ kind: 'broken', message: messageOf(error) });
  port.close();
}
