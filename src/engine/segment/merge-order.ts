// Which documents a new segment has and in what order, as three numbers a document: segments of a
// million documents are merged in bounded memory.

import { assert } from '../assert.ts';
import type { Segment } from './segment.ts';

/** Documents of several segments in ascending order of uuid. */
export class MergeOrder {
  /** Number of each document inside its segment. */
  readonly docs: Uint32Array;
  /** Number of each document among those of all segments, one segment after another. */
  readonly joined: Uint32Array;
  /** First document of each segment among those of all, and how many there are. */
  readonly #firstDocs: readonly number[];
  readonly #segments: Uint16Array;

  private constructor(firstDocs: readonly number[], length: number) {
    assert(firstDocs.length <= 65_536, 'a merge has at most 65,535 segments');
    assert((firstDocs.at(-1) ?? 0) < 2 ** 32, 'documents of a merge have 32-bit numbers');
    this.#firstDocs = firstDocs;
    this.docs = new Uint32Array(length);
    this.joined = new Uint32Array(length);
    this.#segments = new Uint16Array(length);
  }

  /** The documents that are live now. */
  static of(segments: readonly Segment[]): MergeOrder {
    const firstDocs = [0];
    let liveCount = 0;
    for (const segment of segments) {
      firstDocs.push(firstDocs.at(-1)! + segment.documentCount);
      liveCount += segment.liveCount;
    }
    const order = new MergeOrder(firstDocs, liveCount);
    order.#fill(segments);
    return order;
  }

  get length(): number {
    return this.docs.length;
  }

  segmentOf(i: number): number {
    return this.#segments[i]!;
  }

  /** The new number of each document of a segment, -1 for those that are left out. */
  placesOf(segment: number): Int32Array {
    const first = this.#firstDocs[segment]!;
    const places = new Int32Array(this.#firstDocs[segment + 1]! - first).fill(-1);
    for (let i = 0; i < this.length; i += 1) {
      if (this.#segments[i] === segment) places[this.docs[i]!] = i;
    }
    return places;
  }

  /** Merges sorted lists: the next document is the one with the least uuid at the head of a list. */
  #fill(segments: readonly Segment[]): void {
    const heads: Head[] = [];
    for (const [number, segment] of segments.entries()) {
      const head = { number, segment, order: segment.order, next: 0, doc: 0, uuid: '' };
      if (advance(head)) heads.push(head);
    }
    let filled = 0;
    while (heads.length > 0) {
      let least = 0;
      for (let i = 1; i < heads.length; i += 1) {
        if (heads[i]!.uuid < heads[least]!.uuid) least = i;
      }
      const head = heads[least]!;
      this.docs[filled] = head.doc;
      this.joined[filled] = this.#firstDocs[head.number]! + head.doc;
      this.#segments[filled] = head.number;
      filled += 1;
      if (!advance(head)) heads.splice(least, 1);
    }
    assert(filled === this.length, 'every live document has its place');
  }
}

/** Where the merge is in one segment. */
interface Head {
  readonly number: number;
  readonly segment: Segment;
  readonly order: Uint32Array;
  next: number;
  doc: number;
  uuid: string;
}

/** Goes to the next live document; false when there is none. */
function advance(head: Head): boolean {
  const { segment, order } = head;
  while (head.next < order.length) {
    const doc = order[head.next]!;
    head.next += 1;
    if (!segment.live.has(doc)) continue;
    head.doc = doc;
    head.uuid = segment.uuid(doc);
    return true;
  }
  return false;
}
