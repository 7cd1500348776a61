// Who makes large segments out of others, and codes for the vectors of memory segments. In a server
// those are worker threads with a view of the store of their own (segment-worker.ts); tests and
// simulations build in this thread.

import { Worker } from 'node:worker_threads';
import { DatabaseError } from '../engine/errors.ts';
import { type Kernels, openKernels } from '../engine/kernels/kernels.ts';
import {
  MemoryTokenVectors,
  type SharedTokenVectors,
} from '../engine/multivector/memory-token-vectors.ts';
import { type Codebook, chooseCodebook } from '../engine/quantize/codebook.ts';
import { codesOfDocuments } from '../engine/quantize/encode-codes.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import { encodeSegment } from '../engine/segment/encode-segment.ts';
import { SealedSegment } from '../engine/segment/sealed-segment.ts';
import type { CodedVectors } from '../engine/segment/segment-coding.ts';
import type { DirectoryStore } from '../storage/directory-store.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openSegment, type SegmentFile, writeSegment } from '../storage/segment-files.ts';

/** One segment to build; plain data, so that it can go to another thread. */
export interface BuildTask {
  readonly kind: 'build';
  readonly sources: readonly {
    readonly key: string;
    /** Documents to leave out. */
    readonly deleted: Uint32Array;
  }[];
  /** Keys of other segments, which stay while this is built, whose codebooks may be used. */
  readonly codebooks: readonly string[];
  readonly schema: CollectionSchema;
  /** Vectors under one name that make training worth it. */
  readonly trainedVectorsMin: number;
  /** Key of the new segment. */
  readonly target: string;
}

/** Vectors in memory that want codes of one of the codebooks; plain data and shared memory. */
export interface CodingTask {
  readonly kind: 'code';
  readonly vectors: SharedTokenVectors;
  readonly codebooks: readonly Codebook[];
}

export interface SegmentBuilder {
  /** Resolves when the store has the target. One call at a time. */
  build(task: BuildTask): Promise<void>;
  /** Codes of the vectors; undefined when no codebook fits them. One call at a time, also beside `build`. */
  code(task: CodingTask): Promise<CodedVectors | undefined>;
  /** Gives up what is being built. */
  close(): Promise<void>;
}

/** Builds a segment out of segments of the store. */
export async function buildSegment(store: ObjectStore, task: BuildTask): Promise<void> {
  const files: SegmentFile[] = [];
  try {
    const open = async (key: string): Promise<SealedSegment> => {
      const file = await openSegment(store, key);
      files.push(file);
      return SealedSegment.open(file, key);
    };
    const sources = [];
    for (const { key, deleted } of task.sources) {
      const segment = await open(key);
      for (const doc of deleted) segment.remove(doc);
      sources.push(segment);
    }
    const others: SealedSegment[] = [];
    for (const key of task.codebooks) others.push(await open(key));
    const training = {
      kernels: threadKernels(),
      vectorsMin: task.trainedVectorsMin,
      codebooks: (name: string) =>
        others.flatMap((segment) => segment.storedCodes(name)?.codebook() ?? []),
    };
    await writeSegment(store, task.target, encodeSegment(sources, task.schema, { training }));
  } finally {
    for (const file of files) file.close();
  }
}

/** The codes of vectors in memory; undefined when no codebook fits them. */
export function codeVectors({ vectors: shared, codebooks }: CodingTask): CodedVectors | undefined {
  const vectors = MemoryTokenVectors.attach(shared);
  const codebook = chooseCodebook(threadKernels(), vectors, codebooks);
  return codebook && { codebook, ...codesOfDocuments(threadKernels(), vectors, codebook) };
}

let kernels: Kernels | undefined;

/** The kernels that this thread trains with. */
function threadKernels(): Kernels {
  kernels ??= openKernels({ forcePlain: false, clock: performance });
  return kernels;
}

/** Builds in this thread. */
export function inlineBuilder(store: ObjectStore): SegmentBuilder {
  return {
    build: (task) => buildSegment(store, task),
    code: async (task) => codeVectors(task),
    close: async () => undefined,
  };
}

/** What a worker answers to a task. */
export type BuildAnswer =
  | { readonly kind: 'built' }
  | { readonly kind: 'coded'; readonly coded: CodedVectors | undefined }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Builds in a worker thread on the store's directory, and codes in another one, so that sealing does not
 * wait for training; each is started with its first task.
 */
export class WorkerBuilder implements SegmentBuilder {
  readonly #store: DirectoryStore;
  readonly #building: TaskThread;
  readonly #coding: TaskThread;

  /** `directory` is the path that the store's directory was opened with. */
  constructor(directory: string, store: DirectoryStore) {
    this.#store = store;
    this.#building = new TaskThread(directory);
    this.#coding = new TaskThread(directory);
  }

  async build(task: BuildTask): Promise<void> {
    await this.#building.run(task, `building ${task.target}`);
    await this.#store.adopt(task.target);
  }

  async code(task: CodingTask): Promise<CodedVectors | undefined> {
    const answer = await this.#coding.run(task, 'finding codes');
    return answer.kind === 'coded' ? answer.coded : undefined;
  }

  async close(): Promise<void> {
    await Promise.all([this.#building.close(), this.#coding.close()]);
  }
}

/** A worker that does one task after the other; the next one starts a new one after a failure. */
class TaskThread {
  readonly #directory: string;
  #worker: Worker | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Throws 'closed', or 'storage-failed' with what was being done and why it failed. */
  async run(task: BuildTask | CodingTask, doing: string): Promise<BuildAnswer> {
    const done = this.#tail.then(() => this.#run(task, doing));
    this.#tail = done.catch(() => undefined);
    return await done;
  }

  async #run(task: BuildTask | CodingTask, doing: string): Promise<BuildAnswer> {
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
    if (answer.kind !== 'failed') return answer;
    this.#worker = undefined;
    await worker.terminate();
    if (this.#closed) throw new DatabaseError('closed');
    throw new DatabaseError('storage-failed', { message: `${doing}: ${answer.message}` });
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
