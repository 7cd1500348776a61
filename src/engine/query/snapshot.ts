// What one query sees: the segments as they are now, and what it may return of each. Made anew for
// every query; the engine runs to the end before anything can change.

import type { Bitset } from '../bitset.ts';
import { checkFilter, evaluateFilter } from '../filter/allow-list.ts';
import type { Filter } from '../filter/filter.ts';
import type { CollectionSchema } from '../schema.ts';
import type { Segment } from '../segment/segment.ts';
import { resolveStopwords } from '../text/stopwords.ts';

/** A segment with the documents of it that a query may return. */
export interface SearchedSegment {
  readonly segment: Segment;
  /** Live documents that pass the filter; undefined when that is every document. */
  readonly allowed: Bitset | undefined;
}

export interface Snapshot {
  readonly segments: readonly SearchedSegment[];
  readonly schema: CollectionSchema;
}

/** Evaluates the filter, once per segment. Throws DatabaseError for a filter that makes no sense. */
export function takeSnapshot(
  segments: readonly Segment[],
  schema: CollectionSchema,
  filter: Filter | undefined,
): Snapshot {
  if (filter) checkFiltering(filter, schema);
  const searched = segments.map((segment) => {
    if (filter) return { segment, allowed: passing(filter, segment, schema).and(segment.live) };
    const everyone = segment.liveCount === segment.documentCount;
    return { segment, allowed: everyone ? undefined : segment.live };
  });
  return { segments: searched, schema };
}

/** Throws DatabaseError for a filter that makes no sense in the collection. */
export function checkFiltering(filter: Filter, schema: CollectionSchema): void {
  const { collection } = schema;
  checkFilter(filter, { collection, schema, stopwords: resolveStopwords(schema.stopwords) });
}

/** Documents of one segment of the snapshot that pass a filter which was checked. */
export function passingIn({ segments, schema }: Snapshot, at: number, filter: Filter): Bitset {
  return passing(filter, segments[at]!.segment, schema);
}

function passing(filter: Filter, segment: Segment, schema: CollectionSchema): Bitset {
  return evaluateFilter(filter, {
    collection: schema.collection,
    documentCount: segment.documentCount,
    schema,
    columns: segment.columns,
    text: segment.text,
    uuid: (doc) => segment.uuid(doc),
    find: (uuid) => segment.find(uuid),
    stopwords: resolveStopwords(schema.stopwords),
  });
}

/** Documents that a query over the snapshot may return. */
export function allowedCount(snapshot: Snapshot): number {
  let count = 0;
  for (const { segment, allowed } of snapshot.segments) {
    count += allowed ? allowed.count() : segment.documentCount;
  }
  return count;
}

/** One result inside the engine: where it is, who it is, how close it is. */
export interface Hit {
  /** Position in the snapshot's segments. */
  readonly segment: number;
  readonly doc: number;
  readonly uuid: string;
  readonly score: number;
}

/** Best score first, equal scores by uuid: the one order of all scored results. */
export function compareHits(a: Hit, b: Hit): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.uuid < b.uuid ? -1 : a.uuid > b.uuid ? 1 : 0;
}
