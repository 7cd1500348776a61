// An object as the resolvers of a reply see it: the stored document, and what a search says of it.

import type { CollectionConfig } from '../../database/collection-config.ts';
import type { Document } from '../../engine/document.ts';

/** Objects of one group, as the first of them shows them. */
export interface ShownGroup {
  /** Its place among the groups, from 0. */
  readonly id: number;
  readonly groupedBy: { readonly path: readonly string[]; readonly value: string };
  readonly count: number;
  readonly minDistance: number;
  readonly maxDistance: number;
  readonly hits: readonly ShownObject[];
}

export interface ShownObject {
  readonly config: CollectionConfig;
  readonly document: Document;
  /** Of hits of a vector search. */
  readonly distance?: number;
  /** Of hits of a search by cosine. */
  readonly certainty?: number;
  /** Of hits; 0 where the search has none. */
  readonly score?: number;
  /** Where it was asked for. */
  readonly explainScore?: string;
  /** What a reranker said, where one did. */
  readonly rerank?: readonly [{ readonly score: number }];
  /** What was written about it, or beside the first hit about all of them. */
  readonly generate?: {
    readonly singleResult: string | null;
    readonly groupedResult: string | null;
    readonly error: string | null;
  };
  /** Where the hits are grouped. */
  readonly group?: ShownGroup;
}
