// Who makes large segments out of others. In a server that is a worker thread with a view of the store
// of its own (segment-worker.ts); tests and simulations build in this thread.

import { Worker } from 'node:worker_threads';
import { DatabaseError } from '../engine/errors.ts';
import { type Kernels, openKernels } from '../engine/kernels/kernels.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import { encodeSegment } from '../engine/segment/encode-segment.ts';
import { SealedSegment } from '../engine/segment/sealed-segment.ts';
import type { DirectoryStore } from '../storage/directory-store.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openSegment, writeSegment } from '../storage/segment-files.ts';

/** One segment to build; plain data, so that it can go to another thread. */
export interface BuildTask {
  readonly sources: readonly {
    readonly key: string;
    /** Documents to leave out. */
    readonly deleted: Uint32Array;
  }[];
  readonly schema: CollectionSchema;
  /** Vectors under one name that make training worth it. */
  readonly trainedVectorsMin: number;
  /** Key of the new segment. */
  readonly target: string;
}

export interface SegmentBuilder {
  /** Resolves when the store has the target. One call at a time. */
  build(task: BuildTask): Promise<void>;
  /** Gives up what is being built. */
  close(): Promise<void>;
}

/** Builds a segment out of segments of the store. */
export async function buildSegment(store: ObjectStore, task: BuildTask): Promise<void> {
  const files = [];
  try {
    const sources = [];
    for (const { key, deleted } of task.sources) {
      const file = await openSegment(store, key);
      files.push(file);
      const segment = SealedSegment.open(file, key);
      for (const doc of deleted) segment.remove(doc);
      sources.push(segment);
    }
    const training = { kernels: threadKernels(), vectorsMin: task.trainedVectorsMin };
    await writeSegment(store, task.target, encodeSegment(sources, task.schema, training));
  } finally {
    for (const file of files) file.close();
  }
}

let kernels: Kernels | undefined;

/** The kernels that this thread trains with. */
function threadKernels(): Kernels {
  kernels ??= openKernels({ forcePlain: false, clock: performance });
  return kernels;
}

/** Builds in this thread. */
export function inlineBuilder(store: ObjectStore): SegmentBuilder {
  return { build: (task) => buildSegment(store, task), close: async () => undefined };
}

/** What the worker is told, and what it answers. */
export type BuildAnswer =
  | { readonly kind: 'built' }
  | { readonly kind: 'failed'; readonly message: string };

/** Builds in a worker thread, started with the first task, on the store's directory. */
export class WorkerBuilder implements SegmentBuilder {
  readonly #directory: string;
  readonly #store: DirectoryStore;
  #worker: Worker | undefined;
  #closed = false;

  /** `directory` is the path that the store's directory was opened with. */
  constructor(directory: string, store: DirectoryStore) {
    this.#directory = directory;
    this.#store = store;
  }

  async build(task: BuildTask): Promise<void> {
    if (this.#closed) throw new DatabaseError('closed');
    const worker = this.#open();
    // Keeps the process alive while somebody may wait for the segment, and only then.
    worker.ref();
    const answer = await new Promise<BuildAnswer>((resolve) => {
      const fail = (message: string): void => resolve({ kind: 'failed', message });
      const failed = (error: Error): void => fail(error.message);
      const ended = (): void => fail('the building thread ended');
      const done = (told: BuildAnswer): void => {
        worker.off('error', failed);
        worker.off('exit', ended);
        worker.unref();
        resolve(told);
      };
      worker.once('message', done);
      worker.once('error', failed);
      worker.once('exit', ended);
      worker.postMessage(task);
    });
    if (answer.kind === 'failed') {
      this.#worker = undefined;
      await worker.terminate();
      if (this.#closed) throw new DatabaseError('closed');
      throw new DatabaseError('storage-failed', {
        message: `building ${task.target}: ${answer.message}`,
      });
    }
    await this.#store.adopt(task.target);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #open(): Worker {
    // The source runs as .ts, what is published as .js.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const program = new URL(`./segment-worker.${extension}`, import.meta.url);
    this.#worker ??= new Worker(program, {
      workerData: this.#directory,
      // V8's flags hold for the whole process; Node's own must not be inherited by a thread.
      execArgv: [],
    });
    return this.#worker;
  }
}
