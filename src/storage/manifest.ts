// The one small file that says which collections and segments exist. Replacing it is the commit of a
// flush or a merge. Layout: docs/FORMAT.md, "Manifest".

import type { SegmentId, SequenceNumber } from '../engine/ids.ts';
import type { ObjectStore } from './object-store.ts';

/** One live segment. */
export interface ManifestSegment {
  readonly id: SegmentId;
  /** Key of its file in the object store. */
  readonly key: string;
  /** Documents in the file, deleted ones included. */
  readonly documents: number;
  /** Key of the file of its deletions; absent when nothing of it is deleted. */
  readonly deletionsKey?: string;
}

export interface ManifestCollection {
  readonly id: number;
  /** JSON that the database owns; storage only keeps it. */
  readonly config: unknown;
  /** Records of the log up to this one are in the segments. */
  readonly flushedThrough: SequenceNumber;
  readonly nextSegmentId: SegmentId;
  /** Oldest first. */
  readonly segments: readonly ManifestSegment[];
}

export interface Manifest {
  readonly collections: readonly ManifestCollection[];
  readonly nextCollectionId: number;
}

/** A manifest with the version that its replacement must name. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly version: string;
}

/** The manifest of a new database. */
export const emptyManifest: Manifest = { collections: [], nextCollectionId: 1 };

/** Undefined when the store has none yet; throws 'corrupt' or 'format-unknown'. */
export function readManifest(_store: ObjectStore): Promise<StoredManifest | undefined> {
  throw new Error('not yet');
}

/**
 * Replaces the manifest that has `version` (undefined: there is none yet) and resolves with the new
 * version. Throws 'storage-failed' when someone else replaced it; nothing is written then.
 */
export function writeManifest(
  _store: ObjectStore,
  _manifest: Manifest,
  _version: string | undefined,
): Promise<string> {
  throw new Error('not yet');
}
