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
  type ManifestCollection,
  type ManifestSegment,
  readManifest,
  writeManifest,
} from '../storage/manifest.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openSegment, writeSegment } from '../storage/segment-files.ts';
import type { Collection } from './collection.ts';
import { Compactor, codebooksMax, type Timer, trainedVectorsMin } from './compactor.ts';
import type { Journal } from './journal.ts';
import type { DatabaseMetrics } from './metrics/database-metrics.ts';
import type { Change } from './records.ts';
import type { SegmentBuilder } from './segment-builder.ts';
import { type FrozenPart, follow, SealedPart } from './segment-list.ts';
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

/** A segment file that is written but not in the manifest yet, with what it takes the place of. */
type Arrival = {
  readonly collection: Collection;
  readonly part: SealedPart | undefined;
} & (
  | { readonly kind: 'sealed'; readonly frozen: FrozenPart }
  | { readonly kind: 'merged'; readonly replaced: readonly SealedPart[] }
);

/** Everything that one checkpoint writes, decided at one moment. */
interface Plan {
  readonly manifest: Manifest;
  /** Deletions to write before the manifest, with what they are of. */
  readonly deletions: readonly {
    readonly key: string;
    readonly part: SealedPart;
    readonly live: Bitset;
  }[];
  /** Segments without a live document: they leave the manifest. */
  readonly emptied: readonly { readonly collection: Collection; readonly part: SealedPart }[];
  readonly trimThrough: SequenceNumber;
}

/** Files that nothing names any more. */
interface Obsolete {
  /** The segment they are of; undefined where nobody has them open. */
  readonly part: SealedPart | undefined;
  readonly keys: readonly string[];
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

/** What the manifest says of the database besides segments, asked at the moment of a checkpoint. */
export interface FlushedState {
  readonly collections: () => readonly Collection[];
  readonly aliases: () => Manifest['aliases'];
  readonly nextCollectionId: () => number;
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
  #state: FlushedState = { collections: () => [], aliases: () => [], nextCollectionId: () => 1 };
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
    for (const { id, nextSegmentId, flushedThrough } of stored.manifest.collections) {
      this.#nextSegmentIds.set(id, nextSegmentId);
      this.#flushedThrough.set(id, flushedThrough);
    }
    const target = {
      publish: this.#publishMerge.bind(this),
      newSegment: this.#newSegment.bind(this),
      merged: (ms: number, bytes: number) => metrics.merged(ms, bytes),
      isOpen: (collection: Collection) => this.#state.collections().includes(collection),
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

  /** Opens the sealed segments of a collection of the manifest, deletions applied. */
  async openSegments(stored: ManifestCollection): Promise<SealedPart[]> {
    const parts: SealedPart[] = [];
    for (const { id, key, deletionsKey } of stored.segments) {
      const part = await this.#openPart(id, key);
      if (deletionsKey !== undefined) {
        part.deletionsKey = deletionsKey;
        for (const doc of await this.#readDeletions(deletionsKey, part)) part.segment.remove(doc);
      }
      part.liveWritten = part.segment.liveCount;
      parts.push(part);
    }
    return parts;
  }

  /** The first record that recovery must read. */
  replayFrom(): SequenceNumber {
    const { collections } = this.#manifest;
    if (collections.length === 0) return 1 as SequenceNumber;
    return (Math.min(...collections.map((one) => one.flushedThrough)) + 1) as SequenceNumber;
  }

  /** A collection was made: none of the records up to this one is of it. Called before it is written to. */
  made(collection: number, through: SequenceNumber): void {
    this.#flushedThrough.set(collection, through);
  }

  /** True when the manifest holds the effect of a record of a collection that it lists. */
  covers(change: Change, sequence: SequenceNumber): boolean {
    const through = this.#flushedThrough.get(change.collection);
    if (through === undefined) return false;
    return change.kind === 'create' || (isData(change) && sequence <= through);
  }

  /** Called once, after recovery: from here on memory segments are sealed when they are large. */
  async start(journal: Journal, state: FlushedState): Promise<void> {
    this.#journal = journal;
    this.#state = state;
    const known = new Set(state.collections().map(({ id }) => id));
    if (this.#manifest.collections.some(({ id }) => !known.has(id))) await this.#checkpoint();
    await this.#removeOrphans();
    for (const collection of state.collections()) {
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
    for (const large of this.#large(collection)) this.#seal(large);
    if (collection.segments.frozen.length >= frozenWaitCount) await this.#queue;
  }

  /**
   * Looks whether the active segment should be sealed after a search: one that takes few writes never
   * grows large, and every search scores all of it.
   */
  searched(collection: Collection): void {
    const { segments } = collection;
    if (this.#closed || segments.frozen.length > 0) return;
    if (segments.activeScans < scansMax || segments.activeVectors < trainedVectorsMin) return;
    this.#seal(collection);
  }

  /** Throws 'storage-failed' when sealing has failed so often that memory would overflow. */
  refuseWhenFull(collection: Collection): void {
    if (collection.segments.frozen.length < frozenRefuseCount || !this.#failing) return;
    const reason = this.#failing instanceof Error ? this.#failing.message : String(this.#failing);
    const message = `collection ${collection.name} takes no more writes: its segments can not be written: ${reason}`;
    throw new DatabaseError('storage-failed', { message }, { cause: this.#failing });
  }

  /** Seals everything; throws what went wrong. */
  async flushAll(): Promise<void> {
    await this.#journal?.settled;
    for (const collection of this.#state.collections()) {
      if (collection.segments.active.documentCount > 0) this.#seal(collection);
    }
    await this.#queue;
    if (this.#failing) throw this.#failing;
    await this.#enqueue(() => this.#checkpoint());
    if (this.#failing) throw this.#failing;
  }

  /** Takes a collection that is gone out of the manifest and deletes its files. */
  async drop(collection: Collection): Promise<void> {
    await this.#enqueue(async () => {
      this.#nextSegmentIds.delete(collection.id);
      this.#flushedThrough.delete(collection.id);
      await this.#checkpoint();
      const { sealed } = collection.segments;
      collection.segments.close();
      await Promise.all(sealed.map(({ freed }) => freed));
      for (const { key } of await this.#store.list(folderOf(collection.id))) {
        await this.#store.delete(key);
      }
    });
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

  /** The collections to seal now: the one that grew too large, and those that hold the log up. */
  #large(collection: Collection): Collection[] {
    const { active } = collection.segments;
    const large = active.bytes >= this.#flushBytes ? [collection] : [];
    if (this.#log.bytes < this.#flushBytes * logFlushFactor) return large;
    return this.#state.collections().filter(({ segments }) => segments.active.documentCount > 0);
  }

  #seal(collection: Collection): void {
    assert(this.#journal !== undefined, 'the flusher has been started');
    const frozen = collection.segments.freeze(this.#journal.applied);
    void this.#enqueue(() => this.#sealNext(collection, frozen));
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

  /** Seals the frozen segments of a collection up to the given one, oldest first. */
  async #sealNext(collection: Collection, until: FrozenPart): Promise<void> {
    while (collection.segments.frozen.includes(until)) {
      const frozen = collection.segments.frozen[0];
      assert(frozen !== undefined, 'the list holds the one that is sealed');
      if (!this.#state.collections().includes(collection)) return;
      const start = performance.now();
      const part = await this.#write(collection, frozen);
      await this.#arrive({ kind: 'sealed', collection, frozen, part });
      if (part) this.#metrics.flushed(performance.now() - start, part.bytes);
      this.#compactor.consider(collection);
    }
  }

  /** Puts a merged segment in the place of its sources. */
  async #publishMerge(
    collection: Collection,
    replaced: readonly SealedPart[],
    id: SegmentId,
    key: string,
  ): Promise<void> {
    let failure: unknown;
    await this.#enqueue(async () => {
      try {
        if (!this.#state.collections().includes(collection)) return await this.#store.delete(key);
        const part = await this.#openPart(id, key);
        await this.#arrive({ kind: 'merged', collection, replaced, part });
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    if (failure !== undefined) throw failure;
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

  /** A checkpoint for a new segment, which is closed again when it does not get its place. */
  async #arrive(arrival: Arrival): Promise<void> {
    try {
      await this.#checkpoint(arrival);
    } catch (error) {
      const { part, collection } = arrival;
      if (part && !collection.segments.sealed.includes(part)) part.close();
      throw error;
    }
  }

  /** Deletions, manifest, then memory, log and old files follow. */
  async #checkpoint(arrival?: Arrival): Promise<void> {
    const plan = this.#plan(arrival);
    for (const { key, live } of plan.deletions) {
      const words = live.words;
      const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
      await writeSegment(this.#store, key, [{ name: 'live', parts: [bytes] }]);
    }
    this.#version = await writeManifest(this.#store, plan.manifest, this.#version);
    this.#manifest = plan.manifest;
    const obsolete = this.#commit(plan, arrival);
    await this.#log.trim(plan.trimThrough);
    for (const { part, keys } of obsolete) {
      if (part?.isHeld) this.#removeLater(part, keys);
      else await this.#remove(keys);
    }
  }

  async #remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#store.delete(key);
  }

  /** A search reads the segment, and a thread of it may open the file again: it stays until then. */
  #removeLater(part: SealedPart, keys: readonly string[]): void {
    const removal = part.freed
      .then(() => this.#remove(keys))
      .catch(this.#onFault)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** Decides without waiting what is written: nothing can change in between. */
  #plan(arrival: Arrival | undefined): Plan {
    const journal = this.#journal;
    assert(journal !== undefined, 'the flusher has been started');
    const deletions: { key: string; part: SealedPart; live: Bitset }[] = [];
    const emptied: { collection: Collection; part: SealedPart }[] = [];
    const collections = this.#state.collections().map((collection): ManifestCollection => {
      const segments: ManifestSegment[] = [];
      const own = arrival?.collection === collection ? arrival : undefined;
      const replaced = own?.kind === 'merged' ? own.replaced : [];
      for (const part of collection.segments.sealed) {
        if (replaced.includes(part)) continue;
        if (part.segment.liveCount === 0 && !part.busy) emptied.push({ collection, part });
        else segments.push(this.#planPart(part, journal.applied, deletions));
      }
      if (own?.part) {
        if (own.kind === 'merged') follow(own.part, replaced);
        segments.push(this.#planPart(own.part, journal.applied, deletions));
      }
      return {
        id: collection.id,
        config: collection.config,
        flushedThrough: this.#throughOf(collection, own, journal.applied),
        nextSegmentId: (this.#nextSegmentIds.get(collection.id) ?? 1) as SegmentId,
        segments,
      };
    });
    const through = collections.map(({ flushedThrough }) => flushedThrough);
    const trimThrough = Math.min(journal.applied, ...through) as SequenceNumber;
    const aliases = this.#state.aliases();
    const manifest = { collections, aliases, nextCollectionId: this.#state.nextCollectionId() };
    return { manifest, deletions, emptied, trimThrough };
  }

  #planPart(
    part: SealedPart,
    applied: SequenceNumber,
    deletions: { key: string; part: SealedPart; live: Bitset }[],
  ): ManifestSegment {
    const { liveCount } = part.segment;
    if (liveCount === part.liveWritten) return describe(part, part.deletionsKey);
    const key = `${part.key}.live-${applied}`;
    deletions.push({ key, part, live: part.segment.live.clone() });
    return describe(part, key);
  }

  /** Records up to this one are in the sealed segments and their deletions. */
  #throughOf(
    collection: Collection,
    arrival: Arrival | undefined,
    applied: SequenceNumber,
  ): SequenceNumber {
    if (arrival?.kind === 'sealed') return arrival.frozen.through;
    if (collection.segments.unsealedCount === 0) return applied;
    const through = this.#flushedThrough.get(collection.id);
    assert(through !== undefined, `collection ${collection.id} was made or is in the manifest`);
    return through;
  }

  /** Memory follows the manifest; returns the keys that it no longer names. */
  #commit(plan: Plan, arrival: Arrival | undefined): Obsolete[] {
    const obsolete: Obsolete[] = [];
    for (const { id, flushedThrough } of plan.manifest.collections) {
      this.#flushedThrough.set(id, flushedThrough);
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
    if (arrival?.kind === 'sealed') {
      arrival.collection.segments.publish(arrival.frozen, arrival.part);
      this.#searcher.forget(arrival.frozen.segment);
    }
    if (arrival?.kind === 'merged') {
      arrival.collection.segments.replace(arrival.replaced, arrival.part);
      for (const part of arrival.replaced) obsolete.push(retire(part));
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
    for (const { segments } of this.#manifest.collections) {
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

function describe(part: SealedPart, deletionsKey: string | undefined): ManifestSegment {
  const { id, key, segment } = part;
  const deletions = deletionsKey === undefined ? {} : { deletionsKey };
  return { id, key, documents: segment.documentCount, ...deletions };
}

function isData(change: Change): boolean {
  return change.kind === 'put' || change.kind === 'delete';
}
