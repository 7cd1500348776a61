// Keeps the number of segments small, their dead weight low and their centroids fresh: four segments of a
// tier become one of the next, trained anew; a segment that is mostly deleted, or not trained yet, is
// written again. One at a time, in the background.

import type { SegmentId } from '../engine/ids.ts';
import { isListMetric } from '../engine/quantize/encode-single-lists.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import type { SealedSegment } from '../engine/segment/sealed-segment.ts';
import type { Collection } from './collection.ts';
import type { SegmentBuilder } from './segment-builder.ts';
import type { SealedPart } from './segment-list.ts';

/** So many segments of one tier are merged; each tier is so many times larger than the one below. */
const tierFactor = 4;
/** Larger segments are never merged, only written again. */
const mergedBytesMax = 2 ** 31;
/**
 * Vectors under one name that make training worth it: about 300 passages. Below, scoring all of them
 * takes no longer than the approximate stage.
 */
export const trainedVectorsMin = 20_000;
/** A segment is written again when so much of it is deleted. */
const deadShareMax = 0.5;

/** What the compactor needs of the flusher. */
export interface MergeTarget {
  /** Puts the new segment in the place of the others, in manifest and memory. */
  publish(
    collection: Collection,
    replaced: readonly SealedPart[],
    id: SegmentId,
    key: string,
  ): Promise<void>;
  /** Id and key of a new segment. */
  newSegment(collection: Collection): { readonly id: SegmentId; readonly key: string };
  /** A segment has taken the place of others: how long that took, and its size. */
  merged(ms: number, bytes: number): void;
  /** True while the collection exists. */
  isOpen(collection: Collection): boolean;
}

/** Owned by Flusher. */
export class Compactor {
  readonly #builder: SegmentBuilder;
  readonly #target: MergeTarget;
  readonly #flushBytes: number;
  readonly #onFault: (error: unknown) => void;
  readonly #waiting = new Set<Collection>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(
    builder: SegmentBuilder,
    target: MergeTarget,
    flushBytes: number,
    onFault: (error: unknown) => void,
  ) {
    this.#builder = builder;
    this.#target = target;
    this.#flushBytes = flushBytes;
    this.#onFault = onFault;
  }

  /** Looks whether segments of the collection should be merged; returns at once. */
  consider(collection: Collection): void {
    if (this.#closed) return;
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
    await this.#builder.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const collection of this.#waiting) {
      this.#waiting.delete(collection);
      try {
        while (!this.#closed && (await this.#mergeOnce(collection)));
      } catch (error) {
        if (!this.#closed) this.#onFault(error);
      }
    }
  }

  /** True when something was merged, so that there may be more. */
  async #mergeOnce(collection: Collection): Promise<boolean> {
    if (!this.#target.isOpen(collection)) return false;
    const chosen = choose(collection.segments.sealed, collection.schema, this.#flushBytes);
    if (chosen.length === 0) return false;
    const { id, key } = this.#target.newSegment(collection);
    const start = performance.now();
    for (const part of chosen) part.busy = true;
    try {
      const sources = chosen.map(({ key: source, segment }) => ({
        key: source,
        deleted: segment.live.not().toArray(),
      }));
      await this.#builder.build({
        sources,
        schema: collection.schema,
        trainedVectorsMin,
        target: key,
      });
      await this.#target.publish(collection, chosen, id, key);
      const part = collection.segments.sealed.find((one) => one.id === id);
      if (part) this.#target.merged(performance.now() - start, part.bytes);
    } finally {
      for (const part of chosen) part.busy = false;
    }
    return true;
  }
}

/** The segments to build one of; empty when all is well. */
export function choose(
  parts: readonly SealedPart[],
  schema: CollectionSchema,
  flushBytes: number,
): SealedPart[] {
  const rotten = parts.find(
    ({ segment }) =>
      segment.liveCount > 0 && segment.liveCount < segment.documentCount * (1 - deadShareMax),
  );
  if (rotten) return [rotten];
  const tiers = new Map<number, SealedPart[]>();
  for (const part of parts) {
    if (part.segment.liveCount === 0 || part.bytes >= mergedBytesMax) continue;
    const tier = Math.max(0, Math.floor(Math.log(part.bytes / flushBytes) / Math.log(tierFactor)));
    const others = tiers.get(tier) ?? [];
    others.push(part);
    tiers.set(tier, others);
    if (others.length === tierFactor) return others;
  }
  const untrained = parts.find(
    ({ segment }) => segment.liveCount > 0 && needsTraining(segment, schema),
  );
  return untrained ? [untrained] : [];
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
