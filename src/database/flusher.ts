// Turns memory segments into sealed ones and keeps the manifest and the log in step: segment file,
// deletions, manifest, then the log is cut. One checkpoint runs at a time. A crash between any two
// steps leaves the old manifest with the log that it needs.

import { assert } from '../engine/assert.ts';
import { Bitset } from '../engine/bitset.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { SegmentId, SequenceNumber } from '../engine/ids.ts';
import type { KernelMemory } from '../engine/kernels/kernel-memory.ts';
import { copyCodebook, type SharedCodebook } from '../engine/quantize/open-codebook.ts';
import { encodeSegment } from '../engine/segment/encode-segment.ts';
import type { MemorySegment } from '../engine/segment/memory-segment.ts';
import { SealedSegment } from '../engine/segment/sealed-segment.ts';
import { type CodedVectors, codedVectorsMin } from '../engine/segment/segment-coding.ts';
import type { Log } from '../storage/log.ts';
import {
  emptyManifest,
  type Manifest,
  type ManifestPartition,
  partitionsOf,
  readManifest,
  writeManifest,
} from '../storage/manifest.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openSegment, writeSegment } from '../storage/segment-files.ts';
import { ActiveSizes } from './active-sizes.ts';
import {
  type Arrival,
  type CheckpointPlan,
  type FlushedState,
  planCheckpoint,
} from './checkpoint-plan.ts';
import type { Collection } from './collection.ts';
import { Compactor, codebooksMax, type Merge, type Timer, trainedVectorsMin } from './compactor.ts';
import type { Journal } from './journal.ts';
import type { DatabaseMetrics } from './metrics/database-metrics.ts';
import type { Change } from './records.ts';
import type { SegmentBuilder } from './segment-builder.ts';
import { type FrozenPart, SealedPart, type SegmentList } from './segment-list.ts';
import type { VectorSearcher } from './vector-searcher.ts';

/** Memory segments waiting to be sealed, per collection, before writes wait for them. */
const frozenWaitCount = 2;
/** ... and before writes are refused, because sealing fails again and again. */
const frozenRefuseCount = 4;
/**
 * So many searches may score a memory segment one by one before it is sealed: by then they have cost about
 * what sealing and training it does, 18 us a vector against 0.13.
 */
const scansMax = 128;
/** The log may grow to so many times the flush size before quiet collections are sealed as well. */
const logFlushFactor = 4;
/** So many times the flush size may be in memory segments of all collections, and as much be waiting to be sealed. */
const unsealedFactor = 4;
/** ... and so much before writes are refused, because sealing fails again and again. */
const frozenRefuseFactor = 8;
/** So many small segments come into the manifest by one checkpoint, and so many are written side by side. */
const arrivalsMax = 256;
const writesMax = 8;

/** Files that nothing names any more. */
interface Obsolete {
  /** The segment they are of; undefined where nobody has them open. */
  readonly part: SealedPart | undefined;
  readonly keys: readonly string[];
}

/** What is gone: a collection or tenant, with its segments where they are open. */
export interface DroppedPartition {
  readonly id: number;
  readonly collection: Collection | undefined;
}

export interface FlusherOptions {
  readonly log: Log;
  readonly store: ObjectStore;
  /** A memory segment of this size is sealed. */
  readonly flushBytes: number;
  /** Where segments open their codes. */
  readonly memory: KernelMemory;
  /** Who builds merged segments and codes sealed ones. */
  readonly builder: SegmentBuilder;
  /** Is told of segments that come and go. */
  readonly searcher: VectorSearcher;
  readonly metrics: DatabaseMetrics;
  /** Tells when collections are quiet. */
  readonly timer: Timer;
  /** Hears of what fails in the background. */
  readonly onFault: (error: unknown) => void;
}

/** A memory segment that is to be sealed. */
interface Sealing {
  readonly collection: Collection;
  readonly frozen: FrozenPart;
}

/** Owned by Database. */
export class Flusher {
  readonly #log: Log;
  readonly #store: ObjectStore;
  readonly #flushBytes: number;
  readonly #memory: KernelMemory;
  readonly #builder: SegmentBuilder;
  readonly #searcher: VectorSearcher;
  readonly #metrics: DatabaseMetrics;
  /** Files that wait for searches which read them. */
  readonly #removals = new Set<Promise<void>>();
  readonly #onFault: (error: unknown) => void;
  readonly #compactor: Compactor;
  readonly #nextSegmentIds = new Map<number, number>();
  readonly #flushedThrough = new Map<number, SequenceNumber>();
  #manifest: Manifest;
  #version: string | undefined;
  #journal: Journal | undefined;
  /** What writes go to, of all collections. */
  readonly #active = new ActiveSizes();
  /** Bytes of memory segments that wait to be sealed. */
  #frozenBytes = 0;
  /** Rounds of sealing that are queued or run. */
  #rounds = 0;
  /** True while a round is queued, or runs, after which the log can be cut. */
  #isCutting = false;
  #state: FlushedState = {
    ...{ collections: () => [], tenants: () => undefined, open: () => [], isOpen: () => false },
    released: () => undefined,
    ...{ aliases: () => [], nextCollectionId: () => 1 },
  };
  #queue: Promise<void> = Promise.resolve();
  #failing: unknown;
  #closed = false;

  private constructor(
    options: FlusherOptions,
    stored: { readonly manifest: Manifest; readonly version: string | undefined },
  ) {
    const { log, store, flushBytes, onFault, builder, memory, searcher, metrics, timer } = options;
    this.#searcher = searcher;
    this.#metrics = metrics;
    this.#memory = memory;
    this.#builder = builder;
    this.#log = log;
    this.#store = store;
    this.#flushBytes = flushBytes;
    this.#onFault = onFault;
    this.#manifest = stored.manifest;
    this.#version = stored.version;
    const { coveredThrough } = stored.manifest;
    for (const { id, nextSegmentId, flushedThrough } of partitionsOf(stored.manifest)) {
      this.#nextSegmentIds.set(id, nextSegmentId);
      // What was said of a tenant that was closed since is old, and the log has nothing of it any more.
      const through = Math.max(flushedThrough, coveredThrough) as SequenceNumber;
      this.#flushedThrough.set(id, through);
    }
    const target = {
      publish: this.#publishMerges.bind(this),
      newSegment: this.#newSegment.bind(this),
      merged: (ms: number, bytes: number) => metrics.merged(ms, bytes),
      released: () => this.#state.released(),
      isOpen: (collection: Collection) => this.#state.isOpen(collection),
    };
    this.#compactor = new Compactor({ builder, target, flushBytes, timer, onFault });
  }

  static async open(options: FlusherOptions): Promise<Flusher> {
    const stored = await readManifest(options.store);
    return new Flusher(options, stored ?? { manifest: emptyManifest, version: undefined });
  }

  /** As last written or read. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Opens the sealed segments of a collection or tenant of the manifest, deletions applied. */
  async openSegments(stored: ManifestPartition): Promise<SealedPart[]> {
    const parts: SealedPart[] = [];
    try {
      for (const { id, key, deletionsKey } of stored.segments) {
        const part = await this.#openPart(id, key);
        parts.push(part);
        if (deletionsKey !== undefined) {
          part.deletionsKey = deletionsKey;
          for (const doc of await this.#readDeletions(deletionsKey, part)) part.segment.remove(doc);
        }
        part.liveWritten = part.segment.liveCount;
      }
      return parts;
    } catch (error) {
      for (const part of parts) part.close();
      throw error;
    }
  }

  /** The first record that recovery must read. */
  replayFrom(): SequenceNumber {
    const { collections, coveredThrough } = this.#manifest;
    return (collections.length === 0 ? 1 : coveredThrough + 1) as SequenceNumber;
  }

  /** A collection or tenant was made: none of the records up to this one is of it. Called before it is written to. */
  made(collection: number, through: SequenceNumber): void {
    this.#flushedThrough.set(collection, through);
  }

  /** A tenant is open that was closed with all of it in segments: no record so far says anything else. */
  reopened(tenant: number): void {
    // While the log is applied again there is more to come.
    if (this.#journal) this.#flushedThrough.set(tenant, this.#journal.applied);
  }

  /** True when the manifest holds the effect of a record of a collection or tenant that it lists. */
  covers(change: Change, sequence: SequenceNumber): boolean {
    const through = this.#flushedThrough.get(change.collection);
    if (through === undefined) return false;
    return change.kind === 'create' || (isData(change) && sequence <= through);
  }

  /** Called once, after recovery: from here on memory segments are sealed when they are large. */
  async start(journal: Journal, state: FlushedState): Promise<void> {
    this.#journal = journal;
    this.#state = state;
    const known = new Set<number>();
    for (const collection of state.collections()) {
      known.add(collection.id);
      for (const { id } of state.tenants(collection) ?? []) known.add(id);
    }
    const isKnown = ({ id }: ManifestPartition): boolean => known.has(id);
    if (![...partitionsOf(this.#manifest)].every(isKnown)) await this.#checkpoint();
    await this.#removeOrphans();
    for (const collection of [...state.open()]) {
      await this.grown(collection);
      this.#compactor.consider(collection);
    }
  }

  /**
   * Looks whether anything should be sealed after a write. Resolves at once, or, when sealing does not
   * keep up with writing, when one memory segment less is waiting.
   */
  async grown(collection: Collection): Promise<void> {
    this.#compactor.noteWrite(collection);
    this.#active.note(collection);
    this.#cutLog();
    void this.#seal(this.#large(collection));
    const isBehind = this.#frozenBytes > this.#flushBytes * unsealedFactor;
    if (isBehind || collection.segments.frozen.length >= frozenWaitCount) await this.#queue;
  }

  /**
   * Looks whether the active segment should be sealed after a search: one that takes few writes never
   * grows large, and every search scores all of it.
   */
  searched(collection: Collection): void {
    const { segments } = collection;
    if (this.#closed || segments.frozen.length > 0) return;
    if (segments.activeScans < scansMax || segments.activeVectors < trainedVectorsMin) return;
    void this.#seal([collection]);
  }

  /**
   * Throws 'storage-failed' when sealing has failed so often that memory would overflow, and has it tried
   * again: without writes nothing else would.
   */
  refuseWhenFull(collection: Collection): void {
    const isFull = this.#frozenBytes > this.#flushBytes * frozenRefuseFactor;
    const isLong = collection.segments.frozen.length >= frozenRefuseCount;
    if (!this.#failing || !(isFull || isLong)) return;
    if (this.#rounds === 0) void this.#seal(this.#wanting());
    const reason = this.#failing instanceof Error ? this.#failing.message : String(this.#failing);
    const message = `collection ${collection.name} takes no more writes: its segments can not be written: ${reason}`;
    throw new DatabaseError('storage-failed', { message }, { cause: this.#failing });
  }

  /** Seals everything; throws what went wrong. */
  async flushAll(): Promise<void> {
    await this.#journal?.settled;
    await this.flush(this.#state.open());
  }

  /** Seals these, and makes the manifest have all of them; throws what went wrong. */
  async flush(collections: Iterable<Collection>): Promise<void> {
    void this.#seal([...collections].filter(({ segments }) => segments.unsealedCount > 0));
    await this.#queue;
    if (this.#failing) throw this.#failing;
    await this.#enqueue(() => this.#checkpoint());
    if (this.#failing) throw this.#failing;
  }

  /**
   * Takes collections and tenants that are gone out of the manifest and deletes their files, those that are
   * being read when they are not any more.
   */
  async drop(dropped: readonly DroppedPartition[]): Promise<void> {
    await this.#inBackground(async () => {
      let isWritten = false;
      await this.#enqueue(async () => {
        for (const { id, collection } of dropped) {
          this.#nextSegmentIds.delete(id);
          this.#flushedThrough.delete(id);
          if (collection) this.forget(collection);
        }
        await this.#checkpoint();
        isWritten = true;
      });
      for (const { collection } of dropped) if (collection) await closed(collection.segments);
      // A manifest that could not be replaced names them: they go when the database is opened again.
      if (isWritten) await this.#removeFiles(new Set(dropped.map(({ id }) => id)));
    });
  }

  /** A collection or tenant that is being closed, with all of it in the manifest, or that is gone. */
  forget(collection: Collection): void {
    for (const { segment } of collection.segments.frozen) this.#frozenBytes -= segment.bytes;
    this.#active.forget(collection);
    this.#compactor.forget(collection);
  }

  /** Resolves when there is nothing left to seal or to merge. */
  async settled(): Promise<void> {
    await this.#queue;
    await this.#compactor.settled();
  }

  /** Waits for what is being sealed, gives up what is being merged. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#compactor.close();
    await this.#queue;
    await Promise.all(this.#removals);
  }

  /** Seals everything that holds up a log that has grown large; what is written meanwhile, afterwards. */
  #cutLog(): void {
    if (this.#isCutting || this.#log.bytes < this.#flushBytes * logFlushFactor) return;
    this.#isCutting = true;
    void this.#seal(this.#wanting()).then(() => {
      this.#isCutting = false;
    });
  }

  /** The collections to seal now: the one that grew too large, or those that hold up memory. */
  #large(collection: Collection): readonly Collection[] {
    const { active } = collection.segments;
    if (active.bytes >= this.#flushBytes) return [collection];
    const isMuch = this.#active.total > this.#flushBytes * unsealedFactor;
    return isMuch ? this.#active.above((this.#flushBytes * unsealedFactor) / 2) : [];
  }

  /** Those with something in memory that nobody is about to seal: also what could not be written before. */
  #wanting(): readonly Collection[] {
    return [...this.#state.open()].filter(({ segments: { active, frozen } }) => {
      return active.documentCount > 0 || (frozen.length > 0 && this.#rounds === 0);
    });
  }

  /** Each has something in memory; what was frozen before is tried again. Resolves also when that fails. */
  async #seal(collections: readonly Collection[]): Promise<void> {
    if (collections.length === 0) return;
    const sealings = collections.map((collection): Sealing => {
      const { active, frozen } = collection.segments;
      const last = active.documentCount === 0 ? frozen.at(-1) : undefined;
      return { collection, frozen: last ?? this.#freeze(collection) };
    });
    this.#rounds += 1;
    await this.#enqueue(async () => {
      try {
        await this.#sealAll(sealings.filter(isWaiting));
      } finally {
        this.#rounds -= 1;
      }
    });
  }

  #freeze(collection: Collection): FrozenPart {
    assert(this.#journal !== undefined, 'the flusher has been started');
    const frozen = collection.segments.freeze(this.#journal.applied);
    this.#active.forget(collection);
    this.#frozenBytes += frozen.segment.bytes;
    return frozen;
  }

  /** Runs after everything queued before; a failure is reported and does not stop the queue. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work).then(
      () => {
        this.#failing = undefined;
      },
      (error: unknown) => {
        this.#failing = error;
        this.#onFault(error);
      },
    );
    this.#queue = done;
    return done;
  }

  /**
   * Seals frozen segments, and those of their collections that were frozen before them. Where one can't be
   * written the others are; throws what went wrong first.
   */
  async #sealAll(sealings: readonly Sealing[]): Promise<void> {
    const failures = new Map<Collection, unknown>();
    for (let waiting = sealings; ; waiting = waiting.filter(isWaiting)) {
      const batch = this.#oldest(waiting.filter(({ collection }) => !failures.has(collection)));
      if (batch.length === 0) break;
      const start = performance.now();
      const arrivals: Arrival[] = [];
      for (let from = 0; from < batch.length; from += writesMax) {
        const group = batch.slice(from, from + writesMax);
        const writes = group.map(async ({ collection, frozen }) => {
          try {
            const part = await this.#write(collection, frozen);
            arrivals.push({ kind: 'sealed', collection, frozen, part });
          } catch (error) {
            failures.set(collection, error);
          }
        });
        await Promise.all(writes);
      }
      if (arrivals.length === 0) continue;
      await this.#arrive(arrivals);
      const ms = (performance.now() - start) / arrivals.length;
      for (const { part } of arrivals) if (part) this.#metrics.flushed(ms, part.bytes);
      for (const { collection } of arrivals) this.#compactor.consider(collection);
    }
    for (const failure of failures.values()) throw failure;
  }

  /** What is written next: of each collection the segment that was frozen first, not too much at once. */
  #oldest(waiting: readonly Sealing[]): readonly Sealing[] {
    const batch: Sealing[] = [];
    let bytes = 0;
    for (const { collection } of waiting) {
      const [frozen] = collection.segments.frozen;
      if (!frozen || !this.#state.isOpen(collection)) continue;
      if (batch.some((other) => other.collection === collection)) continue;
      batch.push({ collection, frozen });
      bytes += frozen.segment.bytes;
      if (batch.length === arrivalsMax || bytes >= this.#flushBytes) break;
    }
    return batch;
  }

  /** Puts merged segments in the place of their sources; where one can't be the others are. */
  async #publishMerges(merges: readonly Merge[]): Promise<void> {
    const failures: unknown[] = [];
    const failing = (error: unknown): void => void failures.push(error);
    await this.#enqueue(async () => {
      const arrivals: Arrival[] = [];
      for (const { collection, replaced, id, key } of merges) {
        const open = async (): Promise<void> => {
          if (!this.#state.isOpen(collection)) return await this.#store.delete(key);
          const part = await this.#openPart(id, key);
          arrivals.push({ kind: 'merged', collection, replaced, part });
        };
        await open().catch(failing);
      }
      if (arrivals.length > 0) await this.#arrive(arrivals).catch(failing);
      for (const failure of failures) throw failure;
    });
    for (const failure of failures) throw failure;
  }

  #newSegment(collection: Collection): { readonly id: SegmentId; readonly key: string } {
    const id = (this.#nextSegmentIds.get(collection.id) ?? 1) as SegmentId;
    this.#nextSegmentIds.set(collection.id, id + 1);
    return { id, key: `${folderOf(collection.id)}${id}.segment` };
  }

  async #write(collection: Collection, frozen: FrozenPart): Promise<SealedPart | undefined> {
    if (frozen.segment.liveCount === 0) return undefined;
    const coded = await this.#code(collection, frozen.segment);
    if (frozen.segment.liveCount === 0) return undefined;
    const { id, key } = this.#newSegment(collection);
    const sections = encodeSegment([frozen.segment], collection.schema, {
      coded: (name) => coded.get(name),
    });
    await writeSegment(this.#store, key, sections);
    return this.#openPart(id, key);
  }

  /** Codes of the segment's vectors, where a codebook of the collection fits them. */
  async #code(
    { segments }: Collection,
    segment: MemorySegment,
  ): Promise<ReadonlyMap<string, CodedVectors>> {
    const coded = new Map<string, CodedVectors>();
    for (const name of segment.vectorNames) {
      const vectors = segment.share(name);
      if (vectors === undefined || segment.vectorKind(name) === 'single') continue;
      if (vectors.vectorCount < codedVectorsMin) continue;
      const shared = newestCodebooks(segments.sealed, name);
      if (shared.length === 0) continue;
      const codebooks = shared.map((one) => copyCodebook(this.#memory, one));
      try {
        const found = await this.#builder.code({ kind: 'code', vectors, codebooks });
        if (found !== undefined) coded.set(name, found);
      } catch (error) {
        // Without codes it is sealed all the same, and gets some when it is merged.
        if (!this.#closed) this.#onFault(error);
      }
    }
    return coded;
  }

  async #openPart(id: SegmentId, key: string): Promise<SealedPart> {
    const file = await openSegment(this.#store, key);
    try {
      const segment = SealedSegment.open(file, key, this.#memory);
      const part = new SealedPart(id, segment, file.bytes, () => {
        this.#searcher.forget(segment);
        segment.close();
        file.close();
      });
      this.#searcher.prepare(segment);
      return part;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** A checkpoint for new segments, which are closed again when they do not get their places. */
  async #arrive(arrivals: readonly Arrival[]): Promise<void> {
    try {
      await this.#checkpoint(arrivals);
    } finally {
      // Also of collections that were deleted meanwhile.
      for (const { part, collection } of arrivals) {
        if (part && !collection.segments.sealed.includes(part)) part.close();
      }
    }
  }

  /** Deletions, manifest, then memory, log and old files follow. */
  async #checkpoint(arriving: readonly Arrival[] = []): Promise<void> {
    const journal = this.#journal;
    assert(journal !== undefined, 'the flusher has been started');
    const arrivals = arriving.filter(({ collection }) => this.#state.isOpen(collection));
    const progress = {
      applied: journal.applied,
      nextSegmentIds: this.#nextSegmentIds,
      flushedThrough: this.#flushedThrough,
    };
    const plan = planCheckpoint(this.#state, progress, arrivals);
    for (const { key, live } of plan.deletions) {
      const words = live.words;
      const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
      await writeSegment(this.#store, key, [{ name: 'live', parts: [bytes] }]);
    }
    this.#version = await writeManifest(this.#store, plan.manifest, this.#version);
    this.#manifest = plan.manifest;
    const obsolete = this.#commit(plan, arrivals);
    await this.#log.trim(plan.manifest.coveredThrough);
    for (const { part, keys } of obsolete) {
      // A search reads the segment, and a thread of it may open the file again: it stays until then.
      if (part?.isHeld) void this.#inBackground(() => part.freed.then(() => this.#remove(keys)));
      else await this.#remove(keys);
    }
  }

  async #remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#store.delete(key);
  }

  /** Every file of what has these numbers. */
  async #removeFiles(ids: ReadonlySet<number>): Promise<void> {
    const [id] = ids;
    const among = id !== undefined && ids.size === 1 ? folderOf(id) : segmentsFolder;
    const keys = (await this.#store.list(among)).map(({ key }) => key);
    await this.#remove(keys.filter((key) => ids.has(Number(key.split('/')[1]))));
  }

  /** Work that closing waits for; a failure is reported. */
  #inBackground(work: () => Promise<void>): Promise<void> {
    const removal = work()
      .catch(this.#onFault)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    return removal;
  }

  /** Memory follows the manifest; returns the keys that it no longer names. */
  #commit(plan: CheckpointPlan, arrivals: readonly Arrival[]): Obsolete[] {
    const obsolete: Obsolete[] = [];
    for (const { id, flushedThrough } of plan.manifest.collections) {
      this.#flushedThrough.set(id, flushedThrough);
    }
    for (const { tenant, stored } of plan.tenants) {
      tenant.stored = stored;
      this.#flushedThrough.set(stored.id, stored.flushedThrough);
    }
    for (const { key, part, live } of plan.deletions) {
      if (part.deletionsKey !== undefined && part.deletionsKey !== key)
        obsolete.push({ part: undefined, keys: [part.deletionsKey] });
      part.deletionsKey = key;
      part.liveWritten = live.count();
    }
    for (const { collection, part } of plan.emptied) {
      collection.segments.forget([part]);
      obsolete.push(retire(part));
    }
    for (const arrival of arrivals) {
      const { collection, part } = arrival;
      if (arrival.kind === 'sealed') {
        collection.segments.publish(arrival.frozen, part);
        this.#frozenBytes -= arrival.frozen.segment.bytes;
        this.#searcher.forget(arrival.frozen.segment);
      } else {
        collection.segments.replace(arrival.replaced, part);
        for (const old of arrival.replaced) obsolete.push(retire(old));
      }
    }
    return obsolete;
  }

  async #readDeletions(key: string, part: SealedPart): Promise<number[]> {
    const file = await openSegment(this.#store, key);
    try {
      const section = file.section('live');
      const count = part.segment.documentCount;
      const length = Bitset.of(count).words.byteLength;
      if (section?.length !== length) {
        const expected = `live bits of ${count} documents (${length} bytes), found ${section?.length ?? 0}`;
        throw new DatabaseError('corrupt', { file: key, offset: 0, expected });
      }
      const live = new Bitset(count, new Uint32Array(section.bytes(0, length).buffer));
      return Array.from(live.not().toArray());
    } finally {
      file.close();
    }
  }

  /** Files of a flush or drop that a crash interrupted. */
  async #removeOrphans(): Promise<void> {
    const named = new Set<string>();
    for (const { segments } of partitionsOf(this.#manifest)) {
      for (const { key, deletionsKey } of segments) {
        named.add(key);
        if (deletionsKey !== undefined) named.add(deletionsKey);
      }
    }
    for (const { key } of await this.#store.list(segmentsFolder)) {
      if (!named.has(key)) await this.#store.delete(key);
    }
  }
}

/** Closes a segment that the manifest names no more; its files go when no search reads it. */
function retire(part: SealedPart): Obsolete {
  part.close();
  const keys = part.deletionsKey === undefined ? [part.key] : [part.key, part.deletionsKey];
  return { part, keys };
}

/** The codebooks of a name in segments, newest first, each once; not all of a collection with many. */
function newestCodebooks(sealed: readonly SealedPart[], name: string): readonly SharedCodebook[] {
  const found = new Map<string, SharedCodebook>();
  for (const { segment } of sealed.toReversed()) {
    const codebook = segment.codes(name)?.codebook;
    if (codebook !== undefined) found.set(codebook.id, codebook);
    if (found.size === codebooksMax) break;
  }
  return [...found.values()];
}

const segmentsFolder = 'collections/';

function folderOf(collection: number): string {
  return `${segmentsFolder}${collection}/`;
}

/** Closes segments; resolves when no search reads them any more. */
async function closed(segments: SegmentList): Promise<void> {
  const { sealed } = segments;
  segments.close();
  await Promise.all(sealed.map(({ freed }) => freed));
}

function isWaiting({ collection, frozen }: Sealing): boolean {
  return collection.segments.frozen.includes(frozen);
}

function isData(change: Change): boolean {
  return change.kind === 'put' || change.kind === 'delete';
}
