// One tenant of a collection: what is known of it always, and its objects while it is open.

import type { SegmentId, SequenceNumber } from '../../engine/ids.ts';
import type { ManifestPartition, ManifestTenant } from '../../storage/manifest.ts';
import type { Collection } from '../collection.ts';

/** An inactive tenant takes no memory; nothing is read or written of it until it is active again. */
export type TenantStatus = 'active' | 'inactive';

/** A tenant as it is to be. */
export interface TenantInput {
  readonly name: string;
  readonly status: TenantStatus;
}

/** What is known of a tenant. */
export interface TenantInfo extends TenantInput {
  /** Live objects, also while it is closed. */
  readonly objects: number;
  /** True while its segments are open. */
  readonly isOpen: boolean;
  /** Nothing is written to it. */
  readonly isReadOnly?: true;
}

/** A collection, or one tenant of it, that stays open until it is disposed of. */
export interface HeldCollection extends Disposable {
  readonly collection: Collection;
}

/** Owned by Tenants. */
export class Tenant {
  readonly id: number;
  readonly name: string;
  /** The collection that it is a tenant of. */
  readonly of: Collection;
  status: TenantStatus;
  /** Nothing is written to it. */
  isReadOnly: boolean;
  /** Its objects; undefined while it is closed. */
  collection: Collection | undefined;
  /** Resolves when it is open; undefined unless it is being opened. */
  opening: Promise<Collection> | undefined;
  /** As the manifest has it, or will have it: while it is closed nothing of it changes. */
  stored: ManifestPartition;
  /** How many calls work on it. */
  holds = 0;
  isDropped = false;
  #entry: ManifestTenant | undefined;

  constructor(
    of: Collection,
    input: TenantInput & { readonly readOnly?: boolean | undefined },
    stored: ManifestPartition,
  ) {
    this.of = of;
    this.id = stored.id;
    this.name = input.name;
    this.status = input.status;
    this.isReadOnly = input.readOnly ?? false;
    this.stored = stored;
  }

  get info(): TenantInfo {
    const { name, status, isReadOnly, collection } = this;
    const isOpen = collection !== undefined;
    return {
      ...{ name, status, objects: this.objectCount, isOpen },
      ...(isReadOnly && { isReadOnly }),
    };
  }

  /** What the manifest says of it when that is `stored`; the same object as long as nothing changes. */
  entry(stored: ManifestPartition = this.stored): ManifestTenant {
    const { name, status, isReadOnly } = this;
    const own = { name, status, ...(isReadOnly && { readOnly: isReadOnly }) };
    if (stored !== this.stored) return { ...stored, ...own };
    const known = this.#entry;
    const isKnown = known?.status === status && (known.readOnly ?? false) === isReadOnly;
    if (isKnown && known.segments === stored.segments) return known;
    this.#entry = { ...stored, ...own };
    return this.#entry;
  }

  /** Live objects. */
  get objectCount(): number {
    if (this.collection) return this.collection.segments.liveCount;
    return this.stored.segments.reduce((sum, { live }) => sum + live, 0);
  }

  /** True when the manifest has all of it, so that it can be closed. */
  get isClean(): boolean {
    if (!this.collection) return true;
    const { segments } = this.collection;
    return (
      segments.unsealedCount === 0 &&
      segments.sealed.every((part) => !part.busy && part.segment.liveCount === part.liveWritten)
    );
  }
}

/** What the manifest will say of a tenant that is made when the log is at `through`. */
export function newPartition(id: number, through: SequenceNumber): ManifestPartition {
  return { id, flushedThrough: through, nextSegmentId: 1 as SegmentId, segments: [] };
}
