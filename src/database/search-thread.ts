// What a thread of the search pool holds: its engine, the files of sealed segments, and views of the
// memory segments of the main thread. One message is handled after the other.

import { warmUpSearch } from '../engine/ann/warm-up.ts';
import { assert } from '../engine/assert.ts';
import { Bitset } from '../engine/bitset.ts';
import { DatabaseError } from '../engine/errors.ts';
import { KernelMemory, RoomFullError } from '../engine/kernels/kernel-memory.ts';
import { openKernels } from '../engine/kernels/kernels.ts';
import { MemoryTokenVectors } from '../engine/multivector/memory-token-vectors.ts';
import { openTokenVectors } from '../engine/multivector/sealed-token-vectors.ts';
import type { TokenVectors } from '../engine/multivector/token-vectors.ts';
import { SegmentCodes } from '../engine/quantize/segment-codes.ts';
import { SingleLists } from '../engine/quantize/single-lists.ts';
import { openSearchEngine, type SearchEngine } from '../engine/query/search-engine.ts';
import {
  findVectors,
  type VectorRequest,
  type VectorSegment,
} from '../engine/query/vector-search.ts';
import type { DirectoryStore } from '../storage/directory-store.ts';
import { openSegment, type SegmentFile } from '../storage/segment-files.ts';
import type {
  AllowedDocs,
  SegmentMessage,
  ThreadAnswer,
  ThreadMessage,
  ThreadStart,
  VectorsPlace,
} from './search-messages.ts';

/** A segment that was told of. */
interface KnownSegment {
  /** Where it is, while that could not be opened. */
  place: VectorsPlace | undefined;
  file: SegmentFile | undefined;
  readonly vectors: Map<string, TokenVectors>;
  readonly codes: Map<string, SegmentCodes>;
  readonly lists: Map<string, SingleLists>;
  /** Documents that are not deleted, as of a version. */
  live: { readonly version: number; readonly docs: Uint32Array } | undefined;
}

/** A search that is ready to run. */
interface Prepared {
  readonly request: VectorRequest;
  readonly segments: readonly VectorSegment[];
}

/** The searches of one thread. */
export class SearchThread {
  readonly #store: DirectoryStore;
  readonly #memory: KernelMemory;
  readonly #engine: SearchEngine;
  readonly #start: ThreadStart;
  readonly #known = new Map<number, KnownSegment>();
  /** The search that waits for a larger room. */
  #waiting: Prepared | undefined;

  /** It is warm afterwards. `store` is this thread's view of the store. */
  constructor(start: ThreadStart, store: DirectoryStore) {
    this.#start = start;
    this.#store = store;
    const { memory, room, plainKernels } = start;
    this.#memory = KernelMemory.attach({ memory, ...room });
    const kernels = openKernels({ forcePlain: plainKernels, clock: performance });
    this.#engine = openSearchEngine(kernels, { memory: this.#memory, clock: performance });
    warmUpSearch(kernels);
  }

  /** The answer to a message; undefined for one that wants none. Never throws. */
  async answer(message: ThreadMessage): Promise<ThreadAnswer | undefined> {
    try {
      switch (message.kind) {
        case 'search': {
          const { request } = message;
          return this.#search({ request, segments: await this.#prepare(message.segments) });
        }
        case 'prepare':
          for (const segment of message.segments) await this.#learnEarly(segment);
          return undefined;
        case 'forget':
          for (const id of message.ids) this.#forget(id);
          return undefined;
        case 'room':
          this.#engine.candidates.close();
          this.#engine.singles.close();
          this.#memory.moveTo({ memory: this.#start.memory, ...message.room });
          return this.#waiting && this.#search(this.#waiting);
      }
    } catch (error) {
      return failure(error);
    }
  }

  #search(prepared: Prepared): ThreadAnswer {
    this.#waiting = undefined;
    try {
      const { segments, request } = prepared;
      return { kind: 'found', found: findVectors(this.#engine, segments, request) };
    } catch (error) {
      if (!(error instanceof RoomFullError)) throw error;
      this.#waiting = prepared;
      return { kind: 'full', needed: error.needed };
    }
  }

  async #prepare(messages: readonly SegmentMessage[]): Promise<VectorSegment[]> {
    const segments: VectorSegment[] = [];
    for (const message of messages) {
      const known = await this.#learn(message);
      const docs = allowedDocs(message.allowed, message.documentCount, known);
      segments.push({
        documentCount: message.documentCount,
        docs,
        vectors: (name) => known.vectors.get(name),
        codes: (name) => known.codes.get(name),
        lists: (name) => known.lists.get(name),
      });
    }
    return segments;
  }

  async #learn({ id, place }: SegmentMessage): Promise<KnownSegment> {
    const known = this.#known.get(id) ?? unknownSegment();
    assert(place || this.#known.has(id), 'a segment is told of before it is searched');
    this.#known.set(id, known);
    known.place = place ?? known.place;
    if (known.place) await this.#openVectors(known, known.place);
    known.place = undefined;
    return known;
  }

  /** A segment that can't be opened may be gone by now; a search of it tries again, and fails. */
  async #learnEarly(message: SegmentMessage): Promise<void> {
    await this.#learn(message).catch(() => undefined);
  }

  async #openVectors(known: KnownSegment, place: VectorsPlace): Promise<void> {
    if (place.kind === 'memory') {
      for (const { name, shared } of place.vectors) {
        known.vectors.set(name, MemoryTokenVectors.attach(shared));
      }
      return;
    }
    if (known.file) return;
    await this.#store.adopt(place.key);
    const file = await openSegment(this.#store, place.key);
    try {
      for (const { name, prefix, codes, lists } of place.vectors) {
        const vectors = openTokenVectors(file, prefix);
        if (vectors) known.vectors.set(name, vectors);
        if (codes) known.codes.set(name, SegmentCodes.attach(codes, this.#memory));
        if (!lists) continue;
        known.lists.set(name, SingleLists.attach(lists, file, `${prefix}.lists`, this.#memory));
      }
      known.file = file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #forget(id: number): void {
    this.#known.get(id)?.file?.close();
    this.#known.delete(id);
  }
}

function unknownSegment(): KnownSegment {
  return {
    place: undefined,
    file: undefined,
    vectors: new Map(),
    codes: new Map(),
    lists: new Map(),
    live: undefined,
  };
}

function allowedDocs(
  allowed: AllowedDocs,
  documentCount: number,
  known: KnownSegment,
): Uint32Array | 'all' {
  switch (allowed.kind) {
    case 'all':
      return 'all';
    case 'some':
      return new Bitset(documentCount, allowed.words).toArray();
    case 'live': {
      const { version, words } = allowed;
      if (words) known.live = { version, docs: new Bitset(documentCount, words).toArray() };
      assert(known.live?.version === version, 'live documents are sent when they change');
      return known.live.docs;
    }
  }
}

function failure(error: unknown): ThreadAnswer {
  if (error instanceof DatabaseError) {
    const { message, code, params } = error;
    return { kind: 'failed', message, code, params };
  }
  return {
    kind: 'failed',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
