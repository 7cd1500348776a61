// What one checkpoint writes, decided at one moment: the manifest, the deletions that it names, and up to
// where the log is not needed any more.

import { assert } from '../engine/assert.ts';
import type { Bitset } from '../engine/bitset.ts';
import type { SegmentId, SequenceNumber } from '../engine/ids.ts';
import type {
  Manifest,
  ManifestPartition,
  ManifestSegment,
  ManifestTenant,
} from '../storage/manifest.ts';
import type { Collection } from './collection.ts';
import { type FrozenPart, follow, type SealedPart } from './segment-list.ts';
import type { Tenant } from './tenants/tenant.ts';

/** A segment file that is written but not in the manifest yet, with what it takes the place of. */
export type Arrival = {
  readonly collection: Collection;
  readonly part: SealedPart | undefined;
} & (
  | { readonly kind: 'sealed'; readonly frozen: FrozenPart }
  | { readonly kind: 'merged'; readonly replaced: readonly SealedPart[] }
);

/** What the manifest says of the database besides segments, asked at the moment of a checkpoint. */
export interface FlushedState {
  /** Those of clients, by name. */
  readonly collections: () => readonly Collection[];
  /** Tenants of a collection, open and closed; undefined where it has none. */
  readonly tenants: (collection: Collection) => Iterable<Tenant> | undefined;
  /** What has its segments open: collections, and tenants of them. */
  readonly open: () => Iterable<Collection>;
  /** True while a collection or tenant exists and is open. */
  readonly isOpen: (collection: Collection) => boolean;
  /** What was read by merges is not any more. */
  readonly released: () => void;
  readonly aliases: () => Manifest['aliases'];
  readonly nextCollectionId: () => number;
}

/** How far each collection and tenant is. */
export interface Progress {
  /** The newest record that is in memory. */
  readonly applied: SequenceNumber;
  readonly nextSegmentIds: ReadonlyMap<number, number>;
  /** Records up to this one are in sealed segments. */
  readonly flushedThrough: ReadonlyMap<number, SequenceNumber>;
}

/** Everything that one checkpoint writes. */
export interface CheckpointPlan {
  readonly manifest: Manifest;
  /** Deletions to write before the manifest, with what they are of. */
  readonly deletions: readonly PlannedDeletions[];
  /** Segments without a live document: they leave the manifest. */
  readonly emptied: readonly { readonly collection: Collection; readonly part: SealedPart }[];
  /** What the manifest says of tenants that are open. */
  readonly tenants: readonly { readonly tenant: Tenant; readonly stored: ManifestPartition }[];
}

interface PlannedDeletions {
  readonly key: string;
  readonly part: SealedPart;
  readonly live: Bitset;
}

/** Decides without waiting: nothing can change in between. One arrival a collection at most. */
export function planCheckpoint(
  state: FlushedState,
  progress: Progress,
  arrivals: readonly Arrival[],
): CheckpointPlan {
  const plan = new Planner(progress, arrivals);
  const tenants: { tenant: Tenant; stored: ManifestPartition }[] = [];
  const planTenant = (tenant: Tenant): ManifestTenant => {
    if (!tenant.collection) return tenant.entry();
    const stored = plan.partition(tenant.collection);
    tenants.push({ tenant, stored });
    return tenant.entry(stored);
  };
  const collections = state.collections().map((collection) => {
    const own = state.tenants(collection);
    return {
      ...plan.partition(collection),
      config: collection.config,
      ...(own && { tenants: Array.from(own, planTenant) }),
    };
  });
  const manifest = {
    collections,
    aliases: state.aliases(),
    nextCollectionId: state.nextCollectionId(),
    coveredThrough: plan.coveredThrough,
  };
  return { manifest, deletions: plan.deletions, emptied: plan.emptied, tenants };
}

/** Gathers what the segments of each collection ask for. */
class Planner {
  readonly deletions: PlannedDeletions[] = [];
  readonly emptied: { collection: Collection; part: SealedPart }[] = [];
  coveredThrough: SequenceNumber;
  readonly #progress: Progress;
  readonly #arrivals: ReadonlyMap<Collection, Arrival>;

  constructor(progress: Progress, arrivals: readonly Arrival[]) {
    this.#progress = progress;
    this.#arrivals = new Map(arrivals.map((arrival) => [arrival.collection, arrival]));
    this.coveredThrough = progress.applied;
  }

  partition(collection: Collection): ManifestPartition {
    const segments: ManifestSegment[] = [];
    const own = this.#arrivals.get(collection);
    const replaced = own?.kind === 'merged' ? own.replaced : [];
    for (const part of collection.segments.sealed) {
      if (replaced.includes(part)) continue;
      if (part.segment.liveCount === 0 && !part.busy) this.emptied.push({ collection, part });
      else segments.push(this.#part(part));
    }
    if (own?.part) {
      if (own.kind === 'merged') follow(own.part, replaced);
      segments.push(this.#part(own.part));
    }
    const flushedThrough = this.#throughOf(collection, own);
    if (flushedThrough < this.coveredThrough) this.coveredThrough = flushedThrough;
    const nextSegmentId = (this.#progress.nextSegmentIds.get(collection.id) ?? 1) as SegmentId;
    return { id: collection.id, flushedThrough, nextSegmentId, segments };
  }

  #part(part: SealedPart): ManifestSegment {
    const { id, segment } = part;
    const { liveCount: live, documentCount: documents } = segment;
    let { deletionsKey } = part;
    if (live !== part.liveWritten) {
      deletionsKey = `${part.key}.live-${this.#progress.applied}`;
      this.deletions.push({ key: deletionsKey, part, live: segment.live.clone() });
    }
    const deletions = deletionsKey === undefined ? {} : { deletionsKey };
    return { id, key: part.key, documents, live, ...deletions };
  }

  /** Records up to this one are in the sealed segments and their deletions. */
  #throughOf(collection: Collection, arrival: Arrival | undefined): SequenceNumber {
    if (arrival?.kind === 'sealed') return arrival.frozen.through;
    if (collection.segments.unsealedCount === 0) return this.#progress.applied;
    const through = this.#progress.flushedThrough.get(collection.id);
    assert(through !== undefined, `collection ${collection.id} was made or is in the manifest`);
    return through;
  }
}
