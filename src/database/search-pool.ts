// Vector searches in threads: each runs in one thread from its beginning to its end, so that a slow one
// holds up none but those behind it in the queue. Threads read the codes of sealed segments and the
// vectors of memory segments where they lie; only numbers are sent.

import { Worker } from 'node:worker_threads';
import { assert } from '../engine/assert.ts';
import type { Bitset } from '../engine/bitset.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { SearchEngine } from '../engine/query/search-engine.ts';
import type { SearchedSegment, Snapshot } from '../engine/query/snapshot.ts';
import type { VectorRequest, VectorsFound } from '../engine/query/vector-search.ts';
import { MemorySegment } from '../engine/segment/memory-segment.ts';
import { SealedSegment } from '../engine/segment/sealed-segment.ts';
import type { Segment } from '../engine/segment/segment.ts';
import type {
  AllowedDocs,
  RoomPlace,
  SegmentMessage,
  ThreadAnswer,
  ThreadMessage,
  ThreadStart,
  VectorsPlace,
} from './search-messages.ts';
import { inlineSearcher, type VectorSearcher } from './vector-searcher.ts';

export interface SearchPoolOptions {
  /** How many; at least one. */
  readonly threads: number;
  /** The path that the store's directory was opened with. */
  readonly directory: string;
  readonly plainKernels: boolean;
  /** Multiply-adds that the calling thread does itself; by default what asking a thread costs. */
  readonly inlineWork?: number;
  /** Bytes of a thread's room in the beginning; it grows. */
  readonly roomBytes?: number;
  /** What threads run; for tests of faults. */
  readonly program?: URL;
  /** Hears of a thread that ended; another one takes its place. */
  readonly onFault: (error: unknown) => void;
}

/** Enough for segments of some 100,000 documents. */
const roomBytesDefault = 4 * 1024 * 1024;
/** Rooms are multiples of this. */
const pieceBytes = 64 * 1024;
/** Part of the single vectors that a search by lists reads, and what it takes to find them. */
const listedShare = 1 / 32;
/** A question of so many words is taken to find out whether threads will search a segment. */
const usualTokens = 32;
/** Threads open no more segments than this before they are searched: each takes a file. */
const preparedMax = 256;
/** About a third of a millisecond. */
const inlineWorkDefault = 1e7;

/** What a search reads of one segment, as it was when the search began. */
interface JobSegment {
  readonly segment: Segment;
  readonly documentCount: number;
  readonly allowed: Bitset | undefined;
  /** Vectors of a memory segment. */
  readonly memory: Extract<VectorsPlace, { kind: 'memory' }> | undefined;
}

interface Job {
  readonly request: VectorRequest;
  readonly segments: readonly JobSegment[];
  readonly resolve: (found: VectorsFound) => void;
  readonly reject: (error: unknown) => void;
}

/** The source runs as .ts, what is published as .js. */
const ownProgram = new URL(
  `./search-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** Owned by Database, which closes it. */
export class SearchPool implements VectorSearcher {
  readonly #engine: SearchEngine;
  readonly #inline: VectorSearcher;
  readonly #options: SearchPoolOptions;
  readonly #ids = new WeakMap<Segment, number>();
  readonly #gone = new WeakSet<Segment>();
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  readonly #queue: Job[] = [];
  /** Resolves when every thread is warm; rejects when one can't start. Searches may be asked before. */
  readonly ready: Promise<void>;
  #nextId = 1;
  #started = 0;
  #closed = false;

  private constructor(engine: SearchEngine, options: SearchPoolOptions) {
    this.#engine = engine;
    this.#inline = inlineSearcher(engine);
    this.#options = options;
    const threads = Array.from({ length: options.threads }, () => this.#start());
    this.ready = Promise.all(threads.map(({ ready }) => ready)).then(() => undefined);
    // Who waits for it hears of it; who closes the pool before need not.
    this.ready.catch(() => undefined);
  }

  /** Begins to start the threads. `engine` is that of this thread. */
  static start(engine: SearchEngine, options: SearchPoolOptions): SearchPool {
    return new SearchPool(engine, options);
  }

  /** As `start`, when all of them are ready. */
  static async open(engine: SearchEngine, options: SearchPoolOptions): Promise<SearchPool> {
    const pool = SearchPool.start(engine, options);
    try {
      await pool.ready;
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  get threads(): number {
    return this.#options.threads;
  }

  find(snapshot: Snapshot, request: VectorRequest, signal?: AbortSignal): Promise<VectorsFound> {
    const { inlineWork = inlineWorkDefault } = this.#options;
    if (workOf(snapshot, request) <= inlineWork) return this.#inline.find(snapshot, request);
    if (this.#closed) return Promise.reject(new DatabaseError('closed'));
    const segments = snapshot.segments.map(jobSegment);
    return new Promise((resolve, reject) => {
      const job = { request, segments, resolve, reject };
      this.#queue.push(job);
      this.#dispatch();
      if (signal) this.#heed(signal, job);
    });
  }

  /** Takes a search out of the queue when nobody wants its answer any more. */
  #heed(signal: AbortSignal, job: Job): void {
    const giveUp = (): void => {
      const place = this.#queue.indexOf(job);
      if (place < 0) return;
      this.#queue.splice(place, 1);
      job.reject(new DatabaseError('cancelled'));
    };
    if (signal.aborted) giveUp();
    else if (this.#queue.includes(job)) signal.addEventListener('abort', giveUp, { once: true });
  }

  prepare(segment: Segment): void {
    const { inlineWork = inlineWorkDefault } = this.#options;
    if (!isLarge(segment, inlineWork)) return;
    const { documentCount } = segment;
    const job = { segment, documentCount, allowed: undefined, memory: undefined };
    for (const thread of this.#threads) {
      if (thread.knownCount < preparedMax) thread.prepare(this.#message(thread, job));
    }
  }

  forget(segment: Segment): void {
    const id = this.#ids.get(segment);
    this.#gone.add(segment);
    if (id === undefined) return;
    for (const thread of this.#threads) thread.forget(id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(new DatabaseError('closed'));
    await Promise.all([...this.#threads].map((thread) => thread.close()));
  }

  #start(): Thread {
    const {
      directory,
      plainKernels,
      onFault,
      program,
      roomBytes = roomBytesDefault,
    } = this.#options;
    this.#started += 1;
    const start = { directory, plainKernels, name: `search${this.#started}` };
    const thread = new Thread(this.#engine, start, program ?? ownProgram, roomBytes);
    this.#threads.add(thread);
    thread.ready.then(
      () => this.#free(thread),
      () => undefined,
    );
    void thread.ended.then((error) => {
      this.#threads.delete(thread);
      const place = this.#idle.indexOf(thread);
      if (place >= 0) this.#idle.splice(place, 1);
      if (this.#closed) return;
      onFault(error);
      // One that could not even start would not the next time either.
      if (thread.wasReady) this.#start();
      else if (this.#threads.size === 0) this.#fail(error);
    });
    return thread;
  }

  /** Nobody is left to search. */
  #fail(error: Error): void {
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }

  #free(thread: Thread): void {
    this.#idle.push(thread);
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#idle.pop();
      if (!thread) return;
      const job = this.#queue.shift();
      assert(job !== undefined, 'the queue is not empty');
      const segments = job.segments.map((one) => this.#message(thread, one));
      void thread
        .search(job.request, segments)
        .then(job.resolve, job.reject)
        .then(() => {
          if (this.#threads.has(thread)) this.#free(thread);
        });
    }
  }

  #message(thread: Thread, job: JobSegment): SegmentMessage {
    const { segment } = job;
    const id = this.#ids.get(segment) ?? this.#nextId++;
    this.#ids.set(segment, id);
    if (this.#gone.has(segment)) thread.forgetAfterwards(id);
    return thread.describe(id, job);
  }
}

/** True when searching the segment is more than the calling thread does itself. */
function isLarge(segment: Segment, inlineWork: number): boolean {
  return segment.vectorNames.some((name) => {
    if (segment.codes(name) !== undefined || segment.lists(name) !== undefined) return true;
    const vectors = segment.vectors(name);
    return vectors !== undefined && vectors.vectorCount * vectors.dims * usualTokens > inlineWork;
  });
}

/** Multiply-adds of scoring everything, or some lists of everything; infinite where there are candidates. */
function workOf({ segments }: Snapshot, { targets }: VectorRequest): number {
  let work = 0;
  for (const { segment } of segments) {
    for (const { schema, vector } of targets) {
      if (segment.codes(schema.name) !== undefined) return Infinity;
      const all = (segment.vectors(schema.name)?.vectorCount ?? 0) * vector.values.length;
      work += segment.lists(schema.name) === undefined ? all : all * listedShare;
    }
  }
  return work;
}

function jobSegment({ segment, allowed }: SearchedSegment): JobSegment {
  const { documentCount } = segment;
  if (!(segment instanceof MemorySegment)) {
    return { segment, documentCount, allowed, memory: undefined };
  }
  const vectors = segment.vectorNames.flatMap((name) => {
    const shared = segment.share(name);
    return shared ? [{ name, shared }] : [];
  });
  // The segment goes on changing: the bits are those of now.
  return { segment, documentCount, allowed: allowed?.clone(), memory: { kind: 'memory', vectors } };
}

function sealedPlace(segment: Segment): VectorsPlace {
  assert(segment instanceof SealedSegment, 'a segment is in memory or sealed');
  const vectors = segment.vectorNames.map((name, index) => ({
    name,
    prefix: `vectors.${index}`,
    codes: segment.codes(name)?.share(),
    lists: segment.lists(name)?.share(),
  }));
  return { kind: 'sealed', key: segment.file, vectors };
}

function allowedOf(
  { segment, allowed, memory }: JobSegment,
  liveKnown: number | undefined,
): AllowedDocs {
  if (!allowed) return { kind: 'all' };
  if (memory || allowed !== segment.live) return { kind: 'some', words: allowed.words };
  // Documents of a sealed segment are only ever deleted: their number tells which they are.
  const version = segment.liveCount;
  if (liveKnown === version) return { kind: 'live', version };
  return { kind: 'live', version, words: allowed.words };
}

/** What a thread knows of a segment. */
interface Known {
  /** Documents of a memory segment whose vectors it has. */
  documentCount: number;
  /** Version of the live documents. */
  live: number | undefined;
}

/** Who waits for the search in progress. */
interface Waiting {
  resolve(found: VectorsFound): void;
  reject(error: unknown): void;
}

/** A thread, seen from outside. */
class Thread {
  /** Resolves when it is warm. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when it is gone. */
  readonly ended: Promise<Error>;
  wasReady = false;
  readonly #engine: SearchEngine;
  readonly #worker: Worker;
  readonly #known = new Map<number, Known>();
  readonly #goneSoon: number[] = [];
  #room: RoomPlace;
  #answered: Waiting | undefined;

  constructor(
    engine: SearchEngine,
    start: Omit<ThreadStart, 'memory' | 'room'>,
    program: URL,
    roomBytes: number,
  ) {
    this.#engine = engine;
    this.#room = this.#makeRoom(roomBytes);
    const { memory } = engine.memory;
    const workerData: ThreadStart = { ...start, memory, room: this.#room };
    this.#worker = new Worker(program, {
      workerData,
      // V8's flags hold for the whole process; Node's own must not be inherited by a thread.
      execArgv: [],
    });
    const isReady = Promise.withResolvers<void>();
    this.ready = isReady.promise;
    this.ended = new Promise((resolve) => {
      let reason = new Error('a search thread ended');
      this.#worker.once('error', (error: Error) => {
        reason = error;
      });
      this.#worker.once('exit', () => resolve(reason));
    });
    void this.ended.then((error) => {
      isReady.reject(error);
      this.#engine.memory.free(this.#room.at);
      this.#finish()?.reject(searchFailed(error.message));
    });
    this.#worker.on('message', (answer: ThreadAnswer) => {
      if (answer.kind !== 'ready') return this.#take(answer);
      this.wasReady = true;
      this.#worker.unref();
      isReady.resolve();
    });
  }

  /** What it has to be told of a segment. */
  describe(id: number, job: JobSegment): SegmentMessage {
    const { segment, documentCount, memory } = job;
    const known = this.#known.get(id);
    const isNew = known === undefined || known.documentCount !== documentCount;
    const place = isNew ? (memory ?? sealedPlace(segment)) : undefined;
    const allowed = allowedOf(job, known?.live);
    const live = allowed.kind === 'live' ? allowed.version : known?.live;
    this.#known.set(id, { documentCount, live });
    return { id, documentCount, allowed, place };
  }

  /** How many segments it was told of. */
  get knownCount(): number {
    return this.#known.size;
  }

  prepare(segment: SegmentMessage): void {
    this.#post({ kind: 'prepare', segments: [segment] });
  }

  forget(id: number): void {
    if (this.#known.delete(id)) this.#post({ kind: 'forget', ids: [id] });
  }

  /** Forgets a segment after the search that is sent next. */
  forgetAfterwards(id: number): void {
    this.#goneSoon.push(id);
  }

  /** One at a time. */
  search(request: VectorRequest, segments: readonly SegmentMessage[]): Promise<VectorsFound> {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      // Keeps the process alive while somebody waits for the answer.
      this.#worker.ref();
      this.#post({ kind: 'search', request, segments });
    });
  }

  async close(): Promise<void> {
    this.#finish()?.reject(new DatabaseError('closed'));
    await this.#worker.terminate();
  }

  #take(answer: Exclude<ThreadAnswer, { kind: 'ready' }>): void {
    switch (answer.kind) {
      case 'found':
        this.#finish()?.resolve(answer.found);
        break;
      case 'full':
        this.#enlarge(answer.needed);
        break;
      case 'failed': {
        const { message, code, params } = answer;
        // It may have failed to learn what it was told of.
        this.#known.clear();
        this.#finish()?.reject(code ? new DatabaseError(code, params) : searchFailed(message));
        break;
      }
    }
  }

  /** Ends the search in progress. */
  #finish(): Waiting | undefined {
    const answered = this.#answered;
    this.#answered = undefined;
    this.#worker.unref();
    for (const id of this.#goneSoon.splice(0)) this.forget(id);
    return answered;
  }

  #enlarge(needed: number): void {
    try {
      const room = this.#makeRoom(Math.max(needed * 1.5, this.#room.length * 2));
      this.#engine.memory.free(this.#room.at);
      this.#room = room;
      this.#post({ kind: 'room', room });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#finish()?.reject(searchFailed(`no memory for a search: ${message}`));
    }
  }

  #makeRoom(bytes: number): RoomPlace {
    const length = Math.ceil(bytes / pieceBytes) * pieceBytes;
    return { at: this.#engine.memory.allocate(length), length };
  }

  #post(message: ThreadMessage): void {
    this.#worker.postMessage(message);
  }
}

function searchFailed(message: string): DatabaseError {
  return new DatabaseError('search-failed', { message });
}
