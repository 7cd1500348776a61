// An object as the resolvers of a reply see it: the stored document, and what a search says of it.

import type { Collection } from '../../database/collection.ts';
import type { Generated } from '../../database/search/generate-hits.ts';
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

/** What was written about a hit, and about all of them, which the first one shows. */
export interface ShownTexts {
  readonly single?: Generated | undefined;
  readonly grouped?: Generated | undefined;
}

export interface ShownObject {
  /** What it was read from. */
  readonly owner: Collection;
  readonly document: Document;
  /** Of hits of a vector search. */
  readonly distance?: number;
  /** Of hits of a search by cosine. */
  readonly certainty?: number;
  /** Of hits; 0 where the search has none. */
  readonly score?: number;
  /** Where it was asked for. */
  readonly explainScore?: string;
  /** What a reranker said. */
  readonly rerankScore?: number | undefined;
  /** Where texts were asked for. */
  readonly texts?: ShownTexts;
  /** Where the hits are grouped. */
  readonly group?: ShownGroup;
}
