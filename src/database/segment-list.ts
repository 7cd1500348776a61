// The segments of one collection: the active memory segment, frozen ones that are being sealed, and the
// sealed ones. Keeps the one invariant that searches rely on: every live object is in one of them.

import { assert } from '../engine/assert.ts';
import type { Document } from '../engine/document.ts';
import type { SegmentId, SequenceNumber } from '../engine/ids.ts';
import type { RowKernel } from '../engine/kernels/row-kernels.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import { MemorySegment } from '../engine/segment/memory-segment.ts';
import type { SealedSegment } from '../engine/segment/sealed-segment.ts';
import type { Segment } from '../engine/segment/segment.ts';

/** A sealed segment with its place in the store; closed when it is retired and no search reads it. */
export class SealedPart {
  readonly id: SegmentId;
  readonly key: string;
  readonly segment: SealedSegment;
  /** Length of its file. */
  readonly bytes: number;
  /** True while a merge reads its file: it stays where it is. */
  busy = false;
  /** Where its deletions were written last; undefined when it had none then. */
  deletionsKey: string | undefined;
  /** Live documents when the deletions were written last. */
  liveWritten: number;
  readonly #free: () => void;
  readonly #freed = Promise.withResolvers<void>();
  #holds = 0;
  #closed = false;

  /** `free` releases the file and what of it is in memory; called once. */
  constructor(id: SegmentId, segment: SealedSegment, bytes: number, free: () => void) {
    this.id = id;
    this.key = segment.file;
    this.segment = segment;
    this.bytes = bytes;
    this.liveWritten = segment.liveCount;
    this.#free = free;
  }

  /** True while a search reads it. */
  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Resolves when it is closed and no search reads it any more. */
  get freed(): Promise<void> {
    return this.#freed.promise;
  }

  /** Keeps it open until `release`. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    this.#freeIfUnused();
  }

  /** Releases the file as soon as no search reads it. Closing twice is allowed. */
  close(): void {
    this.#closed = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (!this.#closed || this.#holds > 0 || this.#isFree) return;
    this.#isFree = true;
    this.#free();
    this.#freed.resolve();
  }

  #isFree = false;
}

/** Segments that stay open until they are disposed of. */
export interface HeldSegments extends Disposable {
  readonly segments: readonly Segment[];
}

/** A memory segment that takes no more writes; everything up to `through` is in it or sealed. */
export interface FrozenPart {
  readonly segment: MemorySegment;
  readonly through: SequenceNumber;
}

/** Where a live object is. */
export interface Location {
  readonly segment: Segment;
  readonly doc: number;
}

/** Segments of one collection, newest last. */
export class SegmentList {
  readonly #rows: RowKernel;
  #active: MemorySegment;
  readonly #frozen: FrozenPart[] = [];
  readonly #sealed: SealedPart[];
  /** Token vectors of the active segment that searches have scored since it was started. */
  #scanned = 0;

  /** `rows` quantises the vectors of new documents. */
  constructor(sealed: readonly SealedPart[], rows: RowKernel) {
    this.#rows = rows;
    this.#active = new MemorySegment(rows);
    this.#sealed = [...sealed];
  }

  get active(): MemorySegment {
    return this.#active;
  }

  get frozen(): readonly FrozenPart[] {
    return this.#frozen;
  }

  get sealed(): readonly SealedPart[] {
    return this.#sealed;
  }

  /** Token vectors of multi-vectors in the active segment. */
  get activeVectors(): number {
    let count = 0;
    for (const name of this.#active.vectorNames) {
      if (this.#active.vectorKind(name) === 'multi') {
        count += this.#active.vectors(name)?.vectorCount ?? 0;
      }
    }
    return count;
  }

  /** How often searches have scored the active segment as it is now, one by one. */
  get activeScans(): number {
    const vectors = this.activeVectors;
    return vectors === 0 ? 0 : this.#scanned / vectors;
  }

  /** A search has scored this share of the active segment. */
  noteScan(share: number): void {
    this.#scanned += share * this.activeVectors;
  }

  /** Every segment, as a query sees them. */
  all(): Segment[] {
    return [
      ...this.#sealed.map(({ segment }) => segment),
      ...this.#frozen.map(({ segment }) => segment),
      this.#active,
    ].filter((segment) => segment.liveCount > 0);
  }

  /** As `all`, for a search that waits in between. */
  hold(): HeldSegments {
    const parts = [...this.#sealed];
    for (const part of parts) part.hold();
    const release = (): void => {
      for (const part of parts) part.release();
    };
    return { segments: this.all(), [Symbol.dispose]: release };
  }

  get liveCount(): number {
    let count = 0;
    for (const segment of this.all()) count += segment.liveCount;
    return count;
  }

  /** Documents outside sealed segments: those that only the log holds. */
  get unsealedCount(): number {
    let count = this.#active.documentCount;
    for (const { segment } of this.#frozen) count += segment.documentCount;
    return count;
  }

  find(uuid: string): Location | undefined {
    const inActive = this.#active.find(uuid);
    if (inActive >= 0) return { segment: this.#active, doc: inActive };
    for (const { segment } of this.#frozen) {
      const doc = segment.find(uuid);
      if (doc >= 0) return { segment, doc };
    }
    for (const { segment } of this.#sealed) {
      const doc = segment.find(uuid);
      if (doc >= 0) return { segment, doc };
    }
    return undefined;
  }

  /** Stores a document; an older version of it, wherever it is, stops being live. */
  put(document: Document, schema: CollectionSchema): void {
    this.remove(document.uuid);
    this.#active.add(document, schema);
  }

  /** False when there was no such object. */
  remove(uuid: string): boolean {
    const location = this.find(uuid);
    return location?.segment.remove(location.doc) ?? false;
  }

  /** Sets the active segment aside to be sealed and starts a new one. */
  freeze(through: SequenceNumber): FrozenPart {
    const part = { segment: this.#active, through };
    this.#frozen.push(part);
    this.#active = new MemorySegment(this.#rows);
    this.#scanned = 0;
    return part;
  }

  /**
   * Puts the sealed form of a frozen segment in its place. What was deleted of it in the meantime is
   * deleted of the sealed one. `part` is undefined when nothing of it was live.
   */
  publish(frozen: FrozenPart, part: SealedPart | undefined): void {
    const index = this.#frozen.indexOf(frozen);
    assert(index === 0, 'frozen segments are sealed in the order in which they were frozen');
    if (part) {
      for (let doc = 0; doc < part.segment.documentCount; doc += 1) {
        if (frozen.segment.find(part.segment.uuid(doc)) < 0) part.segment.remove(doc);
      }
      this.#sealed.push(part);
    }
    this.#frozen.shift();
  }

  /**
   * Puts a merged segment in the place of those that it was made of, which the caller closes. `part` is
   * undefined when none of their documents is live any more.
   */
  replace(replaced: readonly SealedPart[], part: SealedPart | undefined): void {
    if (part) {
      follow(part, replaced);
      this.#sealed.push(part);
    }
    this.forget(replaced);
  }

  /** Takes sealed segments out of the list; the caller closes them and deletes their files. */
  forget(parts: readonly SealedPart[]): void {
    for (const part of parts) {
      const index = this.#sealed.indexOf(part);
      assert(index >= 0, `segment ${part.id} is in the list`);
      this.#sealed.splice(index, 1);
    }
  }

  close(): void {
    for (const part of this.#sealed) part.close();
  }
}

/** Memory of sealed segments by what it holds: codes and lists, offsets and scales of vectors. */
export function sealedMemory({ sealed }: Pick<SegmentList, 'sealed'>): {
  readonly codes: number;
  readonly vectors: number;
} {
  let codes = 0;
  let vectors = 0;
  for (const { segment } of sealed) {
    for (const name of segment.vectorNames) {
      codes += (segment.codes(name)?.bytes ?? 0) + (segment.lists(name)?.bytes ?? 0);
      vectors += segment.vectors(name)?.bytes ?? 0;
    }
  }
  return { codes, vectors };
}

/** Memory of sealed segments. */
export function sealedBytes(segments: Pick<SegmentList, 'sealed'>): number {
  const { codes, vectors } = sealedMemory(segments);
  return codes + vectors;
}

/** Deletes of a merged segment what has been deleted of its sources since it was built. */
export function follow(part: SealedPart, sources: readonly SealedPart[]): void {
  for (let doc = 0; doc < part.segment.documentCount; doc += 1) {
    if (!part.segment.live.has(doc)) continue;
    const uuid = part.segment.uuid(doc);
    if (sources.every(({ segment }) => segment.find(uuid) < 0)) part.segment.remove(doc);
  }
}
