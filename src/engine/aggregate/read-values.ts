// Values as they are shown, read where they were found: text in the stored object, all others in the
// column. And their order.

import { assert, unreachable } from '../assert.ts';
import type { Column } from '../filter/column.ts';
import type { Segment } from '../segment/segment.ts';
import { compareTerms } from '../text/text-index.ts';
import { readUuid } from '../uuid.ts';
import type { GroupValue } from './aggregation.ts';
import { offsetsOf } from './column-values.ts';
import { formatInstant } from './dates.ts';
import type { CountedValue, Found } from './value-counts.ts';

/** A value with how often it occurs. */
export interface ReadValue {
  readonly counted: CountedValue;
  readonly value: GroupValue;
}

/** The value that was found in a column of the segment; of text, a stored object is read. */
export function readValue(
  segment: Segment,
  property: string,
  { doc, place }: Omit<Found, 'part'>,
): GroupValue {
  const column = segment.columns.column(property);
  assert(column !== undefined, 'what was found in a column has that column');
  switch (column.kind) {
    case 'length':
      return readText(segment, property, column, { doc, place });
    case 'number':
      return column.values[place]! + 0;
    case 'boolean':
      return column.values[place] === 1;
    case 'date':
      return formatInstant({ ms: column.ms[place]!, nanos: column.nanos?.[place] ?? 0 });
    case 'uuid':
      return readUuid(column.bytes, place * 16);
    case 'geo': {
      const [latitude, longitude] = column.coordinates.subarray(place * 2, place * 2 + 2);
      return { latitude: latitude!, longitude: longitude! };
    }
    case 'reference': {
      const collection = column.names[column.collections[place]!]!;
      return `${collection}/${readUuid(column.bytes, place * 16)}`;
    }
    case 'presence':
      throw new Error(`values of type ${column.type} are not kept in columns`);
    default:
      return unreachable(column);
  }
}

function readText(
  segment: Segment,
  property: string,
  column: Column,
  { doc, place }: Omit<Found, 'part'>,
): string {
  const stored = segment.document(doc, { vectors: false }).properties[property];
  const offsets = offsetsOf(column, doc + 1);
  const text = Array.isArray(stored) && offsets ? stored[place - offsets[doc]!] : stored;
  assert(typeof text === 'string', 'what has a fingerprint is a text');
  return text;
}

/** The most frequent first, equally frequent ones by value; at most `max`. */
export function inOrder(values: readonly ReadValue[], max: number): ReadValue[] {
  return values
    .toSorted((a, b) => b.counted.count - a.counted.count || compareValues(a.value, b.value))
    .slice(0, max);
}

/** Of two values of one property: numbers by size, false before true, text by code point. */
function compareValues(a: GroupValue, b: GroupValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTerms(a, b);
  if (typeof a === 'object' && typeof b === 'object') {
    return a.latitude - b.latitude || a.longitude - b.longitude;
  }
  return Number(a) - Number(b);
}
