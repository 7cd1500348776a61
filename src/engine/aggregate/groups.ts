// Groups of documents by the values of a property: first how many documents have each value, then, of
// the groups that are wanted, which ones.

import { type Part, valuesOf } from './column-values.ts';
import { ValueCounts } from './value-counts.ts';

export interface Groups {
  readonly counts: ValueCounts;
  /** The documents of the wanted values, ascending: for each part, for each value. */
  readonly docsOf: (wanted: readonly number[]) => Uint32Array[][];
}

interface Members {
  readonly docs: Uint32Array;
  /** Beside each document the number of its value. */
  readonly values: Uint32Array;
}

/** Counts the documents of each value. */
export function* groupsOf(parts: readonly Part[], property: string): Generator<undefined, Groups> {
  const counts = new ValueCounts();
  const members: (Members | undefined)[] = [];
  for (const [part, { segment, docs }] of parts.entries()) {
    const column = docs.length === 0 ? undefined : segment.columns.column(property);
    const values = column && valuesOf(column, docs);
    members.push(
      values && { docs: values.docs, values: counts.addDocuments(part, column, values) },
    );
    yield;
  }
  const docsOf = (wanted: readonly number[]): Uint32Array[][] => {
    const places = new Int32Array(counts.size).fill(-1);
    for (const [place, value] of wanted.entries()) places[value] = place;
    return members.map((one) => splitByPlace(one, places, wanted.length));
  };
  return { counts, docsOf };
}

function splitByPlace(
  members: Members | undefined,
  places: Int32Array,
  groups: number,
): Uint32Array[] {
  if (!members) return Array.from({ length: groups }, () => new Uint32Array(0));
  const { docs, values } = members;
  const sizes = new Uint32Array(groups);
  for (let i = 0; i < docs.length; i += 1) {
    const place = places[values[i]!]!;
    if (place >= 0) sizes[place]! += 1;
  }
  const split = Array.from(sizes, (size) => new Uint32Array(size));
  sizes.fill(0);
  for (let i = 0; i < docs.length; i += 1) {
    const place = places[values[i]!]!;
    if (place < 0) continue;
    const group = split[place]!;
    const size = sizes[place]!;
    // A document that has the value twice stands there once.
    if (size > 0 && group[size - 1] === docs[i]) continue;
    group[size] = docs[i]!;
    sizes[place] = size + 1;
  }
  return split.map((group, place) => group.subarray(0, sizes[place]!));
}
