// What a thread of the search pool is told, and what it answers: plain data and shared memory.

import type { ErrorCode } from '../engine/errors.ts';
import type { KernelMemory } from '../engine/kernels/kernel-memory.ts';
import type { SharedTokenVectors } from '../engine/multivector/memory-token-vectors.ts';
import type { SharedCodes } from '../engine/quantize/segment-codes.ts';
import type { SharedSingleLists } from '../engine/quantize/single-lists.ts';
import type { VectorRequest, VectorsFound } from '../engine/query/vector-search.ts';

/** How a thread starts. */
export interface ThreadStart {
  readonly directory: string;
  /** Where codes and lists of sealed segments lie, with the thread's room in it. */
  readonly memory: KernelMemory['memory'];
  readonly room: RoomPlace;
  readonly plainKernels: boolean;
  /** Names the thread among those that have the store open. */
  readonly name: string;
}

/** A room inside the shared memory, in bytes. */
export interface RoomPlace {
  readonly at: number;
  readonly length: number;
}

/** Vectors under one name of a sealed segment. */
export interface SealedVectors {
  readonly name: string;
  /** Of their sections in the segment's file. */
  readonly prefix: string;
  readonly codes: SharedCodes | undefined;
  readonly lists: SharedSingleLists | undefined;
}

/** Where a segment's vectors are; sent when the thread does not know it yet. */
export type VectorsPlace =
  | { readonly kind: 'sealed'; readonly key: string; readonly vectors: readonly SealedVectors[] }
  | {
      readonly kind: 'memory';
      readonly vectors: readonly { readonly name: string; readonly shared: SharedTokenVectors }[];
    };

/** Documents that a search may return. */
export type AllowedDocs =
  | { readonly kind: 'all' }
  /** Bits of them. */
  | { readonly kind: 'some'; readonly words: Uint32Array<ArrayBuffer> }
  /** Those that are not deleted; the bits only when the thread has another version of them. */
  | {
      readonly kind: 'live';
      readonly version: number;
      readonly words?: Uint32Array<ArrayBuffer>;
    };

/** One segment of a search. */
export interface SegmentMessage {
  /** Numbers segments in the pool. */
  readonly id: number;
  readonly documentCount: number;
  readonly allowed: AllowedDocs;
  readonly place: VectorsPlace | undefined;
}

export type ThreadMessage =
  | {
      readonly kind: 'search';
      readonly request: VectorRequest;
      readonly segments: readonly SegmentMessage[];
    }
  /** Segments that may be searched soon; no answer. */
  | { readonly kind: 'prepare'; readonly segments: readonly SegmentMessage[] }
  /** Segments that will not be searched any more. */
  | { readonly kind: 'forget'; readonly ids: readonly number[] }
  /** Another room: the search that did not fit is tried again. */
  | { readonly kind: 'room'; readonly room: RoomPlace };

export type ThreadAnswer =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'found';
      readonly found: VectorsFound;
    }
  /** The room must have so many bytes. */
  | { readonly kind: 'full'; readonly needed: number }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Of a DatabaseError. */
      readonly code?: ErrorCode;
      readonly params?: Readonly<Record<string, string | number>>;
    };
