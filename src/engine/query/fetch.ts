// Fetching without a score: objects in order of uuid (which is what cursors walk), or sorted.

import type { FetchQuery } from './query.ts';
import type { Snapshot } from './snapshot.ts';
import { sortedPlaces } from './sorted-places.ts';

/** Where a fetched object is. */
export interface Place {
  readonly segment: number;
  readonly doc: number;
  readonly uuid: string;
}

/** The objects that a fetch returns, after offset and limit. */
export function fetchPlaces(snapshot: Snapshot, query: FetchQuery): Place[] {
  const count = query.offset + query.limit;
  const places =
    query.sort.length > 0
      ? sortedPlaces(snapshot, query.sort, count)
      : inOrderOfUuid(snapshot, query.after, count);
  return places.slice(query.offset, count);
}

/** The first `count` objects after the cursor: each segment gives its first, the least win. */
function inOrderOfUuid(snapshot: Snapshot, after: string | undefined, count: number): Place[] {
  const places: Place[] = [];
  for (const [index, { segment, allowed }] of snapshot.segments.entries()) {
    const { order } = segment;
    let taken = 0;
    for (let at = after ? firstAfter(segment, after) : 0; at < order.length; at += 1) {
      if (taken === count) break;
      const doc = order[at]!;
      if (allowed && !allowed.has(doc)) continue;
      places.push({ segment: index, doc, uuid: segment.uuid(doc) });
      taken += 1;
    }
  }
  return places.sort((a, b) => (a.uuid < b.uuid ? -1 : 1)).slice(0, count);
}

function firstAfter(
  segment: { readonly order: Uint32Array; uuid(doc: number): string },
  after: string,
): number {
  let low = 0;
  let high = segment.order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segment.uuid(segment.order[middle]!) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
