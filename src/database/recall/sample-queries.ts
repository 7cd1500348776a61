// Queries for a recall check, made of what is stored: a run of a document's token vectors. The document
// must be left out of the search, or recall looks twice as good as it is: compared with real questions and
// with passages that are not stored in docs/decisions/0012-recall-check.md.

import type { VectorValue } from '../../engine/document.ts';
import type { Snapshot } from '../../engine/query/snapshot.ts';

/** A query, and whose vectors it is made of. */
export interface SampledQuery {
  readonly vector: VectorValue;
  /** The document that must be left out of the search. */
  readonly uuid: string;
}

export interface SampleOptions {
  readonly name: string;
  readonly kind: VectorValue['kind'];
  /** At most so many queries; fewer where there are fewer documents. */
  readonly count: number;
  /** Token vectors of a query; fewer where the document has fewer. */
  readonly tokens: number;
  /** Numbers in 0 … 1. */
  readonly random: () => number;
}

/** The queries, and how many documents they were chosen from. */
export interface Sample {
  readonly queries: readonly SampledQuery[];
  readonly documents: number;
}

/** Each document at most once, every one of the snapshot that has vectors as likely as another. */
export function sampleQueries(snapshot: Snapshot, options: SampleOptions): Sample {
  const places = placesOf(snapshot, options.name);
  const count = Math.min(options.count, places.total);
  const queries: SampledQuery[] = [];
  // Floyd's sampling: `count` different numbers below the total, without a list of them all.
  const chosen = new Set<number>();
  for (let last = places.total - count; last < places.total; last += 1) {
    const number = Math.floor(options.random() * (last + 1));
    chosen.add(chosen.has(number) ? last : number);
  }
  for (const number of chosen) {
    const { segment, doc } = places.at(number);
    const searched = snapshot.segments[segment]?.segment;
    const vectors = searched?.vectors(options.name);
    if (!searched || !vectors) continue;
    const rows = vectors.count(doc);
    const values = new Float32Array(rows * vectors.dims);
    vectors.readOriginals(doc, values);
    const tokens = Math.min(rows, options.tokens);
    const from = Math.floor(options.random() * (rows - tokens + 1)) * vectors.dims;
    const cut = values.slice(from, from + tokens * vectors.dims);
    const vector = { kind: options.kind, dims: vectors.dims, values: cut };
    queries.push({ vector, uuid: searched.uuid(doc) });
  }
  return { queries, documents: places.total };
}

interface Places {
  readonly total: number;
  at(number: number): { readonly segment: number; readonly doc: number };
}

/** The documents of a snapshot that have vectors under the name, numbered one after another. */
function placesOf(snapshot: Snapshot, name: string): Places {
  const lists = snapshot.segments.map(({ segment, allowed }) => {
    const vectors = segment.vectors(name);
    if (!vectors || vectors.vectorCount === 0) return new Uint32Array(0);
    const docs =
      allowed?.toArray() ?? Uint32Array.from({ length: segment.documentCount }, (_, doc) => doc);
    return docs.filter((doc) => doc < vectors.documentCount && vectors.count(doc) > 0);
  });
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  return {
    total,
    at: (number) => {
      let left = number;
      for (const [segment, docs] of lists.entries()) {
        const doc = docs[left];
        if (doc !== undefined) return { segment, doc };
        left -= docs.length;
      }
      throw new RangeError(`place ${number} of ${total}`);
    },
  };
}
