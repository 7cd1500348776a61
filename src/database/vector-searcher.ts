// Who finds the vectors of a query. In a server that is a pool of threads (search-pool.ts), so that a slow
// query stands in nobody's way; without one, this thread does it before it does anything else.

import type { SearchEngine } from '../engine/query/search-engine.ts';
import type { Snapshot } from '../engine/query/snapshot.ts';
import {
  findVectors,
  type VectorRequest,
  type VectorsFound,
  vectorSegments,
} from '../engine/query/vector-search.ts';
import type { Segment } from '../engine/segment/segment.ts';

export interface VectorSearcher {
  /**
   * What the request finds in the segments as they are at this call; the caller keeps them open. Throws
   * DatabaseError; 'cancelled' when `signal` aborts before the search begins.
   */
  find(snapshot: Snapshot, request: VectorRequest, signal?: AbortSignal): Promise<VectorsFound>;
  /** The sealed segment may be searched soon. */
  prepare(segment: Segment): void;
  /** The segment will not be searched any more. */
  forget(segment: Segment): void;
  /** Searches in progress fail. */
  close(): Promise<void>;
}

/** Searches in the thread of the caller. */
export function inlineSearcher(engine: SearchEngine): VectorSearcher {
  return {
    find: async (snapshot, request) => findVectors(engine, vectorSegments(snapshot), request),
    prepare: () => undefined,
    forget: () => undefined,
    close: async () => undefined,
  };
}
