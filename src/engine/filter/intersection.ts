// What many conditions have in common, found one after the other: lists of values may be long, and a set
// of documents for each of them at once would be memory without bounds.

import { Bitset } from '../bitset.ts';

/** Numbers below `count` that are in the set of every item; all where there is no item. */
export function intersection<T>(
  items: Iterable<T>,
  count: number,
  setOf: (item: T) => Bitset,
): Bitset {
  let found: Bitset | undefined;
  for (const item of items) {
    found = found ? found.and(setOf(item)) : setOf(item);
    if (found.isEmpty) return found;
  }
  return found ?? Bitset.full(count);
}
