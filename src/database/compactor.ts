// Keeps the number of segments small, their dead weight low and their centroids fitting: four segments of a
// tier become one of the next, trained anew where no codebook fits; a segment that is mostly deleted, or
// has no codes yet, is written again; when nothing is written for a while, what tiers left over comes together
// (merge-choice.ts). One at a time, in the background.

import type { SegmentId } from '../engine/ids.ts';
import { isListMetric } from '../engine/quantize/encode-single-lists.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import type { SealedSegment } from '../engine/segment/sealed-segment.ts';
import type { Collection } from './collection.ts';
import { chooseMerge, chooseQuietMerge } from './merge-choice.ts';
import type { SegmentBuilder } from './segment-builder.ts';
import type { SealedPart } from './segment-list.ts';

/**
 * Vectors under one name that make training worth it: about 300 passages. Below, scoring all of them
 * takes no longer than the approximate stage.
 */
export const trainedVectorsMin = 20_000;
/** A collection that nobody writes to for so long, or up to twice as long, is quiet. */
const quietMs = 30_000;

/** So many codebooks besides those of its sources are tried for a new segment. */
export const codebooksMax = 8;

/** So many small merges, of as many collections or tenants, come into the manifest together. */
const mergesMax = 64;

/** Calls once after so many milliseconds; what it returns calls it off. */
export type Timer = (ms: number, call: () => void) => () => void;

/** Never calls. */
export const stoppedTimer: Timer = () => () => undefined;

/** A segment that is built of others and has not taken their place yet. */
export interface Merge {
  readonly collection: Collection;
  readonly replaced: readonly SealedPart[];
  readonly id: SegmentId;
  readonly key: string;
}

/** What the compactor needs of the flusher. */
export interface MergeTarget {
  /**
   * Puts the new segments, one a collection at most, in the place of the others, in manifest and memory.
   * Where one can't be the others are; rejects with what went wrong first.
   */
  publish(merges: readonly Merge[]): Promise<void>;
  /** Id and key of a new segment. */
  newSegment(collection: Collection): { readonly id: SegmentId; readonly key: string };
  /** A segment has taken the place of others: how long that took, and its size. */
  merged(ms: number, bytes: number): void;
  /** What was read by merges is not any more. */
  released(): void;
  /** True while the collection exists. */
  isOpen(collection: Collection): boolean;
}

export interface CompactorOptions {
  readonly builder: SegmentBuilder;
  readonly target: MergeTarget;
  /** The size at which memory segments are sealed. */
  readonly flushBytes: number;
  /** Tells when collections are quiet. */
  readonly timer: Timer;
  readonly onFault: (error: unknown) => void;
}

/** Owned by Flusher. */
export class Compactor {
  readonly #builder: SegmentBuilder;
  readonly #target: MergeTarget;
  readonly #flushBytes: number;
  readonly #timer: Timer;
  readonly #onFault: (error: unknown) => void;
  readonly #waiting = new Set<Collection>();
  /** What waits to be published. */
  readonly #built = new Map<Collection, BuiltMerge>();
  /** Collections that may become quiet, and whether each was written to since the timer was started. */
  readonly #written = new Map<Collection, boolean>();
  readonly #quiet = new Set<Collection>();
  #stopTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor({ builder, target, flushBytes, timer, onFault }: CompactorOptions) {
    this.#builder = builder;
    this.#target = target;
    this.#flushBytes = flushBytes;
    this.#timer = timer;
    this.#onFault = onFault;
  }

  /** Looks whether segments of the collection should be merged; returns at once. */
  consider(collection: Collection): void {
    if (this.#closed) return;
    this.noteWrite(collection);
    this.#start(collection);
  }

  /** The collection is closed or gone. A merge of it that goes on is published nowhere. */
  forget(collection: Collection): void {
    this.#written.delete(collection);
    this.#waiting.delete(collection);
    this.#quiet.delete(collection);
  }

  /** The collection is not quiet. */
  noteWrite(collection: Collection): void {
    if (this.#written.get(collection) === true) return;
    this.#written.set(collection, true);
    this.#quiet.delete(collection);
    if (!this.#closed) this.#stopTimer ??= this.#timer(quietMs, () => this.#tick());
  }

  #tick(): void {
    for (const [collection, isWritten] of this.#written) {
      this.#written.set(collection, false);
      if (isWritten) continue;
      this.#written.delete(collection);
      this.#quiet.add(collection);
      this.#start(collection);
    }
    this.#stopTimer = undefined;
    if (this.#written.size > 0) this.#stopTimer = this.#timer(quietMs, () => this.#tick());
  }

  #start(collection: Collection): void {
    this.#waiting.add(collection);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when nothing is left to merge. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Gives up the merge in progress; what it wrote is removed by the next opening. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer?.();
    await this.#builder.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const collection of this.#waiting) {
      this.#waiting.delete(collection);
      await this.#reporting(() => this.#merge(collection));
      // What is published may be merged with others, and waits again then.
      if (this.#waiting.size === 0) await this.#reporting(() => this.#publish());
    }
  }

  async #reporting(work: () => Promise<void>): Promise<void> {
    try {
      if (!this.#closed) await work();
    } catch (error) {
      if (!this.#closed) this.#onFault(error);
    }
  }

  /** Small ones wait for each other, others take their place at once. */
  async #merge(collection: Collection): Promise<void> {
    // One that is built waits again when it is published.
    if (this.#built.has(collection) || !this.#target.isOpen(collection)) return;
    const chosen = this.#choose(collection);
    if (chosen.length === 0) {
      this.#quiet.delete(collection);
      return;
    }
    const bytes = chosen.reduce((sum, part) => sum + part.bytes, 0);
    const isSmall = bytes * mergesMax <= this.#flushBytes;
    if (!isSmall) await this.#publish();
    this.#built.set(collection, await this.#build(collection, chosen));
    if (!isSmall || this.#built.size >= mergesMax) await this.#publish();
  }

  async #build(collection: Collection, chosen: readonly SealedPart[]): Promise<BuiltMerge> {
    const { id, key } = this.#target.newSegment(collection);
    const start = performance.now();
    const codebooks = distinctCodebooks(collection, chosen);
    const read = [...chosen, ...codebooks];
    for (const part of read) part.busy = true;
    try {
      const sources = chosen.map(({ key: source, segment }) => ({
        key: source,
        deleted: segment.live.not().toArray(),
      }));
      await this.#builder.build({
        kind: 'build',
        sources,
        codebooks: codebooks.map(({ key: other }) => other),
        schema: collection.schema,
        trainedVectorsMin,
        target: key,
      });
      return { collection, replaced: chosen, id, key, read, ms: performance.now() - start };
    } catch (error) {
      this.#release(read);
      this.#quiet.delete(collection);
      throw error;
    }
  }

  async #publish(): Promise<void> {
    const merges = [...this.#built.values()];
    this.#built.clear();
    if (merges.length === 0) return;
    const start = performance.now();
    try {
      await this.#target.publish(merges);
    } finally {
      const ms = (performance.now() - start) / merges.length;
      for (const merge of merges) this.#published(merge, ms);
      this.#release(merges.flatMap(({ read }) => read));
    }
  }

  /** What has found its place may be merged again. */
  #published({ collection, id, ms: building }: BuiltMerge, ms: number): void {
    const part = collection.segments.sealed.find((one) => one.id === id);
    if (part) {
      this.#target.merged(building + ms, part.bytes);
      this.#waiting.add(collection);
    } else this.#quiet.delete(collection);
  }

  #release(read: readonly SealedPart[]): void {
    for (const part of read) part.busy = false;
    this.#target.released();
  }

  #choose(collection: Collection): SealedPart[] {
    const candidates = collection.segments.sealed.map((part) => ({
      part,
      bytes: part.bytes,
      documentCount: part.segment.documentCount,
      liveCount: part.segment.liveCount,
      isUntrained: needsTraining(part.segment, collection.schema),
    }));
    let chosen = chooseMerge(candidates, this.#flushBytes);
    if (chosen.length === 0 && this.#quiet.has(collection)) chosen = chooseQuietMerge(candidates);
    return chosen.map(({ part }) => part);
  }
}

interface BuiltMerge extends Merge {
  /** What stays where it is until then. */
  readonly read: readonly SealedPart[];
  /** How long it was built. */
  readonly ms: number;
}

/** Segments that have between them all codebooks that the chosen ones do not have. */
function distinctCodebooks(
  { segments, schema }: Collection,
  chosen: readonly SealedPart[],
): SealedPart[] {
  const idsOf = ({ segment }: SealedPart): string[] =>
    schema.vectors.flatMap(({ name }) => segment.codes(name)?.codebook.id ?? []);
  const known = new Set(chosen.flatMap(idsOf));
  const others: SealedPart[] = [];
  // Newest first: their codebooks were trained on the most vectors, as a rule.
  for (const part of segments.sealed.toReversed()) {
    const fresh = idsOf(part).filter((id) => !known.has(id));
    if (fresh.length === 0) continue;
    for (const id of fresh) known.add(id);
    others.push(part);
  }
  return others.slice(0, codebooksMax);
}

/** Sealing does not train; what stays alone in its tier is written again with centroids or lists. */
function needsTraining(segment: SealedSegment, schema: CollectionSchema): boolean {
  return segment.vectorNames.some((name) => {
    if (segment.codes(name) !== undefined || segment.lists(name) !== undefined) return false;
    const metric = schema.vectors.find((one) => one.name === name)?.metric;
    if (metric === undefined) return false;
    if (segment.vectorKind(name) === 'single' && !isListMetric(metric)) return false;
    return (segment.vectors(name)?.vectorCount ?? 0) >= trainedVectorsMin;
  });
}
