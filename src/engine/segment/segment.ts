// One part of a collection that can be searched on its own: the memory segment that takes the writes,
// or a sealed one. A query sees a list of them (the snapshot); every live object is in exactly one.

import type { Bitset } from '../bitset.ts';
import type { Document, VectorValue } from '../document.ts';
import type { Columns } from '../filter/columns.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import type { SegmentCodes } from '../quantize/segment-codes.ts';
import type { SingleLists } from '../quantize/single-lists.ts';
import type { TextIndex } from '../text/text-index.ts';

/** Documents are numbered 0 … documentCount - 1; deleted ones keep their number and are not live. */
export interface Segment {
  readonly documentCount: number;
  readonly liveCount: number;
  readonly live: Bitset;
  readonly text: TextIndex;
  readonly columns: Columns;
  /** Undefined when no document of the segment ever had a vector under that name. */
  vectors(name: string): TokenVectors | undefined;
  readonly vectorNames: readonly string[];
  /** Kind of the vectors under one of `vectorNames`. */
  vectorKind(name: string): VectorValue['kind'];
  /** Centroids and codes of the vectors under a name; undefined while they are not trained. */
  codes(name: string): SegmentCodes | undefined;
  /** Lists of the single vectors under a name; undefined while they have none. */
  lists(name: string): SingleLists | undefined;
  uuid(doc: number): string;
  /** Writes the 16 bytes of a document's uuid to `into` from `offset`. */
  writeUuid(doc: number, into: Uint8Array, offset: number): void;
  /** The live document with that uuid, or -1. */
  find(uuid: string): number;
  /** Live and deleted documents in ascending order of uuid; valid until the next write. */
  readonly order: Uint32Array;
  /** Reads a whole document; the vectors only when asked. */
  document(doc: number, parts: { readonly vectors: boolean }): Document;
  /** Marks a live document as deleted; false when it was not live. */
  remove(doc: number): boolean;
}
